"""Source, the plug point for what a camera shows, and how a setting's text becomes one.

A source says what is wrong with it before it is used, describes its input to ffmpeg, and may feed ffmpeg's
standard input. Supervising the ffmpeg that reads it does not belong here (hls.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from livemon.datatypes import StreamProfile
from livemon.errors import EmptyFolder
from livemon.stream.fake_live import FakeLiveStreamGenerator
from livemon.stream.video_queue import VideoQueue

SkipListener = Callable[[str, str], None]
"""Called with a file's name and the sentence that says why it is skipped."""


class Source(Protocol):
    """Something that can be streamed."""

    def files(self) -> list[Path]:
        """Return the local files that it plays, in order."""
        ...

    def check(self) -> None:
        """Return at once; raise a SourceError that says what to do when the source plainly cannot be used."""
        ...

    def prepare(self) -> None:
        """Block until the source can be used; raise a SourceError that says what to do when it cannot."""
        ...

    def interrupt(self) -> None:
        """Make a `prepare` that blocks now give up; called when the stream is stopped, from any thread."""
        ...

    def input(self) -> Any:
        """Return the ffmpeg-python input stream to transcode."""
        ...

    async def feed(self, stdin: asyncio.StreamWriter, first_frame_utc: datetime) -> None:
        """Write to ffmpeg's standard input until cancelled or the source ends."""
        ...


def open_source(text: str, cache_dir: Path, profile: StreamProfile, on_skip: SkipListener) -> Source:
    """Make the source that a camera's `source` setting names: a folder of video files.

    Raises
    ------
    EmptyFolder
        When it is no folder; whether it has videos is asked by `check`, later and again.
    """
    folder = Path(text).expanduser()
    if folder.is_file():
        raise EmptyFolder(
            f"{folder} is a file, not a folder.", f"Put it into a folder and give the folder: {folder.parent}."
        )
    return FakeLiveStreamGenerator(VideoQueue(folder, cache_dir, profile, on_skip), profile)
