"""A metric of your own beside the scores: F2, in which a missed event weighs more than a false alert.

    python examples/own_metric.py [DATA_DIR]

A metric is a function of what was said, judged (livemon.lab.scoring.matching.Matched), and of an arm's name.
"""

import sys

import livemon as lm
from livemon.lab.scoring.matching import Matched, Verdict


def f2(matched: Matched, arm: str) -> float:
    """Return 5 true / (5 true + 4 missed + false), a mean over repeats."""
    found = matched.per_truth("found", arm)
    true = found.sum() / len(found)
    missed = len(matched.truths) - true
    false = matched.per_item(Verdict.FALSE, arm).sum() / len(found)
    return 5 * true / (5 * true + 4 * missed + false) if len(matched.truths) else float("nan")


def main(data_dir: str) -> None:
    """Score the local model on the rendered days."""
    lab = lm.Monitor(data_dir=data_dir, model="local").lab
    experiment = lab.experiment(lab.from_scenes(), models="local", name="a metric of my own").run(progress=False)
    print(experiment.scores(metrics={"f2": f2})[["arm", "recall", "precision", "f1", "f2"]])


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "data/lab")
