"""The tables of notifications: the queue of events, recipients with their rules, and notifications.

As recordings.py: columns that say what they hold, and nothing else.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from livemon.base.datatypes import Severity
from livemon.store.tables.columns import ChoiceColumn, JsonOf, TextColumn
from livemon.store.tables.recordings import Base, UtcDateTime


class NotificationState(StrEnum):
    """State of a notification."""

    PENDING = "pending"
    """It waits for its time, or for its next try."""
    SENDING = "sending"
    SENT = "sent"
    """A transport took it."""
    FAILED = "failed"
    """No transport took it, and none is tried again."""
    HELD = "held"
    """It was not sent, or only counted in a digest; `why` says why."""
    WITHDRAWN = "withdrawn"
    """It was not needed any more: a person had answered, or its subject is gone."""


class OutboxRow(Base):
    """An event that is to be told, written in the event's transaction and deleted when it has become notifications."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(comment="the event; no key: it may be erased before it is told")
    camera_id: Mapped[str] = mapped_column(TextColumn(64), comment="its camera; no key: it outlives the camera")
    created_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when the event was committed")


class RecipientRow(Base):
    """A person who is notified."""

    __tablename__ = "recipients"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(TextColumn(100), unique=True, comment="what they are called")
    user_name: Mapped[str | None] = mapped_column(
        ForeignKey("users.name", ondelete="CASCADE"), comment="whose login it is; NULL: a person without one"
    )
    language: Mapped[str] = mapped_column(TextColumn(16), comment="of what they are told")
    timezone: Mapped[str] = mapped_column(TextColumn(64), comment="IANA zone of their day")
    quiet: Mapped[list[dict[str, object]]] = mapped_column(
        JsonOf(list), comment="[{start, end, weekdays}]: local times, Monday is 0"
    )
    sealed_transports: Mapped[str] = mapped_column(
        TextColumn(), comment="encrypted list of addresses, in the order in which they are tried"
    )
    enabled: Mapped[bool] = mapped_column(default=True, comment="false: nothing is sent to them")
    created_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when they were added")
    reports: Mapped[bool] = mapped_column(
        default=False, server_default=sa.false(), comment="true: daily reports are sent to them"
    )


class NotificationRule(Base):
    """A recipient's rule: events to notify of, and when."""

    __tablename__ = "notification_rules"
    __table_args__ = (Index("ix_notification_rules_recipient", "recipient_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipients.id", ondelete="CASCADE"), comment="who is told")
    severities: Mapped[list[str]] = mapped_column(JsonOf(list), comment="danger, warning, info, safe")
    event_types: Mapped[list[str] | None] = mapped_column(JsonOf(list), comment="NULL is all")
    cameras: Mapped[list[str] | None] = mapped_column(JsonOf(list), comment="NULL is all")
    zones: Mapped[list[str] | None] = mapped_column(JsonOf(list), comment="NULL is all")
    after_s: Mapped[int] = mapped_column(comment="only when no person answered within this time; 0 is at once")


class Notification(Base):
    """A notification to one recipient, sent or held back, with its outcome."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("recipient_id", "event_id", name="uq_notifications_recipient_event"),
        Index("ix_notifications_due", "state", "next_try_utc"),
        Index("ix_notifications_event", "event_id"),
        Index("ix_notifications_recipient_time", "recipient_id", "created_utc"),
        Index("ix_notifications_update", "update_event_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipients.id", ondelete="CASCADE"), comment="who is told")
    rule_id: Mapped[int | None] = mapped_column(comment="by which rule; no key: rules change. NULL: of none")
    about: Mapped[str] = mapped_column(TextColumn(16), comment="event, digest, report or test")
    event_id: Mapped[int | None] = mapped_column(comment="the event; no key: it may be erased. NULL: of none")
    camera_id: Mapped[str] = mapped_column(TextColumn(64), default="", comment="of the event; empty: of none")
    topic: Mapped[str] = mapped_column(TextColumn(300), default="", comment="family and place, for the cooldown")
    weight: Mapped[str] = mapped_column(
        ChoiceColumn(Severity, Severity.DANGER), comment="the severity that rules and caps go by"
    )
    state: Mapped[str] = mapped_column(
        ChoiceColumn(NotificationState, NotificationState.FAILED), comment="see NotificationState"
    )
    why: Mapped[str] = mapped_column(TextColumn(16), default="", comment="why it is held; see notify.policy.Why")
    digest_id: Mapped[int | None] = mapped_column(comment="the digest in which it is counted")
    created_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was decided")
    next_try_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="not sent before")
    attempts: Mapped[int] = mapped_column(default=0, comment="how often it was tried")
    lease_owner: Mapped[str | None] = mapped_column(TextColumn(100), comment="process that sends it")
    lease_until_utc: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when the lease runs out")
    sent_utc: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when a transport took it")
    transport: Mapped[str] = mapped_column(TextColumn(100), default="", comment="which took it, without its secrets")
    handle: Mapped[str] = mapped_column(
        TextColumn(200), default="", server_default="", comment="what an update of it needs; empty: nothing more"
    )
    update_event_id: Mapped[int | None] = mapped_column(
        comment="the event whose words it is to be updated with; NULL: nothing is new"
    )
    updated_utc: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when it was updated last")
    error: Mapped[str] = mapped_column(TextColumn(), default="", comment="why the last try failed")
    answer: Mapped[str | None] = mapped_column(TextColumn(16), comment="seen, snooze, right or wrong; NULL: none yet")
    answered_utc: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when they answered")
