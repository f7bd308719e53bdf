"""Rows as JSON has them: what is not known is null, times are RFC 3339, arrays are lists.

Only the form; which rows and which names an answer has is the handlers' affair.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from livemon.clock import iso


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
