"""The policy of notifications: what always rings, what waits, and that nothing is ever lost in silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from livemon.base.datatypes import Severity
from livemon.notify.policy import HOUR, Happening, Limits, NotifyAction, Recipient, Ring, Rule, Why, decide
from livemon.notify.quiet_hours import QuietHours
from tests.conftest import MORNING

LIMITS = Limits()
ZONE = ZoneInfo("Europe/Berlin")
DEFAULTS = (Rule(1, frozenset({Severity.DANGER})), Rule(2, frozenset({Severity.WARNING})))
NIGHT = (QuietHours(time(22), time(7)),)
PERSON = Recipient(1, ZONE, DEFAULTS, NIGHT)
EVENING = datetime(2026, 11, 23, 21, 30, tzinfo=ZONE)


def event(
    severity: Severity = Severity.DANGER, kind: str = "fire", at: datetime = MORNING, camera_id: str = "camera-1"
) -> Happening:
    return Happening(1, camera_id, kind, "safety", severity, at)


def rings_of(events: Sequence[Happening], at: datetime) -> list[Ring]:
    return [Ring(one.topic, one.weight, at) for one in events]


def test_danger_rings_at_once_also_at_night() -> None:
    night = EVENING + timedelta(hours=5)
    decision = decide(event(at=night), PERSON, [], night, LIMITS)
    assert decision is not None and (decision.action, decision.due_utc) == (NotifyAction.RING, night)


def test_a_fall_is_a_danger_also_as_a_warning_that_no_model_confirmed() -> None:
    night = EVENING + timedelta(hours=5)
    fall = event(Severity.WARNING, "possible_fall", night)
    decision = decide(fall, PERSON, [], night, LIMITS)
    assert fall.weight is Severity.DANGER
    assert decision is not None and decision.action is NotifyAction.RING
    assert event(Severity.INFO, "possible_fall").weight is Severity.INFO


def test_a_warning_waits_for_the_end_of_quiet_hours_and_is_told_then() -> None:
    night = EVENING + timedelta(hours=5)
    decision = decide(event(Severity.WARNING, at=night), PERSON, [], night, LIMITS)
    assert decision is not None
    assert (decision.action, decision.why) == (NotifyAction.DIGEST, Why.QUIET)
    assert decision.due_utc == datetime(2026, 11, 24, 7, tzinfo=ZONE)


def test_info_is_no_notification_by_default_and_one_by_rule() -> None:
    assert decide(event(Severity.INFO), PERSON, [], MORNING, LIMITS) is None
    curious = replace(PERSON, rules=(Rule(3, frozenset({Severity.INFO})),))
    decision = decide(event(Severity.INFO), curious, [], MORNING, LIMITS)
    assert decision is not None and decision.action is NotifyAction.RING


def test_rules_are_about_types_cameras_and_zones() -> None:
    rule = Rule(1, frozenset({Severity.DANGER}), frozenset({"safety"}), frozenset({"camera-1"}), frozenset({"stairs"}))
    one = replace(event(), location="stairs")
    assert rule.covers(one)
    assert not rule.covers(replace(one, event_type="system"))
    assert not rule.covers(replace(one, camera_id="camera-2"))
    assert not rule.covers(replace(one, location="sofa"))


def test_nobody_is_told_of_cameras_that_they_may_not_see() -> None:
    assert decide(event(), replace(PERSON, cameras=frozenset({"camera-2"})), [], MORNING, LIMITS) is None


def test_the_cooldown_counts_from_what_was_sent() -> None:
    warning = event(Severity.WARNING, "climbing")
    sent = rings_of([warning], MORNING)
    for after, action in ((timedelta(minutes=9), NotifyAction.HOLD), (timedelta(minutes=10), NotifyAction.RING)):
        decision = decide(replace(warning, created_utc=MORNING + after), PERSON, sent, MORNING + after, LIMITS)
        assert decision is not None and decision.action is action
    other = decide(event(Severity.WARNING, "knife"), PERSON, sent, MORNING, LIMITS)
    assert other is not None and other.action is NotifyAction.RING


def test_what_grows_worse_rings_again() -> None:
    sent = rings_of([event(Severity.WARNING, "climbing")], MORNING)
    decision = decide(event(Severity.DANGER, "climbing"), PERSON, sent, MORNING, LIMITS)
    assert decision is not None and decision.action is NotifyAction.RING


def test_the_words_of_a_model_for_a_danger_just_told_do_not_ring_a_second_time() -> None:
    sent = rings_of([event(kind="possible_fall")], MORNING)
    for after, action in ((timedelta(seconds=40), NotifyAction.HOLD), (timedelta(minutes=2), NotifyAction.RING)):
        decision = decide(event(kind="fall", at=MORNING + after), PERSON, sent, MORNING + after, LIMITS)
        assert decision is not None and decision.action is action


def test_an_escalation_is_due_later() -> None:
    second = replace(PERSON, rules=(Rule(7, frozenset({Severity.DANGER}), after=timedelta(minutes=5)),))
    decision = decide(event(), second, [], MORNING, LIMITS)
    assert decision is not None and (decision.action, decision.due_utc) == (
        NotifyAction.RING,
        MORNING + timedelta(minutes=5),
    )


def test_what_waited_through_an_outage_is_one_digest() -> None:
    decision = decide(event(at=MORNING - timedelta(hours=2)), PERSON, [], MORNING, LIMITS)
    assert decision is not None and (decision.action, decision.why) == (NotifyAction.DIGEST, Why.LATE)


moments = st.integers(0, 3 * 86400).map(lambda second: MORNING + timedelta(seconds=second))
happenings = st.builds(
    Happening,
    st.integers(1, 10**6),
    st.sampled_from(["camera-1", "camera-2"]),
    st.sampled_from(["fall", "fire", "climbing", "play"]),
    st.sampled_from(["safety", "system"]),
    st.sampled_from(list(Severity)),
    moments,
)


def run(events: Sequence[Happening]) -> list[tuple[Happening, NotifyAction, Why, datetime]]:
    """Let events happen one after the other; what rings counts for those that follow."""
    rings: list[Ring] = []
    told = []
    for one in sorted(events, key=lambda happened: happened.created_utc):
        decision = decide(one, PERSON, rings, one.created_utc, LIMITS)
        if decision is None:
            continue
        told.append((one, decision.action, decision.why, decision.due_utc))
        if decision.action is NotifyAction.RING:
            rings.append(Ring(one.topic, one.weight, decision.due_utc))
    return told


@given(st.lists(happenings, max_size=60))
def test_every_danger_is_told_within_minutes(events: list[Happening]) -> None:
    told = run(events)
    dangers = [one for one in events if one.weight is Severity.DANGER]
    assert len([one for one, *_ in told if one.weight is Severity.DANGER]) == len(dangers)
    rung = [(one, due_utc) for one, action, _, due_utc in told if action is NotifyAction.RING]
    for one, action, why, due_utc in told:
        if one.weight is not Severity.DANGER:
            continue
        assert due_utc - one.created_utc <= LIMITS.digest_after[Severity.DANGER]
        if action is NotifyAction.HOLD:
            assert why is Why.SAME
            before = [at for other, at in rung if other.topic == one.topic and at <= one.created_utc]
            assert one.created_utc - max(before) < timedelta(minutes=2)


@given(st.lists(happenings, max_size=60))
def test_caps_hold_and_quiet_hours_are_quiet(events: list[Happening]) -> None:
    told = run(events)
    for weight, most in LIMITS.rings_an_hour.items():
        at = [due for one, action, _, due in told if action is NotifyAction.RING and one.weight is weight]
        assert all(sum(first <= other < first + HOUR for other in at) <= most for first in at)
    for one, action, _, due_utc in told:
        local = due_utc.astimezone(ZONE).time()
        if one.weight is Severity.WARNING and action is not NotifyAction.HOLD:
            assert time(7) <= local < time(22)


@given(st.lists(happenings, max_size=60))
def test_nothing_is_dropped_without_a_reason(events: list[Happening]) -> None:
    told = run(events)
    covered = [one for one in events if one.weight in (Severity.DANGER, Severity.WARNING)]
    assert len(told) == len(covered)
    assert all(action is NotifyAction.RING or why is not Why.NONE for _, action, why, _ in told)
