"""Due periods of a periodic job: hours and local days.

Pure: times in, periods out.

Periods are scheduled, not times. A period that is over and not done is due, even if the clock jumped or this process
was restarted. The execution, once per period, lives in jobs/scheduler.py and store/job_runs.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from livemon.base.clock import at_local, floor_to, local_day, require_utc

HOUR = timedelta(hours=1)
NOON = time(12)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A stretch of time [start_utc, end_utc) that a job is about."""

    start_utc: datetime
    end_utc: datetime


def due_hours(now: datetime, settle: timedelta, since: datetime) -> list[Period]:
    """Return the full hours (UTC) that ended at least `settle` ago and not before `since`, newest first."""
    last = floor_to(require_utc(now) - settle, HOUR)
    count = max(0, (last - floor_to(since, HOUR)) // HOUR)
    return [Period(last - (n + 1) * HOUR, last - n * HOUR) for n in range(count)]


def due_days(now: datetime, zone: tzinfo | None, at: time, since: datetime, most: int) -> list[tuple[date, Period]]:
    """Return the local days whose report is due, newest first.

    A day is due at `at` of the day after. If the clocks skip that time, it is due as much later; if they repeat it, the
    first time.

    Parameters
    ----------
    zone
        Of the days; None means the machine's own.
    since
        No day that ended before.
    most
        No more days than this.
    """
    today, _, _ = local_day(now, zone)
    found = []
    for back in range(1, most + 2):  # yesterday may not be due yet
        day = today - timedelta(days=back)
        same, start, end = local_day(at_local(day, NOON, zone), zone)
        if end <= since:
            break
        if same != day:
            continue  # a day that a change of zone left out
        if at_local(day + timedelta(days=1), at, zone) <= now:
            found.append((day, Period(start, end)))
    return found[:most]
