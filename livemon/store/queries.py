"""Everything readers need, as pandas DataFrames with fixed column types, also when empty.

Dashboard, API, notebook and reports all read here. Writes do not belong here (writes.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from livemon.base.datatypes import NOT_LIVE
from livemon.base.errors import StoreError
from livemon.base.model_types import AnswerStatus
from livemon.store import event_counts
from livemon.store.session import Database
from livemon.store.tables.recordings import ArchiveRow, RealtimeEvent, VlmCallRow
from livemon.store.tables.search import EventCount

ARCHIVE_COLUMNS: Mapping[str, str] = {
    "camera_id": "str",
    "window_start_utc": "datetime64[us, UTC]",
    "start_utc": "datetime64[us, UTC]",
    "end_utc": "datetime64[us, UTC]",
    "path": "str",
    "frames": "int64",
    "bytes": "int64",
    "sha256": "str",
    "coverage_s": "float64",
    "gaps": "object",
}
COST_COLUMNS: Mapping[str, str] = {
    "camera_id": "str",
    "model": "str",
    "purpose": "str",
    "calls": "int64",
    "failed": "int64",
    "input_tokens": "int64",
    "output_tokens": "int64",
    "cost_usd": "float64",
    "unknown_cost": "int64",
    "at_most_usd": "float64",
}
CALL_COLUMNS: Mapping[str, str] = {
    "id": "int64",
    "called_utc": "datetime64[us, UTC]",
    "purpose": "str",
    "reason": "str",
    "model": "str",
    "prompt_version": "str",
    "status": "str",
    "error": "str",
    "input_tokens": "int64",
    "output_tokens": "int64",
    "thought_tokens": "int64",
    "latency_ms": "float64",
    "attempts": "int64",
    "cost_usd": "float64",
}
MAX_ROWS = 1001
"""A page of a thousand, and one more that says whether there is another page."""


def archives(
    database: Database,
    camera_id: str,
    limit: int = 144,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pd.DataFrame:
    """Return a camera's archives, newest first, with the columns of `ARCHIVE_COLUMNS`; 144 are a day.

    Parameters
    ----------
    since, until
        Only windows that begin in [since, until).
    """
    query = sa.select(*(getattr(ArchiveRow, name) for name in ARCHIVE_COLUMNS)).where(ArchiveRow.camera_id == camera_id)
    if since is not None:
        query = query.where(ArchiveRow.window_start_utc >= since)
    if until is not None:
        query = query.where(ArchiveRow.window_start_utc < until)
    query = query.order_by(ArchiveRow.window_start_utc.desc(), ArchiveRow.part.desc()).limit(limit)
    return read_table(database, query, ARCHIVE_COLUMNS)


def costs(database: Database, since: datetime, until: datetime, camera_id: str | None = None) -> pd.DataFrame:
    """Return what calls in [since, until) cost, by camera, model and purpose, with the columns of `COST_COLUMNS`.

    ``cost_usd`` is the sum of known costs and ``unknown_cost`` counts the calls without one. ``at_most_usd`` is the sum
    with the maximum that these can have cost.
    """
    at_most = sa.func.coalesce(VlmCallRow.cost_usd, VlmCallRow.bound_usd, 0.0)
    group = (VlmCallRow.camera_id, VlmCallRow.model, VlmCallRow.purpose)
    query = (
        sa.select(
            *group,
            sa.func.count(),
            sa.func.sum(sa.case((VlmCallRow.status != AnswerStatus.OK.value, 1), else_=0)),
            sa.func.sum(VlmCallRow.input_tokens),
            sa.func.sum(VlmCallRow.output_tokens + VlmCallRow.thought_tokens),
            sa.func.coalesce(sa.func.sum(VlmCallRow.cost_usd), 0.0),
            sa.func.sum(sa.case((VlmCallRow.cost_usd.is_(None), 1), else_=0)),
            sa.func.sum(at_most),
        )
        .where(VlmCallRow.called_utc >= since, VlmCallRow.called_utc < until)
        .group_by(*group)
        .order_by(*group)
    )
    if camera_id is not None:
        query = query.where(VlmCallRow.camera_id == camera_id)
    return read_table(database, query, COST_COLUMNS)


def calls(database: Database, camera_id: str, limit: int = 100, before_id: int | None = None) -> pd.DataFrame:
    """Return a camera's calls, newest first, with the columns of `CALL_COLUMNS`; an unknown cost is NaN."""
    query = sa.select(*(getattr(VlmCallRow, name) for name in CALL_COLUMNS)).where(VlmCallRow.camera_id == camera_id)
    if before_id is not None:
        query = query.where(VlmCallRow.id < before_id)
    query = query.order_by(VlmCallRow.id.desc()).limit(min(max(limit, 1), MAX_ROWS))
    return read_table(database, query, CALL_COLUMNS)


def call(database: Database, call_id: int) -> dict[str, Any] | None:
    """Return one call with all of its stored fields; None when there is none."""
    with database.reading() as connection:
        row = connection.execute(sa.select(VlmCallRow.__table__).where(VlmCallRow.id == call_id)).one_or_none()
    return None if row is None else dict(row._mapping)


def answered(database: Database, request_sha256: str) -> str | None:
    """Return the newest good reply to exactly this request; None when there is none."""
    query = (
        sa.select(VlmCallRow.raw_text)
        .where(
            VlmCallRow.request_sha256 == request_sha256,
            VlmCallRow.status == AnswerStatus.OK.value,
            VlmCallRow.raw_text != "",
        )
        .order_by(VlmCallRow.id.desc())
        .limit(1)
    )
    with database.reading() as connection:
        return connection.execute(query).scalar_one_or_none()


def stats(database: Database, camera_id: str, now: datetime) -> dict[str, Any]:
    """Return what happened in the 24 hours before `now`.

    Returns
    -------
    dict
        The keys are ``events`` (count by severity), ``looks`` (count by status: only `ok` saw anything) and
        ``cost_usd`` (of calls whose cost is known). Then come ``calls_of_unknown_cost``, ``recorded_s`` (seconds
        archived) and ``archives``.
    """
    since = now - timedelta(hours=24)
    by_severity = (
        sa.select(RealtimeEvent.severity, sa.func.count())
        .where(RealtimeEvent.camera_id == camera_id, RealtimeEvent.start_utc >= since)
        .group_by(RealtimeEvent.severity)
    )
    by_status = (
        sa.select(
            VlmCallRow.status,
            sa.func.sum(sa.case((VlmCallRow.reason.in_(NOT_LIVE), 0), else_=1)),
            sa.func.sum(VlmCallRow.cost_usd),
            sa.func.sum(sa.case((VlmCallRow.cost_usd.is_(None), 1), else_=0)),
        )
        .where(VlmCallRow.camera_id == camera_id, VlmCallRow.called_utc >= since)
        .group_by(VlmCallRow.status)
    )
    recorded = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(ArchiveRow.coverage_s), 0.0)).where(
        ArchiveRow.camera_id == camera_id, ArchiveRow.window_start_utc >= since
    )
    with database.reading() as connection:
        if event_counts.is_complete(connection):
            # The severities in the table, so that the index by severity answers and no row is read.
            there = sa.select(EventCount.severity).where(EventCount.camera_id == camera_id)
            by_severity = by_severity.where(RealtimeEvent.severity.in_(there))
        severities = {row[0]: row[1] for row in connection.execute(by_severity)}
        made = connection.execute(by_status).all()
        archive_count, recorded_s = connection.execute(recorded).one()
    return {
        "events": severities,
        "looks": {status: int(count) for status, count, _, _ in made if count},
        "cost_usd": float(sum(cost or 0.0 for _, _, cost, _ in made)),
        "calls_of_unknown_cost": sum(unknown for *_, unknown in made),
        "archives": archive_count,
        "recorded_s": float(recorded_s),
    }


def read_table(database: Database, query: sa.Select[*tuple[Any, ...]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Run a query into a frame whose column types do not depend on what it found.

    Raises
    ------
    StoreError
        When a value does not fit its column.
    """
    with database.reading() as connection:
        # Plain tuples: of any other kind of row pandas asks several questions first.
        rows = [tuple(row) for row in connection.execute(query)]
    try:
        return _frame(rows, columns)
    except (ValueError, TypeError, OverflowError) as exc:
        raise StoreError("store.rows_not_readable", reason=str(exc)[:200]) from exc


def _frame(rows: list[tuple[Any, ...]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Return rows as a frame, each column made in its type at once: converting a frame takes twice as long."""
    values = zip(*rows, strict=True) if rows else ((),) * len(columns)
    return pd.DataFrame(
        {name: pd.Series(list(of), dtype=kind) for (name, kind), of in zip(columns.items(), values, strict=True)}
    )
