"""Tracks: identities of people from picture to picture. Pure: detections in, tracks out.

A track goes on by overlap and outlives a look. Only analysed pictures count: another one says nothing about the people
there. The behaviour of people lives in rules.py, their posture in posture.py.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import hypot

from livemon.base.detections import Detections, Person, Pet

STRONG_SCORE = 0.22
"""A person is there when a track reached this score in some pictures: a track below it is often a coat or a chair."""

FAINT_SCORE = 0.11
"""Score at which a track goes on in its place: a lying person is found with less certainty than a standing one.

Things as faint as that are followed, too: a chair keeps its own box, and a person who passes it does not get it.
"""

LONGEST_GAP = timedelta(seconds=2)
"""Unseen for longer, while pictures are looked at, a track has ended: behind a table or turned away takes less."""

LONGEST_STEP = timedelta(seconds=1)
"""One picture without a person counts for no more than this, however long no picture was analysed before it."""

LEAST_OVERLAP = 0.1
"""Of the boxes' union. A person who walks across a room is half a body further half a second later."""

FAINT_OVERLAP = 0.25
"""A faint detection must lie where the person was: beside a lying person may be a blanket."""

SAME_OVERLAP = 0.5
"""A track that was only ever faint is a thing, and keeps its box: a person who stands before it is new."""

REACH = 0.75
"""Or the centres are this near, in longer sides of the larger box: who falls has another box than who stood."""

SHRINK = 0.4
"""And the boxes are alike in size to this factor of their longer sides."""

DOUBLE_OVERLAP = 0.6
"""Two boxes that share so much of the smaller one are one person, found twice."""

EARLY = timedelta(seconds=1)
"""So much of a track's beginning is kept: it shows where the person came from."""

HISTORY = timedelta(seconds=8)
"""Enough for a fall and the lying after it, with some to spare."""


@dataclass(frozen=True, slots=True)
class Sighted:
    """A person at a moment."""

    utc: datetime
    person: Person


@dataclass(slots=True, eq=False)
class Track:
    """One person followed.

    Attributes
    ----------
    number
        Counts up; no two tracks of a camera have the same.
    before_utc
        The picture looked at before it began, in which it was not; None when there was none.
    early
        Its first second.
    recent
        The last eight seconds, oldest first.
    strong
        In how many pictures it was seen with `STRONG_SCORE`.
    strong_utc
        The first of these; None when there was none.
    unseen
        For how long it was looked for in vain.
    """

    number: int
    before_utc: datetime | None
    early: list[Sighted] = field(default_factory=list)
    recent: deque[Sighted] = field(default_factory=deque)
    strong: int = 0
    strong_utc: datetime | None = None
    unseen: timedelta = timedelta()

    @property
    def first(self) -> Sighted:
        """First moment of the track."""
        return self.early[0]

    @property
    def last(self) -> Sighted:
        """Last moment of the track."""
        return self.recent[-1]

    @property
    def is_new(self) -> bool:
        """Whether it has not been followed for longer than its beginning."""
        return self.last.utc - self.first.utc <= EARLY

    def expected_at(self, utc: datetime) -> Person:
        """Return the position of a person who goes on as between the last two pictures, if these are not long ago."""
        if len(self.recent) < 2:
            return self.last.person
        before, last = self.recent[-2], self.last
        step, ahead = last.utc - before.utc, utc - last.utc
        if max(step, ahead) > LONGEST_STEP:
            return last.person
        one, other, share = before.person, last.person, ahead / step
        down = share * ((other.top + other.bottom) - (one.top + one.bottom)) / 2
        across = share * ((other.left + other.right) - (one.left + one.right)) / 2
        return replace(
            other,
            top=other.top + down,
            left=other.left + across,
            bottom=other.bottom + down,
            right=other.right + across,
        )

    def add(self, seen: Sighted) -> None:
        """Follow it to `seen`, and forget old moments."""
        self.unseen = timedelta()
        if seen.person.score >= STRONG_SCORE:
            self.strong += 1
            self.strong_utc = self.strong_utc or seen.utc
        if not self.early or seen.utc - self.first.utc <= EARLY:
            self.early.append(seen)
        self.recent.append(seen)
        while seen.utc - self.recent[0].utc > HISTORY:
            self.recent.popleft()

    def between(self, start: datetime, end: datetime) -> list[Sighted]:
        """Return where it was from `start` to `end`, both included."""
        return [seen for seen in self.recent if start <= seen.utc <= end]


class Tracks:
    """The tracks of one camera.

    Parameters
    ----------
    aspect
        Width of the picture by its height, so that distances across and down compare.

    Attributes
    ----------
    alive
        People in the picture, the longest there first.
    """

    def __init__(self, aspect: float) -> None:
        self._aspect = aspect
        self._number = 0
        self._looked_utc: datetime | None = None
        self.alive: list[Track] = []

    def take(self, detections: Detections) -> list[Track]:
        """Follow everybody to a picture, in time order; return the tracks that have ended."""
        utc, before = detections.utc, self._looked_utc
        people = _without_doubles(detections.people)
        for track, person in self._pairs(people, utc):
            track.add(Sighted(utc, person))
            people.remove(person)
        for track in self.alive:
            if track.last.utc != utc and before is not None:
                track.unseen += min(utc - before, LONGEST_STEP)
        for person in people:
            if person.score >= FAINT_SCORE:
                self._number += 1
                track = Track(self._number, before)
                track.add(Sighted(utc, person))
                self.alive.append(track)
        self._looked_utc = utc
        ended = [track for track in self.alive if track.unseen > LONGEST_GAP]
        self.alive = [track for track in self.alive if track.unseen <= LONGEST_GAP]
        return ended

    def _pairs(self, people: list[Person], utc: datetime) -> list[tuple[Track, Person]]:
        """Return matches of tracks and people, the most alike first; each track and each person once."""
        alike = [
            (self._likeness(track, person, utc), number, place)
            for number, track in enumerate(self.alive)
            for place, person in enumerate(people)
            if person.score >= FAINT_SCORE
        ]
        pairs: list[tuple[Track, Person]] = []
        tracks, places = set(), set()
        for likeness, number, place in sorted(alike, key=lambda one: (-one[0], one[1], one[2])):
            if likeness > 0 and number not in tracks and place not in places:
                tracks.add(number)
                places.add(place)
                pairs.append((self.alive[number], people[place]))
        return pairs

    def _likeness(self, track: Track, other: Person, utc: datetime) -> float:
        """Return 1 to 2 for boxes that overlap, 0 to 1 for boxes near each other, 0 for neither."""
        one = track.last.person
        shared = max(overlap(one, other), overlap(track.expected_at(utc), other))
        least = LEAST_OVERLAP if other.score >= STRONG_SCORE else FAINT_OVERLAP
        if shared >= (least if track.strong or track.is_new else SAME_OVERLAP):
            return 1 + shared
        smaller, larger = sorted((self._longer_side(one), self._longer_side(other)))
        if other.score < STRONG_SCORE or not (track.strong or track.is_new) or smaller < SHRINK * larger:
            return 0.0  # a faint detection continues a track at its place, and nowhere else
        across = self._aspect * ((one.left + one.right) - (other.left + other.right)) / 2
        down = ((one.top + one.bottom) - (other.top + other.bottom)) / 2
        return max(0.0, 1 - hypot(across, down) / (REACH * larger)) if larger > 0 else 0.0

    def _longer_side(self, one: Person) -> float:
        return max(one.bottom - one.top, self._aspect * (one.right - one.left))


def overlap(one: Person, other: Person) -> float:
    """Return the share of the boxes' union that is in both, 0 to 1."""
    shared = _shared_area(one, other)
    both = _area(one) + _area(other) - shared
    return shared / both if both > 0 else 0.0


def covers(one: Person, other: Person | Pet) -> bool:
    """Say whether two boxes share a third of the smaller one."""
    smaller = min(_area(one), _area(other))
    return smaller > 0 and _shared_area(one, other) >= smaller / 3


def _without_doubles(people: tuple[Person, ...]) -> list[Person]:
    """Leave out the less sure of two boxes around the same person."""
    kept: list[Person] = []
    for person in people:
        smaller = [min(_area(person), _area(other)) for other in kept]
        if all(_shared_area(person, other) < DOUBLE_OVERLAP * area for other, area in zip(kept, smaller, strict=True)):
            kept.append(person)
    return kept


def _shared_area(one: Person, other: Person | Pet) -> float:
    high = min(one.bottom, other.bottom) - max(one.top, other.top)
    wide = min(one.right, other.right) - max(one.left, other.left)
    return max(0.0, high) * max(0.0, wide)


def _area(one: Person | Pet) -> float:
    return (one.bottom - one.top) * (one.right - one.left)
