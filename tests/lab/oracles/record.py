"""Ask mir_eval and sed_eval how many events of random trials match, and keep their answers in answers.json.

Run it in an environment of its own; sed_eval imports pkg_resources, which setuptools has dropped:

    python3.11 -m venv /tmp/oracles
    /tmp/oracles/bin/pip install mir_eval==0.8.2 sed_eval==0.2.1 'setuptools<80'
    /tmp/oracles/bin/python tests/lab/oracles/record.py

test_oracles.py holds the lab's matching to the answers. Times are multiples of a quarter second, exact in binary, so
that differences of exactly the tolerance occur and mean the same everywhere.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dcase_util
import mir_eval
import numpy as np
import sed_eval

TRIALS = 700
KINDS = ("fall", "climbing")
DURATION_S = 0.5
Event = list[Any]


def events(random: np.random.Generator) -> list[Event]:
    """Return up to nine events, [onset in seconds, kind], crowded enough for several choices."""
    number = int(random.integers(0, 10))
    return [[float(random.integers(0, 80)) / 4, KINDS[int(random.integers(0, 2))]] for _ in range(number)]


def mir_eval_matches(truths: list[Event], said: list[Event], tolerance_s: float) -> int:
    """Return how many onsets of a kind mir_eval pairs, all kinds together."""
    pairs = 0
    for kind in KINDS:
        one, other = (np.array(sorted(onset for onset, name in part if name == kind)) for part in (truths, said))
        if len(one) and len(other):
            pairs += len(mir_eval.util.match_events(one, other, tolerance_s))
    return pairs


def sed_eval_counts(truths: list[Event], said: list[Event], tolerance_s: float) -> dict[str, int]:
    """Return sed_eval's counts, onset-based with optimal matching, summed over the kinds."""
    metrics = sed_eval.sound_event.EventBasedMetrics(
        event_label_list=list(KINDS), t_collar=tolerance_s, evaluate_offset=False, event_matching_type="optimal"
    )

    def listed(part: list[Event]) -> Any:
        rows = [
            {"event_label": kind, "onset": onset, "offset": onset + DURATION_S, "filename": "trial"}
            for onset, kind in part
        ]
        return dcase_util.containers.MetaDataContainer(rows)

    metrics.evaluate(reference_event_list=listed(truths), estimated_event_list=listed(said))
    names = {"Nref": "truths", "Nsys": "said", "Ntp": "found", "Nfp": "false", "Nfn": "missed"}
    return {ours: int(sum(metrics.class_wise[kind][theirs] for kind in KINDS)) for theirs, ours in names.items()}


def main() -> None:
    """Write answers.json beside this file."""
    random = np.random.default_rng(22)
    trials = []
    for _ in range(TRIALS):
        truths, said = events(random), events(random)
        tolerance_s = float(random.integers(1, 9)) / 4  # sed_eval takes none of 0
        answers = {
            "mir_eval": mir_eval_matches(truths, said, tolerance_s),
            "sed_eval": sed_eval_counts(truths, said, tolerance_s),
        }
        trials.append({"tolerance_s": tolerance_s, "truths": truths, "said": said, **answers})
    versions = {name: version(name) for name in ("mir_eval", "sed_eval", "numpy")}
    lines = ",\n".join(json.dumps(trial, separators=(",", ":")) for trial in trials)
    text = f'{{"versions": {json.dumps(versions)}, "trials": [\n{lines}\n]}}\n'
    Path(__file__).with_name("answers.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
