"""Pictures as the local model sees them: small, cropped to their content, with brightness evened out.

Belongs here: thumbnails, the letter-box, luma, the brightness ratio between two pictures, texture. What moves
and what it may be does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livemon.base.datatypes import Frame

Thumbs = NDArray[np.uint8]
"""(n, h, w, 3) uint8 BGR, in time order."""

Luma = NDArray[np.float32]
"""(h, w) float32, 0 to 255."""

Mask = NDArray[np.bool_]
"""(h, w) bool."""

THUMB_WIDTH_PX = 160
"""A person who fills a fifth of the picture's height is still 24 pixels high; noise is averaged away."""

BORDER_LEVEL = 20
"""A row or column that is never brighter is letter-box: video black is 0 to 16, plus coding noise."""

_BLACK_OFFSET = 4.0
"""Levels added before a ratio, so that noise on black is not a large ratio."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in thumbnail pixels; `right` and `bottom` are the first pixel outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.bottom - self.top

    @property
    def area_px(self) -> int:
        """Pixels in the box."""
        return self.width * self.height

    @property
    def centre_y(self) -> float:
        """Row of the centre."""
        return (self.top + self.bottom) / 2

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index into a picture."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def union(self, other: Box) -> Box:
        """Smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def overlaps(self, other: Box) -> bool:
        """Say whether the boxes share a pixel."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def shifted(self, right_px: int, down_px: int) -> Box:
        """Return the box moved."""
        return Box(self.left + right_px, self.top + down_px, self.right + right_px, self.bottom + down_px)

    def touches_edge_of(self, outer: Box, margin_px: int = 3) -> bool:
        """Say whether the box reaches within `margin_px` of the border of `outer`."""
        return (
            self.left <= outer.left + margin_px
            or self.top <= outer.top + margin_px
            or self.right >= outer.right - margin_px
            or self.bottom >= outer.bottom - margin_px
        )


@dataclass(frozen=True, slots=True)
class ThumbnailSeries:
    """Thumbnails with their times. `times_s` are seconds since the first frame, (n,) float64."""

    thumbs: Thumbs
    times_s: NDArray[np.float64]
    utcs: tuple[datetime, ...]

    def __len__(self) -> int:
        return len(self.utcs)

    def part(self, start: int, end: int) -> ThumbnailSeries:
        """Return frames [start, end)."""
        return ThumbnailSeries(self.thumbs[start:end], self.times_s[start:end], self.utcs[start:end])

    def joined_to(self, later: ThumbnailSeries) -> ThumbnailSeries:
        """Return this clip followed by `later`."""
        utcs = self.utcs + later.utcs
        return ThumbnailSeries(np.concatenate([self.thumbs, later.thumbs]), _times_s(utcs), utcs)


def clip_of(frames: Sequence[Frame]) -> ThumbnailSeries:
    """Shrink frames to thumbnails. All frames of a look have one size."""
    height, width = frames[0].image.shape[:2]
    size = (THUMB_WIDTH_PX, max(8, round(THUMB_WIDTH_PX * height / width)))
    thumbs = np.stack([cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA) for frame in frames])
    utcs = tuple(frame.utc for frame in frames)
    return ThumbnailSeries(thumbs.astype(np.uint8, copy=False), _times_s(utcs), utcs)


def _times_s(utcs: Sequence[datetime]) -> NDArray[np.float64]:
    return np.array([(utc - utcs[0]).total_seconds() for utc in utcs], dtype=np.float64)


def content_box(thumbs: Thumbs) -> Box | None:
    """Return the picture without its black borders; None when everything is black."""
    lit = thumbs.max(axis=(0, 3)) >= BORDER_LEVEL
    # 2 %: a clock drawn into the border does not make it picture.
    rows = np.flatnonzero(lit.mean(axis=1) > 0.02)
    columns = np.flatnonzero(lit.mean(axis=0) > 0.02)
    if not len(rows) or not len(columns):
        return None
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def luma(picture: NDArray[np.uint8]) -> Luma:
    """Grey levels of one (h, w, 3) picture."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.float32)


def gain(before: Luma, after: Luma) -> float:
    """Return the brightness ratio that most of the picture shows, after / before.

    A median: what moves is the minority and cannot shift it.
    """
    ratio = (after[::2, ::2] + _BLACK_OFFSET) / (before[::2, ::2] + _BLACK_OFFSET)
    return float(np.median(ratio))


def distance(before: NDArray[np.float32], after: NDArray[np.float32]) -> Luma:
    """Largest of the three colour differences, (h, w), after evening out brightness.

    Both are (h, w, 3) float32. Colour counts: a blue shirt before a blue-green wall has no luma contrast.
    """
    ratio = (after[::2, ::2] + _BLACK_OFFSET) / (before[::2, ::2] + _BLACK_OFFSET)
    levelled = before * np.float32(np.median(ratio))
    return strongest(cv2.absdiff(levelled, after))


def strongest(channels: NDArray[Any]) -> Luma:
    """Largest of the three channels, (h, w); ten times faster than a numpy maximum over the short axis."""
    blue, green, red = cv2.split(channels)
    return np.asarray(cv2.max(cv2.max(blue, green), red), dtype=np.float32)


def texture(grey: Luma) -> float:
    """Mean absolute Laplacian after a blur that takes the noise away: detail, which a hand over the lens hides."""
    return float(np.abs(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 1.5), cv2.CV_32F)).mean())


def edge_strength(picture: NDArray[np.float32]) -> Luma:
    """Gradient magnitude of a (h, w, 3) picture, strongest colour, (h, w)."""
    across = strongest(np.abs(cv2.Sobel(picture, cv2.CV_32F, 1, 0)))
    down = strongest(np.abs(cv2.Sobel(picture, cv2.CV_32F, 0, 1)))
    return across + down


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Correlation, -1 to 1, of the edges of two (h, w, 3) pictures: whether they show one place, in any light."""
    a, b = edge_strength(one), edge_strength(other)
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > 0 else 1.0
