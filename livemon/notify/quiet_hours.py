"""Quiet hours: times of the week in which a recipient is not rung for less than a danger. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from livemon.base.clock import at_local

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A stretch of local time on some days of the week.

    Attributes
    ----------
    start, end
        Local times; an end at or before the start is on the next day, so 22:00 to 07:00 is a night.
    weekdays
        Days on which it begins, Monday 0 to Sunday 6.
    """

    start: time
    end: time
    weekdays: frozenset[int] = EVERY_DAY


def quiet_until(quiet: Iterable[QuietHours], zone: ZoneInfo, moment: datetime) -> datetime | None:
    """Return when the quiet that a moment lies in is over; None when it lies in none.

    Stretches that touch are one. Local times that clocks skip or show twice are taken as `at_local` takes them.
    """
    stretches = sorted(stretch for hours in quiet for stretch in _around(hours, zone, moment))
    end: datetime | None = None
    for begins, ends in stretches:
        if begins <= (end or moment) < ends:
            end = ends
    return end


def _around(hours: QuietHours, zone: ZoneInfo, moment: datetime) -> Iterable[tuple[datetime, datetime]]:
    """Yield the stretches that begin from a day before the moment's local day to a week after it, in UTC."""
    today = moment.astimezone(zone).date()
    for offset in range(-1, 8):
        day = today + timedelta(days=offset)
        if day.weekday() in hours.weekdays:
            last_day = day + timedelta(days=hours.end <= hours.start)
            yield at_local(day, hours.start, zone), at_local(last_day, hours.end, zone)
