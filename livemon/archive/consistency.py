"""ConsistencyCheck: find where a camera's archive files, rows and segments do not agree, and possible repairs.

Reads files, changes nothing, knows no database: repair does not belong here (camera_archive.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from livemon.base.clock import Window, iso
from livemon.base.datatypes import Segment
from livemon.base.errors import ArchiveError
from livemon.store.archives import ArchiveRecord
from livemon.stream.files.archive import OVERLAP_TOLERANCE_S, covered_s, parse_archive_name
from livemon.stream.files.archive_check import leftovers, picture_times_s, read_archive, without_pictures

SLACK_S = 1.0
"""Segments that cover a second less than an archive did are as good as it."""

WRONG_CLOCK = 0.02
"""No camera's clock runs so wrong; where a window's segments do on the whole, their times are wrong."""


class Remedy(StrEnum):
    """Repair of a finding by `rebuild`, worded as a plan."""

    REMAKE = "make it again from its segments"
    ADOPT = "write its row from what the file says"
    DROP = "drop the row: the footage is gone"
    DELETE = "delete it"
    NOTHING = "leave it as it is"


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """Something that does not agree, in a sentence, and what would be done about it."""

    camera_id: str
    path: Path
    text: str
    remedy: Remedy
    row_id: int | None = None
    missing: bool = False

    def __str__(self) -> str:
        return f"{self.camera_id}: {self.path.name} {self.text}; rebuild would {self.remedy.value}"


class ConsistencyCheck:
    """One camera's archives under examination.

    Parameters
    ----------
    camera_id, data_dir, folder
        The camera of the archives, the base folder of rows' paths, and the folders of files.
    rows, segments
        Content of the database and of the folder of segments.
    """

    def __init__(
        self,
        camera_id: str,
        data_dir: Path,
        folder: Path,
        rows: Sequence[ArchiveRecord],
        segments: Sequence[Segment],
    ) -> None:
        self._camera_id = camera_id
        self._data_dir = data_dir
        self._folder = folder
        self._rows = rows
        self._segments = [s for s in segments if s.path.is_file() and s.path.stat().st_size > 0]

    def names_and_sizes(self) -> list[Inconsistency]:
        """Compare which files there are, and how long; quick, but for reading files that have no row."""
        found = [self._finding(path, "was left half-written", Remedy.DELETE) for path in leftovers(self._folder)]
        for row in self._rows:
            found += self._examine_row(row)
        with_row = {self._data_dir / row.path for row in self._rows}
        found += [self._examine_orphan(p) for p in sorted(self._folder.glob("*.mp4")) if p not in with_row]
        return found + self._overlaps()

    def contents(self) -> list[Inconsistency]:
        """Read every file that has a row: its hash, and whether all its pictures can be decoded. Slow."""
        return [finding for row in self._rows for finding in self._examine_content(row)]

    def footage_s(self, window: Window) -> float:
        """Return how many seconds of a window there are segments of; 0 when none is its own."""
        near = [s for s in self._segments if s.end_utc > window.start_utc and s.start_utc < window.end_utc]
        if not any(Window.containing(segment.start_utc) == window for segment in near):
            return 0.0
        before = [row for row in self._rows if row.window_start_utc < window.start_utc < row.end_utc]
        return covered_s(window, [*near, *(row.as_segment(self._data_dir) for row in before)])

    def outgrown(self) -> set[Window]:
        """Return the windows whose segments hold more than their archives: one came late, before a kill."""
        has_s: dict[Window, float] = {}
        for row in self._rows:
            window = Window(row.window_start_utc)
            has_s[window] = has_s.get(window, 0.0) + row.coverage_s
        own = {Window.containing(segment.start_utc) for segment in self._segments}
        return {window for window in own & has_s.keys() if self.footage_s(window) > has_s[window] + SLACK_S}

    def _examine_row(self, row: ArchiveRecord) -> list[Inconsistency]:
        path = self._data_dir / row.path
        remake = self._can_remake(row)
        if not path.is_file():
            # Part of a window is better than none of it, when nothing else is lost by it.
            alone = sum(other.window_start_utc == row.window_start_utc for other in self._rows) == 1
            remake = remake or (alone and self.footage_s(window_of(path)) > 0)
            remedy = Remedy.REMAKE if remake else Remedy.DROP
            return [self._finding(path, "has a row and no file", remedy, row.id, missing=True)]
        size = path.stat().st_size
        if size == row.bytes:
            return []
        remedy = Remedy.REMAKE if remake else Remedy.ADOPT if _is_sound(path) else Remedy.NOTHING
        return [self._finding(path, f"has {size} bytes, its row says {row.bytes}", remedy, row.id)]

    def _examine_orphan(self, path: Path) -> Inconsistency:
        named = parse_archive_name(path.name)
        if named is None:
            return self._finding(path, "is no archive of livemon's", Remedy.NOTHING)
        in_use = any(row.window_start_utc == named[0].start_utc for row in self._rows)
        from_segments_s = 0.0 if in_use else self.footage_s(named[0])
        try:
            says_s = read_archive(path).coverage_s
        except ArchiveError:
            says_s = 0.0
        # An archive made of all its segments can be made of them again; so can a part of a window that was cut off.
        if from_segments_s and from_segments_s >= says_s - SLACK_S:
            return self._finding(path, "has no row", Remedy.REMAKE)
        if says_s:
            return self._finding(path, "has no row", Remedy.ADOPT)
        return self._finding(path, "has no row and cannot be read", Remedy.NOTHING)

    def _examine_content(self, row: ArchiveRecord) -> list[Inconsistency]:
        path = self._data_dir / row.path
        remedy = Remedy.REMAKE if self._can_remake(row) else Remedy.NOTHING
        try:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != row.sha256:
                    return [self._finding(path, "was changed since it was made", remedy, row.id)]
            times_s = picture_times_s(path)
            empty = without_pictures(read_archive(path), times_s)
        except FileNotFoundError:
            return []  # retention was faster
        except (OSError, ArchiveError) as exc:
            return [self._finding(path, f"cannot be read ({exc})", remedy, row.id)]
        if len(times_s) != row.frames:
            text = f"has {len(times_s)} pictures that can be decoded, its row says {row.frames}"
            return [self._finding(path, text, remedy, row.id)]
        if empty:
            text = f"tells of {sum(gap.duration_s for gap in empty):.1f} s without a picture as footage, first at"
            return [self._finding(path, f"{text} {iso(empty[0].start_utc)}", Remedy.NOTHING, row.id)]
        return self._examine_rate(row)

    def _examine_rate(self, row: ArchiveRecord) -> list[Inconsistency]:
        """Compare the stated length of a window's segments with the length by their own timestamps."""
        window = Window(row.window_start_utc)
        own = [segment for segment in self._segments if Window.containing(segment.start_utc) == window]
        told_s, media_s = sum(s.duration_s for s in own), sum(s.media_duration_s for s in own)
        if not own or abs(media_s - told_s) <= max(SLACK_S, WRONG_CLOCK * told_s):
            return []
        text = f"tells of {told_s:.1f} s, its segments of {media_s:.1f} s by their own timestamps"
        return [self._finding(self._data_dir / row.path, text, Remedy.NOTHING, row.id)]

    def _overlaps(self) -> list[Inconsistency]:
        found = []
        latest: ArchiveRecord | None = None
        for row in sorted(self._rows, key=lambda r: r.start_utc):
            if latest and (latest.end_utc - row.start_utc).total_seconds() > OVERLAP_TOLERANCE_S:
                text = f"tells of times that {Path(latest.path).name} tells of too: the clock was set back then"
                found.append(self._finding(self._data_dir / row.path, text, Remedy.NOTHING, row.id))
            latest = row if latest is None or row.end_utc > latest.end_utc else latest
        return found

    def _can_remake(self, row: ArchiveRecord) -> bool:
        """Whether the segments hold all that the window's rows speak of."""
        of_window = sum(other.coverage_s for other in self._rows if other.window_start_utc == row.window_start_utc)
        own_s = self.footage_s(Window(row.window_start_utc))
        return own_s > 0 and own_s >= of_window - SLACK_S

    def _finding(
        self, path: Path, text: str, remedy: Remedy, row_id: int | None = None, *, missing: bool = False
    ) -> Inconsistency:
        return Inconsistency(self._camera_id, path, text, remedy, row_id, missing)


def window_of(path: Path) -> Window:
    """Return the window that an archive's file name tells.

    Raises
    ------
    ArchiveError
        When it is not named like an archive.
    """
    named = parse_archive_name(path.name)
    if named is None:
        raise ArchiveError("archive.wrong_name", file=path.name)
    return named[0]


def _is_sound(path: Path) -> bool:
    try:
        read_archive(path)
    except ArchiveError:
        return False
    return True
