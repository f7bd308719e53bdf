"""The last weeks of one camera: its hours by local day, and the weeks beside each other.

Made of the rows of hours (store/hours.py), so that four weeks cost one statement. A single day is day.py; drawing
belongs to who shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from livemon.base.clock import MIDNIGHT, at_local
from livemon.reports.facts.windows import TIME, table
from livemon.store import hours
from livemon.store.session import Database

DAYS = 28

HOUR_COLUMNS: Mapping[str, str] = {
    "start_utc": TIME,
    "date": "object",
    "hour": "int64",
    "average_safety_score": "float64",
    "lowest_safety_score": "float64",
    "windows_judged": "int64",
    "incident_count": "Int64",
    "event_count": "int64",
    "recorded_s": "float64",
    "analysed_s": "float64",
    "development": "object",
}
"""`date` and `hour` are local: where clocks are set back, two rows share an hour. NaN and NA are unknown."""


@dataclass(frozen=True)
class Sums:
    """Some hours taken together. None is unknown: no window had a score, or none was analysed."""

    average_safety_score: float | None
    lowest_safety_score: float | None
    incident_count: int | None
    event_count: int
    recorded_s: float
    analysed_s: float
    development: Mapping[str, int]


@dataclass(frozen=True)
class Weeks:
    """Facts of the `DAYS` days up to and with `last`.

    Attributes
    ----------
    hours
        One row for each hour of which anything is known, oldest first, with `HOUR_COLUMNS`.
    """

    camera_id: str
    last: date
    hours: pd.DataFrame

    @property
    def dates(self) -> list[date]:
        """The days, oldest first."""
        return [self.last - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]

    def of(self, first: date, last: date) -> Sums:
        """Return the days from `first` to `last` together."""
        return together(self.hours[(self.hours["date"] >= first) & (self.hours["date"] <= last)])

    @property
    def weeks(self) -> list[tuple[date, date, Sums]]:
        """Seven days each, the newest last: first day, last day, what they come to."""
        made = []
        for back in range(DAYS // 7 - 1, -1, -1):
            last = self.last - timedelta(days=7 * back)
            first = last - timedelta(days=6)
            made.append((first, last, self.of(first, last)))
        return made


def read_weeks(database: Database, camera_id: str, last: date, zone: ZoneInfo) -> Weeks:
    """Read the weeks that end with a local day; the hours that are not over yet are not in it."""
    start = at_local(last - timedelta(days=DAYS - 1), MIDNIGHT, zone)
    end = at_local(last + timedelta(days=1), MIDNIGHT, zone)
    rows = hours.hourly_analyses(database, camera_id, since=start, until=end, limit=DAYS * 24 + 1)
    return Weeks(camera_id, last, table([_local(row, zone) for row in rows.to_dict("records")][::-1], HOUR_COLUMNS))


def together(rows: pd.DataFrame) -> Sums:
    """Return hours taken together; an average counts each window once."""
    judged = rows[rows["average_safety_score"].notna()]
    windows = int(judged["windows_judged"].sum())
    average = float((judged["average_safety_score"] * judged["windows_judged"]).sum() / windows) if windows else None
    incidents = rows["incident_count"].dropna()
    development: dict[str, int] = {}
    for areas in rows["development"]:
        for area, count in areas.items():
            development[area] = development.get(area, 0) + count
    lowest = rows["lowest_safety_score"].min()
    return Sums(
        average_safety_score=average,
        lowest_safety_score=None if pd.isna(lowest) else float(lowest),
        incident_count=int(incidents.sum()) if len(incidents) else None,
        event_count=int(rows["event_count"].sum()),
        recorded_s=float(rows["recorded_s"].sum()),
        analysed_s=float(rows["analysed_s"].sum()),
        development=development,
    )


def _local(row: Mapping[Any, Any], zone: ZoneInfo) -> dict[str, Any]:
    start: datetime = row["hour_start_utc"].to_pydatetime()
    local = start.astimezone(zone)
    summary = row["summary"]
    return {
        **{name: row[name] for name in HOUR_COLUMNS if name in row},
        "start_utc": start,
        "date": local.date(),
        "hour": local.hour,
        "recorded_s": row["coverage_s"],
        "development": summary.get("development", {}) if isinstance(summary, dict) else {},
    }
