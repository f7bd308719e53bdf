"""CameraArchive: one camera's archive files and their rows, kept in agreement. Every method blocks.

Makes archives, and repairs what does not agree (consistency.py): at the archiver's start and for `livemon archive`. Due
times live in archiver.py, rules of deletion in cleanup.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from livemon.archive.consistency import SLACK_S, ConsistencyCheck, Inconsistency, Remedy, window_of
from livemon.base.clock import Window
from livemon.base.datatypes import Archive, Segment
from livemon.base.errors import ArchiveError
from livemon.base.settings.settings import Settings
from livemon.store import archives
from livemon.store.camera_leases import HeldLease, without_lease
from livemon.store.session import Database
from livemon.stream.archive_lock import archive_lock
from livemon.stream.files.archive import assemble, parse_archive_name
from livemon.stream.files.archive_check import leftovers, read_archive
from livemon.stream.files.inventory import Inventory
from livemon.stream.segments import delete_segments, list_segments


@dataclass(frozen=True, slots=True)
class Recovered:
    """Findings of the archiver at its start."""

    segments: list[Segment]
    archived: set[Window]
    adopted: list[str]
    missing: list[str]


class CameraArchive:
    """Keeps one camera's archives.

    Parameters
    ----------
    camera_id, settings, database
        The camera of the archives, and the place of files and rows.
    lease
        The lease under which rows are written.
    """

    def __init__(
        self, camera_id: str, settings: Settings, database: Database, lease: HeldLease = without_lease
    ) -> None:
        self.camera_id = camera_id
        self._data_dir = settings.data_dir
        self._database = database
        self._lease = lease
        self._camera_folder = settings.camera_dir(camera_id)
        self.folder = self._camera_folder / "archive"

    def segments(self) -> list[Segment]:
        """Return the camera's finished segments, in time order."""
        return list_segments(self._camera_folder / "hls")

    def make(self, window: Window, segments: Sequence[Segment]) -> tuple[Archive, ...]:
        """Make a window's archive and its row, whatever there was before.

        Raises
        ------
        ArchiveError, StoreError
            When the disk or the database refuses; the segments stay.
        """
        with archive_lock(self._camera_folder):
            return self._make(window, segments)

    def waiting(self, now: datetime) -> list[Window]:
        """Return the closed windows that have segments and no archive."""
        segments = self.segments()
        return Inventory(segments, self._archived(segments)).due(now)

    def count(self) -> int:
        """Return how many archives the database knows of."""
        return len(archives.records(self._database, self.camera_id))

    def delete_segments(self, segments: Sequence[Segment]) -> None:
        """Delete archived segments, while no archive is made from them."""
        with archive_lock(self._camera_folder):
            delete_segments(segments)

    def recover(self) -> Recovered:
        """Clear up after a killed process and report the findings; archives without a row get theirs."""
        with archive_lock(self._camera_folder):
            for path in leftovers(self.folder):
                path.unlink(missing_ok=True)
        found = self.examine()
        adopted = [f.path.name for f in found if f.remedy is Remedy.ADOPT and f.row_id is None and self._mended(f)]
        segments = self.segments()
        # Their files are gone, or not all segments are in them: the archiver makes them again.
        again = {window_of(f.path) for f in found if f.missing and f.remedy is Remedy.REMAKE}
        again |= self._audit().outgrown()
        return Recovered(segments, self._archived(segments) - again, adopted, [f.path.name for f in found if f.missing])

    def examine(self, *, deep: bool = False) -> list[Inconsistency]:
        """Compare files with rows.

        Parameters
        ----------
        deep
            Also read every file: its hash, and whether all its pictures can be decoded.
        """
        with archive_lock(self._camera_folder):
            audit = self._audit()
            found = audit.names_and_sizes()
        # Reading takes long, and the archiver must not wait for it.
        wrong = {finding.row_id for finding in found}
        return found + [f for f in audit.contents() if f.row_id not in wrong] if deep else found

    def mend(self, finding: Inconsistency) -> str:
        """Do what the finding says; returns a sentence.

        Raises
        ------
        ArchiveError, StoreError
            When it cannot be done.
        """
        name = f"{self.camera_id}: {finding.path.name}"
        with archive_lock(self._camera_folder):
            # Some time may have passed since the finding, and the archiver been here.
            if finding.remedy is Remedy.REMAKE:
                return f"{name} was made again: {_seconds(self._remake(window_of(finding.path)))}."
            if finding.remedy is Remedy.ADOPT:
                _, part = parse_archive_name(finding.path.name) or (None, 0)
                archive = replace(read_archive(finding.path), camera_id=self.camera_id)
                archives.add_archive(self._database, archive, self._data_dir, part, self._lease())
                return f"{name} has a row now: {_seconds([archive])}."
            if finding.remedy is Remedy.DROP and finding.row_id is not None and not finding.path.exists():
                archives.drop_row(self._database, finding.row_id)
                return f"{name} is gone for good; its row was dropped."
            if finding.remedy is Remedy.DELETE:
                finding.path.unlink(missing_ok=True)
                return f"{name} was deleted."
        return f"{name} {finding.text}; it was left as it is."

    def remake(self, window: Window) -> str:
        """Make one window's archive again at a user's request.

        Raises
        ------
        ArchiveError, StoreError
            When its segments hold less than the archive that is there, or it cannot be done.
        """
        with archive_lock(self._camera_folder):
            made = self._remake(window)
        return f"{self.camera_id}: {made[0].path.name} was made again: {_seconds(made)}."

    def _remake(self, window: Window) -> tuple[Archive, ...]:
        """Make a window's archive unless that would leave less of it."""
        rows = archives.records(self._database, self.camera_id)
        there = [r for r in rows if r.window_start_utc == window.start_utc and (self._data_dir / r.path).is_file()]
        has_s, would_s = sum(row.coverage_s for row in there), self._audit().footage_s(window)
        if has_s > would_s + SLACK_S:
            raise ArchiveError("archive.holds_more", start_utc=window.start_utc, has_s=has_s, would_s=would_s)
        return self._make(window, self.segments())

    def _archived(self, segments: Sequence[Segment]) -> set[Window]:
        if not segments:
            return set()
        since = Window.containing(segments[0].start_utc)
        return archives.archived_windows(self._database, self.camera_id, since)

    def _audit(self) -> ConsistencyCheck:
        rows = archives.records(self._database, self.camera_id)
        return ConsistencyCheck(self.camera_id, self._data_dir, self.folder, rows, self.segments())

    def _make(self, window: Window, segments: Sequence[Segment]) -> tuple[Archive, ...]:
        # The part of this window in the archive before is not a gap, though its last segment may be deleted by now.
        before = archives.records(self._database, self.camera_id, reaching_into=window)
        footage = [row.as_segment(self._data_dir) for row in before] + list(segments)
        made = assemble(self.camera_id, window, footage, self.folder)
        for stale in archives.replace_archives(self._database, made, self._data_dir, self._lease()):
            (self._data_dir / stale).unlink(missing_ok=True)
        return made

    def _mended(self, finding: Inconsistency) -> bool:
        try:
            self.mend(finding)
        except ArchiveError:
            return False
        return True


def _seconds(made: Sequence[Archive]) -> str:
    return f"{sum(archive.coverage_s for archive in made):.0f} s of footage"
