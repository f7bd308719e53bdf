"""The policy of notifications: whether a recipient is notified now, later, in a digest, or not. Pure.

Reading rows, sending and words do not belong here (expansion.py, sender.py, wording.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from livemon.base.datatypes import Severity
from livemon.base.event_families import family
from livemon.notify.quiet_hours import QuietHours, quiet_until

FALL = "fall"
"""Family of events that count as danger until a person answers, whatever a model made of them."""

SAME_THING = timedelta(minutes=2)
"""A second event of the same danger within this after a ring is the same danger: it was told."""

HOUR = timedelta(hours=1)

STALE = HOUR
"""An event that waited for longer in the queue is told in a digest: one ring for all of an outage."""


class NotifyAction(StrEnum):
    """Action for an event and a recipient."""

    RING = "ring"
    """A notification of its own, when it is due."""
    DIGEST = "digest"
    """It is counted in the next digest."""
    HOLD = "hold"
    """Nothing is sent; the reason is kept."""


class Why(StrEnum):
    """Why a notification is not sent at once, or not at all."""

    NONE = ""
    QUIET = "quiet"
    """Quiet hours of the recipient."""
    CAP = "cap"
    """So many of this severity were sent within an hour."""
    COOLDOWN = "cooldown"
    """The same kind of thing on the same camera was sent a short time ago."""
    SAME = "same"
    """The same danger was sent a moment ago: these may be the model's words for it."""
    LATE = "late"
    """It happened long ago: livemon did not run, or could not reach its database."""
    SNOOZED = "snoozed"
    """The recipient did not want to be rung for this camera for some time."""
    NO_REPORT = "no_report"
    """The report of the day could not be made."""
    ANSWERED = "answered"
    """A person has answered."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event, as far as the policy needs it. `severity` is the event's own."""

    event_id: int
    camera_id: str
    kind: str
    event_type: str
    severity: Severity
    created_utc: datetime
    location: str = ""

    @property
    def weight(self) -> Severity:
        """The severity that the policy goes by: a fall is a danger, whatever the event says, unless it is harmless."""
        if family(self.kind) == FALL and self.severity.rank >= Severity.WARNING.rank:
            return Severity.DANGER
        return self.severity

    @property
    def topic(self) -> tuple[str, str, str]:
        """Key by which a person takes two events for the same: camera, family of the kind, and place."""
        return self.camera_id, family(self.kind), self.location


@dataclass(frozen=True, slots=True)
class Rule:
    """Events that a recipient is notified of.

    Attributes
    ----------
    severities
        By weight (`Happening.weight`).
    event_types, cameras, zones
        None is all.
    after
        Only when no person answered within this time: an escalation. Zero is at once.
    """

    id: int
    severities: frozenset[Severity]
    event_types: frozenset[str] | None = None
    cameras: frozenset[str] | None = None
    zones: frozenset[str] | None = None
    after: timedelta = timedelta(0)

    def covers(self, event: Happening) -> bool:
        """Whether the rule is about such an event."""
        return (
            event.weight in self.severities
            and (self.event_types is None or event.event_type in self.event_types)
            and (self.cameras is None or event.camera_id in self.cameras)
            and (self.zones is None or event.location in self.zones)
        )


@dataclass(frozen=True, slots=True)
class Snooze:
    """A recipient does not want to be rung for a camera until a time; `family` is of the event that they answered."""

    camera_id: str
    family: str
    until_utc: datetime

    def holds(self, event: Happening, now: datetime) -> bool:
        """Whether it keeps an event from ringing: another danger than the one they know of always rings."""
        if event.camera_id != self.camera_id or now >= self.until_utc:
            return False
        return event.weight is not Severity.DANGER or family(event.kind) == self.family


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person who is told. `cameras` are those that they may see; None is all."""

    id: int
    zone: ZoneInfo
    rules: tuple[Rule, ...]
    quiet: tuple[QuietHours, ...] = ()
    cameras: frozenset[str] | None = None
    snoozes: tuple[Snooze, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """Rate limits of a recipient's notifications.

    Attributes
    ----------
    cooldown
        Warnings and less of the same topic ring once within this time after one was sent.
    rings_an_hour
        By weight; what comes above them is told in a digest.
    digest_after
        By weight: a digest comes this long after the first event that it counts.
    """

    cooldown: timedelta = timedelta(minutes=10)
    rings_an_hour: dict[Severity, int] = field(
        default_factory=lambda: {Severity.DANGER: 12, Severity.WARNING: 4, Severity.INFO: 2, Severity.SAFE: 2}
    )
    digest_after: dict[Severity, timedelta] = field(
        default_factory=lambda: {
            Severity.DANGER: timedelta(minutes=5),
            Severity.WARNING: timedelta(minutes=30),
            Severity.INFO: HOUR,
            Severity.SAFE: HOUR,
        }
    )


@dataclass(frozen=True, slots=True)
class Ring:
    """A notification that was sent to the recipient, or is about to be."""

    topic: tuple[str, str, str]
    weight: Severity
    at_utc: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """Decision on an event for a recipient; `due_utc` is the time of the notification, or of the digest."""

    action: NotifyAction
    rule_id: int
    due_utc: datetime
    why: Why = Why.NONE


def decide(
    event: Happening, recipient: Recipient, rings: Sequence[Ring], now: datetime, limits: Limits
) -> Decision | None:
    """Return what becomes of an event for a recipient; None when no rule is about it.

    Danger rings through quiet hours and cooldown. Above its cap it comes in a digest minutes later, and is never
    dropped. So does a danger that a recipient knows of and snoozed.

    Parameters
    ----------
    rings
        Notifications to the recipient within the last hour and cooldown, sent or due; in any order.
    """
    if recipient.cameras is not None and event.camera_id not in recipient.cameras:
        return None
    rule = min((rule for rule in recipient.rules if rule.covers(event)), key=lambda rule: rule.after, default=None)
    if rule is None:
        return None
    weight, due_utc = event.weight, now + rule.after
    if _told_within(SAME_THING if weight is Severity.DANGER else limits.cooldown, event, rings, now):
        why = Why.SAME if weight is Severity.DANGER else Why.COOLDOWN
        return Decision(NotifyAction.HOLD, rule.id, now, why)
    if now - event.created_utc > STALE:
        return Decision(NotifyAction.DIGEST, rule.id, now, Why.LATE)
    snoozed_until = max((one.until_utc for one in recipient.snoozes if one.holds(event, now)), default=None)
    if snoozed_until is not None:
        return Decision(NotifyAction.DIGEST, rule.id, max(snoozed_until, due_utc), Why.SNOOZED)
    if weight is not Severity.DANGER:
        ends_utc = quiet_until(recipient.quiet, recipient.zone, due_utc)
        if ends_utc is not None:
            return Decision(NotifyAction.DIGEST, rule.id, ends_utc, Why.QUIET)
    counted = sum(ring.weight is weight and ring.at_utc > now - HOUR for ring in rings)
    if counted >= limits.rings_an_hour[weight]:
        digest_utc = now + limits.digest_after[weight]
        if weight is not Severity.DANGER:
            digest_utc = quiet_until(recipient.quiet, recipient.zone, digest_utc) or digest_utc
        return Decision(NotifyAction.DIGEST, rule.id, digest_utc, Why.CAP)
    return Decision(NotifyAction.RING, rule.id, due_utc)


def _told_within(time: timedelta, event: Happening, rings: Iterable[Ring], now: datetime) -> bool:
    """Whether the same thing rang within a time, with at least this weight: what grew worse rings again."""
    return any(
        ring.topic == event.topic and ring.weight.rank >= event.weight.rank and ring.at_utc > now - time
        for ring in rings
    )
