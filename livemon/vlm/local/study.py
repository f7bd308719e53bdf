"""Study by the local model: its observations of a stretch of footage in the form of every study's result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from livemon.base.clock import iso
from livemon.base.datatypes import EventType, Observation
from livemon.base.messages.catalog import text
from livemon.base.messages.message import message
from livemon.base.model_types import Study
from livemon.base.safety_score import safety_score


def study_result(seen: Sequence[Observation], study: Study) -> dict[str, Any]:
    """Return incidents, activities, score and summary; development is beyond this model."""
    incidents = [one for one in seen if one.event_type is EventType.SAFETY]
    language = study.scene.language
    titles = tuple(dict.fromkeys(text(one.said[0], language) for one in seen if one.said))
    summary = message("watch.seen", titles=", ".join(titles)) if titles else message("watch.nothing_to_report")
    return {
        "view": "clear",
        "summary": text(summary, language),
        # An empty result does not mean safe: it knows falls, and no other danger.
        "safety_score": safety_score(one.severity for one in incidents) if incidents else None,
        "incident_count": len(incidents),
        "incidents": [
            {
                "start_utc": iso(one.start_utc),
                "end_utc": iso(one.end_utc),
                "kind": one.kind,
                "severity": one.severity.value,
                "title": text(one.said[0], language) if one.said else one.title,
                "evidence": text(one.said[1], language) if one.said else one.description,
                "confidence": one.confidence,
                "box": one.box,
            }
            for one in incidents
        ],
        "development": [],
        "activities": [
            {"start_utc": iso(one.start_utc), "end_utc": iso(one.end_utc), "what": one.title}
            for one in seen
            if one.event_type is EventType.ACTIVITY
        ],
    }
