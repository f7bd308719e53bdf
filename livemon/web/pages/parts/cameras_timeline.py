"""The day of several cameras on one scale of hours: a row each, with its dangers and warnings, on the Day page.

The strip of the chosen camera, with all its marks, is day_timeline.py's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from html import escape
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import panel as pn

from livemon.base.clock import WINDOW, iso
from livemon.base.datatypes import Severity
from livemon.base.roles import Role
from livemon.reports.facts.day import Day
from livemon.web.api.guard import API_ROOT
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import tr
from livemon.web.pages.parts.day_text import coverage_words, local_time
from livemon.web.pages.parts.day_timeline import MARKS, WITH_FOOTAGE, happenings, look_of

READ_EVERY_S = 30.0
"""The chosen camera's strip is newer: this is for comparing."""

SHOWN = (Severity.DANGER, Severity.WARNING)
HOURS_A_TICK = 6
FRESH_S = 2.0

STYLES = """
.rows { display: grid; grid-template-columns: minmax(90px, 170px) minmax(0, 1fr); gap: 4px 12px; align-items: center;
  --line: color-mix(in srgb, currentColor 22%, transparent); }
.name { font-weight: 600; overflow-wrap: anywhere; min-height: 40px; display: flex; align-items: center;
  color: var(--mui-palette-primary-main, #3448c5); }
.name[aria-current] { color: inherit; text-decoration: none; }
.track { position: relative; height: 40px; }
.track > * { position: absolute; }
.track i { top: 14px; height: 20px; border-bottom: 2px solid var(--line); box-sizing: border-box; }
.track .hour { top: 14px; height: 20px; }
.track .hour:hover { background: color-mix(in srgb, currentColor 18%, transparent); }
.high { background: #2f9e6b; } .mid { background: #e2a417; } .low { background: #d92d20; }
.unknown { background: #98a1b3; }
.by_rule, .no_people { background: color-mix(in srgb, currentColor 12%, transparent); }
.waiting, .recording { background: color-mix(in srgb, #2e6fdb 26%, transparent); }
.failed { background: repeating-linear-gradient(135deg, #a8443a 0 3px, transparent 3px 6px); }
.not_kept { background: color-mix(in srgb, currentColor 26%, transparent); }
.mark { top: 0; width: 14px; height: 14px; margin-left: -7px; }
.mark::before { content: ""; position: absolute; inset: 2px; }
.danger::before { background: #d92d20; clip-path: polygon(50% 0, 100% 100%, 0 100%); }
.warning::before { background: #d97706; clip-path: polygon(50% 0, 100% 50%, 50% 100%, 0 50%); }
a { color: var(--mui-palette-primary-main, #3448c5); } p { margin: 10px 0 0; }
.ticks { grid-column: 2; position: relative; height: 16px; font-size: 12px; opacity: .78;
  font-variant-numeric: tabular-nums; }
.ticks span { position: absolute; padding-left: 3px; border-left: 1px solid currentColor; line-height: 1; }
@media (max-width: 700px) { .rows { grid-template-columns: minmax(0, 1fr); gap: 0; } .ticks { grid-column: 1; }
  .name { min-height: 32px; align-items: flex-end; } }
"""


class CamerasTimeline(pn.viewable.Viewer):
    """The rows of all cameras that the visitor may see; empty with only one. `draw` and `show` bring it up to date."""

    def __init__(self) -> None:
        super().__init__()
        self._pane = pn.pane.HTML("", stylesheets=[STYLES], sizing_mode="stretch_width")
        self._drawn: tuple[str, date | None] | None = None
        self._read_s = 0.0
        self._html = ""

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    @property
    def is_empty(self) -> bool:
        """Whether there is only one camera, and nothing to compare."""
        return not self._html

    def draw(self, monitor: AuthorizedMonitor, camera_id: str, day: date | None) -> None:
        """Read and draw the rows of a day, today when None; takes some tens of milliseconds for each camera.

        Nothing is read when these rows were drawn within `READ_EVERY_S`.

        Raises
        ------
        StoreError
            When the database refuses.
        """
        now_s = monitor.clock.monotonic_s()
        if self._drawn == (camera_id, day) and now_s - self._read_s < READ_EVERY_S:
            return
        ids = list(monitor.cameras)
        days = [_day_of(monitor, one, day) for one in ids] if len(ids) > 1 else []
        self._html = timeline_html(days, camera_id)
        self._drawn, self._read_s = (camera_id, day), now_s

    def show(self) -> None:
        """Show the drawing; an unchanged one is not sent."""
        if self._html != self._pane.object:
            self._pane.object = self._html


def timeline_html(days: list[Day], chosen: str) -> str:
    """Return the rows of several cameras' days, the chosen one's name without a link; empty for no days."""
    if not days:
        return ""
    rows = "".join(_row(day, is_chosen=day.camera_id == chosen) for day in days)
    asked = urlencode({"date": days[0].date.isoformat()})
    address = escape(f"{API_ROOT.lstrip('/')}/household-report?{asked}", quote=True)
    report = f"<p><a href='{address}' target='_blank'>{tr('day.household_report')}</a></p>"
    return f"<div class='rows' role='group' aria-label='{tr('day.all_cameras')}'>{rows}{_ticks(days[0])}</div>{report}"


def _day_of(monitor: AuthorizedMonitor, camera_id: str, day: date | None) -> Day:
    own = monitor.check(Role.VIEWER, camera_id)
    return own.query_cache.get(("day", camera_id, day), lambda: own.day(camera_id, day), fresh_s=FRESH_S)


def _row(day: Day, *, is_chosen: bool) -> str:
    name = escape(day.camera_name)
    words = escape(coverage_words(day), quote=True)
    link = f"<a class='name' href='{_address(day)}'>{name}</a>"
    if is_chosen:
        link = f"<span class='name' aria-current='true'>{name}</span>"
    parts = [*_runs(day), *_hours(day), *_marks(day)]
    return f"{link}<div class='track' role='group' aria-label='{name}: {words}'>{''.join(parts)}</div>"


def _runs(day: Day) -> Iterator[str]:
    """Yield neighbouring windows that look alike as one bar."""
    for look, group in groupby(day.windows.to_dict("records"), look_of):
        run = list(group)
        start = run[0]["window_start_utc"]
        yield (
            f"<i class='{look}' style='left:{_percent(day, start)};"
            f"width:{_width(day, len(run) * WINDOW)}' title='{local_time(start, day.zone)}'></i>"
        )


def _hours(day: Day) -> Iterator[str]:
    """Yield a link for each hour with footage: to its window with the lowest score, else its first."""
    windows = day.windows[day.windows["state"].isin([state.value for state in WITH_FOOTAGE])]
    step = timedelta(hours=1)
    for hour, some in windows.groupby((windows["window_start_utc"] - day.start_utc) // step):
        best = some.sort_values("safety_score", kind="stable").iloc[0]
        place = f"left:{_percent(day, day.start_utc + hour * step)};width:{_width(day, step)}"
        address = _address(day, best["window_start_utc"])
        yield f"<a class='hour' tabindex='-1' aria-hidden='true' href='{address}' style='{place}'></a>"


def _marks(day: Day) -> Iterator[str]:
    for start, kind in happenings(day):
        if kind in SHOWN and start >= day.start_utc:
            words = escape(f"{day.camera_name}: {tr(MARKS[Severity(kind)])} {local_time(start, day.zone)}", quote=True)
            window = day.start_utc + (start - day.start_utc) // WINDOW * WINDOW
            yield (
                f"<a class='mark {kind}' href='{_address(day, window)}' style='left:{_percent(day, start)}'"
                f" title='{words}' aria-label='{words}'></a>"
            )


def _ticks(day: Day) -> str:
    ticks = "".join(
        f"<span style='left:{_percent(day, row['start_utc'])}'>{local_time(row['start_utc'], day.zone)}</span>"
        for row in day.hours.to_dict("records")[::HOURS_A_TICK]
    )
    return f"<div class='ticks' aria-hidden='true'>{ticks}</div>"


def _address(day: Day, window: Any = None) -> str:
    asked = {"camera": day.camera_id, "date": day.date.isoformat()}
    if window is not None:
        asked["window"] = iso(pd.Timestamp(window).to_pydatetime())
    return escape("?" + urlencode(asked), quote=True)


def _percent(day: Day, moment: Any) -> str:
    return _width(day, moment - day.start_utc)


def _width(day: Day, length: Any) -> str:
    return f"{100 * (length / (day.end_utc - day.start_utc)):.3f}%"
