"""Eight days in the playroom, in clips of ten seconds: what the lab tries prompts on when there is no footage yet.

Every day has a climb, a fall on the floor, a fall off the sofa and a nap without a fall. Every other day has quiet
play, too. Light, place, direction and moment differ from day to day. The day of the demo is `day`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

from livemon.sim.scenes import pose
from livemon.sim.scenes.actions import Action, ActionLabel, Actor, Ease, Kind, State
from livemon.sim.scenes.clip import SceneClip
from livemon.sim.scenes.geometry import Vec
from livemon.sim.scenes.light import AFTERNOON, EVENING, MORNING, NOON, Light
from livemon.sim.scenes.pose import Motion
from livemon.sim.scenes.stage import HOME, ON_MAT, ON_SOFA, PLAYS, STANDS, toys

CLIP_S = 10.0
"""One segment of a stream: a look sees all of it."""
LAB_FPS = 5
"""As a stream has after transcoding: more would be rendered only to be left out."""

FALLS_OFF = "falls_off_furniture"

CLIMBS = ActionLabel("child_climbs", "warning", "child climbs on the sofa and stands on it")
FALLS = ActionLabel("person_falls", "danger", "running child stumbles, falls to the floor and stays down")
FALLS_OFF_THE_SOFA = ActionLabel(FALLS_OFF, "danger", "child falls off the sofa and stays down")
NAPS = ActionLabel("person_lies", "info", "child lies down on the mat on purpose and sleeps")

BEFORE_SOFA: Vec = (ON_SOFA[0], 0.0, 1.02)
BESIDE_SOFA: Vec = (-1.02, 0.0, 1.20)


@dataclass(frozen=True, slots=True)
class Variant:
    """Differences of one day.

    Attributes
    ----------
    wait_s
        Quiet time at the beginning of a clip.
    lane_m
        Distance of the child's path from the back wall.
    to_left
        Direction of the run.
    """

    number: int
    light: Light
    wait_s: float
    lane_m: float
    to_left: bool

    @property
    def cluster(self) -> str:
        """Cluster of dependent events: the day."""
        return f"playroom day {self.number}"


VARIANTS = (
    Variant(1, MORNING, 0.4, 2.06, True),
    Variant(2, NOON, 1.2, 1.96, False),
    Variant(3, AFTERNOON, 0.8, 2.10, True),
    Variant(4, EVENING, 1.6, 2.02, False),
    Variant(5, NOON, 0.2, 2.14, True),
    Variant(6, MORNING, 1.4, 1.92, False),
    Variant(7, EVENING, 0.6, 2.08, True),
    Variant(8, AFTERNOON, 1.0, 1.98, False),
)


def lab_clips() -> tuple[SceneClip, ...]:
    """Return the clips of all days, in the order of their names."""
    made: list[SceneClip] = []
    for variant in VARIANTS:
        made += [climb(variant), fall(variant), nap(variant)]
        made += [play(variant)] if variant.number % 2 else []
        made.append(fall_off_the_sofa(variant))
    return tuple(made)


def climb(variant: Variant) -> SceneClip:
    """Climb on the sofa, stand there and bounce, climb down."""
    actions = (
        Action(variant.wait_s, motion=Motion.FIDGET, said=STANDS),
        *_up(),
        Action(2.0, motion=Motion.BOUNCE, said=CLIMBS),
        Action(0.8, pose=pose.CROUCH, facing_deg=0, said=CLIMBS),
        Action(0.9, to=BEFORE_SOFA, arc_m=0.04, said=CLIMBS),
        Action(0.6, pose=pose.STAND),
        Action(CLIP_S, motion=Motion.FIDGET, said=STANDS),
    )
    scene = "the child climbs on the sofa, bounces and climbs down"
    return _clip(variant, "1_climb", scene, State(BEFORE_SOFA, 180.0), actions, ("climb",))


def fall(variant: Variant) -> SceneClip:
    """Run, stumble, fall, and lie there until the clip ends."""
    way = -1.0 if variant.to_left else 1.0
    begin, end = -0.75 * way, 0.35 * way
    at = [(begin, 0.0, variant.lane_m), (end, 0.0, variant.lane_m)]
    lies_at = [(end + step_m * way, 0.0, variant.lane_m) for step_m in (0.26, 0.5)]
    runs = ActionLabel("person_runs", "info", f"running child, to the {'left' if variant.to_left else 'right'}")
    actions = (
        Action(variant.wait_s, motion=Motion.FIDGET, said=STANDS),
        Action(to=at[1], speed_mps=1.35, motion=Motion.RUN, said=runs),
        Action(0.3, to=lies_at[0], pose=pose.STUMBLE, said=FALLS),
        Action(0.45, to=lies_at[1], pose=pose.LIE_FRONT, ease=Ease.FALL, said=FALLS),
        Action(CLIP_S, motion=Motion.BREATHE, said=FALLS),
    )
    scene = "the child runs, stumbles and falls, and lies on the floor"
    return _clip(variant, "2_fall", scene, State(at[0], 90.0 * way), actions, ("fall",))


def nap(variant: Variant) -> SceneClip:
    """Lie down on the mat on purpose, and sleep: what is easily taken for a fall."""
    sits = ActionLabel("person_sits", "info", "child sits on the mat")
    actions = (
        Action(variant.wait_s, motion=Motion.FIDGET, said=sits),
        Action(1.2, pose=pose.PROP_ON_ELBOW, said=sits),
        Action(1.2, pose=pose.LIE_SIDE, said=NAPS),
        Action(CLIP_S, motion=Motion.BREATHE, said=NAPS),
    )
    scene = "the child lies down on the mat on purpose and sleeps"
    start = State(ON_MAT, 0.0, pose.SIT_LEGS_OUT)
    return _clip(variant, "3_nap", scene, start, actions, ("nap", "hard_negative_fall"))


def play(variant: Variant) -> SceneClip:
    """Sit on the rug and play; nothing to tell."""
    actions = (
        Action(variant.wait_s + 1.0, motion=Motion.FIDGET, said=PLAYS),
        Action(0.8, pose=pose.SIT_CHEER, said=PLAYS),
        Action(1.5, motion=Motion.FIDGET, said=PLAYS),
        Action(0.8, pose=pose.SIT, said=PLAYS),
        Action(CLIP_S, motion=Motion.FIDGET, said=PLAYS),
    )
    return _clip(
        variant, "4_play", "the child sits on the rug and plays", State(HOME, 0.0, pose.SIT), actions, ("play",)
    )


def fall_off_the_sofa(variant: Variant) -> SceneClip:
    """Climb on the sofa, bounce, fall off, and lie there until the clip ends."""
    middle: Vec = ((ON_SOFA[0] + BESIDE_SOFA[0]) / 2, 0.30, 1.0)
    actions = (
        Action(variant.wait_s, motion=Motion.FIDGET, said=STANDS),
        *_up(),
        Action(0.6 + variant.wait_s / 2, motion=Motion.BOUNCE, said=CLIMBS),
        Action(0.25, to=middle, pose=pose.STUMBLE, facing_deg=60, said=FALLS_OFF_THE_SOFA),
        Action(0.4, to=BESIDE_SOFA, pose=pose.LIE_FRONT, ease=Ease.FALL, said=FALLS_OFF_THE_SOFA),
        Action(CLIP_S, motion=Motion.BREATHE, said=FALLS_OFF_THE_SOFA),
    )
    scene = "the child climbs on the sofa, bounces, falls off and lies on the floor"
    return _clip(variant, "5_fall_off_sofa", scene, State(BEFORE_SOFA, 180.0), actions, ("climb", "fall"))


def _up() -> tuple[Action, ...]:
    """Climb on the sofa."""
    return (
        Action(0.6, pose=pose.CLIMB, said=CLIMBS),
        Action(1.1, to=ON_SOFA, pose=pose.CROUCH, said=CLIMBS),
        Action(0.7, pose=pose.STAND, facing_deg=10, said=CLIMBS),
    )


def _clip(
    variant: Variant, name: str, scene: str, start: State, actions: tuple[Action, ...], tags: tuple[str, ...]
) -> SceneClip:
    return SceneClip(
        f"day{variant.number}_{name}.mp4",
        f"Day {variant.number}, {variant.light.name}: {scene}.",
        (Actor(Kind.CHILD, start, actions), *toys()),
        variant.light,
        tags=("child", *tags, *(("night",) if variant.light is EVENING else ())),
        length_s=CLIP_S,
        fps=LAB_FPS,
        cluster=variant.cluster,
    )
