"""Pictures of events, small enough to be sent. Blocks: it reads files."""

from __future__ import annotations

from pathlib import Path

from livemon.base.datatypes import encode_jpeg
from livemon.base.settings.settings import Settings

PICTURE_BYTES = 300_000
"""A larger picture is made smaller: services refuse large ones, and telephones wait for them."""
PICTURE_WIDTH, PICTURE_QUALITY = 640, 70


def picture_of(settings: Settings, camera_id: str, thumbnail: str) -> bytes | None:
    """Return an event's picture, small enough to be sent; None when there is none."""
    if not thumbnail:
        return None
    path: Path = settings.camera_dir(camera_id) / "thumbnails" / thumbnail
    try:
        picture = path.read_bytes()
    except OSError:
        return None
    return picture if len(picture) <= PICTURE_BYTES else smaller(picture)


def smaller(picture: bytes) -> bytes | None:
    """Return a picture at most `PICTURE_WIDTH` pixels wide; None when it cannot be read."""
    import cv2
    import numpy as np

    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        return None
    height, width = image.shape[:2]
    scale = min(1.0, PICTURE_WIDTH / width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return encode_jpeg(cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype("uint8"), PICTURE_QUALITY)
