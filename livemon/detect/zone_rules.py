"""Zone rules: events by the places of people, without a model. Pure: detections in, firings out.

Live cameras and trials on past days run this same code. Words and rows live elsewhere; identities live in tracks.py,
positions in the picture in places.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from livemon.base.datatypes import Box
from livemon.base.detections import Detections, Person, Pet
from livemon.base.settings.hours import is_within
from livemon.base.settings.models import RuleCondition, ZoneRuleSettings, ZoneSettings
from livemon.detect.pets.sightings import LEAST_LOOKS
from livemon.detect.places import CrossingLine, ZoneArea, begins_at_edge
from livemon.detect.rules import is_confirmed
from livemon.detect.tracks import Track, Tracks

MOST_GAP = timedelta(seconds=90)
"""Pictures further apart say nothing of the time between them: an empty room is looked at once a minute."""

BRIDGED = timedelta(seconds=2)
"""A shorter break of a condition, as by a person who is hidden for a moment, is ignored."""

REST = timedelta(seconds=10)
"""After a rule has fired its condition must be broken for so long before it can fire again."""

SETTLED = timedelta(seconds=3)
"""A person in a zone for so long was there: one who only passes has not left it."""

PET_LASTS = timedelta(seconds=8)
"""Pets are looked for every two seconds, and found in two of three pictures or fewer."""

LEAST_ABSENCE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule that came true.

    Attributes
    ----------
    start_utc, end_utc
        Since when it was so, and when that was long enough.
    people
        Number of people in the zone then.
    confidence
        0 to 1.
    box
        Track of the person concerned; None without one.
    """

    rule: ZoneRuleSettings
    start_utc: datetime
    end_utc: datetime
    people: int
    confidence: float
    box: Box | None


@dataclass(slots=True)
class _Episode:
    """A stretch in which a condition holds."""

    since_utc: datetime
    last_utc: datetime
    fired: bool = False


@dataclass(frozen=True, slots=True)
class _Held:
    """Result of a condition for one picture: the track concerned, and the number of people in the zone."""

    about: tuple[Person | Pet, ...]
    people: int


@dataclass(slots=True)
class _State:
    """Memory of one rule.

    Attributes
    ----------
    inside
        Begin of each person's stay in the zone, by number of track.
    lost
        Whether a person was lost from view in the zone, and may lie there under a blanket.
    left
        People who left the zone and have not come back, by number of track.
    outside
        People seen outside the zone, by number of track.
    pets
        When a pet was found in the zone in the last seconds.
    sides
        Last side of the line of each person, by number of track.
    """

    episode: _Episode | None = None
    inside: dict[int, datetime] = field(default_factory=dict)
    lost: bool = False
    left: dict[int, Track] = field(default_factory=dict)
    outside: set[int] = field(default_factory=set)
    pets: list[tuple[datetime, Pet]] = field(default_factory=list)
    sides: dict[int, tuple[float, float]] = field(default_factory=dict)


class ZoneRules:
    """The rules of one camera, over its pictures in time order.

    Parameters
    ----------
    zones, rules
        The camera's zones, and the rules that are to fire, each of one of these zones or of the whole picture.
    local
        Time zone of the rules' hours; the machine's when None.
    aspect
        Width of the picture by its height.
    """

    def __init__(
        self, zones: Sequence[ZoneSettings], rules: Iterable[ZoneRuleSettings], local: tzinfo | None, aspect: float
    ) -> None:
        self._local = local
        self._aspect = aspect
        self._rules = [(rule, ZoneArea([one.box for one in zones if one.name == rule.zone])) for rule in rules]
        self._conditions: dict[RuleCondition, Callable[..., _Held | None]] = {
            RuleCondition.INSIDE: self._somebody_inside,
            RuleCondition.OUTSIDE: self._somebody_outside,
            RuleCondition.LEFT: self._somebody_left,
            RuleCondition.CROSSED: self._somebody_crossed,
            RuleCondition.ABSENT: self._nobody_inside,
            RuleCondition.MORE_THAN: self._more_inside,
            RuleCondition.PET: self._pet_inside,
        }
        self._last_utc: datetime | None = None
        self._forget()

    def _forget(self) -> None:
        self._tracks = Tracks(self._aspect)
        self._states = [_State() for _ in self._rules]

    def take(self, detections: Detections) -> list[Firing]:
        """Take in the people found in a picture; return the rules that fire.

        Pictures that were not analysed are not given here, and after a gap of 90 s everything begins anew: unwatched
        time fires no rule.
        """
        utc = detections.utc
        if self._last_utc is not None and utc - self._last_utc > MOST_GAP:
            self._forget()
        self._last_utc = utc
        ended = [one for one in self._tracks.take(detections) if is_confirmed(one)]
        there = [one for one in self._tracks.alive if is_confirmed(one)]
        clock = utc.astimezone(self._local).time()
        fired = []
        for number, (rule, place) in enumerate(self._rules):
            if not is_within(rule.hours, clock):
                self._states[number] = _State()
                continue
            state = self._states[number]
            _follow(state, place, there, ended, utc)
            if detections.pets:
                _follow_pets(state, place, detections.pets, utc)
            held = self._conditions[rule.when](rule, state, there, utc)
            fired += self._timed(rule, state, held, utc)
        return fired

    def _timed(self, rule: ZoneRuleSettings, state: _State, held: _Held | None, utc: datetime) -> list[Firing]:
        """Return the firing of a rule whose condition has held for long enough; once an episode."""
        episode = state.episode
        if held is None:
            bridged = timedelta() if rule.when is RuleCondition.ABSENT else BRIDGED
            if episode is not None and utc - episode.last_utc >= (REST if episode.fired else bridged):
                state.episode = None
            return []
        if episode is None:
            episode = state.episode = _Episode(utc, utc)
        episode.last_utc = utc
        needed_s = 0.0 if rule.when is RuleCondition.CROSSED else rule.for_s
        if episode.fired or utc - episode.since_utc < timedelta(seconds=needed_s):
            return []
        episode.fired = True
        if not held.about:
            return [Firing(rule, episode.since_utc, utc, held.people, 0.6, None)]
        best = max(held.about, key=lambda one: one.score)
        sureness = round(min(0.9, 0.4 + best.score), 2)
        return [Firing(rule, episode.since_utc, utc, held.people, sureness, best.box)]

    # Conditions, each of one picture

    def _somebody_inside(
        self, _rule: ZoneRuleSettings, state: _State, there: list[Track], _utc: datetime
    ) -> _Held | None:
        inside = _inside(state, there)
        return _Held(_persons(inside), len(inside)) if inside else None

    def _somebody_outside(
        self, _rule: ZoneRuleSettings, state: _State, there: list[Track], _utc: datetime
    ) -> _Held | None:
        outside = tuple(one for one in there if one.number not in state.inside)
        return _Held(_persons(outside), len(there) - len(outside)) if outside else None

    def _somebody_left(
        self, _rule: ZoneRuleSettings, state: _State, there: list[Track], _utc: datetime
    ) -> _Held | None:
        return _Held(_persons(state.left.values()), len(_inside(state, there))) if state.left else None

    def _nobody_inside(
        self, _rule: ZoneRuleSettings, state: _State, there: list[Track], _utc: datetime
    ) -> _Held | None:
        return None if _inside(state, there) else _Held((), 0)

    def _more_inside(self, rule: ZoneRuleSettings, state: _State, there: list[Track], _utc: datetime) -> _Held | None:
        inside = _inside(state, there)
        return _Held(_persons(inside), len(inside)) if len(inside) > rule.people else None

    def _pet_inside(self, _rule: ZoneRuleSettings, state: _State, there: list[Track], utc: datetime) -> _Held | None:
        """Return the pet that is in the zone: found twice, the last time a moment ago."""
        recent = [pet for at, pet in state.pets if utc - at <= PET_LASTS]
        return _Held((recent[-1],), len(_inside(state, there))) if len(recent) >= LEAST_LOOKS else None

    def _somebody_crossed(
        self, rule: ZoneRuleSettings, state: _State, there: list[Track], _utc: datetime
    ) -> _Held | None:
        """Return the person who crossed the line; a person on it is on neither side, so that none flickers across."""
        assert rule.line is not None, "the settings refuse it"
        line = CrossingLine(rule.line, self._aspect)
        crossed = []
        for track in there:
            now = line.foot(track.last.person)
            if not line.is_clear(now):
                continue
            before = state.sides.get(track.number, line.foot(track.first.person))
            if line.is_clear(before) and line.is_between(before, now):
                crossed.append(track)
            state.sides[track.number] = now
        return _Held(_persons(crossed), len(there)) if crossed else None


def _persons(tracks: Iterable[Track]) -> tuple[Person, ...]:
    return tuple(track.last.person for track in tracks)


def _inside(state: _State, there: list[Track]) -> tuple[Track, ...]:
    return tuple(one for one in there if one.number in state.inside)


def _follow(state: _State, place: ZoneArea, there: list[Track], ended: list[Track], utc: datetime) -> None:
    """Update the people in a zone, and those who left it."""
    for track in there:
        since = state.inside.get(track.number)
        if place.holds(track.last.person, was_inside=since is not None):
            state.outside.discard(track.number)
            if since is None:
                state.inside[track.number] = track.first.utc if track.is_new else utc
                _came_back(state, track)
            continue
        new_here = since is None and track.number not in state.outside
        lost_here = state.lost and new_here and not begins_at_edge(track)
        if (since is not None and utc - since >= SETTLED) or lost_here:
            state.left[track.number] = track
            state.lost = False
        state.inside.pop(track.number, None)
        state.outside.add(track.number)
    for track in ended:
        since = state.inside.pop(track.number, None)
        state.lost = state.lost or (since is not None and track.last.utc - since >= SETTLED)
        state.outside.discard(track.number)
        state.sides.pop(track.number, None)


def _follow_pets(state: _State, place: ZoneArea, pets: Sequence[Pet], utc: datetime) -> None:
    """Bring up to date which pets were found in a zone; the surest of a picture counts."""
    state.pets = [(at, pet) for at, pet in state.pets if utc - at <= PET_LASTS]
    inside = [pet for pet in pets if place.holds(pet, was_inside=bool(state.pets))]
    if inside:
        state.pets.append((utc, max(inside, key=lambda pet: pet.score)))


def _came_back(state: _State, track: Track) -> None:
    """Take a person in the zone for the one who left it and is not in sight any more."""
    state.left.pop(track.number, None)
    gone = next((number for number, one in state.left.items() if one.unseen >= LEAST_ABSENCE), None)
    if gone is not None:
        del state.left[gone]
    elif state.lost:
        state.lost = False
