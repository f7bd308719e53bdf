"""Local sources other than folders: one file, a capture device, ffmpeg's test pattern.

Playing a folder lives in folder.py.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import ffmpeg

from livemon.base.errors import SourceError
from livemon.base.messages.message import Message, message
from livemon.base.stream_types import MediaInfo, ModeSetting, StreamMode, StreamProfile
from livemon.stream.ffmpeg import SAFE_INPUT, compile_command, local_url, picture_of, probe, run
from livemon.stream.sources.folder import FakeLiveStreamGenerator
from livemon.stream.sources.source import Inspection, Recipe, choose_audio, choose_mode

SHORTEST_COPY_S = 5.0
"""A shorter file repeats so often that the seam at its end would be most of what is seen."""

TRIED_S = 20.0
"""So much of a file is decoded before it is copied: one with errors is normalised instead."""

TRY_TIMEOUT_S = 60.0
TEST_PATTERN = "test-pattern"


class FileSource:
    """One video file, played for ever as if it were live.

    An H.264 file without faults is copied; any other is normalised and played like a folder of one.

    Parameters
    ----------
    path
        The file.
    player
        Plays it when it cannot be copied.
    mode, keep_audio
        The camera's settings.
    """

    def __init__(self, path: Path, player: FakeLiveStreamGenerator, mode: ModeSetting, *, keep_audio: bool) -> None:
        self._path = path
        self._player = player
        self._mode = mode
        self._keep_audio = keep_audio
        self._copies = False

    @property
    def label(self) -> str:
        """The file's path."""
        return str(self._path)

    def redact(self, text: str) -> str:
        """Return the text: a file has no credentials."""
        return text

    def files(self) -> list[Path]:
        """Return the file."""
        return self._player.files()

    def check(self) -> None:
        """Raise EmptyFolder when the file is gone."""
        self._player.check()

    async def inspect(self, *, may_copy: bool = True) -> Inspection:
        """Look at the file.

        Raises
        ------
        NotAVideo
            When it has no picture that can be decoded.
        SourceError
            When it is gone.
        """
        self.check()
        media = await self._player.aside(probe, self._path)
        mode, reason = choose_mode(media, self._mode, may_copy=may_copy, timed=True)
        if mode is StreamMode.COPY and self._mode is ModeSetting.AUTO:
            if media.duration_s < SHORTEST_COPY_S:
                mode, reason = StreamMode.TRANSCODE, message("mode.short", shortest_s=SHORTEST_COPY_S)
            elif not await self._player.aside(_is_sound, self._path, media):
                mode, reason = StreamMode.TRANSCODE, Message("mode.errors")
        return Inspection(ffmpeg.input(local_url(self._path), **SAFE_INPUT), mode, reason, media)

    async def prepare(self, *, may_copy: bool) -> Recipe:
        """Look at the file, and return how to play it for ever; raises as `inspect` does."""
        found = await self.inspect(may_copy=may_copy)
        self._copies = found.mode is StreamMode.COPY
        if not self._copies:
            return await self._player.prepare(may_copy=may_copy, reason=found.reason)
        assert found.media is not None
        looped = ffmpeg.input(local_url(self._path), re=None, stream_loop=-1, **SAFE_INPUT)
        audio = choose_audio(found.media, keep=self._keep_audio)
        return Recipe(looped, found.mode, found.reason, audio, media=found.media)

    def interrupt(self) -> None:
        """Stop converting the file, if it is being converted."""
        self._player.interrupt()

    async def answers_again(self) -> None:
        """Wait: a file has no address."""
        await asyncio.Event().wait()

    async def feed(self, stdin: asyncio.StreamWriter, first_frame_utc: datetime) -> None:
        """Feed a file that is normalised; a copied one ffmpeg reads by itself."""
        if self._copies:
            await asyncio.Event().wait()
        await self._player.feed(stdin, first_frame_utc)


def _is_sound(path: Path, media: MediaInfo) -> bool:
    """Whether the file can be read to its end, and its beginning decoded, without a complaint; blocks."""
    whole = picture_of(ffmpeg.input(local_url(path), **SAFE_INPUT), media).output("-", format="null", c="copy")
    beginning = picture_of(ffmpeg.input(local_url(path), t=TRIED_S, **SAFE_INPUT), media).output("-", format="null")
    try:
        return not any(
            line
            for output in (whole, beginning)
            for line in run(compile_command(output, overwrite=True), TRY_TIMEOUT_S).splitlines()
            # Players read B-frames of old encoders all the same.
            if "deprecated pixel format" not in line
        )
    except SourceError:
        return False


class _SelfReadSource:
    """A source that ffmpeg reads by itself and livemon knows completely beforehand."""

    label = ""

    def redact(self, text: str) -> str:
        """Return the text: there are no credentials."""
        return text

    def files(self) -> list[Path]:
        """Return nothing."""
        return []

    def interrupt(self) -> None:
        """Do nothing: nothing blocks."""

    async def answers_again(self) -> None:
        """Wait: there is no address."""
        await asyncio.Event().wait()

    async def feed(self, stdin: asyncio.StreamWriter, first_frame_utc: datetime) -> None:
        """Wait: ffmpeg reads by itself."""
        await asyncio.Event().wait()


class DeviceSource(_SelfReadSource):
    """A capture device (Video4Linux2): a webcam, a capture card.

    Parameters
    ----------
    device
        Its file, for example ``/dev/video0``.
    """

    def __init__(self, device: Path) -> None:
        self._device = device
        self.label = str(device)

    def check(self) -> None:
        """Raise a SourceError when the device is not there."""
        if not self._device.exists():
            raise SourceError("source.no_device", device=self._device)

    async def inspect(self, *, may_copy: bool = True) -> Inspection:
        """Return how to read it; a device sends raw pictures or MJPEG, so it is always transcoded."""
        self.check()
        device = ffmpeg.input(str(self._device), format="v4l2", thread_queue_size=64)
        return Inspection(device, StreamMode.TRANSCODE, Message("mode.device"))

    async def prepare(self, *, may_copy: bool) -> Recipe:
        """Return how to stream it; SourceError when it is not there."""
        found = await self.inspect()
        return Recipe(found.input, found.mode, found.reason)


class PatternSource(_SelfReadSource):
    """ffmpeg's test picture: a moving pattern with a running clock, to try things without a camera."""

    label = TEST_PATTERN

    def __init__(self, profile: StreamProfile) -> None:
        self._profile = profile

    def check(self) -> None:
        """Do nothing: it is always there."""

    async def inspect(self, *, may_copy: bool = True) -> Inspection:
        """Return how to draw it."""
        size = f"{self._profile.width}x{self._profile.height}"
        pattern = ffmpeg.input(f"testsrc=size={size}:rate={self._profile.fps}", format="lavfi", re=None)
        return Inspection(pattern, StreamMode.TRANSCODE, Message("mode.drawn"))

    async def prepare(self, *, may_copy: bool) -> Recipe:
        """Return how to stream it."""
        found = await self.inspect()
        return Recipe(found.input, found.mode, found.reason, paced=True)
