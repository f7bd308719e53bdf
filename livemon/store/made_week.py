"""Rows of a week that was made and not recorded: the demo's. Each function is one transaction.

The choice of rows, and their files, live in monitor/demo.py. Recordings of cameras are written by archives.py and
work.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from livemon.base.datatypes import Archive
from livemon.store.archives import archive_values
from livemon.store.session import Database
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.store.tables.notifications import OutboxRow
from livemon.store.tables.recordings import ArchiveRow, RealtimeEvent
from livemon.store.tables.work_status import WorkStatus


def is_made(database: Database, camera_id: str, model: str) -> bool:
    """Return whether a camera has windows that `model` studied."""
    query = sa.select(SegmentAnalysis.id).where(SegmentAnalysis.camera_id == camera_id, SegmentAnalysis.model == model)
    with database.reading() as connection:
        return connection.execute(query.limit(1)).first() is not None


def add_windows(
    database: Database, archives: Sequence[Archive], studies: Iterable[Mapping[str, Any]], data_dir: Path
) -> None:
    """Record windows and their studies; a study's keys are columns of `SegmentAnalysis`.

    Raises
    ------
    StoreError
        When one of the windows is recorded already.
    """
    with database.writing() as session:
        session.add_all(
            ArchiveRow(
                camera_id=one.camera_id, window_start_utc=one.window_start_utc, part=0, **archive_values(one, data_dir)
            )
            for one in archives
        )
        session.add_all(
            SegmentAnalysis(**{"status": WorkStatus.COMPLETED.value, "attempts": 1, "error": "", **study})
            for study in studies
        )


def remove_events(database: Database, camera_id: str, model: str) -> None:
    """Delete a camera's events by `model`, and the notifications that wait for them."""
    own = sa.select(RealtimeEvent.id).where(RealtimeEvent.camera_id == camera_id, RealtimeEvent.model == model)
    with database.writing() as session:
        session.execute(sa.delete(OutboxRow).where(OutboxRow.event_id.in_(own)))
        session.execute(sa.delete(RealtimeEvent).where(RealtimeEvent.id.in_(own)))


def tell_of_none(database: Database, camera_id: str) -> None:
    """Skip notifications of a camera's events so far."""
    with database.writing() as session:
        session.execute(sa.delete(OutboxRow).where(OutboxRow.camera_id == camera_id))
