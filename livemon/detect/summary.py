"""RecentDetections: people, pets and zones around the moment of an event, from one camera's latest pictures. Pure.

Identities live in tracks.py, positions in zones in places.py, rows in store/.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from livemon.base.detections import Detections, DetectionSummary, PetKind
from livemon.base.settings.models import ZoneSettings
from livemon.detect.pets.sightings import LEAST_LOOKS
from livemon.detect.places import ZoneArea
from livemon.detect.rules import is_confirmed
from livemon.detect.tracks import Tracks
from livemon.detect.zone_rules import MOST_GAP

AROUND = timedelta(seconds=10)
"""Pictures so long before an event and after it count: while nothing moves, a picture is searched every 10 s."""

KEPT = timedelta(minutes=15)
"""Of an event that goes on for longer, its last part counts."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """Summary of one picture; `people` is None while a person is seen and not confirmed yet."""

    utc: datetime
    people: int | None
    pets: frozenset[PetKind] | None
    zones: frozenset[str]


class RecentDetections:
    """The latest pictures of one camera that were searched for people.

    Parameters
    ----------
    zones
        The camera's zones; those of the same name are one.
    """

    def __init__(self, zones: Sequence[ZoneSettings]) -> None:
        names = dict.fromkeys(zone.name for zone in zones)
        self._zones = {name: ZoneArea([one.box for one in zones if one.name == name]) for name in names}
        self._pictures: deque[_Picture] = deque()
        self._tracks: Tracks | None = None
        self._aspect = 0.0

    def take(self, found: Sequence[Detections], aspect: float) -> None:
        """Take in the detections of pictures of an aspect (width by height), in time order."""
        for one in found:
            last = self._pictures[-1].utc if self._pictures else one.utc
            if self._tracks is None or aspect != self._aspect or one.utc - last > MOST_GAP:
                self._tracks, self._aspect = Tracks(aspect), aspect
            self._tracks.take(one)
            self._pictures.append(self._summary(one, self._tracks))
            while one.utc - self._pictures[0].utc > KEPT:
                self._pictures.popleft()

    def around(self, start: datetime, end: datetime, place: str = "") -> DetectionSummary:
        """Return the detections of an event from `start` to `end`; all is unknown where no picture was searched.

        Parameters
        ----------
        place
            Where the event is said to be; it counts as a zone when the camera has one of this name.
        """
        pictures = [one for one in self._pictures if start - AROUND <= one.utc <= end + AROUND]
        people = _most([one.people for one in pictures])
        zones = {name for one in pictures for name in one.zones}
        about = place if place in self._zones else ""
        known = people is not None or about
        return DetectionSummary(
            people,
            _pets([one.pets for one in pictures if one.pets is not None]),
            tuple(name for name in self._zones if name in zones or name == about) if known else None,
        )

    def _summary(self, found: Detections, tracks: Tracks) -> _Picture:
        there = [one for one in tracks.alive if is_confirmed(one)]
        perhaps = not there and any(one.strong for one in tracks.alive)
        return _Picture(
            found.utc,
            None if perhaps else len(there),
            None if found.pets is None else frozenset(one.kind for one in found.pets),
            frozenset(
                name
                for name, area in self._zones.items()
                if any(area.holds(one.last.person, was_inside=False) for one in there)
            ),
        )


def _most(people: Sequence[int | None]) -> int | None:
    """Return the most people at once; None when it may be more than the 0 that are known."""
    known = [number for number in people if number is not None]
    most = max(known, default=None)
    return most if most or len(known) == len(people) else None


def _pets(looks: Sequence[frozenset[PetKind]]) -> tuple[PetKind, ...] | None:
    """Return the kinds that are in enough pictures to be believed; None when pets were not looked for."""
    return tuple(kind for kind in PetKind if sum(kind in one for one in looks) >= LEAST_LOOKS) if looks else None
