"""Change messages for subscribers: a row for each change, written in the transaction of the change itself.

Ids grow in the order of commits, so that one number means "told up to here". Delivery lives in monitor/change_feed.py,
the choice of changes in the writes of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from livemon.base.clock import iso
from livemon.store.session import Database
from livemon.store.tables.access import ChangeRow

COMMIT_ORDER = 5_164_202
"""Number of the PostgreSQL advisory lock that makes writers of changes commit one after the other."""


class ChangeKind(StrEnum):
    """Subject of a message."""

    EVENT = "event"
    """A new, a repeated or a reviewed event."""
    STATUS = "status"
    """State of a camera's stream."""
    ANALYSIS = "analysis"
    """A window that was analysed, or given up."""
    HOUR = "hour"
    """An hour that was aggregated."""
    REPORT = "report"
    """A daily report that was made."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change message as it was sent. `severity` is an event's, else empty."""

    id: int
    at_utc: datetime
    kind: str
    camera_id: str
    severity: str
    payload: dict[str, Any]


def tell(
    session: Session, kind: ChangeKind, camera_id: str, now: datetime, payload: Mapping[str, Any], severity: str = ""
) -> None:
    """Write a change into an open transaction, as the last thing in it: others that write one wait from here on.

    Parameters
    ----------
    payload
        Content of the message; times become text, as JSON has it.
    """
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        # A sequence gives numbers out before the commit: without this a reader would see 8 before 7, and miss 7.
        # SQLite needs none, there a writer has the database for itself (`Database.writing`).
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(COMMIT_ORDER)))
    values = {"at_utc": now, "kind": kind.value, "camera_id": camera_id, "severity": severity}
    session.execute(sa.insert(ChangeRow.__table__), {**values, "payload": _plain(payload)})  # type: ignore[arg-type]
    session.info["changed"] = True


def values_of(row: Any, columns: Iterable[str]) -> dict[str, Any]:
    """Return some columns of a row, to be told."""
    return {name: getattr(row, name) for name in columns}


def read(database: Database, after_id: int, limit: int) -> list[Change]:
    """Return the first changes after an id, in order."""
    columns = ChangeRow.__table__.c
    query = (
        sa.select(columns.id, columns.at_utc, columns.kind, columns.camera_id, columns.severity, columns.payload)
        .where(columns.id > after_id)
        .order_by(columns.id)
        .limit(limit)
    )
    with database.reading() as connection:
        return [Change(*row) for row in connection.execute(query)]


def kept_ids(database: Database) -> tuple[int, int]:
    """Return the oldest and the newest id that there is; zeros when there is none."""
    query = sa.select(sa.func.coalesce(sa.func.min(ChangeRow.id), 0), sa.func.coalesce(sa.func.max(ChangeRow.id), 0))
    with database.reading() as connection:
        oldest, newest = connection.execute(query).one()
    return int(oldest), int(newest)


def forget_old(database: Database, before_utc: datetime) -> int:
    """Delete all changes up to the first one that is younger; returns how many. The newest stays.

    Without the newest, a cursor that is up to date would look like one of another database.
    """
    columns = ChangeRow.__table__.c
    younger = sa.select(columns.id).where(columns.at_utc >= before_utc).order_by(columns.id).limit(1)
    with database.writing() as session:
        keep_from = session.execute(younger).scalar_one_or_none()
        if keep_from is None:
            keep_from = session.execute(sa.select(sa.func.max(columns.id))).scalar_one_or_none() or 0
        result: Any = session.execute(sa.delete(ChangeRow).where(ChangeRow.id < keep_from))
        return int(result.rowcount)


def _plain(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _text(value) for name, value in payload.items()}


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    return value.isoformat() if isinstance(value, date) else value
