"""Two arms on the same labels: events that only one finds, and whether that may be chance.

Pairs and their statistics. The sentence is written in arm_comparison.py, one arm's score is computed in metrics.py, the
decision is made in lab/promotion_guard.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livemon.base.datatypes import Severity
from livemon.lab.scoring.arm_comparison import SIGNIFICANT, Comparison, Range
from livemon.lab.scoring.intervals import (
    LEAST_CLUSTERS,
    ONE_SIDED,
    TWO_SIDED,
    UNKNOWN,
    Floats,
    difference_interval,
    half_width,
    jackknife_error,
    left_out,
    sums,
)
from livemon.lab.scoring.matching import Matched, Verdict

MAJORITY = 0.5
"""An arm finds what more than this share of its repeats find: of an even number a tie is not found."""

ALIKE = 0.1
"""Intraclass correlation of a camera-day's events that is planned with: few labels do not show how alike days are."""
POWER = 0.8
"""A difference that labels "could show" is shown this often, by both tests."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two arms on the truths, truth by truth: whether each finds it, its cluster (0 to `clusters`) and its weight."""

    a: NDArray[np.bool_]
    b: NDArray[np.bool_]
    cluster: NDArray[np.int64]
    weight: Floats
    clusters: int

    def among(self, chosen: NDArray[np.bool_]) -> Pair:
        """Return the same of some truths."""
        return Pair(self.a[chosen], self.b[chosen], self.cluster[chosen], self.weight[chosen], self.clusters)

    @property
    def more(self) -> Floats:
        """Per truth: 1 when b alone finds it, -1 when a alone does."""
        return self.b.astype(np.float64) - self.a

    @property
    def p_value(self) -> float:
        """Probability that the events found by one arm alone split so unevenly by chance; 1 when there are none.

        Source: Q. McNemar, Psychometrika 12 (1947), exact by the binomial distribution.
        """
        from scipy.stats import binomtest

        only_a, only_b = int((self.a & ~self.b).sum()), int((self.b & ~self.a).sum())
        return float(binomtest(only_b, only_a + only_b, 0.5).pvalue) if only_a + only_b else 1.0

    def recall(self, found: NDArray[np.bool_]) -> float:
        """Return the weighted share that is found; NaN when nothing has a weight."""
        total = float(self.weight.sum())
        return float((self.weight * found).sum()) / total if total > 0 else math.nan

    def found_difference(self) -> tuple[Range, float]:
        """Return the difference of found truths, and how much more it varies than that of independent events does.

        That is by what days differ, or by what they usually do: 1 + (events a day - 1) times the intraclass correlation
        (L. Kish, Survey Sampling, 1965).
        """
        more, number = self.more, len(self.a)
        per_cluster = sums(self.cluster, more, self.clusters)[np.unique(self.cluster)]
        value = float(more.sum())
        event = math.sqrt(_event_variance(float((more**2).sum()), value, number))
        if len(per_cluster) < LEAST_CLUSTERS:
            return Range(value, *UNKNOWN), 1.0
        estimates = left_out(per_cluster)
        interval = difference_interval(value, estimates, event, -number, number)
        sizes = np.unique(self.cluster, return_counts=True)[1]
        expected = 1 + ALIKE * (float((sizes**2).sum()) / number - 1)
        return Range(value, *interval), max(expected, (jackknife_error(estimates) / event) ** 2)

    def recall_difference(self) -> Range:
        """Return the difference of weighted recalls."""
        value = self.recall(self.b) - self.recall(self.a)
        with_truths = np.unique(self.cluster)
        tops = sums(self.cluster, self.more * self.weight, self.clusters)[with_truths]
        bottoms = sums(self.cluster, self.weight, self.clusters)[with_truths]
        if len(with_truths) < LEAST_CLUSTERS:
            return Range(value, *UNKNOWN)
        estimates = (tops.sum() - tops) / (bottoms.sum() - bottoms)
        case = float((self.weight**2).sum() / self.weight.sum())
        event = math.sqrt(float(((self.weight * self.more) ** 2).sum()) + case**2) / (bottoms.sum() + 2 * case)
        return Range(value, *difference_interval(value, estimates, event, -1, 1))


def compare(matched: Matched, a: str, b: str) -> Comparison:
    """Compare two arms on the truths in scope; raises ValueError when one of them was not run."""
    matched, others = matched.of_items(matched.is_drawn), matched.of_items(~matched.is_drawn)
    cluster, names = pd.factorize(matched.items["cluster"])
    truths, weight = matched.truths, matched.items["weight"].to_numpy(np.float64)
    at = truths["at"].to_numpy()
    shares = [_shares(matched, arm) for arm in (a, b)]
    pair = Pair(shares[0] > MAJORITY, shares[1] > MAJORITY, cluster[at], weight[at], len(names))
    danger = _is_danger(matched)
    dangers = pair.among(danger)
    judged = _is_danger(others)
    only_a, only_b = int((pair.a & ~pair.b).sum()), int((pair.b & ~pair.a).sum())
    found, spread = pair.found_difference()
    loss, bound = lost_dangers((shares[0] - shares[1])[danger], dangers.cluster, len(names))
    named = truths["family"].unique()
    return Comparison(
        a=a,
        b=b,
        truths=len(truths),
        dangers=int(danger.sum()),
        clusters=len(names),
        family=str(named[0]) if len(named) == 1 else None,
        found_a=int(pair.a.sum()),
        found_b=int(pair.b.sum()),
        only_a=only_a,
        only_b=only_b,
        dangers_a=int(dangers.a.sum()),
        dangers_b=int(dangers.b.sum()),
        dangers_discordant=int((dangers.a != dangers.b).sum()),
        p_value=pair.p_value,
        found=found,
        recall_a=pair.recall(pair.a),
        recall_b=pair.recall(pair.b),
        recall=pair.recall_difference(),
        danger_recall_a=dangers.recall(dangers.a),
        danger_recall_b=dangers.recall(dangers.b),
        danger_recall=dangers.recall_difference(),
        danger_loss=loss,
        danger_loss_bound=bound,
        **_alerts(matched, a, b, cluster, len(names)),
        smallest_difference=smallest_difference(len(truths), len(np.unique(pair.cluster)), only_a + only_b, spread),
        judged_dangers=int(judged.sum()),
        judged_dangers_a=int((_shares(others, a)[judged] > MAJORITY).sum()),
        judged_dangers_b=int((_shares(others, b)[judged] > MAJORITY).sum()),
    )


def _shares(matched: Matched, arm: str) -> Floats:
    """Return in which share of an arm's repeats each truth is found."""
    shares: Floats = matched.per_truth("found", arm).mean(axis=0, dtype=np.float64)
    return shares


def _is_danger(matched: Matched) -> NDArray[np.bool_]:
    danger: NDArray[np.bool_] = (matched.truths["severity"] == Severity.DANGER.value).to_numpy()
    return danger


def lost_dangers(lost: Floats, cluster: NDArray[np.int64], clusters: int) -> tuple[float, float]:
    """Return the mean of what b loses of each danger (-1 to 1), and its upper 95 % bound.

    The bound is the largest of three: that of clusters, that of independent events, and the exact one of what is lost
    (C. Clopper, E. Pearson, 1934) less what is gained, which alone holds when few dangers differ.
    """
    from scipy.special import betaincinv

    if not len(lost):
        return UNKNOWN
    number = len(lost)
    value = float(lost.mean())
    with_dangers = np.unique(cluster)
    tops = sums(cluster, lost, clusters)[with_dangers]
    bottoms = sums(cluster, np.ones(number), clusters)[with_dangers]
    if len(with_dangers) < LEAST_CLUSTERS:
        return value, math.nan
    estimates = (tops.sum() - tops) / (bottoms.sum() - bottoms)
    spread = float((lost**2).sum()) + 1 - float(lost.sum()) ** 2 / (number + 2)
    event = math.sqrt(max(0.0, spread)) / (number + 2)
    losses, gains = float(lost.clip(min=0).sum()), float((-lost).clip(min=0).sum())
    exact = float(betaincinv(losses + 1, number - losses, ONE_SIDED)) if losses < number else 1.0
    bound = max(value + half_width(estimates, event, ONE_SIDED), exact - gains / number)
    return value, min(1.0, bound)


def _alerts(matched: Matched, a: str, b: str, cluster: NDArray[np.int64], clusters: int) -> dict[str, Any]:
    """Return what is said of false alerts: numbers, rates a day, their difference, and whether it may be chance."""
    hours, weight = (matched.items[name].to_numpy(np.float64) for name in ("hours", "weight"))
    one, other = (_false_alerts(matched, arm) for arm in (a, b))
    days = sums(cluster, hours * weight / 24, clusters)
    rates = [sums(cluster, counts * weight, clusters) for counts in (one, other)]
    told = [float(rate.sum() / days.sum()) if days.sum() > 0 else math.nan for rate in rates]
    return {
        "watched_hours": float(hours.sum()),
        "false_alerts_a": float(one.sum()),
        "false_alerts_b": float(other.sum()),
        "false_alerts_per_day_a": told[0],
        "false_alerts_per_day_b": told[1],
        "false_alerts_per_day": rate_difference(rates[0], rates[1], days, weight, one + other),
        "alerts_p_value": alerts_p_value(float(one.sum()), float(other.sum())),
    }


def rate_difference(one: Floats, other: Floats, days: Floats, weight: Floats, counts: Floats) -> Range:
    """Return the difference of two rates a day, and its interval.

    Parameters
    ----------
    one, other, days
        Weight of each arm's false alerts, and of watched days, by cluster.
    weight, counts
        Weight and number of false alerts of both arms, by item.
    """
    if not days.sum() > 0:
        return Range(math.nan, *UNKNOWN)
    value = float((other.sum() - one.sum()) / days.sum())
    watched = days > 0
    if math.isnan(value) or watched.sum() < LEAST_CLUSTERS:
        return Range(value, *UNKNOWN)
    more, part = (other - one)[watched], days[watched]
    estimates = (more.sum() - more) / (part.sum() - part)
    case = float((weight**2).sum() / weight.sum())
    event = math.sqrt(float((counts * weight**2).sum()) + case**2) / float(part.sum())
    least = -float(one.sum() / days.sum())
    return Range(value, *difference_interval(value, estimates, event, least, math.inf))


def alerts_p_value(one: float, other: float) -> float:
    """Return how likely so uneven a split of false alerts is by chance; 1 when nothing is known.

    Source: J. Przyborowski, H. Wilenski, Biometrika 31 (1940), the conditional test of two Poisson rates.
    """
    from scipy.stats import binomtest

    if math.isnan(one + other) or not round(one) + round(other):
        return 1.0
    return float(binomtest(round(one), round(one) + round(other), 0.5).pvalue)


def _false_alerts(matched: Matched, arm: str) -> Floats:
    """Return an arm's false alerts in each item, a mean over its repeats; NaN when nothing is known."""
    if matched.is_silent(arm):
        return np.full(len(matched.items), math.nan)
    counts: Floats = matched.per_item(Verdict.FALSE, arm).mean(axis=0)
    return counts


def smallest_difference(truths: int, clusters: int, discordant: int, spread: float) -> int:
    """Return the difference of found truths that labels like these show with `POWER` at least, by both tests.

    Each of the two is asked for half of what may fail, so that both together show it. By the interval it is the
    sum of two quantiles of Student's t times the standard error (H. S. Bloom, Minimum Detectable Effects, Evaluation
    Review 19, 1995), which grows with the difference itself. tests/lab/test_slow_power.py holds it.

    Parameters
    ----------
    truths, clusters, discordant
        Number of truths, and number of those that only one arm finds.
    spread
        Variance of the difference over that of independent events: a ratio, at least 1.

    Returns
    -------
    int
        One more than `truths` when no difference can be shown.
    """
    from scipy.special import stdtrit

    if clusters < LEAST_CLUSTERS or spread >= truths:
        return truths + 1
    power = 1 - (1 - POWER) / 2
    errors = sum(float(stdtrit(clusters - 1, one)) for one in (TWO_SIDED, power))
    for difference in range(1, truths + 1):
        differing = max(discordant, difference)
        error = math.sqrt(spread * _event_variance(differing, difference, truths))
        if difference >= errors * error and _mcnemar_power(differing, difference, truths, spread) >= power:
            return difference
    return truths + 1


def _event_variance(squares: float, difference: float, truths: int) -> float:
    """Return the variance of a difference of independent events; half a case is added in each cell."""
    return max(0.0, squares + 1 - difference**2 / (truths + 2))


def _mcnemar_power(differing: int, difference: int, truths: int, spread: float) -> float:
    """Return how often the exact test shows a difference when about so many truths are found by one arm only."""
    from scipy.stats import betabinom, binom

    numbers = np.arange(truths + 1)
    critical = binom.isf(SIGNIFICANT / 2, numbers, 0.5) + 1
    shown = binom.sf(critical - 1, numbers, (differing + difference) / (2 * differing))
    if differing >= truths or spread <= 1:
        return float(binom.pmf(numbers, truths, differing / truths) @ shown)
    # That many a beta-binomial varies `spread` times as much as a binomial.
    both = (truths - spread) / (spread - 1)
    share = differing / truths
    return float(betabinom.pmf(numbers, truths, share * both, (1 - share) * both) @ shown)
