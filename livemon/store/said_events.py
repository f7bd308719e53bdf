"""Live reports about a stretch of footage, with their model: events of a time, and of calls of models.

Read for labelling. Judging events is reviews.py's, labels are labels.py's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import pandas as pd
import sqlalchemy as sa

from livemon.base.datatypes import EventType, Severity
from livemon.store.queries import read_table
from livemon.store.reviews import PERSON
from livemon.store.session import Database
from livemon.store.tables.recordings import RealtimeEvent

SAID_EVENT_COLUMNS: Mapping[str, str] = {
    "id": "int64",
    "vlm_call_id": "Int64",
    "camera_id": "str",
    "start_utc": "datetime64[us, UTC]",
    "last_seen_utc": "datetime64[us, UTC]",
    "kind": "str",
    "severity": "str",
    "title": "str",
    "description": "str",
    "model": "str",
    "prompt_version": "str",
}
GRAVE = (Severity.DANGER.value, Severity.WARNING.value)

MOST_IDS = 500
"""Ids in one question; databases limit the values of a statement."""


def anything_seen(
    database: Database, camera_id: str, since: datetime, until: datetime, *, grave_since: datetime
) -> bool:
    """Say whether anything was seen in [since, until), or something grave from `grave_since` on.

    Grave is a danger or a warning; events about livemon itself do not count.
    """
    event = RealtimeEvent
    grave = sa.and_(event.severity.in_(GRAVE), event.last_seen_utc >= grave_since)
    query = sa.select(sa.func.count()).where(
        event.camera_id == camera_id,
        event.event_type != EventType.SYSTEM.value,
        event.start_utc < until,
        sa.or_(event.last_seen_utc >= since, grave),
    )
    with database.reading() as connection:
        return bool(connection.execute(query).scalar_one())


def said_between(database: Database, camera_id: str, since: datetime, until: datetime) -> pd.DataFrame:
    """Return the events that a model told of and that were going on in [since, until), oldest first.

    Returns
    -------
    DataFrame
        `SAID_EVENT_COLUMNS`; without livemon's own news, and without people's marks.
    """
    went_on = (
        RealtimeEvent.camera_id == camera_id,
        RealtimeEvent.last_seen_utc >= since,
        RealtimeEvent.start_utc < until,
    )
    return _read(database, sa.and_(*went_on))


def said_by_calls(database: Database, call_ids: Collection[int]) -> pd.DataFrame:
    """Return the events that these calls of models made, oldest first, with the columns of `SAID_EVENT_COLUMNS`."""
    ids = list(call_ids)
    parts = [
        _read(database, RealtimeEvent.vlm_call_id.in_(ids[begin : begin + MOST_IDS]))
        for begin in range(0, max(1, len(ids)), MOST_IDS)
    ]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def _read(database: Database, which: sa.ColumnElement[bool]) -> pd.DataFrame:
    columns = (getattr(RealtimeEvent, name) for name in SAID_EVENT_COLUMNS)
    query = (
        sa.select(*columns)
        .where(which, RealtimeEvent.event_type != EventType.SYSTEM.value, RealtimeEvent.model != PERSON)
        .order_by(RealtimeEvent.start_utc, RealtimeEvent.id)
    )
    return read_table(database, query, SAID_EVENT_COLUMNS)
