"""The process that reads a day for its report's row (`python -m livemon.reports.making.read_row`).

Takes a line of JSON on stdin and answers with one on stdout. A process of its own, because a day as tables takes 90 MB
and holds Python's lock for a tenth of a second. A server that only orders the report goes on meanwhile.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from livemon.base.settings.settings import load_settings


@dataclass(frozen=True, slots=True)
class RowOrder:
    """The requested day, in plain JSON."""

    data_dir: str
    camera_id: str
    date: str
    timezone: str
    language: str
    now: str


@dataclass(frozen=True, slots=True)
class ReadRow:
    """The title of the page, and the values of the row but its paths and when it was made."""

    title: str
    values: dict[str, Any]


def main() -> None:
    """Read one day."""
    from livemon.reports.day_report import open_day
    from livemon.reports.making.row import report_values
    from livemon.reports.render.summary import page_title
    from livemon.store.session import Database

    order = RowOrder(**json.loads(sys.stdin.readline()))
    settings = load_settings(data_dir=Path(order.data_dir))
    database = Database(settings.database)
    now = datetime.fromisoformat(order.now)
    day, words = open_day(settings, database, now, order.camera_id, order.date, order.timezone, order.language)
    row = ReadRow(page_title(day, words), report_values(day, words))
    sys.stdout.write(json.dumps(asdict(row), default=_text) + "\n")
    database.close()


def read_answer(line: bytes) -> ReadRow:
    """Return what the process answered, its times as times again."""
    row = ReadRow(**json.loads(line))
    for name in ("start_utc", "end_utc"):
        row.values[name] = datetime.fromisoformat(row.values[name])
    row.values["report_date"] = date.fromisoformat(row.values["report_date"])
    return row


def _text(value: Any) -> str:
    if isinstance(value, date):  # a datetime, too
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not plain")


if __name__ == "__main__":
    main()
