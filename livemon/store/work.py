"""Work that any number of processes may try to do and one does at a time: rows with a lease (`derived.Leased`).

Claimed, renewed while it is done, given back with its outcome. A process that dies leaves a lease that runs out. Due
work is found in analyses.py and job_runs.py, and executed by their callers.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import Session

from livemon.base.messages.catalog import told
from livemon.base.messages.message import Told
from livemon.store.changes import ChangeKind, tell, values_of
from livemon.store.session import Database
from livemon.store.tables.jobs import JobRun, SegmentAnalysis
from livemon.store.tables.work_status import WorkStatus
from livemon.store.word_index import put_analyses

LEASE = timedelta(minutes=5)
"""A process that has not renewed its lease for this long is taken for dead. Renewed every `RENEW_S`."""

RENEW_S = 60.0

LONGEST_WAIT = timedelta(hours=2)
"""No work waits longer for its next try: a later time comes from a clock that was ahead."""

TOLD_COLUMNS = (
    *("camera_id", "window_start_utc", "status", "attempts", "finished_utc", "error", "safety_score"),
    *("incident_count", "summary", "coverage_s", "model", "prompt_version", "vlm_call_id", "cost_usd"),
)
"""Columns of an analysis that are sent to subscribers; the whole answer is read on demand."""

Work = type[SegmentAnalysis] | type[JobRun]

OPEN = (WorkStatus.PENDING.value, WorkStatus.PROCESSING.value)
"""Statuses of work that remains to be done."""


def owner_name() -> str:
    """Return a name for this process that no other has: host, process id and a random part."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"


def add_missing(database: Database, work: Work, rows: Sequence[Mapping[str, Any]]) -> None:
    """Make the rows that are not there; those that are, by their unique key, stay as they are."""
    if not rows:
        return
    filled = [{"attempts": 0, "error": "", **row} for row in rows]
    with database.writing() as session:
        session.execute(_insert_missing(database, work), filled)


def free(work: Work, now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a row is not leased and need not wait.

    A time too far ahead counts as past: the clock was wrong when it was written.
    """
    wait = work.next_try_utc
    return sa.and_(unleased(work, now), sa.or_(wait.is_(None), wait <= now, wait > now + LONGEST_WAIT))


def unleased(work: Work, now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a row is not leased."""
    lease = work.lease_until_utc
    return sa.or_(lease.is_(None), lease <= now, lease > now + 2 * LEASE)


def claim(database: Database, work: Work, row_id: int, owner: str, now: datetime, *, again: bool = False) -> bool:
    """Take a piece of work; False when another process has it, it must wait, or it is done.

    Parameters
    ----------
    again
        Take it though it is completed or failed or has to wait: a person asks. Completed work keeps that status, and
        its result, meanwhile.
    """
    due = sa.and_(work.status.in_(OPEN), free(work, now))
    kept = sa.case((work.status == WorkStatus.COMPLETED.value, work.status), else_=WorkStatus.PROCESSING.value)
    query = (
        sa.update(work)
        .where(work.id == row_id, unleased(work, now) if again else due)
        .values(
            status=kept, attempts=work.attempts + 1, lease_owner=owner, lease_until_utc=now + LEASE, started_utc=now
        )
        .execution_options(synchronize_session=False)
    )
    return _changed(database, query)


def renew(database: Database, work: Work, row_id: int, owner: str, now: datetime) -> bool:
    """Keep a claimed piece of work; False when the lease ran out and another process took it."""
    query = sa.update(work).where(work.id == row_id, work.lease_owner == owner).values(lease_until_utc=now + LEASE)
    return _changed(database, query.execution_options(synchronize_session=False))


def complete(database: Database, work: Work, row_id: int, owner: str, now: datetime, **values: Any) -> bool:
    """Write what came of it; False, and nothing is written, when another process has it by now."""
    values |= {"status": WorkStatus.COMPLETED.value, "finished_utc": now, "error": ""}
    return _give_back(database, work, row_id, owner, now, **values)


def give_up(database: Database, work: Work, row_id: int, owner: str, now: datetime, reason: Told) -> bool:
    """Write that it cannot be done and why; what was completed before stays completed."""
    status = sa.case((work.status == WorkStatus.COMPLETED.value, work.status), else_=WorkStatus.FAILED.value)
    return _give_back(database, work, row_id, owner, now, status=status, finished_utc=now, error=reason)


def put_off(
    database: Database, work: Work, row_id: int, owner: str, until: datetime, reason: Told, *, tried: bool
) -> bool:
    """Give it back to be tried again later. `tried`: whether it counts as an attempt."""
    status = sa.case((work.status == WorkStatus.COMPLETED.value, work.status), else_=WorkStatus.PENDING.value)
    attempts = work.attempts if tried else work.attempts - 1
    values = {"status": status, "attempts": attempts, "next_try_utc": until, "error": reason}
    return _give_back(database, work, row_id, owner, None, **values)


def reopen(database: Database, work: Work, row_id: int) -> bool:
    """Ask for a piece of work again from the beginning: failed, waiting or done; False when it is being done."""
    query = (
        sa.update(work)
        .where(work.id == row_id, work.status != WorkStatus.PROCESSING.value)
        .values(status=WorkStatus.PENDING.value, attempts=0, next_try_utc=None, lease_owner=None, lease_until_utc=None)
        .execution_options(synchronize_session=False)
    )
    return _changed(database, query)


def tell_analyses(session: Session, row_ids: Iterable[int], now: datetime) -> None:
    """Tell subscribers of analyses that were completed or given up in this transaction."""
    query = sa.select(SegmentAnalysis).where(SegmentAnalysis.id.in_(row_ids))
    for row in session.scalars(query.order_by(SegmentAnalysis.window_start_utc)):
        values = {**values_of(row, TOLD_COLUMNS), "error": told(row.error)}
        tell(session, ChangeKind.ANALYSIS, row.camera_id, now, values)


def _give_back(
    database: Database, work: Work, row_id: int, owner: str, done_utc: datetime | None, **values: Any
) -> bool:
    released = {"lease_owner": None, "lease_until_utc": None, "next_try_utc": None, **values}
    query = sa.update(work).where(work.id == row_id, work.lease_owner == owner).values(**released)
    with database.writing() as session:
        result: Any = session.execute(query.execution_options(synchronize_session=False))
        if result.rowcount and done_utc is not None and work is SegmentAnalysis:
            put_analyses(session, session.scalars(sa.select(SegmentAnalysis).where(SegmentAnalysis.id == row_id)).all())
            tell_analyses(session, [row_id], done_utc)
        return bool(result.rowcount)


def _changed(database: Database, query: sa.Update) -> bool:
    with database.writing() as session:
        result: Any = session.execute(query)
        return bool(result.rowcount)


def _insert_missing(database: Database, work: Work) -> sa.Insert:
    """Return an INSERT that leaves rows alone that are there; every database has its own words for it."""
    name = database.engine.dialect.name
    if name == "postgresql":
        return postgresql.insert(work).on_conflict_do_nothing()
    if name == "sqlite":
        return sqlite.insert(work).on_conflict_do_nothing()
    return mysql.insert(work).prefix_with("IGNORE")
