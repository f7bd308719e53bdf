"""Camera leases without a database: who should hold what, and for how long one is believed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.base.clock import FakeClock
from livemon.cameras.lease_plan import HeldLeases, LeasePlan, LeaseTimes, clock_ahead_s, plan_leases
from livemon.store.camera_leases import Lease, SeenLease
from tests.conftest import MORNING

TIMES = LeaseTimes()


def seen(**owners: str) -> dict[str, SeenLease]:
    """Leases by camera; an empty owner's is free."""
    return {camera_id: SeenLease(camera_id, owner, not owner) for camera_id, owner in owners.items()}


def test_the_times_of_a_lease_are_those_of_the_decision() -> None:
    assert (TIMES.renew_s, TIMES.give_up_s, TIMES.expiry_s) == pytest.approx((3.0, 7.0, 10.0))


@pytest.mark.parametrize(
    ("wanted", "held", "leases", "slots", "plan"),
    [
        ("ab", "", seen(), None, LeasePlan(("a", "b"), ())),
        ("ab", "", seen(a="other:1", b=""), None, LeasePlan(("b",), ())),
        ("abc", "a", seen(a="me:1"), 2, LeasePlan(("b",), ())),
        ("abc", "ab", seen(), 2, LeasePlan((), ())),
        ("a", "", seen(a="me:1"), None, LeasePlan(("a",), ())),
        ("b", "a", seen(a="me:1"), 1, LeasePlan(("b",), ("a",))),
        ("ab", "", seen(), 0, LeasePlan((), ())),
    ],
    ids=[
        "free",
        "another host's",
        "slots",
        "full",
        "given up too early",
        "not wanted any more",
        "a host that records nothing",
    ],
)
def test_free_leases_are_taken_up_to_the_slots_and_others_given_back(
    wanted: str, held: str, leases: dict[str, SeenLease], slots: int | None, plan: LeasePlan
) -> None:
    assert plan_leases(wanted, held, leases, slots, "me:1") == plan


def test_a_lease_is_overdue_seven_seconds_after_the_last_renewal_was_asked_for() -> None:
    held, lease = HeldLeases(TIMES), Lease("a", "me:1", 1)
    held.add(lease, 100.0)
    assert held.overdue(106.9) == ()
    assert held.overdue(107.0) == ("a",)
    held.add(lease, 105.0)
    assert held.overdue(107.0) == ()
    assert held.drop("a") == lease
    assert (held.drop("a"), held.overdue(200.0), held.holds("a")) == (None, (), False)
    assert held.last("a") == lease, "what it still writes says so, and is refused"


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0.05, 9.0)), max_size=60))
def test_two_hosts_never_believe_to_hold_one_camera_however_long_each_pauses(steps: list[tuple[int, float]]) -> None:
    clock = FakeClock(MORNING)
    hosts = [HeldLeases(TIMES) for _ in range(3)]
    epoch, owner, expires_s = 0, -1, 0.0
    for number, pause_s in steps:
        held, now_s = hosts[number], clock.monotonic_s()
        for camera_id in held.overdue(now_s):
            held.drop(camera_id)
        if held.holds("a"):
            assert owner == number, "another host has taken it, and this one still records"
            expires_s = now_s + TIMES.expiry_s
            held.add(Lease("a", str(number), epoch), now_s)
        elif expires_s <= now_s:
            epoch, owner, expires_s = epoch + 1, number, now_s + TIMES.expiry_s
            held.add(Lease("a", str(number), epoch), now_s)
        believing = [host for host in hosts if host.holds("a") and not host.overdue(clock.monotonic_s())]
        assert len(believing) <= 1
        clock.advance(pause_s)


@pytest.mark.parametrize(("offset_s", "ahead_s"), [(-5.0, 5.0), (5.0, -4.0), (0.5, 0.0), (0.0, 0.0)])
def test_a_clock_differs_only_by_what_the_way_to_the_database_does_not_explain(offset_s: float, ahead_s: float) -> None:
    answered = MORNING + timedelta(seconds=1)
    assert clock_ahead_s(MORNING, MORNING + timedelta(seconds=offset_s), answered) == ahead_s
