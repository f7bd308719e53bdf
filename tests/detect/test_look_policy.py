import random
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from livemon.base.datatypes import LookReason, MotionSample
from livemon.detect.look_policy import LookPlan, LookPolicy, RealtimeEventDetector
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


PAID = LookPolicy(interval_s=45, floor_s=10, heartbeat_s=600, looks_per_hour=10, moments_only=True)


def looks(plans: list[LookPlan | None]) -> list[int]:
    """Indices of the ten-second segments that were looked at."""
    return [i for i, plan in enumerate(plans) if plan]


def test_motion_that_goes_on_is_looked_at_by_the_interval_and_not_at_every_burst() -> None:
    _, plans = watch(STILL, *[BURST] * 5, policy=PAID)
    assert reasons(plans) == ["interval", "motion", None, None, None, None]


def test_the_interval_grows_with_the_looks_that_are_spent_and_stays_below_the_heartbeat() -> None:
    _, plans = watch(*[BURST] * 360, policy=PAID)
    gaps = [later - earlier for earlier, later in pairwise(looks(plans))]
    assert gaps[1] <= 6
    assert sorted(gaps[1:]) == gaps[1:]
    assert gaps[-1] <= 60


def test_half_a_day_of_motion_is_no_more_looks_than_the_policy_allows() -> None:
    noise = random.Random(1)
    detector = RealtimeEventDetector(PAID, 9)
    changes = [noise.choice([STILL, 0.01, BURST, 0.9]) for _ in range(6 * 60 * 12)]
    made = sum(detector.plan(segment(i, changed)) is not None for i, changed in enumerate(changes))
    assert made <= 10 * 12 + 40 + 1
    assert detector.skipped_bounded > 0
    assert made + detector.skipped_still + detector.skipped_early + detector.skipped_bounded == len(changes)


def test_motion_after_stillness_brings_a_look_forward() -> None:
    _, plans = watch(BURST, *[STILL] * 3, BURST, policy=PAID)
    assert reasons(plans) == ["interval", None, None, None, "motion"]


def test_motion_after_a_short_rest_does_not() -> None:
    _, plans = watch(BURST, STILL, BURST, policy=PAID)
    assert looks(plans) == [0]


def test_motion_much_stronger_than_lately_brings_a_look_forward() -> None:
    _, plans = watch(*[0.01] * 6, 0.01, 0.2, policy=PAID)
    assert looks(plans)[-1] == 7
    assert reasons(plans)[7] == "motion"
    _, plans = watch(*[0.1] * 6, 0.1, 0.2, policy=PAID)
    assert 7 not in looks(plans)


def test_a_lamp_brings_one_look() -> None:
    def lit(index: int, *levels: float) -> list[MotionSample]:
        samples = segment(index, STILL)
        each = len(samples) // len(levels)
        return [replace(sample, brightness=levels[min(i // each, len(levels) - 1)]) for i, sample in enumerate(samples)]

    detector = RealtimeEventDetector(PAID, 9)
    plans = [detector.plan(lit(i, 120)) for i in range(3)]
    plans += [detector.plan(lit(3, 120, 20))] + [detector.plan(lit(i, 20)) for i in range(4, 10)]
    assert looks(plans) == [0, 3]
    assert reasons(plans)[3] == "motion"


def test_something_new_is_not_forgotten_while_the_floor_holds_it_back() -> None:
    policy = replace(PAID, floor_s=20)
    _, plans = watch(STILL, BURST, BURST, policy=policy)
    assert looks(plans) == [0, 2]


def test_a_still_scene_is_looked_at_by_the_heartbeat_with_one_frame() -> None:
    detector, plans = watch(*[STILL] * 62, policy=PAID)
    assert looks(plans) == [0, 60]
    assert plans[60] is not None
    assert len(plans[60].utcs) == 1
    assert detector.skipped_still == 60


def test_a_look_at_moments_shows_all_the_time_since_the_last_look() -> None:
    detector = RealtimeEventDetector(PAID, 9)
    plans = [detector.plan(segment(i, BURST if i in (1, 3, 5) else STILL, 20)) for i in range(8)]
    assert looks(plans) == [0, 1, 7]
    assert plans[7] is not None
    shown = {int((utc - MORNING).total_seconds() // 10) for utc in plans[7].utcs}
    assert {3, 5, 7} <= shown
    assert min(shown) > 1


def test_what_a_free_model_looked_at_does_not_count_when_a_paid_one_takes_over() -> None:
    detector = RealtimeEventDetector(POLICY, 50)
    for i in range(60):
        detector.plan(segment(i, BURST))
    detector.policy = PAID
    plans = [detector.plan(segment(i, BURST)) for i in range(60, 72)]
    assert looks(plans)[0] <= 5


def test_what_is_to_be_told_at_once_brings_a_look_as_long_as_there_are_any_left() -> None:
    detector = RealtimeEventDetector(POLICY, 8)
    first, second = (detector.plan(segment(i, STILL), told=i > 0) for i in range(2))
    assert reasons([first, second]) == ["interval", "motion"]
    rationed = RealtimeEventDetector(replace(POLICY, looks_per_hour=1, moments_only=True), 8)
    told = [rationed.plan(segment(i, STILL), told=True) for i in range(30)]
    assert 2 <= sum(plan is not None for plan in told) <= 6
