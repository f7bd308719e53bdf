"""The System page: cost and outcome of looks, a card a camera, and the machine it runs on.

The data is read in parts/system_data.py; the bars of the budget live in parts/costs.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import suppress
from html import escape

import panel as pn
import panel_material_ui as pmui

from livemon.archive.copies.copy_notices import BEHIND
from livemon.base.errors import LivemonError
from livemon.cameras.lease_plan import CLOCK_TOLERANCE_S
from livemon.store.tables.copies import CopyState
from livemon.vlm.budget_ladder import dollars
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import beside, tr, tr_message, tr_said
from livemon.web.pages.parts.costs import STYLES as COST_STYLES
from livemon.web.pages.parts.costs import costs_html
from livemon.web.pages.parts.states import state_chip, status_sentence
from livemon.web.pages.parts.system_data import CameraReading, CopiesReading, MachineReading, SystemReading, read_system
from livemon.web.pages.parts.trends import STYLES as TREND_STYLES
from livemon.web.pages.parts.trends import read_trends, trends_html
from livemon.web.pages.shell.nav import SYSTEM, Nav
from livemon.web.pages.shell.page import CARD_CSS, PAGE_CSS, follow, make_page, prepare_page, status_html

TICK_MS = 2000
TRENDS_EVERY_S = 60.0

STYLES = (
    COST_STYLES
    + TREND_STYLES
    + """
h2 { margin: 0 0 6px; font-size: 18px; overflow-wrap: anywhere; }
.numbers { display: flex; flex-wrap: wrap; gap: 8px 30px; margin: 0; }
.numbers div { display: flex; flex-direction: column-reverse; }
.numbers dt { opacity: .76; font-size: 12px; }
.numbers dd { margin: 0; font-size: 21px; font-weight: 650; font-variant-numeric: tabular-nums; }
.grid { display: grid; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); }
section { border-radius: 14px; padding: 14px; min-width: 0; background: var(--mui-palette-background-paper);
  border: 1px solid color-mix(in srgb, var(--mui-palette-text-primary, currentColor) 12%, transparent); }
dl.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 3px 14px; margin: 10px 0;
  font-size: 14px; }
.facts dt { opacity: .76; } .facts dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
"""
)


class SystemPage(pn.viewable.Viewer):
    """The page of one browser session.

    Parameters
    ----------
    monitor
        The process's monitor, as who opens the page may see it.
    nav
        The page's links.
    """

    def __init__(self, monitor: AuthorizedMonitor, nav: Nav) -> None:
        super().__init__()
        self._monitor = monitor
        self.nav = nav
        self._total = pn.pane.HTML("", stylesheets=[STYLES], sizing_mode="stretch_width")
        self._cameras = pn.pane.HTML("", stylesheets=[STYLES], sizing_mode="stretch_width", margin=0)
        self._machine = pn.pane.HTML("", stylesheets=[STYLES], sizing_mode="stretch_width", margin=0)
        self._trends = pn.pane.HTML("", stylesheets=[STYLES], sizing_mode="stretch_width", margin=0)
        self._trends_read_s = -TRENDS_EVERY_S
        self._reading = False

    def __panel__(self) -> pn.viewable.Viewable:
        top = pn.Column(self._total, stylesheets=[CARD_CSS], sizing_mode="stretch_width")
        rest = (self._cameras, self._trends, self._machine)
        return pn.Column(top, *rest, stylesheets=[PAGE_CSS], sizing_mode="stretch_width")

    def read(self) -> SystemReading | LivemonError:
        """Read the page's data."""
        try:
            return read_system(self._monitor)
        except LivemonError as exc:
            return exc

    def show(self, reading: SystemReading | LivemonError) -> None:
        """Put a reading on the page; what did not change is not sent."""
        if isinstance(reading, LivemonError):
            shown = {self._total: status_html("#d92d20", tr("page.cannot_read"), tr_message(reading.said))}
        else:
            shared = reading.machine is not None
            cards = "".join(camera_html(self._monitor, camera, shared=shared) for camera in reading.cameras)
            shown = {
                self._total: total_html(reading.cameras),
                self._cameras: f"<div class='grid'>{cards}</div>",
                self._machine: (machine_html(reading.machine) if reading.machine else "")
                + (copies_html(reading.copies) if reading.copies else ""),
            }
        for pane, html in shown.items():
            if pane.object != html:
                pane.object = html

    async def refresh(self) -> None:
        """Read and show."""
        if self._reading:
            return
        self._reading = True
        try:
            self.show(await beside(self.read))
            await self._refresh_trends()
        finally:
            self._reading = False

    async def _refresh_trends(self) -> None:
        """Read and show the curves now and then: they are of days, and of many rows."""
        if self._monitor.clock.monotonic_s() - self._trends_read_s >= TRENDS_EVERY_S:
            self.show_trends(await beside(self.read_trends))

    def read_trends(self) -> str:
        """Read the curves; empty when they cannot be read: the rest of the page shows the error."""
        self._trends_read_s = self._monitor.clock.monotonic_s()
        with suppress(LivemonError):
            return trends_html(read_trends(self._monitor))
        return ""

    def show_trends(self, html: str) -> None:
        """Put curves on the page; without any, the earlier curves stay."""
        if html and self._trends.object != html:
            self._trends.object = html


def total_html(cameras: Iterable[CameraReading]) -> str:
    """Return today in four numbers, over all cameras."""
    cameras = tuple(cameras)
    if not cameras:
        return status_html("#b54708", tr("page.no_camera"), tr("page.add_one_on_cameras"))
    forecasts = [each.forecast_usd for each in cameras if each.forecast_usd is not None]
    unknown = any(math.isnan(each) for each in forecasts)
    failed = sum(each.failed for each in cameras)
    numbers = {
        "system.spent_today": dollars(sum(each.spent_usd for each in cameras)),
        "system.usual_day_without_budget": tr("page.not_known") if unknown else dollars(sum(forecasts)),
        "system.calls_today": f"{sum(each.calls for each in cameras)}"
        + (tr("system.failed", n=failed) if failed else ""),
        "system.cameras_running": f"{sum(each.running for each in cameras)} / {len(cameras)}",
    }
    cells = "".join(f"<div><dt>{tr(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in numbers.items())
    return f"<dl class='numbers'>{cells}</dl>"


def camera_html(monitor: AuthorizedMonitor, camera: CameraReading, *, shared: bool) -> str:
    """Return a camera's card; with the caps of all cameras when `shared`."""
    status = camera.status
    colour, word = state_chip(status)
    looks = camera.stats["looks"]
    failures = ", ".join(f"{state.replace('_', ' ')}: {count}" for state, count in looks.items() if state != "ok")
    facts = {
        "system.restarts": str(status.restarts),
        "system.segments": tr(
            "system.late_waiting_for_look",
            n=status.counters.get("segments", 0),
            late=status.counters.get("late_segments", 0),
            waiting=camera.waiting_segments,
        ),
        "system.looks_24_h": f"{sum(looks.values())}" + (f"; {tr('day.failed_word')}: {failures}" if failures else ""),
        "system.archived_24_h": tr("page.h", n=f"{camera.stats['recorded_s'] / 3600:.1f}"),
        "system.spent_today_title": tr("system.in_calls", usd=dollars(camera.spent_usd), n=camera.calls),
    }
    return (
        f"<section><h2>{escape(camera.name)}</h2>"
        f"{status_html(colour, word, status_sentence(status, monitor.zone))}"
        f"{_facts(facts)}{costs_html(camera.costs, status.counters, shared=shared)}</section>"
    )


def machine_html(machine: MachineReading) -> str:
    """Return the machine's card."""
    facts = {
        "system.disk": tr("system.gb_free_for", gb=f"{machine.free_bytes / 1e9:.1f}", folder=machine.data_dir),
        "system.memory": tr("system.mb_in_process", mb=f"{machine.resident_bytes / 1e6:.0f}"),
        "system.database": machine.database + _clock(machine.clock_ahead_s),
        "system.listeners": tr("system.programs_follow_push", n=machine.listeners),
        "system.uploads": tr("system.on_their_way", n=machine.uploads),
        "system.experiments_today": dollars(machine.lab_usd)
        + (tr("system.and_calls_unknown_cost", n=machine.lab_unknown) if machine.lab_unknown else ""),
        "system.audit_log": tr("system.entries_could_not_be", n=machine.audit_unwritten)
        if machine.audit_unwritten
        else tr("system.written"),
        "system.versions": ", ".join(f"{name} {version}" for name, version in machine.versions.items()),
    }
    return f"<section><h2>{tr('system.machine')}</h2>{_facts(facts)}</section>"


def _clock(ahead_s: float | None) -> str:
    """Return a warning when the clocks of host and database differ."""
    if ahead_s is None or abs(ahead_s) <= CLOCK_TOLERANCE_S:
        return ""
    return tr("system.clock_differs", ahead_s=f"{ahead_s:+.1f}")


def copies_html(copies: CopiesReading) -> str:
    """Return the card of the copies off the premises: what is there, and what is not yet."""
    totals = copies.totals
    waiting = totals.counts.get(CopyState.WAITING.value, 0)
    there = totals.counts.get(CopyState.LISTED.value, 0) + totals.counts.get(CopyState.STORED.value, 0)
    size = totals.sizes.get(CopyState.LISTED.value, 0) + totals.sizes.get(CopyState.STORED.value, 0)
    behind = totals.waiting_since_utc is not None and copies.now - totals.waiting_since_utc >= BEHIND
    word = "system.copies_behind" if behind else ("system.copies_waiting" if waiting else "system.copies_up_to_date")
    colour = "#d92d20" if behind else ("#b54708" if waiting or not copies.encrypted else "#067647")
    facts = {
        "system.copies_bucket": copies.bucket,
        "system.copies_there": tr("system.copies_count", n=there, mb=f"{size / 1e6:.0f}"),
        "system.copies_not_yet": tr(
            "system.copies_count", n=waiting, mb=f"{totals.sizes.get(CopyState.WAITING.value, 0) / 1e6:.0f}"
        ),
        "system.copies_sealed": tr("system.copies_encrypted" if copies.encrypted else "system.copies_plain"),
    }
    if totals.counts.get(CopyState.LOST.value):
        facts["system.copies_never"] = f"{totals.counts[CopyState.LOST.value]}"
    if totals.counts.get(CopyState.GIVEN_UP.value):
        facts["system.copies_given_up"] = f"{totals.counts[CopyState.GIVEN_UP.value]}"
    status = status_html(colour, tr(word), tr_said(totals.error))
    return f"<section style='margin-top:14px'><h2>{tr('system.copies')}</h2>{status}{_facts(facts)}</section>"


def _facts(facts: dict[str, str]) -> str:
    cells = "".join(f"<dt>{tr(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    return f"<dl class='facts'>{cells}</dl>"


def system_page(monitor: AuthorizedMonitor, live: str = "./") -> pmui.Page:
    """Return the page for the session that is being opened; `live` is the live page's address, relative to it."""
    prepare_page()
    view = SystemPage(monitor, Nav(SYSTEM, live, monitor))
    page = make_page(view.nav, view)
    # The page is sent as it is now; changes follow once it is drawn.
    view.show(view.read())
    view.show_trends(view.read_trends())
    follow(view.nav, view.refresh, TICK_MS)
    return page
