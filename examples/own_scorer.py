"""A scorer of your own: an alert that comes more than seven seconds after the event has begun is of no use.

    python examples/own_scorer.py [DATA_DIR]

A scorer takes the tables of livemon.lab.scoring.matching.match and returns a Matched. This one leaves out what was told
late and lets `match` judge the rest; tables, comparisons, plots and pages of `with_scorer` follow it.
"""

import sys

import pandas as pd

import livemon as lm
from livemon.lab.scoring.match_rule import MatchRule
from livemon.lab.scoring.matching import Matched, match

LATE_S = 7.0


def in_time(
    items: pd.DataFrame,
    truths: pd.DataFrame,
    said: pd.DataFrame,
    ignored: pd.DataFrame,
    calls: pd.DataFrame,
    rule: MatchRule,
) -> Matched:
    """Judge what was told in time."""
    return match(items, truths, said[said["told_s"] - said["start_s"] <= LATE_S], ignored, calls, rule)


def main(data_dir: str) -> None:
    """Score the local model on the rendered days, both ways."""
    lab = lm.Monitor(data_dir=data_dir, model="local").lab
    experiment = lab.experiment(lab.from_scenes(), models="local", name="a scorer of my own").run(progress=False)
    columns = ["arm", "truths", "found", "recall", "false_alerts"]
    print(experiment.scores()[columns])
    print(experiment.with_scorer(in_time).scores()[columns])


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "data/lab")
