"""The state that follows from an actor's actions."""

import pytest

from livemon.sim.scenes import pose
from livemon.sim.scenes.actions import Action, Actor, Kind, State, glide, state_at, turn_deg
from livemon.sim.scenes.day import clips
from livemon.sim.scenes.figures import shape
from livemon.sim.scenes.pose import Motion

WALKER = Actor(
    Kind.CHILD,
    State((0.0, 0.0, 1.0), 0.0),
    (Action(1.0), Action(to=(2.0, 0.0, 1.0), speed_mps=1.0, motion=Motion.WALK), Action(1.0, pose=pose.SIT)),
)


def test_a_walk_lasts_as_long_as_its_way_and_speed_say() -> None:
    assert WALKER.duration_s == pytest.approx(4.0)
    assert state_at(WALKER, 3.0).at == (2.0, 0.0, 1.0)


def test_a_walker_looks_where_it_goes() -> None:
    assert state_at(WALKER, 0.5).facing_deg == 0
    assert state_at(WALKER, 2.0).facing_deg == pytest.approx(90)


def test_an_actor_stays_as_its_last_action_left_it() -> None:
    assert state_at(WALKER, 99.0) == state_at(WALKER, 4.0)
    assert state_at(WALKER, 99.0).pose == pose.SIT


def test_a_turn_takes_the_shorter_way() -> None:
    assert turn_deg(170, -170) == 20
    assert turn_deg(-90, 90) in (-180, 180)


def test_a_glide_never_goes_back() -> None:
    gone = [glide(i / 50, 2.0)[0] for i in range(101)]
    assert gone == sorted(gone)
    assert (gone[0], gone[-1]) == (0.0, 1.0)


def test_figures_stand_on_what_carries_them() -> None:
    for stance in (pose.STAND, pose.SIT, pose.LIE_SIDE, pose.KNEEL):
        figure = shape(Kind.CHILD, State((0.3, 0.36, 1.0), 40.0, stance))
        lowest_m = min(centre[1] - radius for centre, radius in figure.balls)
        assert lowest_m == pytest.approx(0.36, abs=0.05)


def test_no_actor_jumps_between_frames() -> None:
    for clip in clips():
        for actor in clip.actors:
            before = state_at(actor, 0.0)
            for i in range(1, clip.frames):
                after = state_at(actor, i / 15)
                step_m = max(abs(a - b) for a, b in zip(before.at, after.at, strict=True))
                assert step_m < 0.2, (clip.name, actor.kind, i / 15)
                assert abs(turn_deg(before.facing_deg, after.facing_deg)) < 45, (clip.name, actor.kind, i / 15)
                before = after
