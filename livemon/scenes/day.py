"""The script: a day in the playroom in eight clips, in the order of their names.

Only who does what, when and where. Every clip begins and ends with either an empty room or the child sitting on
the rug, toys in their places, so that any clip can follow any other and the last leads back to the first.
Times follow from the actions; nothing here is a label typed by hand except the words.
"""

from __future__ import annotations

from livemon.scenes import pose
from livemon.scenes.actions import Action, Actor, Ease, Kind, Said, State
from livemon.scenes.clip import Clip, Switch
from livemon.scenes.geometry import Vec, add
from livemon.scenes.light import AFTERNOON, DARK, EVENING, MORNING, NOON
from livemon.scenes.pose import Motion

HOME: Vec = (0.42, 0.0, 1.42)
RIGHT_DOOR: Vec = (2.75, 0.0, 1.5)
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

PLAYS = Said("child_plays", "info", "child sits on the rug and plays with the blocks")
STANDS = Said("person_stands", "info", "child stands")
WALKS = Said("person_walks", "info", "child walks through the room")


def clips() -> tuple[Clip, ...]:
    """Return the clips of the day, in order."""
    return (_play(), _walk_and_climb(), _fall(), _grown_up(), _cat_alone(), _nap(), _lights_off(), _ball_and_cat())


def _props(*moving: Actor) -> tuple[Actor, ...]:
    """Return the toys: those given, and the others where they always lie."""
    names = {actor.name for actor in moving if actor.kind is Kind.BLOCK}
    still = [Actor(Kind.BLOCK, State(at), (), name) for name, at in BLOCK_SPOTS.items() if name not in names]
    if not any(actor.kind is Kind.BALL for actor in moving):
        still.append(Actor(Kind.BALL, State(BALL_SPOT)))
    return (*moving, *still)


def _lasts_s(kind: Kind, start: State, actions: tuple[Action, ...]) -> float:
    """Return how long actions take, so that others can wait for them."""
    return Actor(kind, start, actions).duration_s


def _stand_up(facing_deg: float = 0.0) -> tuple[Action, ...]:
    return Action(0.7, pose=pose.CROUCH, facing_deg=facing_deg), Action(0.7, pose=pose.STAND)


def _sit_down(facing_deg: float = 0.0) -> tuple[Action, ...]:
    return Action(0.7, pose=pose.CROUCH, facing_deg=facing_deg), Action(0.6, pose=pose.SIT)


def _walk(to: Vec, speed_mps: float = 0.85, facing_deg: float | None = None, said: Said | None = None) -> Action:
    return Action(to=to, speed_mps=speed_mps, facing_deg=facing_deg, motion=Motion.WALK, pose=pose.STAND, said=said)


def _play() -> Clip:
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
    dances = Said("child_plays", "info", "child stands on the rug and dances")
    child += [
        Action(0.6, pose=pose.SIT_CHEER, said=PLAYS),
        Action(0.9, motion=Motion.FIDGET, said=PLAYS),
        *_stand_up(),
        Action(5.4, motion=Motion.DANCE, said=dances),
        Action(2.4, motion=Motion.WAVE, said=Said("person_stands", "info", "child stands and waves at the camera")),
        *_sit_down(),
        Action(1.4, motion=Motion.FIDGET, said=PLAYS),
    ]
    return Clip(
        "01_play.mp4",
        "A playroom in the morning: a child builds a tower of blocks, knocks it over, dances and sits down again.",
        (Actor(Kind.CHILD, SITTING, tuple(child)), *_props(*blocks)),
        MORNING,
        tags=("child", "play"),
    )


def _walk_and_climb() -> Clip:
    """Walk to the sofa, climb on it, bounce, climb down, walk out."""
    before_sofa = (ON_SOFA[0], 0.0, 1.02)
    climbs = Said("child_climbs", "warning", "child climbs on the sofa")
    bounces = Said("child_plays", "warning", "child stands and bounces on the sofa")
    down = Said("child_climbs_down", "warning", "child climbs down from the sofa")
    actions = (
        Action(2.0, motion=Motion.FIDGET, said=PLAYS),
        *_stand_up(),
        _walk((-0.5, 0.0, 1.25), said=WALKS),
        _walk(before_sofa, facing_deg=180, said=WALKS),
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
        _walk((-0.2, 0.0, 1.98), said=WALKS),
        _walk((2.75, 0.0, 2.0), said=WALKS),
    )
    return Clip(
        "02_walk_and_climb.mp4",
        "Morning: the child walks to the sofa, climbs on it, bounces, climbs down and leaves to the right.",
        (Actor(Kind.CHILD, SITTING, actions), *_props()),
        MORNING,
        tags=("child", "climb", "enter_leave"),
        tail_s=1.0,
    )


def _fall() -> Clip:
    """Come in, stand, run, stumble, lie for ten seconds, get up, go and play."""
    falls = Said("person_falls", "danger", "running child stumbles and falls to the floor")
    lies = Said("person_lies", "danger", "child lies on the floor after the fall and hardly moves")
    lane_m = 2.06
    actions = (
        Action(1.5),
        _walk((1.35, 0.0, lane_m), 1.0, facing_deg=-20, said=WALKS),
        Action(1.6, motion=Motion.WAVE, said=STANDS),
        Action(to=(0.62, 0.0, lane_m), speed_mps=1.35, motion=Motion.RUN, said=Said("person_runs", "info", "child runs to the left")),  # fmt: skip
        Action(0.3, to=(0.36, 0.0, lane_m), pose=pose.STUMBLE, said=falls),
        Action(0.45, to=(0.12, 0.0, lane_m), pose=pose.LIE_FRONT, ease=Ease.FALL, said=falls),
        Action(10.5, motion=Motion.BREATHE, said=lies),
        Action(1.3, pose=pose.ALL_FOURS),
        Action(1.2, pose=pose.SIT_LEGS_OUT, facing_deg=0),
        Action(1.8, motion=Motion.FIDGET, said=Said("person_sits", "info", "child sits up on the floor")),
        Action(0.8, pose=pose.CROUCH),
        Action(0.8, pose=pose.STAND),
        Action(1.0, motion=Motion.FIDGET, said=STANDS),
        _walk((0.86, 0.0, 1.62), 0.7, said=WALKS),
        _walk(HOME, 0.7, facing_deg=0, said=WALKS),
        *_sit_down(),
        Action(1.5, motion=Motion.FIDGET, said=PLAYS),
    )
    return Clip(
        "03_fall.mp4",
        "Noon: the child comes in, runs, stumbles and falls, lies on the floor for ten seconds, gets up and plays.",
        (Actor(Kind.CHILD, State((2.75, 0.0, lane_m), -90), actions), *_props()),
        NOON,
        tags=("child", "fall", "enter_leave"),
    )


def _grown_up() -> Clip:
    """Kneel beside the child, roll the ball to and fro, leave together."""
    beside, adult_end, child_end = (1.50, 0.0, 1.62), (1.16, 0.0, 1.64), (0.76, 0.0, 1.56)
    plays = Said("person_plays", "info", "adult kneels on the rug and rolls a ball to the child and back")
    adult_start = State((3.0, 0.0, 1.45), -90)
    arrives = (
        Action(1.5),
        _walk(beside, 0.95, facing_deg=-85, said=Said("person_walks", "info", "adult comes to the child")),
        Action(1.2, pose=pose.KNEEL, said=plays),
    )
    ready_s = _lasts_s(Kind.ADULT, adult_start, arrives)
    push_s, roll_s, passes = 0.5, 0.9, 6
    adult, child, ball = list(arrives), [Action(ready_s - 1.0, motion=Motion.FIDGET, said=PLAYS)], []
    catch = Said("child_plays", "info", "child rolls a ball to the adult and back")
    child.append(Action(1.0, facing_deg=78, said=catch))
    ball += [Action(ready_s - 0.6), Action(0.6, to=adult_end)]
    for turn in range(passes):
        adults_turn = turn % 2 == 0
        adult_pose, child_pose = (pose.KNEEL_REACH, pose.SIT) if adults_turn else (pose.KNEEL, pose.SIT_REACH)
        adult += [Action(push_s, pose=adult_pose, said=plays), Action(roll_s, pose=pose.KNEEL if adults_turn else pose.KNEEL_REACH, said=plays)]  # fmt: skip
        child += [Action(push_s, pose=child_pose, said=catch), Action(roll_s, pose=pose.SIT_REACH if adults_turn else pose.SIT, said=catch)]  # fmt: skip
        ball += [Action(push_s), Action(roll_s, to=child_end if adults_turn else adult_end, ease=Ease.ROLL)]
    ball.append(Action(0.8, to=BALL_SPOT, ease=Ease.ROLL))
    child += [
        Action(0.5, pose=pose.SIT_CHEER, said=catch),
        Action(1.3, motion=Motion.FIDGET, said=catch),
        *_stand_up(80),
        Action(0.8, motion=Motion.FIDGET, said=STANDS),
        _walk((1.0, 0.0, 1.36), 0.7, said=WALKS),
        _walk((2.85, 0.0, 1.30), 0.85, said=WALKS),
    ]
    leaves = Said("person_walks", "info", "adult walks out before the child")
    adult += [
        Action(2.0, pose=pose.KNEEL, motion=Motion.FIDGET, said=plays),
        Action(1.3, pose=pose.STAND, said=Said("person_stands", "info", "adult gets up")),
        Action(0.7, facing_deg=20),
        _walk((3.1, 0.0, 1.50), 0.8, said=leaves),
    ]
    return Clip(
        "04_grown_up.mp4",
        "Noon: an adult comes in, kneels beside the child, they roll a ball to and fro, and leave together.",
        (
            Actor(Kind.CHILD, SITTING, tuple(child)),
            Actor(Kind.ADULT, adult_start, tuple(adult)),
            *_props(Actor(Kind.BALL, State(BALL_SPOT), tuple(ball))),
        ),
        NOON,
        tags=("child", "adult", "play", "enter_leave"),
        tail_s=1.5,
    )


def _prowl(to: Vec, facing_deg: float | None = None) -> Action:
    return Action(to=to, speed_mps=0.42, motion=Motion.CAT_WALK, pose=pose.CAT_STAND, facing_deg=facing_deg)


def _cat_alone() -> Clip:
    """Nobody for eleven seconds; then the cat walks through, sits down, washes and goes."""
    actions = (
        Action(11.0),
        _prowl((-0.35, 0.0, 2.02), facing_deg=48),
        Action(0.9, pose=pose.CAT_SIT),
        Action(1.2, motion=Motion.BREATHE),
        Action(0.5, pose=pose.CAT_SIT_LICK),
        Action(1.4, motion=Motion.BREATHE),
        Action(0.5, pose=pose.CAT_SIT),
        Action(0.7, pose=pose.CAT_STAND),
        _prowl((2.35, 0.0, 2.10)),
    )
    return Clip(
        "05_cat_alone.mp4",
        "Afternoon: the room is empty for eleven seconds, then the cat walks through from left to right.",
        (Actor(Kind.CAT, State(LEFT_DOOR, 90, pose.CAT_STAND), actions), *_props()),
        AFTERNOON,
        tags=("empty_room", "pet", "animal"),
        tail_s=3.0,
    )


def _nap() -> Clip:
    """Lie down on the mat on purpose, sleep, wake up, leave."""
    naps = Said("person_lies", "info", "child lies on the mat and sleeps")
    sits = Said("person_sits", "info", "child sits on the mat")
    beside_mat = (-0.62, 0.0, 1.98)
    actions = (
        Action(1.0),
        _walk((0.9, 0.0, 2.12), said=WALKS),
        _walk(beside_mat, said=WALKS),
        _walk(ON_MAT, 0.7, facing_deg=0, said=WALKS),
        Action(1.2, pose=pose.CROUCH),
        Action(1.0, pose=pose.SIT_LEGS_OUT, said=sits),
        Action(1.2, motion=Motion.FIDGET, said=sits),
        Action(1.6, pose=pose.PROP_ON_ELBOW, said=sits),
        Action(1.6, pose=pose.LIE_SIDE, said=naps),
        Action(13.0, motion=Motion.BREATHE, said=naps),
        Action(0.8, pose=pose.LIE_SIDE_AWAKE, said=naps),
        Action(1.2, pose=pose.PROP_ON_ELBOW),
        Action(1.0, pose=pose.SIT_LEGS_OUT, said=sits),
        Action(1.2, motion=Motion.FIDGET, said=sits),
        Action(0.8, pose=pose.CROUCH),
        Action(0.7, pose=pose.STAND),
        Action(0.6, pose=pose.CHEER, said=STANDS),
        Action(0.6, pose=pose.STAND, said=STANDS),
        _walk(beside_mat, said=WALKS),
        _walk((2.75, 0.0, 2.1), said=WALKS),
    )
    return Clip(
        "06_nap.mp4",
        "Afternoon: the child comes in, lies down on the mat, naps, wakes up and leaves.",
        (Actor(Kind.CHILD, State((2.75, 0.0, 2.0), -90), actions), *_props()),
        AFTERNOON,
        tags=("child", "nap", "lie_still", "hard_negative_fall", "enter_leave"),
        tail_s=1.0,
    )


def _lights_off() -> Clip:
    """Tidy up in the evening; dark for eight seconds once nobody is there; light again and a look around."""
    start = State((3.0, 0.0, 1.2), -90)
    walks = Said("person_walks", "info", "adult walks through the room")
    looks = Said("person_stands", "info", "adult stands and looks around")
    visit = (
        Action(1.5),
        _walk((1.0, 0.0, 1.15), 0.95, facing_deg=-25, said=walks),
        Action(2.0, motion=Motion.FIDGET, said=looks),
        _walk((3.0, 0.0, 1.3), 1.0, said=walks),
    )
    off_s = _lasts_s(Kind.ADULT, start, visit) + 0.7
    dark_s, fade_s = 8.4, 0.4
    on_s = off_s + fade_s + dark_s
    again = (
        Action(on_s + 2.2 - _lasts_s(Kind.ADULT, start, visit)),
        _walk((1.25, 0.0, 1.3), 0.95, facing_deg=-30, said=walks),
        Action(1.6, motion=Motion.FIDGET, said=looks),
        _walk((3.0, 0.0, 1.3), 1.0, said=walks),
    )
    return Clip(
        "07_lights_off.mp4",
        "Evening: an adult looks in and leaves, the light goes off for eight seconds, comes on, the adult looks in again.",
        (Actor(Kind.ADULT, start, (*visit, *again)), *_props()),
        EVENING,
        switches=(
            Switch(off_s, DARK, fade_s, "the light goes off; nobody is in the room"),
            Switch(on_s, EVENING, fade_s, "the light comes on"),
        ),
        tags=("adult", "lighting_change", "enter_leave"),
        tail_s=1.0,
    )  # fmt: skip


def _ball_and_cat() -> Clip:
    """The child rolls the ball to the cat, which bats it back; the cat goes, the child sits down on the rug."""
    cat_spot, cat_end = (-0.62, 0.0, 2.08), (-0.22, 0.0, 2.08)
    child_start, cat_start = State((2.75, 0.0, 1.85), -90), State(LEFT_DOOR, 90, pose.CAT_STAND)
    plays = Said("child_plays", "info", "child rolls a ball to the cat")
    comes = (Action(2.5), _walk((1.32, 0.0, 1.88), said=WALKS, facing_deg=-80), Action(0.8, pose=pose.KNEEL, said=plays))
    prowls = (Action(0.5), _prowl(cat_spot, facing_deg=72), Action(0.8, pose=pose.CAT_SIT))
    ready_s = 1.0 + max(_lasts_s(Kind.CHILD, child_start, comes), _lasts_s(Kind.CAT, cat_start, prowls))
    child = [*comes, Action(ready_s - _lasts_s(Kind.CHILD, child_start, comes), motion=Motion.FIDGET, said=plays)]
    cat = [*prowls, Action(ready_s - _lasts_s(Kind.CAT, cat_start, prowls), motion=Motion.BREATHE)]
    bat = pose.CAT_SIT._replace(right_arm=pose.Limb(88, 0, 30))
    ball = [Action(ready_s)]
    for _ in range(2):
        child += [
            Action(0.5, pose=pose.KNEEL_REACH, said=plays),
            Action(0.8, pose=pose.KNEEL, said=plays),
            Action(2.7, motion=Motion.FIDGET, said=plays),
        ]
        ball += [Action(0.4), Action(1.5, to=cat_end, ease=Ease.ROLL), Action(0.35), Action(1.5, to=BALL_SPOT, ease=Ease.ROLL), Action(0.25)]  # fmt: skip
        cat += [Action(1.7), Action(0.3, pose=bat), Action(0.25), Action(0.5, pose=pose.CAT_SIT), Action(1.25)]
    child += [
        Action(0.7, pose=pose.STAND, said=plays),
        Action(0.4, pose=pose.CHEER, said=plays),
        Action(1.4, motion=Motion.BOUNCE, said=plays),
        Action(0.5, pose=pose.STAND),
        _walk((0.95, 0.0, 1.50), 0.75, said=WALKS),
        _walk(HOME, 0.75, facing_deg=0, said=WALKS),
        *_sit_down(),
        Action(2.0, motion=Motion.FIDGET, said=PLAYS),
    ]
    cat += [Action(1.0, motion=Motion.BREATHE), Action(0.7, pose=pose.CAT_STAND), _prowl((-2.35, 0.0, 2.15))]
    return Clip(
        "08_ball_and_cat.mp4",
        "Evening: the child rolls a ball to the cat, which bats it back; the cat leaves, the child sits down to play.",
        (
            Actor(Kind.CHILD, child_start, tuple(child)),
            Actor(Kind.CAT, cat_start, tuple(cat)),
            *_props(Actor(Kind.BALL, State(BALL_SPOT), tuple(ball))),
        ),
        EVENING,
        tags=("child", "pet", "animal", "play", "enter_leave"),
        tail_s=1.0,
    )
