"""What moves from one frame to the next: blobs, and whether the picture as a whole is fit to be reasoned about.

No background and no memory here; background.py knows what is new in the room.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from livemon.vlm.local.picture import Box, Mask, ThumbnailSeries, distance

MOVING_LEVEL = 16.0
"""Levels by which a thumbnail pixel must differ from the frame before; noise and coding leave under 10."""

SMALL_SHARE = 0.003
"""A blob under 0.3 % of the picture is a leaf, a clock, a coding artefact."""

UNSTEADY_SHARE = 0.30
"""More of the picture than this moving at once is the camera, or somebody right before the lens."""

BUSY_BLOBS = 3
"""Three things moving at a time, most of the time, is a street or a flock: none is followed."""

_OPEN = np.ones((2, 2), np.uint8)
# Taller than wide: what belongs to a person lies above one another (a head above a striped jersey).
_CLOSE = np.ones((9, 7), np.uint8)


@dataclass(frozen=True, slots=True)
class Moving:
    """What moved between a frame and the one before.

    Attributes
    ----------
    share
        Share of the content that changed, 0 to 1.
    boxes
        Around the blobs larger than `SMALL_SHARE`, the largest first.
    """

    share: float = 0.0
    boxes: tuple[Box, ...] = ()

    @property
    def box(self) -> Box | None:
        """Around the largest blob; None when nothing large moved."""
        return self.boxes[0] if self.boxes else None


def moving(clip: ThumbnailSeries, content: Box) -> list[Moving]:
    """Compare each frame with the one before it; the first has nothing to be compared with."""
    rows, columns = content.slices
    pictures = clip.thumbs[:, rows, columns].astype(np.float32)
    found = [Moving()]
    for before, after in pairwise(pictures):
        mask = distance(before, after) > MOVING_LEVEL
        boxes = tuple(box.shifted(content.left, content.top) for box in blobs(mask))
        found.append(Moving(float(mask.mean()), boxes))
    return found[: len(clip)]


def blobs(mask: Mask, small_share: float = SMALL_SHARE) -> list[Box]:
    """Boxes of the connected parts of `mask` that are not small, largest first."""
    cleaned = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, _OPEN)
    cleaned = cv2.morphologyEx(cleaned, cv2.MORPH_CLOSE, _CLOSE)
    _, _, stats, _ = cv2.connectedComponentsWithStats(cleaned)
    parts: NDArray[np.int32] = np.asarray(stats[1:], dtype=np.int32)
    parts = parts[parts[:, cv2.CC_STAT_AREA] > small_share * mask.size]
    order = np.argsort(-parts[:, cv2.CC_STAT_AREA], kind="stable")
    return [Box(int(x), int(y), int(x + w), int(y + h)) for x, y, w, h, _ in parts[order]]


def is_unsteady(found: list[Moving]) -> bool:
    """Say whether the whole picture moves in a quarter of the frames: a shaken or carried camera."""
    compared = found[1:]
    return bool(compared) and sum(m.share > UNSTEADY_SHARE for m in compared) * 4 > len(compared)


def is_busy(found: list[Moving]) -> bool:
    """Say whether several things move at once in most frames: traffic, a crowd, wind in the leaves."""
    compared = found[1:]
    return bool(compared) and sum(len(m.boxes) >= BUSY_BLOBS for m in compared) * 2 > len(compared)
