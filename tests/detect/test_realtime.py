from datetime import timedelta

from livemon.datatypes import LookReason, MotionSample
from livemon.detect.realtime import LookPlan, LookPolicy, RealtimeEventDetector
from tests.conftest import MORNING

POLICY = LookPolicy(interval_s=45, floor_s=10, heartbeat_s=600)
STILL, BURST = 0.0, 0.2


def segment(index: int, changed: float, moving_frames: int = 50) -> list[MotionSample]:
    """Ten seconds at 5 fps; the first `moving_frames` of them changed by that share."""
    start = MORNING + timedelta(seconds=10 * index)
    return [
        MotionSample(
            start + timedelta(seconds=0.2 * n), level := changed if n < moving_frames else 0.0, 120, 0.3 + 50 * level
        )
        for n in range(50)
    ]


def watch(
    *changes: float, frames: int = 8, policy: LookPolicy = POLICY
) -> tuple[RealtimeEventDetector, list[LookPlan | None]]:
    detector = RealtimeEventDetector(policy, frames)
    return detector, [detector.plan(segment(i, changed)) for i, changed in enumerate(changes)]


def reasons(plans: list[LookPlan | None]) -> list[str | None]:
    return [plan.reason.value if plan else None for plan in plans]


def test_the_first_segment_is_always_looked_at() -> None:
    _, plans = watch(STILL)
    assert reasons(plans) == ["interval"]


def test_a_burst_brings_the_look_forward() -> None:
    _, plans = watch(STILL, STILL, BURST, BURST)
    assert reasons(plans) == ["interval", None, "motion", "motion"]


def test_bursts_come_no_faster_than_the_floor() -> None:
    _, plans = watch(STILL, BURST, BURST, BURST, policy=LookPolicy(45, 25, 600))
    assert reasons(plans) == ["interval", None, None, "motion"]


def test_a_still_scene_is_only_looked_at_by_the_heartbeat() -> None:
    detector, plans = watch(*[STILL] * 125)
    looked = [i for i, plan in enumerate(plans) if plan]
    assert looked == [0, 60, 120]
    assert reasons(plans)[60] == LookReason.HEARTBEAT.value
    assert detector.skipped_still == 122


def test_motion_too_short_for_a_burst_is_looked_at_by_the_interval() -> None:
    detector = RealtimeEventDetector(POLICY, 8)
    plans = [detector.plan(segment(0, STILL)), detector.plan(segment(1, 0.02, moving_frames=2))]
    plans += [detector.plan(segment(i, STILL)) for i in range(2, 7)]
    assert [i for i, plan in enumerate(plans) if plan] == [0, 5]
    assert plans[5] is not None
    assert plans[5].reason is LookReason.INTERVAL


def test_a_look_carries_no_more_frames_than_the_model_takes_in_time_order() -> None:
    _, plans = watch(STILL, BURST, frames=4)
    assert plans[1] is not None
    utcs = plans[1].utcs
    assert len(utcs) == 4
    assert list(utcs) == sorted(utcs)
    assert all(MORNING + timedelta(seconds=10) <= utc < MORNING + timedelta(seconds=20) for utc in utcs)


def test_a_segment_without_frames_is_no_look() -> None:
    assert RealtimeEventDetector(POLICY, 8).plan([]) is None


def keyframes(start_s: float, changed: tuple[float, ...]) -> list[MotionSample]:
    """A copied stream's samples: a keyframe every two seconds."""
    return [
        MotionSample(MORNING + timedelta(seconds=start_s + 2 * n), level, 120, 0.3) for n, level in enumerate(changed)
    ]


def test_two_second_segments_of_keyframes_make_one_burst_together() -> None:
    detector = RealtimeEventDetector(POLICY, 8)
    plans = [detector.plan(keyframes(2 * n, (BURST if n in (8, 9) else STILL,))) for n in range(12)]
    assert [n for n, plan in enumerate(plans) if plan] == [0, 9]
    plan = plans[9]
    assert plan
    assert plan.reason is LookReason.MOTION
    assert plan.utcs[-1] == MORNING + timedelta(seconds=18)


def test_one_active_keyframe_is_no_burst() -> None:
    detector = RealtimeEventDetector(POLICY, 8)
    plans = [detector.plan(keyframes(10 * n, (STILL, BURST if n == 2 else STILL, STILL))) for n in range(4)]
    assert [n for n, plan in enumerate(plans) if plan] == [0]
