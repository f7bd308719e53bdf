"""The audit log: actions by user, and refusals. Rows are only ever added, and deleted when they are old.

A deed that the database refuses breaks nothing and is not lost: it waits here, is counted, and is written later.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import pandas as pd
import sqlalchemy as sa

from livemon.base.errors import StoreError
from livemon.base.roles import Identity
from livemon.store.queries import read_table
from livemon.store.session import Database
from livemon.store.tables.access import AuditEntry
from livemon.store.writes import clean_text

log = logging.getLogger(__name__)

KEPT = timedelta(days=400)
KEPT_AT_MOST = 1000
"""So many deeds wait for a database that refuses; then the oldest is lost."""
COLUMNS = {
    "id": "int64",
    "at_utc": "datetime64[us, UTC]",
    "who": "str",
    "proof": "str",
    "address": "str",
    "action": "str",
    "camera_id": "str",
    "outcome": "int64",
    "detail": "str",
}


@dataclass(frozen=True, slots=True)
class Deed:
    """An action that a user did, or tried.

    Parameters
    ----------
    action
        In words, or as method and route.
    who
        None when the user is unknown.
    address
        IP address, ``page`` or ``command line``.
    outcome
        HTTP status, or what would be one.
    """

    action: str
    who: Identity | None
    address: str
    outcome: int = 200
    camera_id: str | None = None
    detail: str = ""


@dataclass(slots=True)
class Waiting:
    """Deeds of one database that could not be written yet."""

    rows: deque[dict[str, Any]] = field(default_factory=deque)
    dropped: int = 0
    """Number of entries that had no room here, and are lost."""
    failing: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


_waiting: WeakKeyDictionary[Database, Waiting] = WeakKeyDictionary()
_entering = threading.Lock()


def note(database: Database, deed: Deed, now: datetime) -> bool:
    """Write down a deed; when the database refuses, keep it for later, say so once in the log, and return False."""
    kept = _waiting_of(database)
    with kept.lock:
        if len(kept.rows) >= KEPT_AT_MOST:
            kept.rows.popleft()
            kept.dropped += 1
        kept.rows.append(_values(deed, now))
    return catch_up(database)


def catch_up(database: Database) -> bool:
    """Write down the deeds that wait; whether none is left."""
    kept = _waiting_of(database)
    with kept.lock:
        rows = list(kept.rows)
        if not rows:
            return True
        try:
            with database.writing() as session:
                session.add_all(AuditEntry(**row) for row in rows)
        except StoreError as exc:
            if not kept.failing:
                log.error("the audit log cannot be written, and its entries wait: %s", exc)
            kept.failing = True
            return False
        if kept.failing:
            log.warning("the audit log is written again: %d entries waited, %d were lost", len(rows), kept.dropped)
        kept.failing = False
        kept.rows.clear()
        return True


def unwritten(database: Database) -> tuple[int, int]:
    """Return how many deeds wait to be written, and how many were lost since the start."""
    kept = _waiting_of(database)
    return len(kept.rows), kept.dropped


def _waiting_of(database: Database) -> Waiting:
    with _entering:
        return _waiting.setdefault(database, Waiting())


def _values(deed: Deed, now: datetime) -> dict[str, Any]:
    return {
        "at_utc": now,
        "who": clean_text(deed.who.name, 200) if deed.who else "",
        "proof": deed.who.proof.value if deed.who else "",
        "address": deed.address[:64],
        "action": clean_text(deed.action, 200),
        "camera_id": None if deed.camera_id is None else clean_text(deed.camera_id, 64),
        "outcome": deed.outcome,
        "detail": clean_text(deed.detail, 2000),
    }


def deeds(
    database: Database,
    *,
    limit: int = 100,
    before_id: int | None = None,
    camera_id: str | None = None,
    who: str | None = None,
) -> pd.DataFrame:
    """Return the log, newest first; a deed that concerns no camera has an empty one.

    Parameters
    ----------
    before_id
        Only rows older than the one of this number.
    camera_id, who
        Only of this camera; only of this user or token.
    """
    camera = sa.func.coalesce(AuditEntry.camera_id, "")
    columns = (camera if name == "camera_id" else getattr(AuditEntry, name) for name in COLUMNS)
    query = sa.select(*columns).order_by(AuditEntry.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(AuditEntry.id < before_id)
    if camera_id is not None:
        query = query.where(AuditEntry.camera_id == camera_id)
    if who is not None:
        query = query.where(AuditEntry.who == who)
    return read_table(database, query, COLUMNS)


def forget_old(database: Database, now: datetime) -> int:
    """Delete what is older than `KEPT`; returns how many rows."""
    with database.writing() as session:
        old = sa.delete(AuditEntry).where(AuditEntry.at_utc < now - KEPT)
        return session.execute(old).rowcount  # type: ignore[attr-defined,no-any-return]
