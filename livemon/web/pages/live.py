"""The dashboard: camera chooser, player, start and stop, status, numbers, costs, events.

One page object per browser session; everything it shows is read from the monitor four times a second. Components live
in parts/player.py, parts/costs.py and parts/event_table.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui

from livemon.base.clock import iso, require_utc
from livemon.base.errors import LivemonError
from livemon.base.roles import Role
from livemon.base.stream_types import StreamStatus
from livemon.monitor.monitor import Monitor
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import beside, tr, tr_message
from livemon.web.pages.kiosk import KIOSK, kiosk_page
from livemon.web.pages.parts.costs import CostCard, costs_html, read_costs
from livemon.web.pages.parts.event_table import SHOWN_EVENTS, EventTable, event_markers, table_html
from livemon.web.pages.parts.live_text import empty_reason, numbers_html
from livemon.web.pages.parts.live_track import read_track
from livemon.web.pages.parts.player import PlayerPane, built_player
from livemon.web.pages.parts.share_box import ShareBox
from livemon.web.pages.parts.states import state_chip, status_sentence
from livemon.web.pages.parts.wall import Tiles, Wall, live_source, past_source
from livemon.web.pages.shell import icons
from livemon.web.pages.shell.nav import LIVE, Nav
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

REFRESH_MS = 250
"""Commits are on the page within half a second; a tick asks the database nothing (monitor/query_cache.py)."""

HELD_S = 5.0
"""The pictures of events wait for so long for the live picture to play."""
PLAYS = ("live", "paused", "past", "resting")
"""States of a player that has its picture."""
SETTLES_S = 1.0
"""After the player's first report the rest of the page may still be rendering."""

UNHEARD = 3
"""Number of readings after which a browser that does not report its stream is sent the address again."""

STATUS_EVERY_S = 1.0
"""The state of a stream is in memory, and is not published."""

FRESH_S = 5.0
"""Numbers and costs change with calls, which are not published."""

PRIVATE_FOR = timedelta(hours=1)

ALL_CAMERAS = "*"

GRID_CSS = """
:host { display: grid; gap: 14px; grid-auto-rows: max-content; align-items: start;
  grid-template-columns: minmax(0, 7fr) minmax(0, 5fr);
  padding: 14px; box-sizing: border-box; width: 100%; max-width: 1500px; margin: 0 auto; }
.events { grid-column: 2; grid-row: 1 / span 2; }
.scroll-button { display: none; }
@media (min-width: 1900px) { :host { max-width: 2300px; } }
@media (max-width: 900px) { .events { grid-column: 1; grid-row: auto; }
  :host { grid-template-columns: minmax(0, 1fr); padding: 8px; gap: 8px; } }
"""
WIDE_CSS = "@media (max-width: 700px) { :host { display: none !important; } }"
"""Style of elements that a phone has no room for."""

CHOOSER_CSS = """
/* On a phone the buttons stand below the camera. */
:host { flex-wrap: wrap !important; min-width: 0 !important; }
"""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Reading:
    """One look at the monitor, taken and drawn beside the loop and shown on it."""

    camera_id: str
    running: bool
    status: StreamStatus
    numbers: str
    events: str
    markers: list[list[Any]]
    track: dict[str, Any]
    costs: str
    operates: bool


class Dashboard(pn.viewable.Viewer):
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
        built_player("panel_player")  # a sentence now is better than an empty box later
        self._monitor = monitor
        self.nav = nav
        options = self._options()
        self._camera = pmui.Select(
            label=tr("page.camera"),
            options=options,
            sizing_mode="stretch_width",
            min_width=120,
            size="small",
            margin=(10, 5),
            align="center",
        )
        self._gone = asked_for("camera")
        if self._gone in options.values():
            self._camera.value, self._gone = self._gone, ""
        button: dict[str, Any] = {"margin": (10, 5), "align": "center"}
        self._toggle = pmui.Button(
            label=tr("page.start"), width=110, on_click=self._on_toggle, icon=icons.PLAY, **button
        )
        self._private = pmui.Button(
            label=tr("live.private_hour"),
            on_click=self._on_private,
            icon=icons.HIDE,
            variant="outlined",
            visible=False,
            **button,
        )
        self._kiosk = pmui.Button(
            label=tr("live.kiosk"),
            icon=icons.FULL_SCREEN,
            stylesheets=[WIDE_CSS],
            variant="outlined",
            href="?kiosk=1",
            **button,
        )
        self._status = pn.pane.HTML("", sizing_mode="stretch_width")
        chosen = "" if self._camera.value in (None, ALL_CAMERAS) else self._camera.value
        first = chosen or next(iter(monitor.cameras), "")
        self._player = PlayerPane(
            **past_source(first), moment=_asked_moment(), zone=monitor.zone_name, sizing_mode="stretch_width"
        )
        self._numbers = pn.pane.HTML("", sizing_mode="stretch_width")
        self._share = ShareBox.for_page(monitor)
        self._events = EventTable()
        self._costs = CostCard()
        self._version = -1
        self._asked, self._read_s, self._drawn_s, self._opened_s = "", 0.0, 0.0, 0.0
        self._unheard = 0
        self._switching = False
        self._wall = Wall(monitor)
        self._camera.param.watch(self._on_camera, "value")
        self._player.param.watch(self._on_moment, "moment")
        self._lead_on()

    def __panel__(self) -> pn.viewable.Viewable:
        card = {"stylesheets": [CARD_CSS], "sizing_mode": "stretch_width"}
        self._one = pn.Column(
            self._player, self._status, self._numbers, self._share, sizing_mode="stretch_width", margin=0
        )
        buttons = (self._camera, self._toggle, self._private, self._kiosk)
        chooser = pn.Row(*buttons, stylesheets=[CHOOSER_CSS], sizing_mode="stretch_width")
        live = pn.Column(chooser, self._one, **card)
        self._beside = pn.Column(heading(tr("page.events")), self._events, css_classes=["events"], **card)
        self._money = pn.Column(heading(tr("live.model_and_costs")), self._costs, **card)
        grid = pn.Column(live, self._beside, self._money, stylesheets=[GRID_CSS], sizing_mode="stretch_width")
        return pn.Column(grid, self._wall, sizing_mode="stretch_width")

    async def refresh(self) -> None:
        """Bring everything up to date; called four times a second by the page and after each action.

        Nothing is sent before the player has reported from the browser. A change while a page renders for the first
        time can be lost, and would stay wrong (seen in Chromium on a busy machine).
        """
        now_s = self._monitor.clock.monotonic_s()
        self._opened_s = self._opened_s or now_s
        if not self._player.status:
            self._drawn_s = now_s
            return
        if now_s - self._drawn_s < SETTLES_S:
            return
        same = self._camera.value == self._asked and now_s - self._read_s < STATUS_EVERY_S
        if same and not self._monitor.is_old(self._version):
            return
        self._asked, self._read_s = self._camera.value, now_s
        self._gone = offer_cameras(self._camera, self._options()) or self._gone
        if self._gone not in ("", ALL_CAMERAS):
            pn.state.notifications.warning(tr("day.there_no_camera", name=self._gone), duration=0)
        self._gone = ""
        self._version = await asyncio.to_thread(self._monitor.version)
        if self._camera.value == ALL_CAMERAS:
            try:
                self._show_wall(await beside(self._wall.read))
            except LivemonError as exc:
                pn.state.notifications.error(tr_message(exc.said))
            return
        if self._wall.shown:
            self._show_one()
        self.show(await beside(self.read))

    def _options(self) -> dict[str, str]:
        """Return the cameras that there are now, by name."""
        options = camera_options(self._monitor)
        return options | {tr("page.all_cameras"): ALL_CAMERAS} if len(options) > 1 else options

    def _show_wall(self, tiles: Tiles) -> None:
        """Show all cameras in the place of one and its events."""
        self._player.src = ""
        self._wall.show(tiles)
        self._one.visible = self._toggle.visible = self._beside.visible = self._money.visible = False
        self._private.visible = False

    def _show_one(self) -> None:
        """Show one camera and its events in the place of all."""
        self._wall.hide()
        self._one.visible = self._toggle.visible = self._beside.visible = self._money.visible = True

    def read(self) -> _Reading | LivemonError | None:
        """Read the page's data; None when no camera is configured. Blocks some milliseconds."""
        camera_id = self._camera.value
        if camera_id is None:
            return None
        try:
            camera = self._monitor.camera(camera_id)
            running, status = camera.running, camera.status
            costs = self._kept("costs", read_costs, camera_id)
            events = self._kept("events", partial(Monitor.events, limit=SHOWN_EVENTS), camera_id)
            return _Reading(
                camera_id=camera_id,
                running=running,
                status=status,
                numbers=numbers_html(self._kept("stats", Monitor.stats, camera_id)),
                events=table_html(events, self._monitor.zone, empty_reason(running, status)),
                markers=event_markers(events),
                track=self._kept("track", read_track, camera_id),
                costs=costs_html(costs, status.counters, shared=self._monitor.may(Role.VIEWER, None)),
                operates=self._monitor.may(Role.OPERATOR, camera_id),
            )
        except LivemonError as exc:
            return exc

    def _kept(self, name: str, read: Callable[[Monitor, str], T], camera_id: str) -> T:
        """Read something of a camera, once for all sessions."""
        return self._monitor.read(
            (camera_id,), (name, camera_id), lambda monitor: read(monitor, camera_id), fresh_s=FRESH_S
        )

    def show(self, reading: _Reading | LivemonError | None) -> None:
        """Put a reading on the page; what did not change is not sent."""
        if reading is None:
            self._status.object = status_html("#b54708", tr("page.no_camera"), tr("page.add_one_on_cameras"))
            return
        if isinstance(reading, LivemonError):
            self._status.object = status_html("#d92d20", tr("page.cannot_read"), tr_message(reading.said))
            return
        if reading.camera_id != self._camera.value:
            return  # another camera was chosen meanwhile
        status, running = reading.status, reading.running
        colour, word = state_chip(status)
        self._status.object = status_html(colour, word, status_sentence(status, self._monitor.zone))
        self._costs.update(reading.costs)
        self._numbers.object = reading.numbers
        self._events.update(reading.events)
        waited_s = self._monitor.clock.monotonic_s() - self._opened_s if self._opened_s else 0.0
        if not running or waited_s > HELD_S or self._player.status.get("state") in PLAYS:
            self._events.show_pictures()
        self._toggle.param.update(
            label=tr("page.stop") if running else tr("page.start"),
            icon=icons.STOP if running else icons.PLAY,
            variant="outlined" if running else "contained",
            # The browser echoes `loading` after it is over now and then, and the button would stay locked.
            loading=self._switching,
            disabled=not reading.operates,
        )
        if self._private.visible != (running and reading.operates):
            self._private.visible = running and reading.operates
        self._player.param.update(
            **live_source(self._monitor, reading.camera_id),
            **past_source(reading.camera_id),
            markers=reading.markers,
            track=reading.track,
        )
        self._say_again()

    def _say_again(self) -> None:
        """Withdraw the address when the browser did not receive it, so that it is sent anew."""
        self._unheard = self._unheard + 1 if self._player.status.get("src", "") != self._player.src else 0
        if self._unheard >= UNHEARD:
            self._unheard = 0
            self._player.src = ""

    async def _on_toggle(self, _event: Any) -> None:
        await self._switch(
            self._monitor.stop if self._monitor.camera(self._camera.value).running else self._monitor.start
        )

    async def _on_private(self, _event: Any) -> None:
        await self._switch(partial(self._monitor.pause, until=PRIVATE_FOR))

    async def _switch(self, action: Callable[[str], object]) -> None:
        """Start, stop or pause the camera that is chosen."""
        if self._switching:
            return  # the second click of two
        self._switching = self._toggle.loading = True
        try:
            await asyncio.to_thread(action, self._camera.value)
        except LivemonError as exc:
            pn.state.notifications.error(tr_message(exc.said), duration=0)
        finally:
            self._switching = self._toggle.loading = False
        self._asked = ""  # the stream has changed, of which the database knows nothing
        await self.refresh()

    async def _on_camera(self, _event: Any) -> None:
        self._lead_on()
        self.nav.write_address({"camera": self._camera.value or ""})
        await self.refresh()

    def _on_moment(self, event: Any) -> None:
        """Put the moment that is played into the page's address, and offer it to be shared."""
        self._offer(event.new)
        self.nav.write_address({"camera": self._camera.value or "", "at": event.new})

    def _offer(self, moment: str) -> None:
        camera_id = "" if self._camera.value in (None, ALL_CAMERAS) else self._camera.value
        start = require_utc(datetime.fromisoformat(moment)) if moment else None
        self._share.offer(self._monitor, camera_id, start)

    def _lead_on(self) -> None:
        """Let the links to the other pages keep the camera."""
        camera_id = "" if self._camera.value in (None, ALL_CAMERAS) else self._camera.value
        self.nav.show(camera_id)
        self._offer(self._player.moment)
        self._kiosk.href = "?" + urlencode({KIOSK: "1", **({"camera": camera_id} if camera_id else {})})


def _asked_moment() -> str:
    """Return the moment that the page's address asks for; empty, which is now, when it names none."""
    try:
        asked = asked_for("at")
        return iso(require_utc(datetime.fromisoformat(asked))) if asked else ""
    except ValueError:
        return ""


def dashboard(monitor: AuthorizedMonitor, live: str = "./") -> pmui.Page:
    """Return the page for the session that is being opened; `live` is its own address, relative to itself."""
    if asked_for(KIOSK) == "1":
        return kiosk_page(monitor, live)
    prepare_page()
    view = Dashboard(monitor, Nav(LIVE, live, monitor))
    page = make_page(view.nav, view, early=[PlayerPane])
    # The page is sent as it is now; changes follow once it is rendered.
    view.show(view.read())
    follow(view.nav, view.refresh, REFRESH_MS)
    return page
