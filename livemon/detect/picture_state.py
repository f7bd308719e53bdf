"""The picture's own state: dark, covered or out of focus, frozen, another light, a camera that moved. No people here.

Measured on small pictures inside the black borders. While nothing can be seen, or the camera moves, the rest is frozen:
`visible` and `settled` say so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from livemon.base.datatypes import Frame, Image, MotionSample
from livemon.base.detections import Sighting
from livemon.detect.motion import ACTIVE_SHARE

Luma = NDArray[np.float32]
"""(h, w) float32, 0 to 255."""

THUMB_WIDTH_PX = 160
"""Noise is averaged away, and a room's detail is not."""

BORDER_LEVEL = 20
"""A row or column that is never brighter is a black border: video black is 0 to 16, and coding noise."""

BORDER_SHARE = 0.02
"""A clock drawn into the border does not make it picture."""

DARK_LEVEL = 18.0
"""Mean luma of a picture in which nothing can be made out; video black is 16, an infrared night view is over 35."""

DARK_PEAK_LEVEL = 60.0
"""In a dark picture even the brightest hundredth stays below: a lit window would be something to see."""

COVERED_SHARE = 0.3
"""Covered or out of focus is less than this share of the fine detail that the camera shows otherwise."""

LEARN = timedelta(seconds=5)
"""So long the most detailed picture is the usual one; later it follows slowly."""

FOLLOW = 0.005
"""Of the usual detail, in each picture: a minute of daylight."""

LASTS = timedelta(seconds=1)
"""A state is told after a second of it: a hand passing the lens is nothing."""

FROZEN_SHARE = 0.3
"""Share of repeated pictures.

It is 1 when segments are copied. A transcode refines a picture after each keyframe and leaves 0.2 to 0.5, so that some
are missed there.
"""

NOISY_SHARE = 0.02
"""A camera's noise leaves no two pictures alike. One that repeats pictures by itself (1 fps shown as 5) has none."""

FROZEN_WITHIN, FROZEN_LEAST = timedelta(seconds=10), timedelta(seconds=5)

UNSTEADY_SHARE = 0.3
"""More of the picture than this moving at once is the camera, or a person right before the lens."""

SAME_PLACE_LIKENESS = 0.3
"""Edges of two pictures of one place correlate above 0.5 in any light; of two places, below 0.2."""

RESTING_LIKENESS = 0.6
MOVED_LASTS = timedelta(seconds=3)
"""Another place rests: its edges stay for so long. Cars and children before the lens do not."""

PLACE_FOLLOW = 0.1
PLACE_EVERY = timedelta(seconds=1)
"""Interval of comparisons of the place."""

LIGHT_GAIN, GRADUAL_GAIN = 1.25, 1.12
"""A lamp within half a second; exposure or daylight within two, only believed when nothing moves that could be it."""

STEADY_GAIN = 1.1
"""Before and after the step the light stays the same, within this factor."""

STEADY_LEVELS = 0.5
"""Mean luma that changes by no more is noise."""

LIGHT_PAST = timedelta(seconds=3)

_BLACK_OFFSET = 4.0
"""Levels added before a ratio, so that noise on black is not a large ratio."""


@dataclass(slots=True)
class _State:
    """Something that lasts: told once it has lasted, and not again before it ended."""

    since_utc: datetime | None = None
    told: bool = False

    def take(self, utc: datetime, now_so: bool, lasts: timedelta = LASTS) -> bool:
        """Take in a picture; say whether it is to be told now."""
        if not now_so:
            self.since_utc, self.told = None, False
            return False
        self.since_utc = self.since_utc or utc
        begins = not self.told and utc - self.since_utc >= lasts
        self.told = self.told or begins
        return begins


@dataclass(frozen=True, slots=True)
class _Level:
    """A picture's light: its luma in few pixels, and whether something moved."""

    utc: datetime
    luma: Luma
    moved: bool


@dataclass(slots=True)
class PictureState:
    """State of one camera's picture: frozen, unsteady, moved.

    Attributes
    ----------
    content
        Rows and columns inside the black borders, as shares of height and width: (top, left, bottom, right).
    visible
        Whether anything can be made out.
    settled
        Whether the camera stands still, and shows the place that it showed before.
    """

    content: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    visible: bool = True
    settled: bool = True
    _lit: bool = False
    _usual: float = 0.0
    _since_utc: datetime | None = None
    _noisy: bool = False
    _dark: _State = field(default_factory=_State)
    _covered: _State = field(default_factory=_State)
    _frozen: _State = field(default_factory=_State)
    _elsewhere: _State = field(default_factory=_State)
    _repeats: deque[tuple[datetime, bool]] = field(default_factory=deque)
    _levels: deque[_Level] = field(default_factory=deque)
    _place: Luma | None = None
    _before: Luma | None = None
    _place_utc: datetime | None = None
    _moved_utc: datetime | None = None
    _lit_utc: datetime | None = None
    _brightness: float = 0.0
    _restless_utc: datetime | None = None
    _measured_utc: datetime | None = None

    @property
    def frozen(self) -> bool:
        """Whether an old picture is shown again and again."""
        return self._frozen.told

    def take(self, frame: Frame, sample: MotionSample) -> list[Sighting]:
        """Take in a picture, in time order, and the motion gate's measurement of it; return the sightings to report."""
        if self._is_quiet(frame.utc, sample):
            return self._freezes(frame.utc, sample)
        thumb = _thumb(frame.image)
        self._widen(thumb)
        inside = cut(thumb, self.content)
        luma = np.asarray(cv2.cvtColor(inside, cv2.COLOR_BGR2GRAY), dtype=np.float32)
        self._since_utc = self._since_utc or frame.utc
        dark = bool(luma.mean() < DARK_LEVEL and np.percentile(luma, 99) < DARK_PEAK_LEVEL)
        was_dark = self._dark.told
        said = self._told("picture_dark", self._dark, frame.utc, dark, 0.9, "level", {"level": float(luma.mean())})
        if was_dark and not dark:
            self._lit_utc = frame.utc
            said.append(Sighting("lights_changed", frame.utc, frame.utc, (frame.utc,), 0.8, "light_again"))
        covered = not dark and self._is_covered(luma, frame.utc)
        said += self._told("picture_covered", self._covered, frame.utc, covered, 0.6)
        self.visible = not dark and not covered
        said += self._freezes(frame.utc, sample)
        if not self.visible:
            self._levels.clear()
            return said
        if sample.changed >= UNSTEADY_SHARE:
            self._moved_utc = frame.utc
        said += self._light(_Level(frame.utc, luma, sample.changed >= ACTIVE_SHARE))
        said += self._moves(frame.utc, inside)
        steady = self._moved_utc is None or frame.utc - self._moved_utc >= LASTS
        self.settled = steady and self._elsewhere.since_utc is None
        return said

    def _is_quiet(self, utc: datetime, sample: MotionSample) -> bool:
        """Say whether the picture is as the one before, as the gate has it: then one in a second is looked at."""
        if sample.changed or abs(sample.brightness - self._brightness) > STEADY_LEVELS:
            self._restless_utc = utc
        self._brightness = sample.brightness
        restless = self._restless_utc is None or utc - self._restless_utc <= LASTS
        if restless or self._measured_utc is None or utc - self._measured_utc >= LASTS:
            self._measured_utc = utc
            return False
        return True

    def _told(
        self,
        kind: str,
        state: _State,
        utc: datetime,
        now_so: bool,
        confidence: float,
        detail: str = "",
        values: dict[str, float] | None = None,
        lasts: timedelta = LASTS,
    ) -> list[Sighting]:
        if not state.take(utc, now_so, lasts):
            return []
        start = state.since_utc or utc
        return [Sighting(kind, start, utc, (utc,), confidence, detail, values or {})]

    def _widen(self, thumb: Image) -> None:
        """Take what is not black border into the picture: a dark scene shows less of it than a bright one."""
        seen = _lit_part(thumb)
        if seen is None:
            return
        top, left, bottom, right = self.content
        joined = min(top, seen[0]), min(left, seen[1]), max(bottom, seen[2]), max(right, seen[3])
        before, self.content = self.content, joined if self._lit else seen
        self._lit = True
        if self.content != before:
            self._levels.clear()  # pictures of another size do not compare

    def _is_covered(self, luma: Luma, utc: datetime) -> bool:
        detail = _detail(luma)
        if self._since_utc is not None and utc - self._since_utc <= LEARN:
            self._usual = max(self._usual, detail)
        covered = detail < COVERED_SHARE * self._usual
        if not covered:
            self._usual += FOLLOW * (detail - self._usual)
        return covered

    def _freezes(self, utc: datetime, sample: MotionSample) -> list[Sighting]:
        if not self.visible:
            self._repeats.clear()
        self._repeats.append((utc, sample.difference == 0.0))
        while utc - self._repeats[0][0] > FROZEN_WITHIN:
            self._repeats.popleft()
        if utc - self._repeats[0][0] < FROZEN_LEAST:
            return self._told("picture_frozen", self._frozen, utc, False, 0.4)
        share = sum(same for _, same in self._repeats) / len(self._repeats)
        self._noisy = self._noisy or share <= NOISY_SHARE
        return self._told(
            "picture_frozen", self._frozen, utc, self._noisy and share >= FROZEN_SHARE, 0.4, "repeats", {"share": share}
        )

    def _light(self, level: _Level) -> list[Sighting]:
        """Tell of a step or a drift of the whole picture's brightness."""
        if self._lit_utc is not None and level.utc - self._lit_utc < LIGHT_PAST:
            return []  # that it is light again was told
        levels = self._levels
        levels.append(level)
        while level.utc - levels[0].utc > LIGHT_PAST:
            levels.popleft()
        changed = self._step(level) or self._drift(level)
        if changed is None:
            return []
        before, after = changed
        levels.clear()
        ratio = _gain(before.luma, after.luma)
        confidence = 0.8 if abs(np.log(ratio)) > np.log(LIGHT_GAIN) else 0.6
        detail, values = "brighter" if ratio > 1 else "darker", {"share": abs(ratio - 1)}
        return [Sighting("lights_changed", before.utc, after.utc, (after.utc, before.utc), confidence, detail, values)]

    def _step(self, now: _Level) -> tuple[_Level, _Level] | None:
        """Return the pictures before and after a sudden change of light with steady light on both sides."""
        after = _at(self._levels, now.utc - timedelta(seconds=0.55))
        before = _at(self._levels, after.utc - timedelta(seconds=0.35)) if after else None
        if after is None or before is None or after.utc - before.utc > LASTS:
            return None
        earlier = _at(self._levels, before.utc - timedelta(seconds=0.15)) or before
        steady = _differ(after, now) < STEADY_GAIN and _differ(earlier, before) < STEADY_GAIN
        same_place = likeness(_edges(before.luma), _edges(after.luma)) > SAME_PLACE_LIKENESS
        return (before, after) if steady and same_place and _differ(before, after) > LIGHT_GAIN else None

    def _drift(self, now: _Level) -> tuple[_Level, _Level] | None:
        """Return the pictures before and after a change of light within two seconds, in which nothing moved."""
        before = _at(self._levels, now.utc - timedelta(seconds=1.95))
        if before is None or any(one.moved for one in self._levels):
            return None
        return (before, now) if _differ(before, now) > GRADUAL_GAIN else None

    def _moves(self, utc: datetime, inside: Image) -> list[Sighting]:
        """Tell when the camera shows another place, and goes on showing that one."""
        if self._place_utc is not None and utc - self._place_utc < PLACE_EVERY:
            return []
        edges = _edges(np.asarray(cv2.cvtColor(inside, cv2.COLOR_BGR2GRAY), dtype=np.float32))
        before, self._before, self._place_utc = self._before, edges, utc
        if self._place is None or self._place.shape != edges.shape or before is None or before.shape != edges.shape:
            self._place = edges
            return []
        elsewhere = likeness(self._place, edges) < SAME_PLACE_LIKENESS
        rests = likeness(before, edges) > RESTING_LIKENESS
        if not elsewhere:
            self._place = self._place + PLACE_FOLLOW * (edges - self._place)
        elif not rests:
            self._elsewhere.take(utc, False)  # motion before the lens is not another place
        said = self._told("camera_moved", self._elsewhere, utc, elsewhere and rests, 0.6, lasts=MOVED_LASTS)
        if said:
            self._place, self._usual, self._since_utc = edges, 0.0, utc
            self._elsewhere.take(utc, False)
        return said


def _thumb(image: Image) -> Image:
    height, width = image.shape[:2]
    size = (THUMB_WIDTH_PX, max(8, round(THUMB_WIDTH_PX * height / width)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _lit_part(thumb: Image) -> tuple[float, float, float, float] | None:
    """Return the picture without its black borders as shares; None when everything is black."""
    lit = thumb.max(axis=2) >= BORDER_LEVEL
    rows, columns = (np.flatnonzero(lit.mean(axis=axis) > BORDER_SHARE) for axis in (1, 0))
    if not len(rows) or not len(columns):
        return None
    height, width = lit.shape
    return rows[0] / height, columns[0] / width, (rows[-1] + 1) / height, (columns[-1] + 1) / width


def cut(image: Image, content: Sequence[float]) -> Image:
    """Return the part of a picture inside `content`, at least a pixel."""
    height, width = image.shape[:2]
    top, left = min(height - 1, round(content[0] * height)), min(width - 1, round(content[1] * width))
    bottom, right = max(top + 1, round(content[2] * height)), max(left + 1, round(content[3] * width))
    return image[top:bottom, left:right]


def _at(levels: Sequence[_Level], utc: datetime) -> _Level | None:
    """Return the last picture at or before a moment."""
    return next((level for level in reversed(levels) if level.utc <= utc), None)


def _gain(before: Luma, after: Luma) -> float:
    """Return the brightness ratio that most of the picture shows: what moves is the minority and cannot shift it."""
    return float(np.median((after[::2, ::2] + _BLACK_OFFSET) / (before[::2, ::2] + _BLACK_OFFSET)))


def _differ(one: _Level, other: _Level) -> float:
    """Return by which factor two pictures differ in light, at least 1."""
    ratio = _gain(one.luma, other.luma)
    return max(ratio, 1 / ratio)


def _detail(luma: Luma) -> float:
    """Return the mean absolute Laplacian after a blur that takes the noise away: detail, which a hand hides."""
    return float(np.abs(cv2.Laplacian(cv2.GaussianBlur(luma, (0, 0), 1.5), cv2.CV_32F)).mean())


def _edges(luma: Luma) -> Luma:
    across, down = cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1)
    return np.asarray(np.abs(across) + np.abs(down), dtype=np.float32)


def likeness(one: Luma, other: Luma) -> float:
    """Return the correlation, -1 to 1, of two pictures' edges: whether they show one place, in any light."""
    a, b = one - one.mean(), other - other.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > 0 else 1.0
