"""The rows of a stretch of time: its archives, analyses, events and calls, as DataFrames.

A few statements by index, whatever the size of the tables. What a day makes of them stands in reports/day.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pandas as pd
import sqlalchemy as sa

from livemon.store.derived import SegmentAnalysis
from livemon.store.models import ArchiveRow, CameraRow, PromptVersion, RealtimeEvent, VlmCallRow
from livemon.store.queries import EVENT_COLUMNS, read_table
from livemon.store.session import Database

DAY_EVENT_COLUMNS: Mapping[str, str] = {**EVENT_COLUMNS, "label": "str"}
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
    "error": "str",
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
    columns = [getattr(RealtimeEvent, name) for name in EVENT_COLUMNS]
    query = (
        sa.select(*columns, sa.func.coalesce(RealtimeEvent.label, ""))
        .where(RealtimeEvent.camera_id == camera_id, RealtimeEvent.start_utc >= start, RealtimeEvent.start_utc < end)
        .order_by(RealtimeEvent.start_utc, RealtimeEvent.id)
    )
    return read_table(database, query, DAY_EVENT_COLUMNS)


def archived_windows(database: Database, camera_id: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Return the windows in [start, end) that have an archive, in order, with the columns of `DAY_ARCHIVE_COLUMNS`.

    Of an archive in parts the first one's path, and the coverage of all.
    """
    query = (
        sa.select(ArchiveRow.window_start_utc, ArchiveRow.coverage_s, ArchiveRow.gaps, ArchiveRow.path)
        .where(
            ArchiveRow.camera_id == camera_id,
            ArchiveRow.window_start_utc >= start,
            ArchiveRow.window_start_utc < end,
        )
        .order_by(ArchiveRow.window_start_utc, ArchiveRow.part)
    )
    found = read_table(database, query, DAY_ARCHIVE_COLUMNS)
    parts = found.groupby("window_start_utc", sort=True)
    whole = parts.agg({"coverage_s": "sum", "gaps": "first", "path": "first"}).reset_index()
    return whole.astype(dict(DAY_ARCHIVE_COLUMNS))


def analyses_of(database: Database, camera_id: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Return the analyses of windows that begin in [start, end), in order, by `DAY_ANALYSIS_COLUMNS`."""
    query = (
        sa.select(*(getattr(SegmentAnalysis, name) for name in DAY_ANALYSIS_COLUMNS))
        .where(
            SegmentAnalysis.camera_id == camera_id,
            SegmentAnalysis.window_start_utc >= start,
            SegmentAnalysis.window_start_utc < end,
        )
        .order_by(SegmentAnalysis.window_start_utc)
    )
    return read_table(database, query, DAY_ANALYSIS_COLUMNS)


def answering(database: Database, camera_id: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Return who answered calls in [start, end), by which prompt and how it ended, with `ANSWERING_COLUMNS`."""
    group = (VlmCallRow.purpose, VlmCallRow.model, VlmCallRow.prompt_version, VlmCallRow.status)
    counted = (
        sa.select(*group, sa.func.count().label("calls"))
        .where(VlmCallRow.camera_id == camera_id, VlmCallRow.called_utc >= start, VlmCallRow.called_utc < end)
        .group_by(*group)
        .subquery()
    )
    query = (
        sa.select(
            counted.c.purpose,
            counted.c.model,
            counted.c.prompt_version,
            sa.func.coalesce(PromptVersion.name, ""),
            counted.c.status,
            counted.c.calls,
        )
        .outerjoin(PromptVersion, PromptVersion.version == counted.c.prompt_version)
        .order_by(counted.c.purpose, counted.c.calls.desc(), counted.c.model)
    )
    return read_table(database, query, ANSWERING_COLUMNS)
