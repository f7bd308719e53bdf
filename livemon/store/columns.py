"""Column types that read whatever lies in the database: a value that cannot be read becomes one that says so.

A bad row must not break a page or list in which other rows are. Unknown is never safe: what cannot be read counts as
grave, failed, over or not allowed. Tables do not belong here (models.py and its neighbours).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Dialect, String, TypeDecorator

log = logging.getLogger(__name__)

Processor = Callable[[Any], Any]


class Choice(TypeDecorator[str]):
    """A word of an enumeration.

    Parameters
    ----------
    words
        What it may be.
    unreadable
        What stands for any other word.
    """

    impl = String
    cache_ok = True

    def __init__(self, words: type[StrEnum], unreadable: StrEnum, length: int = 16) -> None:
        super().__init__(length)
        self.words = words
        self.unreadable = unreadable

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Replace words that the enumeration does not have."""

        def read(value: Any) -> str:
            return self.words(value).value

        return or_else(super().result_processor(dialect, coltype), self.unreadable.value, read)


class JsonOf(TypeDecorator[Any]):
    """A JSON list or dict, or NULL where the column may be.

    Parameters
    ----------
    kind
        list or dict; an empty one stands for what is no JSON, or another kind.
    """

    impl = JSON
    cache_ok = True

    def __init__(self, kind: type[list[Any]] | type[dict[str, Any]]) -> None:
        super().__init__(none_as_null=True)
        self.kind = kind

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Replace what is no JSON, and values of another kind."""

        def read(value: Any) -> Any:
            if value is None or isinstance(value, self.kind):
                return value
            raise ValueError(f"is no {self.kind.__name__}")

        return or_else(super().result_processor(dialect, coltype), self.kind(), read)


def or_else(inner: Processor | None, unreadable: Any, check: Processor) -> Processor:
    """Return a reader of values that answers `unreadable` where the inner one or the check raises."""

    def read(value: Any) -> Any:
        try:
            return check(inner(value) if inner else value)
        except (ValueError, TypeError, KeyError) as exc:
            log.warning("the database holds a value that cannot be read: %.200s", exc)
            return unreadable

    return read
