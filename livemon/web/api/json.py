"""Rows as JSON: unknown values are null, times are RFC 3339, arrays are lists.

Only the form; the rows and names of an answer live in the handlers.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from livemon.base.clock import iso


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows as plain values."""
    return [record(row) for row in table.to_dict("records")]


def record(row: dict[Any, Any]) -> dict[str, Any]:
    """Return one row as plain values."""
    return {str(key): plain(value) for key, value in row.items()}


def plain(value: Any) -> Any:
    """Return a value of a DataFrame, or of a row, as JSON has it."""
    if isinstance(value, dict):
        return record(value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if pd.isna(value):
        return None
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def next_page(found: pd.DataFrame, limit: int, column: str) -> tuple[pd.DataFrame, int | None]:
    """Return the rows of a page, and the cursor of the next one; None when this is the last.

    Parameters
    ----------
    found
        Newest first, one row more than the page takes when there are more.
    column
        The time that the rows are ordered by. Rows of the same time are kept together, so that a page may have fewer
        rows. More than `limit` rows of one time would never end, and are cut.
    """
    if len(found) <= limit:
        return found, None
    following = found[column].iloc[limit]
    page = found.iloc[:limit]
    whole = page[page[column] != following]
    if not len(whole):
        whole = page
    return whole, int((whole[column].iloc[-1] - EPOCH) / timedelta(seconds=1))


def before(cursor: int | None, until: datetime | None) -> datetime | None:
    """Return the time that the rows of a page lie before."""
    if cursor is None:
        return until
    try:
        at = EPOCH + timedelta(seconds=cursor)
    except OverflowError:
        return until  # far ahead of everything
    return at if until is None else min(at, until)
