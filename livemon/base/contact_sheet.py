"""Contact sheets: pictures of a stretch of time side by side, each with its own label. Pure drawing.

The choice of moments lives in archive/footage.py, the reading of their pictures in vlm/pictures.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import numpy as np

from livemon.base.datatypes import Image, encode_jpeg

CELL_WIDTH = 320
GREY = 96
WHITE = (255, 255, 255)
BLACK = (0, 0, 0)
FONT = 0
"""OpenCV's FONT_HERSHEY_SIMPLEX."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A contact sheet of [start_utc, end_utc); a notebook shows it.

    `utcs` are the true times of the pictures, row by row; None where there is no footage. `image` is (H, W, 3)
    uint8 BGR.
    """

    start_utc: datetime
    end_utc: datetime
    utcs: tuple[datetime | None, ...]
    image: Image

    def _repr_jpeg_(self) -> bytes:
        """Show the sheet in a notebook."""
        return encode_jpeg(self.image)


def time_label(utc: datetime, zone: tzinfo) -> str:
    """Return a picture's time as a person reads it on the sheet."""
    return f"{utc.astimezone(zone):%H:%M:%S %Z}"


def draw_sheet(
    pictures: Sequence[Image | None], labels: Sequence[str], columns: int, cell_size: tuple[int, int] | None = None
) -> Image:
    """Lay pictures out row by row, each stamped with its label (ASCII); None becomes a grey cell that says so.

    Parameters
    ----------
    cell_size
        Height and width of all cells; those of the first picture when None (4:3 when there is none). Pictures are
        fitted into that, aspect kept.
    """
    shown = next((picture for picture in pictures if picture is not None), None)
    height, width = cell_size or ((CELL_WIDTH * 3 // 4, CELL_WIDTH) if shown is None else shown.shape[:2])
    sheet = np.full((-(-len(pictures) // columns) * height, columns * width, 3), GREY, np.uint8)
    for number, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        row, column = divmod(number, columns)
        cell = sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]
        if picture is None:
            _write(cell, "no footage", centred=True)
        else:
            _fit(picture, cell)
            _write(cell, label, centred=False)
    return sheet


def _fit(picture: Image, cell: Image) -> None:
    """Put a picture into the middle of a cell, aspect kept."""
    import cv2  # when a sheet is drawn, not when footage is looked for

    (own_height, own_width), (height, width) = picture.shape[:2], cell.shape[:2]
    scale = min(width / own_width, height / own_height)
    size = (max(1, round(own_width * scale)), max(1, round(own_height * scale)))
    fitted = picture if scale == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    cell[top : top + size[1], left : left + size[0]] = fitted


def _write(cell: Image, text: str, *, centred: bool) -> None:
    """Write white on black: readable on any picture."""
    import cv2  # when a sheet is drawn, not when footage is looked for

    height, width = cell.shape[:2]
    size = max(0.3, width / 640)
    (text_width, text_height), below = cv2.getTextSize(text, FONT, size, 1)
    left, bottom = (
        (max(0, width - text_width) // 2, (height + text_height) // 2) if centred else (4, height - below - 4)
    )
    corner = (left - 4, bottom - text_height - 4)
    cv2.rectangle(cell, corner, (left + text_width + 4, bottom + below + 2), BLACK, cv2.FILLED)
    cv2.putText(cell, text, (left, bottom), FONT, size, WHITE, 1, cv2.LINE_AA)
