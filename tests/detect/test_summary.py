"""People, pets and zones around the moment of an event; what is not known is never none."""

from __future__ import annotations

from dataclasses import replace

from livemon.base.detections import UNKNOWN, Detections, DetectionSummary, Person, Pet, PetKind
from livemon.base.settings.models import ZoneSettings
from livemon.detect.summary import KEPT, RecentDetections
from tests.detect.bodies import ASPECT, at, found, standing

COT = ZoneSettings(name="cot", box=(0, 0, 1000, 400))
STAIRS = ZoneSettings(name="stairs", box=(0, 600, 1000, 1000))
DOG = Pet(PetKind.DOG, 0.7, 0.1, 0.9, 0.3, 0.6)


def recent(*pictures: Detections) -> RecentDetections:
    made = RecentDetections((COT, STAIRS))
    made.take(pictures, ASPECT)
    return made


def every_half_second(*people: Person, start_s: float = 0, count: int = 6) -> list[Detections]:
    return [found(start_s + number / 2, *people) for number in range(count)]


def test_the_most_people_at_once_and_their_zones_are_told() -> None:
    one, two = standing(0.2), standing(0.8)
    made = recent(*every_half_second(one), *every_half_second(one, two, start_s=3), *every_half_second(one, start_s=6))
    assert made.around(at(4), at(4)) == DetectionSummary(2, None, ("cot", "stairs"))
    assert made.around(at(0), at(0), "on the sofa").people == 2, "ten seconds after it count"
    assert made.around(at(30), at(30)) == UNKNOWN, "no picture of then was searched"


def test_an_empty_room_has_no_people_and_a_picture_that_was_not_searched_says_nothing() -> None:
    assert recent(*every_half_second()).around(at(1), at(1)) == DetectionSummary(0, None, ())
    assert recent().around(at(1), at(1)) == UNKNOWN


def test_a_person_who_is_not_confirmed_yet_is_unknown_and_not_nobody() -> None:
    assert recent(*every_half_second(), found(3, standing(0.2))).around(at(3), at(3)) == UNKNOWN
    faint = standing(0.2, score=0.15)
    assert recent(*every_half_second(faint)).around(at(1), at(1)).people == 0, "a coat is not a person"


def test_the_zone_that_an_event_is_about_counts_as_well() -> None:
    made = recent(*every_half_second())
    assert made.around(at(1), at(1), "stairs").zones == ("stairs",), "a rule fired: no person in it"
    assert made.around(at(1), at(1), "somewhere else").zones == ()
    assert recent().around(at(1), at(1), "cot") == DetectionSummary(None, None, ("cot",))


def test_a_pet_is_told_when_two_pictures_have_it_and_is_unknown_where_none_was_looked_for() -> None:
    def pets(seconds: float, *those: Pet) -> Detections:
        return replace(found(seconds), pets=those)

    assert recent(pets(0, DOG), found(1), pets(2, DOG)).around(at(1), at(1)).pets == (PetKind.DOG,)
    assert recent(pets(0, DOG), pets(2)).around(at(1), at(1)).pets == ()
    assert recent(found(0)).around(at(1), at(1)).pets is None


def test_old_pictures_are_forgotten() -> None:
    made = recent(*every_half_second(standing(0.2)))
    made.take([found(KEPT.total_seconds() + 60)], ASPECT)
    assert made.around(at(1), at(1)) == UNKNOWN
