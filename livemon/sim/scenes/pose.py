"""Poses of an articulated figure, how to get from one to another, and the motions that repeat on top of them.

A pose says how limbs are bent, never where the figure is or what it looks like. All angles are degrees and all
fields are additive, so mixing two poses or adding a swing is plain arithmetic.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import NamedTuple


class Trunk(NamedTuple):
    """Body and head.

    `pitch` tips the whole body forward (90 lies face down, -90 on the back), `roll` to its left. `spine` bends the
    back forward, `lean` to the left. The head nods down by `nod`, turns left by `look`, tilts left by `tilt`.
    `asleep` closes the eyes at 1.
    """

    pitch: float = 0.0
    roll: float = 0.0
    lift_m: float = 0.0
    spine: float = 0.0
    lean: float = 0.0
    nod: float = 0.0
    look: float = 0.0
    tilt: float = 0.0
    asleep: float = 0.0


class Limb(NamedTuple):
    """An arm or a leg: `swing` forward from hanging, `out` to the side, `bend` of elbow or knee, `twist` inward."""

    swing: float = 0.0
    out: float = 0.0
    bend: float = 0.0
    twist: float = 0.0


class Pose(NamedTuple):
    """A whole figure; of a cat, the arms are the fore legs."""

    trunk: Trunk = Trunk()
    left_arm: Limb = Limb()
    right_arm: Limb = Limb()
    left_leg: Limb = Limb()
    right_leg: Limb = Limb()


def mix(a: Pose, b: Pose, u: float) -> Pose:
    """Return `a` at u = 0, `b` at u = 1, in between in proportion."""
    return combine(a, b, 1.0 - u, u)


def combine(a: Pose, b: Pose, weight_a: float, weight_b: float) -> Pose:
    """Return the weighted sum of two poses."""

    def sums(p: tuple[float, ...], q: tuple[float, ...]) -> list[float]:
        return [x * weight_a + y * weight_b for x, y in zip(p, q, strict=True)]

    trunk, *limbs = zip(a, b, strict=True)
    return Pose(Trunk(*sums(*trunk)), *(Limb(*sums(*pair)) for pair in limbs))


def both(trunk: Trunk, arms: Limb, legs: Limb, *, right_arm: Limb | None = None, right_leg: Limb | None = None) -> Pose:
    """Return a pose with both sides alike, unless the right one is given."""
    return Pose(trunk, arms, right_arm or arms, legs, right_leg or legs)


STAND = both(Trunk(nod=-7), Limb(4, 9, 14), Limb(0, 3, 2))
CHEER = both(Trunk(nod=-14), Limb(160, 30, 12), Limb(2, 5, 6))
CROUCH = both(Trunk(spine=28, nod=-8), Limb(50, 8, 30), Limb(105, 16, 128))
SIT = both(Trunk(spine=14, nod=-12), Limb(32, 8, 52, 30), Limb(84, 44, 118, 66))
SIT_CHEER = both(Trunk(spine=0, nod=-12), Limb(150, 30, 18), Limb(84, 44, 118, 66))
SIT_REACH = both(Trunk(spine=34, nod=-24), Limb(62, 5, 12), Limb(84, 44, 118, 66))
SIT_LEGS_OUT = both(Trunk(spine=12, nod=-10), Limb(26, 14, 40), Limb(86, 15, 18))
KNEEL = both(Trunk(spine=10, nod=2), Limb(30, 8, 45, 20), Limb(50, 12, 142))
KNEEL_REACH = both(Trunk(spine=30, nod=6), Limb(66, 5, 14), Limb(62, 12, 142))
ALL_FOURS = both(Trunk(pitch=72, nod=-40), Limb(74, 6, 8), Limb(76, 6, 88))
CLIMB = both(Trunk(pitch=26, spine=22, nod=-20), Limb(92, 10, 22), Limb(6, 6, 8), right_leg=Limb(96, 16, 92))
LIE_FRONT = both(
    Trunk(pitch=88, look=58, nod=-6), Limb(128, 42, 38), Limb(4, 9, 10),
    right_arm=Limb(40, 62, 34), right_leg=Limb(24, 18, 36),
)  # fmt: skip
STUMBLE = both(Trunk(pitch=38, spine=12, nod=-26), Limb(105, 16, 18), Limb(34, 4, 46), right_leg=Limb(-32, 4, 30))
LIE_SIDE = both(
    Trunk(roll=87, spine=18, nod=12, tilt=-6, asleep=1), Limb(52, 0, 70, 20), Limb(46, 2, 62),
    right_arm=Limb(44, -6, 50, 10), right_leg=Limb(30, 0, 44),
)  # fmt: skip
LIE_SIDE_AWAKE = LIE_SIDE._replace(trunk=LIE_SIDE.trunk._replace(asleep=0.0))
PROP_ON_ELBOW = both(
    Trunk(roll=48, spine=22, lean=-14, nod=8, tilt=-18), Limb(30, 30, 30, 20), Limb(72, 16, 70, 20),
    right_arm=Limb(40, 0, 60, 20),
)  # fmt: skip
CAT_STAND = both(Trunk(nod=-7), Limb(0, 0, 6), Limb(4, 0, 14))
CAT_SIT = both(Trunk(pitch=-46, nod=40), Limb(-40, 0, 6), Limb(58, 16, 122))
CAT_SIT_LICK = CAT_SIT._replace(trunk=CAT_SIT.trunk._replace(nod=74, look=26))


class Motion(StrEnum):
    """Motion that repeats while an action lasts."""

    WALK = "walk"
    RUN = "run"
    CRAWL = "crawl"
    CAT_WALK = "cat_walk"
    DANCE = "dance"
    BOUNCE = "bounce"
    FIDGET = "fidget"
    BREATHE = "breathe"
    WAVE = "wave"


GAITS = {Motion.WALK: 0.72, Motion.RUN: 1.05, Motion.CRAWL: 0.45, Motion.CAT_WALK: 0.30}
"""The motions that carry a figure along, and the stride (two steps) in metres of a child, or of the cat."""


def swing(motion: Motion, time_s: float, phase: float) -> Pose:
    """Return what a motion adds to a pose.

    Parameters
    ----------
    motion
        The repeated motion.
    time_s
        Time since the motion began, for motions on the spot.
    phase
        Strides walked so far, for gaits; one stride is two steps.
    """
    turn = 2 * math.pi * phase
    match motion:
        case Motion.WALK:
            return _gait(turn, leg=27, knee=46, arm=24, elbow=6, pitch=3)
        case Motion.RUN:
            return _gait(turn, leg=38, knee=78, arm=42, elbow=62, pitch=13)
        case Motion.CRAWL:
            return _gait(turn, leg=18, knee=10, arm=18, elbow=10, pitch=0)
        case Motion.CAT_WALK:
            sway = Trunk(look=3 * math.sin(turn))
            return _gait(turn, leg=24, knee=26, arm=22, elbow=24, pitch=0)._replace(trunk=sway)
        case Motion.DANCE:
            beat = 2 * math.pi * time_s / 0.9
            squat = 11 * (1 - math.cos(2 * beat))
            up, down = 70 + 62 * math.sin(beat), 70 - 62 * math.sin(beat)
            trunk = Trunk(lean=9 * math.sin(beat), tilt=8 * math.sin(beat), look=10 * math.sin(beat / 2))
            return Pose(trunk, Limb(up, 24, 30), Limb(down, 24, 30), *[Limb(squat, 6, 2 * squat)] * 2)
        case Motion.BOUNCE:
            hop = abs(math.sin(2 * math.pi * time_s / 1.1))
            arms = Limb(26 * hop, 48 * hop, 18)
            return both(Trunk(lift_m=0.07 * hop), arms, Limb(14 * (1 - hop), 2, 28 * (1 - hop)))
        case Motion.FIDGET:
            slow, slower = math.sin(2.1 * time_s), math.sin(1.3 * time_s + 1)
            trunk = Trunk(spine=3 * slow, look=13 * slower, tilt=4 * slow, nod=3 * slower)
            return Pose(trunk, Limb(10 * slow, 0, 9 * slower), Limb(-9 * slower, 0, 10 * slow))
        case Motion.BREATHE:
            return both(Trunk(spine=1.2 * math.sin(2 * math.pi * time_s / 3.4)), Limb(), Limb())
        case Motion.WAVE:
            wag = math.sin(2 * math.pi * time_s / 0.7)
            return Pose(Trunk(tilt=4 * wag), Limb(), Limb(148, 18, 26 + 26 * wag))


def _gait(turn: float, *, leg: float, knee: float, arm: float, elbow: float, pitch: float) -> Pose:
    """One stride: legs in opposite phase, each knee bent while its leg comes forward, arms against the legs."""
    left, right = math.sin(turn), -math.sin(turn)
    lift_left, lift_right = max(0.0, math.cos(turn)), max(0.0, -math.cos(turn))
    return Pose(
        Trunk(pitch=pitch, lean=1.5 * left),
        Limb(arm * right, 0, elbow + 0.3 * arm * max(0.0, right)),
        Limb(arm * left, 0, elbow + 0.3 * arm * max(0.0, left)),
        Limb(leg * left + 0.18 * knee * lift_left, 0, 6 + knee * lift_left),
        Limb(leg * right + 0.18 * knee * lift_right, 0, 6 + knee * lift_right),
    )
