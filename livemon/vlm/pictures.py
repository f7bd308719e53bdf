"""Frames to the images that a model gets: one contact sheet, or a part each. Labels are numbers and times.

Their tokens are counted in tokens.py, their text is written in request.py, the places of crops are found in
crop_sheet.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livemon.base.contact_sheet import GREY, draw_sheet
from livemon.base.datatypes import Image, encode_jpeg
from livemon.base.model_types import Crop
from livemon.vlm.crop_sheet import CropSize, arrange
from livemon.vlm.options import MOST_ON_A_SHEET, Layout

JPEG_QUALITY = 80
NORMAL = "normal"
"""Label of the picture that shows how it looks when all is as it should be."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One image as it goes out. `label` is empty when it is drawn in the image itself."""

    label: str
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class LaidOut:
    """The images to send, the number of a sheet's columns (1 for parts), and the number of crops on the sheets."""

    pictures: tuple[Picture, ...]
    columns: int
    crops: int = 0


def lay_out(
    images: Sequence[Image],
    labels: Sequence[str],
    layout: Layout,
    nominal: Image | None,
    crops: Sequence[Crop] = (),
    most_pixels: float = 0.0,
) -> LaidOut:
    """Return the images to send.

    Parameters
    ----------
    images
        (H, W, 3) uint8 BGR each, in time order.
    labels
        Number of each, and when it was taken, as the model is told: ``3 14:03:22``.
    nominal
        Shown before the others when there is one.
    crops
        Parts of the images, whose places `Crop.frame` gives. They stand on the sheet of their image.
    most_pixels
        Of a sheet with crops; those for which there is not room enough are left out.
    """
    shown = list(images) if nominal is None else [nominal, *images]
    labels = list(labels) if nominal is None else [NORMAL, *labels]
    if layout is Layout.PARTS:
        parts = [Picture(label, encode_jpeg(image, JPEG_QUALITY)) for label, image in zip(labels, shown, strict=True)]
        return LaidOut(tuple(parts), 1)
    columns = math.ceil(math.sqrt(min(len(shown), MOST_ON_A_SHEET)))
    before = len(shown) - len(images)
    sheets, drawn = [], 0
    for first, last in even_parts(len(shown), MOST_ON_A_SHEET):
        own = [crop for crop in crops if first <= crop.frame + before < last]
        named = [f"{labels[crop.frame + before].split()[0]} crop" for crop in own]
        sheet = draw_sheet(shown[first:last], labels[first:last], columns)
        larger = _with_crops(sheet, images, own, named, most_pixels)
        drawn += len(own) if larger is not None else 0
        sheets.append(Picture("", encode_jpeg(sheet if larger is None else larger, JPEG_QUALITY)))
    return LaidOut(tuple(sheets), columns, drawn)


def _with_crops(
    sheet: Image, images: Sequence[Image], crops: Sequence[Crop], labels: Sequence[str], most_pixels: float
) -> Image | None:
    """Return a larger sheet with crops below it or right of it; None when they are not worth it."""
    sizes = [crop_size(crop, images[crop.frame]) for crop in crops]
    grid = arrange(sheet.shape[1], sheet.shape[0], sizes, most_pixels)
    if grid is None:
        return None
    larger = np.full((grid.sheet_height, grid.sheet_width, 3), GREY, np.uint8)
    larger[: sheet.shape[0], : sheet.shape[1]] = sheet
    enlarged = draw_sheet([crop.image for crop in crops], labels, grid.columns, (grid.height, grid.width))
    larger[grid.top : grid.top + enlarged.shape[0], grid.left : grid.left + enlarged.shape[1]] = enlarged
    return larger


def crop_size(crop: Crop, image: Image) -> CropSize:
    """Return the size of a crop's part in the image that it is of, and how far its own pixels enlarge it."""
    top, left, bottom, right = crop.box
    height, width = image.shape[:2]
    part_width = (right - left) * width / 1000
    return CropSize(part_width, (bottom - top) * height / 1000, crop.image.shape[1] / part_width)


def even_parts(count: int, most: int) -> list[tuple[int, int]]:
    """Return [first, last) of as few parts as there can be, none larger than `most`, all about as large."""
    parts = max(1, math.ceil(count / most))
    return [(count * part // parts, count * (part + 1) // parts) for part in range(parts)]
