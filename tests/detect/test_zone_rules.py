"""Zone rules on people made of numbers: when they fire, once, and when they must not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import pytest

from livemon.base.detections import Person
from livemon.base.settings.models import ZoneRuleSettings, ZoneSettings
from livemon.detect.zone_rules import Firing, ZoneRules
from tests.detect.bodies import ASPECT, found, lying, standing

BED = ZoneSettings(name="bed", box=(500, 0, 1000, 500))
IN_BED, BESIDE = 0.2, 0.8


def rule(when: str, **values: Any) -> ZoneRuleSettings:
    zone = {} if when == "crossed" else {"zone": "bed"}
    return ZoneRuleSettings.model_validate({"name": "a rule", "when": when, **zone, **values})


def engine(*rules: ZoneRuleSettings) -> ZoneRules:
    return ZoneRules([BED], rules, UTC, ASPECT)


def played(
    rules: ZoneRules,
    until_s: float,
    who: Callable[[float], tuple[Person, ...]],
    *,
    start_s: float = 0,
    step_s: float = 0.5,
) -> list[Firing]:
    """Feed pictures from start to end, `who` saying who is in each; return what fired."""
    fired, at_s = [], start_s
    while at_s <= until_s:
        fired += rules.take(found(at_s, *who(at_s)))
        at_s += step_s
    return fired


def seconds(firing: Firing) -> float:
    return (firing.end_utc - found(0).utc).total_seconds()


def test_somebody_in_a_zone_for_long_enough_is_told_once() -> None:
    rules = engine(rule("inside", for_s=5))
    (fired,) = played(rules, 60, lambda s: (standing(IN_BED if s >= 2 else BESIDE),))
    assert 7 <= seconds(fired) <= 8.5
    assert (fired.people, fired.rule.zone) == (1, "bed")
    assert fired.box is not None
    assert fired.confidence > 0.5


def test_who_only_passes_through_a_zone_is_not_told() -> None:
    assert played(engine(rule("inside", for_s=5)), 20, lambda s: (standing(IN_BED if 5 <= s < 9 else BESIDE),)) == []


def test_a_zone_left_and_entered_again_after_a_rest_is_told_again() -> None:
    rules = engine(rule("inside", for_s=3))
    fired = played(rules, 60, lambda s: (standing(BESIDE if 20 <= s < 40 else IN_BED),))
    assert len(fired) == 2


@pytest.mark.parametrize("unseen_s", [0.5, 1.0, 1.5])
def test_who_flickers_is_told_once(unseen_s: float) -> None:
    """Found in some pictures only, or with the feet on the zone's edge, somebody is one and stays in."""
    rules = engine(rule("inside", for_s=4))

    def who(s: float) -> tuple[Person, ...]:
        return () if s % 5 >= 5 - unseen_s else (standing(0.49 if int(s) % 2 else 0.51),)

    assert len(played(rules, 60, who)) == 1


def test_an_unsure_flicker_is_nobody() -> None:
    assert played(engine(rule("inside", for_s=0)), 30, lambda s: (standing(IN_BED, score=0.15),)) == []
    assert played(engine(rule("inside", for_s=0)), 3, lambda s: (standing(IN_BED),) if s == 1 else ()) == []


def test_who_gets_out_of_bed_is_told_and_who_sits_up_in_it_is_not() -> None:
    def gets_up(s: float) -> tuple[Person, ...]:
        if s < 10:
            return (lying(IN_BED, feet=0.8),)
        return (standing(IN_BED, feet=0.8),) if s < 15 else (standing(min(BESIDE, IN_BED + 0.1 * (s - 15)), feet=0.8),)

    (fired,) = played(engine(rule("left", for_s=3)), 40, gets_up)
    assert seconds(fired) > 18
    assert played(engine(rule("left", for_s=3)), 15, gets_up) == []


def test_who_leaves_the_bed_and_the_picture_at_once_is_told_all_the_same() -> None:
    def walks_out(s: float) -> tuple[Person, ...]:
        x = IN_BED if s < 10 else IN_BED + 0.15 * (s - 10)
        return (standing(x, feet=0.8),) if x < 1 else ()

    assert len(played(engine(rule("left", for_s=5)), 40, walks_out)) == 1


def test_who_lay_unseen_under_a_blanket_and_appears_beside_the_bed_has_left_it() -> None:
    def blanket(s: float) -> tuple[Person, ...]:
        return (lying(IN_BED, feet=0.8),) if s < 10 else () if s < 60 else (standing(0.6, feet=0.8),)

    assert len(played(engine(rule("left", for_s=2)), 80, blanket)) == 1


def test_a_visitor_who_comes_to_a_bed_with_somebody_under_a_blanket_has_not_left_it() -> None:
    def visitor(s: float) -> tuple[Person, ...]:
        if s < 10:
            return (lying(IN_BED, feet=0.8),)
        return () if s < 30 else (standing(max(0.7, 0.99 - 0.05 * (s - 30)), feet=0.8),)

    assert played(engine(rule("left", for_s=2)), 60, visitor) == []


def test_who_goes_back_to_bed_in_time_is_not_told() -> None:
    def who(s: float) -> tuple[Person, ...]:
        away = max(0.0, min(s - 10, 18 - s, 4.0))
        return (standing(IN_BED + 0.15 * away, feet=0.8),)

    assert played(engine(rule("left", for_s=10)), 60, who) == []


def test_somebody_out_of_bed_is_told_though_nobody_saw_the_getting_up() -> None:
    assert len(played(engine(rule("outside", for_s=5)), 20, lambda s: (standing(BESIDE),))) == 1
    assert played(engine(rule("outside", for_s=5)), 20, lambda s: (lying(IN_BED, feet=0.8),)) == []


LINE = (500, 500, 1000, 500)


@pytest.mark.parametrize("backwards", [False, True])
def test_who_goes_over_a_line_is_told_and_who_walks_along_it_is_not(backwards: bool) -> None:
    def over(s: float) -> tuple[Person, ...]:
        x = 0.2 + 0.06 * s
        return (standing(1 - x if backwards else x),)

    assert len(played(engine(rule("crossed", line=LINE)), 10, over)) == 1
    along = played(engine(rule("crossed", line=LINE)), 10, lambda s: (standing(0.4, feet=0.6 + 0.03 * s),))
    past_its_end = played(engine(rule("crossed", line=(0, 500, 400, 500))), 10, over)
    assert (along, past_its_end) == ([], [])


def test_who_stands_on_a_line_does_not_flicker_across_it() -> None:
    rules = engine(rule("crossed", line=LINE))
    assert played(rules, 60, lambda s: (standing(0.5 + 0.005 * (-1) ** int(2 * s)),)) == []


def test_nobody_for_some_minutes_is_told_and_somebody_in_between_begins_the_count_again() -> None:
    assert len(played(engine(rule("absent", for_s=300)), 400, lambda s: (), step_s=60)) == 1
    rules = engine(rule("absent", for_s=300))
    (fired,) = played(rules, 520, lambda s: (standing(IN_BED),) if 200 <= s <= 202 else ())
    assert 502 < seconds(fired) < 510


def test_time_that_was_not_watched_is_no_absence() -> None:
    rules = engine(rule("absent", for_s=300))
    assert played(rules, 200, lambda s: (), step_s=60) == []
    assert played(rules, 1400, lambda s: (), start_s=1200, step_s=60) == [], (
        "a covered camera saw nobody, and knows nothing"
    )


def test_more_people_than_allowed_are_counted() -> None:
    def visitors(s: float) -> tuple[Person, ...]:
        return (standing(0.1), standing(0.25), standing(0.4)) if s >= 10 else (standing(0.1), standing(0.25))

    (fired,) = played(engine(rule("more_than", people=2, for_s=3)), 30, visitors)
    assert fired.people == 3
    assert seconds(fired) >= 13


def test_a_rule_holds_in_its_hours_only() -> None:
    """The pictures begin at noon, UTC."""
    by_day, by_night = rule("inside", hours="11:00-13:00"), rule("inside", hours="22:00-07:00")
    fired = played(engine(by_day, by_night), 30, lambda s: (standing(IN_BED),))
    assert [one.rule.hours for one in fired] == ["11:00-13:00"]


def test_a_rule_of_the_whole_picture_needs_no_zone() -> None:
    whole = ZoneRuleSettings.model_validate({"name": "somebody", "when": "inside", "for_s": 2})
    assert len(played(engine(whole), 10, lambda s: (standing(BESIDE),))) == 1


def test_after_a_pause_nothing_of_before_counts() -> None:
    rules = engine(rule("inside", for_s=5))
    assert played(rules, 4, lambda s: (standing(IN_BED),)) == []
    later = timedelta(hours=1).total_seconds()
    (fired,) = played(rules, later + 20, lambda s: (standing(IN_BED),), start_s=later)
    assert seconds(fired) >= later + 5


def test_forty_people_are_counted_without_trouble() -> None:
    crowd = tuple(standing(0.01 + 0.024 * number, height=0.2) for number in range(40))
    (fired,) = played(engine(rule("more_than", people=5, for_s=2)), 6, lambda s: crowd)
    assert fired.people >= 10


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"when": "crossed"}, "a line belongs to a rule"),
        ({"when": "inside", "line": (0, 0, 1000, 1000)}, "a line belongs to a rule"),
        ({"when": "crossed", "line": (5, 5, 5, 5)}, "two different points"),
        ({"when": "crossed", "line": (0, 0, 9, 9), "zone": "bed"}, "a line and no zone"),
        ({"when": "left"}, "needs a zone"),
        ({"when": "asleep", "zone": "bed"}, "'inside', 'outside'"),
        ({"when": "inside", "severity": "safe"}, "severity is info"),
        ({"when": "inside", "hours": "at night"}, "two different times of day"),
        ({"when": "inside", "for_s": -1}, "greater than or equal to 0"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_words(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        ZoneRuleSettings.model_validate({"name": "a rule", **wrong})
