"""What the local model makes of a stretch of footage: its observations in the form of every study's result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from livemon.base.clock import iso
from livemon.base.datatypes import EventType, Observation
from livemon.base.model_types import Study
from livemon.base.safety_score import safety_score

NOTHING = {
    "en": "OpenCV saw nothing to report; it knows people, falls and light, and nothing else.",
    "ko": "OpenCV가 보고할 일을 찾지 못했습니다. 사람, 넘어짐, 빛만 알아봅니다.",
}
SOMETHING = {"en": "OpenCV saw: {}.", "ko": "OpenCV가 본 것: {}."}


def study_result(seen: Sequence[Observation], study: Study) -> dict[str, Any]:
    """Return incidents, activities, score and summary; development is beyond this model."""
    incidents = [one for one in seen if one.event_type is EventType.SAFETY]
    language = study.scene.language
    titles = ", ".join(dict.fromkeys(one.title for one in seen))
    return {
        "view": "clear",
        "summary": SOMETHING[language].format(titles) if titles else NOTHING[language],
        # That OpenCV found nothing is no reason to call it safe: it knows falls, and nothing else that endangers.
        "safety_score": safety_score(one.severity for one in incidents) if incidents else None,
        "incident_count": len(incidents),
        "incidents": [
            {
                "start_utc": iso(one.start_utc),
                "end_utc": iso(one.end_utc),
                "kind": one.kind,
                "severity": one.severity.value,
                "title": one.title,
                "evidence": one.description,
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
