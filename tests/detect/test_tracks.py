"""Who is who: by overlap, over gaps, past things that look like people."""

from __future__ import annotations

from livemon.base.detections import Person
from livemon.detect.tracks import FAINT_SCORE, STRONG_SCORE, Tracks
from tests.detect.bodies import ASPECT, found, lying, standing


def numbers(tracks: Tracks) -> list[int]:
    return [track.number for track in tracks.alive]


def test_somebody_who_walks_is_one_track() -> None:
    tracks = Tracks(ASPECT)
    for step in range(20):
        tracks.take(found(step * 0.4, standing(0.1 + 0.04 * step)))
    assert numbers(tracks) == [1]


def test_who_falls_goes_on_as_the_same_track() -> None:
    tracks = Tracks(ASPECT)
    for step, person in enumerate([standing(0.5), standing(0.5), lying(0.4), lying(0.4)]):
        tracks.take(found(step * 0.4, person))
    assert numbers(tracks) == [1]


def test_two_people_who_cross_stay_two() -> None:
    tracks = Tracks(ASPECT)
    for step in range(11):
        one, other = 0.1 + 0.08 * step, 0.9 - 0.08 * step
        tracks.take(found(step * 0.2, standing(one, height=0.6), standing(other, feet=0.7, height=0.3)))
    assert numbers(tracks) == [1, 2]
    assert tracks.alive[0].last.person.left > 0.8


def test_a_gap_of_two_seconds_is_bridged_and_a_longer_one_ends_the_track() -> None:
    tracks = Tracks(ASPECT)
    tracks.take(found(0, standing(0.5)))
    for step in range(1, 5):
        assert tracks.take(found(step * 0.5)) == []
    assert numbers(tracks) == [1]
    assert [track.number for track in tracks.take(found(2.5))] == [1]
    assert tracks.alive == []


def test_time_in_which_nobody_looked_is_no_gap() -> None:
    tracks = Tracks(ASPECT)
    tracks.take(found(0, standing(0.5)))
    tracks.take(found(600))
    assert numbers(tracks) == [1], "one picture without somebody is not ten minutes without"
    tracks.take(found(1200, standing(0.5)))
    assert numbers(tracks) == [1]


def test_a_chair_keeps_its_own_track_when_somebody_passes_and_goes() -> None:
    chair = standing(0.6, height=0.2, score=FAINT_SCORE + 0.02)
    tracks = Tracks(ASPECT)
    for step in range(10):
        tracks.take(found(step * 0.4, chair))
    for step in range(8):
        tracks.take(found(4 + step * 0.4, standing(0.3 + 0.1 * step), chair))
    for step in range(8):
        tracks.take(found(7.2 + step * 0.4, chair))
    assert numbers(tracks) == [1]
    assert not tracks.alive[0].strong


def test_a_faint_box_elsewhere_does_not_carry_a_track_on() -> None:
    tracks = Tracks(ASPECT)
    tracks.take(found(0, standing(0.3)))
    tracks.take(found(0.4, standing(0.5, score=STRONG_SCORE - 0.05)))
    assert len(tracks.alive) == 2


def test_one_person_found_twice_is_one() -> None:
    sure = standing(0.5)
    again = Person(sure.top + 0.05, sure.left, sure.bottom, sure.right, 0.3, sure.keypoints)
    tracks = Tracks(ASPECT)
    tracks.take(found(0, sure, again))
    assert numbers(tracks) == [1]


def test_history_is_bounded() -> None:
    tracks = Tracks(ASPECT)
    for step in range(500):
        tracks.take(found(step * 0.2, standing(0.5)))
    assert len(tracks.alive[0].recent) <= 41
    assert len(tracks.alive[0].early) <= 6
