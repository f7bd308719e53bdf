"""QuotaLimits: how many requests a minute and a day a model takes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta

from livemon.base.clock import EPOCH, Clock

# Google's days begin at midnight in California; winter time all year round is near enough for a stand-in.
PACIFIC = timedelta(hours=-8)


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A limit that is used up."""

    per: str  # Minute or Day
    limit: int
    wait_s: float


@dataclass(slots=True)
class QuotaLimits:
    """Counts requests of each model, over sixty seconds and over a day."""

    per_minute: int | None
    per_day: int | None
    clock: Clock
    _minutes: dict[str, deque[float]] = field(default_factory=dict)
    _days: dict[tuple[str, int], int] = field(default_factory=dict)

    def count(self, model: str) -> Exceeded | None:
        """Count a request, or say which limit forbids it; what is forbidden does not count."""
        now_s = self.clock.monotonic_s()
        recent = self._minutes.setdefault(model, deque())
        while recent and now_s - recent[0] >= 60:
            recent.popleft()
        local = self.clock.now() - EPOCH + PACIFIC
        used_today = self._days.get((model, local.days), 0)
        if self.per_day is not None and used_today >= self.per_day:
            return Exceeded("Day", self.per_day, (timedelta(days=local.days + 1) - local).total_seconds())
        if self.per_minute is not None and len(recent) >= self.per_minute:
            return Exceeded("Minute", self.per_minute, 60 - (now_s - recent[0]))
        recent.append(now_s)
        self._days[(model, local.days)] = used_today + 1
        return None
