"""Messages of the local model, by code: one for each sighting, and one for its measurement.

The sentences are in the catalogs (base/messages). No measuring here.
"""

from __future__ import annotations

from dataclasses import dataclass

from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.detections import Sighting
from livemon.base.messages.catalog import text
from livemon.base.messages.message import Message, message


@dataclass(frozen=True, slots=True)
class KindWords:
    """Names of a kind of sighting: codes of its title, and of the sentence on its measurement."""

    event_type: EventType
    severity: Severity
    title: str
    description: str = ""


KINDS = {
    "possible_fall": KindWords(EventType.SAFETY, Severity.DANGER, "watch.fall", "watch.fall_looks_alike"),
    "lying_after_fall": KindWords(EventType.SAFETY, Severity.DANGER, "watch.lying_after_fall", "watch.nobody_got_up"),
    "person_came": KindWords(EventType.ACTIVITY, Severity.INFO, "watch.came"),
    "person_left": KindWords(EventType.ACTIVITY, Severity.INFO, "watch.left"),
    "person_present": KindWords(EventType.ACTIVITY, Severity.INFO, "watch.present"),
    "person_lies": KindWords(EventType.ACTIVITY, Severity.INFO, "watch.lies", "watch.asleep_or_not"),
    "dog_present": KindWords(EventType.ACTIVITY, Severity.INFO, "watch.dog", "watch.pet_or_not"),
    "cat_present": KindWords(EventType.ACTIVITY, Severity.INFO, "watch.cat", "watch.pet_or_not"),
    "movement": KindWords(EventType.ACTIVITY, Severity.INFO, "watch.moved", "watch.no_person_in_it"),
    "people_unseen": KindWords(EventType.SYSTEM, Severity.WARNING, "watch.people_unseen", "watch.motion_only"),
    "picture_dark": KindWords(EventType.SYSTEM, Severity.WARNING, "watch.dark", "watch.nothing_can_be_seen"),
    "picture_covered": KindWords(EventType.SYSTEM, Severity.WARNING, "watch.covered", "watch.detail_is_gone"),
    "picture_frozen": KindWords(EventType.SYSTEM, Severity.WARNING, "watch.frozen", "watch.no_noise"),
    "camera_moved": KindWords(EventType.SYSTEM, Severity.INFO, "watch.camera_moved", "watch.place_forgotten"),
    "lights_changed": KindWords(EventType.SYSTEM, Severity.INFO, "watch.light", "watch.light_of_what"),
}

GRAVE = frozenset(kind for kind, words in KINDS.items() if words.severity is Severity.DANGER)
"""Kinds that are told at once, whatever model looks."""

DETAILS = {
    "": "",
    "sank_and_lies": "watch.sank_and_lies",
    "lies_for": "watch.lies_for",
    "over_edge": "watch.over_edge",
    "inside": "watch.inside",
    "first_look": "watch.first_look",
    "not_seen_coming": "watch.not_seen_coming",
    "stays": "watch.stays",
    "changed": "watch.changed",
    "level": "watch.level",
    "light_again": "watch.light_again",
    "repeats": "watch.repeats",
    "brighter": "watch.brighter",
    "darker": "watch.darker",
}
"""Codes of what was measured, by `Sighting.detail`; their values are `first` and `second`."""

COUNT = "count"
"""The value that says how many people there are."""


def observation(sighting: Sighting) -> Observation:
    """Put a sighting into messages, and into their English."""
    words = KINDS[sighting.kind]
    title, description = message(words.title), message("watch.described", parts=_parts(sighting, words))
    return Observation(
        kind=sighting.kind,
        event_type=words.event_type,
        severity=words.severity,
        title=text(title),
        description=text(description),
        confidence=round(sighting.confidence, 2),
        start_utc=sighting.start_utc,
        end_utc=sighting.end_utc,
        evidence_utcs=sighting.evidence_utcs,
        box=sighting.box,
        said=(title, description),
    )


def _parts(sighting: Sighting, words: KindWords) -> tuple[Message, ...]:
    """Return the sentences of a description: what was measured, how many people there are, what it may mean."""
    numbers = [_number(name, value) for name, value in sighting.values.items() if name != COUNT]
    found = []
    if DETAILS[sighting.detail]:
        found.append(message(DETAILS[sighting.detail], **dict(zip(("first", "second"), numbers, strict=False))))
    if COUNT in sighting.values:
        found.append(message("watch.people_now", people=round(sighting.values[COUNT])))
    if words.description:
        found.append(message(words.description))
    return tuple(found)


def _number(name: str, value: float) -> str:
    """Return a value as it is read: a share in percent, seconds with a tenth, others whole."""
    if name == "share":
        return f"{value:.0%}"
    return f"{value:.1f}" if name.endswith("_s") and value < 10 else f"{value:.0f}"
