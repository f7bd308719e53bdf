"""The second half of the day: the cat, a nap, lights off, ball and cat. See `day` for how clips fit together."""

from __future__ import annotations

from livemon.sim.scenes import pose
from livemon.sim.scenes.actions import Action, ActionLabel, Actor, Ease, Kind, State
from livemon.sim.scenes.clip import SceneClip, Switch
from livemon.sim.scenes.light import AFTERNOON, DARK, EVENING
from livemon.sim.scenes.pose import Motion
from livemon.sim.scenes.stage import (
    BALL_SPOT,
    HOME,
    LEFT_DOOR,
    ON_MAT,
    PLAYS,
    STANDS,
    WALKS,
    lasts_s,
    prowl,
    sit_down,
    toys,
    walk,
)


def cat_alone() -> SceneClip:
    """Return a clip of an empty room for eleven seconds; then the cat walks through, sits down, washes and goes."""
    actions = (
        Action(11.0),
        prowl((-0.35, 0.0, 2.02), facing_deg=48),
        Action(0.9, pose=pose.CAT_SIT),
        Action(1.2, motion=Motion.BREATHE),
        Action(0.5, pose=pose.CAT_SIT_LICK),
        Action(1.4, motion=Motion.BREATHE),
        Action(0.5, pose=pose.CAT_SIT),
        Action(0.7, pose=pose.CAT_STAND),
        prowl((2.35, 0.0, 2.10)),
    )
    return SceneClip(
        "05_cat_alone.mp4",
        "Afternoon: the room is empty for eleven seconds, then the cat walks through from left to right.",
        (Actor(Kind.CAT, State(LEFT_DOOR, 90, pose.CAT_STAND), actions), *toys()),
        AFTERNOON,
        tags=("empty_room", "pet", "animal"),
        tail_s=3.0,
    )


def nap() -> SceneClip:
    """Lie down on the mat on purpose, sleep, wake up, leave."""
    naps = ActionLabel("person_lies", "info", "child lies on the mat and sleeps")
    sits = ActionLabel("person_sits", "info", "child sits on the mat")
    beside_mat = (-0.62, 0.0, 1.98)
    actions = (
        Action(1.0),
        walk((0.9, 0.0, 2.12), said=WALKS),
        walk(beside_mat, said=WALKS),
        walk(ON_MAT, 0.7, facing_deg=0, said=WALKS),
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
        walk(beside_mat, said=WALKS),
        walk((2.75, 0.0, 2.1), said=WALKS),
    )
    return SceneClip(
        "06_nap.mp4",
        "Afternoon: the child comes in, lies down on the mat, naps, wakes up and leaves.",
        (Actor(Kind.CHILD, State((2.75, 0.0, 2.0), -90), actions), *toys()),
        AFTERNOON,
        tags=("child", "nap", "lie_still", "hard_negative_fall", "enter_leave"),
        tail_s=1.0,
    )


def lights_off() -> SceneClip:
    """Tidy up in the evening; dark for eight seconds once the room is empty; light again and a look around."""
    start = State((3.0, 0.0, 1.2), -90)
    walks = ActionLabel("person_walks", "info", "adult walks through the room")
    looks = ActionLabel("person_stands", "info", "adult stands and looks around")
    visit = (
        Action(1.5),
        walk((1.0, 0.0, 1.15), 0.95, facing_deg=-25, said=walks),
        Action(2.0, motion=Motion.FIDGET, said=looks),
        walk((3.0, 0.0, 1.3), 1.0, said=walks),
    )
    off_s = lasts_s(Kind.ADULT, start, visit) + 0.7
    dark_s, fade_s = 8.4, 0.4
    on_s = off_s + fade_s + dark_s
    again = (
        Action(on_s + 2.2 - lasts_s(Kind.ADULT, start, visit)),
        walk((1.25, 0.0, 1.3), 0.95, facing_deg=-30, said=walks),
        Action(1.6, motion=Motion.FIDGET, said=looks),
        walk((3.0, 0.0, 1.3), 1.0, said=walks),
    )
    return SceneClip(
        "07_lights_off.mp4",
        "Evening: an adult looks in and leaves, the light goes off for eight seconds, then the adult looks in again.",
        (Actor(Kind.ADULT, start, (*visit, *again)), *toys()),
        EVENING,
        switches=(
            Switch(off_s, DARK, fade_s, "the light goes off; nobody is in the room"),
            Switch(on_s, EVENING, fade_s, "the light comes on"),
        ),
        tags=("adult", "lighting_change", "enter_leave"),
        tail_s=1.0,
    )


def ball_and_cat() -> SceneClip:
    """Roll the ball to the cat, which bats it back; the cat goes, the child sits down on the rug."""
    cat_spot, cat_end = (-0.62, 0.0, 2.08), (-0.22, 0.0, 2.08)
    child_start, cat_start = State((2.75, 0.0, 1.85), -90), State(LEFT_DOOR, 90, pose.CAT_STAND)
    plays = ActionLabel("child_plays", "info", "child rolls a ball to the cat")
    comes = (Action(2.5), walk((1.32, 0.0, 1.88), said=WALKS, facing_deg=-80), Action(0.8, pose=pose.KNEEL, said=plays))
    prowls = (Action(0.5), prowl(cat_spot, facing_deg=72), Action(0.8, pose=pose.CAT_SIT))
    ready_s = 1.0 + max(lasts_s(Kind.CHILD, child_start, comes), lasts_s(Kind.CAT, cat_start, prowls))
    child = [*comes, Action(ready_s - lasts_s(Kind.CHILD, child_start, comes), motion=Motion.FIDGET, said=plays)]
    cat = [*prowls, Action(ready_s - lasts_s(Kind.CAT, cat_start, prowls), motion=Motion.BREATHE)]
    bat = pose.CAT_SIT._replace(right_arm=pose.Limb(38, 0, 20))
    ball = [Action(ready_s)]
    for _ in range(2):
        child += [
            Action(0.5, pose=pose.KNEEL_REACH, said=plays),
            Action(0.8, pose=pose.KNEEL, said=plays),
            Action(2.7, motion=Motion.FIDGET, said=plays),
        ]
        ball += [
            Action(0.4),
            Action(1.5, to=cat_end, ease=Ease.ROLL),
            Action(0.35),
            Action(1.5, to=BALL_SPOT, ease=Ease.ROLL),
            Action(0.25),
        ]
        cat += [Action(1.7), Action(0.3, pose=bat), Action(0.25), Action(0.5, pose=pose.CAT_SIT), Action(1.25)]
    child += [
        Action(0.7, pose=pose.STAND, said=plays),
        Action(0.4, pose=pose.CHEER, said=plays),
        Action(0.5, pose=pose.STAND, said=plays),
        Action(1.4, motion=Motion.BOUNCE, said=plays),
        walk((0.95, 0.0, 1.50), 0.75, said=WALKS),
        walk(HOME, 0.75, facing_deg=0, said=WALKS),
        *sit_down(),
        Action(2.0, motion=Motion.FIDGET, said=PLAYS),
    ]
    cat += [Action(1.0, motion=Motion.BREATHE), Action(0.7, pose=pose.CAT_STAND), prowl((-2.35, 0.0, 2.15))]
    return SceneClip(
        "08_ball_and_cat.mp4",
        "Evening: the child rolls a ball to the cat, which bats it back; the cat leaves, the child sits down to play.",
        (
            Actor(Kind.CHILD, child_start, tuple(child)),
            Actor(Kind.CAT, cat_start, tuple(cat)),
            *toys(Actor(Kind.BALL, State(BALL_SPOT), tuple(ball))),
        ),
        EVENING,
        tags=("child", "pet", "animal", "play", "enter_leave"),
        tail_s=1.0,
    )
