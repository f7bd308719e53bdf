"""Camera leases as rows: taken, renewed, given back, and asked for by every insert of a camera's stream.

All times are the database's, so that hosts need not agree on theirs. The choice of leases lives in
cameras/lease_plan.py, the moments in cameras/lease_keeper.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from livemon.base.errors import StaleLease
from livemon.store.session import Database
from livemon.store.tables.leases import CameraLeaseRow

OWNER_SEPARATOR = ":"

LONGEST_TRANSACTION_S = 5
"""PostgreSQL ends a writer that pauses for longer within its transaction: a stopped process would keep the lease's row
locked, and no other host could take it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to record a camera and to write its rows, until another owner takes it."""

    camera_id: str
    owner: str
    epoch: int


@dataclass(frozen=True, slots=True)
class SeenLease:
    """A lease as the database has it.

    Attributes
    ----------
    free
        Whether it was given back, or has expired.
    status
        The owner's last word on its stream (cameras/status_text.py).
    """

    camera_id: str
    owner: str
    free: bool
    status: str = ""

    @property
    def host(self) -> str:
        """Name of the owner's host."""
        return self.owner.rpartition(OWNER_SEPARATOR)[0]


HeldLease = Callable[[], Lease | None]
"""Returns the lease under which a camera's rows are written; None where a database has one host only."""


def without_lease() -> None:
    """Return the lease of a camera that needs none."""


def take(database: Database, camera_id: str, owner: str, expiry: timedelta) -> Lease | None:
    """Take a lease that is free, expired or one's own, with the next epoch; None when another owner has it."""
    with database.writing() as session:
        _insert_missing(session, camera_id)
        query = sa.select(CameraLeaseRow).where(CameraLeaseRow.camera_id == camera_id)
        row = session.scalars(query.with_for_update(skip_locked=True)).one_or_none()
        if row is None:
            return None  # its owner writes at this moment
        now = now_of(session)
        if row.owner not in ("", owner) and row.expires_utc > now:
            return None
        row.owner, row.epoch, row.expires_utc, row.status = owner, row.epoch + 1, now + expiry, ""
        return Lease(camera_id, owner, row.epoch)


def renew(
    database: Database, leases: Collection[Lease], expiry: timedelta, statuses: Mapping[str, str] = MappingProxyType({})
) -> frozenset[Lease]:
    """Let leases begin anew; returns those that are still their owner's.

    Parameters
    ----------
    statuses
        State of each camera's stream, by camera, for the other hosts.
    """
    kept = set()
    for lease in sorted(leases, key=lambda one: one.camera_id):
        with database.writing() as session:
            query = (
                sa.update(CameraLeaseRow)
                .where(*_is(lease))
                .values(expires_utc=now_of(session) + expiry, status=statuses.get(lease.camera_id, ""))
            )
            result: Any = session.execute(query.execution_options(synchronize_session=False))
            if result.rowcount:
                kept.add(lease)
    return frozenset(kept)


def give_back(database: Database, lease: Lease) -> None:
    """Let others have a lease at once; does nothing when it is not its owner's any more."""
    query = sa.update(CameraLeaseRow).where(*_is(lease)).values(owner="")
    with database.writing() as session:
        session.execute(query.execution_options(synchronize_session=False))


def seen(database: Database) -> tuple[dict[str, SeenLease], datetime]:
    """Return all leases by camera, and the database's time."""
    with database.reading() as connection:
        now = now_of(connection)
        own = CameraLeaseRow
        rows = connection.execute(sa.select(own.camera_id, own.owner, own.expires_utc, own.status)).all()
    return {
        camera: SeenLease(camera, owner, not owner or expires <= now, status) for camera, owner, expires, status in rows
    }, now


def database_now(database: Database) -> datetime:
    """Return the time of the database's clock."""
    with database.reading() as connection:
        return now_of(connection)


def refuse_stale(session: Session, lease: Lease | None) -> None:
    """Refuse to write under a lease that another owner has by now; the first step of a transaction.

    The row stays locked until the transaction ends, so that a take-over comes before all of it or after it.

    Raises
    ------
    StaleLease
        When it is not its owner's any more.
    """
    if lease is None:
        return
    columns: list[Any] = [CameraLeaseRow.epoch]
    if session.get_bind().dialect.name == "postgresql":
        columns.append(sa.func.set_config("idle_in_transaction_session_timeout", f"{LONGEST_TRANSACTION_S}s", True))
    query = sa.select(*columns).where(*_is(lease)).with_for_update(read=True)
    if session.execute(query).one_or_none() is None:
        raise StaleLease("store.stale_lease", camera=lease.camera_id, epoch=lease.epoch)


def _insert_missing(session: Session, camera_id: str) -> None:
    values = {
        "camera_id": camera_id,
        "owner": "",
        "epoch": 0,
        "expires_utc": datetime(1970, 1, 1, tzinfo=UTC),
        "status": "",
    }
    if session.get(CameraLeaseRow, camera_id) is None:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        session.execute(insert(CameraLeaseRow).values(values).on_conflict_do_nothing())
    session.expunge_all()  # read anew, under the lock


def now_of(connection: Session | Connection) -> datetime:
    """Return the time of the database's clock; of SQLite's, which is the machine's, in milliseconds."""
    bind = connection.get_bind() if isinstance(connection, Session) else connection
    if bind.dialect.name == "postgresql":
        now: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return now.astimezone(UTC)
    text = connection.execute(sa.select(sa.func.strftime("%Y-%m-%dT%H:%M:%f", "now"))).scalar_one()
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _is(lease: Lease) -> tuple[sa.ColumnElement[bool], ...]:
    own = CameraLeaseRow
    return own.camera_id == lease.camera_id, own.owner == lease.owner, own.epoch == lease.epoch
