"""Rows of archives: written, read back as records, pinned, deleted. Each function is one transaction.

A row is written after its file and goes before it, so that no row ever promises a file that is not there. Files live in
stream/files/archive.py, rules of deletion in retention.py, DataFrames in queries.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from livemon.base.clock import Window, iso
from livemon.base.datatypes import Archive, Segment
from livemon.store.camera_leases import Lease, refuse_stale
from livemon.store.session import Database
from livemon.store.tables.lab import DatasetFootage
from livemon.store.tables.recordings import ArchiveRow, RealtimeEvent

IN_A_DATASET = sa.exists().where(
    DatasetFootage.camera_id == ArchiveRow.camera_id,
    DatasetFootage.start_utc < ArchiveRow.end_utc,
    DatasetFootage.end_utc > ArchiveRow.start_utc,
)
PINNED = sa.or_(ArchiveRow.pinned, IN_A_DATASET)
PARTS_PER_FOLDER = 1000
"""A window that two hosts recorded has parts from 0 on of the first, and from here on of the next."""


@dataclass(frozen=True, slots=True)
class ArchiveRecord:
    """An archive as the database knows it. `path` is relative to the data folder."""

    id: int
    camera_id: str
    window_start_utc: datetime
    start_utc: datetime
    end_utc: datetime
    path: str
    frames: int
    bytes: int
    sha256: str
    coverage_s: float
    pinned: bool
    """Kept however old it is: a user pinned it, or it is footage of a dataset."""

    def as_segment(self, data_dir: Path) -> Segment:
        """Return its time and place as a segment's, for counting footage."""
        duration_s = (self.end_utc - self.start_utc).total_seconds()
        return Segment(self.start_utc, duration_s, data_dir / self.path, duration_s)


def of_this_folder(database: Database) -> sa.ColumnElement[bool]:
    """Return the condition that an archive's file belongs to this host's data folder; true when there is one host."""
    if not database.folder_id:
        return sa.true()
    return ArchiveRow.folder_id.in_(("", database.folder_id))


def claim_rows(database: Database, data_dir: Path) -> None:
    """Mark archives of the time before several hosts were possible as this folder's, when their files are in it."""
    unmarked = ArchiveRow.folder_id == ""
    with database.writing() as session:
        path = session.scalar(sa.select(ArchiveRow.path).where(unmarked).order_by(ArchiveRow.id.desc()).limit(1))
        if database.folder_id and path is not None and (data_dir / path).is_file():
            session.execute(sa.update(ArchiveRow).where(unmarked).values(folder_id=database.folder_id))


def add_archive(
    database: Database, archive: Archive, data_dir: Path, part: int = 0, lease: Lease | None = None
) -> None:
    """Record one finished archive, replacing an earlier row of the same window and part.

    Raises
    ------
    StaleLease
        When another host has the camera by now.
    """
    with database.writing() as session:
        refuse_stale(session, lease)
        first = _first_part(session, database, archive)
        _upsert(session, archive, data_dir, first + part, _marks(database, lease))


def replace_archives(
    database: Database, archives: Sequence[Archive], data_dir: Path, lease: Lease | None = None
) -> list[str]:
    """Record all archives of one window, in order of their parts.

    Returns
    -------
    list of str
        Paths, relative to `data_dir`, of files that no row speaks of any more.

    Raises
    ------
    StaleLease
        When another host has the camera by now.
    """
    first = archives[0]
    of_window = (
        ArchiveRow.camera_id == first.camera_id,
        ArchiveRow.window_start_utc == first.window_start_utc,
    )
    with database.writing() as session:
        refuse_stale(session, lease)
        first_part = _first_part(session, database, first)
        for part, archive in enumerate(archives, first_part):
            _upsert(session, archive, data_dir, part, _marks(database, lease))
        after = ArchiveRow.part >= first_part + len(archives)
        more = sa.select(ArchiveRow).where(*of_window, of_this_folder(database), after)
        stale = list(session.execute(more).scalars())
        for row in stale:
            session.delete(row)
        return [row.path for row in stale]


def archive_values(archive: Archive, data_dir: Path) -> dict[str, Any]:
    """Return the values of an archive's row, by column."""
    return {
        "start_utc": archive.start_utc,
        "end_utc": archive.end_utc,
        "path": archive.path.relative_to(data_dir).as_posix(),
        "frames": archive.frames,
        "bytes": archive.bytes,
        "sha256": archive.sha256,
        "coverage_s": archive.coverage_s,
        "gaps": [{"start_utc": iso(gap.start_utc), "end_utc": iso(gap.end_utc)} for gap in archive.gaps],
    }


def _marks(database: Database, lease: Lease | None) -> dict[str, Any]:
    """Return who writes a row, by column."""
    return {"folder_id": database.folder_id, "lease_epoch": lease.epoch if lease else None}


def _first_part(session: Session, database: Database, archive: Archive) -> int:
    """Return the number of this folder's first part of a window; 0 unless another host recorded it, too."""
    if not database.folder_id:
        return 0
    of_window = (
        ArchiveRow.camera_id == archive.camera_id,
        ArchiveRow.window_start_utc == archive.window_start_utc,
    )
    own = session.scalar(sa.select(sa.func.min(ArchiveRow.part)).where(*of_window, of_this_folder(database)))
    last = session.scalar(sa.select(sa.func.max(ArchiveRow.part)).where(*of_window))
    in_use = own if own is not None else 0 if last is None else last + PARTS_PER_FOLDER
    return int(in_use) // PARTS_PER_FOLDER * PARTS_PER_FOLDER


def _upsert(session: Session, archive: Archive, data_dir: Path, part: int, marks: Mapping[str, Any]) -> None:
    values = {**archive_values(archive, data_dir), **marks}
    key = {"camera_id": archive.camera_id, "window_start_utc": archive.window_start_utc, "part": part}
    row = session.execute(sa.select(ArchiveRow).filter_by(**key)).scalar_one_or_none()
    if row is None:
        session.add(ArchiveRow(**key, **values))
    else:
        for name, value in values.items():
            setattr(row, name, value)


def archived_windows(database: Database, camera_id: str, since: Window) -> set[Window]:
    """Return the windows from `since` on that have an archive row of this data folder."""
    query = sa.select(ArchiveRow.window_start_utc).where(
        ArchiveRow.camera_id == camera_id, ArchiveRow.window_start_utc >= since.start_utc, of_this_folder(database)
    )
    with database.reading() as connection:
        return {Window(start_utc) for (start_utc,) in connection.execute(query)}


def records(
    database: Database,
    camera_id: str | None = None,
    *,
    ended_by: datetime | None = None,
    reaching_into: Window | None = None,
) -> list[ArchiveRecord]:
    """Return the archives of this data folder, oldest first.

    Parameters
    ----------
    camera_id
        Only this camera's.
    ended_by
        Only those that ended by then.
    reaching_into
        Only those of earlier windows with footage of this one.
    """
    columns = [getattr(ArchiveRow, name) for name in ArchiveRecord.__dataclass_fields__ if name != "pinned"] + [PINNED]
    query = sa.select(*columns).where(of_this_folder(database)).order_by(ArchiveRow.end_utc, ArchiveRow.id)
    if camera_id is not None:
        query = query.where(ArchiveRow.camera_id == camera_id)
    if ended_by is not None:
        query = query.where(ArchiveRow.end_utc <= ended_by)
    if reaching_into is not None:
        start_utc = reaching_into.start_utc
        query = query.where(ArchiveRow.window_start_utc < start_utc, ArchiveRow.end_utc > start_utc)
    with database.reading() as connection:
        return [ArchiveRecord(*row) for row in connection.execute(query)]


def delete_rows(database: Database, ids: Collection[int]) -> list[str]:
    """Delete rows that are not pinned by now; returns the paths of their files, which may go then."""
    which = (ArchiveRow.id.in_(list(ids)), ~PINNED)
    with database.writing() as session:
        paths = list(session.execute(sa.select(ArchiveRow.path).where(*which)).scalars())
        session.execute(sa.delete(ArchiveRow).where(*which))
    return paths


def drop_row(database: Database, archive_id: int) -> None:
    """Delete the row of a file that is gone and cannot be made again, pinned or not."""
    with database.writing() as session:
        session.execute(sa.delete(ArchiveRow).where(ArchiveRow.id == archive_id))


def set_pinned(database: Database, camera_id: str, start_utc: datetime, end_utc: datetime, pinned: bool) -> int:
    """Pin or unpin the archives with footage of [start_utc, end_utc); returns how many there are."""
    with database.writing() as session:
        ids = list(
            session.execute(
                sa.select(ArchiveRow.id).where(
                    ArchiveRow.camera_id == camera_id, ArchiveRow.start_utc < end_utc, ArchiveRow.end_utc > start_utc
                )
            ).scalars()
        )
        session.execute(sa.update(ArchiveRow).where(ArchiveRow.id.in_(ids)).values(pinned=pinned))
    return len(ids)


def held_by_datasets(database: Database, camera_id: str, start_utc: datetime, end_utc: datetime) -> int:
    """Return how many archives with footage of [start_utc, end_utc) stay because a dataset has it."""
    query = sa.select(sa.func.count()).where(
        ArchiveRow.camera_id == camera_id, ArchiveRow.start_utc < end_utc, ArchiveRow.end_utc > start_utc, IN_A_DATASET
    )
    with database.reading() as connection:
        return int(connection.execute(query).scalar_one())


def forget_thumbnails(database: Database, camera_id: str, day: str) -> None:
    """Take the pictures of a day (``20261123``) off the events, before their files go; the events stay."""
    with database.writing() as session:
        session.execute(
            sa.update(RealtimeEvent)
            .where(RealtimeEvent.camera_id == camera_id, RealtimeEvent.thumbnail.startswith(f"{day}/"))
            .values(thumbnail="")
        )
