"""Signed links: read and written. A link works while its row is there and its time has not come.

Signing and checking do not belong here (monitor/authenticator.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from livemon.store.session import Database
from livemon.store.tables.access import SignedLink


@dataclass(frozen=True, slots=True)
class Link:
    """Stored data of a link; `path` ends with a star when it opens all paths with that beginning."""

    id: str
    camera_id: str
    path: str
    who: str
    proof: str
    created_utc: datetime
    until_utc: datetime


COLUMNS = (
    *(SignedLink.id, SignedLink.camera_id, SignedLink.path, SignedLink.who, SignedLink.proof),
    *(SignedLink.created_utc, SignedLink.until_utc),
)


def add_link(database: Database, link: Link) -> None:
    """Keep a new link; those whose time is over are deleted."""
    with database.writing() as session:
        session.execute(sa.delete(SignedLink).where(SignedLink.until_utc <= link.created_utc))
        values = {column.key: getattr(link, column.key) for column in COLUMNS}
        session.add(SignedLink(**values))


def links(database: Database, now: datetime) -> list[Link]:
    """Return the links that work, the newest first."""
    query = sa.select(*COLUMNS).where(SignedLink.until_utc > now)
    with database.reading() as connection:
        found = connection.execute(query.order_by(SignedLink.created_utc.desc(), SignedLink.id))
        return [Link(*row) for row in found]


def link_of(database: Database, link_id: str, now: datetime) -> Link | None:
    """Return the link of an id; None when it was revoked or is over."""
    query = sa.select(*COLUMNS).where(SignedLink.id == link_id, SignedLink.until_utc > now)
    with database.reading() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else Link(*row)


def revoke_link(database: Database, link_id: str) -> None:
    """Make a link stop working; harmless when it does not work."""
    with database.writing() as session:
        session.execute(sa.delete(SignedLink).where(SignedLink.id == link_id))
