"""Time: the clock everything asks, and the ten-minute windows that archives and analyses are cut by.

Only this module reads the wall clock. All times are timezone-aware UTC. Media time (PTS) does not belong here.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import time as time_of_day
from typing import Protocol

WINDOW = timedelta(minutes=10)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MIDNIGHT = time_of_day()


class Clock(Protocol):
    """The time source of livemon, replaced in tests so that they need not wait."""

    def now(self) -> datetime:
        """Wall clock, timezone-aware UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds on a clock that never steps; for durations and watchdogs only."""
        ...

    async def sleep(self, duration_s: float) -> None:
        """Wait; returns early only by cancellation."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Wall clock, timezone-aware UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Seconds since an arbitrary moment; never steps."""
        return time.monotonic()

    async def sleep(self, duration_s: float) -> None:
        """Wait without blocking the loop."""
        await asyncio.sleep(max(0.0, duration_s))


class FakeClock:
    """A clock that tests move by hand; `sleep` moves it and yields once."""

    def __init__(self, start: datetime = EPOCH) -> None:
        self._now = require_utc(start)
        self._monotonic_s = 0.0

    def now(self) -> datetime:
        """Return the time set last."""
        return self._now

    def monotonic_s(self) -> float:
        """Seconds by which the clock was moved."""
        return self._monotonic_s

    def advance(self, duration_s: float) -> None:
        """Move both the wall and the monotonic clock."""
        self._now += timedelta(seconds=duration_s)
        self._monotonic_s += duration_s

    async def sleep(self, duration_s: float) -> None:
        """Move the clock instead of waiting."""
        self.advance(max(0.0, duration_s))
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A clock-aligned ten-minute interval [start_utc, end_utc), the unit of archives and analyses."""

    start_utc: datetime

    def __post_init__(self) -> None:
        if floor_to(self.start_utc, WINDOW) != self.start_utc:
            raise ValueError(f"a window starts on a ten-minute mark, not at {self.start_utc.isoformat()}")

    @classmethod
    def containing(cls, moment: datetime) -> Window:
        """Return the window that `moment` lies in; a boundary belongs to the window that it opens."""
        return cls(floor_to(moment, WINDOW))

    @property
    def end_utc(self) -> datetime:
        """First moment after the window."""
        return self.start_utc + WINDOW


def floor_to(moment: datetime, step: timedelta) -> datetime:
    """Return the last multiple of `step` since the Unix epoch that is not after `moment`."""
    return EPOCH + ((require_utc(moment) - EPOCH) // step) * step


def local_day(moment: datetime, zone: tzinfo | None) -> tuple[date, datetime, datetime]:
    """Return the local day of a moment, when it began and when it ends (UTC); 23 to 25 hours.

    Parameters
    ----------
    zone
        Of the day; None means the machine's own.
    """
    local = moment.astimezone(zone)
    day = local.date()
    return day, at_local(day, MIDNIGHT, zone), at_local(day + timedelta(days=1), MIDNIGHT, zone)


def at_local(day: date, at: time_of_day, zone: tzinfo | None) -> datetime:
    """Return the moment (UTC) of a time on a local day; where clocks skip it, as much later; the first of two.

    Parameters
    ----------
    zone
        Of the day; None means the machine's own.
    """
    # A naive time is taken in the machine's zone, with the offset of that day.
    return datetime.combine(day, at, zone).astimezone(UTC)


def require_utc(moment: datetime) -> datetime:
    """Return `moment` in UTC; a naive time is refused, because guessing its zone loses footage.

    Raises
    ------
    ValueError
        When `moment` has no timezone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment!r}: every time in livemon carries its timezone")
    return moment.astimezone(UTC)


def iso(moment: datetime) -> str:
    """RFC 3339 text in UTC with milliseconds, as playlists, the API and file logs show it."""
    return require_utc(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")
