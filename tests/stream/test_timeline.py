import itertools
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.stream.live.timeline import Arrival, Grid, Placed
from tests.conftest import MORNING


def utc(seconds: float) -> datetime:
    return MORNING + timedelta(seconds=seconds)


def offset_s(moment: datetime) -> float:
    return (moment - MORNING).total_seconds()


def placed(timeline: Arrival, segments: list[tuple[float, float, float]]) -> list[Placed]:
    """Place (start, end, heard) triples."""
    found = [timeline.place(start, end, utc(heard)) for start, end, heard in segments]
    assert all(place is not None for place in found)
    return [place for place in found if place is not None]


def end(place: Placed) -> float:
    return offset_s(place.start_utc) + place.duration_s


def camera(rate: float, minutes: int, delay_s: float = 0.3) -> list[tuple[float, float, float]]:
    """Ten-second segments of a camera whose clock runs at `rate`, heard `delay_s` after they end."""
    return [(10.0 * n, 10.0 * (n + 1), 10.0 * (n + 1) / rate + delay_s) for n in range(6 * minutes)]


def test_a_paced_source_lies_on_the_grid_whenever_it_is_heard() -> None:
    grid = Grid(utc(0), utc(3.4))
    first, second = grid.place(0.0, 10.0, utc(99)), grid.place(10.0, 20.0, utc(3))
    assert first == Placed(utc(3.4), 6.6, 6.6)
    assert second == Placed(utc(10), 10.0, 10.0)


def test_a_camera_with_a_right_clock_is_not_corrected() -> None:
    places = placed(Arrival(None, utc(0)), camera(1.0, 20))
    assert {place.duration_s for place in places} == {10.0}
    assert places[0].start_utc == utc(0.3), "the delay of the way cannot be known"
    assert all(after.start_utc == utc(end(before)) for before, after in itertools.pairwise(places))


@pytest.mark.parametrize("rate", [1.01, 0.99])
def test_a_camera_that_runs_a_percent_wrong_stays_aligned_for_hours(rate: float) -> None:
    segments = camera(rate, 240)
    places = placed(Arrival(None, utc(0)), segments)
    errors = [end(place) - heard for place, (_, _, heard) in zip(places, segments, strict=True)]
    assert max(map(abs, errors)) < 1.0
    assert sum(place.duration_s for place in places) == pytest.approx(10 * len(segments) / rate, abs=1.0)
    assert places[-1].media_duration_s == 10.0, "what the file holds is not changed"


def test_a_segment_that_was_held_up_keeps_its_time() -> None:
    segments = camera(1.0, 2)
    late = [(start, end_s, heard + (0.9 if n == 5 else 0.0)) for n, (start, end_s, heard) in enumerate(segments)]
    assert placed(Arrival(None, utc(0)), late) == placed(Arrival(None, utc(0)), segments)


def test_it_is_told_how_late_a_segment_is() -> None:
    timeline = Arrival(None, utc(0))
    assert timeline.late_s(10, utc(10.3)) is None, "of a run's first one that is unknown"
    timeline.place(0, 10, utc(10.3))
    assert timeline.late_s(20, utc(21.7)) == pytest.approx(1.4)
    assert timeline.late_s(20, utc(20.2)) == pytest.approx(-0.1)


@pytest.mark.parametrize("hole_s", [1.4, 4.9, 60.0])
def test_a_hole_within_a_run_is_a_gap_though_timestamps_go_on(hole_s: float) -> None:
    heard = [(10.0 * n, 10.0 * (n + 1), 10.0 * (n + 1) + (hole_s if n >= 3 else 0.0)) for n in range(20)]
    places = placed(Arrival(None, utc(0)), heard)
    assert [place.duration_s for place in places] == [10.0] * 20, "nothing is slewed"
    gaps = [(after.start_utc - utc(end(before))).total_seconds() for before, after in itertools.pairwise(places)]
    assert gaps == [0, 0, hole_s, *[0] * 16]
    assert end(places[-1]) == heard[-1][2]


def test_a_hole_within_a_run_keeps_its_length_though_footage_lies_ahead_of_the_clock() -> None:
    places = placed(Arrival(utc(3600), utc(0), utc(0)), [(0, 10, 10), (10, 20, 20), (20, 30, 32.5)])
    assert (places[2].start_utc - utc(end(places[1]))).total_seconds() == 2.5


def test_missing_footage_is_a_gap_and_not_stretched_over() -> None:
    places = placed(Arrival(None, utc(0)), [(0, 10, 10), (10, 20, 20), (20, 30, 90)])
    # The timestamps go on without the missing minute.
    places += placed(timeline := Arrival(utc(20), utc(80)), [(0, 10, 90), (10, 20, 100)])
    assert timeline.place(20, 30, utc(110)) == Placed(utc(100), 10.0, 10.0)
    assert places[-2].start_utc == utc(80)


def test_a_jump_of_the_timestamps_within_a_segment_is_said_and_covers_the_time_that_passed() -> None:
    *_, jumped = placed(Arrival(None, utc(0)), [(0, 10, 10), (10, 20, 20), (20, 3630, 30)])
    assert jumped == Placed(utc(20), 10.0, 10.0, broken=True)


@pytest.mark.parametrize("exists_until", [None, -5.0])
def test_a_jump_within_the_first_segment_is_no_footage_either(exists_until: float | None) -> None:
    timeline = Arrival(None if exists_until is None else utc(exists_until), utc(0))
    assert timeline.place(0, 3600, utc(10)) == Placed(utc(0), 10.0, 10.0, broken=True)


def test_nothing_is_placed_before_the_footage_that_exists() -> None:
    ahead = Arrival(utc(3600), utc(0))
    places = placed(ahead, camera(1.0, 60))
    assert places[0].start_utc == utc(3600)
    lead = [end(place) - heard for place, (_, _, heard) in zip(places, camera(1.0, 60), strict=True)]
    assert lead == sorted(lead, reverse=True), "it comes back to the wall clock little by little"
    assert min(place.duration_s for place in places) == 9.5


def test_a_hole_keeps_its_length_though_footage_lies_ahead_of_the_clock() -> None:
    # Set back by an hour; the footage ended fourteen seconds ago.
    ahead = Arrival(utc(3600), utc(0), utc(-14))
    first = placed(ahead, [(0, 10, 10)])[0]
    assert first.start_utc == utc(3614)
    right = Arrival(utc(-14), utc(0), utc(-14))
    assert placed(right, [(0, 10, 10)])[0].start_utc == utc(0), "without a step it is what the clock says"


def test_a_hole_between_two_runs_is_a_gap_however_short() -> None:
    places = placed(Arrival(utc(-1.4), utc(0), utc(-1.4)), camera(1.0, 2, delay_s=0.0))
    assert places[0].start_utc == utc(0)
    assert {place.duration_s for place in places} == {10.0}


def test_a_segment_without_time_is_none() -> None:
    assert Arrival(None, utc(0)).place(5.0, 5.0, utc(5)) is None
    assert Grid(utc(0), utc(0)).place(5.0, 5.0, utc(5)) is None


@given(
    st.lists(st.tuples(st.floats(0.04, 60), st.floats(0, 90)), min_size=1, max_size=60),
    st.one_of(st.none(), st.floats(-4000, 4000)),
)
def test_segments_never_overlap_nor_go_back(steps: list[tuple[float, float]], exists_until: float | None) -> None:
    timeline = Arrival(None if exists_until is None else utc(exists_until), utc(0))
    media, heard = 0.0, 0.0
    places = []
    for length_s, waited_s in steps:
        heard += waited_s
        place = timeline.place(media, media + length_s, utc(heard))
        media += length_s
        if place:
            places.append(place)
    assert all(place.duration_s > 0 for place in places)
    for before, after in itertools.pairwise(places):
        assert (after.start_utc - before.start_utc).total_seconds() >= before.duration_s - 1e-6
    if exists_until is not None and places:
        assert places[0].start_utc >= utc(exists_until) - timedelta(milliseconds=1)
