"""JSON objects in a model's text, whatever stands around them: a fence, prose, thoughts, a byte order mark.

The meaning of an object, and its validity as an answer, live in answers.py.
"""

from __future__ import annotations

import json
import re
from typing import Any

TAG = re.compile(r"<(/?)(?:think|thinking|thought|thoughts|reasoning)>", re.IGNORECASE)
INVISIBLE = "\ufeff\u200b"
MOST_TRIES = 50
"""Braces at which an object is looked for. Each try may read the whole text."""

LONGEST_INTEGER = 18
"""Digits of a number that is read as an integer; Python refuses to read thousands of them."""


def json_objects(text: str) -> list[dict[str, Any]]:
    """Return the JSON objects in a text, in their order; those within another one are not listed.

    A text that is one JSON value is that value. Otherwise thoughts are left out, and each object is found where it
    begins.
    """
    text = text.strip().strip(INVISIBLE).strip()
    whole = _decoded(text)
    if whole is not None:
        return _objects_in(whole[0]) if not text[whole[1] :].strip() else _scanned(_without_thoughts(text))
    return _scanned(_without_thoughts(text))


def is_one_object(text: str) -> bool:
    """Whether a text is one whole JSON object and nothing else."""
    text = text.strip()
    found = _decoded(text) if text.startswith("{") else None
    return found is not None and found[1] == len(text)


def _objects_in(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, str):
        inner = _decoded(value.strip())
        value = inner[0] if inner is not None else value
    if isinstance(value, dict):
        return [value]
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _without_thoughts(text: str) -> str:
    """Return what is said aloud. Some servers leave the first tag out; a last one that is missing ends nothing."""
    kept: list[str] = []
    begin, thinking = 0, False
    for tag in TAG.finditer(text):
        closes = bool(tag[1])
        if closes and not thinking:
            kept.clear()
        elif not thinking:
            kept.append(text[begin : tag.start()])
        begin, thinking = tag.end(), not closes
    return "".join([*kept, text[begin:]])


def _scanned(text: str) -> list[dict[str, Any]]:
    found, at = [], text.find("{")
    for _ in range(MOST_TRIES):
        if at < 0:
            break
        decoded = _decoded(text, at)
        if decoded is not None:
            found.append(decoded[0])
        at = text.find("{", decoded[1] if decoded is not None else at + 1)
    return found


def _decoded(text: str, at: int = 0) -> tuple[Any, int] | None:
    """Return the JSON value that begins there, and where it ends; None when none does."""
    try:
        return DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)


DECODER = json.JSONDecoder(strict=False, parse_int=_integer)
