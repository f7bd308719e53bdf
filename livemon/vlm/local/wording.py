"""Plain words for what was measured, and how sure it is. No measuring here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from livemon.base.datatypes import EventType, Observation, Severity

NOT_A_PERSON_DETECTOR = "This is a simple motion model: it cannot tell a person from a large pet."


@dataclass(frozen=True, slots=True)
class LocalFinding:
    """A kind with its times; `detail` is a sentence of measured facts, put before the kind's own words."""

    kind: str
    start_utc: datetime
    end_utc: datetime
    evidence_utcs: tuple[datetime, ...]
    confidence: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Words:
    event_type: EventType
    severity: Severity
    title: str
    description: str


_WORDS = {
    "movement": _Words(
        EventType.ACTIVITY,
        Severity.INFO,
        "Something moved",
        "What it was, this simple motion model cannot say.",
    ),
    "person_came": _Words(
        EventType.ACTIVITY, Severity.INFO, "Something person-sized came into view", NOT_A_PERSON_DETECTOR
    ),
    "person_present": _Words(
        EventType.ACTIVITY, Severity.INFO, "Somebody seems to be in the picture", NOT_A_PERSON_DETECTOR
    ),
    "person_left": _Words(
        EventType.ACTIVITY, Severity.INFO, "Something person-sized went out of view", NOT_A_PERSON_DETECTOR
    ),
    "possible_fall": _Words(
        EventType.SAFETY,
        Severity.WARNING,
        "Possible fall: upright, then low, and stayed low",
        "Lying down quickly on purpose looks the same to this simple motion model. Please look at the pictures.",
    ),
    "picture_dark": _Words(
        EventType.SYSTEM,
        Severity.WARNING,
        "The picture is dark",
        "Nothing can be seen, so nothing can be said of the room.",
    ),
    "picture_covered": _Words(
        EventType.SYSTEM,
        Severity.WARNING,
        "The camera may be covered or out of focus",
        "The fine detail that this camera usually shows is gone.",
    ),
    "picture_frozen": _Words(
        EventType.SYSTEM,
        Severity.WARNING,
        "The picture may be frozen",
        "A camera that shows no noise where it did before often repeats an old picture.",
    ),
    "lights_changed": _Words(
        EventType.SYSTEM,
        Severity.INFO,
        "The light changed",
        "A lamp, the sun or the camera's exposure: the model cannot tell which.",
    ),
}


def observation(finding: LocalFinding) -> Observation:
    """Put a finding into words."""
    words = _WORDS[finding.kind]
    return Observation(
        kind=finding.kind,
        event_type=words.event_type,
        severity=words.severity,
        title=words.title,
        description=f"{finding.detail} {words.description}".strip(),
        confidence=round(finding.confidence, 2),
        start_utc=finding.start_utc,
        end_utc=finding.end_utc,
        evidence_utcs=finding.evidence_utcs,
    )
