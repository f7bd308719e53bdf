"""Stage of all clips: places of things and people, and the actions that recur.

Places are (x, support height, z) in metres, see `geometry`.
"""

from __future__ import annotations

from livemon.sim.scenes import pose
from livemon.sim.scenes.actions import Action, ActionLabel, Actor, Kind, State
from livemon.sim.scenes.geometry import Vec
from livemon.sim.scenes.pose import Motion

HOME: Vec = (0.42, 0.0, 1.42)
LEFT_DOOR: Vec = (-2.45, 0.0, 2.12)
BALL_SPOT: Vec = (1.02, 0.0, 1.90)
TOWER: Vec = (0.40, 0.0, 1.70)
BLOCK_SPOTS: dict[str, Vec] = {
    "blue": TOWER,
    "red": (0.20, 0.0, 1.63),
    "yellow": (0.27, 0.0, 1.75),
    "green": (0.15, 0.0, 1.50),
}
BLOCK_TOP_M = 0.085
ON_SOFA: Vec = (-1.52, 0.36, 0.52)
ON_MAT: Vec = (-1.36, 0.05, 1.58)
SITTING = State(HOME, 0.0, pose.SIT)

PLAYS = ActionLabel("child_plays", "info", "child sits on the rug and plays with the blocks")
STANDS = ActionLabel("person_stands", "info", "child stands")
WALKS = ActionLabel("person_walks", "info", "child walks through the room")


def toys(*moving: Actor) -> tuple[Actor, ...]:
    """Return the toys: those given, and the others where they always lie."""
    names = {actor.name for actor in moving if actor.kind is Kind.BLOCK}
    still = [Actor(Kind.BLOCK, State(at), (), name) for name, at in BLOCK_SPOTS.items() if name not in names]
    if not any(actor.kind is Kind.BALL for actor in moving):
        still.append(Actor(Kind.BALL, State(BALL_SPOT)))
    return (*moving, *still)


def lasts_s(kind: Kind, start: State, actions: tuple[Action, ...]) -> float:
    """Return how long actions take, so that others can wait for them."""
    return Actor(kind, start, actions).duration_s


def stand_up(facing_deg: float = 0.0) -> tuple[Action, ...]:
    """Rise from sitting or kneeling."""
    return Action(0.7, pose=pose.CROUCH, facing_deg=facing_deg), Action(0.7, pose=pose.STAND)


def sit_down(facing_deg: float = 0.0) -> tuple[Action, ...]:
    """Sit down cross-legged."""
    return Action(0.7, pose=pose.CROUCH, facing_deg=facing_deg), Action(0.6, pose=pose.SIT)


def walk(to: Vec, speed_mps: float = 0.85, facing_deg: float | None = None, said: ActionLabel | None = None) -> Action:
    """Walk somewhere, upright."""
    return Action(to=to, speed_mps=speed_mps, facing_deg=facing_deg, motion=Motion.WALK, pose=pose.STAND, said=said)


def prowl(to: Vec, facing_deg: float | None = None) -> Action:
    """Let the cat walk somewhere."""
    return Action(to=to, speed_mps=0.42, motion=Motion.CAT_WALK, pose=pose.CAT_STAND, facing_deg=facing_deg)
