"""From an actor's state to its shape: rounded blobs in the world, coloured, plus a face.

A blob is the convex hull of balls, so a limb is two balls and a trunk four. The same blobs are painted, throw the
shadow and tell where in the picture a figure is. Pixels do not belong here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from livemon.scenes.actions import Kind, State
from livemon.scenes.geometry import (
    HEIGHT_PX,
    WIDTH_PX,
    Frame3,
    Vec,
    add,
    blend,
    dot,
    length,
    lerp,
    local,
    neg,
    project,
    sub,
    turn,
    unit,
    upright,
)
from livemon.scenes.pose import Limb

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255, in daylight."""
Ball = tuple[Vec, float]
"""Centre and radius in metres."""


@dataclass(frozen=True, slots=True)
class Blob:
    """The convex hull of some balls. `near_m` moves it towards the camera in the order of painting only."""

    colour: Colour
    balls: tuple[Ball, ...]
    near_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Head:
    """A head with a face: where it is, where it looks, and its colours."""

    centre: Vec
    radius_m: float
    frame: Frame3
    asleep: float
    skin: Colour
    hair: Colour


@dataclass(frozen=True, slots=True)
class Shape:
    """All that is to be painted of one actor."""

    blobs: tuple[Blob, ...]
    head: Head | None = None

    @property
    def balls(self) -> list[Ball]:
        """Every ball of every blob, the head included."""
        balls = [ball for blob in self.blobs for ball in blob.balls]
        return balls + ([(self.head.centre, self.head.radius_m)] if self.head else [])


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
    head_m=0.125, neck_m=0.135, trunk_m=0.25, shoulder_m=0.088, hip_m=0.058, arm_m=0.14, leg_m=0.185,
    limb_m=0.040, foot_m=0.075, hair=(92, 58, 40), shirt=(232, 104, 92), sleeve=(238, 186, 158),
    trousers=(62, 84, 128), shoe=(246, 240, 228), skin=(244, 198, 170), long_hair=False,
)  # fmt: skip
ADULT = Build(
    head_m=0.122, neck_m=0.17, trunk_m=0.46, shoulder_m=0.155, hip_m=0.095, arm_m=0.27, leg_m=0.395,
    limb_m=0.054, foot_m=0.13, hair=(58, 44, 46), shirt=(86, 128, 116), sleeve=(86, 128, 116),
    trousers=(70, 66, 84), shoe=(168, 120, 84), skin=(236, 188, 158), long_hair=True,
)  # fmt: skip
FUR, FUR_LIGHT, FUR_DARK = (120, 122, 134), (226, 224, 222), (84, 86, 98)
BALL_M, BLOCK_M = 0.10, 0.085
"""Radius of the ball, edge of a block."""


def shape(kind: Kind, state: State, name: str = "") -> Shape:
    """Return what an actor in this state looks like, standing or lying on its support."""
    match kind:
        case Kind.CHILD:
            return _grounded(_person(CHILD, state), state)
        case Kind.ADULT:
            return _grounded(_person(ADULT, state), state)
        case Kind.CAT:
            return _grounded(_cat(state), state)
        case Kind.BALL:
            return Shape((Blob((247, 200, 92), ((add(state.at, (0.0, BALL_M, 0.0)), BALL_M),)),))
        case Kind.BLOCK:
            half = BLOCK_M / 2
            corners = [(x, y, z) for x in (-half, half) for y in (0.0, BLOCK_M) for z in (-half, half)]
            return Shape((Blob(BLOCK_COLOURS[name], tuple((add(state.at, c), 0.0) for c in corners)),))


BLOCK_COLOURS: dict[str, Colour] = {
    "red": (226, 110, 96),
    "yellow": (246, 202, 100),
    "blue": (104, 158, 200),
    "green": (132, 184, 130),
}


def box_px(of: Shape) -> tuple[float, float, float, float]:
    """Return the figure's bounding box (left, top, right, bottom) in pixels, also where it leaves the picture."""
    spots = [(*project(centre), radius) for centre, radius in of.balls]
    return (
        min(x - radius * scale for x, _, scale, radius in spots),
        min(y - radius * scale for _, y, scale, radius in spots),
        max(x + radius * scale for x, _, scale, radius in spots),
        max(y + radius * scale for _, y, scale, radius in spots),
    )


def in_picture(box: tuple[float, float, float, float], margin_px: float = 3.0) -> bool:
    """Whether at least `margin_px` of a box can be seen."""
    left, top, right, bottom = box
    return right > margin_px and left < WIDTH_PX - margin_px and bottom > margin_px and top < HEIGHT_PX - margin_px


def _grounded(at_origin: tuple[Shape, float], state: State) -> Shape:
    """Set a figure that was built around its hips down on what carries it."""
    built, lowest_m = at_origin
    shift = add(state.at, (0.0, state.pose.trunk.lift_m - lowest_m, 0.0))

    def moved(balls: tuple[Ball, ...]) -> tuple[Ball, ...]:
        return tuple((add(centre, shift), radius) for centre, radius in balls)

    blobs = tuple(Blob(b.colour, moved(b.balls), b.near_m) for b in built.blobs)
    head = built.head
    if head:
        head = Head(add(head.centre, shift), head.radius_m, head.frame, head.asleep, head.skin, head.hair)
    return Shape(blobs, head)


def _lowest_m(balls: list[Ball]) -> float:
    return min(centre[1] - radius for centre, radius in balls)


def _limb(frame: Frame3, root: Vec, limb: Limb, side: float, upper_m: float, lower_m: float, fold: float) -> Frame3:
    """Return (joint, end, toe direction) of an arm (`fold` 1: bends forward) or a leg (-1: bends back)."""
    cos, sin = math.cos(math.radians(limb.swing)), math.sin(math.radians(limb.swing))
    hang, bend = (0.0, -cos, sin), (0.0, fold * sin, fold * cos)
    outward = blend((side, 0.0, 0.0), neg(hang), limb.out)
    upper = blend(hang, (side, 0.0, 0.0), limb.out)
    bend = blend(bend, neg(outward), limb.twist)
    lower = blend(upper, bend, limb.bend)
    toe = blend(neg(bend), upper, limb.bend)
    joint = add(root, local(frame, upper), upper_m)
    return joint, add(joint, local(frame, lower), lower_m), local(frame, toe)


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


def _person(build: Build, state: State) -> tuple[Shape, float]:
    """Return the shape with the hips at the origin, and its lowest height."""
    pose, r = state.pose, build.limb_m
    trunk = pose.trunk
    hips = turn(upright(state.facing_deg), pitch_deg=trunk.pitch, roll_deg=trunk.roll)
    chest = turn(hips, pitch_deg=trunk.spine, roll_deg=trunk.lean)
    head = turn(chest, yaw_deg=trunk.look, pitch_deg=trunk.nod, roll_deg=trunk.tilt)
    waist = local(hips, (0.0, build.trunk_m * 0.25, 0.0))
    neck = add(waist, chest[1], build.trunk_m * 0.85)
    top = add(add(neck, chest[1], build.neck_m * 0.45), head[1], build.neck_m * 0.75)
    contacts: list[Ball] = [(top, build.head_m), ((0.0, 0.0, 0.0), build.hip_m * 1.25)]
    blobs: list[Blob] = []
    shoulders: list[Ball] = []
    for side, arm, leg in ((1.0, pose.left_arm, pose.left_leg), (-1.0, pose.right_arm, pose.right_leg)):
        hip = local(hips, (side * build.hip_m, 0.0, 0.0))
        knee, ankle, toe_way = _limb(hips, hip, leg, side, build.leg_m, build.leg_m, -1.0)
        toe = add(ankle, toe_way, build.foot_m)
        sole = add(ankle, toe_way, -0.1 * build.foot_m)
        contacts += [(knee, r * 1.1), (ankle, r), (toe, r * 0.8)]
        blobs += [
            Blob(build.trousers, ((hip, r * 1.55), (knee, r * 1.18))),
            Blob(build.trousers, ((knee, r * 1.18), (ankle, r * 0.98))),
            Blob(build.shoe, ((sole, r * 0.98), (toe, r * 0.88)), near_m=0.02),
        ]
        shoulder = add(add(neck, chest[1], -r * 1.1), chest[0], side * build.shoulder_m)
        elbow, hand, _ = _limb(chest, shoulder, arm, side, build.arm_m, build.arm_m * 0.95, 1.0)
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
        Blob(build.trousers, (((0.0, 0.0, 0.0), build.hip_m * 1.3), *((local(hips, (s * build.hip_m, 0.0, 0.0)), r * 1.5) for s in (1, -1)))),
        Blob(build.shirt, (*shoulders, *belly), near_m=0.005),
        Blob(build.skin, ((add(neck, chest[1], -0.01), r * 0.9), (add(neck, chest[1], build.neck_m * 0.4), r * 0.9)), near_m=-0.02),
    ]  # fmt: skip
    blobs += _hair(build, top, head)
    lowest_m = _lowest_m(contacts)
    return Shape(tuple(blobs), Head(top, build.head_m, head, trunk.asleep, build.skin, build.hair)), lowest_m


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


def _cat(state: State) -> tuple[Shape, float]:
    """Return the cat with its hips at the origin, and its lowest height; fore legs are the pose's arms."""
    pose, size = state.pose, 1.0
    body = turn(upright(state.facing_deg), pitch_deg=pose.trunk.pitch)

    def spot(frame: Frame3, at: Vec, left: float, up: float, forward: float) -> Vec:
        return add(at, local(frame, (left * size, up * size, forward * size)))

    hips = (0.0, 0.0, 0.0)
    chest = spot(body, hips, 0, 0.0, 0.27)
    level = turn(upright(state.facing_deg), yaw_deg=pose.trunk.look, pitch_deg=pose.trunk.nod + pose.trunk.pitch)
    head = spot(level, spot(body, chest, 0, 0.06, 0.06), 0, 0.055, 0.075)
    blobs = [
        Blob(FUR, ((hips, 0.082), (spot(body, hips, 0, 0.012, 0.13), 0.086), (chest, 0.08))),
        Blob(FUR_LIGHT, ((spot(body, chest, 0, -0.02, 0.04), 0.052),), near_m=0.02),
        Blob(FUR, ((chest, 0.07), (head, 0.05))),
        *(
            Blob(FUR_DARK, ((spot(body, hips, -0.045, 0.072, f), 0.011), (spot(body, hips, 0.045, 0.072, f), 0.011)), near_m=0.05)
            for f in (0.02, 0.09, 0.16)
        ),
    ]  # fmt: skip
    contacts: list[Ball] = [(hips, 0.082)]
    for side, fore, hind in ((1.0, pose.left_arm, pose.left_leg), (-1.0, pose.right_arm, pose.right_leg)):
        near_m = 0.0
        for root, limb, width_m, fold in (
            (spot(body, chest, side * 0.045, -0.03, 0), fore, 0.030, 1.0),
            (spot(body, hips, side * 0.045, -0.02, 0), hind, 0.036, -1.0),
        ):
            knee, paw, _ = _limb(body, root, limb, side, 0.10, 0.10, fold)
            contacts.append((paw, 0.024))
            blobs += [
                Blob(FUR, ((root, width_m * 1.3), (knee, width_m * 0.9)), near_m),
                Blob(FUR, ((knee, width_m * 0.85), (paw, 0.024)), near_m),
                Blob(FUR_LIGHT, ((paw, 0.026), (spot(body, paw, 0, 0, 0.022), 0.022)), near_m + 0.005),
            ]
    tail_up = 0.5 + 0.5 * math.cos(math.radians(pose.trunk.pitch * 2.1))
    sway = 0.03 * math.sin(math.radians(state.at[0] * 300)) + pose.trunk.look * 0.001
    tail = [hips, spot(body, hips, 0, 0.05, -0.10)]
    tail += [add(tail[1], (sway, 0.12 * tail_up + 0.0, 0.0)), add(tail[1], (2.4 * sway, 0.22 * tail_up - 0.05 * (1 - tail_up), 0.02))]  # fmt: skip
    blobs += [Blob(FUR, ((a, 0.028 - 0.004 * i), (b, 0.026 - 0.004 * i))) for i, (a, b) in enumerate(zip(tail, tail[1:], strict=False))]  # fmt: skip
    for side in (1.0, -1.0):
        base, tip = spot(level, head, side * 0.042, 0.05, 0.0), spot(level, head, side * 0.056, 0.108, 0.0)
        blobs.append(Blob(FUR_DARK, ((base, 0.028), (tip, 0.006)), near_m=0.01))
        eye = spot(level, head, side * 0.03, 0.016, 0.068)
        blobs.append(Blob((52, 60, 48), ((eye, 0.0105),), near_m=0.02))
    blobs += [
        Blob(FUR, ((head, 0.073),), near_m=0.03),
        Blob(FUR_LIGHT, ((spot(level, head, 0, -0.028, 0.05), 0.032),), near_m=0.045),
        Blob((222, 150, 148), ((spot(level, head, 0, -0.012, 0.082), 0.010),), near_m=0.04),
    ]
    return Shape(tuple(blobs)), _lowest_m(contacts)
