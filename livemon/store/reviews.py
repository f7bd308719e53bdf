"""Reviews of events by people: reviewed, right or wrong, and why. Written only; queries.py reads it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from livemon.base.datatypes import EventType, Observation, Severity
from livemon.store.session import Database
from livemon.store.tables.recordings import RealtimeEvent
from livemon.store.word_index import put_events
from livemon.store.writes import add_event, clean_text, tell_event

MISSED = "missed"
PERSON = "person"
"""Author of a review by a person; otherwise a model's name."""


@dataclass(frozen=True, slots=True)
class EventVerdict:
    """A person's verdict on an event: none when both are None."""

    label: str | None
    reviewed_utc: datetime | None
    reviewed_by: str = ""
    first_reviewed_utc: datetime | None = None
    first_reviewed_by: str = ""


@dataclass(frozen=True, slots=True)
class ReviewChange:
    """A change of an event's verdict, from one to another."""

    event_id: int
    before: EventVerdict
    after: EventVerdict


def undo_reviews(database: Database, changes: Sequence[ReviewChange], now: datetime) -> int:
    """Take verdicts back, and return how many; one that a person has changed since is left. Notes stay."""
    by_id = {change.event_id: change for change in changes}
    with database.writing() as session:
        rows = [
            row
            for row in session.scalars(sa.select(RealtimeEvent).where(RealtimeEvent.id.in_(by_id)))
            if _verdict(row) == by_id[row.id].after
        ]
        for row in rows:
            for column in fields(EventVerdict):
                setattr(row, column.name, getattr(by_id[row.id].before, column.name))
        put_events(session, rows)
        for row in rows:
            tell_event(session, row, now, is_new=False)
        return len(rows)


def review_events(
    database: Database, event_ids: Collection[int], said: Mapping[str, Any], now: datetime, reviewed_by: str = ""
) -> list[ReviewChange]:
    """Keep a person's verdict or note on events, all or none; return the change of each that exists.

    Parameters
    ----------
    said
        ``reviewed`` (bool), ``label`` (None takes it back) and ``note``; what is not in it stays as it is. A verdict
        marks the event as reviewed.
    reviewed_by
        Name of the person; empty when it is not known. The first name and time are kept when others judge later.
    """
    with database.writing() as session:
        rows = session.scalars(sa.select(RealtimeEvent).where(RealtimeEvent.id.in_(event_ids))).all()
        before = [_verdict(row) for row in rows]
        for row in rows:
            if "label" in said:
                row.label = said["label"]
            if said.get("note") is not None:
                row.note = clean_text(said["note"], 2000)
            _note_reviewer(row, said, clean_text(reviewed_by, 200), now)
        # Told when all are written: who waits for the order of commits must hold no row that another one waits for.
        put_events(session, rows)
        for row in rows:
            tell_event(session, row, now, is_new=False)
        return [ReviewChange(row.id, was, _verdict(row)) for row, was in zip(rows, before, strict=True)]


def add_missed(
    database: Database,
    camera_id: str,
    at: datetime,
    title: str,
    now: datetime,
    *,
    severity: Severity,
    event_type: EventType,
    reviewed_by: str = "",
) -> int:
    """Keep an event that livemon missed: a row with the label `MISSED`; returns its id."""
    words = " ".join(title.split())
    seen = Observation(MISSED, event_type, severity, words, "A person saw it in the footage.", 1.0, at, at, (at,))
    return add_event(database, camera_id, seen, now, model=PERSON, label=MISSED, reviewed_by=reviewed_by)


def _note_reviewer(row: RealtimeEvent, said: Mapping[str, Any], reviewed_by: str, now: datetime) -> None:
    reviewed = said.get("reviewed")
    if reviewed is False:
        row.reviewed_utc, row.reviewed_by = None, ""
    elif reviewed or said.get("label") is not None:
        if row.first_reviewed_utc is None and row.reviewed_utc is None:
            row.first_reviewed_utc, row.first_reviewed_by = now, reviewed_by
        elif row.first_reviewed_utc is None:  # judged before names were kept
            row.first_reviewed_utc = row.reviewed_utc
        row.reviewed_utc, row.reviewed_by = now, reviewed_by


def _verdict(row: RealtimeEvent) -> EventVerdict:
    return EventVerdict(*(getattr(row, column.name) for column in fields(EventVerdict)))
