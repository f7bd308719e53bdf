"""The catalogs: text of a message in a language, by gettext; numbers and dates as the language writes them.

A catalog is ``locale/<language>/LC_MESSAGES/livemon.po``, compiled by ``make messages``. Its msgid is the code, its
msgstr the sentence, with values in braces: ``{host} does not answer.`` What to do stands under ``code.hint``. Names of
days and months, and signs in numbers, are CLDR's: Babel writes them into the compiled catalog, and is not needed here.
The choice of a reader's language is not made here.
"""

from __future__ import annotations

import gettext
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from livemon.base.messages.message import Message, Told

log = logging.getLogger(__name__)

LOCALE = Path(__file__).parent / "locale"
DOMAIN = "livemon"
ENGLISH = "en"
"""The language used where a catalog is broken or lacks a text."""
HINT = ".hint"
FORMS = ("part", "whole", "sentences")
"""Ways in which a text value is placed in another text, besides Python's formats."""
SECONDS_UNTIL_S = 59.5
"""Shorter durations are given in seconds."""
BETWEEN_NAMES = "|"
DATE_PART = re.compile("EEEE|EEE|MMMM|MMM|M|d|y")
"""The fields of CLDR's patterns that the catalogs use."""
COUNT = "n"
"""The value that chooses between one and more."""


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that have a catalog, English first."""
    found = sorted(path.parts[-3] for path in LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return (ENGLISH, *(name for name in found if name != ENGLISH))


def text(said: Message, language: str = ENGLISH) -> str:
    """Return the text of a message, in a language, without its hint."""
    return _text(said.code, said.values, language)


def hint(said: Message, language: str = ENGLISH) -> str:
    """Return a message's hint on what to do; empty when there is none."""
    code = said.code + HINT
    return "" if _template(code, said.values, ENGLISH) is None else _text(code, said.values, language).strip()


def whole_text(said: Message, language: str = ENGLISH) -> str:
    """Return the text of a message with its hint."""
    return f"{text(said, language)} {hint(said, language)}".strip()


def told(said: Told, language: str = ENGLISH) -> str:
    """Return a message with its hint, or foreign text word for word."""
    return whole_text(said, language) if isinstance(said, Message) else said


def has_text(code: str) -> bool:
    """Whether English says anything for a code."""
    return _template(code, {}, ENGLISH) is not None


def template(code: str, language: str) -> str | None:
    """Return the text of a code with its places, English where the language has none; None without either."""
    found = _template(code, {}, language)
    return found if found is not None else _template(code, {}, ENGLISH)


def english_templates() -> Iterator[tuple[str, str]]:
    """Yield the code and the English text of every message; of plurals more than one text."""
    catalog: Mapping[Any, str] = getattr(_catalog(ENGLISH), "_catalog", {})
    for key, said in catalog.items():
        code, number = key if isinstance(key, tuple) else (key, None)
        if code and number in (None, 1):
            yield code, said


def chosen_language(wanted: Iterable[str]) -> str:
    """Return the first of these that has a catalog, English when none has; ``ko-KR`` and ``ko_KR.UTF-8`` are ``ko``."""
    for one in wanted:
        name = one.strip().split(".")[0].replace("-", "_")
        for candidate in (name, name.split("_")[0].lower()):
            if candidate in languages():
                return candidate
    return ENGLISH


def accepted_languages(header: str) -> list[str]:
    """Return the languages of an Accept-Language header, the best first; those of weight 0 are left out."""
    weighted = []
    for place, part in enumerate(header.split(",")):
        name, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        if name.strip() and quality > 0:
            weighted.append((-quality, place, name.strip()))
    return [name for _, _, name in sorted(weighted)]


def _text(code: str, values: Mapping[str, Any], language: str) -> str:
    """Return a text; a template that is broken falls back to English, and English to the code itself."""
    for name in dict.fromkeys((language, ENGLISH)):
        found = _template(code, values, name)
        if found is None:
            continue
        try:
            return _Filler(name).vformat(found, (), values)
        except (LookupError, ValueError, TypeError, AttributeError):
            log.exception("the catalog %s has a broken text for %s", name, code)
    told = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"{code} ({told})" if told else code


def _template(code: str, values: Mapping[str, Any], language: str) -> str | None:
    if not code:
        return None  # gettext keeps the header of the catalog there
    catalog = _catalog(language)
    count = values.get(COUNT)
    if isinstance(count, int | float):
        found = catalog.ngettext(code, code, int(count) if count == int(count) else 2)
        if found != code:
            return found
    found = catalog.gettext(code)
    if found == code:  # of what is counted; gettext itself finds it from Python 3.11.3 on
        found = catalog.ngettext(code, code, 1)
    return None if found == code else found


@cache
def _catalog(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [language], fallback=True)


class _Filler(Formatter):
    """Puts values into a text: messages as their text, numbers as the language writes them."""

    def __init__(self, language: str) -> None:
        self._language = language

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, str]:
        """Return a value by its name; ``{cause.hint}`` is what to do about a message. Nothing else is reached."""
        name, _, part = field_name.partition(".")
        value = kwargs[name]
        if part == "hint":
            return hint(value, self._language) if isinstance(value, Message) else "", name
        if part or not name.isidentifier():
            raise KeyError(field_name)
        return value, name

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return a value as text.

        Besides Python's, a format may be ``part``, without a full stop; ``whole``, a message with its hint;
        ``sentences``, several beside each other without commas.
        """
        if isinstance(value, Message):
            return self._said(value, format_spec)
        if isinstance(value, tuple):
            between = " " if format_spec == "sentences" else ", "
            return between.join(self.format_field(one, "") for one in value)
        if format_spec in FORMS:
            return str(value).rstrip(". ") if format_spec == "part" else str(value)
        if isinstance(value, bool) or value is None:
            return str(value)
        written = format(value, format_spec)
        return _in_digits(written, self._language) if isinstance(value, float | int) and format_spec else written

    def _said(self, value: Message, form: str) -> str:
        """Return a message within another: ``whole`` with its hint, ``part`` without its full stop."""
        if form == "whole":
            return whole_text(value, self._language)
        said = text(value, self._language)
        return said.rstrip(". ") if form == "part" else said


def _in_digits(written: str, language: str) -> str:
    """Return a number with the language's signs for thousands and decimals."""
    if language == ENGLISH or not any(sign in written for sign in ",."):
        return written
    return written.translate(_signs(language))


@cache
def _signs(language: str) -> dict[int, str]:
    return {ord(","): template("cldr.group", language) or ",", ord("."): template("cldr.decimal", language) or "."}


def day_text(day: date, form: str, language: str = ENGLISH) -> str:
    """Return a day as a language writes it.

    Parameters
    ----------
    form
        A code whose text is a pattern of CLDR: ``date.long``, ``date.short``.
    """

    def named(names: str, number: int) -> str:
        return (template(f"cldr.{names}", language) or "").split(BETWEEN_NAMES)[number]

    parts = {
        "EEEE": lambda: named("weekdays", day.weekday()),
        "EEE": lambda: named("weekdays_short", day.weekday()),
        "MMMM": lambda: named("months", day.month - 1),
        "MMM": lambda: named("months_short", day.month - 1),
        "M": lambda: str(day.month),
        "d": lambda: str(day.day),
        "y": lambda: str(day.year),
    }
    return DATE_PART.sub(lambda found: parts[found[0]](), template(form, language) or "y-M-d")


def number_text(value: float, form: str, language: str = ENGLISH) -> str:
    """Return a number by one of Python's formats, with the language's signs for thousands and decimals."""
    return _in_digits(format(value, form), language)


def duration_text(duration_s: float, language: str = ENGLISH) -> str:
    """Return a length of time: ``2 h 10 min``, ``45 s``."""
    if 0 < duration_s < SECONDS_UNTIL_S:
        return text(Message("duration.s", {COUNT: round(duration_s)}), language)
    hours, minutes = divmod(round(duration_s / 60), 60)
    parts = [text(Message("duration.h", {COUNT: hours}), language)] if hours else []
    parts += [text(Message("duration.min", {COUNT: minutes}), language)] if minutes or not hours else []
    return " ".join(parts)
