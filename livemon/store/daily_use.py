"""Use by day: calls with cost and outcome, and archived footage. Read for the curves of a page.

Spending against caps does not belong here (ledger.py), nor single calls (inference/costs.py).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from livemon.base.model_types import AnswerStatus, Purpose
from livemon.store.session import Database
from livemon.store.tables.recordings import ArchiveRow, VlmCallRow


@dataclass(frozen=True, slots=True)
class DailyUse:
    """One day of some cameras.

    Attributes
    ----------
    cost_usd
        Of the calls whose cost is known.
    look_s
        Mean seconds that a look took that was answered; None without one.
    archived_bytes
        Of the archives that are still kept.
    """

    looks: int = 0
    failed: int = 0
    cost_usd: float = 0.0
    look_s: float | None = None
    archived_bytes: int = 0


def use_by_day(
    database: Database, camera_ids: Collection[str], days: Sequence[tuple[datetime, datetime]]
) -> list[DailyUse]:
    """Return what cameras used on each day, given the days' [start, end) in order, one after the other."""
    if not days or not camera_ids:
        return [DailyUse() for _ in days]
    ids, first, last = list(camera_ids), days[0][0], days[-1][1]
    called, ended = VlmCallRow.called_utc, ArchiveRow.end_utc
    is_look = VlmCallRow.purpose == Purpose.LOOK.value
    answered = sa.and_(is_look, VlmCallRow.status == AnswerStatus.OK.value)
    calls = sa.select(
        _day_of(called, days).label("day"),
        _count(is_look).label("looks"),
        _count(VlmCallRow.status != AnswerStatus.OK.value).label("failed"),
        sa.func.coalesce(sa.func.sum(VlmCallRow.cost_usd), 0.0).label("cost_usd"),
        sa.func.avg(sa.case((answered, VlmCallRow.latency_ms))).label("look_ms"),
    ).where(VlmCallRow.camera_id.in_(ids), called >= first, called < last)
    archived = sa.select(_day_of(ended, days).label("day"), sa.func.sum(ArchiveRow.bytes).label("bytes")).where(
        ArchiveRow.camera_id.in_(ids), ended >= first, ended < last
    )
    with database.reading() as connection:
        by_day = {row.day: row for row in connection.execute(calls.group_by("day"))}
        sizes = {row.day: int(row.bytes) for row in connection.execute(archived.group_by("day"))}
    return [_use(by_day.get(number), sizes.get(number, 0)) for number in range(len(days))]


def _use(row: Any, archived_bytes: int) -> DailyUse:
    if row is None:
        return DailyUse(archived_bytes=archived_bytes)
    look_s = None if row.look_ms is None else float(row.look_ms) / 1000
    return DailyUse(int(row.looks), int(row.failed), float(row.cost_usd), look_s, archived_bytes)


def _day_of(moment: Any, days: Sequence[tuple[datetime, datetime]]) -> sa.ColumnElement[int]:
    """Return the number of the day that a moment lies in; days of a zone have 23 to 25 hours."""
    return sa.case(*((moment < end, number) for number, (_, end) in enumerate(days)), else_=len(days))


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))
