"""Rows of job runs: which periods of a job were begun, done, given up.

Claiming and finishing live in work.py.

Due periods are computed in base/periods.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from livemon.base.messages.message import Told
from livemon.store import work
from livemon.store.session import Database
from livemon.store.tables.jobs import JobRun
from livemon.store.tables.recordings import CameraRow
from livemon.store.tables.work_status import WorkStatus
from livemon.store.work import OPEN

HOURLY = "hourly_analysis"
DAILY = "daily_report"


@dataclass(frozen=True, slots=True)
class Run:
    """A job's run of a period, as it stands."""

    id: int
    period_start_utc: datetime
    status: str
    attempts: int
    error: Told


def runs(database: Database, job: str, scope: str, since: datetime) -> Mapping[datetime, Run]:
    """Return the runs of a job's periods from `since` on, by the period's beginning."""
    query = sa.select(*(getattr(JobRun, name) for name in Run.__dataclass_fields__)).where(
        JobRun.job == job, JobRun.scope == scope, JobRun.period_start_utc >= since
    )
    with database.reading() as connection:
        return {run.period_start_utc: run for run in (Run(*row) for row in connection.execute(query))}


def open_runs(
    database: Database, job: str, scope: str, periods: Sequence[tuple[datetime, datetime]], now: datetime
) -> list[Run]:
    """Return the runs of these periods that are to be done now, made where there are none, in the order given."""
    if not periods:
        return []
    first = min(start for start, _ in periods)
    known = runs(database, job, scope, first)
    missing = [(start, end) for start, end in periods if start not in known]
    if missing:
        rows = [
            {
                "job": job,
                "scope": scope,
                "period_start_utc": start,
                "period_end_utc": end,
                "status": WorkStatus.PENDING.value,
            }
            for start, end in missing
        ]
        work.add_missing(database, JobRun, rows)
    wanted = [known[start] for start, _ in periods if start in known and known[start].status in OPEN]
    if not missing and not wanted:
        return []
    query = sa.select(*(getattr(JobRun, name) for name in Run.__dataclass_fields__)).where(
        JobRun.job == job,
        JobRun.scope == scope,
        JobRun.period_start_utc >= first,
        JobRun.status.in_(OPEN),
        work.free(JobRun, now),
    )
    with database.reading() as connection:
        found = {run.period_start_utc: run for run in (Run(*row) for row in connection.execute(query))}
    return [found[start] for start, _ in periods if start in found]


def run_of(database: Database, job: str, scope: str, start_utc: datetime, end_utc: datetime) -> Run:
    """Return the run of a period, made when there is none."""
    row = {"job": job, "scope": scope, "period_start_utc": start_utc, "period_end_utc": end_utc}
    work.add_missing(database, JobRun, [{**row, "status": WorkStatus.PENDING.value}])
    return runs(database, job, scope, start_utc)[start_utc]


def known_since(database: Database, camera_id: str) -> datetime | None:
    """Return when a camera was first seen in the settings; None when it never was."""
    with database.reading() as connection:
        return connection.execute(
            sa.select(CameraRow.created_utc).where(CameraRow.id == camera_id)
        ).scalar_one_or_none()
