"""Still is what was seen to be still, from the first second to the last."""

from __future__ import annotations

from datetime import datetime, timedelta

from livemon.base.datatypes import MotionSample
from livemon.detect.still import MOST_UNSEEN, still_throughout
from tests.conftest import MORNING

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
