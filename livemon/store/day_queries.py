"""The rows of a stretch of time: its archives, analyses, events and calls, as DataFrames.

A few statements by index, whatever the size of the tables. The summary of a day lives in reports/facts/day.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa

from livemon.base.datatypes import NOT_LIVE, EventType
from livemon.store.event_columns import EVENT_COLUMNS
from livemon.store.queries import read_table
from livemon.store.session import Database
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.store.tables.recordings import ArchiveRow, CameraRow, PromptVersion, RealtimeEvent, VlmCallRow

DAY_EVENT_COLUMNS = EVENT_COLUMNS
DAY_ARCHIVE_COLUMNS: Mapping[str, str] = {
    "window_start_utc": "datetime64[us, UTC]",
    "coverage_s": "float64",
    "gaps": "object",
    "path": "str",
}
DAY_ANALYSIS_COLUMNS: Mapping[str, str] = {
    "window_start_utc": "datetime64[us, UTC]",
    "status": "str",
    "attempts": "int64",
    "error": "object",
    "safety_score": "float64",
    "incident_count": "Int64",
    "summary": "str",
    "analysis_result": "object",
    "coverage_s": "float64",
    "model": "str",
    "prompt_version": "str",
    "cost_usd": "float64",
}
ANSWERING_COLUMNS: Mapping[str, str] = {
    "purpose": "str",
    "model": "str",
    "prompt_version": "str",
    "prompt_name": "str",
    "status": "str",
    "calls": "int64",
}


def camera_names(database: Database) -> dict[str, str]:
    """Return the name of every camera that the database knows, by id."""
    query = sa.select(CameraRow.id, CameraRow.name).order_by(CameraRow.id)
    with database.reading() as connection:
        return {camera_id: name or camera_id for camera_id, name in connection.execute(query)}


def events_begun(database: Database, camera_id: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Return the events that began in [start, end), oldest first, with the columns of `DAY_EVENT_COLUMNS`."""
    return read_table(database, _EVENTS.params(camera=camera_id, start=start, end=end), DAY_EVENT_COLUMNS)


def event_kinds(database: Database, camera_ids: Sequence[str], start: datetime, end: datetime) -> frozenset[str]:
    """Return the kinds of these cameras' events that began in [start, end), those about livemon itself left out."""
    query = (
        sa.select(RealtimeEvent.kind)
        .distinct()
        .where(
            RealtimeEvent.camera_id.in_(camera_ids),
            RealtimeEvent.start_utc >= start,
            RealtimeEvent.start_utc < end,
            RealtimeEvent.event_type != EventType.SYSTEM.value,
        )
    )
    with database.reading() as connection:
        return frozenset(connection.execute(query).scalars())


def archived_windows(database: Database, camera_id: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Return the windows in [start, end) that have an archive, in order, with the columns of `DAY_ARCHIVE_COLUMNS`.

    Of an archive in parts the first one's path, and the coverage of all.
    """
    found = read_table(database, _ARCHIVES.params(camera=camera_id, start=start, end=end), DAY_ARCHIVE_COLUMNS)
    if found["window_start_utc"].is_unique:
        return found
    parts = found.groupby("window_start_utc", sort=True)
    whole = parts.agg({"coverage_s": "sum", "gaps": "first", "path": "first"}).reset_index()
    return whole.astype(dict(DAY_ARCHIVE_COLUMNS))


def analyses_of(database: Database, camera_id: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Return the analyses of windows that begin in [start, end), in order, by `DAY_ANALYSIS_COLUMNS`."""
    return read_table(database, _ANALYSES.params(camera=camera_id, start=start, end=end), DAY_ANALYSIS_COLUMNS)


def answering(database: Database, camera_id: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Return who answered calls in [start, end), by which prompt and how it ended, with `ANSWERING_COLUMNS`."""
    return read_table(database, _ANSWERING.params(camera=camera_id, start=start, end=end), ANSWERING_COLUMNS)


def _within(camera_id: sa.ColumnElement[str], moment: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a row is the camera's and lies in [start, end)."""
    start, end = (sa.bindparam(name, type_=moment.type) for name in ("start", "end"))
    return sa.and_(camera_id == sa.bindparam("camera"), moment >= start, moment < end)


# Made once: building a statement costs more than running most of them.
_EVENTS = (
    sa.select(*(getattr(RealtimeEvent, name) for name in EVENT_COLUMNS))
    .where(_within(RealtimeEvent.__table__.c.camera_id, RealtimeEvent.__table__.c.start_utc))
    .order_by(RealtimeEvent.start_utc, RealtimeEvent.id)
)
_ARCHIVES = (
    sa.select(*(getattr(ArchiveRow, name) for name in DAY_ARCHIVE_COLUMNS))
    .where(_within(ArchiveRow.__table__.c.camera_id, ArchiveRow.__table__.c.window_start_utc))
    .order_by(ArchiveRow.window_start_utc, ArchiveRow.part)
)
_ANALYSES = (
    sa.select(*(getattr(SegmentAnalysis, name) for name in DAY_ANALYSIS_COLUMNS))
    .where(_within(SegmentAnalysis.__table__.c.camera_id, SegmentAnalysis.__table__.c.window_start_utc))
    .order_by(SegmentAnalysis.window_start_utc)
)
_GROUP = (VlmCallRow.purpose, VlmCallRow.model, VlmCallRow.prompt_version, VlmCallRow.status)
_COUNTED = (
    sa.select(*_GROUP, sa.func.count().label("calls"))
    .where(_within(VlmCallRow.__table__.c.camera_id, VlmCallRow.__table__.c.called_utc))
    .where(VlmCallRow.reason.not_in(NOT_LIVE))
    .group_by(*_GROUP)
    .subquery()
)
_ANSWERING = (
    sa.select(
        _COUNTED.c.purpose,
        _COUNTED.c.model,
        _COUNTED.c.prompt_version,
        sa.func.coalesce(PromptVersion.name, ""),
        _COUNTED.c.status,
        _COUNTED.c.calls,
    )
    .outerjoin(PromptVersion, PromptVersion.version == _COUNTED.c.prompt_version)
    .order_by(_COUNTED.c.purpose, _COUNTED.c.calls.desc(), _COUNTED.c.model)
)
