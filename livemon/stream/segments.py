"""Finished segments on disk: names, which carry start and durations, and their folder.

A file gets its final name only when ffmpeg has finished it, so whatever this folder lists can be played. Running
ffmpeg does not belong here (live/hls.py), nor joining segments (files/archive.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from livemon.base.clock import require_utc
from livemon.base.datatypes import Segment

LONGEST = timedelta(minutes=2)
"""No segment is longer."""
NAME = re.compile(r"seg_(\d{8}T\d{6}\.\d{3})Z_(\d+)ms(?:_(\d+)ms)?\.ts")


def segment_name(start_utc: datetime, duration_s: float, media_duration_s: float) -> str:
    """Return the file name, for example ``seg_20261123T130500.200Z_10000ms.ts``.

    The media duration follows where it is another one: ``seg_20261123T130500.200Z_10000ms_10101ms.ts``.
    """
    moment = require_utc(start_utc)
    wall_ms, media_ms = round(duration_s * 1000), round(media_duration_s * 1000)
    media = "" if media_ms == wall_ms else f"_{media_ms}ms"
    return f"seg_{moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1000:03d}Z_{wall_ms}ms{media}.ts"


def parse_segment(path: Path) -> Segment | None:
    """Return the segment that a file name describes, or None when it is not one of ours."""
    match = NAME.fullmatch(path.name)
    if match is None or not (int(match[2]) and int(match[3] or match[2])):
        return None
    start_utc = require_utc(datetime.strptime(match[1] + "+0000", "%Y%m%dT%H%M%S.%f%z"))
    return Segment(start_utc, int(match[2]) / 1000, path, int(match[3] or match[2]) / 1000)


def list_segments(folder: Path) -> list[Segment]:
    """Return all finished segments of a folder in time order; none when the folder does not exist."""
    if not folder.is_dir():
        return []
    return sorted(segment for path in folder.iterdir() if (segment := parse_segment(path)) is not None)


def segments_between(folder: Path, start: datetime, end: datetime) -> list[Segment]:
    """Return the finished segments with footage of [start, end), in time order; reads few of many names."""
    if not folder.is_dir():
        return []
    # Names sort by time: what begins long before cannot reach in.
    first, last = (f"seg_{moment:%Y%m%dT%H%M%S}" for moment in (start - LONGEST, end + timedelta(seconds=1)))
    paths = (path for path in folder.iterdir() if first <= path.name < last)
    found = (segment for path in paths if (segment := parse_segment(path)) is not None)
    return sorted(segment for segment in found if segment.end_utc > start and segment.start_utc < end)


def delete_segments(segments: Iterable[Segment]) -> None:
    """Delete segments' files; missing ones are ignored."""
    for segment in segments:
        segment.path.unlink(missing_ok=True)


def follows(segment: Segment, earlier: Segment) -> bool:
    """Whether `segment` begins where `earlier` ended, to the millisecond that names carry."""
    return abs(segment.start_utc - earlier.end_utc) <= timedelta(milliseconds=1)
