"""Users and the sessions of their browsers: read and written. Passwords and cookies come in as hashes.

Hashing, throttling and deciding do not belong here (monitor/authenticator.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from livemon.base.errors import LastAdmin
from livemon.base.roles import Role
from livemon.store.session import Database
from livemon.store.tables.access import LoginSession, User

MINUTE = timedelta(minutes=1)
"""Resolution of the time of last use: a write at every request would cost more than it tells."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user as the database knows them; the hash is empty for those who log in by OAuth."""

    name: str
    password_hash: str
    role: Role
    cameras: frozenset[str] | None
    created_utc: datetime


def add_user(
    database: Database, name: str, password_hash: str, role: Role, cameras: frozenset[str] | None, now: datetime
) -> bool:
    """Add a user; False when there is one of this name."""
    with database.writing() as session:
        if session.get(User, name) is not None:
            return False
        own = None if cameras is None else sorted(cameras)
        session.add(User(name=name, password_hash=password_hash, role=role.value, cameras=own, created_utc=now))
        return True


def set_password(database: Database, name: str, password_hash: str) -> bool:
    """Replace a user's password, and end their sessions; False when there is no such user."""
    with database.writing() as session:
        row = session.get(User, name)
        if row is None:
            return False
        row.password_hash = password_hash
        session.execute(sa.delete(LoginSession).where(LoginSession.user_name == name))
        return True


def change_rights(database: Database, name: str, role: Role, cameras: frozenset[str] | None) -> bool:
    """Change what a user may do; False when there is no such user.

    Raises
    ------
    LastAdmin
        When it would remove the last admin's rights.
    """
    with database.writing() as session:
        row = session.get(User, name)
        if row is None:
            return False
        if not (role is Role.ADMIN and cameras is None):
            _spare_last_admin(session, name)
        row.role, row.cameras = role.value, None if cameras is None else sorted(cameras)
        return True


def remove_user(database: Database, name: str, *, spare_last_admin: bool = False) -> bool:
    """Remove a user and their sessions; False when there is no such user.

    Raises
    ------
    LastAdmin
        When this is the last admin, and is to be spared.
    """
    with database.writing() as session:
        if spare_last_admin:
            _spare_last_admin(session, name)
        session.execute(sa.delete(LoginSession).where(LoginSession.user_name == name))
        row = session.get(User, name)
        if row is None:
            return False
        session.delete(row)
        return True


def accounts(database: Database, name: str | None = None) -> list[Account]:
    """Return the users in the order of their names; only the one of a name when it is given."""
    query = sa.select(User.name, User.password_hash, User.role, User.cameras, User.created_utc).order_by(User.name)
    if name is not None:
        query = query.where(User.name == name)
    with database.reading() as connection:
        return [_account(row) for row in connection.execute(query)]


def open_session(database: Database, token_sha256: str, user_name: str, now: datetime, ended_before: datetime) -> None:
    """Remember a browser after a login; forget those that logged in before a time."""
    with database.writing() as session:
        session.execute(sa.delete(LoginSession).where(LoginSession.created_utc < ended_before))
        session.add(LoginSession(token_sha256=token_sha256, user_name=user_name, created_utc=now, used_utc=now))


def session_account(
    database: Database, token_sha256: str, now: datetime, *, longest: timedelta, idle: timedelta
) -> Account | None:
    """Return whose session it is, unless it is over; notes that it was used."""
    query = (
        sa.select(User.name, User.password_hash, User.role, User.cameras, User.created_utc, LoginSession.used_utc)
        .join(User, User.name == LoginSession.user_name)
        .where(
            LoginSession.token_sha256 == token_sha256,
            LoginSession.created_utc > now - longest,
            LoginSession.used_utc > now - idle,
        )
    )
    with database.reading() as connection:
        found = connection.execute(query).one_or_none()
    if found is None:
        return None
    if now - found.used_utc > MINUTE:
        used = sa.update(LoginSession).where(LoginSession.token_sha256 == token_sha256).values(used_utc=now)
        with database.writing() as session:
            session.execute(used)
    return _account(found)


def close_session(database: Database, token_sha256: str) -> None:
    """Forget a browser."""
    with database.writing() as session:
        session.execute(sa.delete(LoginSession).where(LoginSession.token_sha256 == token_sha256))


def _spare_last_admin(session: Session, name: str) -> None:
    rows = session.execute(sa.select(User.name, User.role, User.cameras)).all()
    admins = {row.name for row in rows if rights(row.role, row.cameras) == (Role.ADMIN, None)}
    if admins == {name}:
        raise LastAdmin("access.last_admin", name=name)


def _account(row: sa.Row[*tuple[Any, ...]]) -> Account:
    role, own = rights(row.role, row.cameras)
    return Account(row.name, row.password_hash, role, own, row.created_utc)


def rights(role: str, cameras: list[str] | None) -> tuple[Role, frozenset[str] | None]:
    """Return what a row's role and cameras allow; an unknown role allows nothing: a viewer of no camera."""
    if role not in list(Role):
        return Role.VIEWER, frozenset()
    return Role(role), None if cameras is None else frozenset(map(str, cameras))
