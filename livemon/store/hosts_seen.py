"""Hosts as rows: their addresses for one another. Which camera is whose lives in camera_leases.py."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from livemon.store.camera_leases import database_now
from livemon.store.session import Database
from livemon.store.tables.leases import HostRow

FORGOTTEN = timedelta(days=1)
"""A process has a name of its own each time it starts; rows of ended ones are deleted."""


def note(database: Database, owner: str, url: str) -> None:
    """Say that a host is there, and where; rows of hosts that are long gone are deleted."""
    now = database_now(database)
    values = {"owner": owner, "url": url, "seen_utc": now}
    with database.writing() as session:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        added = insert(HostRow).values(values)
        session.execute(added.on_conflict_do_update(index_elements=["owner"], set_={"url": url, "seen_utc": now}))
        session.execute(sa.delete(HostRow).where(HostRow.seen_utc < now - FORGOTTEN))


def forget(database: Database, owner: str) -> None:
    """Say that a host is there no longer."""
    with database.writing() as session:
        session.execute(sa.delete(HostRow).where(HostRow.owner == owner))


def urls(database: Database, within: timedelta) -> dict[str, str]:
    """Return the addresses of the hosts that were there within a time, by owner; the newest first."""
    since = database_now(database) - within
    query = sa.select(HostRow.owner, HostRow.url).where(HostRow.seen_utc >= since, HostRow.url != "")
    with database.reading() as connection:
        return {row.owner: row.url for row in connection.execute(query.order_by(HostRow.seen_utc.desc()))}
