"""The day page: one camera's day as a strip of windows, the chosen window, the day's report.

One page object per browser session. Its camera, day and window are in its address, so that it can be shared. Its parts
live in parts/day_timeline.py, parts/window_view.py and parts/report_shelf.py, its words in parts/day_text.py, drawing
in parts/day_drawing.py.
"""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import panel as pn
import panel_material_ui as pmui

from livemon.base.clock import WINDOW, iso, require_utc
from livemon.base.errors import LivemonError
from livemon.base.roles import Role
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import beside, tr, tr_all, tr_message
from livemon.web.pages.parts.cameras_timeline import CamerasTimeline
from livemon.web.pages.parts.day_data import DayReading, read_page
from livemon.web.pages.parts.day_drawing import DrawnDay, draw_day
from livemon.web.pages.parts.day_timeline import STRIP_WORDS, DayTimeline, pictures_of
from livemon.web.pages.parts.missed import Missed, keep_missed
from livemon.web.pages.parts.player import built_player
from livemon.web.pages.parts.report_shelf import ReportShelf
from livemon.web.pages.parts.share_box import ShareBox
from livemon.web.pages.parts.weeks import WeeksCard
from livemon.web.pages.parts.window_view import WindowView
from livemon.web.pages.shell import icons
from livemon.web.pages.shell.nav import DAY, Nav
from livemon.web.pages.shell.page import (
    CARD_CSS,
    asked_for,
    camera_options,
    follow,
    heading,
    make_page,
    offer_cameras,
    prepare_page,
    status_html,
)

TICK_MS = 1000
REFRESH_S = 5.0
"""Only for a day that is not over, or while something is being made."""

WATCHED_S = 600.0
"""Longest time that a page waits for the analysis that it requested."""

ONE_DAY = timedelta(days=1)

PAGE_CSS = """
:host { display: grid; grid-auto-rows: max-content; grid-template-columns: minmax(0, 1fr); gap: 14px; padding: 14px;
  box-sizing: border-box; width: 100%; max-width: 1500px; margin: 0 auto; }
.scroll-button { display: none; }
@media (max-width: 900px) { :host { padding: 8px; gap: 8px; } }
"""
CHOOSER_CSS = ":host { display: flex; flex-wrap: wrap; align-items: center; gap: 0 4px; }"
FACTS_CSS = """
p { margin: 4px 0 8px; line-height: 1.5; overflow-wrap: anywhere; }
h2 { margin: 0; font-size: 19px; }
dl { display: flex; flex-wrap: wrap; gap: 6px 26px; margin: 0 0 4px; }
dl div { display: flex; flex-direction: column-reverse; }
dt { opacity: .74; font-size: 12px; } dd { margin: 0; font-size: 19px; font-weight: 650; }
"""


class DayPage(pn.viewable.Viewer):
    """The page of one browser session.

    Parameters
    ----------
    monitor
        The process's monitor, as who opens the page may see it.
    nav
        The page's links; they are kept to the camera that is chosen.
    """

    def __init__(self, monitor: AuthorizedMonitor, nav: Nav) -> None:
        super().__init__()
        for bundle in ("day_timeline", "window_video"):
            built_player(bundle)  # a sentence now is better than an empty box later
        self._monitor = monitor
        self.nav = nav
        self._camera = pmui.Select(label=tr("page.camera"), options=camera_options(monitor), size="small", width=190)
        self._back = pmui.IconButton(icon=icons.BACK, description=tr("day.day_before"), on_click=self._on_back)
        self._on = pmui.IconButton(icon=icons.FORWARD, description=tr("day.day_after"), on_click=self._on_forth)
        self._picker = pmui.DatePicker(label=tr("day.date"), size="small", width=170)
        self._today = pmui.Button(label=tr("review.today"), variant="text", size="small", on_click=self._on_today)
        self._facts = pn.pane.HTML("", stylesheets=[FACTS_CSS], sizing_mode="stretch_width")
        self._strip = DayTimeline(words=tr_all(STRIP_WORDS), sizing_mode="stretch_width")
        self._window_view = WindowView(self._ask_again, self._mark_missed)
        self._share = ShareBox.for_page(monitor)
        self._weeks = WeeksCard()
        self._all = CamerasTimeline()
        self._shelf = ReportShelf(self._make_report)
        self._date: date | None = None  # None is today, also after midnight
        self._window = ""
        self._shown: DayReading | None = None
        self._showing = False
        self._read_s = 0.0
        self._watch_until_s = 0.0
        self._look_at = "daily-report" if asked_for("show") == "report" else ""
        self._wrong = self._take_address(
            {name: asked_for(name) for name in ("camera", "date", "window")},
        )
        self._camera.param.watch(self._on_camera, "value")
        self._picker.param.watch(self._on_picked, "value")
        self._strip.param.watch(self._on_window, "selected")
        card = {"stylesheets": [CARD_CSS], "sizing_mode": "stretch_width"}
        days = pn.Row(self._back, self._picker, self._on, margin=0)
        chooser = pmui.FlexBox(self._camera, self._today, days, stylesheets=[CHOOSER_CSS], margin=0)
        self._day_card = pn.Column(chooser, self._facts, self._strip, **card)
        self._all_card = pn.Column(heading(tr("day.all_cameras")), self._all, visible=False, **card)
        self._cards = pn.Column(
            self._day_card,
            self._all_card,
            pn.Column(self._window_view, self._share, **card),
            pn.Column(heading(tr("day.daily_report")), self._shelf, css_classes=["daily-report"], **card),
            pn.Column(heading(tr("day.four_weeks")), self._weeks, **card),
            stylesheets=[PAGE_CSS],
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        return self._cards

    def read(self) -> DrawnDay | LivemonError | None:
        """Read and draw the page's data; None when no camera is configured. Blocks some tens of milliseconds."""
        camera_id = self._camera.value
        if camera_id is None:
            return None
        self._read_s = self._monitor.clock.monotonic_s()
        try:
            reading = read_page(self._monitor, camera_id, self._date, self._window)
            self._weeks.draw(reading.weeks)
            self._all.draw(self._monitor, camera_id, self._date)
            return draw_day(reading, self._wrong, operates=self._monitor.may(Role.OPERATOR, camera_id))
        except LivemonError as exc:
            return exc

    def show(self, drawn: DrawnDay | LivemonError | None) -> None:
        """Put the drawing on the page; unchanged parts are not sent."""
        if drawn is None:
            self._facts.object = status_html("#b54708", tr("page.no_camera"), tr("page.add_one_on_cameras"))
            return
        if isinstance(drawn, LivemonError):
            self._facts.object = status_html("#d92d20", tr("page.cannot_read"), tr_message(drawn.said))
            return
        reading = drawn.reading
        self._shown, self._showing = reading, True
        day = reading.day
        try:
            if self._facts.object != drawn.facts:
                self._facts.object = drawn.facts
            if self._strip.pictures != (pictures := pictures_of(day.camera_id)):
                self._strip.pictures = pictures
            if reading.strip != self._strip.day:
                self._strip.day = reading.strip
            self._window = iso(reading.window.start_utc) if reading.window else ""
            if self._strip.selected != self._window:
                self._strip.selected = self._window
            if self._picker.value != day.date:
                self._picker.value = day.date
            if self._on.disabled != (day.date >= reading.today):
                self._on.disabled = self._today.disabled = day.date >= reading.today
            self._window_view.show(drawn.window)
            if reading.window is None or not len(reading.window.files):
                self._share.offer(self._monitor, "")
            else:
                start = reading.window.start_utc
                self._share.offer(self._monitor, reading.window.camera_id, start, start + WINDOW)
            self._shelf.show(drawn.shelf)
            self._weeks.show()
            self._all.show()
            if self._all_card.visible == self._all.is_empty:
                self._all_card.visible = not self._all.is_empty
            self.nav.show(day.camera_id)
        finally:
            self._showing = False

    async def tick(self) -> None:
        """Bring the page up to date while something can change: today, a report, an analysis that was asked for."""
        if gone := offer_cameras(self._camera, camera_options(self._monitor)):
            self._wrong = tr("day.there_no_camera", name=gone)
        if self._look_at:
            self.nav.look_at(self._look_at)
            self._look_at = ""
        shown = self._shown
        if shown is None or self._showing:
            return
        camera_id = shown.day.camera_id
        run = self._monitor.check(Role.VIEWER, camera_id).report_requests.of(camera_id, shown.day.date)
        now_s = self._monitor.clock.monotonic_s()
        can_change = self._date is None or now_s < self._watch_until_s
        if run != shown.shelf.run or (can_change and now_s - self._read_s >= REFRESH_S):
            await self.refresh()

    async def refresh(self) -> None:
        """Read and show."""
        asked = (self._camera.value, self._date, self._window)
        drawn = await beside(self.read)
        if asked == (self._camera.value, self._date, self._window):  # otherwise something else was chosen meanwhile
            self.show(drawn)

    async def go(self, day: date | None, window: str = "") -> None:
        """Show another day, or another window of it; the address follows."""
        self._wrong = ""
        self._date, self._window = day, window
        self._write_address()
        self._day_card.loading = True
        try:
            await self.refresh()
        finally:
            self._day_card.loading = False

    async def _on_camera(self, _event: Any) -> None:
        await self.go(self._date)

    async def _on_picked(self, event: Any) -> None:
        # Browsers also report the date that they were given.
        if event.new is not None and self._shown is not None and event.new != self._shown.day.date:
            await self.go(self._not_today(event.new))

    async def _on_window(self, event: Any) -> None:
        if self._showing or event.new == self._window:
            return
        self._window = event.new
        self._write_address()
        await self.refresh()

    async def _on_back(self, _event: Any) -> None:
        if self._shown is not None:
            await self.go(self._shown.day.date - ONE_DAY)

    async def _on_forth(self, _event: Any) -> None:
        if self._shown is not None:
            await self.go(self._not_today(self._shown.day.date + ONE_DAY))

    async def _on_today(self, _event: Any) -> None:
        await self.go(None)

    async def _ask_again(self) -> None:
        """Have the chosen window analysed."""
        if self._shown is None or self._shown.window is None:
            return
        window = self._shown.window
        try:
            monitor = await asyncio.to_thread(self._monitor.act, "analyse again", window.camera_id)
            await asyncio.to_thread(monitor.backfill.retry, window.camera_id, window.start_utc)
        except LivemonError as exc:
            pn.state.notifications.error(tr_message(exc.said), duration=0)
            return
        self._watch_until_s = self._monitor.clock.monotonic_s() + WATCHED_S
        pn.state.notifications.info(tr("day.analysed_as_soon_as"))
        await self.refresh()

    async def _mark_missed(self, missed: Missed) -> None:
        """Keep an event that a person reports as missed; raises LivemonError."""
        if self._shown is None:
            return
        await asyncio.to_thread(keep_missed, self._monitor, self._shown.day.camera_id, missed)
        pn.state.notifications.success(tr("day.kept_as_missed_event"))
        await self.refresh()

    async def _make_report(self) -> None:
        """Have the report of the day made; `tick` shows how far it is."""
        if self._shown is None:
            return
        try:
            monitor = await asyncio.to_thread(self._monitor.act, "make the report", self._shown.day.camera_id)
            monitor.report_requests.start(self._shown.day.camera_id, self._shown.day.date)
        except LivemonError as exc:
            pn.state.notifications.error(tr_message(exc.said), duration=0)
        await self.refresh()

    def _not_today(self, day: date) -> date | None:
        return None if self._shown is not None and day == self._shown.today else day

    def _take_address(self, asked: dict[str, str]) -> str:
        """Apply the parameters of an address; returns the error in it."""
        wrong = ""
        if asked["camera"] in self._camera.options.values():
            self._camera.value = asked["camera"]
        elif asked["camera"]:
            wrong = tr("day.there_no_camera", name=asked["camera"])
        try:
            self._date = date.fromisoformat(asked["date"]) if asked["date"] else None
        except ValueError:
            wrong = tr("day.no_day_write_like", text=asked["date"])
        try:
            self._window = iso(require_utc(datetime.fromisoformat(asked["window"]))) if asked["window"] else ""
        except ValueError:
            wrong = tr("day.beginning_no_window", text=asked["window"])
        return wrong

    def _write_address(self) -> None:
        """Put the page's state into its address."""
        day = self._date.isoformat() if self._date else ""
        parts = {"camera": self._camera.value, "date": day, "window": self._window}
        self.nav.write_address(parts)


def day_page(monitor: AuthorizedMonitor, live: str = "./") -> pmui.Page:
    """Return the page for the session that is being opened; `live` is the live page's address, relative to it."""
    prepare_page()
    view = DayPage(monitor, Nav(DAY, live, monitor))
    page = make_page(view.nav, view)
    # The page is sent as it is now; changes follow once it is drawn.
    view.show(view.read())
    follow(view.nav, view.tick, TICK_MS)
    return page
