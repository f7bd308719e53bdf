"""Words of a text for the full-text index, and a search text as terms over such words. Pure.

One way of splitting for every database. English words are stemmed: climb finds climbing. Korean, Chinese and Japanese
have no spaces to rely on: a run of them becomes its pairs of syllables, and its first syllable alone. So two syllables
are found anywhere, more are found where their pairs follow each other, and one is found where it begins a word. The
storage of words lives in word_index.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

from livemon.base.errors import SearchError
from livemon.base.messages.message import Message, message

MOST_TEXT = 200
"""Characters that can be looked for."""
MOST_INDEXED = 20_000
"""Characters of a row that are indexed."""
LONGEST_WORD = 60
MARK = "_"
"""Begins a word that no text has: a fact about a row, such as its severity."""

SYLLABLES = (
    r"\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    r"\U00020000-\U0002fa1f"
)
PIECES = re.compile(rf"([{SYLLABLES}]+)|([^\W_{SYLLABLES}]+)")
OPERATORS = re.compile(r"[\"\u201c\u201d*|&^<>{}()]|(?<!\S)[-+!]|\b(?:AND|OR|NOT|NEAR)\b")


@dataclass(frozen=True, slots=True)
class Terms:
    """Search terms: all of `phrases`, each one word or several that follow each other.

    Attributes
    ----------
    notes
        Notes to the person on how their text was read; sentences.
    """

    phrases: tuple[tuple[str, ...], ...]
    notes: tuple[Message, ...] = ()


def split_words(text: str) -> list[str]:
    """Return the words of a text for the index, in order; the same word as often as it is there."""
    return [word for syllables, piece in _pieces(text[:MOST_INDEXED]) for word in _indexed(syllables, piece)]


def read_terms(text: str) -> Terms:
    """Return the search terms of a text.

    Raises
    ------
    SearchError
        When it is too long, or has no word.
    """
    if len(text) > MOST_TEXT:
        raise SearchError("search.text_too_long", characters=len(text), limit=MOST_TEXT)
    phrases: dict[tuple[str, ...], None] = {}
    single = False
    for syllables, piece in _pieces(text):
        single = single or len(syllables) == 1
        phrases[_pairs(syllables) if len(syllables) > 1 else (syllables or _stem(piece),)] = None
    if not phrases:
        raise SearchError("search.no_word", text=text[:40])
    notes = []
    if OPERATORS.search(text):
        notes.append(message("search.operators_mean_nothing"))
    if single:
        notes.append(message("search.one_syllable"))
    return Terms(tuple(phrases), tuple(notes))


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield runs of syllables and words of other scripts, one of the two empty; in one spelling of each letter."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    for found in PIECES.finditer(plain):
        yield found[1] or "", (found[2] or "")[:LONGEST_WORD]


def _indexed(syllables: str, piece: str) -> tuple[str, ...]:
    return (syllables[0], *_pairs(syllables)) if syllables else (_stem(piece),)


def _pairs(syllables: str) -> tuple[str, ...]:
    return tuple(syllables[at : at + 2] for at in range(len(syllables) - 1))


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    # A stemmer keeps the word it works on: one for each call, because threads call this.
    return str(snowballstemmer.stemmer("english").stemWord(word)) if word.isascii() and word.isalpha() else word
