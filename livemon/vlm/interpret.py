"""Meaning of a validated answer: observations of a look, the result of a study.

Numbers become times, kinds become event types, boxes are checked. The verdicts stay the model's, and none is ever made
milder. Parsing lives in answers.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, get_args

from livemon.base.clock import iso
from livemon.base.datatypes import Box, EventType, Observation, Severity
from livemon.base.messages.catalog import whole_text
from livemon.base.messages.message import message
from livemon.base.model_types import Look, Scene, Study
from livemon.base.safety_score import safety_score
from livemon.vlm.answers import Area, LookAnswer, SafetyKind, SeenEvent, StudyAnswer

SAFETY_KINDS = frozenset(get_args(SafetyKind))
AREAS = frozenset(get_args(Area))

BLIND = {"too_dark": Severity.INFO, "covered": Severity.WARNING, "nothing_to_judge": Severity.INFO}
"""Views that cannot be judged, and their severity. Events during these are unknown, not safe."""


def observations(answer: LookAnswer, look: Look) -> tuple[Observation, ...]:
    """Return what the answer says was seen, at the times of the look's frames."""
    seen = [_observation(event, look) for event in answer.events]
    if answer.view in BLIND:
        seen.append(_blind(answer.view, look))
    return tuple(seen)


def study_result(answer: StudyAnswer, study: Study) -> Mapping[str, Any]:
    """Return the study's result as it is kept: times in UTC, the safety score, the count of incidents.

    The score is None when nothing could be judged: not seen is not safe.
    """
    scored = answer.view not in BLIND or bool(answer.incidents)
    return {
        "view": answer.view,
        "summary": answer.summary.strip(),
        "safety_score": safety_score(Severity(one.severity) for one in answer.incidents) if scored else None,
        "incident_count": len(answer.incidents) if scored else None,
        "incidents": [
            {
                "start_utc": iso(_moment(study, one.start)),
                "end_utc": iso(max(_moment(study, one.start), _moment(study, one.end))),
                "kind": one.kind,
                "severity": one.severity,
                "title": _title(one.title, one.kind),
                "evidence": one.evidence.strip(),
                "confidence": one.confidence,
                "box": _box(one.box_2d),
            }
            for one in answer.incidents
        ],
        "development": [
            {
                "at_utc": iso(_moment(study, one.at)),
                "area": one.area,
                "level": one.level,
                "title": one.title.strip(),
                "evidence": one.evidence.strip(),
            }
            for one in answer.development
        ],
        "activities": [
            {
                "start_utc": iso(_moment(study, one.start)),
                "end_utc": iso(max(_moment(study, one.start), _moment(study, one.end))),
                "what": one.what.strip(),
            }
            for one in answer.activities
        ],
    }


def _observation(event: SeenEvent, look: Look) -> Observation:
    utcs = _times(event.frames, look)
    location = _zone(event.location, look.scene)
    title = _title(event.title, event.kind)
    return Observation(
        kind=event.kind,
        event_type=_event_type(event.kind, Severity(event.severity)),
        severity=Severity(event.severity),
        title=title,
        description=event.evidence.strip() or title,
        confidence=event.confidence,
        start_utc=min(utcs),
        end_utc=max(utcs),
        evidence_utcs=utcs,
        location=location,
        box=_box(event.box_2d),
    )


def _title(said: str, kind: str) -> str:
    return said.strip() or kind.replace("_", " ")


def _blind(view: str, look: Look) -> Observation:
    language = look.scene.language
    last = look.frames[-1].utc
    said = (message(f"event.view_{view}"), message("event.view_unknown"))
    return Observation(
        kind=f"view_{view}",
        event_type=EventType.SYSTEM,
        severity=BLIND[view],
        title=whole_text(said[0], language),
        description=whole_text(said[1], language),
        confidence=1.0,
        start_utc=last,
        end_utc=last,
        evidence_utcs=(last,),
        said=said,
    )


def _times(numbers: Sequence[int], look: Look) -> tuple[datetime, ...]:
    """Return the times of the frames that the answer names, the clearest first; all when it names none that exist.

    A wrong number is not worth losing a fall for.
    """
    named = [look.frames[number - 1].utc for number in numbers if 1 <= number <= len(look.frames)]
    return tuple(dict.fromkeys(named)) or tuple(frame.utc for frame in look.frames)


def _event_type(kind: str, severity: Severity) -> EventType:
    """Return what the event is about; a danger or a warning is about safety, whatever kind it was given."""
    if kind in SAFETY_KINDS or severity.rank >= Severity.WARNING.rank:
        return EventType.SAFETY
    return EventType.DEVELOPMENT if kind in AREAS else EventType.ACTIVITY


def _zone(said: str, scene: Scene) -> str:
    """Return the zone that is meant, by its own name; the event's identity must not change with the wording."""
    wanted = said.strip().casefold()
    return next((zone.name for zone in scene.zones if zone.name.casefold() == wanted), "")


def _box(marks: Sequence[int]) -> Box | None:
    """Return (ymin, xmin, ymax, xmax), 0 to 1000; None for the whole picture and for an invalid box."""
    if len(marks) != 4:
        return None
    top, left, bottom, right = marks
    return (top, left, bottom, right) if top < bottom and left < right else None


def _moment(study: Study, at: str) -> datetime:
    """Return the time of a MM:SS; never outside the study."""
    minutes, seconds = at.split(":")
    return min(study.start_utc + timedelta(minutes=int(minutes), seconds=int(seconds)), study.end_utc)
