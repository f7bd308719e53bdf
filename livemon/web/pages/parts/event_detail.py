"""Details of one event: its footage, the pictures for the model, its answer, its prompt, its cost.

Also where a person writes a note. The event is chosen in web/pages/events.py.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from html import escape
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from livemon.base.clock import WINDOW, floor_to, iso
from livemon.base.errors import LivemonError
from livemon.base.roles import Identity, Role
from livemon.store import event_search, queries
from livemon.store.reviews import PERSON
from livemon.vlm.budget_ladder import dollars
from livemon.web.api.guard import API_ROOT
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import short_day, tr
from livemon.web.i18n.messages import event_html
from livemon.web.pages.parts.event_queue import chip, says_livemon, when_words
from livemon.web.pages.parts.event_table import BOX_CSS, event_box

API = API_ROOT.lstrip("/")
AROUND = timedelta(seconds=5)
SHOWN_FRAMES = 4
MOST_ANSWER = 20_000

STYLES = """
.head { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; }
h2 { margin: 0; font-size: 19px; overflow-wrap: anywhere; }
.chip { color: #fff; border-radius: 999px; padding: 1px 10px; font-size: 12px; font-weight: 600; }
p { margin: 6px 0; line-height: 1.5; overflow-wrap: anywhere; }
.quiet { opacity: .76; font-size: 13px; }
.keep { font-size: 13px; }
video { width: 100%; aspect-ratio: 4/3; max-height: 56vh; background: #0b0e14; border-radius: 12px; display: block;
  margin: 8px 0; }
.gone { padding: 26px 16px; text-align: center; border-radius: 12px; margin: 8px 0;
  background: color-mix(in srgb, currentColor 7%, transparent); }
.frames { display: grid; grid-template-columns: repeat(auto-fill, minmax(120px, 1fr)); gap: 8px; margin: 6px 0; }
figure { margin: 0; } figcaption { font-size: 12px; opacity: .76; font-variant-numeric: tabular-nums; }
.shot { position: relative; display: block; border-radius: 8px; overflow: hidden; }
.frames img { width: 100%; aspect-ratio: auto 4/3; display: block;
  background: color-mix(in srgb, currentColor 8%, transparent); }
h3 { font-size: 14px; margin: 12px 0 2px; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 3px 14px; margin: 6px 0; font-size: 14px; }
dt { opacity: .76; } dd { margin: 0; overflow-wrap: anywhere; }
details { margin: 8px 0; font-size: 14px; } summary { cursor: pointer; font-weight: 600; padding: 4px 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; max-height: 340px; overflow-y: auto;
  margin: 4px 0;  padding: 8px; border-radius: 8px; background: color-mix(in srgb, currentColor 7%, transparent); }
ul { margin: 6px 0; padding-left: 20px; } li { margin: 4px 0; overflow-wrap: anywhere; }
a { color: var(--mui-palette-primary-main, #3448c5); }
.hint { padding: 46px 16px; text-align: center; opacity: .8; }
"""


ANSWER = "review.model_answer"
PETS = {"cat": "review.a_cat", "dog": "review.a_dog"}
NONE_CHOSEN = "review.choose_event_to_see"


@dataclass(frozen=True, slots=True)
class EventReading:
    """An event with all that is kept of it.

    Attributes
    ----------
    event
        Of `FOUND_COLUMNS`.
    call
        The model's call; None when no model was asked, or the row is gone.
    has_footage
        Whether its moment can be played.
    frames_utc
        Evidence that can still be shown, the best picture first.
    """

    event: dict[Any, Any]
    call: dict[str, Any] | None
    has_footage: bool
    frames_utc: tuple[datetime, ...]
    camera: str
    zone: tzinfo | None
    only_in_bucket: bool = False


def read_event(authorized: AuthorizedMonitor, event_id: int) -> EventReading | None:
    """Read an event; None when the monitor's cameras have none of this number. Blocks some milliseconds.

    Raises
    ------
    NotLoggedIn, StoreError
        When the user is gone, or the database refuses.
    """
    cameras = tuple(authorized.cameras)
    event = authorized.read(
        cameras,
        ("event", event_id, cameras),
        lambda monitor: event_search.found_event(monitor.database, cameras, event_id),
    )
    if event is None:
        return None
    monitor = authorized.check(Role.VIEWER, event["camera_id"])
    camera = monitor.camera(event["camera_id"])
    call_id = event["vlm_call_id"]
    start: datetime = event["start_utc"].to_pydatetime()

    def kept(begin: datetime, end: datetime) -> bool:
        try:
            return bool(camera.footage.segments(begin, end))
        except LivemonError:
            return False

    in_bucket = bool(camera.footage.only_in_bucket(start - AROUND, start + AROUND))

    times = [datetime.fromisoformat(text) for text in event["evidence_utcs"] or []][:SHOWN_FRAMES]
    return EventReading(
        event=event,
        call=None if pd.isna(call_id) else queries.call(monitor.database, int(call_id)),
        has_footage=in_bucket or kept(start - AROUND, start + AROUND),
        frames_utc=tuple(at for at in times if in_bucket or kept(at, at + timedelta(seconds=1))),
        camera=camera.name,
        zone=monitor.settings.zone,
        only_in_bucket=in_bucket,
    )


class EventDetail(pn.viewable.Viewer):
    """The card of the chosen event; `update` brings it up to date.

    Parameters
    ----------
    on_note
        Called with the event's id and a person's note on it.
    """

    def __init__(self, on_note: Callable[[int, str], Awaitable[None]]) -> None:
        super().__init__()
        self._on_note = on_note
        self._event_id = 0
        self._noted = ""
        self._footage = pn.pane.HTML("", stylesheets=[STYLES, BOX_CSS], sizing_mode="stretch_width")
        self._facts = pn.pane.HTML("", stylesheets=[STYLES, BOX_CSS], sizing_mode="stretch_width")
        self._note = pmui.TextAreaInput(label=tr("review.note"), rows=2, sizing_mode="stretch_width", max_length=2000)
        self._save = pmui.Button(label=tr("review.save_note"), size="small", variant="outlined", on_click=self._on_save)
        self._writing = pn.Column(self._note, self._save, sizing_mode="stretch_width", visible=False, margin=0)

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(self._footage, self._writing, self._facts, sizing_mode="stretch_width", margin=0)

    def update(self, reading: EventReading | None, *, may_write: bool) -> None:
        """Show an event, or that none is chosen; what did not change is not sent, so that a clip plays on."""
        event_id = 0 if reading is None else int(reading.event["id"])
        footage = f"<div class='hint'>{tr(NONE_CHOSEN)}</div>" if reading is None else footage_html(reading)
        facts = "" if reading is None else facts_html(reading)
        for pane, html in ((self._footage, footage), (self._facts, facts)):
            if pane.object != html:
                pane.object = html
        if event_id != self._event_id:  # a text being written stays as long as the event does
            self._event_id = event_id
            self._note.value = self._noted = "" if reading is None else reading.event["note"] or ""
        if self._writing.visible != (reading is not None and may_write):
            self._writing.visible = reading is not None and may_write

    async def _on_save(self, _event: Any) -> None:
        self._noted = self._note.value or ""
        await self._on_note(self._event_id, self._noted)

    def take_draft(self) -> tuple[int, str] | None:
        """Return the event and the note that was written about it and not kept; after that it counts as kept."""
        draft = self._note.value or ""
        if not self._writing.visible or draft == self._noted:
            return None
        self._noted = draft
        return self._event_id, draft


def footage_html(reading: EventReading) -> str:
    """Return the event's title, and its moment to play; all text of a model is escaped."""
    event = reading.event
    colour, word = chip(event)
    share = f"{event['confidence']:.0%}"
    where = f", {escape(event['location'])}" if event["location"] else ""
    sure = "" if says_livemon(event) else f", {tr('page.sure', share=share)}"
    return (
        f"<div class='head'><span class='chip' style='background:{colour}'>{word}</span>"
        f"<h2>{event_html(event, 'title')}</h2></div>"
        f"<div class='quiet'>{escape(reading.camera)}, {escape(when_words(event, reading.zone))}{where}{sure}</div>"
        f"{_detected(event)}{_judged(event, reading.zone)}<p>{event_html(event, 'description')}</p>{_video(reading)}"
    )


def _detected(event: Mapping[Any, Any]) -> str:
    words = "" if says_livemon(event) else detected_words(event)
    return f"<div class='quiet detected'>{escape(words)}</div>" if words else ""


def detected_words(event: Mapping[Any, Any]) -> str:
    """Return the people, pets and zones of an event in words: "2 people, a dog; zone: cot". Empty: all is unknown."""
    if pd.isna(event["people"]) and event["pets"] is None and event["zones"] is None:
        return ""
    known = [_people(event["people"]), *(tr(PETS[kind]) for kind in event["pets"] or () if kind in PETS)]
    zones = [str(name) for name in event["zones"] or ()]
    where = [tr("review.in_zones", n=len(zones), zones=", ".join(zones))] if zones else []
    return tr("review.detector_found", found="; ".join([", ".join(known), *where]))


def _people(number: Any) -> str:
    if pd.isna(number):
        return tr("review.people_not_known")
    return tr("review.n_people", n=int(number)) if number else tr("review.no_people")


def _judged(event: Mapping[Any, Any], zone: tzinfo | None) -> str:
    """Return who judged the event first and when, and who judged it last when that was later."""
    first, last = event["first_reviewed_utc"], event["reviewed_utc"]
    if pd.isna(first):  # judged before first verdicts were kept, or never
        first = last
    if pd.isna(first):
        return ""
    said = [tr("review.judged_first", who=_person(event["first_reviewed_by"]), when=_moment(first, zone))]
    if not pd.isna(last) and last != first:
        said.append(tr("review.judged_last", who=_person(event["reviewed_by"]), when=_moment(last, zone)))
    return f"<div class='quiet judged'>{'<br>'.join(escape(one) for one in said)}</div>"


def _person(name: str) -> str:
    if name == Identity.local().name:
        return tr("review.person_at_machine")
    return name or tr("review.person_not_known")


def _moment(moment: pd.Timestamp, zone: tzinfo | None) -> str:
    local = moment.to_pydatetime().astimezone(zone)
    return f"{short_day(local)} {local:%H:%M}"


def facts_html(reading: EventReading) -> str:
    """Return the evidence, and who says so."""
    event = reading.event
    start: datetime = event["start_utc"].to_pydatetime()
    note = f"<h3>{tr('review.note')}</h3><p>{escape(event['note'])}</p>" if event["note"] else ""
    window = urlencode(
        {
            "camera": event["camera_id"],
            "date": start.astimezone(reading.zone).date().isoformat(),
            "window": iso(floor_to(start, WINDOW)),
        }
    )
    summary = f"<summary>{tr('review.who_says_so')}</summary>"
    who = f"<details class='who'>{summary}{_provenance(event, reading.call)}</details>"
    return (
        f"{_repeats(reading)}{note}{_frames(reading)}{who}"
        f"<p><a href='day?{escape(window, quote=True)}'>{tr('review.these_ten_minutes_on')}</a></p>"
    )


def _repeats(reading: EventReading) -> str:
    """Return the dangers and warnings that were folded into the event, each with its time and words."""
    event = reading.event
    said = [one for one in event["repeats"] or () if isinstance(one, dict)]
    if not said:
        return ""
    items = "".join(_repeat(one, event, reading.zone) for one in said)
    return f"<h3>{tr('review.seen_again')}</h3><ul>{items}</ul>"


def _repeat(one: Mapping[str, Any], event: Mapping[Any, Any], zone: tzinfo | None) -> str:
    told = {
        "model": event["model"],
        "said": one.get("said"),
        **{name: str(one.get(name, "")) for name in ("title", "description")},
    }
    try:
        time = f"{datetime.fromisoformat(str(one.get('start_utc'))).astimezone(zone):%H:%M:%S}"
    except ValueError:
        time = ""
    return f"<li>{time} <b>{event_html(told, 'title')}</b> {event_html(told, 'description')}</li>"


def _video(reading: EventReading) -> str:
    event = reading.event
    if not reading.has_footage:
        return f"<div class='gone'>{tr('review.footage_moment_not_kept')}</div>"
    address = escape(f"{API}/events/{event['camera_id']}/{event['id']}/clip.mp4", quote=True)
    words = tr("review.event_and_5_s")
    video = f"<video controls muted autoplay playsinline preload='metadata' aria-label='{words}'"
    link = f"<div class='keep'><a href='{address}' download>{tr('review.download_clip')}</a></div>"
    fetched = f"<div class='quiet'>{tr('page.only_in_bucket')}</div>" if reading.only_in_bucket else ""
    return f"{video} src='{address}'></video>{link}{fetched}"


def _frames(reading: EventReading) -> str:
    if not reading.frames_utc:
        return ""
    # A box is where it is in the best picture, which comes first.
    boxes = [event_box(reading.event["box"]), *[""] * len(reading.frames_utc)]
    pictures = "".join(_frame(reading, at, box) for at, box in zip(reading.frames_utc, boxes, strict=False))
    return f"<h3>{tr('review.what_model_saw')}</h3><div class='frames'>{pictures}</div>"


def _frame(reading: EventReading, at: datetime, box: str) -> str:
    root = f"{API}/frames/{reading.event['camera_id']}.jpg?"
    whole = escape(root + urlencode({"at": iso(at)}), quote=True)
    small = escape(root + urlencode({"at": iso(at), "width": 320}), quote=True)
    time = f"{at.astimezone(reading.zone):%H:%M:%S}"
    words = tr("review.frame", time=time)
    return (
        f"<figure><a class='shot' href='{whole}' target='_blank' rel='noopener'><img loading='lazy' alt='{words}'"
        f" src='{small}'>{box}</a><figcaption>{time}</figcaption></figure>"
    )


def _provenance(event: Mapping[Any, Any], call: Mapping[str, Any] | None) -> str:
    version = event["prompt_version"]
    address = escape("prompts?" + urlencode({"camera": event["camera_id"], "version": version}), quote=True)
    prompt = f"<a href='{address}'>{escape(version)}</a>" if version else tr("review.none_model_has_no")
    facts = {"review.model": tr("review.person") if event["model"] == PERSON else event["model"]}
    answer = ""
    if call is not None:
        cost = call["cost_usd"]
        facts |= {
            "review.cost": tr("page.not_known") if cost is None else dollars(cost),
            "review.took": tr("page.s", n=f"{call['latency_ms'] / 1000:.1f}"),
            "review.tokens": tr(
                "review.in_out_thought",
                i=call["input_tokens"],
                o=call["output_tokens"],
                t=call["thought_tokens"],
            ),
            "review.call": ", ".join(filter(None, (str(call["id"]), call["purpose"], call["reason"], call["status"]))),
        }
        if call["raw_text"]:
            text = escape(_pretty(call["raw_text"]))
            answer = f"<details><summary>{tr(ANSWER)}</summary><pre>{text}</pre></details>"
    cells = "".join(f"<dt>{tr(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in facts.items())
    return f"<dl><dt>{tr('page.prompt_title')}</dt><dd>{prompt}</dd>{cells}</dl>{answer}"


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)[:MOST_ANSWER]
    except ValueError:
        return text[:MOST_ANSWER]
