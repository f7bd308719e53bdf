"""From events in the queue to notifications: the policy decides for each recipient, in the transaction of its result.

A process that dies before the commit leaves the queue as it was. Sending does not belong here (sender.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from livemon.base.datatypes import Severity
from livemon.notify.feedback import SNOOZE
from livemon.notify.policy import HOUR, Decision, Happening, Limits, NotifyAction, Recipient, Ring, Snooze, Why, decide
from livemon.store import notifications as store
from livemon.store.notifications import QueuedEvent, SnoozeAnswer
from livemon.store.session import Database
from livemon.store.tables.notifications import NotificationState

AT_ONCE = 200
"""Events in one transaction; others write between two."""


def expand(database: Database, recipients: Sequence[Recipient], now: datetime, limits: Limits) -> int:
    """Decide about the first events of the queue; returns how many there were. Blocks."""
    with database.writing() as session:
        store.lock_expansion(session)
        events = store.take_queued(session, AT_ONCE)
        if not events or not recipients:
            return len(events)
        since = now - max(HOUR, limits.cooldown)
        rings: dict[int, list[Ring]] = {recipient.id: [] for recipient in recipients}
        for told in store.told_since(session, since, now):
            if told.recipient_id in rings:
                family, _, place = told.topic.partition("\n")
                topic = told.camera_id, family, place
                rings[told.recipient_id].append(Ring(topic, Severity.read(told.weight), told.at_utc))
        snoozes = store.snoozed_since(session, now - SNOOZE)
        recipients = [replace(one, snoozes=_snoozes(snoozes, one.id)) for one in recipients]
        rows = []
        for event in map(happening, events):
            for recipient in recipients:
                decision = decide(event, recipient, rings[recipient.id], now, limits)
                if decision is None:
                    continue
                rows.append(_row(event, recipient, decision, now))
                if decision.why in (Why.SAME, Why.COOLDOWN):
                    store.update_told(
                        session, recipient.id, event.camera_id, "\n".join(event.topic[1:]), event.event_id
                    )
                if decision.action is NotifyAction.RING:
                    rings[recipient.id].append(Ring(event.topic, event.weight, decision.due_utc))
                elif decision.action is NotifyAction.DIGEST:
                    _order_digest(session, recipient, event.weight, decision.due_utc, now)
        store.add(session, rows)
        return len(events)


def happening(event: QueuedEvent) -> Happening:
    """Return an event of the queue as the policy takes it."""
    return Happening(
        event.event_id,
        event.camera_id,
        event.kind,
        event.event_type,
        Severity.read(event.severity),
        event.created_utc,
        event.location,
    )


def _snoozes(answers: Sequence[SnoozeAnswer], recipient_id: int) -> tuple[Snooze, ...]:
    return tuple(
        Snooze(one.camera_id, one.topic.partition("\n")[0], one.answered_utc + SNOOZE)
        for one in answers
        if one.recipient_id == recipient_id
    )


def _row(event: Happening, recipient: Recipient, decision: Decision, now: datetime) -> dict[str, Any]:
    rings = decision.action is NotifyAction.RING
    return {
        "recipient_id": recipient.id,
        "rule_id": decision.rule_id,
        "about": "event",
        "event_id": event.event_id,
        "camera_id": event.camera_id,
        "topic": "\n".join(event.topic[1:]),
        "weight": event.weight.value,
        "state": (NotificationState.PENDING if rings else NotificationState.HELD).value,
        "why": decision.why.value,
        "created_utc": now,
        "next_try_utc": decision.due_utc,
    }


def _order_digest(session: Session, recipient: Recipient, weight: Severity, due_utc: datetime, now: datetime) -> None:
    """See that a digest comes; one that waits already comes at the earlier of the two times."""
    waiting = store.pending_digest(session, recipient.id, weight.value)
    if waiting is not None:
        waiting.next_try_utc = min(waiting.next_try_utc, due_utc)
        return
    row = {"recipient_id": recipient.id, "about": "digest", "event_id": None, "weight": weight.value}
    row |= {"state": NotificationState.PENDING.value, "created_utc": now, "next_try_utc": due_utc}
    store.add(session, [row])
    session.flush()
