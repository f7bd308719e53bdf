"""Frames to the images that a model gets: one contact sheet, or a part each. Labels are numbers and times.

Their tokens are counted in tokens.py, their text is written in request.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from livemon.base.contact_sheet import draw_sheet
from livemon.base.datatypes import Image, encode_jpeg
from livemon.vlm.options import MOST_ON_A_SHEET, Layout

JPEG_QUALITY = 80
NORMAL = "normal"
"""Label of the picture that shows how it looks when all is as it should be."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One image as it goes out. `label` is empty when it is drawn in the image itself."""

    label: str
    jpeg: bytes


def lay_out(
    images: Sequence[Image], labels: Sequence[str], layout: Layout, nominal: Image | None
) -> tuple[tuple[Picture, ...], int]:
    """Return the images to send and the number of a sheet's columns (1 for parts).

    Parameters
    ----------
    images
        (H, W, 3) uint8 BGR each, in time order.
    labels
        Number of each, and when it was taken, as the model is told: ``3 14:03:22``.
    nominal
        Shown before the others when there is one.
    """
    shown = list(images) if nominal is None else [nominal, *images]
    labels = list(labels) if nominal is None else [NORMAL, *labels]
    if layout is Layout.PARTS:
        parts = [Picture(label, encode_jpeg(image, JPEG_QUALITY)) for label, image in zip(labels, shown, strict=True)]
        return tuple(parts), 1
    columns = math.ceil(math.sqrt(min(len(shown), MOST_ON_A_SHEET)))
    sheets = [
        Picture("", encode_jpeg(draw_sheet(shown[first:last], labels[first:last], columns), JPEG_QUALITY))
        for first, last in even_parts(len(shown), MOST_ON_A_SHEET)
    ]
    return tuple(sheets), columns


def even_parts(count: int, most: int) -> list[tuple[int, int]]:
    """Return [first, last) of as few parts as there can be, none larger than `most`, all about as large."""
    parts = max(1, math.ceil(count / most))
    return [(count * part // parts, count * (part + 1) // parts) for part in range(parts)]
