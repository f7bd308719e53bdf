import itertools
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.base.datatypes import Severity
from livemon.base.event_families import same
from livemon.lab.scoring.assignment import candidates, choose
from livemon.lab.scoring.match_rule import MatchRule
from livemon.lab.scoring.matching import CALL_COLUMNS, SAID_COLUMNS, TRUTH_COLUMNS, Matched, match
from tests.lab.scoring import call, ignored, item, matched, said, table, truth


def verdicts(judged: Matched) -> list[tuple[float, str, int]]:
    return list(judged.said[["start_s", "verdict", "truth"]].itertuples(index=False, name=None))


# The rule


def test_a_rule_survives_json() -> None:
    for rule in (MatchRule(), MatchRule(2.5, 0.3, Severity.DANGER, any_kind=True)):
        assert MatchRule.from_json(rule.to_json()) == rule
        assert json.loads(rule.to_json())["least"] in ("warning", "danger")


@pytest.mark.parametrize("text", ["[]", '{"tolerance": 5}', '{"least": "terrible"}', '{"least_iou": 0}'])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        MatchRule.from_json(text)


@pytest.mark.parametrize(("tolerance_s", "least_iou"), [(-1, None), (float("nan"), None), (5, 0.0), (5, 1.5)])
def test_a_rule_without_sense_is_refused(tolerance_s: float, least_iou: float | None) -> None:
    with pytest.raises(ValueError):
        MatchRule(tolerance_s, least_iou)


def test_the_rule_says_itself() -> None:
    assert MatchRule().sentence.startswith("Events of warning and danger count.")
    assert "overlap or lie at most 5 s apart, of the same kind" in MatchRule().sentence
    strict = MatchRule(least_iou=0.5, least=Severity.DANGER, any_kind=True).sentence
    assert strict.startswith("Events of danger count.")
    assert "at least 50 % of the time that either takes is shared by both, whatever their kinds" in strict
    assert " s apart" not in strict
    assert "they overlap, of" in MatchRule(0).sentence


def test_movement_is_not_scored_said_or_labelled() -> None:
    rule = MatchRule(least=Severity.INFO)
    truths = [truth(1, 0, kind="movement", severity="info"), truth(2, 100, severity="info")]
    spoken = [said(0, kind="movement", severity="info"), said(200, kind="movement", severity="info")]
    judged = matched(truths, spoken, rule=rule)
    assert judged.truths["truth"].tolist() == [2]
    assert verdicts(judged) == []
    assert "movement that nothing explains is not scored" in rule.sentence


# What may be one event


@pytest.mark.parametrize(
    ("start_s", "end_s", "fits"),
    [
        (107, 110, True),  # 5 s after the label's end at 102
        (107.1, 110, False),
        (90, 95, True),  # ends 5 s before the label starts at 100
        (90, 94.9, False),
        (0, 500, True),  # overlaps, though it begins far away
        (101, 101, True),
        (101, 50, True),  # an end before the start is the start
    ],
)
def test_events_match_when_they_overlap_or_lie_within_the_tolerance(start_s: float, end_s: float, fits: bool) -> None:
    judged = matched([truth(1, 100, 102)], [said(start_s, end_s)])
    assert verdicts(judged) == [(start_s, "true", 1) if fits else (start_s, "false", -1)]


def test_a_long_label_does_not_widen_what_a_short_one_matches() -> None:
    judged = matched([truth(1, 0, 60, kind="climbing"), truth(2, 100, 102)], [said(108)])
    assert verdicts(judged) == [(108, "false", -1)]


def test_five_seconds_are_five_seconds_at_todays_epoch() -> None:
    start_s = 1_763_654_400.3
    judged = matched([truth(1, start_s, start_s + 0.1)], [said(start_s + 0.1 + 5.0)])
    assert judged.said["verdict"].tolist() == ["true"]


@pytest.mark.parametrize(("end_s", "fits"), [(5, True), (4.9, False), (20, True), (20.1, False)])
def test_the_least_overlap_replaces_the_tolerance(end_s: float, fits: bool) -> None:
    # The label takes 10 s: half of it said is 0.5, and so is twice of it.
    judged = matched([truth(1, 0, 10)], [said(0, end_s)], rule=MatchRule(least_iou=0.5))
    assert judged.said["verdict"].tolist() == ["true" if fits else "false"]


def test_moments_share_all_or_nothing() -> None:
    rule = MatchRule(least_iou=1.0)
    assert matched([truth(1, 7, 7)], [said(7, 7)], rule=rule).said["verdict"].tolist() == ["true"]
    assert matched([truth(1, 7, 7)], [said(8, 8)], rule=rule).said["verdict"].tolist() == ["false"]


def test_another_kind_is_false_unless_the_label_says_only_missed_or_any_kind_will_do() -> None:
    def of(kind: str, rule: MatchRule) -> list[str]:
        verdict: list[str] = matched([truth(1, 0, kind=kind)], [said(0)], rule=rule).said["verdict"].tolist()
        return verdict

    assert of("climbing", MatchRule()) == ["false"]
    assert of("missed", MatchRule()) == ["true"]
    assert of("climbing", MatchRule(any_kind=True)) == ["true"]


def test_events_of_different_items_are_never_one() -> None:
    judged = matched([truth(1, 0)], [said(0, item="j")], items=[item("i"), item("j")])
    assert judged.said["verdict"].tolist() == ["false"]


def test_milder_events_do_not_count() -> None:
    events = [truth(1, 0, severity="info"), truth(2, 100, severity="danger")]
    spoken = [said(0, severity="danger"), said(100, severity="info")]
    judged = matched(events, spoken)
    assert judged.truths["truth"].tolist() == [2]
    assert verdicts(judged) == [(0, "false", -1)]
    assert not judged.outcomes["found"].any()
    all_of_them = matched(events, spoken, rule=MatchRule(least=Severity.INFO))
    assert verdicts(all_of_them) == [(0, "true", 1), (100, "true", 2)]


# One to one


def test_what_is_said_again_is_a_repeat_and_not_false() -> None:
    judged = matched([truth(1, 100, 110)], [said(100, 110), said(104, 106), said(300)])
    assert verdicts(judged) == [(100, "true", 1), (104, "repeat", 1), (300, "false", -1)]


def test_most_pairs_come_before_the_best_overlap() -> None:
    # The first said event overlaps label 2 best, but only it reaches label 1: both labels are found.
    judged = matched([truth(1, 100, 101), truth(2, 104, 110)], [said(104, 110), said(112, 113)])
    assert verdicts(judged) == [(104, "true", 1), (112, "true", 2)]


def test_of_equal_numbers_of_pairs_the_best_overlap_is_taken() -> None:
    judged = matched([truth(1, 100, 110), truth(2, 108, 118)], [said(108, 117), said(100, 111)])
    assert verdicts(judged) == [(100, "true", 1), (108, "true", 2)]


def test_of_equal_overlaps_the_nearest_beginning_is_taken() -> None:
    # Nothing overlaps; the label at 110 lies nearer in onset than the one at 100.
    judged = matched([truth(1, 100, 101), truth(2, 110, 111)], [said(106, 106)])
    assert verdicts(judged) == [(106, "true", 2)]


def test_of_two_that_are_the_same_the_one_told_first_is_true() -> None:
    for told in ([20, 10], [10, 20]):
        judged = matched([truth(1, 0)], [said(0, told_s=told_s) for told_s in told])
        assert judged.said[["told_s", "verdict"]].to_numpy().tolist() == [[10, "true"], [20, "repeat"]]


def test_one_said_event_finds_one_label_only() -> None:
    judged = matched([truth(1, 100, 104), truth(2, 104, 110)], [said(100, 110)])
    assert verdicts(judged) == [(100, "true", 2)]
    assert judged.outcomes["found"].tolist() == [False, True]


def test_arms_and_repeats_are_matched_apart() -> None:
    judged = matched(
        [truth(1, 100)],
        [said(100), said(101, repeat=1), said(102, arm="b")],
        calls=[call(), call(repeat=1), call("b"), call("silent")],
    )
    assert judged.said["verdict"].tolist() == ["true"] * 3
    assert judged.outcomes[["arm", "repeat", "found"]].to_numpy().tolist() == [
        ["a", 0, True],
        ["a", 1, True],
        ["b", 0, True],
        ["silent", 0, False],
    ]


# What came of a label


def test_delay_and_danger_come_from_all_that_was_said_of_a_label() -> None:
    # The second overlaps better and is matched; the first was told sooner, and as a danger.
    spoken = [said(100, 101, told_s=130, severity="danger"), said(100, 110, told_s=170)]
    judged = matched([truth(1, 100, 110, severity="danger"), truth(2, 500)], spoken)
    assert judged.said["verdict"].tolist() == ["repeat", "true"]
    assert judged.outcomes["as_danger"].tolist() == [True, False]
    assert judged.outcomes["delay_s"].tolist()[0] == 30
    assert np.isnan(judged.outcomes["delay_s"].tolist()[1])


def test_told_before_the_labelled_start_is_told_at_once() -> None:
    assert matched([truth(1, 100)], [said(97, told_s=98)]).outcomes["delay_s"].tolist() == [0]


# What nobody judged


@pytest.mark.parametrize(
    ("start_s", "end_s", "verdict"),
    [(210, 220, "ignored"), (195, 220, "false"), (290, 310, "ignored"), (290, 330, "false"), (400, 401, "false")],
)
def test_only_what_lies_wholly_in_unjudged_time_is_left_out(start_s: float, end_s: float, verdict: str) -> None:
    unjudged = [ignored(300, 320), ignored(200, 300), ignored(205, 210), ignored(400, 500, "j")]
    judged = matched([], [said(start_s, end_s)], unjudged=unjudged, items=[item("i"), item("j")])
    assert judged.said["verdict"].tolist() == [verdict]


def test_a_label_in_unjudged_time_is_found_all_the_same() -> None:
    judged = matched([truth(1, 210)], [said(210)], unjudged=[ignored(200, 300)])
    assert judged.said["verdict"].tolist() == ["true"]


# Empty, wrong


def test_empty_tables_have_the_right_types() -> None:
    judged = matched(items=[], calls=[])
    full = matched([truth(1, 0)], [said(0)])
    for name in ("items", "runs", "truths", "said", "outcomes"):
        assert getattr(judged, name).empty
        assert getattr(judged, name).dtypes.to_dict() == getattr(full, name).dtypes.to_dict(), name
    assert full.said.dtypes["verdict"] == "str"
    assert full.outcomes.dtypes["found"] == "bool"


def test_nothing_labelled_and_nothing_said() -> None:
    assert matched([], [said(0)]).said["verdict"].tolist() == ["false"]
    assert matched([truth(1, 0)], []).outcomes["found"].tolist() == [False]


def test_all_failed_finds_nothing() -> None:
    judged = matched([truth(1, 0)], [], calls=[call(status="failed")])
    assert judged.outcomes["found"].tolist() == [False]


@pytest.mark.parametrize(
    "wrong",
    [
        {"truths": [truth(1, 0), truth(1, 50)]},
        {"items": [item("i"), item("i")]},
        {"spoken": [said(0, item="elsewhere")]},
        {"truths": [truth(1, 0, item="elsewhere")]},
        {"calls": [call(item="elsewhere")]},
    ],
)
def test_tables_that_contradict_each_other_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        matched(**wrong)


def test_an_arm_that_was_not_run_is_refused() -> None:
    with pytest.raises(ValueError, match="'c' was run; there are 'a'"):
        matched().runs_of("c")


# Properties

SECONDS = st.integers(0, 40)
KINDS = st.sampled_from(["fall", "person_falls", "climbing", "missed", "fire"])
PLACES = st.sampled_from(["i", "j"])
RULES = st.sampled_from([MatchRule(3), MatchRule(0), MatchRule(least_iou=0.4), MatchRule(3, any_kind=True)])
EVENTS = st.lists(st.tuples(PLACES, SECONDS, st.integers(0, 12), KINDS), max_size=5)


def as_truths(events: list[tuple[str, int, int, str]]) -> pd.DataFrame:
    rows = [truth(n, at, at + long, item=place, kind=kind) for n, (place, at, long, kind) in enumerate(events)]
    return table(rows, TRUTH_COLUMNS)


def as_said(events: list[tuple[str, int, int, str]]) -> pd.DataFrame:
    return table([said(at, at + long, item=place, kind=kind) for place, at, long, kind in events], SAID_COLUMNS)


def shares(one: Any, other: Any, rule: MatchRule) -> float | None:
    """The overlap of two events, or None when they may not be one: written plainly, to check the fast one."""
    gap_s = max(one.start_s, other.start_s) - min(one.end_s, other.end_s)
    union_s = max(one.end_s, other.end_s) - min(one.start_s, other.start_s)
    share = max(0.0, -gap_s) / union_s if union_s else 1.0
    near = gap_s <= rule.tolerance_s if rule.least_iou is None else share >= rule.least_iou
    alike = rule.any_kind or same(one.kind, other.kind)
    return share if one.item == other.item and near and alike else None


@given(EVENTS, EVENTS, RULES)
def test_candidates_are_all_that_the_rule_allows(
    labelled: list[tuple[str, int, int, str]], spoken: list[tuple[str, int, int, str]], rule: MatchRule
) -> None:
    truths, events = as_truths(labelled), as_said(spoken)
    found = {(int(t), int(s)) for t, s in zip(*candidates(truths, events, rule)[:2], strict=True)}
    expected = {
        (n, m)
        for n, one in enumerate(truths.itertuples())
        for m, other in enumerate(events.itertuples())
        if shares(one, other, rule) is not None
    }
    assert found == expected


def best_by_brute_force(pairs: list[tuple[int, int, float]]) -> tuple[int, float]:
    best = (0, 0.0)
    for number in range(1, len(pairs) + 1):
        for chosen in itertools.combinations(pairs, number):
            if len({t for t, _, _ in chosen}) == len({s for _, s, _ in chosen}) == number:
                best = max(best, (number, sum(value for _, _, value in chosen)))
    return best


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 10)),
        max_size=9,
        unique_by=lambda p: (p[0], p[1]),
    )
)
def test_the_choice_is_one_to_one_and_as_good_as_trying_all(pairs: list[tuple[int, int, int]]) -> None:
    weighed = [(t, s, value / 10) for t, s, value in pairs]
    truths, spoken, values = (
        (np.array(column) for column in zip(*weighed, strict=True)) if pairs else [np.empty(0, int)] * 3
    )
    chosen = choose(truths, spoken, values)
    taken = [pair for pair, is_taken in zip(weighed, chosen, strict=True) if is_taken]
    assert len({t for t, _, _ in taken}) == len({s for _, s, _ in taken}) == len(taken)
    number, value = best_by_brute_force(weighed)
    assert len(taken) == number
    assert sum(pair[2] for pair in taken) == pytest.approx(value)


@settings(max_examples=40)  # each judges twice
@given(EVENTS, EVENTS, RULES, st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing(
    labelled: list[tuple[str, int, int, str]], spoken: list[tuple[str, int, int, str]], rule: MatchRule, random: Any
) -> None:
    items = pd.DataFrame([item("i"), item("j")])
    calls = table([call(), call("b")], CALL_COLUMNS)
    truths, events = as_truths(labelled), as_said(spoken)
    nothing = pd.DataFrame({"item": pd.Series(dtype="str"), "start_s": [], "end_s": []})
    judged = match(items, truths, events, nothing, calls, rule)

    def shuffled(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.iloc[random.sample(range(len(rows)), len(rows))]

    again = match(shuffled(items), shuffled(truths), shuffled(events), nothing, shuffled(calls), rule)
    pd.testing.assert_frame_equal(judged.said.drop(columns="at"), again.said.drop(columns="at"))
    pd.testing.assert_frame_equal(judged.outcomes, again.outcomes)
    of_labels = judged.said[judged.said["verdict"] == "true"]
    assert of_labels["truth"].is_unique
    assert len(of_labels) == judged.outcomes["found"].sum()
    # A repeat is only of a label that was found.
    assert set(judged.said.loc[judged.said["verdict"] == "repeat", "truth"]) <= set(of_labels["truth"])
