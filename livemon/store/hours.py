"""Rows of hours: aggregated from windows and events, written, read.

The aggregation is the pure `aggregate`; when an hour is due is decided in base/periods.py. Days live in reports/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from livemon.base.average_score import average_score, lowest_score
from livemon.base.clock import iso
from livemon.base.datatypes import EventType
from livemon.store.changes import ChangeKind, tell, values_of
from livemon.store.queries import MAX_ROWS, read_table
from livemon.store.session import Database
from livemon.store.tables.columns import JsonOf
from livemon.store.tables.jobs import RULES, HourlyAnalysis, SegmentAnalysis
from livemon.store.tables.recordings import ArchiveRow, RealtimeEvent, VlmCallRow
from livemon.store.tables.work_status import WorkStatus

HOUR = timedelta(hours=1)

HOUR_COLUMNS: Mapping[str, str] = {
    "camera_id": "str",
    "hour_start_utc": "datetime64[us, UTC]",
    "windows_recorded": "int64",
    "windows_completed": "int64",
    "windows_failed": "int64",
    "windows_judged": "int64",
    "average_safety_score": "float64",
    "lowest_safety_score": "float64",
    "incident_count": "Int64",
    "event_count": "int64",
    "coverage_s": "float64",
    "analysed_s": "float64",
    "cost_usd": "float64",
    "summary": "object",
    "computed_utc": "datetime64[us, UTC]",
}
TOLD_COLUMNS = [name for name in HOUR_COLUMNS if name != "summary"]
"""Columns of an hour that are sent to subscribers; its sentences are read on demand."""


@dataclass(frozen=True, slots=True)
class WindowFacts:
    """Facts of one window's analysis that its hour uses."""

    window_start_utc: datetime
    status: str
    safety_score: float | None
    incident_count: int | None
    summary: str
    coverage_s: float | None
    development: Sequence[Mapping[str, Any]] | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class HourFacts:
    """Input of an hour's aggregation.

    `events` counts by (type, severity); `recorded_s` has an entry a window.
    """

    recorded_s: Mapping[datetime, float]
    windows: Sequence[WindowFacts]
    events: Mapping[tuple[str, str], int]
    cost_usd: float | None

    @property
    def empty(self) -> bool:
        """Whether there is nothing at all: no footage, no analysis, no event."""
        return not self.recorded_s and not self.windows and not self.events


def aggregate(facts: HourFacts) -> dict[str, Any]:
    """Return the values of an hour's row; what no window says is None, never 0."""
    done = [one for one in facts.windows if one.status == WorkStatus.COMPLETED.value]
    studied = [one for one in done if one.model not in RULES]
    scores = [one.safety_score for one in done if one.safety_score is not None]
    counts = [one.incident_count for one in done if one.incident_count is not None]
    by_type: dict[str, dict[str, int]] = {}
    for (event_type, severity), count in sorted(facts.events.items()):
        by_type.setdefault(event_type, {})[severity] = count
    return {
        "windows_recorded": len(facts.recorded_s),
        "windows_completed": len(done),
        "windows_failed": sum(one.status == WorkStatus.FAILED.value for one in facts.windows),
        "windows_judged": len(scores),
        "average_safety_score": average_score(scores, len(studied)),
        "lowest_safety_score": lowest_score(scores),
        "incident_count": sum(counts) if counts else None,
        "event_count": sum(n for (kind, _), n in facts.events.items() if kind != EventType.SYSTEM.value),
        "coverage_s": sum(facts.recorded_s.values()),
        "analysed_s": sum(one.coverage_s or 0.0 for one in studied),
        "cost_usd": facts.cost_usd,
        "summary": {
            "events": by_type,
            "windows_by_rule": len(done) - len(studied),
            "development": _by_area(done),
            "windows": [
                {"window_start_utc": iso(one.window_start_utc), "summary": one.summary}
                for one in sorted(studied, key=lambda one: one.window_start_utc)
                if one.summary
            ],
        },
    }


def _by_area(done: Sequence[WindowFacts]) -> dict[str, int]:
    """Return how many observations of development there are, by area."""
    counts: dict[str, int] = {}
    for one in done:
        for seen in one.development or ():
            area = str(seen.get("area", ""))
            counts[area] = counts.get(area, 0) + 1
    return dict(sorted(counts.items()))


def compute_hour(database: Database, camera_id: str, hour_start_utc: datetime, now: datetime) -> bool:
    """Aggregate an hour from its present rows, in one transaction; False when it has none.

    Made again as often as wanted: the row becomes what its windows and events say.
    """
    with database.writing() as session:
        facts = _facts(session.connection(), camera_id, hour_start_utc)
        if facts.empty:
            return False
        query = sa.select(HourlyAnalysis).where(
            HourlyAnalysis.camera_id == camera_id, HourlyAnalysis.hour_start_utc == hour_start_utc
        )
        row = session.execute(query.with_for_update()).scalar_one_or_none()
        if row is None:
            row = HourlyAnalysis(camera_id=camera_id, hour_start_utc=hour_start_utc)
            session.add(row)
        for name, value in aggregate(facts).items():
            setattr(row, name, value)
        row.computed_utc = now
        tell(session, ChangeKind.HOUR, camera_id, now, values_of(row, TOLD_COLUMNS))
    return True


def hourly_analyses(
    database: Database,
    camera_id: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 168,
) -> pd.DataFrame:
    """Return a camera's hours, newest first, with the columns of `HOUR_COLUMNS`; 168 are a week."""
    query = sa.select(*(getattr(HourlyAnalysis, name) for name in HOUR_COLUMNS)).where(
        HourlyAnalysis.camera_id == camera_id
    )
    if since is not None:
        query = query.where(HourlyAnalysis.hour_start_utc >= since)
    if until is not None:
        query = query.where(HourlyAnalysis.hour_start_utc < until)
    query = query.order_by(HourlyAnalysis.hour_start_utc.desc()).limit(min(max(limit, 1), MAX_ROWS))
    return read_table(database, query, HOUR_COLUMNS)


_WITHIN = {
    "camera": sa.bindparam("camera"),
    "start": sa.bindparam("start", type_=RealtimeEvent.start_utc.type),
    "end": sa.bindparam("end", type_=RealtimeEvent.start_utc.type),
}
_RECORDED = (
    sa.select(ArchiveRow.window_start_utc, sa.func.sum(ArchiveRow.coverage_s))
    .where(
        ArchiveRow.camera_id == _WITHIN["camera"],
        ArchiveRow.window_start_utc >= _WITHIN["start"],
        ArchiveRow.window_start_utc < _WITHIN["end"],
    )
    .group_by(ArchiveRow.window_start_utc)
)
_WINDOWS = sa.select(
    SegmentAnalysis.window_start_utc,
    SegmentAnalysis.status,
    SegmentAnalysis.safety_score,
    SegmentAnalysis.incident_count,
    SegmentAnalysis.summary,
    SegmentAnalysis.coverage_s,
    sa.type_coerce(SegmentAnalysis.analysis_result["development"], JsonOf(list)),
    SegmentAnalysis.model,
).where(
    SegmentAnalysis.camera_id == _WITHIN["camera"],
    SegmentAnalysis.window_start_utc >= _WITHIN["start"],
    SegmentAnalysis.window_start_utc < _WITHIN["end"],
)
_EVENTS = (
    sa.select(RealtimeEvent.event_type, RealtimeEvent.severity, sa.func.count())
    .where(
        RealtimeEvent.camera_id == _WITHIN["camera"],
        RealtimeEvent.start_utc >= _WITHIN["start"],
        RealtimeEvent.start_utc < _WITHIN["end"],
    )
    .group_by(RealtimeEvent.event_type, RealtimeEvent.severity)
)
_COST = sa.select(
    sa.func.coalesce(sa.func.sum(VlmCallRow.cost_usd), 0.0),
    sa.func.coalesce(sa.func.sum(sa.case((VlmCallRow.cost_usd.is_(None), 1), else_=0)), 0),
).where(
    VlmCallRow.camera_id == _WITHIN["camera"],
    VlmCallRow.called_utc >= _WITHIN["start"],
    VlmCallRow.called_utc < _WITHIN["end"],
)


def _facts(connection: sa.Connection, camera_id: str, hour_start_utc: datetime) -> HourFacts:
    within = {"camera": camera_id, "start": hour_start_utc, "end": hour_start_utc + HOUR}
    cost_usd, unknown = connection.execute(_COST, within).one()
    return HourFacts(
        recorded_s={start: float(s) for start, s in connection.execute(_RECORDED, within)},
        windows=[WindowFacts(*row) for row in connection.execute(_WINDOWS, within)],
        events={(kind, severity): n for kind, severity, n in connection.execute(_EVENTS, within)},
        cost_usd=None if unknown else float(cost_usd),
    )
