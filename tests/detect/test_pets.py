"""Pets: when they are told, and that they never explain a person away."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from livemon.base.datatypes import Frame, Image, MotionSample
from livemon.base.detections import Detections, Person, Pet, PetKind, read_row
from livemon.base.settings.settings import Settings
from livemon.detect.pets import PetDetector
from livemon.detect.pets.decode import BINS, pets_of
from livemon.detect.pets.sightings import PetSightings
from livemon.detect.registry import open_pet_detector
from livemon.detect.watch import Watch
from tests.detect.bodies import at, lying, standing
from tests.detect.test_zone_rules import BED, engine, rule

DOG = Pet(PetKind.DOG, 0.7, 0.1, 0.9, 0.3, 0.6)
CAT = Pet(PetKind.CAT, 0.7, 0.6, 0.9, 0.8, 0.5)
ROOM = np.random.default_rng(1).integers(60, 200, (24, 32, 3)).astype(np.uint8).repeat(10, 0).repeat(10, 1)


def told(
    watch: Watch, pictures: int, people: tuple[Person, ...], pets: tuple[Pet, ...], start_s: float = 0
) -> list[str]:
    """Let a watch see the same people and pets for so many pictures in which something moves; return what it tells."""
    said: list[str] = []
    for number in range(pictures):
        utc = at(start_s + number / 2)
        if watch.wants(Frame("hall", utc, ROOM), MotionSample(utc, 0.05, 130.0, 1.0)):
            watch.see(utc, people, pets if watch.wants_pets(utc) else None)
    return [one.kind for one in watch.told()] + said


def test_a_dog_is_told_once_and_explains_the_movement() -> None:
    watch = Watch()
    assert told(watch, 20, (), (DOG,)) == ["dog_present"]
    assert told(watch, 20, (), (DOG,), 10) == []
    looked = [one.pets for one in watch.found() if one.pets is not None]
    assert 8 <= len(looked) <= 12, "every two seconds, of pictures twice a second"


def test_a_dog_and_a_cat_are_two() -> None:
    assert sorted(told(Watch(), 20, (), (DOG, CAT))) == ["cat_present", "dog_present"]


def test_one_picture_of_a_dog_is_none_and_an_unsure_one_neither() -> None:
    pets = PetSightings()
    assert [*pets.take(at(0), (DOG,)), *pets.take(at(2), ()), *pets.take(at(4), ())] == []
    assert pets.believed([Pet(PetKind.DOG, 0, 0, 1, 1, 0.35)], lambda _pet: False) == ()


def test_a_dog_that_stays_is_told_every_five_minutes_and_one_that_comes_back_at_once() -> None:
    pets = PetSightings()
    said = [one.start_utc for second in range(0, 620, 2) for one in pets.take(at(second), (DOG,))]
    assert len(said) == 3
    again = [one for second in range(700, 710, 2) for one in pets.take(at(second), (DOG,))]
    assert len(again) == 1


@pytest.mark.parametrize("score", [0.5, 0.12])
def test_where_a_person_is_no_animal_is_believed(score: float) -> None:
    """The network calls people on the floor dogs; also somebody who is hardly found is no dog."""
    somebody = lying(0.2, score=score)
    called_dog = Pet(PetKind.DOG, *_edges(somebody), 0.9)
    watch = Watch()
    assert "dog_present" not in told(watch, 40, (somebody,), (called_dog,))
    assert all(not one.pets for one in watch.found())


def test_a_fall_stays_a_fall_and_who_fell_and_is_not_found_any_more_becomes_no_dog() -> None:
    watch = Watch()
    fallen = lying(0.45)
    called_dog = Pet(PetKind.DOG, *_edges(fallen), 0.9)
    said = told(watch, 12, (standing(0.5),), (called_dog,))
    for number in range(40):
        utc = at(6 + number / 5)
        if watch.wants(Frame("hall", utc, ROOM), MotionSample(utc, 0.05, 130.0, 1.0)):
            watch.see(utc, (fallen,), (called_dog,))
    said += [one.kind for one in watch.told()]
    assert "possible_fall" in said
    said = told(watch, 60, (), (called_dog,), 14)
    assert "dog_present" not in said
    assert "person_left" not in said


def test_a_zone_rule_tells_of_a_pet_in_a_zone_though_it_is_not_found_in_each_picture() -> None:
    on_bed = Pet(PetKind.CAT, 0.6, 0.1, 0.8, 0.3, 0.5)
    rules = engine(rule("pet", for_s=4))
    fired = []
    for number in range(20):
        pets = None if number % 4 else (() if number % 12 == 8 else (on_bed,))
        fired += rules.take(Detections(at(number / 2), (), pets))
    (one,) = fired
    assert one.box == on_bed.box
    beside = Pet(PetKind.CAT, 0.6, 0.7, 0.8, 0.9, 0.5)
    assert not any(engine(rule("pet", for_s=0)).take(Detections(at(s), (), (beside,))) for s in range(20))
    assert BED.name == rule("pet").zone


@pytest.mark.parametrize("pets", [None, (), (DOG, CAT)])
def test_pets_are_kept_in_rows_and_come_back(pets: tuple[Pet, ...] | None) -> None:
    found = Detections(at(1), (standing(0.5),), pets)
    back = read_row(json.loads(json.dumps(found.to_row(at(0)))), at(1))
    assert (back.pets, len(back.people)) == (pets, 1)


def test_heads_become_boxes_and_one_animal_is_of_one_kind() -> None:
    scores = [np.zeros((n, 80), np.float32) for n in (2704, 676, 169)]
    distances = [np.zeros((n, 4 * BINS), np.float32) for n in (2704, 676, 169)]
    middle = 6 * 13 + 6
    scores[2][middle, 16], scores[2][middle, 15], scores[2][middle + 1, 16] = 0.7, 0.5, 0.4
    for cell in (middle, middle + 1):
        distances[2][cell].reshape(4, BINS)[:, 3] = 50.0
    (dog,) = pets_of(scores, distances)
    assert (dog.kind, round(dog.score, 2)) == (PetKind.DOG, 0.7)
    assert dog.box == (269, 269, 731, 731)


def test_pets_are_looked_for_where_people_are_unless_switched_off() -> None:
    assert Settings().pets
    assert open_pet_detector("people", wanted=False) is None
    assert open_pet_detector("none", wanted=True) is None
    assert open_pet_detector("people", wanted=True) is not None


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (480, 640)])
def test_an_empty_picture_of_any_size_shows_no_pet(size: tuple[int, int]) -> None:
    assert PetDetector().pets(np.full((*size, 3), 128, np.uint8)) == ()


@pytest.mark.skipif("TEST_FOOTAGE" not in os.environ, reason="TEST_FOOTAGE names no folder of clips")
def test_a_real_dog_is_found() -> None:
    capture = cv2.VideoCapture(str(Path(os.environ["TEST_FOOTAGE"]) / "clips" / "sam2_dog.mp4"))
    pictures: list[Image] = []
    while (read := capture.read())[0]:
        pictures.append(np.asarray(read[1], np.uint8))
    capture.release()
    found = [PetDetector().pets(picture) for picture in pictures[::60]]
    assert sum(bool(one) and one[0].kind is PetKind.DOG for one in found) >= 3


def _edges(person: Person) -> tuple[float, float, float, float]:
    return person.top, person.left, person.bottom, person.right
