"""Texts of events on a page: livemon's own in the page's language, a model's words as they are, and marked as such.

Texts of the pages themselves are language.py's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from livemon.base.datatypes import Language
from livemon.store.events_said import event_text, is_translated
from livemon.web.i18n.language import language, own_name, tr

HANGUL = re.compile("[\uac00-\ud7a3]")


def tr_event(event: Mapping[Any, Any], field: str) -> str:
    """Return an event's title or description, in the page's language when livemon or its local model wrote it."""
    return event_text(event, field, language())


def event_html(event: Mapping[Any, Any], field: str) -> str:
    """Return an event's title or description as HTML; a model's words in another language are marked."""
    said, spoken = escape(tr_event(event, field)), foreign_language(event)
    if not spoken or not said:
        return said
    why = escape(tr("page.model_words"), quote=True)
    mark = f"<sup class='foreign' title='{why}'>{own_name(spoken, short=True)}</sup>"
    return f"<span lang='{spoken}'>{said}</span>{mark}"


def foreign_language(event: Mapping[Any, Any]) -> str:
    """Return the language of a model's words where it is not the page's; else empty. Models answer in two languages."""
    if is_translated(event):
        return ""
    korean = HANGUL.search(f"{event['title']} {event['description']}")
    spoken = (Language.KOREAN if korean else Language.ENGLISH).value
    return "" if spoken == language() else spoken
