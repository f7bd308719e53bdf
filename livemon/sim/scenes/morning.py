"""The first half of the day: play, climb, fall, a grown-up comes. See `day` for how clips fit together."""

from __future__ import annotations

from livemon.sim.scenes import pose
from livemon.sim.scenes.actions import Action, ActionLabel, Actor, Ease, Kind, State
from livemon.sim.scenes.clip import SceneClip
from livemon.sim.scenes.geometry import add
from livemon.sim.scenes.light import MORNING, NOON
from livemon.sim.scenes.pose import Motion
from livemon.sim.scenes.stage import (
    BALL_SPOT,
    BLOCK_SPOTS,
    BLOCK_TOP_M,
    HOME,
    ON_SOFA,
    PLAYS,
    SITTING,
    STANDS,
    TOWER,
    WALKS,
    lasts_s,
    sit_down,
    stand_up,
    toys,
    walk,
)


def play() -> SceneClip:
    """Stack three blocks on the fourth, knock the tower over, get up and dance."""
    grasp = (0.0, BLOCK_TOP_M + 0.02, 0.0)
    child: list[Action] = [Action(1.2, motion=Motion.FIDGET, said=PLAYS)]
    moves: dict[str, list[Action]] = {}
    clock_s = 1.2
    for level, name in enumerate(("red", "yellow", "green"), start=1):
        target = add(TOWER, (0.0, level * BLOCK_TOP_M, 0.0))
        child += [
            Action(0.6, pose=pose.SIT_REACH, hand=add(BLOCK_SPOTS[name], grasp), said=PLAYS),
            Action(0.9, hand=add(target, grasp), arc_m=0.09, said=PLAYS),
            Action(0.5, pose=pose.SIT, said=PLAYS),
        ]
        moves[name] = [Action(clock_s + 0.6), Action(0.9, to=target, arc_m=0.09)]
        clock_s += 2.0
    child += [
        Action(0.5, pose=pose.SIT_CHEER, said=PLAYS),
        Action(1.2, motion=Motion.FIDGET, said=PLAYS),
        Action(0.5, pose=pose.SIT_REACH, hand=add(TOWER, (0.17, 0.22, -0.03)), said=PLAYS),
        Action(0.4, hand=add(TOWER, (-0.12, 0.18, 0.0)), said=PLAYS),
    ]
    clock_s += 0.5 + 1.2 + 0.5 + 0.15
    blocks = []
    for name, steps in moves.items():
        wait_s = clock_s - sum(step.duration_s for step in steps)
        fall = Action(0.55, to=BLOCK_SPOTS[name], arc_m=0.05, ease=Ease.FALL)
        blocks.append(Actor(Kind.BLOCK, State(BLOCK_SPOTS[name]), (*steps, Action(wait_s), fall), name))
    dances = ActionLabel("child_plays", "info", "child stands on the rug and dances")
    child += [
        Action(0.6, pose=pose.SIT_CHEER, said=PLAYS),
        Action(0.9, motion=Motion.FIDGET, said=PLAYS),
        *stand_up(),
        Action(5.4, motion=Motion.DANCE, said=dances),
        Action(
            2.4, motion=Motion.WAVE, said=ActionLabel("person_stands", "info", "child stands and waves at the camera")
        ),
        *sit_down(),
        Action(1.4, motion=Motion.FIDGET, said=PLAYS),
    ]
    return SceneClip(
        "01_play.mp4",
        "A playroom in the morning: a child builds a tower of blocks, knocks it over, dances and sits down again.",
        (Actor(Kind.CHILD, SITTING, tuple(child)), *toys(*blocks)),
        MORNING,
        tags=("child", "play"),
    )


def walk_and_climb() -> SceneClip:
    """Walk to the sofa, climb on it, bounce, climb down, walk out."""
    before_sofa = (ON_SOFA[0], 0.0, 1.02)
    climbs = ActionLabel("child_climbs", "warning", "child climbs on the sofa")
    bounces = ActionLabel("child_plays", "warning", "child stands and bounces on the sofa")
    down = ActionLabel("child_climbs_down", "warning", "child climbs down from the sofa")
    actions = (
        Action(2.0, motion=Motion.FIDGET, said=PLAYS),
        *stand_up(),
        walk((-0.5, 0.0, 1.25), said=WALKS),
        walk(before_sofa, facing_deg=180, said=WALKS),
        Action(0.8, pose=pose.CLIMB, said=climbs),
        Action(1.3, to=ON_SOFA, pose=pose.CROUCH, said=climbs),
        Action(0.9, pose=pose.STAND, facing_deg=10, said=climbs),
        Action(4.4, motion=Motion.BOUNCE, said=bounces),
        Action(0.5, pose=pose.CHEER, said=bounces),
        Action(1.2, motion=Motion.FIDGET, said=bounces),
        Action(0.8, pose=pose.CROUCH, facing_deg=0, said=down),
        Action(0.9, to=before_sofa, arc_m=0.04, said=down),
        Action(0.6, pose=pose.STAND, said=down),
        Action(1.4, motion=Motion.WAVE, said=STANDS),
        walk((-0.2, 0.0, 1.98), said=WALKS),
        walk((2.75, 0.0, 2.0), said=WALKS),
    )
    return SceneClip(
        "02_walk_and_climb.mp4",
        "Morning: the child walks to the sofa, climbs on it, bounces, climbs down and leaves to the right.",
        (Actor(Kind.CHILD, SITTING, actions), *toys()),
        MORNING,
        tags=("child", "climb", "enter_leave"),
        tail_s=1.0,
    )


def fall() -> SceneClip:
    """Come in, stand, run, stumble, lie for ten seconds, get up, go and play."""
    falls = ActionLabel("person_falls", "danger", "running child stumbles and falls to the floor")
    lies = ActionLabel("person_lies", "danger", "child lies on the floor after the fall and hardly moves")
    lane_m = 2.06
    actions = (
        Action(1.5),
        walk((1.22, 0.0, lane_m), 1.0, facing_deg=-20, said=WALKS),
        Action(1.6, motion=Motion.WAVE, said=STANDS),
        Action(
            to=(0.62, 0.0, lane_m),
            speed_mps=1.35,
            motion=Motion.RUN,
            said=ActionLabel("person_runs", "info", "child runs to the left"),
        ),
        Action(0.3, to=(0.36, 0.0, lane_m), pose=pose.STUMBLE, said=falls),
        Action(0.45, to=(0.12, 0.0, lane_m), pose=pose.LIE_FRONT, ease=Ease.FALL, said=falls),
        Action(10.5, motion=Motion.BREATHE, said=lies),
        Action(1.3, pose=pose.ALL_FOURS),
        Action(1.0, pose=pose.KNEEL, facing_deg=-40),
        Action(1.0, pose=pose.SIT_LEGS_OUT, facing_deg=0),
        Action(1.8, motion=Motion.FIDGET, said=ActionLabel("person_sits", "info", "child sits up on the floor")),
        Action(0.8, pose=pose.CROUCH),
        Action(0.8, pose=pose.STAND),
        Action(1.0, motion=Motion.FIDGET, said=STANDS),
        walk((0.86, 0.0, 1.62), 0.7, said=WALKS),
        walk(HOME, 0.7, facing_deg=0, said=WALKS),
        *sit_down(),
        Action(1.5, motion=Motion.FIDGET, said=PLAYS),
    )
    return SceneClip(
        "03_fall.mp4",
        "Noon: the child comes in, runs, stumbles and falls, lies on the floor for ten seconds, gets up and plays.",
        (Actor(Kind.CHILD, State((2.75, 0.0, lane_m), -90), actions), *toys()),
        NOON,
        tags=("child", "fall", "enter_leave"),
    )


def grown_up() -> SceneClip:
    """Kneel beside the child, roll the ball to and fro, leave together."""
    beside, adult_end, child_end = (1.50, 0.0, 1.62), (1.16, 0.0, 1.64), (0.76, 0.0, 1.56)
    plays = ActionLabel("person_plays", "info", "adult kneels on the rug and rolls a ball to the child and back")
    adult_start = State((3.0, 0.0, 1.45), -90)
    arrives = (
        Action(1.5),
        walk(beside, 0.95, facing_deg=-85, said=ActionLabel("person_walks", "info", "adult comes to the child")),
        Action(1.2, pose=pose.KNEEL, said=plays),
    )
    ready_s = lasts_s(Kind.ADULT, adult_start, arrives)
    push_s, roll_s, passes = 0.5, 0.9, 6
    adult, child, ball = list(arrives), [Action(ready_s - 1.0, motion=Motion.FIDGET, said=PLAYS)], []
    catch = ActionLabel("child_plays", "info", "child rolls a ball to the adult and back")
    child.append(Action(1.0, facing_deg=78, said=catch))
    ball += [Action(ready_s - 0.6), Action(0.6, to=adult_end)]
    for turn in range(passes):
        adults_turn = turn % 2 == 0
        adult_pose, child_pose = (pose.KNEEL_REACH, pose.SIT) if adults_turn else (pose.KNEEL, pose.SIT_REACH)
        adult += [
            Action(push_s, pose=adult_pose, said=plays),
            Action(roll_s, pose=pose.KNEEL if adults_turn else pose.KNEEL_REACH, said=plays),
        ]
        child += [
            Action(push_s, pose=child_pose, said=catch),
            Action(roll_s, pose=pose.SIT_REACH if adults_turn else pose.SIT, said=catch),
        ]
        ball += [Action(push_s), Action(roll_s, to=child_end if adults_turn else adult_end, ease=Ease.ROLL)]
    ball.append(Action(0.8, to=BALL_SPOT, ease=Ease.ROLL))
    child += [
        Action(0.5, pose=pose.SIT_CHEER, said=catch),
        Action(1.3, motion=Motion.FIDGET, said=catch),
        *stand_up(80),
        Action(0.8, motion=Motion.FIDGET, said=STANDS),
        walk((1.0, 0.0, 1.36), 0.7, said=WALKS),
        walk((2.85, 0.0, 1.30), 0.85, said=WALKS),
    ]
    leaves = ActionLabel("person_walks", "info", "adult walks out before the child")
    adult += [
        Action(2.0, pose=pose.KNEEL, motion=Motion.FIDGET, said=plays),
        Action(1.3, pose=pose.STAND, said=ActionLabel("person_stands", "info", "adult gets up")),
        Action(0.7, facing_deg=20),
        walk((3.1, 0.0, 1.50), 0.8, said=leaves),
    ]
    return SceneClip(
        "04_grown_up.mp4",
        "Noon: an adult comes in, kneels beside the child, they roll a ball to and fro, and leave together.",
        (
            Actor(Kind.CHILD, SITTING, tuple(child)),
            Actor(Kind.ADULT, adult_start, tuple(adult)),
            *toys(Actor(Kind.BALL, State(BALL_SPOT), tuple(ball))),
        ),
        NOON,
        tags=("child", "adult", "play", "enter_leave"),
        tail_s=1.5,
    )
