"""Indexes of events that a large database gets while livemon runs: migration 0010 makes them only on a small table.

Without them every answer is right, and some take longer. Their definitions live in tables/recordings.py.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex

from livemon.store.session import Database
from livemon.store.tables.recordings import RealtimeEvent

LOCK = 0x6C697678
"""PostgreSQL's advisory lock while an index is made: any number of our own."""
INDEXES = {str(index.name): index for index in RealtimeEvent.__table__.indexes}  # type: ignore[attr-defined]


def missing(database: Database) -> list[str]:
    """Return the names of the indexes that are not there, or were left unfinished, in order."""
    with database.reading() as connection:
        if connection.dialect.name == "postgresql":
            query = sa.text(
                "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                "WHERE i.indrelid = 'realtime_events'::regclass AND i.indisvalid"
            )
            there = set(connection.execute(query).scalars())
        else:
            there = {index["name"] for index in sa.inspect(connection).get_indexes("realtime_events")}
    return sorted(set(INDEXES) - there)


def make_first(database: Database) -> None:
    """Make the first of the indexes that are missing; harmless when none is.

    SQLite makes it in one transaction: who writes waits, and a process that is killed begins it anew. PostgreSQL makes
    it beside all writing; when another process does already, nothing is done.
    """
    names = missing(database)
    if not names:
        return
    index = INDEXES[names[0]]
    if database.engine.dialect.name != "postgresql":
        with database.writing() as session:
            index.create(session.connection(), checkfirst=True)
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(sa.select(sa.func.pg_try_advisory_lock(LOCK))).scalar_one():
            return
        try:
            if names[0] in missing(database):
                connection.execute(sa.text(f"DROP INDEX IF EXISTS {names[0]}"))  # of an attempt that was killed
                statement: Any = str(CreateIndex(index).compile(dialect=connection.dialect))
                connection.execute(sa.text(statement.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY", 1)))
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(LOCK)))
