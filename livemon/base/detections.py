"""Values of detection in pictures: Person, Pet → Detections → Sighting, and the protocols Detector and Watcher.

Frozen values that travel between stages, as those of datatypes.py, and how detections are kept in a row. Finding people
lives in detect/people, tracking in detect/tracks.py, words for sightings in vlm/local.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from livemon.base.datatypes import Box, Frame, Image

KEYPOINTS = 17
"""Of the COCO body: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles; left before right."""

PETS = "pets"
"""Begins the pets of a picture in a row."""

Keypoints = NDArray[np.float32]
"""(17, 3) float32: y and x as shares of the picture's height and width, and a score from 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One person in one picture.

    Attributes
    ----------
    top, left, bottom, right
        The box of the person, as shares (0 to 1) of the picture's height and width.
    score
        Confidence of the detector, 0 to 1.
    keypoints
        (17, 3) float32; see `Keypoints`.
    """

    top: float
    left: float
    bottom: float
    right: float
    score: float
    keypoints: Keypoints

    @property
    def box(self) -> Box:
        """The box in thousandths, as events and prompts have it."""
        return _thousandths(self)


class PetKind(StrEnum):
    """The kinds of animals that are distinguished."""

    CAT = "cat"
    DOG = "dog"


@dataclass(frozen=True, slots=True)
class Pet:
    """A dog or a cat in one picture; the box as of a `Person`."""

    kind: PetKind
    top: float
    left: float
    bottom: float
    right: float
    score: float

    @property
    def box(self) -> Box:
        """The box in thousandths, as events and prompts have it."""
        return _thousandths(self)


@dataclass(frozen=True, slots=True)
class Detections:
    """The people in one picture; none is an empty tuple. A picture that was not looked at has no Detections.

    `pets` are those that are believed; None when they were not looked for in this picture.
    """

    utc: datetime
    people: tuple[Person, ...] = ()
    pets: tuple[Pet, ...] | None = None

    def to_row(self, since_utc: datetime) -> list[Any]:
        """Return them as few JSON numbers: milliseconds since `since_utc`, then each person in 56 whole numbers.

        Of a person: the box and the score in thousandths, then y, x and score of each keypoint in thousandths. If pets
        were looked for, a last list follows: "pets", then kind, box and score of each.
        """
        rows = [
            [*one.box, round(1000 * one.score), *np.rint(1000 * one.keypoints).astype(int).ravel().tolist()]
            for one in self.people
        ]
        if self.pets is not None:
            rows.append([PETS, *([one.kind.value, *one.box, round(1000 * one.score)] for one in self.pets)])
        return [round((self.utc - since_utc).total_seconds() * 1000), *rows]


@dataclass(frozen=True, slots=True)
class DetectionSummary:
    """Result of the detector around the moment of an event. None is unknown, which never means that none was there.

    Attributes
    ----------
    people
        Most people at once.
    pets
        Kinds of pets.
    zones
        Names of the zones in which a person was seen, and of the zone that the event is about.
    """

    people: int | None = None
    pets: tuple[PetKind, ...] | None = None
    zones: tuple[str, ...] | None = None


UNKNOWN = DetectionSummary()
"""Of an event that no detector looked at."""


def read_row(row: Sequence[Any], utc: datetime) -> Detections:
    """Return what `Detections.to_row` kept, of the picture at `utc`."""
    people, pets = [], None
    for numbers in row[1:]:
        if numbers[0] == PETS:
            pets = tuple(Pet(PetKind(kind), *(number / 1000 for number in found)) for kind, *found in numbers[1:])
            continue
        top, left, bottom, right, score = (number / 1000 for number in numbers[:5])
        points = np.asarray(np.array(numbers[5:], np.float32) / 1000, np.float32).reshape(KEYPOINTS, 3)
        people.append(Person(top, left, bottom, right, score, points))
    return Detections(utc, tuple(people), pets)


def _thousandths(found: Person | Pet) -> Box:
    edges = (found.top, found.left, found.bottom, found.right)
    top, left, bottom, right = (min(1000, max(0, round(1000 * edge))) for edge in edges)
    return top, left, bottom, right


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing that was seen to happen or to be so, as code and values; words are made of it at the edge.

    Attributes
    ----------
    kind
        The machine's word for it, as of an `Observation`: ``possible_fall``, ``person_came`` ...
    start_utc, end_utc
        First and last picture that show it.
    evidence_utcs
        Pictures that show it, the best first.
    confidence
        0 to 1.
    detail
        Which of the kind's sentences describes the measurement; empty for none.
    values
        Values of that sentence: seconds, counts, shares.
    box
        Box in the best picture; None for all of it.
    """

    kind: str
    start_utc: datetime
    end_utc: datetime
    evidence_utcs: tuple[datetime, ...]
    confidence: float
    detail: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    box: Box | None = None


@runtime_checkable
class Detector(Protocol):
    """Something that finds people in a picture; one serves all cameras of a process, from any thread.

    A new one is a module in livemon/detect and a line in registry.py there; tests/detect/test_detector_contract.py
    runs it.
    """

    name: str

    def people(self, image: Image) -> tuple[Person, ...]:
        """Return the people in an (H, W, 3) uint8 BGR picture, surest first; blocks.

        Raises
        ------
        DetectorError
            When its file is missing, damaged, or of another network.
        """
        ...


class Watcher(Protocol):
    """Watches one camera: frames in, sightings out; remembers from one call to the next."""

    def take(self, frames: Sequence[Frame]) -> tuple[Sighting, ...]:
        """Take in frames, in time order and of one size; return the sightings to report; blocks."""
        ...

    @property
    def blind(self) -> str:
        """Why people cannot be seen, in a sentence; empty when they can."""
        ...


NewWatcher = Callable[[], Watcher]
"""Makes a watcher for one camera, which has seen nothing yet."""
