import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.lab.scoring.arm_comparison import Comparison
from livemon.lab.scoring.compare import compare
from livemon.lab.scoring.matching import Matched
from tests.lab.scoring import call, item, matched, said, truth

CALLS = [call("a", item="d0"), call("b", item="d0")]


def days(number: int, a: Any, b: Any, *, labels: int = 2, kind: str = "person_falls", hours: float = 24.0) -> Matched:
    """Days of `labels` labels each, of which an arm finds those that `a(day)` and `b(day)` list."""
    items = [item(f"d{day}", f"hall day-{day}", hours=hours) for day in range(number)]
    truths = [truth(100 * day + n, 100 * n, item=f"d{day}", kind=kind) for day in range(number) for n in range(labels)]
    spoken = [
        said(100 * n, item=f"d{day}", arm=arm, kind=kind)
        for arm, finds in (("a", a), ("b", b))
        for day in range(number)
        for n in finds(day)
    ]
    return matched(truths, spoken, items=items, calls=CALLS)


def test_pairs_are_counted_on_the_same_labels() -> None:
    # Of 20 days: both find label 0 on even days; b finds label 1 on 9 days, a alone on one other.
    judged = days(
        20,
        lambda day: ([0] if day % 2 == 0 else []) + ([1] if day == 19 else []),
        lambda day: ([0] if day % 2 == 0 else []) + ([1] if day < 9 else []),
    )
    said_of = compare(judged, "a", "b")
    assert (said_of.truths, said_of.clusters, said_of.family) == (40, 20, "fall")
    assert (said_of.found_a, said_of.found_b, said_of.only_a, said_of.only_b) == (11, 19, 1, 9)
    assert said_of.p_value == pytest.approx(2 * 11 / 1024)  # (1 + 10) / 2**10 on each side
    assert said_of.found.value == 8
    assert 0 < said_of.found.low < 8 < said_of.found.high <= 20
    assert said_of.recall.value == pytest.approx(8 / 40)
    assert 0 < said_of.recall.low < 8 / 40 < said_of.recall.high
    assert said_of.is_sure
    low, high = math.ceil(said_of.found.low), math.floor(said_of.found.high)
    assert said_of.sentence == (
        f"b finds 8 more of 40 falls than a (95% CI +{low}..+{high}); no danger is labelled; "
        "b tells as many false alerts a day."
    )


def test_the_other_way_round_is_the_negative() -> None:
    judged = days(12, lambda day: [0], lambda day: [0, 1] if day % 3 else [])
    there, back = compare(judged, "a", "b"), compare(judged, "b", "a")
    assert there.found.value == -back.found.value
    assert there.p_value == back.p_value
    assert (there.only_a, there.only_b) == (back.only_b, back.only_a)
    assert there.found.low == pytest.approx(-back.found.high, abs=1)


def test_too_few_labels_are_said_to_be_too_few() -> None:
    judged = days(10, lambda day: [0] if day == 1 else [], lambda day: [0] if day in (2, 3, 4) else [])
    said_of = compare(judged, "a", "b")
    assert said_of.found.low <= 0 <= said_of.found.high
    assert not said_of.is_sure
    low, high = math.ceil(said_of.found.low), math.floor(said_of.found.high)
    assert said_of.sentence.startswith(
        f"b finds 2 more of 20 falls than a (95% CI {low:+d}..{high:+d}, not enough labels to say);"
    )


def test_days_that_agree_by_chance_show_nothing() -> None:
    # Every day has one label that b alone finds: three of three, and nothing is shown by so few.
    said_of = compare(days(3, lambda day: [], lambda day: [0], labels=1), "a", "b")
    assert said_of.found.low < 3 <= said_of.found.high == 3
    assert said_of.p_value == pytest.approx(0.25)
    assert not said_of.is_sure
    assert "not enough labels to say" in said_of.sentence


def test_an_interval_never_leaves_what_is_possible() -> None:
    said_of = compare(days(3, lambda day: [0, 1, 2], lambda day: [], labels=3), "a", "b")
    assert said_of.found.value == -9
    assert said_of.found.low == -9 < said_of.found.high <= 9
    assert -1 <= said_of.recall.low <= said_of.recall.high <= 1


def test_finding_less_is_said() -> None:
    said_of = compare(days(12, lambda day: [0, 1], lambda day: [0] if day % 2 else [0, 1]), "a", "b")
    assert said_of.only_a == 6
    assert said_of.is_sure
    assert said_of.sentence.startswith(
        f"b finds 6 fewer of 24 falls than a (95% CI {math.ceil(said_of.found.low)}..{math.floor(said_of.found.high)});"
    )


def test_the_same_is_said() -> None:
    said_of = compare(days(4, lambda day: [0], lambda day: [0]), "a", "b")
    assert said_of.p_value == 1
    assert said_of.sentence == (
        "b finds 4 of 8 falls, as many as a (95% CI -1..+1, not enough labels to say); no danger is labelled; "
        "b tells as many false alerts a day."
    )


def test_with_one_camera_day_no_interval_is_given() -> None:
    said_of = compare(days(1, lambda day: [], lambda day: [0]), "a", "b")
    assert math.isnan(said_of.found.low)
    assert not said_of.is_sure
    assert said_of.sentence == (
        "b finds 1 more of 2 falls than a; no danger is labelled; b tells as many false alerts a day; "
        "the footage is all of one camera-day, so no interval can be given."
    )


def test_one_label_is_one_fall_and_several_families_are_events() -> None:
    assert " 1 more of 1 fall " in compare(days(1, lambda day: [], lambda day: [0], labels=1), "a", "b").sentence
    judged = matched([truth(1, 0), truth(2, 100, kind="climbing")], [said(0, arm="b")], calls=[call("a"), call("b")])
    assert compare(judged, "a", "b").family is None
    assert " 1 more of 2 events " in compare(judged, "a", "b").sentence


def alarms(number: int, a: int, b: Any, hours: float = 24.0) -> Comparison:
    """Days with one label that nobody finds, and so many false alerts a day."""
    items = [item(f"d{day}", f"hall day-{day}", hours=hours) for day in range(number)]
    truths = [truth(day, 0, item=f"d{day}") for day in range(number)]
    spoken = [
        said(1000 + 100 * n, item=f"d{day}", arm=arm)
        for day in range(number)
        for arm, many in (("a", a), ("b", b(day)))
        for n in range(many)
    ]
    return compare(matched(truths, spoken, items=items, calls=CALLS), "a", "b")


def test_false_alerts_a_day_are_compared() -> None:
    said_of = alarms(10, 3, lambda day: 1)
    assert (said_of.false_alerts_per_day_a, said_of.false_alerts_per_day_b) == (3, 1)
    assert said_of.false_alerts_per_day.value == -2
    assert -3 <= said_of.false_alerts_per_day.low < -2 < said_of.false_alerts_per_day.high < 0
    assert said_of.alerts_are_sure
    assert said_of.sentence.endswith("; b tells 2.0 fewer false alerts a day.")


def test_a_difference_of_false_alerts_that_may_be_chance_is_said_to_be() -> None:
    said_of = alarms(6, 1, lambda day: 7 if day == 0 else 1)
    assert said_of.false_alerts_per_day.low < 0
    assert "b tells 1.0 more false alerts a day (95% CI -" in said_of.sentence
    assert said_of.sentence.endswith("which may be chance).")


def test_fewer_false_alerts_need_both_rules() -> None:
    # The days agree, and two alerts of one arm alone are nothing by the exact test.
    said_of = alarms(2, 1, lambda day: 0)
    assert said_of.alerts_p_value == pytest.approx(0.5)
    assert not said_of.alerts_are_sure


def test_rates_a_day_are_not_made_of_minutes() -> None:
    said_of = alarms(4, 2, lambda day: 1, hours=0.25)
    assert said_of.watched_hours == 1
    assert (said_of.false_alerts_a, said_of.false_alerts_b) == (8, 4)
    assert said_of.sentence.endswith("; b tells 4.0 fewer false alerts in 60 watched minutes.")


def test_without_labels_only_false_alerts_are_compared() -> None:
    spoken = [said(0, item=f"d{day}") for day in range(3)]
    items = [item(f"d{day}", f"hall {day}", hours=24.0) for day in range(3)]
    said_of = compare(matched([], spoken, items=items, calls=CALLS), "a", "b")
    assert math.isnan(said_of.recall_a)
    assert math.isnan(said_of.found.low)
    assert said_of.sentence == (
        "There are no labelled events, and so no dangers, to compare a and b on; b tells 1.0 fewer false alerts a day "
        f"(95% CI -1.0..{said_of.false_alerts_per_day.high:+.1f}, which may be chance)."
    )


def test_an_arm_that_failed_is_not_one_that_tells_no_false_alerts() -> None:
    items = [item(f"d{day}", f"hall {day}") for day in range(3)]
    truths = [truth(1, 0, item="d0", severity="danger")]
    spoken = [said(0, item="d0"), said(500, item="d1")]
    calls = [call("a", item="d0"), call("b", item="d0", status="refused")]
    said_of = compare(matched(truths, spoken, items=items, calls=calls), "a", "b")
    assert said_of.found.value == -1
    assert said_of.danger_loss == 1
    assert math.isnan(said_of.false_alerts_per_day.value)
    assert "of 1 danger b finds 0 and a 1; how many false alerts they tell is not known" in said_of.sentence


def test_no_footage_is_said() -> None:
    nothing = days(2, lambda day: [0], lambda day: []).of_items(np.zeros(2, bool))
    assert compare(nothing, "a", "b").sentence == ("There is no footage that was labelled whole to compare a and b on.")


def test_verdicts_alone_are_no_comparison_but_their_dangers_are_told() -> None:
    # The alert of a is why the label is there: a is favoured.
    judged = matched(
        [truth(1, 0, severity="danger"), truth(2, 0, item="v", severity="danger")],
        [said(0), said(0, arm="b"), said(0, item="v"), said(500, item="v"), said(500, arm="b", item="v")],
        items=[item("i"), item("v", "hall 2", weight=0.0)],
        calls=[call("a"), call("b"), call("a", item="v"), call("b", item="v")],
    )
    said_of = compare(judged, "a", "b")
    assert (said_of.truths, said_of.dangers, said_of.found.value, said_of.danger_loss) == (1, 1, 0, 0)
    assert (said_of.false_alerts_a, said_of.watched_hours) == (0, 1)
    assert (
        "; of 1 danger b finds 1 and a 1; of 1 danger known only because an alert was judged b finds 0 and a 1; "
        in (said_of.sentence)
    )
    alone = compare(judged.of_items(np.array([False, True])), "a", "b")
    assert alone.sentence == (
        "There is no footage that was labelled whole to compare a and b on; "
        "of 1 danger known only because an alert was judged b finds 0 and a 1."
    )


def test_dangers_lost_and_new_are_told_where_their_number_is_the_same() -> None:
    truths = [truth(1, 0, severity="danger"), truth(2, 100, severity="danger")]
    judged = matched(truths, [said(0), said(100, arm="b")], calls=[call("a"), call("b")])
    assert "; of 2 dangers b finds 1 and a 1 (1 that a finds are lost, 1 new); " in compare(judged, "a", "b").sentence


def test_an_arm_that_was_not_run_is_refused() -> None:
    with pytest.raises(ValueError, match="'c'"):
        compare(matched(), "a", "c")


# Weights, repeats, dangers


def test_counts_are_plain_and_recall_is_weighted() -> None:
    items = [item("i", "hall 1"), item("q", "hall 2", weight=9.0, stratum="quiet")]
    judged = matched(
        [truth(1, 0), truth(2, 0, item="q")], [said(0), said(0, arm="b", item="q")], items=items,
        calls=[call("a"), call("b")],
    )  # fmt: skip
    said_of = compare(judged, "a", "b")
    assert said_of.found.value == 0
    assert (said_of.recall_a, said_of.recall_b) == (pytest.approx(0.1), pytest.approx(0.9))
    assert said_of.recall.value == pytest.approx(0.8)


def test_with_repeats_the_majority_finds_and_a_tie_does_not() -> None:
    calls = [call(arm, repeat) for arm in "ab" for repeat in range(4 if arm == "a" else 3)]
    spoken = [said(0, repeat=n) for n in range(2)] + [said(0, arm="b", repeat=n) for n in range(2)]
    said_of = compare(matched([truth(1, 0)], spoken, calls=calls), "a", "b")
    assert (said_of.found_a, said_of.found_b) == (0, 1)


def dangers(found_a: list[int], found_b: list[int]) -> Comparison:
    """One danger, found in so many of three repeats of each arm, and one warning that b always finds."""
    calls = [call(arm, repeat) for arm in "ab" for repeat in range(3)]
    spoken = [said(0, arm=arm, repeat=n) for arm, found in (("a", found_a), ("b", found_b)) for n in found]
    spoken += [said(100, arm="b", repeat=n) for n in range(3)]
    return compare(matched([truth(1, 0, severity="danger"), truth(2, 100)], spoken, calls=calls), "a", "b")


def test_finding_more_does_not_hide_that_dangers_are_missed() -> None:
    said_of = dangers([0, 1, 2], [])
    assert (said_of.danger_recall_a, said_of.danger_recall_b) == (1, 0)
    assert (said_of.dangers_a, said_of.dangers_b, said_of.danger_loss) == (1, 0, 1)
    assert "of 1 danger b finds 0 and a 1" in said_of.sentence
    assert dangers([], [0, 1, 2]).danger_loss == -1
    assert dangers([0, 1], [0, 1]).danger_loss == 0


def test_a_danger_that_is_found_less_often_is_a_fall_even_when_most_repeats_find_it() -> None:
    said_of = dangers([0, 1, 2], [0, 1])
    assert said_of.danger_recall.value == 0
    assert said_of.danger_loss == pytest.approx(1 / 3)


def test_no_dangers_labelled_says_nothing() -> None:
    said_of = compare(matched([truth(1, 0)], calls=[call("a"), call("b")]), "a", "b")
    assert said_of.dangers == 0
    assert math.isnan(said_of.danger_recall_b)
    assert math.isnan(said_of.danger_loss) and math.isnan(said_of.danger_loss_bound)


def test_the_bound_of_lost_dangers_shrinks_with_the_labels() -> None:
    def bound(number: int) -> float:
        items = [item(f"d{day}", f"hall day-{day}") for day in range(number)]
        truths = [truth(day, 0, item=f"d{day}", severity="danger") for day in range(number)]
        spoken = [said(0, item=f"d{day}", arm=arm) for day in range(number) for arm in "ab"]
        return compare(matched(truths, spoken, items=items, calls=CALLS), "a", "b").danger_loss_bound

    # Nothing lost of n: the exact bound is 1 - 0.05 ** (1 / n).
    assert bound(10) == pytest.approx(1 - 0.05 ** (1 / 10))
    assert bound(60) == pytest.approx(1 - 0.05 ** (1 / 60))
    assert math.isnan(bound(1))


def test_the_smallest_difference_is_shown_by_both_tests() -> None:
    # 1 label on each of 100 days, found by one arm alone: by turns. By the interval 3.27 errors of 9.5.
    # The exact test wants some more.
    judged = days(100, lambda day: [0] if day % 2 else [], lambda day: [] if day % 2 else [0], labels=1)
    assert compare(judged, "a", "b").smallest_difference == pytest.approx(3.27 * 9.5 + 2, abs=2)
    # The exact test says nothing of five labels that differ, and nine on average are six hardly less often than always.
    assert compare(days(10, lambda day: [], lambda day: []), "a", "b").smallest_difference == pytest.approx(9, abs=2)


def test_one_camera_day_and_no_labels_can_show_no_difference() -> None:
    one = compare(days(1, lambda day: range(16), lambda day: [], labels=16), "a", "b")
    assert one.smallest_difference == 17
    assert not one.is_sure
    assert compare(days(3, lambda day: [], lambda day: [], labels=0), "a", "b").smallest_difference == 1


@given(st.lists(st.sets(st.integers(0, 2)), min_size=2, max_size=5), st.lists(st.sets(st.integers(0, 2)), min_size=5))
def test_a_comparison_is_consistent(a: list[set[int]], b: list[set[int]]) -> None:
    judged = days(len(a), lambda day: sorted(a[day]), lambda day: sorted(b[day]), labels=3)
    said_of = compare(judged, "a", "b")
    both = said_of.found_a - said_of.only_a
    assert both == said_of.found_b - said_of.only_b >= 0
    assert said_of.found.value == said_of.found_b - said_of.found_a
    assert said_of.recall.value == pytest.approx(said_of.found.value / said_of.truths)
    assert 0 <= said_of.p_value <= 1
    assert -said_of.truths <= said_of.found.low <= said_of.found.value <= said_of.found.high <= said_of.truths
    if said_of.found.low <= 0 <= said_of.found.high:
        assert "not enough labels to say" in said_of.sentence
