"""Incidents, development and activities of a day: merged from events and from analyses. Pure.

Two ways lead to an incident: a look that saw it live, and the study of its window. An incident that both saw is one.
Reading rows lives in store/day_queries.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from livemon.base.clock import require_utc
from livemon.base.datatypes import EventType, Severity
from livemon.reports.facts.windows import TIME, table
from livemon.store.tables.work_status import WorkStatus
from livemon.vlm.interpret import AREAS

SAME = timedelta(seconds=30)
"""An incident of an analysis within this of an event of the same kind is that event: clocks of models are not exact."""

INCIDENT_COLUMNS: Mapping[str, str] = {
    "start_utc": TIME,
    "end_utc": TIME,
    "kind": "str",
    "severity": "str",
    "title": "str",
    "text": "str",
    "confidence": "float64",
    "thumbnail": "str",
    "source": "str",
    "event_id": "Int64",
    "repeats": "object",
}
DEVELOPMENT_COLUMNS: Mapping[str, str] = {
    "at_utc": TIME,
    "area": "str",
    "level": "str",
    "title": "str",
    "evidence": "str",
}
ACTIVITY_COLUMNS: Mapping[str, str] = {"start_utc": TIME, "end_utc": TIME, "what": "str"}
OF_EVENT = (
    *("id", "start_utc", "last_seen_utc", "kind", "severity", "title", "description", "confidence", "thumbnail"),
    "repeats",
)
"""Columns of an event that an incident takes."""
ALARMING = (Severity.WARNING, Severity.DANGER)


def day_incidents(events: pd.DataFrame, analyses: pd.DataFrame) -> pd.DataFrame:
    """Return dangers and warnings of events and all incidents of analyses, oldest first, with `INCIDENT_COLUMNS`."""
    alarming = events[(events["event_type"] == EventType.SAFETY.value) & events["severity"].isin(ALARMING)]
    found = [_of_event(row) for row in alarming[list(OF_EVENT)].to_dict("records")]
    for one in _all(analyses, "incidents"):
        incident = _of_analysis(one)
        known = next((other for other in found if _same(other, incident)), None)
        if known is None:
            found.append(incident)
        else:
            # Neither makes the other milder.
            known["severity"] = max(
                Severity.read(known["severity"]), Severity.read(incident["severity"]), key=lambda s: s.rank
            )
            known["end_utc"] = max(known["end_utc"], incident["end_utc"])
    for row in found:
        row["severity"] = str(row["severity"])
    return table(sorted(found, key=lambda row: row["start_utc"]), INCIDENT_COLUMNS)


def day_development(events: pd.DataFrame, analyses: pd.DataFrame) -> pd.DataFrame:
    """Return the observations of development, oldest first; a level only where an analysis says one."""
    rows = [
        {**{name: one[name] for name in ("area", "level", "title", "evidence")}, "at_utc": _utc(one["at_utc"])}
        for one in _all(analyses, "development")
    ]
    learnt = events.loc[
        events["event_type"] == EventType.DEVELOPMENT.value, ["start_utc", "kind", "title", "description"]
    ]
    for event in learnt.to_dict("records"):
        area = event["kind"] if event["kind"] in AREAS else ""
        rows.append(
            {
                "at_utc": event["start_utc"],
                "area": area,
                "level": "",
                "title": event["title"],
                "evidence": event["description"],
            }
        )
    return table(sorted(rows, key=lambda row: row["at_utc"]), DEVELOPMENT_COLUMNS)


def day_activities(analyses: pd.DataFrame) -> pd.DataFrame:
    """Return what analyses say went on, oldest first."""
    rows = [
        {"start_utc": _utc(one["start_utc"]), "end_utc": _utc(one["end_utc"]), "what": one["what"]}
        for one in _all(analyses, "activities")
    ]
    return table(sorted(rows, key=lambda row: row["start_utc"]), ACTIVITY_COLUMNS)


def _all(analyses: pd.DataFrame, part: str) -> Iterator[dict[str, Any]]:
    done = analyses.loc[analyses["status"] == WorkStatus.COMPLETED.value, "analysis_result"]
    for result in done:
        if isinstance(result, dict):
            yield from result.get(part, ())


def _of_event(event: dict[Any, Any]) -> dict[str, Any]:
    return {
        "start_utc": event["start_utc"],
        "end_utc": event["last_seen_utc"],
        "kind": event["kind"],
        "severity": event["severity"],
        "title": event["title"],
        "text": event["description"],
        "confidence": event["confidence"],
        "thumbnail": event["thumbnail"],
        "source": "event",
        "event_id": event["id"],
        "repeats": [one for one in event["repeats"] if isinstance(one, dict)],
    }


def _of_analysis(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "start_utc": _utc(one["start_utc"]),
        "end_utc": _utc(one["end_utc"]),
        "kind": one["kind"],
        "severity": one["severity"],
        "title": one["title"],
        "text": one["evidence"],
        "confidence": one["confidence"],
        "thumbnail": "",
        "source": "analysis",
        "event_id": None,
        "repeats": [],
    }


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return (
        one["source"] == "event"
        and meaning(one["kind"]) == meaning(other["kind"])
        and one["start_utc"] - SAME <= other["end_utc"]
        and other["start_utc"] <= one["end_utc"] + SAME
    )


def meaning(kind: str) -> str:
    """Return what a kind is about: the local model's `possible_fall` is a fall."""
    return kind.removeprefix("possible_")


def _utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(require_utc(datetime.fromisoformat(text)))
