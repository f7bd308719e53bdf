"""Data of the day page, read at once: the day, the chosen window, the reports. Blocks.

Showing it does not belong here (web/pages/day.py).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from livemon.base.clock import WINDOW, floor_to, iso, local_day
from livemon.base.roles import Role
from livemon.monitor.monitor import Monitor
from livemon.reports.facts.day import Day
from livemon.reports.facts.weeks import Weeks, read_weeks
from livemon.reports.facts.windows import RULE_STATES, WindowState
from livemon.store import activity
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.pages.parts.day_timeline import timeline
from livemon.web.pages.parts.report_shelf import LISTED, ShelfReading
from livemon.web.pages.parts.window_view import WindowReading

MOST_PARTS = 50
"""Of a window's archive; a camera that changes its picture more often than that has other troubles."""

PERFECT = 100.0

TODAY_FRESH_S = 2.0
"""Windows change without anybody being told: recorded, waiting, being tried."""


@dataclass(frozen=True, slots=True)
class DayReading:
    """A reading. `window` is None when there is none to look at."""

    day: Day
    window: WindowReading | None
    shelf: ShelfReading
    today: date
    strip: dict[str, Any]
    weeks: Weeks


def read_page(authorized: AuthorizedMonitor, camera_id: str, day: date | None, window: str) -> DayReading:
    """Read a camera's day; takes some tens of milliseconds.

    Parameters
    ----------
    day
        Today when None.
    window
        Beginning of the chosen window as `iso` writes it; the one most worth seeing when the day has none like it.

    Raises
    ------
    UnknownCamera, StoreError
        When the camera does not exist, or the database refuses.
    """
    monitor = authorized.check(Role.VIEWER, camera_id)  # what others have read is kept
    monitor.camera(camera_id)
    database, kept = monitor.database, monitor.query_cache
    read = kept.get(("day", camera_id, day), lambda: monitor.day(camera_id, day), fresh_s=TODAY_FRESH_S)
    moved = kept.get(
        ("motion", camera_id, read.date),
        lambda: activity.motion_looks(database, camera_id, read.start_utc, read.end_utc),
    )
    weeks = kept.get(("weeks", camera_id, read.date), lambda: read_weeks(database, camera_id, read.date, read.zone))
    today = local_day(read.now, read.zone)[0]
    shelf = ShelfReading(
        camera_id=camera_id,
        day=read.date,
        is_over=read.is_over,
        is_to_come=read.date > today,
        reports=monitor.reports(camera_id, LISTED),
        run=monitor.report_requests.of(camera_id, read.date),
        zone=read.zone,
    )
    motion = Counter(floor_to(moment, WINDOW) for moment in moved)
    return DayReading(read, _read_window(monitor, read, window), shelf, today, timeline(read, motion), weeks)


def worth_seeing(day: Day) -> dict[Any, Any] | None:
    """Return the window to show by default: the lowest score, else the last known one; None without windows."""
    windows = day.windows
    judged = windows[windows["safety_score"].notna()]
    if len(judged) and judged["safety_score"].min() < PERFECT:
        return judged.sort_values("safety_score", kind="stable").to_dict("records")[0]
    for state in (WindowState.COMPLETED, WindowState.FAILED, WindowState.WAITING, *RULE_STATES):
        some = windows[windows["state"] == state.value]
        if len(some):
            return some.to_dict("records")[-1]
    return None


def _read_window(monitor: Monitor, day: Day, chosen: str) -> WindowReading | None:
    rows = {iso(row["window_start_utc"].to_pydatetime()): row for row in day.windows.to_dict("records")}
    row = rows.get(chosen) or worth_seeing(day)
    if row is None:
        return None
    start: datetime = row["window_start_utc"].to_pydatetime()
    end = start + WINDOW
    kept = monitor.segment_analysis(day.camera_id, start) or {}
    events = day.events
    return WindowReading(
        camera_id=day.camera_id,
        row=row,
        result=kept.get("analysis_result") or {},
        next_try_utc=kept.get("next_try_utc"),
        files=monitor.archives(day.camera_id, MOST_PARTS, since=start, until=end).sort_values("start_utc"),
        events=events[(events["start_utc"] >= start) & (events["start_utc"] < end)],
        zone=day.zone,
        only_in_bucket=tuple(monitor.camera(day.camera_id).footage.copies.archives_only_there(start, end)),
    )
