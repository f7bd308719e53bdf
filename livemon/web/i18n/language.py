"""The language of the pages: which one a visitor has, and words in it.

English is written where it is used; Korean stands in korean/, by the English. What other parts of livemon say, such as
errors, is messages.py's; what models say is shown as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import date
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import panel as pn
from bokeh.document import Document

from livemon.base.datatypes import Language
from livemon.web.i18n.ko import KOREAN

WEEKDAYS = "월화수목금토일"
LANGUAGE_COOKIE = "livemon_language"

T = TypeVar("T")

_KEPT: ContextVar[Language | None] = ContextVar("language", default=None)
_LANGUAGES: WeakKeyDictionary[Document, Language] = WeakKeyDictionary()


def take_language() -> Language:
    """Find out the language of the page that is being opened: what its address says, its cookie, its browser."""
    asked = pn.state.session_args.get("lang", [b""])[0].decode("ascii", "replace")
    headers = {name.lower(): value for name, value in pn.state.headers.items()}
    language = choose_language(asked, pn.state.cookies.get(LANGUAGE_COOKIE, ""), headers.get("accept-language", ""))
    if pn.state.curdoc is not None:
        _LANGUAGES[pn.state.curdoc] = language
    return language


def choose_language(asked: str, kept: str, accepted: str) -> Language:
    """Return the first of these that is a language of ours; English when none is.

    Parameters
    ----------
    accepted
        As browsers send it: ``ko-KR,ko;q=0.9,en;q=0.8``; the order is taken, the weights follow it.
    """
    for code in (asked, kept, *(part.split(";")[0].split("-")[0].strip() for part in accepted.split(","))):
        if code in list(Language):
            return Language(code)
    return Language.ENGLISH


def language() -> Language:
    """Return the language of the page that is being served; English outside of one."""
    kept = _KEPT.get()
    if kept is not None:
        return kept
    document = pn.state.curdoc
    return Language.ENGLISH if document is None else _LANGUAGES.get(document, Language.ENGLISH)


async def beside(function: Callable[[], T]) -> T:
    """Run what takes long in a thread of its own, in the page's language: the server's loop serves everybody.

    Which page is being served, Bokeh knows on its loop only.
    """
    _KEPT.set(language())
    return await asyncio.to_thread(function)


def tr(english: str, **values: Any) -> str:
    """Return words in the page's language, with values in their places: ``tr("{n} events", n=3)``."""
    words = word(english, language())
    return words.format(**values) if values else words


def word(english: str, wanted: Language) -> str:
    """Return a word in a language; where nobody knows the Korean, the English."""
    return KOREAN.get(english, english) if wanted is Language.KOREAN else english


def tr_all(words: Mapping[str, Any]) -> dict[str, Any]:
    """Return the words that a component shows, in the page's language; keys stay, lists in it are walked through."""
    return {name: _tr_any(value) for name, value in words.items()}


def tr_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return a select's options, whose keys are what people read."""
    return {tr(name): value for name, value in options.items()}


def short_day(day: date) -> str:
    """Return a day as it stands in lists: Mon 23 Nov."""
    if language() is Language.KOREAN:
        return f"{day.month}월 {day.day}일 ({WEEKDAYS[day.weekday()]})"
    return f"{day:%a} {day.day} {day:%b}"


def long_day(day: date) -> str:
    """Return a day as it stands in headings: Monday 23 November 2026."""
    if language() is Language.KOREAN:
        return f"{day.year}년 {day.month}월 {day.day}일 {WEEKDAYS[day.weekday()]}요일"
    return f"{day:%A} {day.day} {day:%B %Y}"


def _tr_any(value: Any) -> Any:
    if isinstance(value, str):
        return tr(value) if value else ""
    return [_tr_any(one) for one in value] if isinstance(value, list) else value
