"""Side information in a server's reply: its clock, the wait that it asks for, counts of tokens.

All of it is side information: an unreadable value is unknown, and never an exception. The meaning of an error for the
call lives in refusals.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

DAY_S = 24 * 3600.0
"""The longest wait that is believed."""

MOST_TOKENS = 1_000_000_000
"""A count above this is invalid, and fits no column."""


def header(headers: Mapping[str, str] | None, name: str) -> str:
    """Return a header's value, whatever the case of its name; empty when there is none."""
    return next((str(value) for key, value in (headers or {}).items() if key.lower() == name), "")


def utc_of(text: str) -> datetime | None:
    """Return the moment of an HTTP date, in UTC, also of ``-0000`` and of asctime; None when it cannot be read."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def retry_after_s(headers: Mapping[str, str] | None, now: datetime) -> float | None:
    """Return for how many seconds a server wants to be left alone; None when it does not say.

    `Retry-After` is seconds or an HTTP date; a date that is past is 0. Never more than a day.
    """
    text = header(headers, "retry-after").strip()
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]*)?", text):
        return min(float(text), DAY_S)
    moment = utc_of(text) if text else None
    return None if moment is None else min(max((moment - now).total_seconds(), 0.0), DAY_S)


def token_count(value: Any) -> int | None:
    """Return a count of tokens as a server sent it; None when it is invalid."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= MOST_TOKENS else None


def fields_of(value: Any) -> Mapping[str, Any]:
    """Return an object of a server's JSON; empty for anything else."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """Return a list of a server's JSON; empty for anything else."""
    return value if isinstance(value, list) else []
