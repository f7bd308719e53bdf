"""Search of events: those to review, those judged, and those with certain words.

Pages, API, notebooks and commands all look for events here. Reviews are written by reviews.py; windows are found by
window_search.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from livemon.base.datatypes import Severity
from livemon.base.errors import SearchError
from livemon.base.messages.message import Message, message
from livemon.store import event_counts, word_index
from livemon.store.event_columns import EVENT_COLUMNS
from livemon.store.event_counts import day_of, going_on, groups_on_days, longest
from livemon.store.queries import MAX_ROWS, read_table
from livemon.store.search_words import Terms, read_terms
from livemon.store.session import Database
from livemon.store.tables.recordings import RealtimeEvent
from livemon.store.word_index import (
    SeenFilter,
    event_words,
    holds,
    matches,
    seen_word,
    severity_word,
    zone_word,
)
from livemon.store.word_order import are_more_than, counted_ids, newest_ids

FOUND_COLUMNS: Mapping[str, str] = {
    **EVENT_COLUMNS,
    "evidence_utcs": "object",
    "prompt_version": "str",
    "vlm_call_id": "object",
}
MOST_COUNTED = 1000
"""Events of a severity that the index of words finds are counted up to here: more are told as so many or more."""
MOST_GROUPS = 200
"""Cameras and severities that one statement lists; SQLite takes no more than 500 parts."""


EVENT = RealtimeEvent.__table__.c


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
    """Filter of events.

    Hashable, so that one answer serves all equal requests.

    Attributes
    ----------
    cameras
        Only of these; of none when empty.
    severities, event_types
        Only these; all when empty.
    seen
        Only events at whose moment the detector found this; all when None.
    zone
        Only events with a person in a zone of this name, and those about the zone; all when empty.
    text
        Words that must all be in the title, description, place, note, kind or repetitions; see search_words.py. No
        matter when empty.
    since, until
        Only events that were going on in [since, until).
    worst_first
        Dangers before warnings before the rest, and then the newest first; otherwise only the newest first. Among
        events that are found by the index, the newest is the one recorded last.
    """

    cameras: tuple[str, ...]
    severities: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()
    state: ReviewState = ReviewState.ANY
    seen: SeenFilter | None = None
    zone: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    worst_first: bool = False

    @property
    def by_index(self) -> bool:
        """Whether the index of words finds them: by words, or by people, pets and zones, which are words in it."""
        return bool(self.text or self.seen or self.zone)

    def terms(self) -> Terms:
        """Return all that must be in the index of words; raises SearchError when the text cannot be looked for."""
        said = read_terms(self.text) if self.text else Terms(())
        facts = [(seen_word(self.seen),)] if self.seen else []
        facts += [(zone_word(self.zone),)] if self.zone else []
        return replace(said, phrases=(*facts, *said.phrases))


def search(database: Database, wanted: EventSearch, limit: int = 100, before_id: int | None = None) -> pd.DataFrame:
    """Return the events looked for, at most `limit` of them, with the columns of `FOUND_COLUMNS`.

    Parameters
    ----------
    before_id
        The last event of the page before this one; not with `worst_first`.

    Raises
    ------
    SearchError
        When the text cannot be looked for, or the cursor's event is gone.
    """
    most = min(max(limit, 1), MAX_ROWS)
    terms = wanted.terms() if wanted.by_index else None
    with database.reading() as connection:
        if terms is not None:
            ids = _with_words(database, connection, wanted, terms, most, before_id)
        else:
            before = None if before_id is None else _begin(connection, wanted, before_id)
            ids = _newest(connection, wanted, most, before)
    query = sa.select(*(getattr(RealtimeEvent, name) for name in FOUND_COLUMNS)).where(
        RealtimeEvent.id.in_(ids), RealtimeEvent.camera_id.in_(wanted.cameras)
    )
    found = read_table(database, query, FOUND_COLUMNS)
    place = {event_id: number for number, event_id in enumerate(ids)}
    return found.sort_values("id", key=lambda column: column.map(place)).reset_index(drop=True)


def count(database: Database, wanted: EventSearch) -> dict[str, int]:
    """Return the number of matching events, by severity; of those found by the index at most `MOST_COUNTED` of each.

    Raises
    ------
    SearchError
        When the text cannot be looked for.
    """
    with database.reading() as connection:
        if not wanted.by_index:
            counted, rows = partial(_conditions, wanted), _rows(wanted)
            return event_counts.count_by_severity(connection, counted, rows, wanted.since, wanted.until)
        terms, passing, counts = wanted.terms(), _passing(connection, wanted), {}
        for severity in wanted.severities or tuple(Severity):
            query, by_words = _word_query(database, connection, wanted, terms, passing, severity, MOST_COUNTED)
            index = event_words if by_words else None
            counts[str(severity)] = counted_ids(connection, query, index, MOST_COUNTED)
        return {severity: events for severity, events in counts.items() if events}


def notes(database: Database, wanted: EventSearch) -> list[Message]:
    """Return the notes on a search by words, people, pets or zones that a person should read; sentences.

    Raises
    ------
    SearchError
        When the text cannot be looked for.
    """
    if not wanted.by_index:
        return []
    said = list(wanted.terms().notes)
    missing = word_index.missing_share(database, word_index.EVENTS)
    if missing:
        said.append(message("search.not_complete", percent=100 - 100 * missing))
    return said


def read_seen(text: str) -> SeenFilter:
    """Return the filter by the detector that a text names.

    Raises
    ------
    SearchError
        When it names none.
    """
    if text not in tuple(SeenFilter):
        raise SearchError("search.unknown_seen", seen=text[:40], known=", ".join(SeenFilter))
    return SeenFilter(text)


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


def _newest(connection: Connection, wanted: EventSearch, most: int, before: tuple[datetime, int] | None) -> list[int]:
    """Return the ids of the newest events, in order.

    The newest of each camera and severity by index, and of these the newest. One ordered read over several cameras
    would sort all rows.
    """
    counted = partial(_conditions, wanted)
    within = [*_rows(wanted), *going_on(connection, counted, wanted.since, wanted.until)]
    if before is not None:
        start, event_id = before
        within += [EVENT.start_utc <= start, sa.or_(EVENT.start_utc < start, EVENT.id < event_id)]
    if not wanted.worst_first and not wanted.severities and wanted.state is ReviewState.ANY:
        return _newest_of(connection, [(EVENT.camera_id == each,) for each in wanted.cameras], within, most)
    since = None if wanted.since is None else wanted.since - longest(connection, counted)
    groups = groups_on_days(
        connection,
        counted,
        "" if since is None else day_of(since),
        "9" if wanted.until is None else day_of(wanted.until + timedelta(days=1)),
    )
    ranks: dict[int, list[tuple[sa.ColumnElement[bool], ...]]] = {}
    for camera_id, severity in groups:
        rank = Severity.read(severity).rank if wanted.worst_first else 0
        ranks.setdefault(rank, []).append((EVENT.camera_id == camera_id, EVENT.severity == severity))
    ids: list[int] = []
    for rank in sorted(ranks, reverse=True):
        if len(ids) < most:
            ids += _newest_of(connection, ranks[rank], within, most - len(ids))
    return ids


def _newest_of(
    connection: Connection,
    groups: list[tuple[sa.ColumnElement[bool], ...]],
    within: list[sa.ColumnElement[bool]],
    most: int,
) -> list[int]:
    """Return the ids of the newest events of several groups, each of which an index has in order."""
    found: list[tuple[datetime, int]] = []
    for first in range(0, len(groups), MOST_GROUPS):
        parts = [
            sa.select(
                sa.select(EVENT.start_utc, EVENT.id)
                .where(*group, *within)
                .order_by(EVENT.start_utc.desc(), EVENT.id.desc())
                .limit(most)
                .subquery()
            )
            for group in groups[first : first + MOST_GROUPS]
        ]
        together = sa.union_all(*parts).subquery()
        query = sa.select(together).order_by(together.c.start_utc.desc(), together.c.id.desc()).limit(most)
        found += [(start, event_id) for start, event_id in connection.execute(query)]
    return [event_id for _, event_id in sorted(found, reverse=True)[:most]]


def _begin(connection: Connection, wanted: EventSearch, event_id: int) -> tuple[datetime, int]:
    """Return where a page ended."""
    query = sa.select(RealtimeEvent.start_utc).where(
        RealtimeEvent.id == event_id, RealtimeEvent.camera_id.in_(wanted.cameras)
    )
    start = connection.execute(query).scalar_one_or_none()
    if start is None:
        raise SearchError("search.unknown_cursor", event_id=event_id)
    return start, event_id


def _with_words(
    database: Database,
    connection: Connection,
    wanted: EventSearch,
    terms: Terms,
    most: int,
    before_id: int | None,
) -> list[int]:
    """Return the ids of the events with certain words, in order.

    One statement a severity, which is a word of the index: the newest come first out of it, and reading stops there.
    """
    worst = sorted(Severity, key=lambda severity: -severity.rank) if wanted.worst_first else [None]
    severities = [each for each in worst if each is None or not wanted.severities or each in wanted.severities]
    if not wanted.worst_first and wanted.severities:
        severities = [Severity(each) for each in wanted.severities]
    ids: list[int] = []
    passing = _passing(connection, wanted)
    for severity in severities:
        query, by_words = _word_query(database, connection, wanted, terms, passing, severity, most)
        if by_words:
            ids += newest_ids(connection, query, event_words, most, before_id)
        else:
            # A sum serves no index: an ordered walk through all events must not be chosen.
            number = EVENT.id + 0
            query = query if before_id is None else query.where(number < before_id)
            ids += [event_id for (event_id,) in connection.execute(query.order_by(number.desc()).limit(most))]
        if wanted.worst_first and len(ids) >= most:
            break
    return (ids if wanted.worst_first else sorted(ids, reverse=True))[:most]


def _word_query(
    database: Database,
    connection: Connection,
    wanted: EventSearch,
    terms: Terms,
    passing: dict[str, int] | None,
    severity: str | None,
    most: int,
) -> tuple[sa.Select[Any], bool]:
    """Return the query for the ids of events with certain words, of one severity or of all; whether by the words.

    It reads from the smaller side: the rows with the words, or those that pass the filters.
    """
    within = [*_rows(wanted), *going_on(connection, partial(_conditions, wanted), wanted.since, wanted.until)]
    has_words = matches(database, event_words, terms, *(() if severity is None else (severity_word(severity),)))
    if _filters_are_rarer(connection, passing, severity, has_words, most):
        held = sa.exists().where(event_words.c.rowid == EVENT.id, holds(database, event_words, terms))
        query = sa.select(EVENT.id).where(*within, held)
        return (query if severity is None else query.where(EVENT.severity == severity)), False
    joined = event_words.join(RealtimeEvent.__table__, EVENT.id == event_words.c.rowid)
    return sa.select(EVENT.id).select_from(joined).where(has_words, *within), True


def _passing(connection: Connection, wanted: EventSearch) -> dict[str, int] | None:
    """Return how many events pass the filters, or a few more, by severity; None while not all rows are counted.

    Types are left out of it: no index has them.
    """
    if not event_counts.is_complete(connection):
        return None
    counted = partial(_conditions, replace(wanted, event_types=()))
    first = "" if wanted.since is None else day_of(wanted.since - longest(connection, counted))
    last = "9" if wanted.until is None else day_of(wanted.until + timedelta(days=1))
    passing: dict[str, int] = {}
    for (_, severity), events in groups_on_days(connection, counted, first, last).items():
        passing[severity] = passing.get(severity, 0) + events
    return passing


def _filters_are_rarer(
    connection: Connection, passing: dict[str, int] | None, severity: str | None, has_words: Any, most: int
) -> bool:
    """Return whether fewer events pass the filters than have to be read of those with the words until `most` pass.

    Parameters
    ----------
    has_words
        The condition on the index.
    """
    if passing is None:
        return False
    events = sum(passing.values()) if severity is None else passing.get(severity, 0)
    everything = connection.execute(sa.select(sa.func.coalesce(sa.func.max(EVENT.id), 0))).scalar_one()
    if events * events >= most * everything:
        return False
    return are_more_than(connection, event_words, has_words, events)


def _rows(wanted: EventSearch) -> list[sa.ColumnElement[bool]]:
    """Return the search as conditions on events, without times and words."""
    event = EVENT
    conditions: list[sa.ColumnElement[bool]] = [event.camera_id.in_(wanted.cameras)]
    if wanted.severities:
        conditions.append(event.severity.in_(wanted.severities))
    if wanted.event_types:
        conditions.append(event.event_type.in_(wanted.event_types))
    if wanted.state is ReviewState.OPEN:
        conditions.append(event.reviewed_utc.is_(None))
    elif wanted.state is ReviewState.REVIEWED:
        conditions.append(event.reviewed_utc.is_not(None))
    elif wanted.state is not ReviewState.ANY:
        conditions.append(event.label == wanted.state.value)
    return conditions


def _conditions(wanted: EventSearch, table: Any) -> list[sa.ColumnElement[bool]]:
    """Return the search as conditions on the columns of counts, without times and words."""
    conditions: list[sa.ColumnElement[bool]] = [table.camera_id.in_(wanted.cameras)]
    if wanted.severities:
        conditions.append(table.severity.in_(wanted.severities))
    if wanted.event_types:
        conditions.append(table.event_type.in_(wanted.event_types))
    if wanted.state in (ReviewState.OPEN, ReviewState.REVIEWED):
        conditions.append(table.reviewed == int(wanted.state is ReviewState.REVIEWED))
    elif wanted.state is not ReviewState.ANY:
        conditions.append(table.label == wanted.state.value)
    return conditions
