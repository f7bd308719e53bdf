"""The cat's shape from a pose: the pose's arms are its fore legs, a trunk pitched back sits.

Built with the hips at the origin; `figures` sets it down on what carries it.
"""

from __future__ import annotations

import math
from itertools import pairwise

from livemon.sim.scenes.actions import State
from livemon.sim.scenes.geometry import Frame3, Vec, add, local, turn, upright
from livemon.sim.scenes.shapes import Ball, Blob, Shape, bend_limb, lowest_m

FUR, FUR_LIGHT, FUR_DARK = (120, 122, 134), (226, 224, 222), (84, 86, 98)


def cat(state: State) -> tuple[Shape, float]:
    """Return the cat with its hips at the origin, and its lowest height; fore legs are the pose's arms."""
    pose = state.pose
    body = turn(upright(state.facing_deg), pitch_deg=pose.trunk.pitch)

    def spot(frame: Frame3, at: Vec, left: float, up: float, forward: float) -> Vec:
        return add(at, local(frame, (left, up, forward)))

    hips = (0.0, 0.0, 0.0)
    chest = spot(body, hips, 0, 0.0, 0.27)
    level = turn(upright(state.facing_deg), yaw_deg=pose.trunk.look, pitch_deg=pose.trunk.nod + pose.trunk.pitch)
    head = spot(level, spot(body, chest, 0, 0.06, 0.06), 0, 0.055, 0.075)
    blobs = [
        Blob(FUR, ((hips, 0.082), (spot(body, hips, 0, 0.012, 0.13), 0.086), (chest, 0.08))),
        Blob(FUR_LIGHT, ((spot(body, chest, 0, -0.02, 0.04), 0.052),), near_m=0.02),
        Blob(FUR, ((chest, 0.07), (head, 0.05))),
        *(
            Blob(
                FUR_DARK,
                ((spot(body, hips, -0.045, 0.072, f), 0.011), (spot(body, hips, 0.045, 0.072, f), 0.011)),
                near_m=0.05,
            )
            for f in (0.02, 0.09, 0.16)
        ),
    ]
    contacts: list[Ball] = [(hips, 0.082)]
    for side, fore, hind in ((1.0, pose.left_arm, pose.left_leg), (-1.0, pose.right_arm, pose.right_leg)):
        near_m = 0.0
        for root, limb, width_m, fold in (
            (spot(body, chest, side * 0.045, -0.03, 0), fore, 0.030, 1.0),
            (spot(body, hips, side * 0.045, -0.02, 0), hind, 0.036, -1.0),
        ):
            knee, paw, _ = bend_limb(body, root, limb, side, 0.10, 0.10, fold)
            contacts.append((paw, 0.024))
            blobs += [
                Blob(FUR, ((root, width_m * 1.3), (knee, width_m * 0.9)), near_m),
                Blob(FUR, ((knee, width_m * 0.85), (paw, 0.024)), near_m),
                Blob(FUR_LIGHT, ((paw, 0.026), (spot(body, paw, 0, 0, 0.022), 0.022)), near_m + 0.005),
            ]
    tail_up = 0.5 + 0.5 * math.cos(math.radians(pose.trunk.pitch * 2.1))
    sway = 0.03 * math.sin(math.radians(state.at[0] * 300)) + pose.trunk.look * 0.001
    tail = [hips, spot(body, hips, 0, 0.05, -0.10)]
    tail += [
        add(tail[1], (sway, 0.12 * tail_up, 0.0)),
        add(tail[1], (2.4 * sway, 0.22 * tail_up - 0.05 * (1 - tail_up), 0.02)),
    ]
    blobs += [Blob(FUR, ((a, 0.028 - 0.004 * i), (b, 0.026 - 0.004 * i))) for i, (a, b) in enumerate(pairwise(tail))]
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
    return Shape(tuple(blobs)), lowest_m(contacts)
