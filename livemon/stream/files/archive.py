"""Ten-minute archives: one MP4 from a window's finished segments, with its name, its gaps and its comment.

A remux, never an encode. The MP4 gets its name only when it is complete and on the disk. The caller writes the row of
the archive afterwards. Packets live in remux.py, reading archives back in archive_check.py.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from livemon.base.clock import WINDOW, Window, iso, require_utc
from livemon.base.datatypes import Archive, Gap, Segment
from livemon.base.errors import ArchiveError, LivemonError
from livemon.base.private_files import make_folder
from livemon.stream.files.remux import Content, content, write_mp4

GAP_TOLERANCE_S = 0.001
OVERLAP_TOLERANCE_S = 0.05
"""More than this, and a segment does not follow another one: the clock was set back between them."""

NAME = re.compile(r"segment_(\d{8}_\d{6})(?:_(\d+))?\.mp4")


def archive_name(window: Window, part: int = 0) -> str:
    """Return the file name, for example ``segment_20261123_131000.mp4`` (UTC); further parts add ``_2``, ``_3`` ..."""
    return f"segment_{window.start_utc:%Y%m%d_%H%M%S}{f'_{part + 1}' if part else ''}.mp4"


def parse_archive_name(name: str) -> tuple[Window, int] | None:
    """Return the window and the part (from 0) that a file name tells, or None when it is not one of ours."""
    match = NAME.fullmatch(name)
    if match is None:
        return None
    try:
        return Window(require_utc(datetime.strptime(match[1] + "+0000", "%Y%m%d_%H%M%S%z"))), int(match[2] or 1) - 1
    except ValueError:
        return None


def find_gaps(window: Window, segments: Sequence[Segment]) -> tuple[Gap, ...]:
    """Return the parts of the window without footage, in time order.

    `segments` are in time order, and may reach over the window's edges. The one before reaches into it when a camera's
    keyframes do not fall on ten-minute marks.
    """
    gaps = []
    at = window.start_utc
    for segment in segments:
        start_utc = min(segment.start_utc, window.end_utc)
        if (start_utc - at).total_seconds() > GAP_TOLERANCE_S:
            gaps.append(Gap(at, start_utc))
        at = max(at, segment.end_utc)
    if (window.end_utc - at).total_seconds() > GAP_TOLERANCE_S:
        gaps.append(Gap(at, window.end_utc))
    return tuple(gaps)


def covered_s(window: Window, segments: Sequence[Segment]) -> float:
    """Return how many seconds of the window the segments have footage of."""
    return round(WINDOW.total_seconds() - sum(gap.duration_s for gap in find_gaps(window, sorted(segments))), 3)


def parts(pieces: Sequence[tuple[Segment, Content]]) -> list[list[Segment]]:
    """Split segments in time order into what one MP4 can hold each.

    A new part begins where the content changes, and where footage overlaps other footage after a clock was set back.
    Then each time belongs to a part of its own.
    """
    found: list[tuple[Content, list[Segment]]] = []
    tolerance = timedelta(seconds=OVERLAP_TOLERANCE_S)
    tracks: list[int] = []
    """Current part of each track of footage; there is one track unless times overlap."""
    for segment, made_of in pieces:
        ends = {n: found[at][1][-1].end_utc for n, at in enumerate(tracks)}
        free = [n for n, end in ends.items() if segment.start_utc >= end - tolerance]
        track = max(free, key=lambda n: ends[n]) if free else None
        if track is None:
            tracks.append(len(found))
        elif found[tracks[track]][0].takes(made_of):
            found[tracks[track]][1].append(segment)
            continue
        else:
            tracks[track] = len(found)
        found.append((made_of, [segment]))
    return [segments for _, segments in found]


def assemble(camera_id: str, window: Window, segments: Sequence[Segment], folder: Path) -> tuple[Archive, ...]:
    """Remux a window's segments into `folder`; blocks for a second or two.

    One archive, or several when the camera came back with another size or format meanwhile: an MP4 has one picture size
    (docs/adr/0005). Each archive's timeline is the wall clock from its first frame on. In missing footage the last
    picture stands still, so a frame's time is `start_utc` + PTS through every gap. A segment that cannot be read is a
    gap.

    Parameters
    ----------
    segments
        The window's own, by their first frame; others that reach into it are only counted as footage.

    Raises
    ------
    ArchiveError
        When there is no segment, or the disk refuses; no file with a final name is left behind.
    """
    own = sorted(s for s in segments if Window.containing(s.start_utc) == window)
    pieces = [(segment, made_of) for segment in own if (made_of := _content(segment)) is not None]
    if not pieces:
        raise ArchiveError("archive.no_readable_footage", start_utc=window.start_utc)
    readable = [segment for segment, _ in pieces]
    footage = sorted([*readable, *(s for s in segments if s not in own)])
    gaps = find_gaps(window, footage)
    runs = parts(pieces)
    coverages = [covered_s(window, run) for run in runs]
    # The part of this window that the window before holds is footage too; together the parts tell the window's
    # coverage.
    coverages[0] = round(covered_s(window, footage) - sum(coverages[1:]), 3)
    made: list[tuple[Path, Archive]] = []
    try:
        make_folder(folder)
        for number, (run, coverage_s) in enumerate(zip(runs, coverages, strict=True)):
            target = folder / archive_name(window, number)
            part = target.with_name(f"{target.stem}_{os.getpid()}_{threading.get_ident()}.part")
            made.append((part, _write(camera_id, window, run, coverage_s, gaps, part, target)))
        for part, archive in made:
            part.replace(archive.path)
        _fsync_folder(folder)
    except (OSError, LivemonError) as exc:
        raise ArchiveError("archive.not_written", start_utc=window.start_utc, reason=exc) from exc
    finally:
        for part in folder.glob(f"*_{os.getpid()}_{threading.get_ident()}.part"):
            part.unlink(missing_ok=True)
    return tuple(archive for _, archive in made)


def _content(segment: Segment) -> Content | None:
    try:
        return content(segment.path)
    except LivemonError:
        return None


def _write(
    camera_id: str,
    window: Window,
    run: Sequence[Segment],
    coverage_s: float,
    gaps: tuple[Gap, ...],
    part: Path,
    target: Path,
) -> Archive:
    start_utc, end_utc = run[0].start_utc, max(segment.end_utc for segment in run)
    # With its facts in it a file can be found again when the database is lost (archive_check.py).
    facts = {
        "camera_id": camera_id,
        "start_utc": iso(start_utc),
        "end_utc": iso(end_utc),
        "coverage_s": coverage_s,
        "gaps": [[iso(gap.start_utc), iso(gap.end_utc)] for gap in gaps],
    }
    frames = write_mp4(run, part, start_utc, json.dumps(facts))
    # Read once more: the index is written last and stands first, so that no hash can be taken while writing. Of 225 MB,
    # ten minutes at 3 Mbit/s, that is 0.14 CPU s, of the page cache.
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    size = part.stat().st_size
    return Archive(camera_id, window.start_utc, start_utc, end_utc, target, frames, size, digest, coverage_s, gaps)


def _fsync_folder(folder: Path) -> None:
    """Make a rename survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
