"""API tokens: read and written. Only hashes come in; the secret itself is shown once and kept nowhere.

Making secrets and deciding do not belong here (monitor/authenticator.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from livemon.base.roles import Role
from livemon.store.session import Database
from livemon.store.tables.access import ApiToken
from livemon.store.users import MINUTE, rights


@dataclass(frozen=True, slots=True)
class Token:
    """Stored data of a token."""

    id: int
    name: str
    role: Role
    cameras: frozenset[str] | None
    created_utc: datetime
    expires_utc: datetime | None
    used_utc: datetime | None
    revoked_utc: datetime | None

    def works(self, now: datetime) -> bool:
        """Whether it is still good."""
        return self.revoked_utc is None and (self.expires_utc is None or now < self.expires_utc)


COLUMNS = (
    *(ApiToken.id, ApiToken.name, ApiToken.role, ApiToken.cameras),
    *(ApiToken.created_utc, ApiToken.expires_utc, ApiToken.used_utc, ApiToken.revoked_utc),
)


def add_token(
    database: Database,
    name: str,
    token_sha256: str,
    role: Role,
    cameras: frozenset[str] | None,
    now: datetime,
    expires_utc: datetime | None,
) -> int:
    """Keep a new token's hash; returns its id."""
    own = None if cameras is None else sorted(cameras)
    row = ApiToken(
        name=name, token_sha256=token_sha256, role=role.value, cameras=own, created_utc=now, expires_utc=expires_utc
    )
    with database.writing() as session:
        session.add(row)
        session.flush()
        return row.id


def revoke_token(database: Database, token_id: int, now: datetime) -> bool:
    """Make a token stop working; False when there is none of this number."""
    with database.writing() as session:
        row = session.get(ApiToken, token_id)
        if row is None:
            return False
        row.revoked_utc = row.revoked_utc or now
        return True


def tokens(database: Database) -> list[Token]:
    """Return all tokens, also those that work no more, the oldest first."""
    with database.reading() as connection:
        return [_token(row) for row in connection.execute(sa.select(*COLUMNS).order_by(ApiToken.id))]


def token_of(database: Database, token_sha256: str, now: datetime) -> Token | None:
    """Return the token with this hash, also one that works no more; notes that it was used."""
    with database.reading() as connection:
        found = connection.execute(sa.select(*COLUMNS).where(ApiToken.token_sha256 == token_sha256)).one_or_none()
    if found is None:
        return None
    token = _token(found)
    if token.works(now) and (token.used_utc is None or now - token.used_utc > MINUTE):
        with database.writing() as session:
            session.execute(sa.update(ApiToken).where(ApiToken.id == token.id).values(used_utc=now))
    return token


def _token(row: sa.Row[*tuple[Any, ...]]) -> Token:
    role, own = rights(row.role, row.cameras)
    times = (row.created_utc, row.expires_utc, row.used_utc, row.revoked_utc)
    return Token(row.id, row.name, role, own, *times)
