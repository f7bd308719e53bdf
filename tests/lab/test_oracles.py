"""The lab's matching held to two scorers of others, mir_eval and sed_eval, by answers of theirs that are on record.

oracles/record.py made the answers, and says with which versions and how to make them again. Where definitions differ:

- Theirs match onsets within a tolerance. Ours match times that overlap or lie within it, so the trials are moments,
  events without duration, of which both say the same.
- Theirs count everything that is said and not matched as false. Ours take what is said again of a found label out.
- sed_eval's counts are summed over kinds; across kinds it calls a wrong kind a substitution, for ours it is false.
- mir_eval knows no kinds; it was asked kind by kind.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from livemon.lab.scoring.match_rule import MatchRule
from livemon.lab.scoring.matching import Matched
from livemon.lab.scoring.metrics import scores
from tests.lab.scoring import call, item, matched, said, truth

RECORD = json.loads((Path(__file__).parent / "oracles" / "answers.json").read_text(encoding="utf-8"))
TRIALS: list[dict[str, Any]] = RECORD["trials"]


TOLERANCES = sorted({trial["tolerance_s"] for trial in TRIALS})


def judged(tolerance_s: float) -> tuple[Matched, dict[str, dict[str, Any]]]:
    """The lab's matching of all trials of a tolerance, an item each, and the trials by their item."""
    trials = {f"t{n}": trial for n, trial in enumerate(TRIALS) if trial["tolerance_s"] == tolerance_s}
    listed = [(name, onset, kind) for name, trial in trials.items() for onset, kind in trial["truths"]]
    truths = [truth(n, onset, onset, item=name, kind=kind) for n, (name, onset, kind) in enumerate(listed)]
    spoken = [
        said(onset, onset, item=name, kind=kind) for name, trial in trials.items() for onset, kind in trial["said"]
    ]
    made = matched(
        truths,
        spoken,
        items=[item(name) for name in trials],
        calls=[call(item=next(iter(trials)))],
        rule=MatchRule(tolerance_s=tolerance_s),
    )
    return made, trials


def test_the_record_is_of_many_trials_and_of_every_kind_of_outcome() -> None:
    assert len(TRIALS) >= 670
    assert len(TOLERANCES) >= 8
    for name in ("found", "false", "missed"):
        assert sum(trial["sed_eval"][name] > 0 for trial in TRIALS) > 300


@pytest.mark.parametrize("tolerance_s", TOLERANCES)
def test_both_oracles_and_the_lab_agree_on_every_trial(tolerance_s: float) -> None:
    ours, trials = judged(tolerance_s)
    found = ours.outcomes.groupby("item")["found"].agg(["sum", "size"])
    verdicts = ours.said.groupby("item")["verdict"].value_counts()
    for name, trial in trials.items():
        theirs = trial["sed_eval"]
        hits, labels = (int(found[column].get(name, 0)) for column in ("sum", "size"))
        assert hits == theirs["found"] == trial["mir_eval"], name
        assert labels - hits == theirs["missed"], name
        assert sum(int(verdicts.get((name, one), 0)) for one in ("false", "repeat")) == theirs["false"], name


@pytest.mark.parametrize("tolerance_s", TOLERANCES)
def test_recall_and_precision_follow_from_the_oracles_counts(tolerance_s: float) -> None:
    ours, trials = judged(tolerance_s)
    row = scores(ours).iloc[0]
    sums = {name: sum(trial["sed_eval"][name] for trial in trials.values()) for name in ("truths", "found", "said")}
    assert row["recall"] == pytest.approx(sums["found"] / sums["truths"])
    assert row["precision"] == pytest.approx(sums["found"] / (sums["said"] - row["repeats_told"]))
