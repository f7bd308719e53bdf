"""Frames with exact times, and thumbnails, out of finished segments.

The time of a frame is its segment's start plus its PTS within the segment. Choosing which frames matter does
not belong here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import cv2

from livemon.datatypes import Frame, Image, Segment
from livemon.errors import SourceError

THUMBNAIL_WIDTH = 480
TIME_TOLERANCE_S = 0.010
"""Containers keep milliseconds or 1/90000 s; two frames are never this close."""


def read_frames(
    camera_id: str, segment: Segment, utcs: Collection[datetime] | None = None, width: int | None = None
) -> Iterator[Frame]:
    """Decode a segment's frames one by one; blocks.

    Parameters
    ----------
    utcs
        Only frames of these times; all when None. Decoding stops after the last one wanted.
    width
        Scale down to this width in pixels, aspect kept; never up.

    Yields
    ------
    Frame
        In time order; image (H, W, 3) uint8 BGR.

    Raises
    ------
    SourceError
        When the file is missing or cannot be decoded.
    """
    # One thread: frames are small, and decoder threads would each hold their own pictures.
    capture = cv2.VideoCapture(str(segment.path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    if not capture.isOpened():
        raise SourceError(f"{segment.path.name} cannot be decoded.", "It may have been deleted meanwhile.")
    wanted = None if utcs is None else sorted(utcs)
    first_ms: float | None = None
    try:
        while wanted is None or wanted:
            if not capture.grab():
                return
            pts_ms = capture.get(cv2.CAP_PROP_POS_MSEC)
            first_ms = pts_ms if first_ms is None else first_ms
            utc = segment.start_utc + timedelta(milliseconds=round(pts_ms - first_ms))
            if wanted is not None:
                while wanted and (utc - wanted[0]).total_seconds() > TIME_TOLERANCE_S:
                    wanted.pop(0)
                if not wanted or (wanted[0] - utc).total_seconds() > TIME_TOLERANCE_S:
                    continue
                wanted.pop(0)
            decoded, image = capture.retrieve()
            if decoded:
                yield Frame(camera_id, utc, scale_down(image.astype("uint8", copy=False), width))
    finally:
        capture.release()


def scale_down(image: Image, width: int | None) -> Image:
    """Return the image at most `width` pixels wide, aspect kept."""
    height, full_width = image.shape[:2]
    if width is None or width >= full_width:
        return image
    scaled: Image = cv2.resize(image, (width, round(height * width / full_width)), interpolation=cv2.INTER_AREA).astype(
        "uint8", copy=False
    )
    return scaled


def write_thumbnail(frame: Frame, folder: Path) -> Path:
    """Write the frame as a small JPEG named by its time; returns the path.

    Raises
    ------
    SourceError
        When the disk refuses.
    """
    day = folder / f"{frame.utc:%Y%m%d}"
    path = day / f"{frame.utc:%Y%m%dT%H%M%S}.{frame.utc.microsecond // 1000:03d}Z.jpg"
    try:
        day.mkdir(parents=True, exist_ok=True)
        encoded, data = cv2.imencode(".jpg", scale_down(frame.image, THUMBNAIL_WIDTH), [cv2.IMWRITE_JPEG_QUALITY, 80])
        if not encoded:
            raise SourceError(f"The picture of {path.name} could not be encoded.")
        part = path.with_suffix(".part")
        part.write_bytes(data.tobytes())
        part.replace(path)
    except OSError as exc:
        raise SourceError(f"The thumbnail {path.name} could not be written: {exc}.", "Check free disk space.") from exc
    return path
