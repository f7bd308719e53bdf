"""Rate limits that several hosts keep together: a token bucket for each name, by the database's clock.

Waiting for a token lives in inference/shared_rate.py.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from livemon.store.camera_leases import now_of
from livemon.store.session import Database
from livemon.store.tables.leases import RateLimitRow


def take_token(database: Database, name: str, per_minute: int) -> float:
    """Take one token of a bucket; returns 0, or the seconds until there is one. A new bucket is full.

    Parameters
    ----------
    per_minute
        Tokens that come in a minute, and that the bucket holds.
    """
    with database.writing() as session:
        now = now_of(session)
        new = {"name": name, "tokens": float(per_minute), "updated_utc": now}
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        session.execute(insert(RateLimitRow).values(new).on_conflict_do_nothing())
        row = session.scalars(sa.select(RateLimitRow).where(RateLimitRow.name == name).with_for_update()).one()
        passed_s = max(0.0, (now - row.updated_utc).total_seconds())
        row.tokens = min(per_minute, row.tokens + passed_s * per_minute / 60)
        row.updated_utc = now
        if row.tokens < 1:
            return (1 - row.tokens) * 60 / per_minute
        row.tokens -= 1
        return 0.0
