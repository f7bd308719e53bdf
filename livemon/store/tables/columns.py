"""Column types that read any stored value: an unreadable one becomes a value that is marked so.

A bad row must not break a page or list in which other rows are. Unknown is never safe: what cannot be read counts as
grave, failed, over or not allowed. Tables do not belong here (recordings.py and its neighbours).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import JSON, Dialect, TypeDecorator

from livemon.base.messages.message import Told, from_text, to_text

log = logging.getLogger(__name__)

Processor = Callable[[Any], Any]


class NumberColumn(TypeDecorator[float]):
    """A number; SQLite keeps any value in any column. NaN, which is unknown, replaces an invalid number."""

    impl = sa.Double
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> float | None:
        """Return a finite number, NaN or NULL."""
        if value is None or (isinstance(value, int | float) and math.isfinite(value)):
            return value
        log.warning("the database holds no number but %.60r", value)
        return math.nan


class IntegerColumn(TypeDecorator[int]):
    """A whole number; 0 replaces an invalid one."""

    impl = sa.Integer
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Let whole numbers through, and read all else by `process_result_value`."""
        return unless_exactly(int, super().result_processor(dialect, coltype))

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        """Return a whole number or NULL."""
        if value is None or isinstance(value, int):
            return value
        if isinstance(value, Decimal) and value == value.to_integral_value():
            return int(value)  # PostgreSQL's sum of whole numbers
        log.warning("the database holds no whole number but %.60r", value)
        return 0


class CountColumn(IntegerColumn):
    """A number of things, or NULL where it is unknown; NULL replaces an invalid one, which is not 0."""

    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        """Return a whole number or NULL."""
        return value if isinstance(value, int) else None


class TextColumn(TypeDecorator[str]):
    """A text; invalid bytes are decoded as far as possible.

    Parameters
    ----------
    length
        Characters at most; any number when it is None.
    """

    impl = sa.Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self.length = length
        if length is not None:
            self.impl = sa.String(length)  # type: ignore[assignment]

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Let texts through, and read all else by `process_result_value`."""
        return unless_exactly(str, super().result_processor(dialect, coltype))

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Return a text or NULL."""
        if value is None or isinstance(value, str):
            return value
        log.warning("the database holds no text but %.60r", value)
        return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


class SaidColumn(TypeDecorator[Told]):
    """An error: a message by its code and values, or the words of another program."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Told | None, dialect: Dialect) -> str | None:
        """Return the text that is stored."""
        return None if value is None else to_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Told | None:
        """Return the message or the text."""
        if value is None or isinstance(value, str):
            return value if value is None else from_text(value)
        return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


class ChoiceColumn(TypeDecorator[str]):
    """A word of an enumeration.

    Parameters
    ----------
    words
        Allowed values.
    unreadable
        Replacement of any other word.
    """

    impl = sa.String
    cache_ok = True

    def __init__(self, words: type[StrEnum], unreadable: StrEnum, length: int = 16) -> None:
        super().__init__(length)
        self.words = words
        self.unreadable = unreadable

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Replace words that the enumeration does not have."""
        words = {word.value: word.value for word in self.words}

        def read(value: Any) -> str:
            return words[value]

        return or_else(super().result_processor(dialect, coltype), self.unreadable.value, read)


class JsonOf(TypeDecorator[Any]):
    """A JSON list or dict, or NULL where the column may be.

    Parameters
    ----------
    kind
        list or dict; an empty one replaces invalid JSON, or another kind.
    """

    impl = JSON
    cache_ok = True

    def __init__(self, kind: type[list[Any]] | type[dict[str, Any]]) -> None:
        super().__init__(none_as_null=True)
        self.kind = kind

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Replace invalid JSON, and values of another kind."""

        def read(value: Any) -> Any:
            if value is None or isinstance(value, self.kind):
                return value
            raise ValueError(f"is no {self.kind.__name__}")

        decode, empty = super().result_processor(dialect, coltype), "[]" if self.kind is list else "{}"

        def inner(value: Any) -> Any:
            # Most lists are empty, and the decoder takes longer for these than the query for the row.
            return self.kind() if value == empty else decode(value) if decode else value

        return or_else(inner, self.kind(), read)


def or_else(inner: Processor | None, unreadable: Any, check: Processor) -> Processor:
    """Return a reader of values that answers `unreadable` where the inner one or the check raises."""

    def read(value: Any) -> Any:
        try:
            return check(inner(value) if inner else value)
        except (ValueError, TypeError, KeyError, RecursionError) as exc:
            log.warning("the database holds a value that cannot be read: %.200s", exc)
            return unreadable

    return read


def unless_exactly(kind: type, inner: Processor | None) -> Processor:
    """Return a reader that lets values of a type through at once: a day has tens of thousands of values."""

    def read(value: Any) -> Any:
        return value if value.__class__ is kind or inner is None else inner(value)

    return read
