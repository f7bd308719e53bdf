"""Events by what a person wants to see of them: which are to review, which were judged, what their words say.

A camera's events in the order of their rows, as API and reports page through them, are in queries.py; what people say
about events is written by reviews.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import pandas as pd
import sqlalchemy as sa

from livemon.datatypes import Severity
from livemon.store.models import RealtimeEvent
from livemon.store.queries import EVENT_COLUMNS, MAX_ROWS, read_table
from livemon.store.session import Database

FOUND_COLUMNS: Mapping[str, str] = {
    **EVENT_COLUMNS,
    "evidence_utcs": "object",
    "prompt_version": "str",
    "vlm_call_id": "object",
}
WORDS = (RealtimeEvent.title, RealtimeEvent.description, RealtimeEvent.location, RealtimeEvent.note, RealtimeEvent.kind)
MOST_TEXT = 200


class ReviewState(StrEnum):
    """Whether a person has looked at an event, and what they said."""

    OPEN = "open"
    REVIEWED = "reviewed"
    RIGHT = "right"
    WRONG = "wrong"
    MISSED = "missed"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class EventSearch:
    """What is looked for. Hashable, so that one answer serves all who ask the same.

    Attributes
    ----------
    cameras
        Only of these; of none when empty.
    severities, event_types
        Only these; all when empty.
    text
        Words that must all be in the title, description, place, note or kind, in any case of letters.
    since, until
        Only events that were going on in [since, until).
    worst_first
        Dangers before warnings before the rest, and then the newest first; otherwise only the newest first.
    """

    cameras: tuple[str, ...]
    severities: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()
    state: ReviewState = ReviewState.ANY
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    worst_first: bool = False


def search(database: Database, wanted: EventSearch, limit: int = 100) -> pd.DataFrame:
    """Return the events looked for, at most `limit` of them, with the columns of `FOUND_COLUMNS`."""
    query = sa.select(*(getattr(RealtimeEvent, name) for name in FOUND_COLUMNS)).where(*_where(wanted))
    if wanted.worst_first:
        query = query.order_by(_RANK.desc())
    query = query.order_by(RealtimeEvent.start_utc.desc(), RealtimeEvent.id.desc())
    return read_table(database, query.limit(min(max(limit, 1), MAX_ROWS)), FOUND_COLUMNS)


def count(database: Database, wanted: EventSearch) -> dict[str, int]:
    """Return how many events there are of what is looked for, by severity."""
    query = sa.select(RealtimeEvent.severity, sa.func.count()).where(*_where(wanted)).group_by(RealtimeEvent.severity)
    with database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def found_event(database: Database, cameras: Collection[str], event_id: int) -> dict[Any, Any] | None:
    """Return one event with the columns of `FOUND_COLUMNS`; None when these cameras have none of this number."""
    query = sa.select(*(getattr(RealtimeEvent, name) for name in FOUND_COLUMNS)).where(
        RealtimeEvent.id == event_id, RealtimeEvent.camera_id.in_(cameras)
    )
    found = read_table(database, query, FOUND_COLUMNS).to_dict("records")
    return found[0] if found else None


def cameras_of(database: Database, event_ids: Collection[int]) -> set[str]:
    """Return whose events these are."""
    query = sa.select(RealtimeEvent.camera_id).where(RealtimeEvent.id.in_(event_ids)).distinct()
    with database.reading() as connection:
        return set(connection.execute(query).scalars())


_RANK = sa.case({each.value: each.rank for each in Severity}, value=RealtimeEvent.severity, else_=-1)


def _where(wanted: EventSearch) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [RealtimeEvent.camera_id.in_(wanted.cameras)]
    if wanted.severities:
        conditions.append(RealtimeEvent.severity.in_(wanted.severities))
    if wanted.event_types:
        conditions.append(RealtimeEvent.event_type.in_(wanted.event_types))
    if wanted.since is not None:
        conditions.append(RealtimeEvent.last_seen_utc >= wanted.since)
    if wanted.until is not None:
        conditions.append(RealtimeEvent.start_utc < wanted.until)
    if wanted.state is ReviewState.OPEN:
        conditions.append(RealtimeEvent.reviewed_utc.is_(None))
    elif wanted.state is ReviewState.REVIEWED:
        conditions.append(RealtimeEvent.reviewed_utc.is_not(None))
    elif wanted.state is not ReviewState.ANY:
        conditions.append(RealtimeEvent.label == wanted.state.value)
    for word in wanted.text[:MOST_TEXT].split():
        conditions.append(sa.or_(*(column.icontains(word, autoescape=True) for column in WORDS)))
    return conditions
