"""Message: a code and values, rendered as text where a person reads it. Values are plain data.

The rendering lives in catalog.py, the sentences in locale/.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import Enum
from typing import Any, TypeAlias

Value = "str | int | float | bool | date | time | None | Message | tuple[Value, ...]"
"""Types that a message can carry as values."""

Told: TypeAlias = "Message | str"
"""A text for people: a message, or words from elsewhere, such as those of a model's server."""

MOST_KEPT = 4000
"""Characters of a value that are stored."""
CODE, VALUES, MOMENT = "code", "values", "utc"
"""The names that a message, and a time in it, have in JSON."""


STORED = '{"code":'
"""Start of a message stored as text."""

SYSTEM_REASONS = ("enoent", "eacces", "enospc", "erofs")
"""The errors of the system that have words here."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message for people, as a code and values without its words.

    Attributes
    ----------
    code
        The name of the sentence in the catalogs: ``source.no_stream``.
    values
        Values of its placeholders.
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.code)

    def __str__(self) -> str:
        from livemon.base.messages.catalog import whole_text

        return whole_text(self)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, to be stored."""
        return {CODE: self.code, VALUES: {name: _json(value) for name, value in self.values.items()}}

    @classmethod
    def from_json(cls, made: Mapping[str, Any]) -> Message:
        """Return what `to_json` made.

        Raises
        ------
        KeyError, TypeError, ValueError, AttributeError
            When it is not that.
        """
        return cls(str(made[CODE]), {str(name): _value(value) for name, value in made.get(VALUES, {}).items()})


def message(code: str, /, **values: object) -> Message:
    """Return a message; values that are not plain are made so: the value of an enum, the path of a file."""
    return Message(code, {name: plain(value) for name, value in values.items()})


def to_text(said: Told) -> str:
    """Return the form of a message for a column of text; foreign words stay as they are."""
    return json.dumps(said.to_json(), ensure_ascii=False) if isinstance(said, Message) else _json(said)


def from_text(stored: str) -> Told:
    """Return what `to_text` made; a text that is not that stays a text."""
    if stored.startswith(STORED):
        try:
            return Message.from_json(json.loads(stored))
        except (KeyError, TypeError, ValueError, AttributeError):
            return stored
    return stored


def system_reason(failed: OSError) -> Told:
    """Return why the system refused: a message where livemon has words for it, else the system's own."""
    name = errno.errorcode.get(failed.errno or 0, "").lower()
    return Message(f"os.{name}") if name in SYSTEM_REASONS else failed.strerror or str(failed)


def plain(value: object) -> Any:
    """Return a value as plain data: enums by their value, collections as tuples, unknown types by their text."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, str | bool | int | date | time | Message):
        return value
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Iterable) and not isinstance(value, bytes | Mapping) and not hasattr(value, "__fspath__"):
        return tuple(plain(one) for one in value)
    return str(value)


def _json(value: Any) -> Any:
    if isinstance(value, Message):
        return value.to_json()
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")[:MOST_KEPT]
    if isinstance(value, tuple):
        return [_json(one) for one in value]
    if isinstance(value, datetime):
        return {MOMENT: value.isoformat()}
    if isinstance(value, date | time):
        return value.isoformat()
    # JSON has no NaN, and databases refuse it.
    return None if isinstance(value, float) and value != value else value


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value[MOMENT]) if MOMENT in value else Message.from_json(value)
    if isinstance(value, list):
        return tuple(_value(one) for one in value)
    return value
