"""Archives read back: completeness of a file, its own metadata, and decodability of all of it.

The expected files and rows live in archive/consistency.py, writing in archive.py.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import statistics
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from livemon.base.clock import require_utc
from livemon.base.datatypes import Archive, Gap
from livemon.base.errors import ArchiveError
from livemon.stream.ffmpeg import local_url
from livemon.stream.files.archive import parse_archive_name

LEFTOVERS = ("*.part", "*.ffconcat")
"""Files that a killed process leaves in the archive folder."""

BOX_HEADER = 8
LONG_S, USUAL_FRAMES = 2.0, 5
"""Pictures further apart, in seconds and in usual distances, are asked about: a camera may send few in the dark."""
MISSING_S = 0.5
"""So much may be missing beside a gap by rounding and jitter."""


def read_archive(path: Path) -> Archive:
    """Return an archive file's own metadata; reads all of it to know its hash.

    Raises
    ------
    ArchiveError
        When it is damaged, or no archive that livemon wrote.
    """
    named = parse_archive_name(path.name)
    if named is None:
        raise ArchiveError("archive.wrong_name", file=path.name)
    _require_whole(path)
    facts, frames = _facts(path)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Archive(
            camera_id=str(facts["camera_id"]),
            window_start_utc=named[0].start_utc,
            start_utc=_utc(facts["start_utc"]),
            end_utc=_utc(facts["end_utc"]),
            path=path,
            frames=frames,
            bytes=path.stat().st_size,
            sha256=digest,
            coverage_s=float(facts["coverage_s"]),
            gaps=tuple(Gap(_utc(start), _utc(end)) for start, end in facts["gaps"]),
        )
    except (OSError, KeyError, TypeError, ValueError) as exc:
        raise ArchiveError("archive.footage_unknown", file=path.name, reason=exc) from exc


def picture_times_s(path: Path) -> list[float]:
    """Decode a whole archive; return its pictures' times. Ten minutes of 720p take some twenty seconds.

    Raises
    ------
    ArchiveError
        When it cannot be opened, or a picture in it cannot be decoded.
    """
    import av

    try:
        with av.open(local_url(path)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            return sorted(frame.time or 0.0 for frame in container.decode(stream))
    except (OSError, IndexError, ValueError, av.FFmpegError) as exc:
        raise ArchiveError("archive.not_decodable", file=path.name, reason=exc) from exc


def without_pictures(archive: Archive, times_s: Sequence[float]) -> list[Gap]:
    """Return the stretches of an archive that are listed as footage, and hold no picture.

    Parameters
    ----------
    archive
        The file's own metadata.
    times_s
        Its pictures' times since `archive.start_utc`, in order.
    """
    if len(times_s) < 2:
        return []
    usual_s = statistics.median(after - before for before, after in itertools.pairwise(times_s))
    long_s = max(LONG_S, USUAL_FRAMES * usual_s)
    found = []
    for before_s, after_s in itertools.pairwise([*times_s, (archive.end_utc - archive.start_utc).total_seconds()]):
        if after_s - before_s <= long_s:
            continue
        start_utc = archive.start_utc + timedelta(seconds=before_s + usual_s)
        end_utc = archive.start_utc + timedelta(seconds=after_s)
        told_s = sum(
            max(0.0, (min(gap.end_utc, end_utc) - max(gap.start_utc, start_utc)).total_seconds())
            for gap in archive.gaps
        )
        if (end_utc - start_utc).total_seconds() - told_s > MISSING_S:
            found.append(Gap(start_utc, end_utc))
    return found


def leftovers(folder: Path) -> list[Path]:
    """Return the temporary files in an archive folder; with the archive lock held, all of them are dead."""
    return sorted(path for pattern in LEFTOVERS for path in folder.glob(pattern))


def _facts(path: Path) -> tuple[dict[str, Any], int]:
    """Return the content of a file's comment, and the number of pictures in its index."""
    import av

    try:
        with av.open(local_url(path), metadata_errors="replace") as container:
            facts = json.loads(container.metadata.get("comment", "null"))
            frames = container.streams.video[0].frames
    except (OSError, IndexError, ValueError, av.FFmpegError) as exc:
        raise ArchiveError("archive.cannot_read", file=path.name, reason=exc) from exc
    if not isinstance(facts, dict) or not frames:
        raise ArchiveError("archive.not_ours", file=path.name)
    return facts, frames


def _require_whole(path: Path) -> None:
    """Walk over an MP4's boxes: they must end where the file ends (ISO/IEC 14496-12 section 4.2)."""
    try:
        size = path.stat().st_size
        at = 0
        with path.open("rb") as file:
            while at < size:
                file.seek(at)
                header = file.read(BOX_HEADER + 8)
                length = int.from_bytes(header[:4])
                if length == 1:
                    length = int.from_bytes(header[BOX_HEADER:])
                if length < BOX_HEADER:
                    break
                at += length
    except OSError as exc:
        raise ArchiveError("archive.disk_not_readable", file=path.name, reason=exc) from exc
    if at != size or not size:
        raise ArchiveError("archive.too_short", file=path.name)


def _utc(text: str) -> datetime:
    return require_utc(datetime.fromisoformat(text))
