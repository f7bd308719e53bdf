"""The audit log: who did what, and who was refused. Rows are only ever added, and deleted when they are old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
import sqlalchemy as sa

from livemon.access import Identity
from livemon.store.people import AuditEntry
from livemon.store.queries import read_table
from livemon.store.session import Database
from livemon.store.writes import clean_text

KEPT = timedelta(days=400)
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
    """Something that somebody did, or tried.

    Parameters
    ----------
    action
        In words, or as method and route.
    who
        None when nobody knows.
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


def note(database: Database, deed: Deed, now: datetime) -> None:
    """Write down a deed."""
    row = AuditEntry(
        at_utc=now,
        who=clean_text(deed.who.name, 200) if deed.who else "",
        proof=deed.who.proof.value if deed.who else "",
        address=deed.address[:64],
        action=clean_text(deed.action, 200),
        camera_id=None if deed.camera_id is None else clean_text(deed.camera_id, 64),
        outcome=deed.outcome,
        detail=clean_text(deed.detail, 2000),
    )
    with database.writing() as session:
        session.add(row)


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
