"""Contact sheets with crops: where the crops lie beside the frames on a sheet that costs no more tokens. Pure.

Choosing crops lives in detect/crops.py, drawing in pictures.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

PIXELS_PER_TOKEN = 768 * 768 / 258
"""Google's figure for Gemini 2.0: a tile of 768x768 pixels is 258 tokens (ai.google.dev/gemini-api/docs/tokens).

Gemini 3 charges an image the same however large it is, and does not publish its scaling. By this figure the model
would see no more of more pixels.
"""

TARGET_ZOOM = 2.5
"""People are to be so many times as large as in the frames; larger would take room from others."""

LEAST_ZOOM = 1.25
"""Crops that enlarge less show nothing new."""

ZOOM_STEP = 0.05


@dataclass(frozen=True, slots=True)
class CropSize:
    """Size of a crop's part of its frame, in pixels of the frame, and how far it can be enlarged."""

    width: float
    height: float
    most_zoom: float


@dataclass(frozen=True, slots=True)
class CropGrid:
    """Crops on a sheet: equal cells, row by row.

    Attributes
    ----------
    left, top
        Corner of the first cell in pixels of the sheet: below the frames, or right of them.
    width, height
        Of a cell.
    sheet_width, sheet_height
        Of the whole sheet, frames and crops.
    """

    left: int
    top: int
    width: int
    height: int
    columns: int
    sheet_width: int
    sheet_height: int


def arrange(frames_width: int, frames_height: int, crops: Sequence[CropSize], most_pixels: float) -> CropGrid | None:
    """Return the places of crops beside a block of frames, as large as `most_pixels` allow; None when not worth it.

    Parameters
    ----------
    frames_width, frames_height
        Size of the block of frames, in pixels.
    crops
        In the order of their frames, all of about one shape.
    most_pixels
        Of the whole sheet.
    """
    if not crops:
        return None
    width, height = (median(sizes) for sizes in zip(*((crop.width, crop.height) for crop in crops), strict=True))
    most_zoom = min(TARGET_ZOOM, median(crop.most_zoom for crop in crops))
    for step in range(math.floor((most_zoom - LEAST_ZOOM) / ZOOM_STEP) + 1):
        zoom = most_zoom - step * ZOOM_STEP
        cell = round(zoom * width), round(zoom * height)
        grids = [grid for grid in _grids(frames_width, frames_height, len(crops), cell) if _pixels(grid) <= most_pixels]
        if grids:
            return min(grids, key=lambda grid: (_longer(grid), _pixels(grid)))
    return None


def _grids(frames_width: int, frames_height: int, count: int, cell: tuple[int, int]) -> list[CropGrid]:
    """Return the grids of so many cells, with each number of columns, below the frames and right of them."""
    found = []
    for columns in range(1, count + 1):
        width, height = columns * cell[0], math.ceil(count / columns) * cell[1]
        below = max(frames_width, width), frames_height + height
        beside = frames_width + width, max(frames_height, height)
        found.append(CropGrid(0, frames_height, *cell, columns, *below))
        found.append(CropGrid(frames_width, 0, *cell, columns, *beside))
    return found


def _pixels(grid: CropGrid) -> int:
    return grid.sheet_width * grid.sheet_height


def _longer(grid: CropGrid) -> float:
    """Return how far a sheet is from a square."""
    return max(grid.sheet_width / grid.sheet_height, grid.sheet_height / grid.sheet_width)
