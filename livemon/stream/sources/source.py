"""Source, the protocol of a camera's video input; and the choice between copying and transcoding it.

A source says what is wrong with it before it is used, tells ffmpeg how to read it, and may feed ffmpeg's standard
input. Texts are mapped to sources in registry.py; the ffmpeg that reads one is supervised in stream/live/hls.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from livemon.base.messages.message import Message, Told, message
from livemon.base.stream_types import MediaInfo, ModeSetting, StreamMode
from livemon.stream.known_media import KnownMedia

SkipListener = Callable[[str, Message], None]
"""Called with a file's name and the sentence that says why it is skipped."""

PLAYABLE_PIXELS = ("yuv420p", "yuvj420p")
"""Pixel formats that every browser decodes; High 4:2:2 and 4:4:4 and ten bits are not played."""


class AudioHandling(StrEnum):
    """Handling of a source's sound. AAC is never touched."""

    NONE = "none"
    COPY = "copy"
    TRANSCODE = "transcode"


@dataclass(frozen=True, slots=True)
class Inspection:
    """Result of asking a source."""

    input: Any
    """An ffmpeg-python input that gives its picture."""
    mode: StreamMode
    reason: Told
    """Why this mode, in a sentence."""
    media: MediaInfo | None = None
    """Format of the source; None where livemon makes the pictures itself."""
    assumed: bool = False
    """Whether it was not asked, but is taken for what it was when it last streamed."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Input and processing of one run of ffmpeg."""

    input: Any
    """An ffmpeg-python input."""
    mode: StreamMode
    reason: Told
    """Why this mode, in a sentence."""
    audio: AudioHandling = AudioHandling.NONE
    paced: bool = False
    """livemon paces the source itself: timestamps are frames since the start."""
    out_of_band_headers: bool = False
    """Whether parameter sets come beside the pictures (SDP) and must be put into them."""
    media: MediaInfo | None = None
    """Format of the source; None where livemon makes the pictures itself."""
    known: KnownMedia | None = None
    """Memory of the source's format; None where asking takes no time."""
    assumed: bool = False
    """Whether the source was not asked; then the run must find out whether it sends what it did."""


class Source(Protocol):
    """Something that can be streamed."""

    @property
    def label(self) -> str:
        """Part of it that operators may read: of a URL scheme, host, port and harmless parts of the query."""
        ...

    def redact(self, text: str) -> str:
        """Return a text of ffmpeg's as everybody may read it: of addresses scheme and host."""
        ...

    def files(self) -> list[Path]:
        """Return the local files that it plays, in order; none for a camera."""
        ...

    def check(self) -> None:
        """Return at once; raise a SourceError that says what to do when the source plainly cannot be used."""
        ...

    async def inspect(self, *, may_copy: bool = True) -> Inspection:
        """Ask the source for its format, and decide whether it is copied; raises as `prepare` does."""
        ...

    async def prepare(self, *, may_copy: bool) -> Recipe:
        """Return how to stream the source now.

        Parameters
        ----------
        may_copy
            False when copying has been tried in vain; then the recipe transcodes.

        Raises
        ------
        SourceError
            When a person must do something about it.
        StreamError
            When it does not answer; it may later.
        """
        ...

    def interrupt(self) -> None:
        """Make work of `prepare` or `feed` that blocks a thread give up; called when the stream is stopped."""
        ...

    async def answers_again(self) -> None:
        """Return when an address takes connections after it refused them; wait for ever where there is none."""
        ...

    async def feed(self, stdin: asyncio.StreamWriter, first_frame_utc: datetime) -> None:
        """Write to ffmpeg's standard input until cancelled; a source that ffmpeg reads by itself only waits."""
        ...


def choose_mode(media: MediaInfo, wanted: ModeSetting, *, may_copy: bool, timed: bool) -> tuple[StreamMode, Message]:
    """Decide whether a source is copied or transcoded, and say why.

    Parameters
    ----------
    media
        Format of the source.
    wanted
        The camera's setting.
    may_copy
        False when copying was tried in vain.
    timed
        Whether packets carry decoding times. RTP has none (RFC 6184 section 5.1), nor have raw pictures, so those
        that are sent out of order cannot be copied from there.
    """
    what = f"{media.codec} {media.width}x{media.height}"
    if wanted is ModeSetting.TRANSCODE:
        return StreamMode.TRANSCODE, message("mode.setting_transcode", what=what)
    if wanted is ModeSetting.COPY and media.codec == "h264" and (timed or not media.b_frames):
        return StreamMode.COPY, message("mode.setting_copy", what=what)
    if media.codec != "h264":
        return StreamMode.TRANSCODE, message("mode.not_h264", what=what)
    if media.pixel_format not in PLAYABLE_PIXELS:
        return StreamMode.TRANSCODE, message("mode.pixels", what=what, pixels=media.pixel_format)
    if media.hdr:
        return StreamMode.TRANSCODE, message("mode.hdr", what=what)
    if media.rotated:
        return StreamMode.TRANSCODE, message("mode.rotated", what=what)
    if media.b_frames and not timed:
        return StreamMode.TRANSCODE, message("mode.b_frames", what=what)
    if not may_copy:
        return StreamMode.TRANSCODE, message("mode.copy_failed", what=what)
    return StreamMode.COPY, message("mode.copied", what=what)


def choose_audio(media: MediaInfo, *, keep: bool) -> AudioHandling:
    """Decide what becomes of the sound: AAC is kept as it is, other sound is made AAC or dropped by setting."""
    if not media.audio_codec:
        return AudioHandling.NONE
    if media.audio_codec == "aac":
        return AudioHandling.COPY
    return AudioHandling.TRANSCODE if keep else AudioHandling.NONE
