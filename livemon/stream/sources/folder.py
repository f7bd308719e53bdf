"""FakeLiveStreamGenerator: a VideoQueue played in real time as if it were a camera.

It hands ffmpeg one endless H.264 elementary stream on standard input. ffmpeg's `-re` sets the pace and the full pipe
holds the writer back, so playing costs no clock and no thread of its own. Segments do not belong here.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import ffmpeg

from livemon.base.messages.message import Message, Told
from livemon.base.stream_types import StreamMode, StreamProfile
from livemon.stream.ffmpeg import SAFE_INPUT, local_url
from livemon.stream.sources.source import Inspection, Recipe
from livemon.stream.sources.video_queue import QueuedVideo, VideoQueue

log = logging.getLogger(__name__)
T = TypeVar("T")

CHUNK_BYTES = 64 * 1024
PROBED_BYTES = 5_000
REMEMBERED_CLIPS = 100
SEAMLESS = Message("mode.seamless")


class FakeLiveStreamGenerator:
    """A source that plays a queue's clips one after another without a seam.

    Attributes
    ----------
    clip_starts
        The last clips handed to ffmpeg: time of the first frame and file name, in time order. A start may lie
        some seconds ahead, because the pipe holds a little more than what has been played.
    """

    def __init__(self, queue: VideoQueue, profile: StreamProfile) -> None:
        self._queue = queue
        self._profile = profile
        self._upcoming: QueuedVideo | None = None
        # Converting a long video takes minutes: with a thread of its own no other task waits for a worker.
        self._converter = ThreadPoolExecutor(1, thread_name_prefix="livemon-convert")
        self.clip_starts: deque[tuple[datetime, str]] = deque(maxlen=REMEMBERED_CLIPS)

    @property
    def label(self) -> str:
        """The folder's path."""
        return str(self._queue.folder)

    def redact(self, text: str) -> str:
        """Return the text: files have no credentials."""
        return text

    def check(self) -> None:
        """Raise EmptyFolder when there is no file to play."""
        self.files()

    def files(self) -> list[Path]:
        """Return the files it plays, in order, broken ones included."""
        return self._queue.scan()

    async def inspect(self, *, may_copy: bool = True) -> Inspection:
        """Look at the first file that is a video.

        Raises
        ------
        EmptyFolder
            When there is none.
        """
        path, media = await self.aside(self._queue.first_video)
        return Inspection(ffmpeg.input(local_url(path), **SAFE_INPUT), StreamMode.TRANSCODE, SEAMLESS, media)

    async def prepare(self, *, may_copy: bool, reason: Told = SEAMLESS) -> Recipe:
        """Normalise the first clip, so that the picture starts the moment ffmpeg does.

        Raises
        ------
        EmptyFolder
            When there is nothing to play.
        """
        await self.aside(self._prepare_next)
        # An elementary stream has a frame rate and no times. Probing must not wait for megabytes of a slow stream:
        # size and rate are known, the codec is given. Without the buffer of what was probed (fflags nobuffer) ffmpeg
        # loses count, sends eight seconds at once and then waits for them.
        stream = ffmpeg.input("pipe:0", format="h264", framerate=self._profile.fps, re=None, probesize=PROBED_BYTES)
        return Recipe(stream, StreamMode.TRANSCODE, reason, paced=True)

    def interrupt(self) -> None:
        """Stop converting a clip, if one is being converted."""
        self._queue.interrupt()

    async def answers_again(self) -> None:
        """Wait: a folder has no address."""
        await asyncio.Event().wait()

    async def feed(self, stdin: asyncio.StreamWriter, first_frame_utc: datetime) -> None:
        """Write clips for ever; the next one is prepared while one plays."""
        frames = 0
        while True:
            await self.aside(self._prepare_next)
            clip, self._upcoming = self._upcoming, None
            assert clip is not None
            start_utc = first_frame_utc + timedelta(seconds=frames * self._profile.frame_s)
            self.clip_starts.append((start_utc, clip.name))
            log.info("playing %s from %s", clip.name, start_utc.isoformat())
            await asyncio.gather(_write(clip, stdin), self.aside(self._prepare_next))
            frames += clip.frames

    async def aside(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run what takes long in this source's own thread."""
        return await asyncio.get_running_loop().run_in_executor(self._converter, function, *arguments)

    def _prepare_next(self) -> None:
        if self._upcoming is None:
            self._upcoming = self._queue.next_clip()


async def _write(clip: QueuedVideo, stdin: asyncio.StreamWriter) -> None:
    """Write one clip, waiting whenever ffmpeg has enough."""
    file = await asyncio.to_thread(clip.path.open, "rb")
    with file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            stdin.write(chunk)
            await stdin.drain()
