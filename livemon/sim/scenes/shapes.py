"""Building blocks of figures: balls, the blobs around them, heads; and the bending of a limb.

A blob is the convex hull of balls, so a limb is two balls and a trunk four. The same blobs are painted, throw the
shadow and give the figure's box in the picture. Limbs and colours of an actor live in figures.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from livemon.sim.scenes.geometry import HEIGHT_PX, WIDTH_PX, Frame3, Vec, add, blend, local, neg, project
from livemon.sim.scenes.pose import Limb

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255, in daylight."""
Ball = tuple[Vec, float]
"""Centre and radius in metres."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels, also outside the picture."""


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


def box_px(of: Shape) -> Box:
    """Return the figure's bounding box in the picture."""
    spots = [(*project(centre), radius) for centre, radius in of.balls]
    return (
        min(x - radius * scale for x, _, scale, radius in spots),
        min(y - radius * scale for _, y, scale, radius in spots),
        max(x + radius * scale for x, _, scale, radius in spots),
        max(y + radius * scale for _, y, scale, radius in spots),
    )


def in_picture(box: Box, margin_px: float = 3.0) -> bool:
    """Whether at least `margin_px` of a box can be seen."""
    left, top, right, bottom = box
    return right > margin_px and left < WIDTH_PX - margin_px and bottom > margin_px and top < HEIGHT_PX - margin_px


def lowest_m(balls: list[Ball]) -> float:
    """Return the height of the lowest point of any ball."""
    return min(centre[1] - radius for centre, radius in balls)


def bend_limb(
    frame: Frame3, root: Vec, limb: Limb, side: float, upper_m: float, lower_m: float, fold: float
) -> tuple[Vec, Vec, Vec]:
    """Return (joint, end, toe direction) of an arm (`fold` 1: bends forward) or a leg (-1: bends back).

    `side` is 1 for the left one, -1 for the right; the limb hangs from `root` in the body's `frame`.
    """
    cos, sin = math.cos(math.radians(limb.swing)), math.sin(math.radians(limb.swing))
    hang, bend = (0.0, -cos, sin), (0.0, fold * sin, fold * cos)
    outward = blend((side, 0.0, 0.0), neg(hang), limb.out)
    upper = blend(hang, (side, 0.0, 0.0), limb.out)
    bend = blend(bend, neg(outward), limb.twist)
    lower = blend(upper, bend, limb.bend)
    toe = blend(neg(bend), upper, limb.bend)
    joint = add(root, local(frame, upper), upper_m)
    return joint, add(joint, local(frame, lower), lower_m), local(frame, toe)
