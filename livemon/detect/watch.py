"""Watch: choice of pictures to search for people, and the sightings from all of them.

Detecting itself is the caller's (watch_factory.py; cameras/ for live ones), so that it can wait for its turn.
State of the picture: picture_state.py; people: tracks.py, falls.py, rules.py; pets: pets/sightings.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from livemon.base.datatypes import Box, Frame, Image, MotionSample
from livemon.base.detections import Detections, Person, Pet, Sighting
from livemon.detect.motion import ACTIVE_SHARE, BURST_FRAMES
from livemon.detect.pets.sightings import PetSightings
from livemon.detect.picture_state import PictureState, cut
from livemon.detect.rules import PeopleRules

MOVING_EVERY = timedelta(seconds=0.5)
"""While something moves: two pictures a second follow a walking person."""

SINKING_FOR = timedelta(seconds=3)
"""After a quick sinking every picture is looked at for so long, up to five a second: a fall and its lying."""

SINKING_EVERY = timedelta(seconds=0.2)

MOVED_WITHIN = timedelta(seconds=1)
"""The gate is open for so long after the last change."""

BEGIN = timedelta(seconds=2)
"""So long everything is looked at as if it moved: a person who sits still is there as well."""

SOMEBODY_EVERY, NOBODY_EVERY = timedelta(seconds=10), timedelta(seconds=60)
"""While nothing moves: checks that a person is still there, and that the scene is really empty."""

SAME_CONTENT = 0.02
"""Borders that move by less, as a dark corner grows light, do not make another picture: who was there is there."""

PETS_EVERY = timedelta(seconds=2)
"""Minimum interval of searches for pets, only in pictures that are searched for people: pets are not a danger."""

APART = timedelta(seconds=60)
"""Pictures further apart than this are another time: who was there then says nothing about now."""

GRACE = timedelta(milliseconds=100)
"""Pictures are not exactly as far apart as they should be."""


class Watch:
    """Watches the pictures of one camera, in time order and of one size.

    For each picture call `wants`; when it says yes, have people looked for in `shown` and give them to `see`.
    `told` gives what came of it.

    Attributes
    ----------
    blind
        Why people cannot be looked for, in a sentence; empty when they can. The owner of the detector sets it.
    """

    def __init__(self) -> None:
        self.blind = ""
        self._blind_told = False
        self._size: tuple[int, ...] = ()
        self._forget()

    def _forget(self) -> None:
        """Begin anew: another camera, another size, another time."""
        self._picture = PictureState()
        self._rules: PeopleRules | None = None
        self._content = self._picture.content
        self._begun_utc: datetime | None = None
        self._last_utc: datetime | None = None
        self._looked_utc: datetime | None = None
        self._moved_utc: datetime | None = None
        self._sank_utc: datetime | None = None
        self._pets = PetSightings()
        self._pets_looked_utc: datetime | None = None
        self._said: list[Sighting] = []
        self._moving: list[MotionSample] = []
        self._found: list[Detections] = []

    @property
    def count(self) -> int:
        """Number of people in sight."""
        return 0 if self._rules is None else self._rules.count

    @property
    def somebody(self) -> bool:
        """Whether a person may be there: clearly seen at least once."""
        return self._rules is not None and self._rules.somebody

    @property
    def urgent(self) -> bool:
        """Whether a person sank quickly just now, so that the next pictures matter most."""
        return (
            self._sank_utc is not None and self._last_utc is not None and self._last_utc - self._sank_utc <= SINKING_FOR
        )

    def wants(self, frame: Frame, sample: MotionSample, *, slower: int = 1) -> bool:
        """Take in a picture and the motion gate's measurement of it; return whether to look for people.

        Parameters
        ----------
        slower
            By how much pictures are further apart than they should be, for want of time; not after a sinking.
        """
        if frame.image.shape != self._size or (self._last_utc is not None and frame.utc - self._last_utc > APART):
            self._forget()
        utc, self._size = frame.utc, frame.image.shape
        self._last_utc, self._begun_utc = utc, self._begun_utc or utc
        said = self._picture.take(frame, sample)
        self._said += said
        grown = max(abs(a - b) for a, b in zip(self._picture.content, self._content, strict=True))
        if grown > SAME_CONTENT or any(one.kind == "camera_moved" for one in said):
            self._content, self._rules, self._begun_utc = self._picture.content, None, utc
        if sample.changed >= ACTIVE_SHARE:
            self._moved_utc = utc
            self._moving.append(sample)
        if self.blind or not self._picture.visible or self._picture.frozen:
            return False
        return self._looked_utc is None or utc - self._looked_utc >= self._every(utc, slower) - GRACE

    def shown(self, image: Image) -> Image:
        """Return the part of a picture in which people are to be looked for: without its black borders."""
        return cut(image, self._content)

    def wants_pets(self, utc: datetime) -> bool:
        """Say whether pets are to be looked for, too, in a picture looked at for people; not after a sinking."""
        last = self._pets_looked_utc
        return not self.urgent and (last is None or utc - last >= PETS_EVERY - GRACE)

    def see(self, utc: datetime, people: Sequence[Person], pets: Sequence[Pet] | None = None) -> None:
        """Take in the detections in `shown` of the picture at `utc`; `pets` is None when they were not looked for."""
        self._looked_utc = utc
        if self._rules is None:
            top, left, bottom, right = self._content
            high, wide = (bottom - top) * self._size[0], (right - left) * self._size[1]
            self._rules = PeopleRules(wide / high)
        found = Detections(utc, tuple(people))
        said = self._rules.take(found, settled=self._picture.settled)
        self._said += [one if one.box is None else replace(one, box=self._in_whole(one.box)) for one in said]
        whole = replace(found, people=tuple(self._person_in_whole(one) for one in people))
        if pets is not None:
            self._pets_looked_utc = utc
            believed = self._pets.believed(pets, self._rules.was_at)
            whole = replace(whole, pets=tuple(self._pet_in_whole(one) for one in believed))
            self._said += self._pets.take(utc, whole.pets or ())
        self._found.append(whole)
        if self._rules.sinks:
            self._sank_utc = utc

    @property
    def waiting(self) -> tuple[Sighting, ...]:
        """Sightings that `told` would return, without movement."""
        return tuple(self._said)

    def found(self) -> tuple[Detections, ...]:
        """Return the detections since the last call, in coordinates of the whole picture."""
        found, self._found = self._found, []
        return tuple(found)

    def told(self) -> tuple[Sighting, ...]:
        """Return the sightings to report since the last call, in time order; once a look or segment."""
        said, self._said = self._said, []
        moving, self._moving = self._moving, []
        if self.blind and not self._blind_told and self._last_utc is not None:
            self._blind_told = True
            said.append(Sighting("people_unseen", self._last_utc, self._last_utc, (self._last_utc,), 1.0))
        if not said and not self.count and not self._pets.there:
            said += _movement(moving)
        return tuple(sorted(said, key=lambda one: one.start_utc))

    def _every(self, utc: datetime, slower: int) -> timedelta:
        """Return how far apart the pictures are that are looked at now."""
        if self.urgent:
            return SINKING_EVERY
        moved = self._moved_utc is not None and utc - self._moved_utc <= MOVED_WITHIN
        begins = self._begun_utc is not None and utc - self._begun_utc <= BEGIN
        if moved or begins:
            return slower * MOVING_EVERY
        return SOMEBODY_EVERY if self._rules is None or self._rules.expects_somebody else NOBODY_EVERY

    def _person_in_whole(self, person: Person) -> Person:
        """Return a person found in `shown` in coordinates of the whole picture."""
        top, left, bottom, right = self._content
        high, wide = bottom - top, right - left
        points = person.keypoints * np.array([high, wide, 1], np.float32) + np.array([top, left, 0], np.float32)
        edges = (
            person.top * high + top,
            person.left * wide + left,
            person.bottom * high + top,
            person.right * wide + left,
        )
        return Person(*edges, person.score, points)

    def _pet_in_whole(self, pet: Pet) -> Pet:
        """Return an animal found in `shown` as in the whole picture."""
        top, left, bottom, right = self._content
        high, wide = bottom - top, right - left
        return replace(
            pet,
            top=pet.top * high + top,
            left=pet.left * wide + left,
            bottom=pet.bottom * high + top,
            right=pet.right * wide + left,
        )

    def _in_whole(self, box: Box) -> Box:
        """Return a box of `shown`, in thousandths, as one of the whole picture."""
        top, left, bottom, right = self._content
        high, wide = bottom - top, right - left
        return (
            round(1000 * top + high * box[0]),
            round(1000 * left + wide * box[1]),
            round(1000 * top + high * box[2]),
            round(1000 * left + wide * box[3]),
        )


def _movement(samples: Sequence[MotionSample]) -> list[Sighting]:
    """Report movement without a known cause; a flicker does not count."""
    near = [
        sample
        for place, sample in enumerate(samples)
        if len(samples[max(0, place - BURST_FRAMES + 1) : place + BURST_FRAMES]) >= BURST_FRAMES
    ]
    if len(near) < BURST_FRAMES:
        return []
    most = max(near, key=lambda sample: sample.changed)
    evidence = tuple(dict.fromkeys((most.utc, near[0].utc)))
    return [Sighting("movement", near[0].utc, near[-1].utc, evidence, 0.8, "changed", {"share": most.changed})]
