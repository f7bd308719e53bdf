"""Still is what was seen to be still, from the first second to the last; no people is what was searched."""

from __future__ import annotations

from datetime import datetime, timedelta

from livemon.base.datatypes import MotionSample
from livemon.base.detections import Detections, Person, Pet, PetKind
from livemon.detect.still import MOST_UNSEEN, no_people_throughout, still_throughout
from tests.conftest import MORNING
from tests.detect.bodies import standing

SECOND = timedelta(seconds=1)
END = MORNING + 600 * SECOND


def samples(
    *, without: range = range(0), moving: range = range(0), step_s: int = 1, dark: range = range(0)
) -> list[MotionSample]:
    """A reading each `step_s` of ten minutes."""
    return [
        MotionSample(MORNING + n * SECOND, 0.2 if n in moving else 0.0, 20.0 if n in dark else 100.0, 0.1)
        for n in range(0, 600, step_s)
        if n not in without
    ]


def still(found: list[MotionSample], start: datetime = MORNING, end: datetime = END) -> bool:
    return still_throughout(found, start, end)


def test_nothing_moved_in_all_of_it() -> None:
    assert still(samples())
    assert still(samples(step_s=4)), "keyframes of a copied camera"
    assert still(samples(moving=range(100, 101))), "one active frame is an artefact"


def test_motion_and_a_lamp_are_not_still() -> None:
    assert not still(samples(moving=range(100, 104)))
    assert not still(samples(dark=range(300, 600)))


def test_what_was_not_seen_is_not_still() -> None:
    gap = MOST_UNSEEN // SECOND + 1
    for missing in (range(gap), range(200, 200 + gap), range(600 - gap, 600)):
        assert not still(samples(without=missing)), missing
    assert not still(samples(step_s=gap))
    assert not still([])
    assert not still(samples()[:1])


def searched(seconds: range, people: tuple[Person, ...] = (), pets: tuple[Pet, ...] | None = ()) -> list[Detections]:
    return [Detections(MORNING + n * SECOND, people, pets) for n in seconds]


EACH_MINUTE = range(0, 600, 60)


def no_people(found: list[Detections], moving: range = range(100, 200), dark: range = range(0)) -> bool:
    """Say so of a window that was searched once a minute, besides."""
    each = sorted([*searched(EACH_MINUTE), *found], key=lambda one: one.utc)
    return no_people_throughout(samples(moving=moving, dark=dark), each, MORNING, END)


def test_no_people_were_seen_where_each_motion_was_searched() -> None:
    assert no_people(searched(range(100, 200)))
    assert no_people(searched(range(105, 200, 10))), "a picture within 5 s of each motion"
    assert no_people([], moving=range(0)), "nothing moved"


def test_no_people_is_not_said_of_what_was_not_searched() -> None:
    assert not no_people([])
    assert not no_people(searched(range(100, 190)))
    assert not no_people(searched(range(106, 200)))
    assert not no_people(searched(range(100, 200), pets=None)), "pets were not looked for"
    unmeasured = samples(moving=range(100, 200), without=range(300, 310))
    assert not no_people_throughout(unmeasured, searched(range(0, 600, 2)), MORNING, END)
    assert not no_people_throughout(samples(), [], MORNING, END), "nothing moved, and nothing was searched"
    assert not no_people_throughout(samples(), searched(range(0, 500, 60)), MORNING, END), "not the end"


def test_a_light_that_was_switched_may_have_been_switched_out_of_sight() -> None:
    assert not no_people(searched(range(600)), moving=range(0), dark=range(300, 600))


def test_one_person_or_pet_anywhere_is_somebody() -> None:
    empty = searched(range(100, 200))
    assert not no_people([*empty, *searched(range(500, 501), (standing(0.5, score=0.1),))])
    cat = Pet(PetKind.CAT, 0.1, 0.1, 0.2, 0.2, 0.4)
    assert not no_people([*empty, *searched(range(500, 501), pets=(cat,))])
