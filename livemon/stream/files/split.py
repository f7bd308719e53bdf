"""Archives taken apart again into segments, so that old footage plays by the same way as live footage.

The list of segments comes from the archive's index alone (`pieces`); the files are made when one of them is wanted
(`expand`). The folders and their lifetime live in archive/footage.py and cache.py.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from livemon.base.datatypes import Archive, Segment
from livemon.base.errors import ArchiveError, LivemonError
from livemon.base.private_files import make_folder
from livemon.stream import ffmpeg
from livemon.stream.segments import segment_name

PIECE_S = 10.0
EXPAND_TIMEOUT_S = 120.0
MS = timedelta(milliseconds=1)


def pieces(archive: Archive, folder: Path) -> tuple[Segment, ...]:
    """Return the segments that `expand` makes of an archive in `folder`; reads only its index, some 20 ms.

    Each begins at a keyframe: the first one at least ten seconds after the last cut, or the first one after a gap. None
    reaches into a gap.

    Raises
    ------
    ArchiveError
        When the archive cannot be read.
    """
    return _pieces(archive, [utc for utc, _ in _cuts(archive)], folder)


def expand(archive: Archive, folder: Path) -> None:
    """Write an archive's pieces into `folder`, which appears when it is complete; harmless when it is there already.

    Raises
    ------
    ArchiveError
        When the archive cannot be read, or the disk refuses.
    """
    cuts = _cuts(archive)
    wanted = _pieces(archive, [utc for utc, _ in cuts], folder)
    try:
        make_folder(folder.parent)
        with tempfile.TemporaryDirectory(
            dir=folder.parent, prefix=f"{folder.name}.", ignore_cleanup_errors=True
        ) as made:
            part = Path(made) / "pieces"
            make_folder(part)
            # A millisecond early: a time that was rounded up would miss its keyframe.
            times_s = [pts_s - 0.001 for _, pts_s in cuts[1:]]
            ffmpeg.run(ffmpeg.expand_command(archive.path, part, times_s), EXPAND_TIMEOUT_S)
            files = sorted(part.iterdir())
            if len(files) != len(wanted):
                raise ArchiveError(
                    "archive.wrong_pieces", file=archive.path.name, pieces=len(files), wanted=len(wanted)
                )
            for file, segment in zip(files, wanted, strict=True):
                file.rename(part / segment.path.name)
            try:
                part.rename(folder)
            except OSError:
                if not folder.is_dir():  # else another process was faster, and made the same
                    raise
    except (OSError, LivemonError) as exc:
        raise ArchiveError("archive.not_split", file=archive.path.name, reason=exc) from exc


def _pieces(archive: Archive, starts: Sequence[datetime], folder: Path) -> tuple[Segment, ...]:
    found = []
    for start_utc, next_utc in zip(starts, [*starts[1:], archive.end_utc], strict=True):
        gap_starts = [gap.start_utc for gap in archive.gaps if start_utc < gap.start_utc < next_utc]
        duration_s = (min([next_utc, *gap_starts]) - start_utc).total_seconds()
        # An archive's timestamps are the wall clock, so both durations are the same.
        path = folder / segment_name(start_utc, duration_s, duration_s)
        found.append(Segment(start_utc, duration_s, path, duration_s))
    return tuple(found)


def _cuts(archive: Archive) -> list[tuple[datetime, float]]:
    """Return where an archive is cut: the keyframes' wall-clock times and PTS in seconds, the first frame's first."""
    import av

    try:
        with av.open(
            ffmpeg.local_url(archive.path), options=dict(ffmpeg.SAFE_INPUT), metadata_errors="replace"
        ) as file:
            video = file.streams.video[0]
            tick_s = float(video.time_base or 0)
            keys = [entry.timestamp for entry in video.index_entries if entry.is_keyframe]
            first_s = (video.start_time or 0) * tick_s
            cuts = []
            for n in _chosen(archive, [(key - keys[0]) * tick_s for key in keys]):
                # The index knows decoding times, seeking and cutting go by PTS: between two keyframes is safe.
                between = (keys[n] + keys[n + 1]) // 2 if n + 1 < len(keys) else keys[n] + round(1 / tick_s)
                file.seek(between, stream=video)
                pts_s = next(p.pts for p in file.demux(video) if p.pts is not None) * tick_s
                cuts.append((archive.start_utc + round((pts_s - first_s) * 1000) * MS, pts_s))
    except (OSError, ValueError, IndexError, StopIteration, av.FFmpegError) as exc:
        raise ArchiveError("archive.gone", file=archive.path.name, reason=exc) from exc
    if not cuts:
        raise ArchiveError("footage.no_picture", file=archive.path.name)
    return cuts


def _chosen(archive: Archive, offsets_s: Sequence[float]) -> Iterator[int]:
    """Choose which keyframes to cut at, by their distances from the first one.

    Distances are of decoding times, and may be off by what reordering takes.
    """
    ends_s = [(gap.end_utc - archive.start_utc).total_seconds() - 0.1 for gap in archive.gaps]
    last_s: float | None = None
    for number, offset_s in enumerate(offsets_s):
        after_gap = last_s is not None and any(last_s < end_s <= offset_s for end_s in ends_s)
        if last_s is None or after_gap or offset_s >= last_s + PIECE_S - 0.005:
            last_s = offset_s
            yield number
