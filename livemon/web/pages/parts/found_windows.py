"""Windows found by a search for words: ten-minute windows, each a link to the Day page; and notes on the search.

Pure; which windows they are is store/window_search.py's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from html import escape
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from livemon.base.clock import iso
from livemon.base.messages.message import Message
from livemon.web.i18n.language import short_day, tr, tr_message

MOST_WINDOWS = 20

FOUND_CSS = """
h3 { font-size: 14px; margin: 10px 0 4px; }
ul { list-style: none; padding: 0; margin: 0; }
li { margin: 6px 0; font-size: 14px; line-height: 1.45; overflow-wrap: anywhere; }
.note { font-size: 13px; opacity: .8; margin: 6px 0; }
a { color: var(--mui-palette-primary-main, #3448c5); }
"""


def found_html(windows: pd.DataFrame, notes: Sequence[Message], names: Mapping[str, str], zone: tzinfo | None) -> str:
    """Return the windows and the notes as HTML; empty when there are none. All text of a model is escaped.

    Parameters
    ----------
    names
        Display names of the cameras, by id.
    """
    said = "".join(f"<p class='note'>{escape(tr_message(note))}</p>" for note in notes)
    if not len(windows):
        return said
    items = "".join(_item(window, names, zone) for window in windows.to_dict("records"))
    return f"{said}<h3>{tr('review.ten_minute_windows_these')}</h3><ul>{items}</ul>"


def _item(window: Mapping[Any, Any], names: Mapping[str, str], zone: tzinfo | None) -> str:
    start: datetime = window["window_start_utc"].to_pydatetime()
    local = start.astimezone(zone)
    asked = {"camera": window["camera_id"], "date": local.date().isoformat(), "window": iso(start)}
    address = escape(f"day?{urlencode(asked)}", quote=True)
    name = names.get(window["camera_id"], window["camera_id"]) if len(names) > 1 else ""
    when = ", ".join(part for part in (name, f"{short_day(local)} {local:%H:%M}") if part)
    return f"<li><a href='{address}'>{escape(when)}</a> {escape(window['summary'])}</li>"
