"""The check of a source before it is saved: its format, a picture of it, or its error.

Streaming it does not belong here (stream/live/hls.py).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from livemon.base.errors import StreamError
from livemon.base.messages.message import Message, Told, message
from livemon.base.stream_types import MediaInfo, StreamMode
from livemon.base.tasks import run_to_completion
from livemon.stream.ffmpeg import as_shown, compile_command, picture_of
from livemon.stream.process import kill, spawn
from livemon.stream.redact import name_host
from livemon.stream.sources.source import Inspection, Source

PICTURE_TIMEOUT_S = 50.0
"""A camera whose keyframes are as rare as docs/sources.md allows, every 40 s, has sent one by then."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """A source that can be used.

    Attributes
    ----------
    label
        The source as operators may read it.
    media
        Its format: codec, size, frame rate, sound; None for livemon's own pictures or a raw device.
    mode, reason
        The resulting mode, and the reason.
    picture
        A JPEG of what it shows now.
    """

    label: str
    media: MediaInfo | None
    mode: StreamMode
    reason: Told
    picture: bytes

    def _repr_jpeg_(self) -> bytes:
        """Show the picture in a notebook."""
        return self.picture

    @property
    def said(self) -> Message:
        """Its format, and its handling."""
        mode = Message(f"mode.is_{self.mode}")
        if self.media is None:
            return message("mode.report", label=self.label, mode=mode, reason=self.reason)
        return message("mode.report_media", label=self.label, media=self.media, mode=mode, reason=self.reason)

    def __str__(self) -> str:
        return str(self.said)


async def check_source(source: Source) -> SourceReport:
    """Ask a source for its format, and for one picture.

    Raises
    ------
    SourceError
        When a person must do something about it; the sentence says what.
    StreamError
        When it does not answer, or sends no picture.
    """
    source.check()
    found = await source.inspect()
    return SourceReport(source.label, found.media, found.mode, found.reason, await _picture(source, found))


async def _picture(source: Source, found: Inspection) -> bytes:
    one = as_shown(picture_of(found.input, found.media), found.media).output(
        "pipe:1", format="image2pipe", vcodec="mjpeg", frames=1, **{"q:v": 4}
    )
    process = await spawn(compile_command(one, overwrite=False))
    said = b""
    picture = b""
    try:
        async with asyncio.timeout(PICTURE_TIMEOUT_S):
            picture, said = await process.communicate()
    except TimeoutError:
        said = b"it took too long"
    finally:
        if process.returncode is None:
            await run_to_completion(kill(process))
    if not picture:
        lines = source.redact(said.decode(errors="replace")).strip().splitlines()
        raise StreamError(
            "source.no_picture",
            source=name_host(source.label),
            reason=lines[-1] if lines else message("source.nothing_came"),
        )
    return picture
