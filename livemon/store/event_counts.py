"""How many events there are, from the counts by day that triggers keep (search_tables.EventCount).

Whole days are summed; what a stretch of time cuts off a day is counted by its rows. Which events are wanted stands in
event_search.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from livemon.base.clock import floor_to
from livemon.store.tables.recordings import RealtimeEvent
from livemon.store.tables.search import EventCount

DAY = timedelta(days=1)
Conditions = Sequence[sa.ColumnElement[bool]]
Groups = dict[tuple[str, str], int]
"""Events by camera and severity, as the rows have them."""


def longest(connection: Connection, counted: Conditions) -> timedelta:
    """Return a time that none of the events of these counts went on for longer than."""
    query = sa.select(sa.func.coalesce(sa.func.max(EventCount.longest_s), 0.0)).where(*counted)
    return timedelta(seconds=float(connection.execute(query).scalar_one()))


def going_on(
    connection: Connection, counted: Conditions, since: datetime | None, until: datetime | None
) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that an event was going on in [since, until), such that an index by begin can serve them.

    Parameters
    ----------
    counted
        The events that are wanted, as conditions on counts: none of them is longer than the longest of these.
    """
    event = RealtimeEvent.__table__.c
    conditions = [] if until is None else [event.start_utc < until]
    if since is not None:
        conditions += [event.last_seen_utc >= since, event.start_utc >= since - longest(connection, counted)]
    return conditions


def groups_on_days(connection: Connection, counted: Conditions, first: str = "", last: str = "9") -> Groups:
    """Return how many events began on the days in [first, last), by camera and severity; none are left out."""
    table = EventCount
    query = (
        sa.select(table.camera_id, table.severity, sa.func.sum(table.events))
        .where(*counted, table.day >= first, table.day < last)
        .group_by(table.camera_id, table.severity)
    )
    return {(camera_id, severity): int(events) for camera_id, severity, events in connection.execute(query) if events}


def count_by_severity(
    connection: Connection, counted: Conditions, rows: Conditions, since: datetime | None, until: datetime | None
) -> dict[str, int]:
    """Return how many events were going on in [since, until), by severity.

    Parameters
    ----------
    counted, rows
        The events that are wanted, as conditions on counts and on rows.
    """
    first = None if since is None else floor_to(since + DAY - timedelta(microseconds=1), DAY)
    last = None if until is None else floor_to(until, DAY)
    event = RealtimeEvent.__table__.c
    edges: list[sa.ColumnElement[bool]]
    if first is not None and last is not None and first >= last:
        found: Groups = {}
        edges = [sa.true()]
    else:
        found = groups_on_days(connection, counted, _name(first) if first else "", _name(last) if last else "9")
        edges = [event.start_utc < first] if first else []
        edges += [event.start_utc >= last] if last else []
    counts: dict[str, int] = {}
    for (_, severity), events in found.items():
        counts[severity] = counts.get(severity, 0) + events
    within = going_on(connection, counted, since, until)
    # A statement for each edge: together they would be one range with the whole days in it.
    for edge in edges:
        query = sa.select(event.severity, sa.func.count()).where(*rows, *within, edge).group_by(event.severity)
        for severity, events in connection.execute(query):
            counts[severity] = counts.get(severity, 0) + events
    return counts


def _name(day: datetime) -> str:
    return f"{day:%Y-%m-%d}"


def day_of(moment: Any) -> str:
    """Return the day of a moment as counts have it."""
    return _name(floor_to(moment, DAY))
