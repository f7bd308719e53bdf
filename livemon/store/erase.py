"""Erase a camera: every row about its recordings. Files live in monitor/erase.py."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from livemon.store.lab import drop_datasets
from livemon.store.session import Database
from livemon.store.tables.access import ChangeRow, SignedLink
from livemon.store.tables.detections import DetectionRow
from livemon.store.tables.jobs import DailyReport, HourlyAnalysis, JobRun, SegmentAnalysis
from livemon.store.tables.lab import DatasetFootage, ExperimentResult, LabelRow, ShadowRow
from livemon.store.tables.notifications import Notification, OutboxRow
from livemon.store.tables.pauses import PauseRow
from livemon.store.tables.recordings import ArchiveRow, CameraRow, RealtimeEvent, VlmCallRow
from livemon.store.tables.search import EventCount

# Rows that refer to others go before them.
TABLES: dict[str, Any] = {
    "changes": ChangeRow,
    "detections": DetectionRow,
    "events": RealtimeEvent,
    "analyses": SegmentAnalysis,
    "hours": HourlyAnalysis,
    "reports": DailyReport,
    "archives": ArchiveRow,
    "labels": LabelRow,
    "answers": ExperimentResult,
    "shadows": ShadowRow,
    "links": SignedLink,
    "outbox": OutboxRow,
    "notifications": Notification,
}


def count_rows(database: Database, camera_id: str) -> dict[str, int]:
    """Return the number of a camera's rows, by kind; `calls` are those of which the reply or frames are kept."""
    counts = {}
    with database.reading() as connection:
        for kind, table in TABLES.items():
            query = sa.select(sa.func.count()).where(table.camera_id == camera_id)
            counts[kind] = int(connection.execute(query).scalar_one())
        query = sa.select(sa.func.count()).select_from(PauseRow).where(*_over(camera_id))
        counts["pauses"] = int(connection.execute(query).scalar_one())
        query = sa.select(sa.func.count()).select_from(VlmCallRow).where(*_telling(camera_id))
        counts["calls"] = int(connection.execute(query).scalar_one())
        counts["datasets"] = len(_datasets(connection, camera_id))
    return counts


def is_known(database: Database, camera_id: str) -> bool:
    """Whether the database knows a camera, also one that was removed."""
    with database.reading() as connection:
        return connection.execute(sa.select(CameraRow.id).where(CameraRow.id == camera_id)).one_or_none() is not None


def forget_camera(database: Database, camera_id: str) -> None:
    """Forget the name of a removed camera. Its row stays while calls cost something: they refer to it."""
    with database.writing() as session:
        session.execute(sa.update(CameraRow).where(CameraRow.id == camera_id).values(name=camera_id, source=""))


def erase_rows(database: Database, camera_id: str) -> dict[str, int]:
    """Delete a camera's rows in one transaction; returns how many, by kind.

    Calls lose their reply, frames and errors, and keep their cost: budgets of today go on counting it. A dataset with
    footage of the camera goes as a whole, with the experiments on it: half of it would be another dataset.
    """
    removed = {}
    with database.writing() as session:
        gone = _datasets(session, camera_id)
        removed["datasets"] = len(gone)
        drop_datasets(session, gone)
        for kind, table in TABLES.items():
            deleted = session.execute(sa.delete(table).where(table.camera_id == camera_id))
            removed[kind] = _count(deleted)
        removed["pauses"] = _count(session.execute(sa.delete(PauseRow).where(*_over(camera_id))))
        session.execute(
            sa.delete(EventCount).where(EventCount.camera_id == camera_id)
        )  # of none, and yet of the camera
        blank = {"raw_text": "", "frames": [], "error": "", "parameters": {}, "request_sha256": ""}
        emptied = session.execute(sa.update(VlmCallRow).where(*_telling(camera_id)).values(blank))
        removed["calls"] = _count(emptied)
        own = sa.or_(JobRun.scope == camera_id, JobRun.scope.startswith(f"{camera_id} ", autoescape=True))
        session.execute(sa.update(JobRun).where(own).values(error=""))
    return removed


def _datasets(connection: Connection | Session, camera_id: str) -> list[str]:
    """Return the versions of the datasets with footage of a camera."""
    query = sa.select(DatasetFootage.version).where(DatasetFootage.camera_id == camera_id).distinct()
    return list(connection.execute(query).scalars())


def _count(result: Any) -> int:
    return int(result.rowcount)


def _over(camera_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Choose the pauses that are over: one that lasts keeps a camera from recording, and stays."""
    return PauseRow.camera_id == camera_id, PauseRow.ended_utc.is_not(None)


def _telling(camera_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    said = sa.or_(VlmCallRow.raw_text != "", VlmCallRow.error != "", VlmCallRow.request_sha256 != "")
    return VlmCallRow.camera_id == camera_id, said
