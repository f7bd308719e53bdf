"""What other parts of livemon say, in the page's language: errors, why a stream stands still, events of its own.

They say it in English, with names and numbers in it, and know of no page. Here such a sentence is found again by what
is around these. What pages say themselves is language.py's; what models and ffmpeg say stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from livemon.base.datatypes import Language
from livemon.base.notices import SYSTEM
from livemon.vlm.local import LocalModel, words
from livemon.web.i18n.ko import KOREAN, said, told
from livemon.web.i18n.language import language

SENTENCES = {**said.SENTENCES, **told.SENTENCES, **words.KOREAN}
OWN_WORDS = (SYSTEM, LocalModel.name)
PLACE = re.compile(r"\{\d\}")


def tr_said(english: str) -> str:
    """Return one sentence or several in the page's language; what nobody knows the Korean of stays English."""
    return said_in(english, language())


def tr_event(event: Mapping[Any, Any], field: str) -> str:
    """Return an event's title or description, in the page's language when livemon or its local model wrote it.

    A language model was told its language, and "the child does not answer" is no camera that does not.
    """
    text = str(event[field])
    return tr_said(text) if event["model"] in OWN_WORDS else text


def said_in(english: str, wanted: Language) -> str:
    """Return one sentence or several in a language."""
    return _in_korean(english) if wanted is Language.KOREAN else english


@lru_cache(4096)
def _in_korean(english: str) -> str:
    """Return an error with its hint, each by itself: a value at a sentence's end would take in the hint."""
    for first, rest in _splits(english):
        known, hint = _found(first), _found(rest)
        if known is not None and hint is not None:
            return f"{known} {hint}"
    whole = _found(english)
    if whole is not None:
        return whole
    halves = ((_found(first), rest) for first, rest in _splits(english))
    return next((f"{known} {_in_korean(rest)}" for known, rest in halves if known is not None), english)


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """Yield the text cut in two after each of its sentences."""
    for end in re.finditer(r"(?<=[.:;]) ", text):
        yield text[: end.start()], text[end.end() :]


def _found(text: str) -> str | None:
    """Return the Korean of a sentence, its values put in and translated as far as they can be."""
    if text in SENTENCES:
        return SENTENCES[text]
    for pattern, korean in _patterns():
        if found := pattern.fullmatch(text):
            return korean.format(*(SENTENCES.get(value, KOREAN.get(value, value)) for value in found.groups()))
    return None


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return what finds each sentence that has places for values; those that say most come first."""
    sentences = sorted((one for one in SENTENCES if PLACE.search(one)), key=len, reverse=True)
    return [
        (re.compile("(.+?)".join(map(re.escape, PLACE.split(one))), re.DOTALL), SENTENCES[one]) for one in sentences
    ]
