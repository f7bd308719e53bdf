"""The language of the pages: which one a visitor has, and texts in it.

The texts are in the catalogs (base/messages/locale) by their codes. Text of models is shown as it is.
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

from livemon.base.messages.catalog import (
    ENGLISH,
    accepted_languages,
    chosen_language,
    day_text,
    template,
    text,
    told,
    whole_text,
)
from livemon.base.messages.message import Message, Told, message

LANGUAGE_COOKIE = "livemon_language"

T = TypeVar("T")

_KEPT: ContextVar[str | None] = ContextVar("language", default=None)
_LANGUAGES: WeakKeyDictionary[Document, str] = WeakKeyDictionary()


def take_language() -> str:
    """Find out the language of the page that is being opened: what its address says, its cookie, its browser."""
    asked = pn.state.session_args.get("lang", [b""])[0].decode("ascii", "replace")
    headers = {name.lower(): value for name, value in pn.state.headers.items()}
    language = choose_language(asked, pn.state.cookies.get(LANGUAGE_COOKIE, ""), headers.get("accept-language", ""))
    if pn.state.curdoc is not None:
        _LANGUAGES[pn.state.curdoc] = language
    return language


def choose_language(asked: str, kept: str, accepted: str) -> str:
    """Return the first of these that has a catalog; English when none has.

    Parameters
    ----------
    accepted
        As browsers send it: ``ko-KR,ko;q=0.9,en;q=0.8``.
    """
    return chosen_language([asked, kept, *accepted_languages(accepted)])


def language() -> str:
    """Return the language of the page that is being served; English outside of one."""
    kept = _KEPT.get()
    if kept is not None:
        return kept
    document = pn.state.curdoc
    return ENGLISH if document is None else _LANGUAGES.get(document, ENGLISH)


async def beside(function: Callable[[], T]) -> T:
    """Run what takes long in a thread of its own, in the page's language: the server's loop serves everybody.

    Bokeh knows the page being served on its loop only.
    """
    _KEPT.set(language())
    return await asyncio.to_thread(function)


def tr(code: str, **values: Any) -> str:
    """Return a text in the page's language, with values in their places: ``tr("day.n_events", n=3)``.

    Without values its places stay: a component fills them.
    """
    return text(message(code, **values), language()) if values else template(code, language()) or code


def tr_message(said: Message) -> str:
    """Return a message in the page's language, with its hint."""
    return whole_text(said, language())


def tr_said(said: Told) -> str:
    """Return a message as `tr_message` does; foreign words stay as they are."""
    return told(said, language())


def tr_all(words: Mapping[str, Any]) -> dict[str, Any]:
    """Return the texts that a component shows, by their codes; keys stay, lists and dicts in it are walked through."""
    return {name: _tr_any(value) for name, value in words.items()}


def tr_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return a select's options, whose keys are codes of texts."""
    return {tr(code): value for code, value in options.items()}


def own_name(language: str, *, short: bool = False) -> str:
    """Return a language's name in that language."""
    return text(Message("language.short" if short else "language.name"), language)


def short_day(day: date) -> str:
    """Return a day for lists: Mon 23 Nov."""
    return day_text(day, "date.short", language())


def month_day(day: date) -> str:
    """Return a day without its weekday: 23 Nov."""
    return day_text(day, "date.month_day", language())


def long_day(day: date) -> str:
    """Return a day for headings: Monday 23 November 2026."""
    return day_text(day, "date.long", language())


def _tr_any(value: Any) -> Any:
    if isinstance(value, str):
        return tr(value) if value else ""
    if isinstance(value, dict):
        return tr_all(value)
    return [_tr_any(one) for one in value] if isinstance(value, list) else value
