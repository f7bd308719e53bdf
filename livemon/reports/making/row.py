"""A day as the values of its report's row.

Pure; writing it lives in store/reports.py, its files in reporter.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd

from livemon.base.clock import iso
from livemon.reports.facts.day import Day
from livemon.reports.render.summary import tell
from livemon.reports.render.text import Words

EVENT_FIELDS = ("start_utc", "last_seen_utc", "kind", "event_type", "severity", "title")
INCIDENT_FIELDS = ("start_utc", "end_utc", "kind", "severity", "title", "source")


def report_values(day: Day, words: Words) -> dict[str, Any]:
    """Return all columns of `DailyReport` but its paths and when it was made."""
    return {
        "camera_id": day.camera_id,
        "report_date": day.date,
        "timezone": day.zone.key,
        "language": words.language,
        "start_utc": day.start_utc,
        "end_utc": day.end_utc,
        "summary": tell(day, words),
        "average_safety_score": day.average_safety_score,
        "lowest_safety_score": day.lowest_safety_score,
        "incident_count": day.incident_count,
        "event_count": day.event_count,
        "hourly_summary": _entries(day.hours, tuple(day.hours.columns)),
        "timeline": _entries(day.events, EVENT_FIELDS),
        "coverage": {
            "windows": {state.value: count for state, count in day.window_counts.items()},
            "gaps": _entries(day.gaps, tuple(day.gaps.columns)),
            "looks": {"ok": day.looks_ok, "failed": day.looks_failed},
            "incidents": _entries(day.incidents, INCIDENT_FIELDS),
        },
        "coverage_s": day.recorded_s,
        "analysed_s": day.analysed_s,
        "windows_waiting": day.windows_waiting,
        "cost_usd": day.cost_usd,
        "calls_of_unknown_cost": day.calls_of_unknown_cost,
    }


def _entries(table: pd.DataFrame, fields: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return rows as JSON can hold them: times as text, what is not known as null."""
    return [{name: _plain(row[name]) for name in fields} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, datetime):
        return iso(value)
    return value.item() if hasattr(value, "item") else value
