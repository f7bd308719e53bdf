"""Ten-minute archives: which windows can be assembled, and one MP4 out of a window's finished segments.

A remux, never an encode. The MP4 gets its name only when it is complete and on the disk. The row that says it
exists is written by whoever asked (camera.py), afterwards.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from livemon.clock import WINDOW, Window
from livemon.datatypes import Archive, Gap, Segment
from livemon.errors import ArchiveError, LivemonError
from livemon.stream import ffmpeg

SETTLE_S = 15.0
"""How long after a window's end a late segment is waited for: a segment and a half."""

REMUX_TIMEOUT_S = 300.0
GAP_TOLERANCE_S = 0.001


def archive_name(window: Window) -> str:
    """Return the file name, for example ``segment_20261123_131000.mp4`` (UTC)."""
    return f"segment_{window.start_utc:%Y%m%d_%H%M%S}.mp4"


def due_windows(segments: Iterable[Segment], now: datetime, done: Collection[Window]) -> list[Window]:
    """Return the closed windows that have segments and no archive yet, oldest first.

    A window is closed when footage reaches its end, or when `SETTLE_S` have passed since. Segments are cut on
    window boundaries, so each belongs to the window that its first frame lies in.
    """
    last_end: dict[Window, datetime] = {}
    for segment in segments:
        window = Window.containing(segment.start_utc)
        last_end[window] = max(segment.end_utc, last_end.get(window, segment.end_utc))
    return sorted(
        window
        for window, end_utc in last_end.items()
        if window not in done and (end_utc >= window.end_utc or now >= window.end_utc + timedelta(seconds=SETTLE_S))
    )


def find_gaps(window: Window, segments: Sequence[Segment]) -> tuple[Gap, ...]:
    """Return the parts of the window without footage, in time order; `segments` are in time order."""
    gaps = []
    at = window.start_utc
    for segment in segments:
        if (segment.start_utc - at).total_seconds() > GAP_TOLERANCE_S:
            gaps.append(Gap(at, segment.start_utc))
        at = max(at, segment.end_utc)
    if (window.end_utc - at).total_seconds() > GAP_TOLERANCE_S:
        gaps.append(Gap(at, window.end_utc))
    return tuple(gaps)


def assemble(camera_id: str, window: Window, segments: Sequence[Segment], folder: Path) -> Archive:
    """Remux a window's segments into `folder`; blocks about a second.

    The archive's timeline is the wall clock from its first frame on: where footage is missing the last picture
    stands still, so a frame's time is `start_utc` + PTS through every gap. A segment that cannot be read is a gap.

    Raises
    ------
    ArchiveError
        When there is no segment, or ffmpeg or the disk refuses; no file with the final name is left behind.
    """
    own = sorted(s for s in segments if Window.containing(s.start_utc) == window)
    try:
        return _join(camera_id, window, own, folder)
    except ArchiveError:
        readable = [segment for segment in own if _readable(segment)]
        if len(readable) == len(own):
            raise
        return _join(camera_id, window, readable, folder)


def _readable(segment: Segment) -> bool:
    """Whether ffprobe finds a picture; a power cut leaves empty files."""
    try:
        ffmpeg.probe(segment.path)
    except (OSError, LivemonError):
        return False
    return True


def _join(camera_id: str, window: Window, own: Sequence[Segment], folder: Path) -> Archive:
    if not own:
        raise ArchiveError(f"There is no readable footage of {window.start_utc:%Y-%m-%d %H:%M} UTC to archive.")
    target = folder / archive_name(window)
    part, concat_list = target.with_suffix(".part"), target.with_suffix(".ffconcat")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        concat_list.write_text(_concat_text(own))
        # The concat demuxer leaves out a file that it cannot open, and calls that a success.
        if "Impossible to open" in ffmpeg.run(ffmpeg.remux_command(concat_list, part), REMUX_TIMEOUT_S):
            raise ArchiveError(f"A segment of {target.name} cannot be read.")
        frames = ffmpeg.probe(part).frames
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        size = part.stat().st_size
        part.replace(target)
        _fsync_folder(folder)
    except (OSError, LivemonError) as exc:
        raise ArchiveError(f"{target.name} could not be written: {exc}", "Check free disk space.") from exc
    finally:
        part.unlink(missing_ok=True)
        concat_list.unlink(missing_ok=True)
    gaps = find_gaps(window, own)
    return Archive(
        camera_id=camera_id,
        window_start_utc=window.start_utc,
        start_utc=own[0].start_utc,
        end_utc=own[-1].end_utc,
        path=target,
        frames=frames,
        bytes=size,
        sha256=digest,
        coverage_s=round(WINDOW.total_seconds() - sum(gap.duration_s for gap in gaps), 3),
        gaps=gaps,
    )


def _concat_text(segments: Sequence[Segment]) -> str:
    """Write the concat demuxer's list; each file lasts until the next one starts, which keeps gaps in time."""
    lines = ["ffconcat version 1.0"]
    for segment, after in zip(segments, [*segments[1:], None], strict=True):
        span_s = (after.start_utc - segment.start_utc).total_seconds() if after else segment.duration_s
        # Inside quotes only the quote itself is special: it ends the quote, is escaped, and opens it again.
        quoted = str(segment.path.absolute()).replace("'", r"'\''")
        lines += [f"file 'file:{quoted}'", f"duration {span_s:.6f}"]
    return "\n".join(lines) + "\n"


def _fsync_folder(folder: Path) -> None:
    """Make a rename survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
