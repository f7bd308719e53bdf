"""Archives of this data folder that hold a stretch of time.

Files do not belong here, nor writing rows (archives.py), nor what a screen lists (queries.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from livemon.base.clock import require_utc
from livemon.base.datatypes import Archive, Gap
from livemon.store.archives import of_this_folder
from livemon.store.session import Database
from livemon.store.tables.recordings import ArchiveRow


def archives_between(
    database: Database, camera_id: str, start_utc: datetime, end_utc: datetime, data_dir: Path
) -> list[Archive]:
    """Return the archives that overlap [start_utc, end_utc), in time order."""
    query = (
        sa.select(ArchiveRow)
        .where(ArchiveRow.camera_id == camera_id, ArchiveRow.start_utc < end_utc, ArchiveRow.end_utc > start_utc)
        .where(of_this_folder(database))
        .order_by(ArchiveRow.start_utc, ArchiveRow.id)
    )
    return _read(database, query, data_dir)


def archives_beside(database: Database, camera_id: str, at: datetime, data_dir: Path) -> list[Archive]:
    """Return the last archive that begins at or before a moment and the first that begins after it, where they are."""
    own = sa.select(ArchiveRow).where(ArchiveRow.camera_id == camera_id, of_this_folder(database))
    before = own.where(ArchiveRow.start_utc <= at).order_by(ArchiveRow.start_utc.desc()).limit(1)
    after = own.where(ArchiveRow.start_utc > at).order_by(ArchiveRow.start_utc).limit(1)
    return [*_read(database, before, data_dir), *_read(database, after, data_dir)]


def _read(database: Database, query: sa.Select[Any], data_dir: Path) -> list[Archive]:
    with database.reading() as connection:
        return [_archive(row, data_dir) for row in connection.execute(query).mappings()]


def _archive(row: Mapping[Any, Any], data_dir: Path) -> Archive:
    return Archive(
        camera_id=row["camera_id"],
        window_start_utc=row["window_start_utc"],
        start_utc=row["start_utc"],
        end_utc=row["end_utc"],
        path=data_dir / row["path"],
        frames=row["frames"],
        bytes=row["bytes"],
        sha256=row["sha256"],
        coverage_s=row["coverage_s"],
        gaps=tuple(
            Gap(*(require_utc(datetime.fromisoformat(gap[name])) for name in ("start_utc", "end_utc")))
            for gap in row["gaps"]
        ),
    )
