"""The event table: a DataFrame of events as rows a person reads, refreshed by the page that shows it.

Events come from store/queries.py; the layout of the page lives in web/pages/live.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from html import escape
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import panel as pn

from livemon.base.clock import iso
from livemon.base.datatypes import EventType, Severity
from livemon.web.api.guard import API_ROOT
from livemon.web.i18n.language import short_day, tr
from livemon.web.i18n.messages import event_html, tr_event

SHOWN_EVENTS = 60

COLOURS = {
    Severity.DANGER: ("#d92d20", "page.danger"),
    Severity.WARNING: ("#b54708", "page.warning"),
    Severity.INFO: ("#175cd3", "page.info"),
    Severity.SAFE: ("#067647", "page.safe"),
}

BOX_CSS = """
.box { position: absolute; box-sizing: border-box; border: 2px solid #ffd400; border-radius: 3px; pointer-events: none;
  box-shadow: 0 0 0 1px rgba(0, 0, 0, .6); }
"""
"""Style of a frame around the subject of an event; the picture is in a positioned element of its size."""

STYLES = """
:host { overflow-y: auto; max-height: max(420px, calc(100vh - 190px)); }
@media (max-width: 900px) { :host { max-height: none; } }
table { width: 100%; border-collapse: collapse; font-size: 14px; line-height: 1.4; }
tr + tr td { border-top: 1px solid color-mix(in srgb, currentColor 13%, transparent); }
td { padding: 10px 6px; vertical-align: top; }
td:first-child { width: 108px; }
img, .none { width: 104px; aspect-ratio: 4/3; border-radius: 8px; display: block; object-fit: cover;
  background: color-mix(in srgb, currentColor 8%, transparent); }
.none { display: grid; place-content: center; font-size: 24px; }
.shot { display: block; position: relative; width: 104px; border-radius: 8px; overflow: hidden; }
.shot img { width: 100%; height: auto; aspect-ratio: auto 4/3; }
:host(.held) .shot { aspect-ratio: 4/3; }
:host(.held) img { display: none; }
.head { display: flex; flex-wrap: wrap; gap: 3px 8px; align-items: center; }
.chip { color: #fff; border-radius: 999px; padding: 1px 9px; font-size: 12px; font-weight: 600; }
.what { font-weight: 600; overflow-wrap: anywhere; color: inherit; text-decoration: none; }
.what:hover, .what:focus-visible { text-decoration: underline; }
.when { opacity: .74; font-variant-numeric: tabular-nums; font-size: 13px; margin-top: 2px; }
.text { margin-top: 3px; overflow-wrap: anywhere; }
.empty { padding: 36px 16px; text-align: center; }
.empty b { display: block; margin: 6px 0; font-size: 16px; }
"""


class EventTable(pn.viewable.Viewer):
    """Events of one camera, newest first, with pictures; `update` brings it up to date.

    Plain HTML and not Tabulator: sixty rows to read need no grid. Tabulator fails when it is updated while it first
    renders, which stops the rest of the page's update too (measured with Panel 1.9.4).
    """

    def __init__(self) -> None:
        super().__init__()
        held = {"css_classes": ["held"], "stylesheets": [STYLES, BOX_CSS]}
        self._pane = pn.pane.HTML("", sizing_mode="stretch_width", **held)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    def update(self, html: str) -> None:
        """Show what `table_html` returns; nothing is sent when nothing changed, so that a scroll position stays."""
        if html != self._pane.object:
            self._pane.object = html

    def show_pictures(self) -> None:
        """Let the browser load the pictures: on a slow network they would keep the live one waiting."""
        self._pane.css_classes = []


def table_html(events: pd.DataFrame, zone: tzinfo | None, empty_reason: str) -> str:
    """Return events as a table, or `empty_reason`, the sentence for when there are none; all text is escaped."""
    return _table(events, zone) if len(events) else _empty(empty_reason)


def _empty(reason: str) -> str:
    return f"<div class='empty'><b>{tr('review.no_events')}</b>{escape(reason)}</div>"


def _table(events: pd.DataFrame, zone: tzinfo | None) -> str:
    """Return the rows as HTML. All text of a model is escaped."""
    rows = (f"<tr><td>{_picture(event)}</td><td>{_words(event, zone)}</td></tr>" for event in events.to_dict("records"))
    return f"<table aria-label='{tr('live.events_newest_first')}'>{''.join(rows)}</table>"


def _picture(event: dict[Any, Any]) -> str:
    if not event["thumbnail"]:
        return "<div class='none' aria-hidden='true'>&#9881;</div>"
    # Relative to the page, so that a path prefix works.
    url = f"{API_ROOT.lstrip('/')}/thumbnails/{event['camera_id']}/{event['thumbnail']}"
    # js/panel_player.js plays the moment beside it; without the script the page is loaded again, and does the same.
    at = iso(event["start_utc"].to_pydatetime())
    address = escape("?" + urlencode({"camera": event["camera_id"], "at": at}), quote=True)
    words = escape(tr("live.play_this_moment", title=tr_event(event, "title")), quote=True)
    return (
        f"<a class='shot' href='{address}' data-moment='{at}' aria-label='{words}'>"
        f"<img loading='lazy' alt='' src='{escape(url, quote=True)}'>{event_box(event['box'])}</a>"
    )


def event_box(box: Any) -> str:
    """Return a frame around an event's subject, over its picture; nothing when it is all of the picture."""
    if not isinstance(box, list) or len(box) != 4:
        return ""
    top, left, bottom, right = (min(1000, max(0, int(edge))) / 10 for edge in box)
    style = f"left:{left}%;top:{top}%;width:{max(0, right - left)}%;height:{max(0, bottom - top)}%"
    return f"<i class='box' style='{style}'></i>"


def _words(event: dict[Any, Any], zone: tzinfo | None) -> str:
    colour, label = COLOURS[Severity.read(event["severity"])]
    share = f"{event['confidence']:.0%}"
    sure = "" if _is_system(event) else f" &middot; {tr('page.sure', share=share)}"
    address = f"events?state=any&amp;event={int(event['id'])}"
    return (
        f"<div class='head'><span class='chip' style='background:{colour}'>{tr(label)}</span>"
        f"<a class='what' href='{address}'>{event_html(event, 'title')}</a></div>"
        f"<div class='when'>{_when(event, zone)}{sure}</div>"
        f"<div class='text'>{event_html(event, 'description')}</div>"
    )


def _when(event: dict[Any, Any], zone: tzinfo | None) -> str:
    """Return from when to when, in local time, and how often."""
    start: datetime = event["start_utc"].to_pydatetime().astimezone(zone)
    last: datetime = event["last_seen_utc"].to_pydatetime().astimezone(zone)
    text = f"{short_day(start)} {start:%H:%M:%S}"
    if last - start >= timedelta(seconds=1):
        text += f"&ndash;{last:%H:%M:%S}"
    times = event["suppressed"] + 1
    return text + (f" &middot; {tr('page.seen_times', n=times)}" if times > 1 else "")


def _is_system(event: dict[Any, Any]) -> bool:
    return bool(event["event_type"] == EventType.SYSTEM.value)


def event_markers(events: pd.DataFrame) -> list[list[Any]]:
    """Return events as moments on a player's bar: seconds since 1970, colour, words, rank; shape (events, 4)."""
    rows = [(row, Severity.read(row["severity"])) for row in events.to_dict("records")]
    return [
        [row["start_utc"].timestamp(), COLOURS[severity][0], tr_event(row, "title"), severity.rank]
        for row, severity in rows
    ]
