"""CopyChoice: which files are to have a copy now, by the rules of the settings.

Reads rows and folders; queueing and sending do not belong here (copy_queue.py, sender.py).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from livemon.archive.copies import layout
from livemon.base.datatypes import Severity
from livemon.base.secret_key import NAME as SECRET
from livemon.base.settings.settings import Settings
from livemon.store import copy_sources
from livemon.store.archives import ArchiveRecord
from livemon.store.backup import Backups
from livemon.store.copies import CopyCandidate
from livemon.store.copy_sources import GraveEvent
from livemon.store.session import Database
from livemon.store.tables.copies import CopyKind
from livemon.stream.segments import segments_between

BEFORE = timedelta(seconds=10)
AFTER = timedelta(seconds=20)
"""Time before and after an event that is copied with it."""
LATE = timedelta(minutes=15)
"""Events are asked for again this long: their last segments are not finished when they are recorded."""
DANGER, WARNING, ROWS, ARCHIVES = range(4)
URGENT = (DANGER, WARNING)
MOST_ARCHIVES = 500
DAY_IN_NAME = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


class CopyChoice:
    """Chooses files to copy. Its methods block.

    Parameters
    ----------
    settings, database, bucket
        The rules, the rows, and the address of the bucket as rows have it.
    name
        Returns the name of an object: sealed ones are called otherwise.
    """

    def __init__(self, settings: Settings, database: Database, bucket: str, name: Callable[[str], str]) -> None:
        self._settings = settings
        self._database = database
        self._bucket = bucket
        self._name = name

    def events(self, since: datetime) -> list[CopyCandidate]:
        """Return footage and pictures of the dangers and warnings that were seen or recorded since a time."""
        found: dict[str, CopyCandidate] = {}
        for event in copy_sources.grave_events(self._database, since):
            for one in self._of_event(event):
                known = found.get(one.name)
                if known is None or one.rank < known.rank:
                    found[one.name] = one
        return list(found.values())

    def archives(self, now: datetime, most: int | None = MOST_ARCHIVES) -> list[CopyCandidate]:
        """Return archives that have no copy, by the rule, the newest first; all of them when `most` is None."""
        rule = self._settings.copies.archives
        if rule == "none":
            return []
        only_moving = rule == "moving"
        since = now - timedelta(days=self._settings.copies.archive_days)
        rows = copy_sources.archives_without_copy(
            self._database, self._bucket, now, since=since, only_moving=only_moving, most=most
        )
        return [self._archive(row) for row in rows if (self._settings.data_dir / row.path).is_file()]

    def reports(self, now: datetime) -> list[CopyCandidate]:
        """Return the files of the daily reports whose copies are kept."""
        if not self._settings.copies.reports:
            return []
        data_dir = self._settings.data_dir
        files = (f for f in data_dir.glob("cameras/*/reports/**/*") if f.is_file())
        shown = [f for f in files if not any(part.startswith(".") for part in f.relative_to(data_dir).parts)]
        found = [
            self._file(CopyKind.REPORT, f.relative_to(data_dir).as_posix(), f, f.relative_to(data_dir).parts[1])
            for f in shown
        ]
        since = now - timedelta(days=self._settings.copies.report_days)
        return [one for one in found if one.end_utc > since]

    def rows(self) -> list[CopyCandidate]:
        """Return the newest copy of the database, prompts and, when the bucket is encrypted, settings and secret."""
        settings = self._settings
        if not settings.copies.database:
            return []
        newest = Backups(self._database, settings.data_dir / "backups").paths()[-1:]
        found = [self._file(CopyKind.DATABASE, f"backups/{path.name}", path) for path in newest]
        for path in sorted(settings.prompts_dir.glob("*.toml")) if settings.prompts_dir.is_dir() else ():
            found.append(self._file(CopyKind.SETTING, f"{layout.PROMPTS}/{path.name}", path, hashed=True))
        secrets = {layout.CONFIG_PATH: settings.config_file, layout.SECRET_PATH: settings.data_dir / SECRET}
        for name, own in secrets.items() if settings.copies.encrypt else ():
            if own is not None and own.is_file():
                found.append(self._file(CopyKind.SETTING, name, own, hashed=True))
        return found

    def pictures(self) -> list[CopyCandidate]:
        """Return the pictures of all events; for a backup."""
        data_dir = self._settings.data_dir
        paths = sorted(data_dir.glob("cameras/*/thumbnails/*/*.jpg"))
        return [
            self._file(CopyKind.PICTURE, p.relative_to(data_dir).as_posix(), p, p.relative_to(data_dir).parts[1])
            for p in paths
        ]

    def segments(self) -> list[CopyCandidate]:
        """Return all live segments; for a backup: those not archived yet, and those in archives, too."""
        always = (
            datetime.min.replace(tzinfo=UTC) + timedelta(days=1),
            datetime.max.replace(tzinfo=UTC) - timedelta(days=1),
        )
        folders = sorted(self._settings.data_dir.glob("cameras/*"))
        return [one for folder in folders for one in self._segments(folder.name, *always, ARCHIVES)]

    def _of_event(self, event: GraveEvent) -> Iterator[CopyCandidate]:
        rank = DANGER if event.severity == Severity.DANGER.value else WARNING
        if event.thumbnail:
            path = f"cameras/{event.camera_id}/thumbnails/{event.thumbnail}"
            file = self._settings.data_dir / path
            if file.is_file():
                times = (event.start_utc, event.last_seen_utc)
                yield self._candidate(CopyKind.PICTURE, path, event.camera_id, rank, times, file.stat().st_size)
        yield from self._segments(event.camera_id, event.start_utc - BEFORE, event.last_seen_utc + AFTER, rank)

    def _segments(self, camera_id: str, start: datetime, end: datetime, rank: int) -> Iterator[CopyCandidate]:
        folder = self._settings.camera_dir(camera_id) / "hls"
        for segment in segments_between(folder, start, end):
            path = f"cameras/{camera_id}/hls/{segment.path.name}"
            times = (segment.start_utc, segment.end_utc)
            try:
                size = segment.path.stat().st_size
            except FileNotFoundError:
                continue  # deleted meanwhile
            yield self._candidate(CopyKind.CLIP, path, camera_id, rank, times, size)

    def _archive(self, row: ArchiveRecord) -> CopyCandidate:
        times = (row.start_utc, row.end_utc)
        return self._candidate(CopyKind.ARCHIVE, row.path, row.camera_id, ARCHIVES, times, row.bytes, row.sha256)

    def _file(
        self, kind: CopyKind, path: str, file: Path, camera_id: str | None = None, *, hashed: bool = False
    ) -> CopyCandidate:
        """Return a file whose time is the day in its name, else when it was written."""
        day = DAY_IN_NAME.search(file.name) or DAY_IN_NAME.search(path)
        found = file.stat()
        start = datetime.fromtimestamp(found.st_mtime, UTC)
        if day is not None:
            start = datetime(int(day[1]), int(day[2]), int(day[3]), tzinfo=UTC)
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest() if hashed else ""
        return self._candidate(kind, path, camera_id, ROWS, (start, start), found.st_size, sha256)

    def _candidate(
        self,
        kind: CopyKind,
        path: str,
        camera_id: str | None,
        rank: int,
        times: tuple[datetime, datetime],
        size: int,
        sha256: str = "",
    ) -> CopyCandidate:
        name = self._name(layout.object_name(kind, path))
        return CopyCandidate(name, path, kind, camera_id, rank, *times, size, sha256)


def all_of(choice: CopyChoice, now: datetime) -> Iterable[CopyCandidate]:
    """Return everything there is, for a backup."""
    yield from choice.rows()
    yield from choice.pictures()
    yield from choice.reports(now)
    yield from choice.archives(now, most=None)
    yield from choice.segments()
