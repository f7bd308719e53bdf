"""One window of a day: its footage, its findings with their author, and the button to analyse it (again).

The choice of the window, and its refresh, live in web/pages/day.py. The video is drawn by window_video.js.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param
from panel.custom import JSComponent

from livemon.base.clock import WINDOW, iso
from livemon.base.datatypes import EventType, Severity
from livemon.base.messages.catalog import has_text
from livemon.reports.facts.windows import WindowState
from livemon.store.copies import CopyRecord
from livemon.store.tables.jobs import NO_PEOPLE, NOTHING_MOVED
from livemon.vlm.budget_ladder import dollars
from livemon.web.api.guard import API_ROOT
from livemon.web.i18n.language import tr, tr_all, tr_said
from livemon.web.i18n.messages import foreign_language, tr_event
from livemon.web.pages.parts.day_text import STATES, length, local_time, score_words, span
from livemon.web.pages.parts.event_table import COLOURS
from livemon.web.pages.parts.missed import Missed, MissedForm
from livemon.web.pages.parts.player import STATIC

API = API_ROOT.lstrip("/")
"""Relative to the page, so that a path prefix works."""

SYSTEM = ("#475467", "page.livemon")
CAN_BE_ASKED = {
    WindowState.FAILED: "day.retry",
    WindowState.WAITING: "day.analyse_now",
    WindowState.BY_RULE: "day.let_model_analyse",
    WindowState.NO_PEOPLE: "day.let_model_analyse",
}

NO_FOOTAGE = {
    WindowState.NOT_RECORDED: "day.not_recorded_what_happened_sentence",
    WindowState.NOT_KEPT: "day.camera_ran_but_its_sentence",
    WindowState.RECORDING: "day.being_recorded_footage_can",
    WindowState.TO_COME: "day.still_to_come_sentence",
}

FACTS_CSS = """
.head { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; }
h2 { margin: 0; font-size: 18px; font-variant-numeric: tabular-nums; }
.chip { color: #fff; border-radius: 999px; padding: 1px 10px; font-size: 12px; font-weight: 600; }
p { margin: 6px 0 0; line-height: 1.5; overflow-wrap: anywhere; max-width: 90ch; }
.quiet { opacity: .76; font-size: 13px; }
.error { border-left: 3px solid #b42318; padding-left: 10px; }
.hint { padding: 34px 16px; text-align: center; }
"""


@dataclass(frozen=True, slots=True)
class WindowReading:
    """Facts of one window.

    Attributes
    ----------
    row
        Of `Day.windows`.
    result
        The validated answer of its analysis; empty when there is none.
    next_try_utc
        When it is tried again; None when that is not set.
    files, events
        Its archives, oldest part first, and what began in it, oldest first.
    only_in_bucket
        Copies of archives whose files are not here.
    """

    camera_id: str
    row: dict[Any, Any]
    result: dict[str, Any]
    next_try_utc: datetime | None
    files: pd.DataFrame
    events: pd.DataFrame
    zone: tzinfo
    only_in_bucket: tuple[CopyRecord, ...] = ()

    @property
    def start_utc(self) -> datetime:
        """When it begins."""
        start: datetime = self.row["window_start_utc"].to_pydatetime()
        return start

    @property
    def state(self) -> WindowState:
        """State of the window."""
        return WindowState(self.row["state"])


VIDEO_WORDS = {"broken": "day.footage_cannot_be_played"}


class WindowVideo(JSComponent):
    """The footage with its moments beside it; see window_video.js."""

    parts = param.List(default=[], doc="`parts_of`: the window's files.")
    moments = param.List(default=[], doc="`moments_of`: what can be jumped to.")
    empty = param.String(default="", doc="What to say beside the video when there is no moment.")
    notice = param.String(default="", doc="What to say when there is no footage.")
    words = param.Dict(default=VIDEO_WORDS)
    place_s = param.Number(default=0.0, doc="From the browser: where it was stopped, from the window's beginning.")

    # Only a bundle and no _esm: Panel then serves it as a file of its own, which browsers cache.
    _bundle: ClassVar[Any] = STATIC / "window_video.bundle.js"


@dataclass(frozen=True, slots=True)
class DrawnWindow:
    """View of a window's card: HTML, and values of the video's and the button's parameters."""

    facts: str
    video: dict[str, Any]
    ask: dict[str, Any]
    missed_from: datetime | None
    zone: tzinfo | None
    may_write: bool


class WindowView(pn.viewable.Viewer):
    """The card of the chosen window; `show` brings it up to date.

    Parameters
    ----------
    on_ask
        Called when a person wants it analysed.
    on_missed
        Receives an event that a person reports as missed.
    """

    def __init__(self, on_ask: Callable[[], Awaitable[None]], on_missed: Callable[[Missed], Awaitable[None]]) -> None:
        super().__init__()
        self._missed = MissedForm(on_missed)
        self._facts = pn.pane.HTML("", stylesheets=[FACTS_CSS], sizing_mode="stretch_width")
        self._ask = pmui.Button(label=tr("day.retry"), variant="outlined", size="small", visible=False, margin=(4, 5))
        self._ask.on_click(self._on_ask)
        self._wanted = on_ask
        self._video = WindowVideo(words=tr_all(VIDEO_WORDS), sizing_mode="stretch_width", visible=False)
        self._video.param.watch(lambda event: self._missed.at(event.new), "place_s")

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(self._facts, self._ask, self._video, self._missed, sizing_mode="stretch_width", margin=0)

    def show(self, drawn: DrawnWindow) -> None:
        """Show the drawing of a window; unchanged parts are not sent."""
        _set(self._facts, object=drawn.facts)
        _set(self._video, **drawn.video)
        _set(self._ask, **drawn.ask)
        self._missed.show(drawn.missed_from, drawn.zone, may_write=drawn.may_write)

    async def _on_ask(self, _event: Any) -> None:
        await self._wanted()


def draw_window(reading: WindowReading | None, hint: str = "", *, may_ask: bool = True) -> DrawnWindow:
    """Return the card of a window, or the reason why none is shown; takes some milliseconds."""
    if reading is None:
        nothing: dict[str, Any] = {"visible": False, "parts": [], "moments": []}
        return DrawnWindow(f"<div class='hint'>{escape(hint)}</div>", nothing, {"visible": False}, None, None, False)
    moments = moments_of(reading)
    unremarkable = reading.state is WindowState.COMPLETED and not moments
    video = {
        "visible": True,
        "parts": parts_of(reading),
        "moments": moments,
        "empty": tr("day.analysis_found_nothing_to") if unremarkable else "",
        "notice": tr(NO_FOOTAGE.get(reading.state, "day.footage_window_not_kept")),
    }
    label = CAN_BE_ASKED.get(reading.state, "") if len(reading.files) else ""
    ask = {"visible": bool(label) and may_ask, "label": tr(label or "day.retry")}
    missed_from = None if reading.state is WindowState.TO_COME else reading.start_utc
    return DrawnWindow(facts_html(reading), video, ask, missed_from, reading.zone, may_ask)


def facts_html(reading: WindowReading) -> str:
    """Return the facts of a window in words. All text of a model is escaped."""
    row, state = reading.row, reading.state
    colour, word = STATES[state]
    parts = [
        f"<div class='head'><h2>{span(reading.start_utc, reading.start_utc + WINDOW, reading.zone)}</h2>"
        f"<span class='chip' style='background:{colour}'>{tr(word)}</span>"
    ]
    if state is WindowState.COMPLETED:
        found = row["incident_count"]
        incidents = "" if pd.isna(found) else f", {tr('day.n_incidents', n=int(found))}"
        parts.append(f"<span>{score_words(row['safety_score'])}{incidents}</span>")
    parts.append("</div>")
    if row["summary"]:
        parts.append(f"<p>{escape(row['summary'])}</p>")
    if row["error"]:
        parts.append(f"<p class='error'>{escape(_why(reading))}</p>")
    if reading.only_in_bucket:
        parts.append(f"<p class='quiet'>{tr('page.only_in_bucket')}</p>")
    said = _who_says_so(row)
    if said:
        parts.append(f"<p class='quiet'>{escape(said)}</p>")
    return "".join(parts)


def parts_of(reading: WindowReading) -> list[dict[str, Any]]:
    """Return the window's files, oldest first; `at_s` counts from the window's beginning."""
    copied = {copy.path: copy.start_utc for copy in reading.only_in_bucket}
    here = {row["path"]: row["start_utc"].to_pydatetime() for row in reading.files.to_dict("records")}
    made = []
    for path, start in sorted((here | copied).items(), key=lambda found: found[1]):
        # A poster of footage that only the bucket has would fetch all of it before a person wants to see it.
        poster = f"{API}/frames/{reading.camera_id}.jpg?at={quote(iso(start))}&width=640"
        made.append(
            {
                "src": f"{API}/archives/{reading.camera_id}/{Path(path).name}",
                "poster": "" if path in copied else poster,
                "at_s": (start - reading.start_utc).total_seconds(),
                "label": tr("day.from", time=local_time(start, reading.zone, seconds=True)),
                "name": tr("day.footage_from", time=local_time(start, reading.zone, seconds=True)),
            }
        )
    return made


def moments_of(reading: WindowReading) -> list[dict[str, Any]]:
    """Return the moments to jump to: incidents, live events with pictures, development, activities."""

    def moment(group: str, at: datetime, title: str, text: str = "", **more: Any) -> dict[str, Any]:
        return {
            "group": tr(group),
            "at_s": (at - reading.start_utc).total_seconds(),
            "time": local_time(at, reading.zone, seconds=True),
            "title": title,
            "text": text,
            **more,
        }

    made = []
    for one in _listed(reading, "incidents"):
        colour, label = COLOURS[Severity.read(one["severity"])]
        at = datetime.fromisoformat(one["start_utc"])
        made.append(moment("day.incidents_title", at, one["title"], one["evidence"], label=tr(label), colour=colour))
    for event in reading.events.to_dict("records"):
        about_us = event["event_type"] == EventType.SYSTEM.value
        colour, label = SYSTEM if about_us else COLOURS[Severity.read(event["severity"])]
        picture = f"{API}/thumbnails/{reading.camera_id}/{event['thumbnail']}" if event["thumbnail"] else ""
        at = event["start_utc"].to_pydatetime()
        more = {"label": tr(label), "colour": colour, "picture": picture, "lang": foreign_language(event)}
        title, text = tr_event(event, "title"), tr_event(event, "description")
        made.append(moment("day.seen_live", at, title, text, **more))
    for one in _listed(reading, "development"):
        about = " \N{MIDDLE DOT} ".join(
            tr(f"development.{part}") if has_text(f"development.{part}") else part.replace("_", " ")
            for part in (one["area"], one["level"])
            if part
        )
        text = f"{about}: {one['evidence']}" if about else one["evidence"]
        made.append(moment("page.development", datetime.fromisoformat(one["at_utc"]), one["title"], text))
    for one in _listed(reading, "activities"):
        made.append(moment("day.activities", datetime.fromisoformat(one["start_utc"]), one["what"]))
    return made


def _listed(reading: WindowReading, part: str) -> Iterator[dict[str, Any]]:
    if reading.state is WindowState.COMPLETED:
        yield from reading.result.get(part, ())


def _why(reading: WindowReading) -> str:
    """Return why there is no analysis, and what becomes of it."""
    tried = tr("day.n_tries", n=int(reading.row["attempts"]))
    after = f" ({tr('day.after', tries=tried)})" if reading.row["attempts"] else ""
    then = ""
    if reading.state is WindowState.WAITING and reading.next_try_utc is not None:
        then = " " + tr("day.next_try_at", time=local_time(reading.next_try_utc, reading.zone))
    return f"{tr_said(reading.row['error']).rstrip('.')}{after}.{then}"


def _who_says_so(row: dict[Any, Any]) -> str:
    if not row["model"]:
        return ""
    if row["model"] == NOTHING_MOVED:
        return tr("day.by_rule_motion_gate", length=length(row["recorded_s"]))
    if row["model"] == NO_PEOPLE:
        return tr("day.by_rule_detector", length=length(row["recorded_s"]))
    parts = [tr("day.analysed_by", model=row["model"])]
    if row["prompt_version"]:
        parts.append(tr("day.prompt_version", version=row["prompt_version"][:8]))
    known = not pd.isna(row["cost_usd"])
    parts.append(tr("day.cost_usd", usd=dollars(row["cost_usd"])) if known else tr("day.cost_not_known"))
    return ", ".join(parts)


def _set(component: Any, **values: Any) -> None:
    """Change values that differ; without a change the browser is sent nothing."""
    changed = {name: value for name, value in values.items() if getattr(component, name) != value}
    if changed:
        component.param.update(**changed)
