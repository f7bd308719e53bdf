"""Shapes of actors in the room, computed from their states. Pixels do not belong here."""

from __future__ import annotations

from dataclasses import replace

from livemon.sim.scenes.actions import Kind, State
from livemon.sim.scenes.cat import cat
from livemon.sim.scenes.geometry import add
from livemon.sim.scenes.person import ADULT, CHILD, person
from livemon.sim.scenes.shapes import Ball, Blob, Colour, Shape

BALL_M, BLOCK_M = 0.10, 0.085
"""Radius of the ball, edge of a block."""
BLOCK_COLOURS: dict[str, Colour] = {
    "red": (226, 110, 96),
    "yellow": (246, 202, 100),
    "blue": (104, 158, 200),
    "green": (132, 184, 130),
}


def shape(kind: Kind, state: State, name: str = "") -> Shape:
    """Return what an actor in this state looks like, standing or lying on its support."""
    match kind:
        case Kind.CHILD:
            return _grounded(person(CHILD, state), state)
        case Kind.ADULT:
            return _grounded(person(ADULT, state), state)
        case Kind.CAT:
            return _grounded(cat(state), state)
        case Kind.BALL:
            return Shape((Blob((247, 200, 92), ((add(state.at, (0.0, BALL_M, 0.0)), BALL_M),)),))
        case Kind.BLOCK:
            half = BLOCK_M / 2
            corners = [(x, y, z) for x in (-half, half) for y in (0.0, BLOCK_M) for z in (-half, half)]
            return Shape((Blob(BLOCK_COLOURS[name], tuple((add(state.at, c), 0.0) for c in corners)),))


def _grounded(at_origin: tuple[Shape, float], state: State) -> Shape:
    """Set a figure that was built around its hips down on what carries it."""
    built, lowest = at_origin
    shift = add(state.at, (0.0, state.pose.trunk.lift_m - lowest, 0.0))

    def moved(balls: tuple[Ball, ...]) -> tuple[Ball, ...]:
        return tuple((add(centre, shift), radius) for centre, radius in balls)

    blobs = tuple(Blob(b.colour, moved(b.balls), b.near_m) for b in built.blobs)
    head = built.head and replace(built.head, centre=add(built.head.centre, shift))
    return Shape(blobs, head)
