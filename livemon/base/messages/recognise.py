"""Finds the message of an English sentence that was kept without its code: rows of before, the local model's words.

New texts are kept as messages and never come here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from string import Formatter

from livemon.base.messages.catalog import COUNT, ENGLISH, english_templates, text
from livemon.base.messages.message import Message

FAMILIES = ("event.", "local.", "disk.", "budget.", "source.", "stream.", "video.", "duration.", "archive.")
"""Prefixes of the codes of event texts."""

EARLIER = (
    ("event.answer_failed_text", "{model}: {reason:part}. What happened meanwhile is unknown."),
    ("event.archives_missing_text.hint", "What segments are left of are made again. See `livemon archive verify`."),
    ("event.budget_spent", "No money for a call"),
    ("event.budget_step_text", "{reason}. The camera {step} until there is money again."),
    ("event.clock_behind", "This computer's clock is {n} minute behind of the model's server: set it right."),
    ("event.clock_behind", "This computer's clock is {n} minutes behind of the model's server: set it right."),
    ("event.model_away_nobody", "{model} does not answer: {reason:part}. Meanwhile nobody looks."),
    ("event.view_unknown", "What happens here is not known while nothing can be seen."),
    ("source.is_multicast", "an address of many"),
    ("source.not_a_video", "{host} sends something that is no video."),
    ("source.unknown_kind", "'{host}' is no source that can be read."),
    ("stream.folder_not_written.hint", "Check data_dir, its disk and whose it is."),
    ("video.not_a_video", "{file} is no video: {reason}."),
)
"""Codes with their former English text: older rows hold it."""


@lru_cache(4096)
def recognised(said: str, language: str) -> str:
    """Return an English text of one sentence or several in a language; unknown text stays as it is."""
    if language == ENGLISH:
        return said
    whole = _sentence(said, language)
    if whole is not None:
        return whole
    for first, rest in _splits(said):
        known = _sentence(first, language)
        if known is not None:
            return f"{known} {recognised(rest, language)}"
    return said


def _splits(said: str) -> Iterator[tuple[str, str]]:
    """Yield the text cut in two after each of its sentences, the longest beginning first."""
    for end in reversed(list(re.finditer(r"(?<=[.:;]) ", said))):
        yield said[: end.start()], said[end.end() :]


def _sentence(said: str, language: str) -> str | None:
    """Return a sentence in a language, its values put in and translated as far as they can be."""
    for pattern, code, plain in _patterns():
        if plain == said:
            return text(Message(code), language)
        if plain is None and (found := pattern.fullmatch(said)):
            values = {name: _value(value, language) for name, value in found.groupdict().items()}
            return text(Message(code, {name: value for name, value in values.items() if name != COUNT}), language)
    return None


def _value(said: str, language: str) -> str:
    known = _sentence(said, language) if " " in said and len(said) < 200 else None
    return known if known is not None else recognised(said, language) if said.endswith(".") else said


@cache
def _patterns() -> list[tuple[re.Pattern[str], str, str | None]]:
    """Return what finds each sentence; those without places first, then those that say most."""
    made = []
    for code, template in (*english_templates(), *EARLIER):
        if code.startswith(FAMILIES):
            pattern, plain = _pattern(template)
            if plain is None or len(plain) > 3:
                made.append((pattern, code, plain))
    return sorted(made, key=lambda one: (one[2] is None, -len(one[0].pattern)))


def _pattern(template: str) -> tuple[re.Pattern[str], str | None]:
    parts, names = "", []
    for literal, name, _, _ in Formatter().parse(template):
        parts += re.escape(literal)
        if name is not None:
            parts += f"(?P={name})" if name in names else f"(?P<{name}>.+?)"
            names.append(name)
    return re.compile(parts, re.DOTALL), None if names else "".join(p for p, *_ in Formatter().parse(template))
