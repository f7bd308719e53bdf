"""Event identity, cooldown and escalation: whether an observation is new or the same thing going on.

The cooldown runs on frame times, from the last sighting of a thing to the next, not from call to call. A child who
plays for five minutes is one event however often the model is asked. Storing does not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from livemon.base.datatypes import Observation, Severity

Identity = tuple[str, str, str]
"""Event type, kind and location; the camera is the cooldown's own."""


def identity(seen: Observation) -> Identity:
    """Return what makes two observations of one camera the same thing."""
    return seen.event_type.value, seen.kind, seen.location


@dataclass(frozen=True, slots=True)
class _Current:
    event_id: int
    severity: Severity
    last_seen_utc: datetime


@dataclass(frozen=True, slots=True)
class Repetition:
    """An observation that belongs to an event already there."""

    event_id: int
    last_seen_utc: datetime


class Cooldown:
    """Remembers one camera's current events.

    Parameters
    ----------
    cooldown_s
        An identity seen again within this many seconds of when it was last seen is a repetition.
    """

    def __init__(self, cooldown_s: float) -> None:
        self._cooldown = timedelta(seconds=cooldown_s)
        self._current: dict[Identity, _Current] = {}

    def consider(self, seen: Observation) -> Repetition | None:
        """Return what `seen` repeats, or None when it is a new event.

        A rise in severity is always new. A repetition extends the time it was last seen.
        """
        current = self._current.get(identity(seen))
        if current is None or seen.severity.rank > current.severity.rank:
            return None
        if seen.start_utc - current.last_seen_utc > self._cooldown:
            return None
        last_seen_utc = max(current.last_seen_utc, seen.end_utc)
        self._current[identity(seen)] = _Current(current.event_id, current.severity, last_seen_utc)
        return Repetition(current.event_id, last_seen_utc)

    def remember(self, event_id: int, seen: Observation) -> None:
        """Take `seen`, committed as `event_id`, as the current event of its identity; forget what has ended."""
        self._current = {
            key: current
            for key, current in self._current.items()
            if seen.start_utc - current.last_seen_utc <= self._cooldown
        }
        self._current[identity(seen)] = _Current(event_id, seen.severity, seen.end_utc)
