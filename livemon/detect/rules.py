"""Rules over the tracks of one camera: falls, coming, leaving, presence, lying still. Pure.

Identities live in tracks.py, falls in falls.py, the state of the picture itself in picture_state.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import hypot

from livemon.base.detections import Detections, Person, Pet, Sighting
from livemon.detect.falls import LIE, Fall, find_fall, lies, may_fall, sinks_now
from livemon.detect.tracks import Sighted, Track, Tracks, covers, overlap

STILL_AFTER = timedelta(seconds=30)
"""A person who lies for so long is reported: once, and as a danger when it began with a fall."""

UP_SHARE = 0.7
"""A fallen person is up again at this share of the height before: sitting on the floor is not up."""

STRONG_PICTURES = 2
CONFIRMED = timedelta(seconds=0.8)
"""A person who is clearly seen in so many pictures and for so long is there: a flicker does not count."""

EDGE = 0.03
"""Share of the picture: a box that ends within it may go on outside."""

GONE_AT_EDGE = timedelta(seconds=1)
"""A person who went to the edge and is unseen for so long has left; elsewhere it takes as long as a track lives."""

LONGEST_REACH = timedelta(seconds=1)
"""Positions before the first picture, and after the last, are extrapolated from the movement: so far, no further."""

WALKED_HEIGHTS = 0.3
"""A person who went this far, in heights of the own body, within moments walks; a sitting one does not."""

WAIT_FOR_REST = timedelta(seconds=3)
"""While the camera moves, or a person fills the picture, presence is reported so much later."""

PRESENT_EVERY = timedelta(minutes=5)
"""A person who stays is mentioned again after this."""

LOST_FOR = timedelta(minutes=10)
"""A person lost from view inside the picture and found again at the same place within this is not new."""

LOST_NOW = timedelta(seconds=10)
"""A person who appears inside the picture so soon after one was lost there is taken for that one."""

MOST_PLACES = 10
"""Of doors, and of people lost, so many are remembered."""


@dataclass(slots=True)
class _Told:
    """Reports made about a track."""

    there: bool = False
    left: bool = False
    fell_until_utc: datetime | None = None
    lies_since_utc: datetime | None = None
    lying: bool = False


@dataclass(frozen=True, slots=True)
class _Fallen:
    """A person who fell and was not seen to get up: the track, since when, where, and the height before."""

    number: int
    since_utc: datetime
    lies: Sighted
    height: float


class PeopleRules:
    """Reports the behaviour of people before one camera.

    Parameters
    ----------
    aspect
        Width of the picture by its height.
    """

    def __init__(self, aspect: float) -> None:
        self._aspect = aspect
        self._tracks = Tracks(aspect)
        self._told: dict[int, _Told] = {}
        self._lost: list[Sighted] = []
        self._doors: list[Sighted] = []
        self._fallen: list[_Fallen] = []
        self._seen_empty = False
        self._mentioned_utc: datetime | None = None

    @property
    def count(self) -> int:
        """Number of people in sight."""
        return len(self._there)

    @property
    def somebody(self) -> bool:
        """Whether a person may be there: clearly seen at least once."""
        return any(track.strong for track in self._tracks.alive)

    @property
    def expects_somebody(self) -> bool:
        """Whether a person is there, or fell and was not seen to get up."""
        return bool(self._tracks.alive or self._fallen)

    def was_at(self, box: Person | Pet) -> bool:
        """Return whether a person is, fell, or was lost from view where a box is, even an unconfirmed one."""
        places = [track.last.person for track in self._tracks.alive]
        places += [one.person for one in self._lost] + [one.lies.person for one in self._fallen]
        return any(covers(place, box) for place in places)

    @property
    def sinks(self) -> bool:
        """Whether a person sinks quickly, so that the next pictures matter most."""
        return any(sinks_now(track, self._aspect) for track in self._there)

    @property
    def _there(self) -> list[Track]:
        return [track for track in self._tracks.alive if is_confirmed(track) and not self._of(track).left]

    def _of(self, track: Track) -> _Told:
        return self._told.setdefault(track.number, _Told())

    def take(self, detections: Detections, *, settled: bool = True) -> list[Sighting]:
        """Take in the detections of a picture, in time order; return the sightings to report.

        Parameters
        ----------
        settled
            Whether the camera stands still: while it moves, who comes, leaves or sinks may be the camera's doing.
        """
        utc = detections.utc
        ended = self._tracks.take(detections)
        said: list[Sighting] = []
        for track in [*self._tracks.alive, *ended]:
            if is_confirmed(track):
                said += self._tell(track, utc, settled=settled, ended=track in ended)
        for track in ended:
            self._told.pop(track.number, None)
        said += self._still_down(utc)
        self._seen_empty = self._seen_empty or not self._there
        return said + self._stays(utc, said)

    def _tell(self, track: Track, utc: datetime, *, settled: bool, ended: bool) -> list[Sighting]:
        """Return the sightings of one track to report now."""
        told = self._of(track)
        said: list[Sighting] = []
        if not told.there and (settled or track.last.utc - track.first.utc >= WAIT_FOR_REST):
            told.there = True
            said += self._appeared(track, settled=settled)
        if not settled:
            return said
        fall = find_fall(track, told.fell_until_utc or track.first.utc, utc, self._aspect)
        if fall is not None:
            told.fell_until_utc, told.left = fall.lying[-1].utc, False
            height = fall.high.person.bottom - fall.high.person.top
            self._fallen.append(_Fallen(track.number, fall.high.utc, fall.lying[-1], height))
            said.append(_fall_sighting(fall))
        said += self._lies(track, told)
        if told.left and track.last.utc == utc:
            told.left = False
        elif track.unseen >= GONE_AT_EDGE and not told.left:
            said += self._left(track, told, for_good=ended)
        return said

    # Lying

    def _lies(self, track: Track, told: _Told) -> list[Sighting]:
        """Report once a person who has been lying for a while, without a fall."""
        now = track.last.utc
        if not lies(track.between(now - LIE, now), self._aspect):
            told.lies_since_utc, told.lying = None, False
            return []
        told.lies_since_utc = told.lies_since_utc or now
        since = told.lies_since_utc
        if told.lying or now - since < STILL_AFTER or any(one.number == track.number for one in self._fallen):
            return []
        told.lying = True
        values = {"duration_s": (now - since).total_seconds()}
        return [Sighting("person_lies", since, now, (now,), 0.6, "lies_for", values, track.last.person.box)]

    def _still_down(self, utc: datetime) -> list[Sighting]:
        """Report a person who fell and was not seen to get up; one out of sight lies all the same."""
        said = []
        self._fallen = [one for one in self._fallen if not self._is_up(one)]
        for one in [one for one in self._fallen if utc - one.since_utc >= STILL_AFTER]:
            self._fallen.remove(one)
            values = {"duration_s": (utc - one.since_utc).total_seconds()}
            evidence = tuple(dict.fromkeys((utc, one.lies.utc)))
            box = one.lies.person.box
            said.append(Sighting("lying_after_fall", one.since_utc, utc, evidence, 0.7, "lies_for", values, box))
        return said

    def _is_up(self, fallen: _Fallen) -> bool:
        """Return whether a fallen person has been up again since: as high as before, or nearly."""
        for track in self._tracks.alive:
            last = track.last
            same = track.number == fallen.number or overlap(last.person, fallen.lies.person) > 0
            recent = [one for one in track.between(last.utc - LIE, last.utc) if one.utc > fallen.lies.utc]
            tall = [one for one in recent if one.person.bottom - one.person.top >= UP_SHARE * fallen.height]
            if same and len(tall) >= STRONG_PICTURES and len(tall) == len(recent) and not lies(recent, self._aspect):
                return True
        return False

    # Coming, leaving, being there

    def _appeared(self, track: Track, *, settled: bool) -> list[Sighting]:
        """Report that a person came, or is there without having been seen to come."""
        first = track.first
        watched = track.before_utc is not None and settled
        at_edge = watched and self._at_edge(track.early, first.utc - (track.before_utc or first.utc))
        lost = next((one for one in reversed(self._lost) if self._is_found_again(one, first)), None)
        if lost is not None and not at_edge:
            self._lost.remove(lost)
            return []
        if at_edge:
            return [self._sighting("person_came", first, track.last, "over_edge")]
        if watched and self._seen_empty and self._walks(first, track.last):
            self._doors = [*self._doors[1 - MOST_PLACES :], first]
            return [self._sighting("person_came", first, track.last, "inside")]
        return [self._sighting("person_present", first, track.last, "not_seen_coming" if watched else "first_look")]

    def _is_found_again(self, lost: Sighted, first: Sighted) -> bool:
        """Return whether the person who appears is the lost one: at the same place, or anywhere inside just now."""
        away = first.utc - lost.utc
        return away <= LOST_NOW or (away <= LOST_FOR and overlap(lost.person, first.person) > 0)

    def _left(self, track: Track, told: _Told, *, for_good: bool) -> list[Sighting]:
        """Report that a person left, over the edge or through a door where one came; a lying one has not."""
        last = track.last
        if not for_good and may_fall(track, self._aspect):
            return []
        late = track.between(last.utc - LONGEST_REACH, last.utc)
        stays = any(one.number == track.number for one in self._fallen) or (
            lies(late, self._aspect) and not self._walks(late[0], last)
        )
        at_edge = self._at_edge(late[::-1], LONGEST_REACH)
        at_door = for_good and any(overlap(door.person, last.person) > 0 for door in self._doors)
        if not stays and (at_edge or (at_door and self._walks(late[0], last))):
            told.left = True
            return [self._sighting("person_left", late[0], last, "over_edge" if at_edge else "inside")]
        if for_good:
            self._lost = [*self._lost[1 - MOST_PLACES :], last]
        return []

    def _stays(self, utc: datetime, said: list[Sighting]) -> list[Sighting]:
        """Mention people who stay again, when nothing else was reported for a while."""
        there = self._there
        if any(one.kind.startswith("person") for one in said):
            self._mentioned_utc = utc
            return []
        if not there or self._mentioned_utc is None or utc - self._mentioned_utc < PRESENT_EVERY:
            return []
        self._mentioned_utc = utc
        return [self._sighting("person_present", there[0].last, there[0].last, "stays")]

    def _sighting(self, kind: str, start: Sighted, end: Sighted, detail: str) -> Sighting:
        """Return a sighting between two moments; the better one of them is its picture."""
        best, other = (start, end) if start.person.score > end.person.score else (end, start)
        evidence = tuple(dict.fromkeys((best.utc, other.utc)))
        sureness = round(min(0.9, 0.4 + best.person.score) - 0.1 * (detail == "inside"), 2)
        return Sighting(
            kind, start.utc, end.utc, evidence, sureness, detail, {"count": float(self.count)}, best.person.box
        )

    def _at_edge(self, moments: list[Sighted], unseen: timedelta) -> bool:
        """Return whether a person, moving on as in these moments, crossed the picture's edge within `unseen`.

        `moments` begin with the one nearest to the edge, be it the first or the last of a track.
        """
        near, far = moments[0].person, moments[-1].person
        passed_s = abs((moments[-1].utc - moments[0].utc).total_seconds())
        reach = min(unseen, LONGEST_REACH).total_seconds() / passed_s if passed_s > 0 else 0.0
        across = reach * ((near.left + near.right) - (far.left + far.right)) / 2
        down = reach * ((near.top + near.bottom) - (far.top + far.bottom)) / 2
        return (
            near.left + min(0.0, across) <= EDGE
            or near.right + max(0.0, across) >= 1 - EDGE
            or near.bottom + max(0.0, down) >= 1 - EDGE
            or near.top + min(0.0, down) <= EDGE
        )

    def _walks(self, one: Sighted, other: Sighted) -> bool:
        """Return whether the middle of a person travels a good part of the own height between two moments."""
        a, b = one.person, other.person
        across = self._aspect * ((a.left + a.right) - (b.left + b.right)) / 2
        down = ((a.top + a.bottom) - (b.top + b.bottom)) / 2
        return hypot(across, down) >= WALKED_HEIGHTS * max(a.bottom - a.top, b.bottom - b.top)


def is_confirmed(track: Track) -> bool:
    """Return whether a track is a person: clearly seen more than once, and for a while."""
    return track.strong >= STRONG_PICTURES and track.last.utc - track.first.utc >= CONFIRMED


def _fall_sighting(fall: Fall) -> Sighting:
    best = max(fall.lying, key=lambda one: one.person.score)
    evidence = tuple(dict.fromkeys((best.utc, fall.low.utc, fall.high.utc)))
    values = {
        "sank_s": (fall.low.utc - fall.high.utc).total_seconds(),
        "lies_s": (fall.lying[-1].utc - fall.low.utc).total_seconds(),
    }
    confidence = round(0.4 + 0.3 * fall.share + 0.1 * fall.was_upright, 2)
    return Sighting(
        "possible_fall",
        fall.high.utc,
        fall.lying[-1].utc,
        evidence,
        confidence,
        "sank_and_lies",
        values,
        best.person.box,
    )
