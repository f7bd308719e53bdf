"""A person's shape from a pose: the child and the adult differ in proportions, clothes and hair only.

Built with the hips at the origin; `figures` sets it down on what carries it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from livemon.sim.scenes.actions import State
from livemon.sim.scenes.geometry import Frame3, Vec, add, dot, length, lerp, local, sub, turn, unit, upright
from livemon.sim.scenes.shapes import Ball, Blob, Colour, Head, Shape, bend_limb, lowest_m


@dataclass(frozen=True, slots=True)
class Build:
    """Proportions in metres, and the clothes, of a person."""

    head_m: float
    neck_m: float
    trunk_m: float
    shoulder_m: float
    hip_m: float
    arm_m: float
    leg_m: float
    limb_m: float
    foot_m: float
    hair: Colour
    shirt: Colour
    sleeve: Colour
    trousers: Colour
    shoe: Colour
    skin: Colour
    long_hair: bool


CHILD = Build(
    head_m=0.125,
    neck_m=0.135,
    trunk_m=0.25,
    shoulder_m=0.088,
    hip_m=0.058,
    arm_m=0.14,
    leg_m=0.185,
    limb_m=0.040,
    foot_m=0.075,
    hair=(92, 58, 40),
    shirt=(232, 104, 92),
    sleeve=(238, 186, 158),
    trousers=(62, 84, 128),
    shoe=(246, 240, 228),
    skin=(244, 198, 170),
    long_hair=False,
)
ADULT = Build(
    head_m=0.122,
    neck_m=0.17,
    trunk_m=0.46,
    shoulder_m=0.155,
    hip_m=0.095,
    arm_m=0.27,
    leg_m=0.395,
    limb_m=0.054,
    foot_m=0.13,
    hair=(58, 44, 46),
    shirt=(86, 128, 116),
    sleeve=(86, 128, 116),
    trousers=(70, 66, 84),
    shoe=(168, 120, 84),
    skin=(236, 188, 158),
    long_hair=True,
)


def person(build: Build, state: State) -> tuple[Shape, float]:
    """Return the shape with the hips at the origin, and its lowest height."""
    pose, r = state.pose, build.limb_m
    trunk = pose.trunk
    hips = turn(upright(state.facing_deg), pitch_deg=trunk.pitch, roll_deg=trunk.roll)
    chest = turn(hips, pitch_deg=trunk.spine, roll_deg=trunk.lean)
    head = turn(chest, yaw_deg=trunk.look, pitch_deg=trunk.nod, roll_deg=trunk.tilt)
    waist = local(hips, (0.0, build.trunk_m * 0.25, 0.0))
    neck = add(waist, chest[1], build.trunk_m * 0.85)
    top = add(add(neck, chest[1], build.neck_m * 0.45), head[1], build.neck_m * 0.75)
    tipped = min(1.0, abs(trunk.pitch) / 90)  # feet stretch when the body lies, and carry nothing
    contacts: list[Ball] = [(top, build.head_m), ((0.0, 0.0, 0.0), build.hip_m * 1.25)]
    blobs: list[Blob] = []
    shoulders: list[Ball] = []
    for side, arm, leg in ((1.0, pose.left_arm, pose.left_leg), (-1.0, pose.right_arm, pose.right_leg)):
        hip = local(hips, (side * build.hip_m, 0.0, 0.0))
        knee, ankle, toe_way = bend_limb(hips, hip, leg, side, build.leg_m, build.leg_m, -1.0)
        toe = add(ankle, toe_way, build.foot_m)
        sole = add(ankle, toe_way, -0.1 * build.foot_m)
        contacts += [(knee, r * 1.1), (ankle, r), (lerp(toe, ankle, tipped), r * 0.8)]
        blobs += [
            Blob(build.trousers, ((hip, r * 1.55), (knee, r * 1.18))),
            Blob(build.trousers, ((knee, r * 1.18), (ankle, r * 0.98))),
            Blob(build.shoe, ((sole, r * 0.98), (toe, r * 0.88)), near_m=0.02),
        ]
        shoulder = add(add(neck, chest[1], -r * 1.1), chest[0], side * build.shoulder_m)
        elbow, hand, _ = bend_limb(chest, shoulder, arm, side, build.arm_m, build.arm_m * 0.95, 1.0)
        if side < 0 and state.hand_pull > 0:
            # The shape stands at its own origin here: bring the target there, hips as high as they will be.
            hips_at = add(state.at, (0.0, build.hip_m * 1.25, 0.0))
            elbow, hand = _reach(shoulder, elbow, hand, sub(state.hand, hips_at), state.hand_pull)
        contacts.append((hand, r * 0.9))
        shoulders.append((shoulder, r * 1.05))
        blobs += [
            Blob(build.sleeve, ((elbow, r * 0.86), (hand, r * 0.76)), near_m=0.03),
            Blob(build.skin, ((hand, r * 0.98),), near_m=0.035),
            Blob(build.shirt, ((shoulder, r * 1.1), (lerp(shoulder, elbow, 0.9), r * 0.95)), near_m=0.01),
        ]
    belly = [(local(hips, (side * build.hip_m * 0.9, build.hip_m * 0.5, 0.0)), build.hip_m * 1.1) for side in (1, -1)]
    blobs += [
        Blob(
            build.trousers,
            (
                ((0.0, 0.0, 0.0), build.hip_m * 1.3),
                *((local(hips, (s * build.hip_m, 0.0, 0.0)), r * 1.5) for s in (1, -1)),
            ),
        ),
        Blob(build.shirt, (*shoulders, *belly), near_m=0.005),
        Blob(
            build.skin,
            ((add(neck, chest[1], -0.01), r * 0.9), (add(neck, chest[1], build.neck_m * 0.4), r * 0.9)),
            near_m=-0.02,
        ),
    ]
    blobs += _hair(build, top, head)
    return Shape(tuple(blobs), Head(top, build.head_m, head, trunk.asleep, build.skin, build.hair)), lowest_m(contacts)


def _hair(build: Build, top: Vec, head: Frame3) -> list[Blob]:
    """Hair beside the skull: two bunches for the child, a bun and a long back for the adult."""
    size = build.head_m

    def spot(left: float, up: float, forward: float) -> Vec:
        return add(top, local(head, (left * size, up * size, forward * size)))

    if build.long_hair:
        return [
            Blob(build.hair, ((spot(0, 0.1, -0.35), size * 0.95), (spot(0, -0.95, -0.45), size * 0.62))),
            Blob(build.hair, ((spot(0, 0.95, -0.5), size * 0.42),)),
        ]
    bunches = []
    for side in (1.0, -1.0):
        root, tip = spot(side * 0.95, 0.38, -0.3), spot(side * 1.32, -0.12, -0.38)
        bunches += [
            Blob(build.hair, ((root, size * 0.24), (spot(side * 1.36, 0.3, -0.36), size * 0.3), (tip, size * 0.18))),
            Blob(build.shirt, ((spot(side * 1.02, 0.38, -0.3), size * 0.15),), near_m=0.01),
        ]
    return bunches


def _reach(shoulder: Vec, elbow: Vec, hand: Vec, target: Vec, pull: float) -> tuple[Vec, Vec]:
    """Pull the hand to a target as far as the arm is long; the elbow bends on the side where it was."""
    upper_m, lower_m = length(sub(elbow, shoulder)), length(sub(hand, elbow))
    way = sub(lerp(hand, target, pull), shoulder)
    reach_m = min(max(length(way), 0.03), (upper_m + lower_m) * 0.999)
    along = unit(way)
    elbow_m = (upper_m**2 - lower_m**2 + reach_m**2) / (2 * reach_m)
    aside = sub(elbow, shoulder)
    aside = unit(add(aside, along, -dot(aside, along)))
    height_m = math.sqrt(max(0.0, upper_m**2 - elbow_m**2))
    return add(add(shoulder, along, elbow_m), aside, height_m), add(shoulder, along, reach_m)
