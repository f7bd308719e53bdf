"""LabClips: video files brought into the lab as footage, cut by the same ffmpeg command as a live camera's.

A clip is known by its content: brought twice it is there once. Its events are in its label file.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ffmpeg

from livemon.archive.footage import Footage
from livemon.base.clock import Clock
from livemon.base.datatypes import Segment
from livemon.base.errors import LabError, LivemonError, NotAVideo
from livemon.base.messages.message import system_reason
from livemon.base.private_files import make_folder
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamMode, StreamProfile
from livemon.store.session import Database
from livemon.stream.ffmpeg import SAFE_INPUT, local_url, probe, run
from livemon.stream.live.ffmpeg_command import live_command
from livemon.stream.segments import list_segments, segment_name
from livemon.stream.sources.source import Recipe

START_UTC = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""When the footage of every clip begins: its own time is not known, and the same clip is the same footage."""

PREFIX = "clip-"
LONGEST_S = 3600.0
"""ffmpeg may work on a clip for so long."""

SHORTEST_S = 0.001


@dataclass(frozen=True, slots=True)
class LabClip:
    """A clip that the lab has: its id, the content hash of its file, and how long its footage is."""

    id: str
    sha256: str
    start_utc: datetime
    end_utc: datetime


class LabClips:
    """The clips of a data folder. Its methods block: they run ffmpeg."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, profile: StreamProfile) -> None:
        # A folder of its own beside the cameras': retention and the pages do not know these.
        self._settings = settings.model_copy(update={"data_dir": settings.data_dir / "lab"})
        self._database = database
        self._clock = clock
        self._profile = profile

    def bring(self, path: Path) -> LabClip:
        """Make a video file into footage; returns it when it is there already.

        Raises
        ------
        LabError
            When the file cannot be read.
        NotAVideo
            When ffmpeg finds no picture in it.
        """
        try:
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as exc:
            raise LabError("lab.clip_not_readable", path=path, reason=system_reason(exc)) from exc
        clip_id = f"{PREFIX}{sha256[:16]}"
        folder = self.folder(clip_id) / "hls"
        if not folder.is_dir():
            self._cut(path, folder)
        segments = list_segments(folder)
        return LabClip(clip_id, sha256, segments[0].start_utc, segments[-1].end_utc)

    def folder(self, clip_id: str) -> Path:
        """Return the folder of a clip's footage, and of what was planned of it."""
        return self._settings.camera_dir(clip_id)

    def footage(self, clip_id: str) -> Footage:
        """Return the footage of a clip.

        Raises
        ------
        LabError
            When the lab does not have this clip.
        """
        if not clip_id.startswith(PREFIX) or not (self.folder(clip_id) / "hls").is_dir():
            raise LabError("lab.clip_unknown", clip_id=clip_id)
        return Footage(clip_id, self._settings, self._database, self._clock)

    def _cut(self, path: Path, folder: Path) -> None:
        probe(path)  # refuses files that are not a video, in plain words
        make_folder(folder.parent)
        work = Path(tempfile.mkdtemp(prefix=".", dir=folder.parent))
        try:
            try:
                segments = cut_clip(path, work, self._profile)
            except LivemonError as exc:
                raise NotAVideo("lab.clip_not_footage", file=path.name, cause=exc.said) from exc
            if not segments:
                raise NotAVideo("lab.clip_no_picture", file=path.name)
            for segment in segments:
                name = segment_name(segment.start_utc, segment.duration_s, segment.media_duration_s)
                segment.path.rename(work / name)
            # The folder appears when all of it is there.
            work.rename(folder)
        except OSError as exc:
            raise LabError("lab.clip_not_kept", file=path.name, reason=system_reason(exc)) from exc
        finally:
            shutil.rmtree(work, ignore_errors=True)


def cut_clip(path: Path, folder: Path, profile: StreamProfile) -> list[Segment]:
    """Turn a file into segments in `folder` as the live command does, the first at `START_UTC`; blocks.

    Returns
    -------
    list of Segment
        Named as ffmpeg does; empty when there is no picture.

    Raises
    ------
    LivemonError
        When ffmpeg refuses the file.
    """
    recipe = Recipe(ffmpeg.input(local_url(path), **SAFE_INPUT), StreamMode.TRANSCODE, "")
    # A live stream is announced on stdout, segment by segment; of a file the whole list will do.
    announced = folder / "segments.csv"
    run(
        [local_url(announced) if word == "pipe:1" else word for word in live_command(recipe, folder, profile, 0)],
        LONGEST_S,
    )
    segments = []
    for line in announced.read_text().split():
        name, start_s, end_s = line.split(",")
        duration_s = float(end_s) - float(start_s)
        first = round(float(start_s) * profile.fps)
        start_utc = START_UTC + first * timedelta(seconds=profile.frame_s)
        if duration_s >= SHORTEST_S:  # a single picture lasts for nothing
            segments.append(Segment(start_utc, duration_s, folder / name, duration_s))
    return segments
