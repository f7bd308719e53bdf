"""Falls, coming, leaving, being there and lying, of people made of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from livemon.base.detections import Person, Sighting
from livemon.detect.rules import STILL_AFTER, PeopleRules
from tests.detect.bodies import ASPECT, at, feet_first, found, lying, sitting, standing

Scene = Iterable[tuple[Person, ...]]
EMPTY: list[tuple[Person, ...]] = [()] * 10


def told(scene: Scene, *, every_s: float = 0.4, rules: PeopleRules | None = None, since_s: float = 0) -> list[Sighting]:
    rules = rules or PeopleRules(ASPECT)
    said: list[Sighting] = []
    for number, people in enumerate(scene):
        said += rules.take(found(since_s + number * every_s, *people))
    return said


def kinds(scene: Scene, *, every_s: float = 0.4, rules: PeopleRules | None = None, since_s: float = 0) -> list[str]:
    return [one.kind for one in told(scene, every_s=every_s, rules=rules, since_s=since_s)]


def stands(n: int, x: float = 0.5) -> list[tuple[Person, ...]]:
    return [(standing(x),)] * n


def lies(n: int, x: float = 0.4) -> list[tuple[Person, ...]]:
    return [(lying(x),)] * n


def walks(start: float, end: float, n: int) -> list[tuple[Person, ...]]:
    return [(standing(start + (end - start) * step / (n - 1)),) for step in range(n)]


@pytest.mark.parametrize("every_s", [0.2, 0.4, 0.6])
@pytest.mark.parametrize("down", [lying, feet_first])
def test_who_sinks_and_lies_may_have_fallen(every_s: float, down: Callable[[float], Person]) -> None:
    (fall,) = [
        one for one in told([*stands(10), *[(down(0.48),)] * 15], every_s=every_s) if one.kind == "possible_fall"
    ]
    assert at(8 * every_s) <= fall.start_utc <= at(10 * every_s)
    assert 0.5 <= fall.confidence <= 0.9
    assert fall.evidence_utcs[0] >= fall.start_utc
    assert fall.box is not None


@pytest.mark.parametrize(
    "scene",
    [
        [*stands(10), *[(sitting(0.5),)] * 20],
        [*stands(10), *lies(2), *stands(20)],
        [*stands(10), *[(standing(0.5, height=0.35),)] * 3, *stands(20)],
        lies(40),
        [*stands(10), *[(standing(0.5, feet=0.9 + 0.05 * i, height=0.6 - 0.05 * i),) for i in range(9)], *EMPTY],
    ],
    ids=["sits down", "up again at once", "squats", "lies all the time", "walks out under the camera"],
)
def test_what_is_no_fall(scene: Scene) -> None:
    assert "possible_fall" not in kinds(scene)


def test_a_fall_is_told_once_and_who_lies_has_not_left() -> None:
    said = kinds([*stands(10), *lies(10), *[()] * 20])
    assert said.count("possible_fall") == 1
    assert "person_left" not in said


def test_a_fall_over_a_gap_of_the_looks_is_found() -> None:
    rules = PeopleRules(ASPECT)
    kinds(stands(10), rules=rules)
    assert "possible_fall" in kinds(lies(10), rules=rules, since_s=4.0)


def test_who_stays_down_after_a_fall_is_told_again_as_a_danger_even_when_not_found_any_more() -> None:
    rules = PeopleRules(ASPECT)
    told([*stands(10), *lies(8)], rules=rules)
    later = [one for second in range(10, 60, 10) for one in rules.take(found(second))]
    (still,) = [one for one in later if one.kind == "lying_after_fall"]
    assert still.values["duration_s"] >= STILL_AFTER.total_seconds()


def test_who_gets_up_after_a_fall_is_not_told_again() -> None:
    assert "lying_after_fall" not in kinds([*stands(10), *lies(8), *stands(100)])


def test_lying_for_long_without_a_fall_is_told_once_and_is_no_fall() -> None:
    said = kinds([*lies(5), *lies(120)])
    assert said.count("person_lies") == 1
    assert "possible_fall" not in said and "lying_after_fall" not in said


def test_who_walks_in_over_the_edge_has_come_and_who_walks_out_has_left() -> None:
    said = kinds([*EMPTY, *walks(0.02, 0.5, 10), *stands(10), *walks(0.5, 0.98, 10), *EMPTY])
    assert said == ["person_came", "person_left"]


def test_who_is_there_at_the_first_look_is_present_and_did_not_come() -> None:
    (there,) = told(stands(10))
    assert (there.kind, there.detail, there.values["count"]) == ("person_present", "first_look", 1)


def test_a_second_person_is_told_with_how_many_there_are() -> None:
    both = [(standing(0.5), standing(0.02 + 0.05 * step, feet=0.85)) for step in range(7)]
    (_, second) = told([*stands(10), *both])
    assert (second.kind, second.values["count"]) == ("person_came", 2)


def test_who_is_hidden_and_found_again_at_the_same_place_neither_left_nor_came() -> None:
    assert kinds([*stands(10), *[()] * 20, *stands(10)]) == ["person_present"]


def test_somebody_found_late_in_the_middle_of_the_picture_did_not_come() -> None:
    (there,) = told([*EMPTY, *stands(10)])
    assert (there.kind, there.detail) == ("person_present", "not_seen_coming")


def test_a_flicker_is_nobody() -> None:
    assert kinds([*EMPTY, *stands(1), *EMPTY, *[(standing(0.5, score=0.15),)] * 30]) == []


def test_who_stays_is_mentioned_every_five_minutes() -> None:
    said = told(stands(200), every_s=5)
    assert [one.detail for one in said] == ["first_look", "stays", "stays", "stays"]


def test_while_the_camera_moves_nobody_comes_leaves_or_falls() -> None:
    rules = PeopleRules(ASPECT)
    said: list[str] = []
    for number, people in enumerate([*EMPTY, *walks(0.02, 0.5, 10), *stands(5), *lies(10)]):
        said += [one.kind for one in rules.take(found(number * 0.4, *people), settled=False)]
    assert said == ["person_present"]


def test_forty_people_are_followed_without_trouble() -> None:
    crowd = tuple(standing(0.02 + 0.024 * place, height=0.05) for place in range(40))
    rules = PeopleRules(ASPECT)
    told([crowd] * 20, rules=rules)
    assert rules.count == 40
