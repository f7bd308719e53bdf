"""The cheap gate: how much of the picture changed, and whether that is worth a look.

Measuring keeps one small grey thumbnail of the previous frame and nothing else. Deciding (`is_burst`, `is_still`,
`choose_frames`) is pure: samples in, values out. When to look, cooldowns and intervals do not belong here
(realtime.py), nor what the change was (a vision model says that).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from livemon.datatypes import Frame, MotionSample

THUMBNAIL_SIZE_PX = (160, 120)
"""Width and height. Averaging 4x4 pixels of a 640x480 picture quarters the camera's noise."""

LEVEL_THRESHOLD = 14.0
"""Luma levels by which a thumbnail pixel must differ to count as changed; 2-3 times what H.264 and a noisy
camera leave after averaging."""

ACTIVE_SHARE = 0.003
"""A frame is active when this share of the picture changed: a person at the far end of a room."""

SUDDEN_SHARE = 0.25
"""A quarter of the picture from one frame to the next: somebody in front of the lens, a cut, a moved camera."""

BURST_FRAMES = 3
BURST_OUT_OF_FRAMES = 5
"""A burst is 3 active frames of 5: one second at 5 fps, so that a single coding artefact is none."""

SPARSE_S = 0.5
SPARSE_BURST_FRAMES = 2
"""Keyframes of a copied stream lie a second or more apart: two active ones are seconds of change already."""

LIGHT_CHANGE_RATIO = 0.7
"""Brightness that falls to 0.7 of what it was in the window, or rises by the same factor, is a light switched."""

_BLACK_OFFSET = 8.0
"""Luma levels added before a ratio is taken, so that noise on black is not a large ratio."""


class MotionGate:
    """Measures one camera's frames, each against the one before it.

    Parameters
    ----------
    level_threshold
        Luma levels by which a thumbnail pixel must differ to count as changed.

    Examples
    --------
    >>> gate = MotionGate()
    >>> black = np.zeros((480, 640, 3), np.uint8)
    >>> gate.measure(Frame("cam", datetime.min, black)).changed
    0.0
    """

    def __init__(self, level_threshold: float = LEVEL_THRESHOLD) -> None:
        self._level_threshold = level_threshold
        self._previous: NDArray[np.float32] | None = None

    def measure(self, frame: Frame) -> MotionSample:
        """Compare `frame` with the previous one; the first frame has changed nothing."""
        thumbnail = _thumbnail(frame)
        previous, self._previous = self._previous, thumbnail
        brightness = float(cv2.mean(thumbnail)[0])
        if previous is None:
            return MotionSample(frame.utc, 0.0, brightness, 0.0)
        difference = float(cv2.mean(cv2.absdiff(thumbnail, previous))[0])
        if difference == 0.0:
            return MotionSample(frame.utc, 0.0, brightness, 0.0)
        residual = cv2.absdiff(thumbnail, previous * _gain(previous, thumbnail))
        changed = float(np.count_nonzero(residual > self._level_threshold) / residual.size)
        return MotionSample(frame.utc, changed, brightness, difference)


def is_burst(samples: Sequence[MotionSample]) -> bool:
    """Say whether something happens in `samples` (time order, normally ten seconds).

    True for sustained change, for a sudden change of the whole picture, and for light switched on or off.
    """
    active = [sample.changed >= ACTIVE_SHARE for sample in samples]
    sparse = len(samples) > 1 and (samples[-1].utc - samples[0].utc).total_seconds() > SPARSE_S * (len(samples) - 1)
    needed = SPARSE_BURST_FRAMES if sparse else BURST_FRAMES
    sustained = any(
        sum(active[i : i + BURST_OUT_OF_FRAMES]) >= needed for i in range(max(1, len(active) - BURST_OUT_OF_FRAMES + 1))
    )
    sudden = any(sample.changed >= SUDDEN_SHARE for sample in samples)
    return sustained or sudden or _light_switched(samples)


def is_still(samples: Sequence[MotionSample]) -> bool:
    """Say whether nothing at all happens in `samples`: hardly an active frame and steady light.

    Not the opposite of `is_burst`: a few active frames are neither.
    """
    active = sum(sample.changed >= ACTIVE_SHARE for sample in samples)
    # One active frame in fifty: a keyframe's coding artefact, the flash of a sensor.
    return active * 50 <= len(samples) and not _light_switched(samples)


def choose_frames(samples: Sequence[MotionSample], n: int) -> tuple[datetime, ...]:
    """Choose the frame times that a look of at most `n` frames carries, in time order.

    All when they fit. Else the first and the last, and between them one from each of `n - 2` equal parts: the
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


def _light_switched(samples: Sequence[MotionSample]) -> bool:
    levels = [sample.brightness + _BLACK_OFFSET for sample in samples]
    return bool(levels) and min(levels) < LIGHT_CHANGE_RATIO * max(levels)


def _thumbnail(frame: Frame) -> NDArray[np.float32]:
    """(120, 160) float32 luma."""
    height, width = frame.image.shape[:2]
    # In two steps: OpenCV halves a picture much faster than it averages 4x4 pixels.
    half = cv2.resize(frame.image, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA)
    small = cv2.resize(half, THUMBNAIL_SIZE_PX, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.float32)


def _gain(previous: NDArray[np.float32], current: NDArray[np.float32]) -> float:
    """Return the brightness ratio that most of the picture shows.

    The median over one pixel in sixteen: what moves is the minority, so it cannot shift it.
    """
    before, after = previous[::4, ::4] + _BLACK_OFFSET, current[::4, ::4] + _BLACK_OFFSET
    return float(np.median(after / before))
