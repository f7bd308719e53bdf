"""Pictures and films as a model's server would open them: decoded, measured, refused when they are something else.

Costs and limits belong to each server's rules.
"""

from __future__ import annotations

import base64
import binascii
import io
from dataclasses import dataclass, field

IMAGE_MIMES = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"})
# The demuxer of each type. It is never guessed: what says it is a film and is a playlist would make ffmpeg open files.
_DEMUXERS = {
    **dict.fromkeys(("video/mp4", "video/quicktime", "video/mov", "video/3gpp"), "mov"),
    **dict.fromkeys(("video/mpeg", "video/mpg", "video/mpegps"), "mpeg"),
    "video/avi": "avi",
    "video/x-flv": "flv",
    "video/webm": "matroska",
    "video/wmv": "asf",
    **dict.fromkeys(("audio/mp3", "audio/mpeg"), "mp3"),
    **{f"audio/{name}": name for name in ("wav", "aiff", "aac", "ogg", "flac")},
}
VIDEO_MIMES = frozenset(mime for mime in _DEMUXERS if mime.startswith("video/"))
AUDIO_MIMES = frozenset(mime for mime in _DEMUXERS if mime.startswith("audio/"))
TEXT_MIMES = frozenset({"text/plain", "application/pdf"})
ALL_MIMES = IMAGE_MIMES | VIDEO_MIMES | AUDIO_MIMES | TEXT_MIMES

# Offset and bytes that a file of this type has.
_MAGIC: dict[str, tuple[int, bytes]] = {
    "image/jpeg": (0, b"\xff\xd8\xff"),
    "image/png": (0, b"\x89PNG\r\n\x1a\n"),
    "image/webp": (8, b"WEBP"),
    "image/gif": (0, b"GIF8"),
    "image/heic": (4, b"ftyp"),
    "image/heif": (4, b"ftyp"),
    "video/mp4": (4, b"ftyp"),
    "video/quicktime": (4, b"ftyp"),
    "video/mov": (4, b"ftyp"),
    "video/3gpp": (4, b"ftyp"),
    "video/webm": (0, b"\x1a\x45\xdf\xa3"),
    "application/pdf": (0, b"%PDF"),
}


class BadMedia(Exception):
    """Bytes are not what they are said to be; the message says how."""


@dataclass(frozen=True, slots=True)
class ReceivedMedia:
    """A picture or film that was sent.

    Attributes
    ----------
    size_px
        Width and height; zeros where there is no picture.
    duration_s
        Length of a film or sound.
    uri
        Name of its upload; empty when it came inline.
    """

    mime: str
    data: bytes = field(repr=False)
    size_px: tuple[int, int] = (0, 0)
    duration_s: float = 0.0
    has_sound: bool = False
    uri: str = ""

    @property
    def is_image(self) -> bool:
        """Whether it is a still picture."""
        return self.mime.startswith("image/")

    @property
    def is_video(self) -> bool:
        """Whether it is a film."""
        return self.mime.startswith("video/")


def decode_base64(text: str) -> bytes:
    """Decode standard or URL-safe base64, with or without its padding.

    Raises
    ------
    BadMedia
        When it is neither.
    """
    plain = text.translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain.rstrip("=") + "=" * (-len(plain.rstrip("=")) % 4), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise BadMedia(f"Base64 decoding failed: {exc}") from exc


def open_media(mime: str, data: bytes, uri: str = "") -> ReceivedMedia:
    """Decode a picture, or read the header of a film.

    Raises
    ------
    BadMedia
        When the bytes are not of that type or cannot be decoded.
    """
    if not data:
        raise BadMedia("There is no data.")
    offset, magic = _MAGIC.get(mime, (0, b""))
    if not data[offset:].startswith(magic):
        raise BadMedia(f"The data does not begin as {mime} does.")
    if mime in ("image/heic", "image/heif"):
        return ReceivedMedia(mime, data, uri=uri)  # OpenCV cannot decode it
    if mime.startswith("image/"):
        return ReceivedMedia(mime, data, size_px=_image_size(data), uri=uri)
    if mime in _DEMUXERS:
        size_px, duration_s, has_sound = _probe(data, _DEMUXERS[mime])
        if mime.startswith("video/") and size_px == (0, 0):
            raise BadMedia("The film has no picture.")
        return ReceivedMedia(mime, data, size_px, duration_s, has_sound, uri)
    return ReceivedMedia(mime, data, uri=uri)


def _image_size(data: bytes) -> tuple[int, int]:
    import cv2
    import numpy as np

    # A cut JPEG decodes with a grey rest and no error, so its end is looked for.
    if data.startswith(b"\xff\xd8") and b"\xff\xd9" not in data[-64:]:
        raise BadMedia("The JPEG ends in its middle.")
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise BadMedia("The picture cannot be decoded.")
    return picture.shape[1], picture.shape[0]


def _probe(data: bytes, demuxer: str) -> tuple[tuple[int, int], float, bool]:
    """Return size, duration and whether there is sound."""
    import av

    try:
        with av.open(io.BytesIO(data), mode="r", format=demuxer) as container:
            pictures, sounds = container.streams.video, container.streams.audio
            size_px = (pictures[0].width, pictures[0].height) if pictures else (0, 0)
            if container.duration is None:
                raise BadMedia("The duration cannot be read.")
            return size_px, container.duration / av.time_base, bool(sounds)
    except (av.FFmpegError, OSError, ValueError) as exc:
        raise BadMedia(f"It cannot be opened: {exc}") from exc
