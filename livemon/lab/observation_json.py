"""Observations as stored in rows: to JSON and back; of a study its incidents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from livemon.base.clock import require_utc
from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.model_types import Answer
from livemon.store.writes import clean_text


def said_of(answer: Answer) -> list[dict[str, Any]]:
    """Return what an answer says was seen, as JSON values; nothing when it says nothing of the scene."""
    if answer.result is not None:
        return [_incident(one) for one in answer.result["incidents"]]
    return [to_json(one) for one in answer.observations]


def to_json(seen: Observation) -> dict[str, Any]:
    """Return an observation as JSON values; model text is made fit for any database."""
    return {
        "kind": clean_text(seen.kind, 64),
        "event_type": seen.event_type.value,
        "severity": seen.severity.value,
        "title": clean_text(seen.title, 200),
        "description": clean_text(seen.description, 4000),
        "confidence": seen.confidence,
        "start_utc": seen.start_utc.isoformat(),
        "end_utc": seen.end_utc.isoformat(),
        "evidence_utcs": [utc.isoformat() for utc in seen.evidence_utcs],
        "location": clean_text(seen.location, 200),
        "box": list(seen.box) if seen.box else None,
    }


def from_json(said: Mapping[str, Any]) -> Observation:
    """Return the observation that `to_json` made this of."""
    box = said["box"]
    return Observation(
        kind=said["kind"],
        event_type=EventType(said["event_type"]),
        severity=Severity(said["severity"]),
        title=said["title"],
        description=said["description"],
        confidence=said["confidence"],
        start_utc=_moment(said["start_utc"]),
        end_utc=_moment(said["end_utc"]),
        evidence_utcs=tuple(_moment(text) for text in said["evidence_utcs"]),
        location=said["location"],
        box=(box[0], box[1], box[2], box[3]) if box else None,
    )


def _incident(one: Mapping[str, Any]) -> dict[str, Any]:
    start, end = _moment(one["start_utc"]), _moment(one["end_utc"])
    severity = Severity(one["severity"])
    return to_json(
        Observation(
            one["kind"], EventType.SAFETY, severity, one["title"], one["evidence"], one["confidence"], start, end,
            (start,), box=one["box"],
        )
    )  # fmt: skip


def _moment(text: str) -> datetime:
    return require_utc(datetime.fromisoformat(text))
