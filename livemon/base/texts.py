"""Texts of people and programs that livemon keeps: one line, or several; without characters that pages cannot show.

The maximum length of a text is set at its field: ``name: Line = Field(max_length=200)``. Text of a model is not refused
but cleaned (store/writes.py).
"""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator

MOST_SHOWN = 80
"""Characters of a wrong value that an error repeats."""
KEPT_IN_PARAGRAPHS = "\n\t"
CONTROLS = ("Cc", "Cs", "Zl", "Zp")
"""Unicode's control characters, halves of surrogate pairs, and separators of lines and paragraphs."""
DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn the words around them, so that a text seems to say something else (CVE-2021-42574)."""


def one_line(text: str) -> str:
    """Return a text without space around it.

    Raises
    ------
    ValueError
        When it has line breaks, control characters or lone surrogates.
    """
    return _checked(text.strip(), "")


def paragraphs(text: str) -> str:
    """Return a text of one or more lines, without space around it; raises as `one_line`, line breaks left out."""
    return _checked(text.replace("\r\n", "\n").strip(), KEPT_IN_PARAGRAPHS)


def shown(text: str) -> str:
    """Return the beginning of a text that may be anything, fit for an error message."""
    return "".join(f"\\u{ord(one):04x}" if _is_unfit(one, "") else one for one in text[:MOST_SHOWN])


def is_text(name: str) -> bool:
    """Whether a file's name can be written down: one that is not UTF-8 comes with lone surrogates (PEP 383)."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


def _checked(text: str, allowed: str) -> str:
    wrong = next((one for one in text if _is_unfit(one, allowed)), None)
    if wrong is not None:
        kind = "a line break" if wrong in "\n\r\u2028\u2029" else f"the control character U+{ord(wrong):04X}"
        raise ValueError(f"must be plain text, without {kind}")
    return text


def _is_unfit(character: str, allowed: str) -> bool:
    if character in allowed:
        return False
    return character in DIRECTIONS or unicodedata.category(character) in CONTROLS


Line = Annotated[str, AfterValidator(one_line)]
Named = Annotated[str, AfterValidator(one_line), AfterValidator(_not_empty)]
Paragraphs = Annotated[str, AfterValidator(paragraphs)]
