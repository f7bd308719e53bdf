"""Notifications: the queue of events to notify of, and rows with the outcome of each notification.

The decision whether and when to notify lives in notify/policy.py, the recipients in recipients.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from livemon.store.session import Database
from livemon.store.tables.notifications import Notification, NotificationState, OutboxRow
from livemon.store.tables.recordings import RealtimeEvent

EXPANSION_ORDER = 5_164_203
"""Number of the PostgreSQL advisory lock under which one process at a time chooses recipients: caps are counted."""

LEASE = timedelta(seconds=90)
"""A process that has not finished sending for this long is taken for dead: longer than all transports may take."""

CLOCKS_DIFFER = timedelta(minutes=5)
"""A notification that was decided further ahead was decided by a clock that was wrong."""

LONGEST_RETRY = timedelta(hours=1)
"""The longest wait before a next try (notify/sender.py)."""

UPDATE_EVERY = timedelta(minutes=1)
UPDATED_FOR = timedelta(hours=1)
"""A notification is not updated any more when it was sent longer ago."""

KEPT = timedelta(days=90)
"""Notifications sent, held back and answered are shown for this long; the events stay."""

DIGESTED = ("quiet", "cap", "late", "snoozed")
"""Reasons of held notifications that a digest counts (notify.policy.Why)."""

LIVE = (NotificationState.PENDING.value, NotificationState.SENDING.value, NotificationState.SENT.value)
"""States that count as told, or as about to be."""


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """An event in the queue, with the fields that decide on its recipients."""

    event_id: int
    camera_id: str
    kind: str
    event_type: str
    severity: str
    location: str
    created_utc: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A notification that rang, or is about to."""

    recipient_id: int
    camera_id: str
    topic: str
    weight: str
    at_utc: datetime


@dataclass(frozen=True, slots=True)
class SnoozeAnswer:
    """A recipient's wish not to be rung for a camera for some time, given in answer to something."""

    recipient_id: int
    camera_id: str
    topic: str
    answered_utc: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A notification that is to be sent now."""

    id: int
    recipient_id: int
    about: str
    event_id: int | None
    camera_id: str
    weight: str
    attempts: int
    created_utc: datetime
    topic: str = ""


@dataclass(frozen=True, slots=True)
class DueUpdate:
    """A sent notification whose event has new words."""

    sent: Due
    transport: str
    handle: str
    event_id: int


def lock_expansion(session: Session) -> None:
    """Let one process at a time decide; on SQLite a writer has the database for itself anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(EXPANSION_ORDER)))


def has_queued(database: Database) -> bool:
    """Whether an event waits to be told."""
    with database.reading() as connection:
        return connection.execute(sa.select(OutboxRow.id).limit(1)).first() is not None


def take_queued(session: Session, most: int) -> list[QueuedEvent]:
    """Take the first events out of the queue, in order; those that were erased meanwhile are left out."""
    ids = session.scalars(sa.select(OutboxRow.id).order_by(OutboxRow.id).limit(most)).all()
    if not ids:
        return []
    columns = (
        *(RealtimeEvent.id, RealtimeEvent.camera_id, RealtimeEvent.kind, RealtimeEvent.event_type),
        *(RealtimeEvent.severity, RealtimeEvent.location, RealtimeEvent.created_utc),
    )
    query = sa.select(*columns).join(OutboxRow, OutboxRow.event_id == RealtimeEvent.id).where(OutboxRow.id.in_(ids))
    found = [QueuedEvent(*row) for row in session.execute(query.order_by(OutboxRow.id))]
    session.execute(sa.delete(OutboxRow).where(OutboxRow.id.in_(ids)))
    return found


def told_since(session: Session, since: datetime, now: datetime) -> list[Told]:
    """Return what rang, or is about to ring, for events from a moment on.

    Decisions after `now` were made by a clock that has been set back since: they suppress no notification.
    """
    at = sa.func.coalesce(Notification.sent_utc, Notification.next_try_utc)
    columns = (Notification.recipient_id, Notification.camera_id, Notification.topic, Notification.weight)
    query = sa.select(*columns, sa.type_coerce(at, Notification.sent_utc.type)).where(
        Notification.created_utc > since - timedelta(days=1),  # of the index; an escalation may come later
        Notification.created_utc <= now + CLOCKS_DIFFER,
        Notification.about == "event",
        Notification.state.in_(LIVE),
    )
    return [told for row in session.execute(query) if (told := Told(*row)).at_utc > since]


def snoozed_since(session: Session, since: datetime) -> list[SnoozeAnswer]:
    """Return the recipients who snoozed a camera since a moment."""
    columns = (Notification.recipient_id, Notification.camera_id, Notification.topic, Notification.answered_utc)
    query = sa.select(*columns).where(
        Notification.created_utc > since - timedelta(days=7),  # of the index; links are good for a week
        Notification.answer == "snooze",
        Notification.answered_utc > since,
    )
    return [SnoozeAnswer(who, camera, topic, at) for who, camera, topic, at in session.execute(query) if at]


def update_told(session: Session, recipient_id: int, camera_id: str, topic: str, event_id: int) -> None:
    """Have the newest notification of a topic updated with an event's words, in the place of another ring."""
    newest = (
        sa.select(sa.func.max(Notification.id))
        .where(
            Notification.recipient_id == recipient_id,
            Notification.camera_id == camera_id,
            Notification.topic == topic,
            Notification.about == "event",
            Notification.state.in_(LIVE),
        )
        .scalar_subquery()
    )
    query = sa.update(Notification).where(Notification.id == newest).values(update_event_id=event_id)
    session.execute(query.execution_options(synchronize_session=False))


def update_repeated(session: Session, event_id: int) -> None:
    """Have the notifications of an event that goes on updated with its newest words."""
    query = sa.update(Notification).where(
        Notification.event_id == event_id, Notification.about == "event", Notification.state.in_(LIVE)
    )
    session.execute(query.values(update_event_id=event_id).execution_options(synchronize_session=False))


def due_updates(database: Database, now: datetime, most: int) -> list[DueUpdate]:
    """Return the notifications that are to be updated now: the first time at once, then once in `UPDATE_EVERY`."""
    sent = (
        *(Notification.id, Notification.recipient_id, Notification.about, Notification.event_id),
        *(Notification.camera_id, Notification.weight, Notification.attempts, Notification.created_utc),
        Notification.topic,
    )
    rested = sa.or_(Notification.updated_utc.is_(None), Notification.updated_utc <= now - UPDATE_EVERY)
    query = sa.select(*sent, Notification.transport, Notification.handle, Notification.update_event_id).where(
        Notification.update_event_id.is_not(None),
        Notification.state == NotificationState.SENT.value,
        Notification.answer.is_(None),
        Notification.sent_utc > now - UPDATED_FOR,
        rested,
    )
    with database.reading() as connection:
        rows = connection.execute(query.order_by(Notification.id).limit(most)).all()
    return [DueUpdate(Due(*row[:9]), row[9], row[10], row[11]) for row in rows]


def claim_update(database: Database, update: DueUpdate, now: datetime) -> bool:
    """Take an update to send it, once; False when another process has it, or there are newer words."""
    query = sa.update(Notification).where(
        Notification.id == update.sent.id, Notification.update_event_id == update.event_id
    )
    return _changed(database, query.values(update_event_id=None, updated_utc=now)) == 1


def add(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write decided notifications; one that is there for its recipient and event stays as it is."""
    asked = {(row["recipient_id"], row["event_id"]) for row in rows}
    events = {event_id for _, event_id in asked}
    query = sa.select(Notification.recipient_id, Notification.event_id).where(Notification.event_id.in_(events))
    there = {(recipient_id, event_id) for recipient_id, event_id in session.execute(query)}
    for row in rows:
        key = row["recipient_id"], row["event_id"]
        if row["event_id"] is None or key not in there:
            there.add(key)
            session.add(Notification(**row))


def add_reports(database: Database, rows: Sequence[dict[str, Any]]) -> None:
    """Write notifications of daily reports; of a recipient, camera and day there is one."""
    with database.writing() as session:
        lock_expansion(session)
        for row in rows:
            query = sa.select(Notification.id).where(
                Notification.recipient_id == row["recipient_id"],
                Notification.about == "report",
                Notification.camera_id == row["camera_id"],
                Notification.topic == row["topic"],
                Notification.why != "no_report",
            )
            if session.execute(query.limit(1)).first() is None:
                session.add(Notification(**row))


def add_one(database: Database, row: dict[str, Any]) -> int:
    """Write one notification that is about no event; returns its id."""
    with database.writing() as session:
        added = Notification(**row)
        session.add(added)
        session.flush()
        return added.id


def pending_digest(session: Session, recipient_id: int, weight: str) -> Notification | None:
    """Return the digest of a weight that waits for its time; None when none does."""
    query = sa.select(Notification).where(
        Notification.recipient_id == recipient_id,
        Notification.about == "digest",
        Notification.weight == weight,
        Notification.state == NotificationState.PENDING.value,
        Notification.attempts == 0,
    )
    return session.scalars(query.limit(1)).first()


def due(database: Database, now: datetime, most: int) -> list[Due]:
    """Return the notifications to send, the gravest first: their time has come, or their sender's process is dead."""
    gravest_first = sa.case({"danger": 0, "warning": 1}, value=Notification.weight, else_=2)
    columns = (
        *(Notification.id, Notification.recipient_id, Notification.about, Notification.event_id),
        *(Notification.camera_id, Notification.weight, Notification.attempts, Notification.created_utc),
        Notification.topic,
    )
    query = sa.select(*columns).where(_is_due(now)).order_by(gravest_first, Notification.next_try_utc).limit(most)
    with database.reading() as connection:
        return [Due(*row) for row in connection.execute(query)]


def claim(database: Database, notification_id: int, owner: str, now: datetime) -> bool:
    """Take a notification to send it; False when another process has it, or it is not due any more."""
    values = {"lease_owner": owner, "lease_until_utc": now + LEASE, "state": NotificationState.SENDING.value}
    query = sa.update(Notification).where(Notification.id == notification_id, _is_due(now))
    return _changed(database, query.values(attempts=Notification.attempts + 1, **values)) == 1


def finish(database: Database, notification_id: int, owner: str, state: NotificationState, **values: Any) -> bool:
    """Write what became of a claimed notification; False when another process has it by now."""
    query = sa.update(Notification).where(Notification.id == notification_id, Notification.lease_owner == owner)
    return _changed(database, query.values(state=state.value, lease_owner=None, lease_until_utc=None, **values)) == 1


def is_answered(database: Database, event_id: int) -> bool:
    """Whether a person has answered a notification of an event, or given a verdict on it, or it is gone."""
    answered = sa.exists().where(Notification.event_id == event_id, Notification.answer.is_not(None))
    query = sa.select(sa.or_(RealtimeEvent.reviewed_utc.is_not(None), answered)).where(RealtimeEvent.id == event_id)
    with database.reading() as connection:
        row = connection.execute(query).first()
    return row is None or bool(row[0])


def answer(database: Database, notification_id: int, said: str, now: datetime) -> bool:
    """Keep the first answer to a notification; False when there is one already, or no such notification."""
    query = sa.update(Notification).where(Notification.id == notification_id, Notification.answer.is_(None))
    return _changed(database, query.values(answer=said, answered_utc=now)) == 1


def count_in_digest(database: Database, digest_id: int, recipient_id: int, weight: str) -> list[dict[str, Any]]:
    """Count what was held for a digest in it, once; returns the events, oldest first, also when it is asked again."""
    own = (Notification.recipient_id == recipient_id, Notification.weight == weight, Notification.about == "event")
    held = (
        Notification.state == NotificationState.HELD.value,
        Notification.why.in_(("quiet", "cap", "late", "snoozed")),
    )
    columns = (RealtimeEvent.id, RealtimeEvent.camera_id, RealtimeEvent.kind, RealtimeEvent.title)
    query = (
        sa.select(*columns, RealtimeEvent.start_utc, RealtimeEvent.thumbnail, RealtimeEvent.said, RealtimeEvent.model)
        .join(Notification, Notification.event_id == RealtimeEvent.id)
        .where(Notification.digest_id == digest_id)
        .order_by(RealtimeEvent.start_utc, RealtimeEvent.id)
    )
    with database.writing() as session:
        session.execute(
            sa.update(Notification)
            .where(*own, *held, Notification.digest_id.is_(None))
            .values(digest_id=digest_id)
            .execution_options(synchronize_session=False)
        )
        return [dict(row._mapping) for row in session.execute(query)]


def notifications(database: Database, most: int = 100, before_id: int | None = None) -> list[dict[str, Any]]:
    """Return notifications, newest first, with the title of the event that each is about."""
    columns = [column for column in Notification.__table__.c if not column.name.startswith("lease_")]
    query = sa.select(*columns, RealtimeEvent.title).outerjoin(RealtimeEvent, RealtimeEvent.id == Notification.event_id)
    if before_id is not None:
        query = query.where(Notification.id < before_id)
    with database.reading() as connection:
        found = connection.execute(query.order_by(Notification.id.desc()).limit(most))
        return [dict(row._mapping) for row in found]


def notification(database: Database, notification_id: int) -> dict[str, Any] | None:
    """Return a notification by its id; None when there is none."""
    query = sa.select(*Notification.__table__.c).where(Notification.id == notification_id)
    with database.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else dict(row._mapping)


def event_told(database: Database, event_id: int) -> dict[str, Any] | None:
    """Return the content of a notification's event; None when it was erased."""
    columns: Iterable[Any] = (
        *(RealtimeEvent.id, RealtimeEvent.camera_id, RealtimeEvent.kind, RealtimeEvent.event_type),
        *(RealtimeEvent.severity, RealtimeEvent.title, RealtimeEvent.description, RealtimeEvent.said),
        *(RealtimeEvent.start_utc, RealtimeEvent.confidence, RealtimeEvent.thumbnail, RealtimeEvent.model),
        *(RealtimeEvent.repeats, RealtimeEvent.last_seen_utc),
    )
    with database.reading() as connection:
        row = connection.execute(sa.select(*columns).where(RealtimeEvent.id == event_id)).first()
    return None if row is None else dict(row._mapping)


def forget_old(database: Database, created_by: datetime) -> int:
    """Delete notifications that are done with, of a time or before; returns how many. Answers stay with the events."""
    done = (NotificationState.SENT, NotificationState.FAILED, NotificationState.HELD, NotificationState.WITHDRAWN)
    query = sa.delete(Notification).where(
        Notification.created_utc <= created_by, Notification.state.in_([state.value for state in done])
    )
    return _changed(database, query)


def picture_of_day(database: Database, camera_id: str, start: datetime, end: datetime) -> str:
    """Return the picture of the gravest event of a time, the surest of those; empty when no event has one."""
    gravest_first = sa.case({"danger": 0, "warning": 1, "info": 2}, value=RealtimeEvent.severity, else_=3)
    query = sa.select(RealtimeEvent.thumbnail).where(
        RealtimeEvent.camera_id == camera_id,
        RealtimeEvent.start_utc >= start,
        RealtimeEvent.start_utc < end,
        RealtimeEvent.thumbnail != "",
    )
    with database.reading() as connection:
        row = connection.execute(query.order_by(gravest_first, RealtimeEvent.confidence.desc()).limit(1)).first()
    return "" if row is None else str(row[0])


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    """Choose what is to be sent now; what a clock wrote that has been set back since does not wait for that time."""
    # A next try that was set since then is before the wrong time, and is waited for.
    set_back = sa.and_(
        Notification.created_utc > now + LONGEST_RETRY, Notification.next_try_utc >= Notification.created_utc
    )
    waits = sa.and_(
        Notification.state == NotificationState.PENDING.value, sa.or_(Notification.next_try_utc <= now, set_back)
    )
    ended = sa.or_(Notification.lease_until_utc <= now, Notification.lease_until_utc > now + LEASE + CLOCKS_DIFFER)
    dead = sa.and_(Notification.state == NotificationState.SENDING.value, ended)
    return sa.or_(waits, dead)


def _changed(database: Database, query: sa.Update | sa.Delete) -> int:
    with database.writing() as session:
        result: Any = session.execute(query.execution_options(synchronize_session=False))
        return int(result.rowcount)
