"""Number of events, from the counts by day that triggers keep (tables/search.py).

Whole days are summed; what a stretch of time cuts off a day is counted by its rows. Rows older than the counts are
counted by `fill`, batch by batch; until then `counts` reads the rows themselves. The filter of events lives in
event_search.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from livemon.base.clock import floor_to
from livemon.store.session import Database
from livemon.store.tables.recordings import RealtimeEvent
from livemon.store.tables.search import EventCount, WordIndexProgress

COUNTS = "event_counts"
"""The name of the counts among the tables that are filled in batches."""
BATCH = 20_000
DAY = timedelta(days=1)
EVENT = RealtimeEvent.__table__.c
KEY = ("camera_id", "severity", "day", "event_type", "reviewed", "label")
Conditions = Sequence[sa.ColumnElement[bool]]
Counted = Callable[[Any], Conditions]
"""The events that are wanted, as conditions on the columns of `counts`."""
Groups = dict[tuple[str, str], int]
"""Events by camera and severity, as the rows have them."""
_PROGRESS = sa.select(sa.func.coalesce(sa.func.max(WordIndexProgress.below_id), 0)).where(
    WordIndexProgress.name == COUNTS
)


def counts(connection: Connection) -> Any:
    """Return the columns of the counts: the table's, and while it is not complete those of uncounted rows with them.

    One statement reads both, so that a batch that ends meanwhile counts nothing twice.
    """
    table = EventCount.__table__
    if is_complete(connection):
        return table.c
    rows = _by_day(connection.dialect.name).where(EVENT.id < _PROGRESS.scalar_subquery())
    return sa.union_all(sa.select(table), rows).subquery("counts").c


def is_complete(connection: Connection) -> bool:
    """Return whether all rows are counted."""
    return not connection.execute(_PROGRESS).scalar_one()


def fill(database: Database, most: int = BATCH) -> bool:
    """Count the newest rows that are not counted yet, `most` of them, in one transaction; whether more are left."""
    with database.writing() as session:
        progress = session.get(WordIndexProgress, COUNTS, with_for_update=True)
        if progress is None or not progress.below_id:
            return False
        dialect = session.get_bind().dialect.name
        if dialect == "postgresql":
            # A row that is changed meanwhile would be counted as it was, and its trigger would leave it out.
            session.execute(sa.text("LOCK TABLE realtime_events IN SHARE MODE"))
        batch = sa.select(EVENT.id).where(EVENT.id < progress.below_id).order_by(EVENT.id.desc()).limit(most).subquery()
        first, found = session.execute(sa.select(sa.func.min(batch.c.id), sa.func.count())).one()
        if found:
            _add(session, dialect, _by_day(dialect).where(EVENT.id >= first, EVENT.id < progress.below_id))
        progress.below_id = first if found == most else 0
        return progress.below_id > 0


def uncounted_share(database: Database) -> float:
    """Return which part of the rows that are older than the counts is not counted yet, 0 to 1."""
    query = sa.select(WordIndexProgress.below_id, WordIndexProgress.first_below_id)
    with database.reading() as connection:
        row = connection.execute(query.where(WordIndexProgress.name == COUNTS)).one_or_none()
    return row.below_id / row.first_below_id if row and row.first_below_id else 0.0


def longest(connection: Connection, counted: Counted) -> timedelta:
    """Return a time that none of the events of these counts went on for longer than."""
    of = counts(connection)
    query = sa.select(sa.func.coalesce(sa.func.max(of.longest_s), 0.0)).where(*counted(of))
    return timedelta(seconds=float(connection.execute(query).scalar_one()))


def going_on(
    connection: Connection, counted: Counted, since: datetime | None, until: datetime | None
) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that an event was going on in [since, until), such that an index by begin can serve them.

    Parameters
    ----------
    counted
        The events that are wanted: none of them is longer than the longest of these.
    """
    conditions = [] if until is None else [EVENT.start_utc < until]
    if since is not None:
        conditions += [EVENT.last_seen_utc >= since, EVENT.start_utc >= since - longest(connection, counted)]
    return conditions


def groups_on_days(connection: Connection, counted: Counted, first: str = "", last: str = "9") -> Groups:
    """Return how many events began on the days in [first, last), by camera and severity; none are left out."""
    of = counts(connection)
    query = (
        sa.select(of.camera_id, of.severity, sa.func.sum(of.events))
        .where(*counted(of), of.day >= first, of.day < last)
        .group_by(of.camera_id, of.severity)
    )
    return {(camera_id, severity): int(events) for camera_id, severity, events in connection.execute(query) if events}


def count_by_severity(
    connection: Connection, counted: Counted, rows: Conditions, since: datetime | None, until: datetime | None
) -> dict[str, int]:
    """Return how many events were going on in [since, until), by severity.

    Parameters
    ----------
    counted, rows
        The events that are wanted, as conditions on counts and on rows.
    """
    first = None if since is None else floor_to(since + DAY - timedelta(microseconds=1), DAY)
    last = None if until is None else floor_to(until, DAY)
    edges: list[sa.ColumnElement[bool]]
    if first is not None and last is not None and first >= last:
        found: Groups = {}
        edges = [sa.true()]
    else:
        found = groups_on_days(connection, counted, _name(first) if first else "", _name(last) if last else "9")
        edges = [EVENT.start_utc < first] if first else []
        edges += [EVENT.start_utc >= last] if last else []
    numbers: dict[str, int] = {}
    for (_, severity), events in found.items():
        numbers[severity] = numbers.get(severity, 0) + events
    within = going_on(connection, counted, since, until)
    # A statement for each edge: together they would be one range with the whole days in it.
    for edge in edges:
        query = sa.select(EVENT.severity, sa.func.count()).where(*rows, *within, edge).group_by(EVENT.severity)
        for severity, events in connection.execute(query):
            numbers[severity] = numbers.get(severity, 0) + events
    return numbers


def day_of(moment: Any) -> str:
    """Return the day of a moment as counts have it."""
    return _name(floor_to(moment, DAY))


def _name(day: datetime) -> str:
    return f"{day:%Y-%m-%d}"


def _by_day(dialect: str) -> sa.Select[Any]:
    """Return the query for counts of rows with the columns of `EventCount`, as the triggers of migration 0010 count."""
    day: sa.ColumnElement[Any]
    longest_s: sa.ColumnElement[Any]
    if dialect == "postgresql":
        day = sa.func.to_char(sa.func.timezone("UTC", EVENT.start_utc), "YYYY-MM-DD")
        longest_s = sa.cast(sa.extract("epoch", EVENT.last_seen_utc - EVENT.start_utc), sa.Double) + 1
    else:
        day = sa.func.substr(EVENT.start_utc, 1, 10)
        days = sa.func.julianday(EVENT.last_seen_utc) - sa.func.julianday(EVENT.start_utc)
        longest_s = sa.func.coalesce(days * sa.literal_column("86400") + 1, 0)
    key: list[sa.ColumnElement[Any]] = [
        EVENT.camera_id,
        EVENT.severity,
        sa.type_coerce(day, sa.String).label("day"),
        EVENT.event_type,
        sa.case((EVENT.reviewed_utc.is_not(None), 1), else_=0).label("reviewed"),
        sa.func.coalesce(EVENT.label, "").label("label"),
    ]
    numbers = (sa.func.count().label("events"), sa.func.max(longest_s).label("longest_s"))
    return sa.select(*key, *numbers).group_by(*(sa.literal_column(str(place)) for place in range(1, len(key) + 1)))


def _add(session: Any, dialect: str, rows: sa.Select[Any]) -> None:
    make: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    insert = make(EventCount).from_select([*KEY, "events", "longest_s"], rows)
    known, new = EventCount, insert.excluded
    more = sa.case((new.longest_s > known.longest_s, new.longest_s), else_=known.longest_s)
    session.execute(
        insert.on_conflict_do_update(
            index_elements=list(KEY), set_={"events": known.events + new.events, "longest_s": more}
        )
    )
