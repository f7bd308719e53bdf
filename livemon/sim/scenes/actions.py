"""Actions of actors, in order, and the state that follows from them at any time.

An actor is a starting state and a list of actions, one after the other; everything else, pictures and labels alike, is
computed from them. The look of an actor lives in figures.py, the actors of a clip in clip.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from livemon.sim.scenes.geometry import Vec, length, lerp, sub
from livemon.sim.scenes.pose import GAITS, STAND, Motion, Pose, combine, mix, swing

TURN_S = 0.5
"""Time that a walker takes to turn on the spot it leaves from."""


class Kind(StrEnum):
    """Kind of an actor: a person, an animal or a thing."""

    CHILD = "child"
    ADULT = "adult"
    CAT = "cat"
    BALL = "ball"
    BLOCK = "block"


PEOPLE = (Kind.CHILD, Kind.ADULT)
ADULT_STRIDE = 1.8
"""Ratio of an adult's stride to a child's."""


class Ease(StrEnum):
    """Course of an action: starts and stops softly, accelerates like a fall, or slows down like a rolling ball."""

    SMOOTH = "smooth"
    FALL = "fall"
    ROLL = "roll"


@dataclass(frozen=True, slots=True)
class ActionLabel:
    """A viewer's note on an action: an event's type, severity and description."""

    type: str
    severity: str
    description: str


@dataclass(frozen=True, slots=True)
class Action:
    """One thing an actor does.

    Attributes
    ----------
    duration_s
        Duration; of a walk it may be left out and follows from `speed_mps`.
    to
        Position of the actor at the end (x, support height, z in metres); None stays.
    speed_mps
        Of an action that goes somewhere, instead of a duration.
    pose
        At the end; None keeps the one before.
    facing_deg
        At the end; None keeps it, or, of a walk, looks where it goes.
    motion
        Motion that repeats meanwhile.
    hand
        Position of the right hand at the end; None lets it go back to the pose.
    arc_m
        Height to which a thrown, hopped or carried thing rises on its way.
    said
        The event this action is, for the labels.
    """

    duration_s: float = 0.0
    to: Vec | None = None
    speed_mps: float = 0.0
    pose: Pose | None = None
    facing_deg: float | None = None
    motion: Motion | None = None
    ease: Ease = Ease.SMOOTH
    hand: Vec | None = None
    arc_m: float = 0.0
    said: ActionLabel | None = None


@dataclass(frozen=True, slots=True)
class State:
    """An actor at a moment. `hand` is where the right hand is pulled, by `hand_pull` (0 to 1)."""

    at: Vec
    facing_deg: float = 0.0
    pose: Pose = STAND
    hand: Vec = (0.0, 0.0, 0.0)
    hand_pull: float = 0.0


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone or something in a clip. `name` tells two of a kind apart (a block's is its colour)."""

    kind: Kind
    start: State
    actions: tuple[Action, ...] = ()
    name: str = ""

    @property
    def duration_s(self) -> float:
        """Time until its last action is over; afterwards it stays as it is."""
        return sum(duration_s for _, _, duration_s in walk_through(self))


def walk_through(actor: Actor) -> list[tuple[State, Action, float]]:
    """Return each action with the state it starts from and its duration in seconds."""
    steps, state = [], actor.start
    for action in actor.actions:
        duration_s = _duration_s(state, action)
        steps.append((state, action, duration_s))
        state = _end(state, action)
    return steps


def state_at(actor: Actor, time_s: float) -> State:
    """Return the actor's state `time_s` after its clip began."""
    state = actor.start
    for action in actor.actions:
        duration_s = _duration_s(state, action)
        if time_s < duration_s:
            return _between(state, action, time_s, duration_s)
        time_s -= duration_s
        state = _end(state, action)
    return state


def _duration_s(state: State, action: Action) -> float:
    if action.to is not None and action.speed_mps > 0:
        return length(sub(action.to, state.at)) / action.speed_mps
    return action.duration_s


def _heading_deg(state: State, action: Action) -> float:
    """Return where a walk goes to, or the facing it starts with."""
    if action.motion not in GAITS or action.to is None:
        return state.facing_deg
    dx_m, _, dz_m = sub(action.to, state.at)
    return math.degrees(math.atan2(dx_m, dz_m)) if abs(dx_m) + abs(dz_m) > 1e-6 else state.facing_deg


def _end(state: State, action: Action) -> State:
    facing_deg = _heading_deg(state, action) if action.facing_deg is None else action.facing_deg
    return State(
        at=action.to or state.at,
        facing_deg=facing_deg,
        pose=action.pose or state.pose,
        hand=action.hand or state.hand,
        hand_pull=1.0 if action.hand else 0.0,
    )


def _between(start: State, action: Action, time_s: float, duration_s: float) -> State:
    """State inside an action, `time_s` after it began."""
    end, u = _end(start, action), time_s / duration_s
    eased = {Ease.SMOOTH: smooth(u), Ease.FALL: u**2.4, Ease.ROLL: 1 - (1 - u) ** 2}[action.ease]
    hop = (0.0, 4 * u * (1 - u) * action.arc_m, 0.0)
    hand_from = start.hand if start.hand_pull else end.hand
    state = State(
        at=lerp(start.at, end.at, eased),
        facing_deg=start.facing_deg + turn_deg(start.facing_deg, end.facing_deg) * eased,
        pose=mix(start.pose, end.pose, eased),
        hand=_plus(lerp(hand_from, end.hand, eased), hop),
        hand_pull=start.hand_pull + (end.hand_pull - start.hand_pull) * eased,
    )
    if action.motion in GAITS and action.to is not None:
        return _walking(state, start, end, action, time_s, duration_s)
    if not action.hand:
        state = replace(state, at=_plus(state.at, hop))
    if action.motion is not None:
        strength = smooth(min(time_s, duration_s - time_s) / 0.35)
        extra = swing(action.motion, time_s, 0.0)
        state = replace(state, pose=combine(state.pose, extra, 1.0, strength))
    return state


def _walking(state: State, start: State, end: State, action: Action, time_s: float, duration_s: float) -> State:
    """Feet that keep to the ground: the stride follows the way gone, not the time."""
    assert action.motion is not None
    way_m = length(sub(end.at, start.at))
    gone, pace = glide(time_s, duration_s)
    heading_deg = _heading_deg(start, action)
    turned = smooth(time_s / min(TURN_S, duration_s / 2))
    arriving = smooth(1 - (duration_s - time_s) / min(TURN_S, duration_s / 2))
    facing_deg = start.facing_deg + turn_deg(start.facing_deg, heading_deg) * turned
    facing_deg += turn_deg(heading_deg, end.facing_deg) * arriving
    extra = swing(action.motion, time_s, way_m * gone / GAITS[action.motion])
    to_pose = mix(start.pose, end.pose, smooth(time_s / min(0.5, duration_s)))
    return replace(
        state,
        at=lerp(start.at, end.at, gone),
        facing_deg=facing_deg,
        pose=combine(to_pose, extra, 1.0, pace),
    )


def glide(time_s: float, duration_s: float, ramp_s: float = 0.35) -> tuple[float, float]:
    """Return (share of the way gone, pace 0 to 1) of a walk that starts and stops within `ramp_s`."""
    ramp_s = min(ramp_s, duration_s / 2)
    cruise = duration_s - ramp_s
    if time_s < ramp_s:
        return time_s * time_s / (2 * ramp_s) / cruise, time_s / ramp_s
    left_s = duration_s - time_s
    if left_s < ramp_s:
        return 1 - left_s * left_s / (2 * ramp_s) / cruise, left_s / ramp_s
    return (time_s - ramp_s / 2) / cruise, 1.0


def smooth(u: float) -> float:
    """Smoothstep: 0 below 0, 1 above 1, flat at both ends."""
    u = min(1.0, max(0.0, u))
    return u * u * (3 - 2 * u)


def turn_deg(from_deg: float, to_deg: float) -> float:
    """Return the shorter way round, -180 to 180."""
    return (to_deg - from_deg + 180) % 360 - 180


def _plus(a: Vec, b: Vec) -> Vec:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]
