"""Which moments a look shows: few, those that tell what changed, in time order."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from livemon.base.datatypes import MotionSample
from livemon.detect.moments import choose_moments, stretches
from tests.conftest import MORNING

STEP_S = 0.2


def at(second: float) -> datetime:
    return MORNING + timedelta(seconds=second)


def footage(duration_s: float, *motions: tuple[float, float, float], dark_from_s: float = 1e9) -> list[MotionSample]:
    """Five samples a second; each motion is (start, end, share that changed)."""
    samples = []
    for i in range(round(duration_s / STEP_S)):
        second = i * STEP_S
        changed = max((share for start, end, share in motions if start <= second <= end), default=0.0)
        samples.append(MotionSample(at(second), changed, 20.0 if second >= dark_from_s else 120.0, 0.3))
    return samples


def seconds(utcs: tuple[datetime, ...]) -> list[float]:
    return [(utc - MORNING).total_seconds() for utc in utcs]


def test_a_still_scene_is_one_frame_the_latest() -> None:
    assert choose_moments(footage(60), 9) == (at(59.8),)


def test_stretches_are_apart_when_the_motion_rests_for_more_than_a_second() -> None:
    found = stretches(footage(30, (3, 5, 0.1), (5.8, 7, 0.1), (12, 14, 0.1)))
    assert [(round(first * STEP_S, 1), round(last * STEP_S, 1)) for first, last in found] == [(3, 7), (12, 14)]


def test_each_stretch_of_motion_has_a_frame() -> None:
    motions = [(start, start + 2.0, 0.02) for start in range(5, 75, 10)]
    chosen = seconds(choose_moments(footage(80, *motions), 9))
    for start, end, _ in motions:
        assert any(start <= second <= end for second in chosen)
    assert len(chosen) <= 9


def test_the_strongest_stretches_are_shown_when_there_are_more_than_frames() -> None:
    motions = [(10.0, 12.0, 0.01), (20.0, 22.0, 0.2), (30.0, 32.0, 0.01), (40.0, 42.0, 0.3)]
    first, second, last = seconds(choose_moments(footage(60, *motions), 3))
    assert 20 <= first <= 22
    assert 40 <= second <= 42
    assert last == 59.8


def test_the_moment_that_changed_most_is_shown() -> None:
    assert 13.0 in seconds(choose_moments(footage(30, (10, 20, 0.02), (13, 13, 0.4)), 3))


def test_short_motion_takes_few_frames_and_long_motion_all() -> None:
    assert len(choose_moments(footage(45, (10, 11, 0.05)), 9)) <= 5
    assert len(choose_moments(footage(45, (5, 40, 0.05)), 9)) == 9


def test_frames_are_spread_over_a_long_motion() -> None:
    chosen = [second for second in seconds(choose_moments(footage(60, (5, 45, 0.05)), 9)) if second < 50]
    gaps = [later - earlier for earlier, later in pairwise(chosen)]
    assert max(gaps) < 12


def test_still_time_is_not_shown_and_every_second_of_motion_is_when_there_is_room() -> None:
    chosen = seconds(choose_moments(footage(100, (10, 14, 0.05)), 20))
    assert chosen.pop() == 99.8
    assert all(10 <= second <= 14.4 for second in chosen)
    assert len(chosen) == 5
    assert max(later - earlier for earlier, later in pairwise(chosen)) < 1.5


def test_light_that_is_switched_is_shown() -> None:
    assert any(abs(second - 20) <= 1.2 for second in seconds(choose_moments(footage(60, dark_from_s=20), 9)))


def test_keyframes_far_apart_are_moments_too() -> None:
    samples = [MotionSample(at(2.0 * i), 0.1 if 5 <= i <= 8 else 0.0, 120.0, 0.3) for i in range(30)]
    assert {10.0, 12.0, 14.0, 16.0} <= set(seconds(choose_moments(samples, 9)))


@given(st.lists(st.floats(0, 1), max_size=80), st.integers(-1, 12))
def test_chosen_moments_are_few_distinct_in_order_and_end_with_the_latest(shares: list[float], n: int) -> None:
    samples = [MotionSample(at(STEP_S * i), share, 100.0, 1.0) for i, share in enumerate(shares)]
    chosen = choose_moments(samples, n)
    assert len(chosen) <= max(0, n)
    assert list(chosen) == sorted(set(chosen))
    assert set(chosen) <= {sample.utc for sample in samples}
    if samples and n > 0:
        assert chosen[-1] == samples[-1].utc
