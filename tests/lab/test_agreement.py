import math
from typing import Any

import pandas as pd
import pytest

from livemon.base.datatypes import Severity
from livemon.lab.scoring.agreement import Agreement, agreement, kappa
from livemon.lab.scoring.match_rule import MatchRule

VERDICT_COLUMNS = ["labeller", "event", "verdict"]
EVENT_COLUMNS = {"labeller": "str", "item": "str", "start_s": float, "end_s": float, "kind": "str", "severity": "str"}


def judged(*verdicts: tuple[str, str]) -> pd.DataFrame:
    """Both verdicts of each event."""
    rows = [(who, n, said) for n, pair in enumerate(verdicts) for who, said in zip(("Ann", "Ben"), pair, strict=True)]
    return pd.DataFrame(rows, columns=VERDICT_COLUMNS)


def marked(who: str, start_s: float, **other: Any) -> dict[str, Any]:
    usual = {"item": "i", "kind": "fall", "severity": "warning", "end_s": start_s + 2}
    return {"labeller": who, "start_s": start_s, **usual, **other}


def agree(verdicts: pd.DataFrame | None = None, *events: dict[str, Any], rule: MatchRule | None = None) -> Agreement:
    given = pd.DataFrame(columns=VERDICT_COLUMNS) if verdicts is None else verdicts
    table = pd.DataFrame(list(events), columns=list(EVENT_COLUMNS)).astype(EVENT_COLUMNS)
    return agreement(given, table, "Ann", "Ben", rule or MatchRule())


def test_kappa_of_cohens_textbook_example() -> None:
    # 20 both right, 15 both wrong, 5 and 10 not the same: observed 0.7, by chance 0.5.
    pairs = [("right", "right")] * 20 + [("right", "wrong")] * 5 + [("wrong", "right")] * 10 + [("wrong", "wrong")] * 15
    both = agree(judged(*pairs))
    assert (both.judged, both.same) == (50, 35)
    assert both.kappa == pytest.approx(0.4)
    assert (
        both.sentence == "Ann and Ben gave the same verdict on 35 of 50 events (kappa 0.40; 1 is perfect, 0 is chance)."
    )


def test_kappa_at_its_ends() -> None:
    one, other = pd.Series(["right", "wrong"] * 3), pd.Series(["wrong", "right"] * 3)
    assert kappa(one, one) == 1
    assert kappa(one, other) == -1
    assert math.isnan(kappa(one[:0], other[:0]))
    # All the same verdict: chance alone gives that.
    assert math.isnan(kappa(one[::2], one[::2]))


def test_only_events_that_both_judged_count_and_the_last_verdict_of_each() -> None:
    verdicts = pd.DataFrame(
        [("Ann", 1, "wrong"), ("Ben", 1, "right"), ("Ann", 1, "right"), ("Ann", 2, "right"), ("Cem", 2, "right")],
        columns=VERDICT_COLUMNS,
    )
    both = agree(verdicts)
    assert (both.judged, both.same) == (1, 1)
    assert both.sentence == "Ann and Ben gave the same verdict on 1 of 1 event."


def test_marked_events_are_paired_one_to_one() -> None:
    both = agree(
        None,
        marked("Ann", 0),
        marked("Ann", 100),
        marked("Ann", 200, kind="climbing"),
        marked("Ben", 3),
        marked("Ben", 4),
        marked("Ben", 100, item="j"),
        marked("Ben", 200, kind="missed"),
        marked("Cem", 100),
    )
    assert (both.events_first, both.events_second, both.paired) == (3, 4, 2)
    assert both.f1 == pytest.approx(2 * 2 / 7)
    assert both.sentence == "Ann and Ben marked 3 and 4 events, of which 2 are the same (F1 0.57)."


def test_the_rule_says_which_events_count() -> None:
    events = [marked("Ann", 0, severity="danger"), marked("Ben", 0), marked("Ben", 100, severity="danger")]
    assert agree(None, *events).paired == 1
    severe = agree(None, *events, rule=MatchRule(least=Severity.DANGER))
    assert (severe.events_first, severe.events_second, severe.paired, severe.f1) == (1, 1, 0, 0)


def test_who_agrees_no_more_than_by_chance_is_told_what_that_means() -> None:
    doubt = "No model can be scored by such labels: settle first what counts as what."
    for verdicts in ([("right", "wrong")] * 4, [("right", "wrong"), ("wrong", "right")]):
        both = agree(judged(*verdicts))
        assert both.same == 0 and both.kappa <= 0
        assert both.sentence.endswith(f"is chance). {doubt}")
    apart = agree(None, marked("Ann", 0), marked("Ben", 100))
    assert apart.sentence == f"Ann and Ben marked 1 and 1 events, of which 0 are the same (F1 0.00). {doubt}"
    assert doubt not in agree(None, marked("Ann", 0)).sentence


def test_nothing_in_common_is_said() -> None:
    both = agree()
    assert (both.judged, both.paired) == (0, 0)
    assert math.isnan(both.kappa)
    assert math.isnan(both.f1)
    assert both.sentence == "Ann and Ben judged nothing in common."


def test_verdicts_and_events_stand_in_one_sentence() -> None:
    both = agree(judged(("right", "right"), ("wrong", "wrong")), marked("Ann", 0), marked("Ben", 0))
    assert both.sentence == (
        "Ann and Ben gave the same verdict on 2 of 2 events (kappa 1.00; 1 is perfect, 0 is chance); "
        "they marked 1 and 1 events, of which 1 is the same (F1 1.00)."
    )
