"""Rows of daily reports: written when their files are in place, read as a table.

Their content lives in reports/.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa

from livemon.store.changes import ChangeKind, tell, values_of
from livemon.store.queries import MAX_ROWS, read_table
from livemon.store.session import Database
from livemon.store.tables.jobs import DailyReport

REPORT_COLUMNS: Mapping[str, str] = {
    "camera_id": "str",
    "report_date": "object",
    "timezone": "str",
    "language": "str",
    "start_utc": "datetime64[us, UTC]",
    "end_utc": "datetime64[us, UTC]",
    "summary": "str",
    "average_safety_score": "float64",
    "lowest_safety_score": "float64",
    "incident_count": "Int64",
    "event_count": "int64",
    "coverage_s": "float64",
    "analysed_s": "float64",
    "windows_waiting": "int64",
    "cost_usd": "float64",
    "calls_of_unknown_cost": "int64",
    "report_path": "str",
    "pdf_path": "str",
    "notebook_path": "str",
    "created_utc": "datetime64[us, UTC]",
}
TOLD_COLUMNS = [name for name in REPORT_COLUMNS if not name.endswith("_path")]
KEY = ("camera_id", "report_date", "timezone", "language")


def upsert_report(database: Database, values: Mapping[str, Any]) -> None:
    """Write a report's row, replacing that of the same camera, day, zone and language."""
    query = sa.select(DailyReport).where(*(getattr(DailyReport, name) == values[name] for name in KEY))
    with database.writing() as session:
        row = session.execute(query.with_for_update()).scalar_one_or_none()
        if row is None:
            row = DailyReport(**values)
            session.add(row)
        else:
            for name, value in values.items():
                setattr(row, name, value)
        tell(session, ChangeKind.REPORT, row.camera_id, row.created_utc, values_of(row, TOLD_COLUMNS))


def reports(database: Database, camera_id: str, limit: int = 100, before: date | None = None) -> pd.DataFrame:
    """Return a camera's reports, the newest day first, with the columns of `REPORT_COLUMNS`; of days before one."""
    query = (
        sa.select(*(getattr(DailyReport, name) for name in REPORT_COLUMNS))
        .where(DailyReport.camera_id == camera_id)
        .order_by(DailyReport.report_date.desc(), DailyReport.language, DailyReport.id)
        .limit(min(max(limit, 1), MAX_ROWS))
    )
    if before is not None:
        query = query.where(DailyReport.report_date < before)
    return read_table(database, query, REPORT_COLUMNS)


def report(
    database: Database, camera_id: str, day: date, timezone: str | None = None, language: str | None = None
) -> dict[str, Any] | None:
    """Return one report with all of its stored fields; None when there is none.

    Parameters
    ----------
    timezone, language
        Of the report; the one made last when None.
    """
    query = sa.select(DailyReport.__table__).where(DailyReport.camera_id == camera_id, DailyReport.report_date == day)
    if timezone is not None:
        query = query.where(DailyReport.timezone == timezone)
    if language is not None:
        query = query.where(DailyReport.language == language)
    with database.reading() as connection:
        row = connection.execute(query.order_by(DailyReport.created_utc.desc()).limit(1)).one_or_none()
    return None if row is None else dict(row._mapping)


def unfinished_reports(database: Database, camera_id: str, since: datetime) -> list[datetime]:
    """Return the beginnings of days since then whose report was made while windows were waiting for their analysis."""
    query = (
        sa.select(DailyReport.start_utc)
        .where(DailyReport.camera_id == camera_id, DailyReport.start_utc >= since, DailyReport.windows_waiting > 0)
        .distinct()
    )
    with database.reading() as connection:
        return [start for (start,) in connection.execute(query)]
