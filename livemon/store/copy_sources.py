"""Sources of copies, read from the rows of events and archives. Rows of copies: copies.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from livemon.base.datatypes import Severity
from livemon.store.archives import PINNED, ArchiveRecord, of_this_folder
from livemon.store.session import Database
from livemon.store.tables.copies import CopyRow, CopyState
from livemon.store.tables.jobs import NOTHING_MOVED, SegmentAnalysis
from livemon.store.tables.recordings import ArchiveRow, RealtimeEvent
from livemon.store.tables.work_status import WorkStatus

COPIES = "copies"
"""Kind of the events about the copies."""
UNKNOWN_MOVES = timedelta(hours=1)
"""A window that is not analysed so long after its end counts as one in which something moved."""


@dataclass(frozen=True, slots=True)
class GraveEvent:
    """A danger or warning, as far as its footage goes."""

    camera_id: str
    severity: str
    start_utc: datetime
    last_seen_utc: datetime
    thumbnail: str


def grave_events(database: Database, since: datetime) -> list[GraveEvent]:
    """Return the dangers and warnings that were seen or recorded since a time.

    Those about the copies themselves are left out: what a full queue reports must not be queued in turn.
    """
    event = RealtimeEvent
    columns: Any = (event.camera_id, event.severity, event.start_utc, event.last_seen_utc, event.thumbnail)
    query = sa.select(*columns).where(
        event.severity.in_((Severity.DANGER.value, Severity.WARNING.value)),
        sa.or_(event.last_seen_utc >= since, event.created_utc >= since),
        event.kind != COPIES,
    )
    with database.reading() as connection:
        return [GraveEvent(*row) for row in connection.execute(query)]


def archives_without_copy(
    database: Database, bucket: str, now: datetime, *, since: datetime, only_moving: bool, most: int | None
) -> list[ArchiveRecord]:
    """Return archives of which the bucket has no copy, or one of other content, the newest first.

    Parameters
    ----------
    since
        Only what ended after it, and what is pinned: older copies would be deleted again.
    only_moving
        Leave out windows in which nothing moved, and wait for the analysis of each.
    """
    there = sa.exists().where(
        CopyRow.bucket == bucket,
        CopyRow.path == ArchiveRow.path,
        CopyRow.sha256 == ArchiveRow.sha256,
        CopyRow.state != CopyState.LOST.value,
    )
    columns = [getattr(ArchiveRow, name) for name in ArchiveRecord.__dataclass_fields__ if name != "pinned"] + [PINNED]
    query = sa.select(*columns).where(of_this_folder(database), ~there, sa.or_(ArchiveRow.end_utc > since, PINNED))
    if only_moving:
        analysis = SegmentAnalysis
        of_window = (
            analysis.camera_id == ArchiveRow.camera_id,
            analysis.window_start_utc == ArchiveRow.window_start_utc,
        )
        completed = analysis.status == WorkStatus.COMPLETED.value
        moved = sa.exists().where(*of_window, completed, analysis.model != NOTHING_MOVED)
        still = sa.exists().where(*of_window, completed, analysis.model == NOTHING_MOVED)
        query = query.where(sa.or_(moved, sa.and_(~still, ArchiveRow.end_utc <= now - UNKNOWN_MOVES)))
    with database.reading() as connection:
        rows = connection.execute(query.order_by(ArchiveRow.end_utc.desc()).limit(most))
        return [ArchiveRecord(*row) for row in rows]
