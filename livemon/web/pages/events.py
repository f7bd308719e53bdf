"""The Events page: the review queue, worst first; filters in the address; verdicts on one or on many.

The list is parts/event_queue.py's, the chosen event parts/event_detail.py's, the filters parts/event_filters.py's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from livemon.base.errors import LivemonError
from livemon.base.messages.message import Message
from livemon.base.roles import Role
from livemon.monitor.monitor import Monitor
from livemon.store import event_search
from livemon.store.event_search import EventSearch
from livemon.store.events_said import DESCRIPTION, TITLE
from livemon.store.queries import MAX_ROWS
from livemon.store.reviews import ReviewChange
from livemon.store.window_search import search_windows
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import beside, tr, tr_message
from livemon.web.i18n.messages import tr_event
from livemon.web.pages.parts.event_detail import AROUND, EventDetail, EventReading, read_event
from livemon.web.pages.parts.event_filters import EventFilters
from livemon.web.pages.parts.event_queue import SHOWN, EventQueue, empty_words, more_words, queue_rows, queue_words
from livemon.web.pages.parts.found_windows import FOUND_CSS, MOST_WINDOWS, found_html
from livemon.web.pages.parts.player import built_player
from livemon.web.pages.parts.share_box import ShareBox
from livemon.web.pages.shell import icons
from livemon.web.pages.shell.nav import EVENTS, Nav
from livemon.web.pages.shell.page import (
    CARD_CSS,
    asked_for,
    camera_options,
    follow,
    make_page,
    prepare_page,
    status_html,
)

TICK_MS = 250
"""Commits are on the page within half a second; a tick asks no database (monitor/query_cache.py)."""

SAID: dict[str, dict[str, Any]] = {
    "right": {"label": "right"},
    "wrong": {"label": "wrong"},
    "reviewed": {"reviewed": True},
    "open": {"reviewed": False, "label": None},
}

MOST_UNDONE = 50
"""Verdicts of a page that can be taken back."""

GRID_CSS = """
:host { display: grid; gap: 14px; grid-auto-rows: max-content; align-items: start; padding: 14px;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); box-sizing: border-box; width: 100%; max-width: 1500px;
  margin: 0 auto; }
.filters { grid-column: 1 / -1; }
.scroll-button { display: none; }
@media (max-width: 900px) { :host { grid-template-columns: minmax(0, 1fr); padding: 8px; gap: 8px; }
  .detail { grid-row: 2; } .detail.none { display: none; } }
"""
FILTERS_CSS = """
:host { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); align-items: center;
  gap: 10px 8px; padding-top: 4px; }
.scroll-button, .fold { display: none; }
@media (max-width: 900px) { .fold { display: block; } :host(.folded) .more { display: none !important; } }
"""


@dataclass(frozen=True, slots=True)
class ReviewReading:
    """Data of the page; `queue` has the list's parameters, and `found` the windows with the words, as HTML."""

    queue: dict[str, Any]
    found: str
    chosen: EventReading | None
    version: int


class ReviewPage(pn.viewable.Viewer):
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
        built_player("event_queue")  # a sentence now is better than an empty box later
        self._monitor = monitor
        self.nav = nav
        self._filters = EventFilters(camera_options(monitor), _zones(monitor))
        self._csv = pmui.FileDownload(label="CSV", callback=self._export, filename="events.csv", size="small", margin=0)
        self._alert = pn.pane.HTML("", sizing_mode="stretch_width", visible=False)
        self._queue = EventQueue(sizing_mode="stretch_width")
        self._found = pn.pane.HTML("", stylesheets=[FOUND_CSS], sizing_mode="stretch_width", visible=False)
        self._detail = EventDetail(self._note)
        self._share = ShareBox.for_page(monitor)
        self._version = -1
        self._reading = False
        self._heard = 0
        self._changes: list[list[ReviewChange]] = []
        self._take_address()
        for widget in self._filters.widgets.values():
            widget.param.watch(self._on_filter, "value")
        self._queue.param.watch(self._on_selected, "selected")
        self._queue.param.watch(self._on_said, "said")
        self._queue.param.watch(lambda _event: self.nav.look_at("detail"), "taps")
        card = {"stylesheets": [CARD_CSS], "sizing_mode": "stretch_width"}
        more = [*list(self._filters.widgets.values())[1:], self._csv]
        for widget in more:
            widget.css_classes = ["more"]
        look = {"icon": icons.FILTERS, "variant": "outlined", "margin": 0, "height": 40}
        fold = pmui.Button(label=tr("review.filters"), css_classes=["fold"], **look)
        fold.on_click(self._on_fold)
        self._chooser = pn.Column(
            next(iter(self._filters.widgets.values())),
            fold,
            *more,
            stylesheets=[FILTERS_CSS],
            css_classes=["folded"],
            sizing_mode="stretch_width",
            margin=0,
        )
        self._side = pn.Column(self._detail, self._share, css_classes=["detail"], **card)
        self._cards = pn.Column(
            pn.Column(self._chooser, self._alert, css_classes=["filters"], **card),
            pn.Column(self._queue, self._found, **card),
            self._side,
            stylesheets=[GRID_CSS],
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        return self._cards

    def read(self) -> ReviewReading | LivemonError:
        """Read the page's data; blocks some milliseconds when it is not cached since the last change."""
        monitor = self._monitor
        try:
            wanted = self._search()
            version = monitor.version()
            key = ("review", wanted)
            events, counts, windows, notes = monitor.read(wanted.cameras, key, lambda house: _read(house, wanted))
            chosen = read_event(monitor, self._queue.selected) if self._queue.selected else None
            names = {camera_id: camera.name for camera_id, camera in monitor.cameras.items()}
            found = found_html(windows, notes, names, monitor.zone)
            return ReviewReading(self._draw(wanted, events, counts), found, chosen, version)
        except LivemonError as exc:
            return exc

    def _draw(self, wanted: EventSearch, events: pd.DataFrame, counts: dict[str, int]) -> dict[str, Any]:
        names = {camera_id: camera.name for camera_id, camera in self._monitor.cameras.items()}
        return {
            "rows": queue_rows(
                events,
                names if len(names) > 1 else {},
                self._monitor.zone,
                by_day=not (wanted.worst_first or wanted.by_index),
            ),
            "words": queue_words(counts, wanted),
            "empty": empty_words(wanted, filtered=self._filters.narrows),
            "more": more_words(len(events), counts, wanted),
            "can_undo": bool(self._changes),
            "can_review": any(self._monitor.may(Role.OPERATOR, camera_id) for camera_id in names),
        }

    def show(self, reading: ReviewReading | LivemonError) -> None:
        """Put a reading on the page; what did not change is not sent."""
        if isinstance(reading, LivemonError):
            self._alert.param.update(
                object=status_html("#d92d20", tr("page.cannot_read"), tr_message(reading.said)), visible=True
            )
            return
        if self._alert.visible:
            self._alert.visible = False
        self._version = reading.version
        self._queue.param.update(
            **{name: value for name, value in reading.queue.items() if getattr(self._queue, name) != value}
        )
        if self._found.object != reading.found:
            self._found.param.update(object=reading.found, visible=bool(reading.found))
        may_write = reading.chosen is not None and self._monitor.may(Role.OPERATOR, reading.chosen.event["camera_id"])
        self._detail.update(reading.chosen, may_write=may_write)
        self._offer(reading.chosen)
        classes = ["detail"] if reading.chosen else ["detail", "none"]
        if self._side.css_classes != classes:
            self._side.css_classes = classes

    def _offer(self, chosen: EventReading | None) -> None:
        """Offer the event to be shared, where its footage is kept."""
        if chosen is None or not chosen.has_footage:
            self._share.offer(self._monitor, "")
            return
        event = chosen.event
        start, end = event["start_utc"].to_pydatetime() - AROUND, event["last_seen_utc"].to_pydatetime() + AROUND
        self._share.offer(self._monitor, event["camera_id"], start, end, int(event["id"]))

    async def tick(self) -> None:
        """Bring the page up to date when something was committed."""
        self._filters.offer(camera_options(self._monitor), _zones(self._monitor))
        if not self._reading and self._monitor.is_old(self._version):
            await self.refresh()

    async def refresh(self) -> None:
        """Read and show."""
        self._reading = True
        try:
            asked = self._asked
            reading = await beside(self.read)
            if asked == self._asked:  # otherwise something else was chosen meanwhile
                self.show(reading)
        finally:
            self._reading = False

    @property
    def _asked(self) -> tuple[Any, ...]:
        return (self._queue.selected, *self._filters.chosen.values())

    def _search(self) -> EventSearch:
        """Return the search, limited to the cameras that the user may see."""
        return self._filters.search(self._monitor.cameras, self._monitor.clock.now(), self._monitor.zone)

    async def _on_filter(self, _event: Any) -> None:
        self._write_address()
        await self.refresh()

    def _on_fold(self, _event: Any) -> None:
        """Show the filters on a phone, or fold them away."""
        self._chooser.css_classes = [] if self._chooser.css_classes else ["folded"]

    async def _on_selected(self, _event: Any) -> None:
        self._write_address()
        await self._keep_draft()
        await self.refresh()

    async def _on_said(self, event: Any) -> None:
        news = [one for one in event.new if one.get("number", 0) > self._heard]
        self._heard = max([self._heard, *(one["number"] for one in news)])
        await self._keep_draft()
        for one in news:
            if one.get("action") == "undo":
                await self._undo()
                continue
            said = SAID.get(one.get("action", ""))
            ids = [number for number in one.get("ids", []) if isinstance(number, int)][:SHOWN]
            if said and ids:
                await self._keep(ids, said)

    async def _keep_draft(self) -> None:
        """Keep a note that was written and not saved, before another event takes its place."""
        if draft := self._detail.take_draft():
            await self._note(*draft)

    async def _note(self, event_id: int, text: str) -> None:
        if await self._keep([event_id], {"note": text}):
            pn.state.notifications.success(tr("review.note_saved"))

    async def _keep(self, ids: list[int], said: dict[str, Any]) -> bool:
        """Keep a person's review of events; return whether that succeeded."""
        try:
            changes = await asyncio.to_thread(self._monitor.review_events, ids, said)
            if "note" not in said:
                self._changes = [*self._changes, changes][-MOST_UNDONE:]
        except LivemonError as exc:
            pn.state.notifications.error(tr_message(exc.said), duration=0)
            return False
        finally:
            await self.refresh()
        return True

    async def _undo(self) -> None:
        """Take the last verdicts of this page back, and choose their first event."""
        if not self._changes:
            return
        changes = self._changes[-1]
        try:
            undone = await asyncio.to_thread(self._monitor.undo_reviews, changes)
            self._changes = [kept for kept in self._changes if kept is not changes]
            if undone < len(changes):
                pn.state.notifications.warning(tr("review.changed_since", n=len(changes) - undone), duration=0)
            if changes:
                self._queue.selected = changes[0].event_id
        except LivemonError as exc:
            pn.state.notifications.error(tr_message(exc.said), duration=0)
        finally:
            await self.refresh()

    def _export(self) -> StringIO:
        """Return the events that the filters let through, a thousand at most, as CSV."""
        wanted = self._search()
        found = self._monitor.read(
            wanted.cameras,
            ("csv", wanted),
            lambda monitor: event_search.search(monitor.database, wanted, MAX_ROWS - 1),
        )
        rows = found.to_dict("records")
        found = found.assign(
            **{name: [tr_event(row, name) for row in rows] for name in (TITLE, DESCRIPTION)},
            **{name: [", ".join(row[name] or ()) for row in rows] for name in ("pets", "zones")},
        )
        table = StringIO(newline="")
        unsaid = found.drop(columns=["thumbnail", "box", "evidence_utcs", "repeats", "said"])
        _unformulated(unsaid).to_csv(table, index=False)
        table.seek(0)
        return table

    def _take_address(self) -> None:
        """Apply the parameters of the page's address; invalid ones are ignored."""
        self._filters.take({name: asked_for(name) for name in self._filters.widgets})
        event = asked_for("event")
        if event.isdecimal() and len(event) < 16:
            self._queue.selected = int(event)

    def _write_address(self) -> None:
        """Put the filters and the chosen event into the page's address."""
        chosen = {"event": str(self._queue.selected)} if self._queue.selected else {}
        self.nav.write_address({**self._filters.address(), **chosen})


def _read(monitor: Monitor, wanted: EventSearch) -> tuple[pd.DataFrame, dict[str, int], pd.DataFrame, list[Message]]:
    database = monitor.database
    return (
        event_search.search(database, wanted, SHOWN),
        event_search.count(database, wanted),
        search_windows(database, wanted, MOST_WINDOWS),
        event_search.notes(database, wanted),
    )


def _zones(monitor: AuthorizedMonitor) -> dict[str, Sequence[str]]:
    """Return the names of the zones of the cameras that the user may see, by the camera's id."""
    return {camera_id: camera.zones for camera_id, camera in monitor.cameras.items()}


def _unformulated(table: pd.DataFrame) -> pd.DataFrame:
    """Keep a spreadsheet from taking a text for a formula (OWASP: CSV injection)."""

    def harmless(value: Any) -> Any:
        return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value

    return table.map(harmless)


def review_page(monitor: AuthorizedMonitor, live: str = "./") -> pmui.Page:
    """Return the page for the session that is being opened; `live` is the live page's address, relative to it."""
    prepare_page()
    view = ReviewPage(monitor, Nav(EVENTS, live, monitor))
    page = make_page(view.nav, view)
    # The page is sent as it is now; changes follow once it is drawn.
    view.show(view.read())
    follow(view.nav, view.tick, TICK_MS)
    return page
