"""The cheap gate: how much of the picture changed, and which of that is motion.

Measuring keeps one small grey thumbnail of the previous frame and nothing else. Effects of the light, the exposure or
the sensor are taken out. The rest must be larger than the noise around it and than the scene's own contrast asks for.
Deciding (`moving`, `is_burst`, `is_still`, `choose_frames`) is pure: samples in, values out. When to look does not
belong here (look_policy.py), nor which moments matter (moments.py), nor what the change was (a vision model says that).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livemon.base.datatypes import Frame, MotionSample

Luma = NDArray[np.float32]
"""(H, W) grey levels, 0 to 255."""

THUMBNAIL_SIZE_PX = (160, 120)
"""Width and height. Averaging 4x4 pixels of a 640x480 picture quarters the camera's noise."""

LOWEST_THRESHOLD = 6.5
"""Luma levels, averaged over 3x3 thumbnail pixels: what H.264 redraws at a keyframe stays below."""

CONTRAST_SHARE = 0.2
"""A change counts when it is this share of the scene's contrast (standard deviation).

A person differs from a room by about as much as the room's things from one another, at noon as at dusk.
"""

NOISE_FACTOR = 1.7
"""A change counts when its 3x3 average is this many times the mean fine-grained change around it. Of pure noise the
average is 1/3, and a fine-grained change of 0.75: 1.7 is nearly four standard deviations."""

ACTIVE_SHARE = 0.0025
"""A frame is active when this share of the picture changed: a person at the far end of a room."""

SUDDEN_SHARE = 0.25
"""A quarter of the picture from one frame to the next: a person before the lens, a cut, a moved camera."""

BURST_FRAMES = 3
BURST_OUT_OF_FRAMES = 5
"""Motion is 3 active frames of 5: one second at 5 fps, so that a single coding artefact does not count."""

SPARSE_S = 0.5
SPARSE_BURST_FRAMES = 2
SPARSE_ACTIVE_SHARE = 0.005
"""Keyframes of a copied stream lie a second or more apart: two active ones are seconds of change already.

A moving object leaves both its old and its new place in that time, so that more must have changed.
"""

LIGHT_CHANGE_RATIO = 0.7
"""Brightness that falls to 0.7 of what it was in the window, or rises by the same factor, is a light switched."""

BLACK_OFFSET = 8.0
"""Luma levels added before a ratio is taken, so that noise on black is not a large ratio."""

_BLACK_LEVEL, _WHITE_LEVEL = 2.0, 250.0
"""Beyond these a pixel is clipped and does not say how the light changed."""

_SLOPES = (0.25, 4.0)
"""Light and exposure change contrast within these bounds; a hand before the lens takes all of it."""

_AVERAGES_SIZE = (32, 24)
_FEWEST_AVERAGES = 50
"""The tone of a picture is judged by so many parts of it, across and down, of which some must not be clipped."""

_LIT_CELLS = (16, 12)
"""The picture in cells, each lit by its own lamp as it were."""

_BLUR_PX = (3, 3)
_SURROUNDINGS_PX = (15, 15)
_SMALLEST_CONTENT_PX = 16


class MotionGate:
    """Measures one camera's frames, each against the one before it.

    Examples
    --------
    >>> from datetime import datetime
    >>> gate = MotionGate()
    >>> black = np.zeros((480, 640, 3), np.uint8)
    >>> gate.measure(Frame("cam", datetime.min, black)).changed
    0.0
    """

    def __init__(self) -> None:
        self._previous: Luma | None = None
        self._content: tuple[slice, slice] | None = None

    def measure(self, frame: Frame) -> MotionSample:
        """Compare `frame` with the previous one; the first frame has changed nothing."""
        thumbnail = _thumbnail(frame)
        previous, self._previous = self._previous, thumbnail
        self._content = _joined(self._content, _lit_part(thumbnail))
        brightness = float(cv2.mean(thumbnail)[0])
        if previous is None:
            return MotionSample(frame.utc, 0.0, brightness, 0.0)
        difference = float(cv2.mean(cv2.absdiff(thumbnail, previous))[0])
        if difference == 0.0 or self._content is None:
            return MotionSample(frame.utc, 0.0, brightness, difference)
        changed = _changed_share(previous[self._content], thumbnail[self._content])
        return MotionSample(frame.utc, changed, brightness, difference)


def moving(samples: Sequence[MotionSample]) -> list[bool]:
    """Say of each sample (time order) whether it is part of motion: active among active ones, or sudden."""
    active = _active(samples)
    result = [sample.changed >= SUDDEN_SHARE for sample in samples]
    needed = SPARSE_BURST_FRAMES if _is_sparse(samples) else BURST_FRAMES
    for first in range(max(1, len(active) - BURST_OUT_OF_FRAMES + 1)):
        window = active[first : first + BURST_OUT_OF_FRAMES]
        if sum(window) >= needed:
            for i, one in enumerate(window, first):
                result[i] = result[i] or one
    return result


def is_burst(samples: Sequence[MotionSample]) -> bool:
    """Say whether something happens in `samples` (time order, normally ten seconds).

    True for sustained change, for a sudden change of the whole picture, and for light switched on or off.
    """
    return any(moving(samples)) or light_switched(samples)


def is_still(samples: Sequence[MotionSample]) -> bool:
    """Say whether nothing at all happens in `samples`: hardly an active frame and steady light.

    Not the opposite of `is_burst`: a few active frames are neither.
    """
    active = sum(_active(samples))
    # One active frame in fifty: a keyframe's coding artefact, the flash of a sensor.
    return active * 50 <= len(samples) and not light_switched(samples)


def light_switched(samples: Sequence[MotionSample]) -> bool:
    """Say whether the picture became much darker or brighter within `samples`: no motion, but worth a look."""
    levels = [sample.brightness + BLACK_OFFSET for sample in samples]
    return bool(levels) and min(levels) < LIGHT_CHANGE_RATIO * max(levels)


def choose_frames(samples: Sequence[MotionSample], n: int) -> tuple[datetime, ...]:
    """Choose the frame times that a look of at most `n` frames carries, in time order.

    All when they fit. Else the first and the last, and between them one from each of `n - 2` equal parts. That is the
    one that changed most, so that the choice is spread and shows the moments that matter.
    """
    if n <= 0 or not samples:
        return ()
    if len(samples) <= n:
        return tuple(sample.utc for sample in samples)
    if n == 1:
        return (max(samples, key=lambda sample: sample.changed).utc,)
    inner = samples[1:-1]
    edges = np.linspace(0, len(inner), n - 1).round().astype(int)
    parts = [inner[start:end] for start, end in pairwise(edges)]
    chosen = [max(part, key=lambda sample: sample.changed).utc for part in parts if part]
    return (samples[0].utc, *chosen, samples[-1].utc)


def _active(samples: Sequence[MotionSample]) -> list[bool]:
    share = SPARSE_ACTIVE_SHARE if _is_sparse(samples) else ACTIVE_SHARE
    return [sample.changed >= share for sample in samples]


def _is_sparse(samples: Sequence[MotionSample]) -> bool:
    return len(samples) > 1 and (samples[-1].utc - samples[0].utc).total_seconds() > SPARSE_S * (len(samples) - 1)


def _thumbnail(frame: Frame) -> Luma:
    """(120, 160) float32 luma."""
    height, width = frame.image.shape[:2]
    # In two steps: OpenCV halves a picture much faster than it averages 4x4 pixels.
    half = cv2.resize(frame.image, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA)
    small = cv2.resize(half, THUMBNAIL_SIZE_PX, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.float32)


def _lit_part(thumbnail: Luma) -> tuple[slice, slice] | None:
    """Return the rows and columns that are not black borders; None of a black picture.

    Borders show nothing, and as the darkest and calmest part of the picture they would distort every measure of it.
    """
    lit = (thumbnail > BLACK_OFFSET).astype(np.uint8)
    rows = np.flatnonzero(cv2.reduce(lit, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S) > lit.shape[1] // 50)
    columns = np.flatnonzero(cv2.reduce(lit, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S) > lit.shape[0] // 50)
    if min(len(rows), len(columns)) < _SMALLEST_CONTENT_PX:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _joined(one: tuple[slice, slice] | None, other: tuple[slice, slice] | None) -> tuple[slice, slice] | None:
    if one is None or other is None:
        return one or other
    rows, columns = (slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(one, other, strict=True))
    return rows, columns


def _changed_share(previous: Luma, current: Luma) -> float:
    """Return the share of the picture that changed for another reason than light and noise."""
    # Most frames of a quiet room end here, and most of the work is below.
    if _largest(cv2.blur(cv2.subtract(current, previous), _BLUR_PX)) < LOWEST_THRESHOLD:
        return 0.0
    residual = _without_light(previous, current)
    change = cv2.blur(residual, _BLUR_PX)
    # Noise and the trembling of edges are fine-grained: they are in the residual and not in its average.
    noise = cv2.blur(cv2.absdiff(residual, change), _SURROUNDINGS_PX)
    contrast = float(cv2.meanStdDev(current)[1][0, 0])
    threshold = np.maximum(NOISE_FACTOR * noise, max(LOWEST_THRESHOLD, CONTRAST_SHARE * contrast))
    return float(np.count_nonzero(np.abs(change) > threshold) / change.size)


def _largest(change: NDArray[Any]) -> float:
    least, most, _, _ = cv2.minMaxLoc(change)
    return max(-least, most)


def _without_light(previous: Luma, current: Luma) -> Luma:
    """Return current minus previous, as if the light and the exposure had stayed the same."""
    before, now = (cv2.resize(luma, _AVERAGES_SIZE, interpolation=cv2.INTER_AREA) for luma in (previous, current))
    curve = _tone_curve(before.ravel(), now.ravel())
    expected = _toned(previous, curve) + BLACK_OFFSET
    # A lamp lights a part of the room. The median over 5x5 cells: what moves is the minority, so it cannot shift it.
    lit = (now + BLACK_OFFSET) / (_toned(before, curve) + BLACK_OFFSET)
    lit = cv2.medianBlur(cv2.resize(lit, _LIT_CELLS, interpolation=cv2.INTER_AREA), 5)
    expected *= cv2.resize(lit, (current.shape[1], current.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.subtract(current + BLACK_OFFSET, expected), dtype=np.float32)


def _toned(luma: NDArray[Any], curve: tuple[float, float, float]) -> NDArray[np.float32]:
    offset, slope, bend = curve
    return np.clip(offset + luma * (slope + bend * luma), 0.0, 255.0).astype(np.float32)


def _tone_curve(before: NDArray[Any], now: NDArray[Any]) -> tuple[float, float, float]:
    """Return offset, slope and bend of the curve that takes most parts' level before to their level now.

    Fitted to the calmer 60 %: what moves is left out. Light multiplies levels, exposure and gamma bend the curve; the
    identity is the answer when too little is to be seen. Averages over parts are fitted: noise would flatten the curve.
    """
    usable = (np.minimum(before, now) > _BLACK_LEVEL) & (np.maximum(before, now) < _WHITE_LEVEL)
    x, y = before[usable].astype(np.float64) / 255, now[usable].astype(np.float64) / 255
    if x.size < _FEWEST_AVERAGES:
        return 0.0, 1.0, 0.0
    black = BLACK_OFFSET / 255
    gain = float(np.median((y + black) / (x + black)))
    powers = np.stack([np.ones_like(x), x, x * x])
    curve = np.array([(gain - 1) * black, gain, 0.0])
    for _ in range(2):
        error = np.abs(y - curve @ powers)
        calm = error <= np.partition(error, int(0.6 * error.size))[int(0.6 * error.size)] + 2 / 255
        chosen = powers * calm
        # A little pull towards the identity keeps the curve sane where all parts have nearly one level.
        curve = np.linalg.solve(chosen @ powers.T + 1e-3 * np.eye(3), chosen @ y + 1e-3 * np.array([0.0, 1.0, 0.0]))
    mean_slope = curve[1] + 2 * curve[2] * float(x.mean())
    if not _SLOPES[0] <= mean_slope <= _SLOPES[1]:
        return (gain - 1) * BLACK_OFFSET, gain, 0.0
    return float(curve[0] * 255), float(curve[1]), float(curve[2] / 255)
