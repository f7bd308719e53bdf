import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.base.model_types import AnswerStatus
from livemon.lab.scoring.caveats import honesty
from livemon.lab.scoring.intervals import difference_interval, left_out, share_interval
from livemon.lab.scoring.matching import ITEM_COLUMNS, Matched
from livemon.lab.scoring.metrics import SCORE_COLUMNS, scores, slices
from tests.lab.scoring import call, ignored, item, matched, said, table, truth


def score(judged: Matched, arm: str = "a") -> dict[str, Any]:
    row: dict[str, Any] = scores(judged).set_index("arm").loc[arm].to_dict()
    return row


def two_days() -> Matched:
    """Ten hours at weight 1 and one at weight 14: a watched day. Arm a finds 2 of 3 and is wrong twice."""
    items = [item("i", hours=10.0), item("q", "hall 2026-11-21", hours=1.0, weight=14.0, stratum="quiet", night=True)]
    truths = [
        truth(1, 100, severity="danger"),
        truth(2, 200, kind="climbing"),
        truth(3, 100, item="q", severity="danger"),
    ]
    spoken = [
        said(100, told_s=130),
        said(103, told_s=140, severity="danger"),
        said(200, told_s=210, kind="climbing"),
        said(900),
        said(500, item="q"),
        said(701, item="q"),
    ]
    return matched(truths, spoken, items=items, unjudged=[ignored(700, 800, "q")])


def test_a_hand_worked_example() -> None:
    row = score(two_days())
    assert (row["truths"], row["found"], row["dangers"], row["dangers_found"]) == (3, 2, 2, 1)
    assert row["recall"] == pytest.approx(2 / 16)  # weights 1, 1 of 1, 1, 14
    assert row["precision"] == pytest.approx(2 / 17)  # true 1, 1; false 1, 14
    assert row["f1"] == pytest.approx(2 * 2 / (16 + 17))
    assert row["danger_recall"] == pytest.approx(1 / 15)
    assert row["dangers_as_danger"] == 1
    assert (row["false_alerts"], row["repeats_told"], row["unjudged"]) == (2, 1, 1)
    assert row["watched_days"] == pytest.approx(1)
    assert row["false_alerts_per_day"] == pytest.approx(15)
    assert row["delay_p50_s"] == pytest.approx(20)  # 30 and 10
    assert row["delay_p95_s"] == pytest.approx(29)
    assert (row["clusters"], row["repeats"]) == (2, 1)
    assert math.isnan(row["flip_rate"])


def test_columns_and_types_are_the_same_whatever_is_in_them() -> None:
    for judged in (two_days(), matched(), matched(items=[], calls=[])):
        assert {name: str(kind) for name, kind in scores(judged).dtypes.items()} == dict(SCORE_COLUMNS)
    assert scores(matched(items=[], calls=[])).empty


def test_no_labels_is_no_recall_and_says_nothing_of_precision() -> None:
    row = score(matched())
    assert (row["truths"], row["found"], row["false_alerts"]) == (0, 0, 0)
    assert math.isnan(row["false_alerts_per_day"]), "minutes are no day: count and time are told"
    assert all(math.isnan(row[name]) for name in ("recall", "precision", "f1", "danger_recall", "delay_p50_s"))


def test_nothing_said_of_labels_is_a_recall_of_zero() -> None:
    row = score(matched([truth(1, 0)]))
    assert (row["recall"], row["f1"]) == (0, 0)
    assert math.isnan(row["precision"])


def test_all_failed_is_missed_and_no_false_alerts_are_not_known() -> None:
    statuses = [status.value for status in AnswerStatus if status is not AnswerStatus.OK]
    row = score(matched([truth(1, 0)], calls=[call(status=status, cost_usd=math.nan) for status in statuses]))
    assert row["recall"] == 0
    assert math.isnan(row["false_alerts_per_day"])
    assert (row["calls"], row["failures"], row["parse_failures"]) == (7, 7, 3)
    assert all(row[f"failed_{status}"] == 1 for status in statuses)
    assert math.isnan(row["cost_usd"])
    assert row["unknown_cost"] == 7
    assert math.isnan(row["usd_per_watched_day"])


def test_an_item_without_a_call_was_watched_all_the_same() -> None:
    row = score(matched([], [said(0)], items=[item("i", hours=12), item("still", hours=12)]))
    assert row["watched_days"] == 1
    assert row["false_alerts_per_day"] == 1


def test_costs_and_latencies() -> None:
    items = [item("i", hours=12.0), item("q", hours=1.0, weight=12.0)]
    calls = [
        call(cost_usd=1.0, latency_ms=100),
        call(cost_usd=math.nan, latency_ms=math.nan),
        call(repeat=1, cost_usd=2.0, latency_ms=300, item="q"),
    ]
    row = score(matched(items=items, calls=calls))
    assert row["cost_usd"] == 3
    assert row["unknown_cost"] == 1
    assert row["usd_per_watched_day"] == pytest.approx((1 + 12 * 2) / 2)
    assert row["latency_p50_ms"] == 200
    assert row["latency_p95_ms"] == pytest.approx(290)


def test_repeats_are_averaged_and_flips_counted() -> None:
    truths = [truth(1, 100), truth(2, 200), truth(3, 300)]
    spoken = [said(100), said(100, repeat=1), said(200, repeat=1), said(900, repeat=1), said(950, repeat=1)]
    items = [item("i", hours=24), item("j", hours=24)]
    row = score(matched(truths, spoken, items=items, calls=[call(), call(repeat=1)]))
    assert row["repeats"] == 2
    assert row["found"] == 1.5
    assert row["recall"] == pytest.approx(0.5)
    assert row["precision"] == pytest.approx(3 / 5)
    assert row["false_alerts"] == 1
    assert row["false_alerts_per_day"] == pytest.approx(0.5)
    # Label 2 and item i differ; labels 1 and 3 and item j do not.
    assert row["flip_rate"] == pytest.approx(2 / 5)


# Intervals


def test_with_one_cluster_there_is_no_interval() -> None:
    row = score(matched([truth(1, 0), truth(2, 100)], [said(0)]))
    assert row["recall"] == 0.5
    assert all(math.isnan(row[f"{name}_{end}"]) for name in ("recall", "precision") for end in ("low", "high"))


def many_days(found: Any) -> Matched:
    """A camera's days with two labels each; `found(day)` of them are found."""
    items = [item(f"d{day}", f"hall day-{day}") for day in range(10)]
    truths = [truth(2 * day + n, 100 * n, item=f"d{day}") for day in range(10) for n in range(2)]
    spoken = [said(100 * n, item=f"d{day}") for day in range(10) for n in range(found(day))]
    return matched(truths, spoken, items=items, calls=[call(item="d0")])


def test_the_interval_holds_the_recall_and_is_wider_when_days_differ() -> None:
    mixed, days_differ = score(many_days(lambda day: 1)), score(many_days(lambda day: 2 * (day % 2)))
    assert mixed["recall"] == days_differ["recall"] == 0.5
    # Days agree by chance: the interval is that of 20 independent labels, logit +-1.96 / sqrt(20 / 4).
    assert (mixed["recall_low"], mixed["recall_high"]) == (
        pytest.approx(1 / (1 + math.exp(1.96 / math.sqrt(5))), abs=1e-3),
        pytest.approx(1 / (1 + math.exp(-1.96 / math.sqrt(5))), abs=1e-3),
    )
    assert days_differ["recall_low"] < mixed["recall_low"] < 0.5 < mixed["recall_high"] < days_differ["recall_high"]
    assert days_differ["recall_low"] > 0 and days_differ["recall_high"] < 1


def test_the_interval_of_precision_is_within_its_bounds() -> None:
    # One true alert on each of ten days, and a false one on every second.
    items = [item(f"d{day}", f"hall day-{day}") for day in range(10)]
    truths = [truth(day, 0, item=f"d{day}") for day in range(10)]
    spoken = [said(0, item=f"d{day}") for day in range(10)] + [said(900, item=f"d{day}") for day in range(0, 10, 2)]
    row = score(matched(truths, spoken, items=items, calls=[call(item="d0")]))
    assert row["precision"] == pytest.approx(10 / 15)
    assert 0.35 < row["precision_low"] < 10 / 18
    assert 10 / 12 < row["precision_high"] < 0.9


@pytest.mark.parametrize("found", [2, 0])
def test_all_or_none_found_is_no_certainty(found: int) -> None:
    row = score(many_days(lambda day: found))
    low, high = row["recall_low"], row["recall_high"]
    # Of 20 labels none was missed: the rule of three says 0.86, the interval is wider.
    assert (low < 0.86 and 0.99 < high < 1) if found else (0 < low < 0.01 and high > 0.14)


def test_what_is_not_known_has_no_interval() -> None:
    assert all(math.isnan(end) for end in share_interval(np.zeros(2), np.zeros(2), np.zeros(2)))
    assert all(math.isnan(end) for end in difference_interval(math.nan, np.ones(3), 1.0, -1, 1))


def test_a_difference_is_within_what_is_possible() -> None:
    days = np.array([-4.0, -3.0, -2.0])
    assert difference_interval(-9, left_out(days), 3.0, -9, 9) == (
        -9,
        pytest.approx(-9 + 4.302653 * math.sqrt(3), abs=0.01),
    )


# Slices


def test_slices_are_the_scores_of_parts() -> None:
    judged = two_days()
    by_night = slices(judged, "night").set_index("night")
    assert by_night.index.dtype == bool
    assert by_night["truths"].to_dict() == {False: 2, True: 1}
    assert by_night["recall"].to_dict() == {False: 1, True: 0}
    assert by_night["false_alerts"].to_dict() == {False: 1, True: 1}
    assert by_night["unjudged"].to_dict() == {False: 0, True: 1}
    assert by_night["calls"].to_dict() == {False: 1, True: 0}
    assert by_night["watched_days"].to_dict() == pytest.approx({False: 10 / 24, True: 14 / 24})
    assert slices(judged, "stratum")["stratum"].tolist() == ["all", "quiet"]
    whole = slices(judged, "camera_id").set_index("camera_id").loc[["hall"]]
    pd.testing.assert_frame_equal(whole.reset_index(drop=True), scores(judged))


def test_families_have_their_labels_and_their_false_alerts() -> None:
    by_family = slices(two_days(), "family").set_index("family")
    assert by_family["truths"].to_dict() == {"climbing": 1, "fall": 2}
    assert by_family["found"].to_dict() == {"climbing": 1, "fall": 1}
    assert by_family["false_alerts"].to_dict() == {"climbing": 0, "fall": 2}
    assert by_family["repeats_told"].to_dict() == {"climbing": 0, "fall": 1}
    assert by_family["watched_days"].tolist() == pytest.approx([1, 1])


def test_what_found_a_label_of_no_kind_counts_for_that_label() -> None:
    by_family = slices(matched([truth(1, 0, kind="missed")], [said(0, kind="fire"), said(1, kind="fire")]), "family")
    assert by_family[["family", "found", "precision", "repeats_told"]].to_numpy().tolist() == [["missed", 1, 1, 1]]


def test_slices_of_nothing_have_their_columns() -> None:
    for by in ("camera_id", "night", "family"):
        table_ = slices(matched(items=[], calls=[]), by)
        assert table_.empty
        assert table_.columns.tolist() == [by, *SCORE_COLUMNS]
    with pytest.raises(ValueError, match="not by 'day'"):
        slices(matched(), "day")


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60), st.booleans()), max_size=12))
def test_parts_add_up_to_the_whole(events: list[tuple[int, int, bool]]) -> None:
    items = [item(f"i{n}", f"{'hall' if n % 2 else 'room'} {n}", weight=1.0 + n) for n in range(4)]
    truths = [truth(n, s, item=f"i{where}") for n, (where, s, labelled) in enumerate(events) if labelled]
    spoken = [said(s, item=f"i{where}") for where, s, labelled in events if not labelled]
    judged = matched(truths, spoken, items=items, calls=[call(item="i0")])
    whole = scores(judged).iloc[0]
    parts = slices(judged, "camera_id")
    for name in ("truths", "found", "false_alerts", "repeats_told", "calls", "watched_days"):
        assert parts[name].sum() == pytest.approx(whole[name])
    assert math.isnan(whole["recall_low"]) or whole["recall_low"] - 1e-9 <= whole["recall_high"]
    assert len(spoken) == (judged.said["verdict"].isin(["true", "false", "repeat"])).sum()


# What a recall is of


def said_of(*strata: tuple[str, int, float]) -> str:
    rows = [
        item(f"{name}{n}", stratum=name, weight=population / sample)
        for name, sample, population in strata
        for n in range(sample)
    ]
    return honesty(table(rows, ITEM_COLUMNS))


def test_sampled_quiet_time_is_said_with_its_numbers() -> None:
    assert said_of(("alerted", 25, 25), ("quiet", 12, 130), ("moving", 20, 60)) == (
        "Recall is weighted from 12 of 130 quiet windows, 20 of 60 moving windows and all 25 alerted windows."
    )


def test_quiet_time_that_nobody_looked_at_is_said() -> None:
    lower = "what nobody noticed is not in it, true recall is lower."
    assert said_of(("alerted", 1, 1)) == (
        f"Recall is of the one alerted window; nobody looked at time without an alert: {lower}"
    )
    assert said_of(("alerted", 25, 25), ("moving", 20, 1600)) == (
        "Recall is weighted from 20 of 1,600 moving windows and all 25 alerted windows; "
        f"nobody looked at quiet time: {lower}"
    )


def test_windows_of_which_only_alerts_were_judged_are_said_to_serve_precision() -> None:
    counts = "that counts for precision, not for recall."
    assert said_of(("quiet", 12, 130), ("moving", 2, 2), ("alerted", 7, 0)) == (
        f"Recall is weighted from 12 of 130 quiet windows and all 2 moving windows. "
        f"Of 7 windows only single alerts were judged: {counts} "
        "No alerted window was watched whole: the recall is not of those."
    )
    assert said_of(("alerted", 1, 0)) == (
        f"No window was watched whole, so there is no recall. Of one window only single alerts were judged: {counts}"
    )


def test_items_that_were_not_drawn_serve_precision_only() -> None:
    items = [item("i", hours=12.0), item("v", "hall 2026-11-21", hours=0.01, weight=0.0, stratum="alerted")]
    truths = [truth(1, 0), truth(2, 100), truth(3, 0, item="v", severity="danger")]
    spoken = [said(0), said(0, item="v"), said(100, item="v"), said(200, item="v")]
    calls = [call(cost_usd=0.01), call(item="v", cost_usd=0.02)]
    row = scores(matched(truths, spoken, items=items, calls=calls)).iloc[0]
    assert (row["truths"], row["found"], row["recall"], row["clusters"]) == (2, 1, 0.5, 1)
    assert row["precision"] == pytest.approx(2 / 4)
    assert row["f1"] == pytest.approx(2 * 1 / (2 + 1 + 0))
    assert (row["dangers"], row["false_alerts"], row["false_alerts_per_day"]) == (0, 0, 0)
    assert (row["watched_hours"], row["watched_days"]) == (12, 0.5)
    assert row["cost_usd"] == pytest.approx(0.03)
    assert row["usd_per_watched_day"] == pytest.approx(0.02)


def test_of_verdicts_alone_no_recall_is_known() -> None:
    items = [item("v", weight=0.0)]
    row = scores(matched([truth(1, 0, item="v")], [said(0, item="v")], items=items, calls=[call(item="v")])).iloc[0]
    assert (row["precision"], row["truths"]) == (1, 0)
    for name in ("recall", "recall_low", "danger_recall", "f1", "false_alerts_per_day", "usd_per_watched_day"):
        assert math.isnan(row[name])


def test_a_data_set_labelled_whole_needs_no_excuse() -> None:
    assert said_of(("all", 40, 40)) == "Recall is of all 40 windows."
    assert honesty(table([item()], ITEM_COLUMNS), "clip") == "Recall is of the one clip."
    assert honesty(table([], ITEM_COLUMNS)) == "No window was labelled, so there is no recall."


def test_of_cases_in_one_cluster_nobody_knows_how_a_share_varies() -> None:
    cases = np.array([2.0, 0, 0])
    assert all(math.isnan(end) for end in share_interval(np.array([1.0, 0, 0]), cases, cases))
    cases = np.array([2.0, 2, 0])
    low, high = share_interval(np.array([1.0, 2, 0]), cases, cases)
    assert low < high
