from datetime import timedelta
from typing import Any

import pytest

from livemon.base.clock import iso
from livemon.base.datatypes import EventType, LookReason, Severity
from livemon.base.model_types import Look, Scene, Study, Zone
from livemon.base.safety_score import safety_score
from livemon.vlm.answers import LookAnswer, StudyAnswer
from livemon.vlm.interpret import observations, study_result
from tests.vlm.drawn import START, frames, room
from tests.vlm.test_provider_contract import LOOK, SEEN, STUDY

STUDIED = Study("cam", START, 600, ())
SHOWN = Look(
    "cam",
    LookReason.MOTION,
    tuple(frames([room()] * 5, noise=0)),
    Scene(zones=(Zone("Stairs", (0, 0, 500, 300)),)),
)


def seen(**event: Any) -> Any:
    answer = LookAnswer.model_validate({**LOOK, "events": [{**SEEN, **event}]})
    return observations(answer, SHOWN)[0]


def study(**changes: Any) -> Any:
    return study_result(StudyAnswer.model_validate({**STUDY, **changes}), STUDIED)


@pytest.mark.parametrize(
    ("kind", "severity", "event_type"),
    [
        ("fall", "info", EventType.SAFETY),
        ("gross_motor", "info", EventType.DEVELOPMENT),
        ("play", "safe", EventType.ACTIVITY),
        ("play", "warning", EventType.SAFETY),
    ],
)
def test_what_an_event_is_about(kind: str, severity: str, event_type: EventType) -> None:
    one = seen(kind=kind, severity=severity)
    assert (one.event_type, one.severity) == (event_type, Severity(severity))


@pytest.mark.parametrize(("said", "location"), [("stairs", "Stairs"), (" STAIRS ", "Stairs"), ("by the sofa", "")])
def test_a_place_is_a_zone_or_nothing_so_that_wording_makes_no_new_event(said: str, location: str) -> None:
    assert seen(location=said).location == location


@pytest.mark.parametrize("numbers", [[], [0], [6, -1]])
def test_wrong_numbers_of_frames_lose_no_event(numbers: list[int]) -> None:
    assert len(seen(frames=numbers).evidence_utcs) == 5


@pytest.mark.parametrize(
    ("view", "severity"),
    [("covered", Severity.WARNING), ("too_dark", Severity.INFO), ("nothing_to_judge", Severity.INFO)],
)
def test_seeing_nothing_is_an_event_and_not_silence(view: str, severity: Severity) -> None:
    answer = LookAnswer.model_validate({**LOOK, "view": view, "events": []})
    (one,) = observations(answer, SHOWN)
    assert (one.event_type, one.severity, one.kind) == (EventType.SYSTEM, severity, f"view_{view}")


def test_an_empty_room_that_is_seen_clearly_is_no_event() -> None:
    assert observations(LookAnswer.model_validate({**LOOK, "events": []}), SHOWN) == ()


def test_times_of_a_study_are_moments_within_it() -> None:
    result = study()
    (incident,) = result["incidents"]
    assert incident["start_utc"] == iso(START + timedelta(seconds=1))
    beyond = study(activities=[{"start": "09:00", "end": "99:00", "what": "x"}])["activities"][0]
    assert beyond["end_utc"] == iso(STUDIED.end_utc)


def test_the_score_is_computed_from_incidents() -> None:
    result = study()
    assert (result["safety_score"], result["incident_count"]) == (50.0, 1)
    assert study(incidents=[])["safety_score"] == 100.0


@pytest.mark.parametrize("view", ["covered", "too_dark", "nothing_to_judge"])
def test_what_could_not_be_judged_has_no_score(view: str) -> None:
    unseen = study(view=view, incidents=[])
    assert unseen["safety_score"] is None and unseen["incident_count"] is None
    assert study(view=view)["safety_score"] is not None, "an incident was seen all the same"


DANGER, WARNING, INFO, SAFE = Severity.DANGER, Severity.WARNING, Severity.INFO, Severity.SAFE


@pytest.mark.parametrize(
    ("incidents", "score"),
    [
        ([], 100),
        ([SAFE], 100),
        ([INFO], 98),
        ([INFO] * 50, 90),
        ([WARNING], 88),
        ([WARNING] * 50, 40),
        ([DANGER], 50),
        ([DANGER, DANGER], 20),
        ([DANGER] * 3, 0),
    ],
)
def test_the_rule_of_the_score(incidents: list[Severity], score: float) -> None:
    assert safety_score(incidents) == score
