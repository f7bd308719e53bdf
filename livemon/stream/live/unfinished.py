"""Unfinished segments of a killed ffmpeg: their whole frames, and the times of these.

Finished segments live in segments.py; listing and naming live in hls.py.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from livemon.base.datatypes import Segment
from livemon.stream.ffmpeg import SAFE_INPUT, local_url
from livemon.stream.live.timeline import BURST_S, Placed
from livemon.stream.segments import list_segments

log = logging.getLogger(__name__)

PTS_WRAP_S = 2**33 / 90_000
"""MPEG-TS timestamps have 33 bits (ISO/IEC 13818-1 section 2.4.3.6)."""
SEAM_S = 0.05
"""A frame's rounding, and a little jitter of the source, between the end of one file and the beginning of the next."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of a file by their timestamps."""

    first_s: float
    duration_s: float
    frame_s: float
    last_at: int
    """Byte at which the last picture in the file begins."""


def read_pictures(path: Path, *, without_last: bool = False) -> Pictures | None:
    """Read the timestamps of a file's pictures; blocks some milliseconds.

    Parameters
    ----------
    without_last
        Leave out the last picture in the file, which may be there in part only.

    Returns
    -------
    Pictures or None
        None when fewer than two pictures are left, or they cannot be read.
    """
    import av

    try:
        with av.open(local_url(path), options=dict(SAFE_INPUT)) as container:
            stream = container.streams.video[0]
            found = [(packet.pts, packet.pos) for packet in container.demux(stream) if packet.pts is not None]
            tick_s = float(stream.time_base or 0)
    except (av.FFmpegError, OSError, IndexError):
        return None
    stamps = [pts for pts, _ in (found[:-1] if without_last else found)]
    if len(stamps) < 2 or found[-1][1] is None:
        return None
    first_s = min(stamps) * tick_s
    frame_s = (max(stamps) - min(stamps)) * tick_s / (len(stamps) - 1)
    # The picture that is left out began where the ones before it ended.
    end_s = max(found[-1][0] * tick_s if without_last else 0.0, max(stamps) * tick_s + (0 if without_last else frame_s))
    if without_last and found[-1][0] < max(stamps):
        end_s = max(stamps) * tick_s + frame_s  # pictures are sent out of order
    return Pictures(first_s, round(end_s - first_s, 3), frame_s, found[-1][1])


def newest_picture_s(incoming: Path, name: str) -> float:
    """Return how long after the end of one file the newest picture of the files after it ends; blocks."""
    after = [path for path in sorted(incoming.glob("*.ts")) if path.name > name]
    first = read_pictures(incoming / name)
    newest = next((found for path in reversed(after) if (found := read_pictures(path)) is not None), None)
    if first is None or newest is None:
        return 0.0
    ahead_s = (newest.first_s + newest.duration_s - first.first_s - first.duration_s) % PTS_WRAP_S
    return ahead_s if ahead_s < PTS_WRAP_S / 2 else 0.0


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A file of a dead ffmpeg that holds whole pictures, and when it was written last."""

    path: Path
    placed: Placed
    written_utc: datetime


def find_unfinished(folder: Path, incoming: Path, now: datetime) -> list[Unfinished]:
    """Return the files of a dead ffmpeg that hold whole pictures, in order, with their places; blocks.

    The last file is cut before its last picture, which may be there in part only. A file that continues the newest
    segment begins at its end; any other ended when it was written last.

    Parameters
    ----------
    folder
        Holds the finished segments.
    incoming
        Holds ``000000.ts`` and so on.
    now
        Nothing is placed after it.
    """
    paths = sorted(path for path in incoming.glob("*.ts") if path.stem.isdecimal() and path.stat().st_size)
    before = next(reversed(list_segments(folder)), None) if paths else None
    seen = read_pictures(before.path) if before else None
    found = []
    for path in paths:
        cut = path is paths[-1]
        pictures = read_pictures(path, without_last=cut)
        if pictures is None:
            continue
        written_utc = min(now, datetime.fromtimestamp(path.stat().st_mtime, UTC))
        continues = int(path.stem) > 0 and seen is not None and _continues(pictures, seen)
        placed = _place(pictures.duration_s, before, written_utc, continues=continues)
        if placed is None:
            log.warning("%s lasts longer than it was recorded; it is left out", path)
            continue
        if cut:
            os.truncate(path, pictures.last_at)
        found.append(Unfinished(path, placed, written_utc))
        before, seen = Segment(placed.start_utc, placed.duration_s, path, placed.media_duration_s), pictures
    return found


def _continues(pictures: Pictures, before: Pictures) -> bool:
    apart_s = (pictures.first_s - before.first_s - before.duration_s) % PTS_WRAP_S
    return min(apart_s, PTS_WRAP_S - apart_s) <= SEAM_S + max(pictures.frame_s, before.frame_s)


def _place(duration_s: float, before: Segment | None, written_utc: datetime, *, continues: bool) -> Placed | None:
    """Return where a file lies; None when its timestamps cannot be true."""
    start_utc = written_utc - timedelta(seconds=duration_s)
    if before is not None:
        set_back = before.end_utc > written_utc
        if continues and duration_s > BURST_S + 1.5 * before.duration_s:
            return None
        if not continues and not set_back and start_utc < before.end_utc - timedelta(seconds=BURST_S):
            return None
        start_utc = before.end_utc if continues else max(start_utc, before.end_utc)
    start_utc = start_utc.replace(microsecond=start_utc.microsecond // 1000 * 1000)
    return Placed(start_utc, duration_s, duration_s)
