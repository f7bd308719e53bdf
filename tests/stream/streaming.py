"""A generator that runs in a test, and what it has produced."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from livemon.base.clock import Clock, SystemClock
from livemon.base.datatypes import Segment
from livemon.base.stream_types import StreamProfile
from livemon.stream.live.hls import HLSStreamGenerator
from livemon.stream.live.live_playlist import PLAYLIST
from livemon.stream.playlist import MediaPlaylist, parse_playlist
from livemon.stream.sources.registry import SourceOptions, open_source
from livemon.stream.sources.source import Source
from tests.conftest import FAST
from tests.processes import children_named, command_of
from tests.waiting import wait_async


class Streaming:
    """A generator over a source, and what it has produced."""

    def __init__(self, source: Source, folder: Path, profile: StreamProfile, clock: Clock) -> None:
        self.segments: list[Segment] = []
        self.playlists: list[MediaPlaylist] = []
        self.playlist_path = folder / PLAYLIST
        self.source = source
        self.generator = HLSStreamGenerator("camera-1", source, folder, profile, clock, self._on_segment)

    def _on_segment(self, segment: Segment) -> None:
        self.segments.append(segment)
        self.playlists.append(parse_playlist(self.playlist_path.read_text()))

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something to come true."""
        try:
            await wait_async(condition)
        except AssertionError as exc:
            raise AssertionError(f"{exc}{self.generator.status}") from None

    async def more(self, count: int) -> None:
        """Wait for so many segments more."""
        target = len(self.segments) + count
        await self.until(lambda: len(self.segments) >= target)


@asynccontextmanager
async def streaming(
    text: Path | str,
    folder: Path,
    options: SourceOptions | None = None,
    profile: StreamProfile = FAST,
    clock: Clock | None = None,
) -> AsyncIterator[Streaming]:
    """Stream the source that `text` names into `folder`."""
    source = open_source(str(text), folder.parent / "clips", profile, lambda _name, _why: None, options)
    stream = Streaming(source, folder, profile, clock or SystemClock())
    task = asyncio.create_task(stream.generator.run())
    try:
        yield stream
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def signal_ffmpeg(number: signal.Signals) -> None:
    """Send a signal to the generator's ffmpeg; waits for one when the stream is just beginning again."""
    await wait_async(own_ffmpegs, "no ffmpeg streams")
    own_ffmpegs()[0].send_signal(number)


def own_ffmpegs() -> list[psutil.Process]:
    """This process's live ffmpegs; test cameras have others."""
    return [child for child in children_named("ffmpeg") if "-segment_list" in command_of(child)]
