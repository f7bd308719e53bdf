"""Scores of an arm: recall, precision, false alerts a day, delay, failures, cost. Pure.

Found and false are decided in matching.py; two arms are compared in compare.py, a recall's caveat is in caveats.py.

An item drawn with probability p stands for 1/p of its kind, so that sums over it are weighted by that (D. G. Horvitz,
D. J. Thompson, A Generalization of Sampling Without Replacement From a Finite Universe, 1952). Counts are of what was
labelled and are not weighted; shares and rates are.

Items of weight 0 were not drawn: a person judged a moment of them because of an alert. The events found there are not a
sample, so they serve precision, as one window each, and nothing else but calls and cost.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livemon.base.datatypes import Severity
from livemon.base.model_types import AnswerStatus
from livemon.lab.scoring.arm_comparison import LEAST_HOURS
from livemon.lab.scoring.intervals import Floats, share_interval, sums
from livemon.lab.scoring.matching import Matched, Verdict

FAILURES = tuple(status for status in AnswerStatus if status is not AnswerStatus.OK)
UNREADABLE = (AnswerStatus.UNPARSABLE, AnswerStatus.TRUNCATED, AnswerStatus.EMPTY)
"""A reply came but is not an answer: another prompt may cure it."""

SCORE_COLUMNS: Mapping[str, str] = {
    "arm": "str",
    "repeats": "int64",
    "clusters": "int64",
    "watched_hours": "float64",
    "watched_days": "float64",
    "truths": "int64",
    "found": "float64",
    "recall": "float64",
    "recall_low": "float64",
    "recall_high": "float64",
    "precision": "float64",
    "precision_low": "float64",
    "precision_high": "float64",
    "f1": "float64",
    "dangers": "int64",
    "dangers_found": "float64",
    "dangers_as_danger": "float64",
    "danger_recall": "float64",
    "danger_recall_low": "float64",
    "danger_recall_high": "float64",
    "false_alerts": "float64",
    "false_alerts_per_day": "float64",
    "repeats_told": "float64",
    "unjudged": "float64",
    "delay_p50_s": "float64",
    "delay_p95_s": "float64",
    "flip_rate": "float64",
    "calls": "int64",
    "failures": "int64",
    **{f"failed_{status.value}": "int64" for status in FAILURES},
    "parse_failures": "int64",
    "cost_usd": "float64",
    "unknown_cost": "int64",
    "usd_per_watched_day": "float64",
    "latency_p50_ms": "float64",
    "latency_p95_ms": "float64",
}
"""Of `scores`.

Counts of events are means over the repeats, those of calls and `cost_usd` sums over them; a NaN is not known or not
defined. `watched_days` are weighted, `watched_hours` are not; `unjudged` counts reports in time that was not judged.
"""

SLICES = ("camera_id", "night", "stratum", "family")


def scores(matched: Matched) -> pd.DataFrame:
    """Return one row for each arm, by name, with `SCORE_COLUMNS`.

    - `recall`: weight of found truths / weight of all truths. `danger_recall` is the same of truths of danger, found
      by any alert (`dangers_as_danger` of them were reported as a danger). Shares of repeats are averaged.
    - `precision`: weight of true alerts / weight of true and false ones, all repeats together, also of items that were
      not drawn.
    - `f1`: 2 true / (truths + true + false), weighted.
    - `false_alerts_per_day`: weight of false alerts / watched days, a mean over the repeats. NaN when all calls failed,
      and below `LEAST_HOURS`: count (`false_alerts`) and time (`watched_hours`) say all that is known then.
    - `delay_*`: from a label's start until the first report. A label's start is a person's estimate, so that an earlier
      report has a delay of 0.
    - `flip_rate`: share of truths (found or not) and items (with a false alert or not) that differ between repeats.
      NaN with one repeat.
    - `usd_per_watched_day`: of one repeat, of calls of known cost; NaN when no cost is known.
    - `*_low`, `*_high`: 95 % intervals over clusters (intervals.py); NaN with fewer than two.
    """
    rows = [{"arm": arm, **_score(matched, arm)} for arm in matched.arms]
    return pd.DataFrame(rows, columns=list(SCORE_COLUMNS)).astype(dict(SCORE_COLUMNS))


def slices(matched: Matched, by: str) -> pd.DataFrame:
    """Return the scores of parts: `by` (str, or bool of the night), then `SCORE_COLUMNS`; by part, then by arm.

    A family has its truths, its reports and its false reports. Watched time and calls are those of all families, since
    a call looks for all.

    Raises
    ------
    ValueError
        When `by` is not one of `SLICES`.
    """
    if by not in SLICES:
        raise ValueError(f"scores come by {', '.join(SLICES)}, not by {by!r}")
    tables = [scores(part).assign(**{by: value}) for value, part in _parts(matched, by)]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[by, *SCORE_COLUMNS])
    return table[[by, *SCORE_COLUMNS]].astype({**SCORE_COLUMNS, by: "bool" if by == "night" else "str"})


def _parts(matched: Matched, by: str) -> Iterator[tuple[Any, Matched]]:
    if by == "family":
        false = matched.said["verdict"] == Verdict.FALSE.value
        for name in sorted({*matched.truths["family"], *matched.said.loc[false, "family"]}):
            yield name, matched.of_family(name)
    else:
        for value in sorted(matched.items[by].unique()):
            yield value, matched.of_items((matched.items[by] == value).to_numpy())


def _score(matched: Matched, arm: str) -> dict[str, Any]:
    drawn = matched.of_items(matched.is_drawn)
    found, as_danger = drawn.per_truth("found", arm), drawn.per_truth("as_danger", arm)
    share: Floats = found.mean(axis=0, dtype=np.float64)
    danger = (drawn.truths["severity"] == Severity.DANGER.value).to_numpy().astype(np.float64)
    false = drawn.per_item(Verdict.FALSE, arm)
    hours, weight = (drawn.items[name].to_numpy(np.float64) for name in ("hours", "weight"))
    days = float((hours * weight).sum()) / 24
    alarms = float((false.mean(axis=0) * weight).sum())
    every, hits = _weights(drawn, np.ones(len(share))), _weights(drawn, share)
    dangers, danger_hits = _weights(drawn, danger), _weights(drawn, share * danger)
    recall_low, recall_high = share_interval(hits.sums, every.sums, every.squares)
    danger_low, danger_high = share_interval(danger_hits.sums, dangers.sums, dangers.squares)
    delay_p50, delay_p95 = p50_p95(drawn.per_truth("delay_s", arm))
    is_short = float(hours.sum()) < LEAST_HOURS
    return {
        "repeats": len(found),
        "clusters": int(drawn.items["cluster"].nunique()),
        "watched_hours": float(hours.sum()),
        "watched_days": days,
        "truths": len(drawn.truths),
        "found": share.sum(),
        "recall": _over(hits.total, every.total),
        "recall_low": recall_low,
        "recall_high": recall_high,
        **_precision(matched, arm),
        "f1": _over(2 * hits.total, every.total + hits.total + alarms),
        "dangers": int(danger.sum()),
        "dangers_found": (share * danger).sum(),
        "dangers_as_danger": (as_danger.mean(axis=0) * danger).sum(),
        "danger_recall": _over(danger_hits.total, dangers.total),
        "danger_recall_low": danger_low,
        "danger_recall_high": danger_high,
        "false_alerts": false.sum() / len(false),
        "false_alerts_per_day": math.nan if matched.is_silent(arm) or is_short else _over(alarms, days),
        "repeats_told": drawn.per_item(Verdict.REPEAT, arm).sum() / len(found),
        "unjudged": drawn.per_item(Verdict.IGNORED, arm).sum() / len(found),
        "delay_p50_s": delay_p50,
        "delay_p95_s": delay_p95,
        "flip_rate": _flip_rate(found, false > 0),
        **_calls(matched, arm, days, len(found)),
    }


@dataclass(frozen=True, slots=True)
class _Weights:
    """Sums of weights, and of their squares, by cluster."""

    sums: Floats
    squares: Floats

    @property
    def total(self) -> float:
        return float(self.sums.sum())


def _weights(matched: Matched, per_truth: Floats) -> _Weights:
    """Return the weights of truths, each times `per_truth`, by cluster."""
    cluster, names = pd.factorize(matched.items["cluster"])
    at = matched.truths["at"].to_numpy()
    weight = matched.items["weight"].to_numpy(np.float64)[at]
    return _Weights(
        sums(cluster[at], per_truth * weight, len(names)), sums(cluster[at], per_truth * weight**2, len(names))
    )


def _precision(matched: Matched, arm: str) -> dict[str, float]:
    """Return precision and its interval, of all items: one that was not drawn stands for itself."""
    cluster, names = pd.factorize(matched.items["cluster"])
    weight = np.where(matched.is_drawn, matched.items["weight"].to_numpy(np.float64), 1.0)
    at = matched.truths["at"].to_numpy()
    found = matched.per_truth("found", arm).mean(axis=0, dtype=np.float64)
    false = matched.per_item(Verdict.FALSE, arm).mean(axis=0)
    # Every found truth has one true alert in the same item: they weigh the same.
    right, squares = (sums(cluster[at], found * weight[at] ** power, len(names)) for power in (1, 2))
    wrong, wrong_squares = (sums(cluster, false * weight**power, len(names)) for power in (1, 2))
    low, high = share_interval(right, right + wrong, squares + wrong_squares)
    return {
        "precision": _over(right.sum(), right.sum() + wrong.sum()),
        "precision_low": low,
        "precision_high": high,
    }


def _calls(matched: Matched, arm: str, days: float, repeats: int) -> dict[str, Any]:
    calls = matched.calls[matched.calls["arm"] == arm]
    failed = calls.loc[calls["status"] != AnswerStatus.OK.value, "status"].value_counts()
    cost = calls["cost_usd"].to_numpy(np.float64)
    known = ~np.isnan(cost)
    weight = matched.items.set_index("item")["weight"].reindex(calls["item"]).to_numpy(np.float64)
    some = bool(known.any()) or not len(calls)
    latency_p50, latency_p95 = p50_p95(calls["latency_ms"].to_numpy(np.float64))
    return {
        "calls": len(calls),
        "failures": int(failed.sum()),
        **{f"failed_{status.value}": int(failed.get(status.value, 0)) for status in FAILURES},
        "parse_failures": sum(int(failed.get(status.value, 0)) for status in UNREADABLE),
        "cost_usd": cost[known].sum() if some else math.nan,
        "unknown_cost": int((~known).sum()),
        "usd_per_watched_day": _over((cost * weight)[known].sum() / repeats, days) if some else math.nan,
        "latency_p50_ms": latency_p50,
        "latency_p95_ms": latency_p95,
    }


def _flip_rate(found: NDArray[np.bool_], alarmed: NDArray[np.bool_]) -> float:
    outcomes = np.concatenate([found, alarmed], axis=1)
    if len(outcomes) < 2 or not outcomes.shape[1]:
        return math.nan
    return float((outcomes.any(axis=0) & ~outcomes.all(axis=0)).mean())


def _over(top: float, bottom: float) -> float:
    return float(top / bottom) if bottom > 0 else math.nan


def p50_p95(values: Floats) -> tuple[float, float]:
    """Return median and 95th percentile of what is known; NaN when nothing is."""
    known = values[~np.isnan(values)]
    if not len(known):
        return math.nan, math.nan
    p50, p95 = np.quantile(known, [0.5, 0.95])
    return float(p50), float(p95)
