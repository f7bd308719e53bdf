"""The review queue of events, as rows for event_queue.js; and its text when it is empty. Pure.

Its events are chosen in web/pages/events.py; the details of the chosen one live in event_detail.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any, ClassVar

import pandas as pd
import param
from panel.custom import JSComponent

from livemon.base.datatypes import EventType, Severity
from livemon.store.event_search import MOST_COUNTED, EventSearch, ReviewState
from livemon.web.api.guard import API_ROOT
from livemon.web.i18n.language import short_day, tr, tr_all
from livemon.web.i18n.messages import foreign_language, tr_event
from livemon.web.pages.parts.event_table import COLOURS
from livemon.web.pages.parts.player import STATIC

SHOWN = 100
SYSTEM = ("#475467", "page.livemon")
VERDICTS = {"right": "review.right_word", "wrong": "review.wrong_word", "missed": "review.missed_by_livemon"}

WORDS = {
    "right": "review.right",
    "wrong": "review.wrong",
    "reviewed": "review.reviewed",
    "open": "review.not_reviewed",
    "list": "page.events",
    "all": "review.choose_all_shown",
    "chosen": "review.chosen",
    "viewer": "review.reviewing_needs_operator",
    "undo": "review.undo",
    "keys": "review.keys_up_and_down",
}


class EventQueue(JSComponent):
    """The list; `selected` is the id of the chosen event, from and to the browser."""

    rows = param.List(default=[], doc="What `queue_rows` returns.")
    words = param.Dict(default=WORDS)
    empty = param.List(default=["", ""], doc="Heading and sentence for when there are no rows.")
    more = param.String(default="", doc="What to say below the last row; empty when that is all.")
    can_review = param.Boolean(default=False)
    can_undo = param.Boolean(default=False, doc="Whether there is a verdict of this page that can be taken back.")
    selected = param.Integer(default=0)
    said = param.List(
        default=[],
        doc="From the browser, the last of what was said of events: number, ids, and action, one of right, wrong,"
        " reviewed, open and undo. More than the newest, because two that are said at once arrive as one change.",
    )
    taps = param.Integer(default=0, doc="From the browser: how often an event was chosen by pointer.")

    # Only a bundle and no _esm: Panel then serves it as a file of its own, which browsers cache.
    _bundle: ClassVar[Any] = STATIC / "event_queue.bundle.js"


def queue_rows(
    events: pd.DataFrame, names: Mapping[str, str], zone: tzinfo | None, *, by_day: bool = False
) -> list[dict[str, Any]]:
    """Return what event_queue.js draws, one dict an event.

    Parameters
    ----------
    names
        Display names of the cameras; empty with only one, which needs no name.
    by_day
        Whether the events are in the order of time, so that the first of each day has a heading.
    """
    rows, day = [], ""
    for event in events.to_dict("records"):
        row = _row(event, names, zone)
        began = short_day(event["start_utc"].to_pydatetime().astimezone(zone))
        row["day"] = began if by_day and began != day else ""
        day = began
        rows.append(row)
    return rows


def queue_words(counts: Mapping[str, int], wanted: EventSearch) -> dict[str, str]:
    """Return the list's words, with how many events there are of which severity."""
    parts = [
        f"{tr(COLOURS[each][1])} {_number(counts[each], counts, wanted)}"
        for each in reversed(Severity)
        if counts.get(each)
    ]
    return {**tr_all(WORDS), "counted": ", ".join(parts) or tr("review.no_events")}


def more_words(shown: int, counts: Mapping[str, int], wanted: EventSearch) -> str:
    """Return the number of hidden events, in words; empty when all are shown."""
    rest = sum(counts.values()) - shown
    if rest <= 0:
        return ""
    n = _number(rest, counts, wanted)
    return tr("review.more_not_shown_review", n=n)


def _number(events: int, counts: Mapping[str, int], wanted: EventSearch) -> str:
    """Return a number of events; a search by the index of words counts only so far."""
    return (
        f"{events}+"
        if wanted.by_index and max(counts.values()) >= MOST_COUNTED and events >= MOST_COUNTED
        else str(events)
    )


def empty_words(wanted: EventSearch, filtered: bool) -> list[str]:
    """Return heading and sentence of an empty list; it never says that nothing happened."""
    if wanted.text:
        return [tr("review.nothing_found"), tr("review.no_event_here_has", text=wanted.text)]
    if wanted.state is ReviewState.OPEN:
        return [tr("review.nothing_to_review"), tr("review.every_event_filters_let")]
    if filtered:
        return [tr("review.no_events"), tr("review.none_passes_these_filters")]
    return [
        tr("review.no_events_yet"),
        tr("review.they_come_here_as"),
    ]


def says_livemon(event: Mapping[Any, Any]) -> bool:
    """Whether an event is about livemon itself, and nothing that a camera saw."""
    return bool(event["event_type"] == EventType.SYSTEM.value)


def chip(event: Mapping[Any, Any]) -> tuple[str, str]:
    """Return the colour and the word of an event's severity."""
    colour, word = COLOURS[Severity.read(event["severity"])]
    return colour, tr(word)


def when_words(event: Mapping[Any, Any], zone: tzinfo | None) -> str:
    """Return from when to when an event was seen, in local time, and how often."""
    start: datetime = event["start_utc"].to_pydatetime().astimezone(zone)
    last: datetime = event["last_seen_utc"].to_pydatetime().astimezone(zone)
    text = f"{short_day(start)} {start:%H:%M:%S}"
    if last - start >= timedelta(seconds=1):
        text += (
            f"\N{EN DASH}{last:%H:%M:%S}"
            if last.date() == start.date()
            else f"\N{EN DASH}{short_day(last)} {last:%H:%M:%S}"
        )
    times = event["suppressed"] + 1
    return text + (f", {tr('page.seen_times', n=times)}" if times > 1 else "")


def _row(event: dict[Any, Any], names: Mapping[str, str], zone: tzinfo | None) -> dict[str, Any]:
    colour, severity = chip(event)
    reviewed = not pd.isna(event["reviewed_utc"])
    where = names.get(event["camera_id"], "")
    picture = ""
    if event["thumbnail"]:  # relative to the page, so that a path prefix works
        picture = f"{API_ROOT.lstrip('/')}/thumbnails/{event['camera_id']}/{event['thumbnail']}"
    return {
        "id": int(event["id"]),
        "severity": severity,
        "colour": colour,
        "about": "livemon" if says_livemon(event) else "",
        "lang": foreign_language(event),
        "title": tr_event(event, "title"),
        "when": ", ".join(part for part in (where, when_words(event, zone)) if part),
        "text": tr_event(event, "description"),
        "picture": picture,
        "box": event["box"] if isinstance(event["box"], list) else [],
        "glyph": "\N{GEAR}" if says_livemon(event) else "\N{EN DASH}",
        "reviewed": reviewed,
        "verdict": tr(VERDICTS.get(event["label"] or "", "review.reviewed_word" if reviewed else "")),
    }
