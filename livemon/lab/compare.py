"""Two arms on the same labels: what the one finds that the other does not, and whether that may be chance.

Pairs and their statistics, and a sentence that never says better when the labels do not. What one arm is worth by
itself stands in scores.py. What to do about it (promote, or not) does not belong here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livemon.datatypes import Severity
from livemon.lab.bootstrap import LEAST_CLUSTERS, RESAMPLES, SEED, UNKNOWN, Floats, draws, interval, ratio, sums
from livemon.lab.kinds import counted
from livemon.lab.matching import Matched, Verdict

SIGNIFICANT = 0.05
LEAST_DISCORDANT = 6
"""The fewest labels found by one arm alone that an exact McNemar test takes for no chance: 2 / 2**6 = 0.03 < 0.05."""

POWERFUL = 1.959964 + 0.841621
"""Standard errors that a difference must be large to be shown at 5 % four times in five.

Source: H. S. Bloom, Minimum Detectable Effects, Evaluation Review 19 (1995)."""


@dataclass(frozen=True, slots=True)
class Range:
    """A difference, b less a, and its 95 % interval; NaN is unknown."""

    value: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether the interval is known and leaves out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Arm `b` against arm `a` on the same truths.

    With repeats an arm finds what more than half of its repeats find. Differences are b less a.

    Attributes
    ----------
    truths, dangers, clusters
        How many were compared on. `family` is set when all truths are of one.
    found_a, found_b, only_a, only_b
        Truths found, and found by the one alone.
    p_value
        Exact McNemar test: that so uneven a split of what only one finds comes by chance; 1 when there is none.
    found, recall, danger_recall, false_alerts_per_day
        Differences; the intervals are paired: both arms are resampled by the same clusters. `found` counts truths, the
        others are weighted; false alerts are means over repeats, and not known of an arm of which all calls failed.
    smallest_difference
        Found truths by which arms must differ for labels like these to show it, four times in five. More than `truths`
        means that no difference could be shown.
    danger_recall_falls
        Whether b finds less of the dangers than a, by majority or by the mean over repeats. False with no dangers
        labelled, which says nothing.
    """

    a: str
    b: str
    truths: int
    dangers: int
    clusters: int
    family: str | None
    found_a: int
    found_b: int
    only_a: int
    only_b: int
    p_value: float
    found: Range
    recall_a: float
    recall_b: float
    recall: Range
    danger_recall_a: float
    danger_recall_b: float
    danger_recall: Range
    false_alerts_per_day_a: float
    false_alerts_per_day_b: float
    false_alerts_per_day: Range
    smallest_difference: int
    danger_recall_falls: bool

    @property
    def is_sure(self) -> bool:
        """Whether one finds more than the other, beyond chance: by the interval and by the exact test.

        Both, because a bootstrap of few clusters is too sure of itself, and the test knows nothing of clusters.
        """
        return self.found.is_sure and self.p_value < SIGNIFICANT

    @property
    def sentence(self) -> str:
        """What may be said, in plain words."""
        if not self.clusters:
            return f"There is no footage to compare {self.a} and {self.b} on."
        if self.clusters < LEAST_CLUSTERS:
            return f"{self._finds}{self._of_alarms}; the footage is all of one camera-day, so no interval can be given."
        if not self.truths:
            return f"{self._finds}{self._of_alarms}."
        limits = f"95% CI {_signed(self.found.low)}..{_signed(self.found.high)}"
        if self.is_sure:
            return f"{self._finds} ({limits}){self._of_alarms}."
        return f"{self._finds}, {limits}: not enough labels to say{self._of_alarms}."

    @property
    def _finds(self) -> str:
        more = self.found_b - self.found_a
        if not self.truths:
            return f"There are no labelled events to compare {self.a} and {self.b} on"
        of = counted(self.truths, self.family)
        if not more:
            return f"{self.b} finds {self.found_b:,} of {of}, as many as {self.a}"
        return f"{self.b} finds {abs(more):,} {'more' if more > 0 else 'fewer'} of {of}"

    @property
    def _of_alarms(self) -> str:
        alarms = self.false_alerts_per_day
        if math.isnan(alarms.value):
            return "; how many false alerts they tell a day is not known"
        number = f"{abs(alarms.value):.1f}"
        if number == "0.0" and not alarms.is_sure:
            said = "tells as many false alerts a day"
        else:
            if number == "0.0":
                number = f"{abs(alarms.value):.2g}"
            said = f"tells {number} {'more' if alarms.value > 0 else 'fewer'} false alerts a day"
            if self.clusters >= LEAST_CLUSTERS and not alarms.is_sure:
                said += f" (95% CI {alarms.low:+.1f}..{alarms.high:+.1f}, which may be chance)"
        plain = self.truths and (self.clusters < LEAST_CLUSTERS or self.is_sure)
        return f" and {said}" if plain else f"; {self.b if not self.truths else 'it'} {said}"


def compare(matched: Matched, a: str, b: str, *, resamples: int = RESAMPLES, seed: int = SEED) -> Comparison:
    """Compare two arms on the truths in scope; raises ValueError when one of them was not run.

    Source of the test: Q. McNemar, Psychometrika 12 (1947), exact by the binomial distribution.
    """
    from scipy.stats import binomtest

    cluster, names = pd.factorize(matched.items["cluster"])
    drawn = draws(len(names), resamples, seed)
    truths, weight = matched.truths, matched.items["weight"].to_numpy(np.float64)
    at = truths["at"].to_numpy()
    shares: list[Floats] = [matched.per_truth("found", arm).mean(axis=0, dtype=np.float64) for arm in (a, b)]
    # A tie is not found: what is not known to be found is missed.
    found_a, found_b = (share > 0.5 for share in shares)
    danger = (truths["severity"] == Severity.DANGER.value).to_numpy()

    def per_cluster(per_truth: NDArray[np.bool_] | Floats) -> Floats:
        return sums(cluster[at], per_truth.astype(np.float64), len(names))

    def recall(found: NDArray[np.bool_], among: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        return per_cluster((found & among) * weight[at]), per_cluster(among * weight[at])

    every = np.ones(len(truths), bool)
    recall_a, recall_b, of_all = _difference(drawn, *recall(found_a, every), *recall(found_b, every))
    danger_a, danger_b, of_dangers = _difference(drawn, *recall(found_a, danger), *recall(found_b, danger))
    days = sums(cluster, matched.items["hours"].to_numpy(np.float64) * weight / 24, len(names))
    alarms_a, alarms_b = (_alarms(matched, arm, cluster, len(names)) for arm in (a, b))
    told_a, told_b, of_alarms = _difference(drawn, alarms_a, days, alarms_b, days)
    more = per_cluster(found_b.astype(np.float64) - found_a)
    only_a, only_b = int((found_a & ~found_b).sum()), int((found_b & ~found_a).sum())
    named = truths["family"].unique()
    means = [float((share * danger * weight[at]).sum()) for share in shares]
    return Comparison(
        a=a,
        b=b,
        truths=len(truths),
        dangers=int(danger.sum()),
        clusters=len(names),
        family=str(named[0]) if len(named) == 1 else None,
        found_a=int(found_a.sum()),
        found_b=int(found_b.sum()),
        only_a=only_a,
        only_b=only_b,
        p_value=float(binomtest(only_b, only_a + only_b, 0.5).pvalue) if only_a + only_b else 1.0,
        found=Range(only_b - only_a, *(interval(drawn @ more) if len(truths) else UNKNOWN)),
        recall_a=recall_a,
        recall_b=recall_b,
        recall=of_all,
        danger_recall_a=danger_a,
        danger_recall_b=danger_b,
        danger_recall=of_dangers,
        false_alerts_per_day_a=told_a,
        false_alerts_per_day_b=told_b,
        false_alerts_per_day=of_alarms,
        smallest_difference=_smallest_difference(drawn @ more, only_a + only_b),
        # Sums of weights round: the last digit is no fall.
        danger_recall_falls=danger_b < danger_a - 1e-9 or means[1] < means[0] - 1e-9 * max(1.0, means[0]),
    )


def _difference(
    drawn: Floats, top_a: Floats, bottom_a: Floats, top_b: Floats, bottom_b: Floats
) -> tuple[float, float, Range]:
    """Return the ratios of a and of b over all clusters, and the second less the first with its interval."""
    one = float(ratio(top_a.sum(keepdims=True), bottom_a.sum(keepdims=True))[0])
    other = float(ratio(top_b.sum(keepdims=True), bottom_b.sum(keepdims=True))[0])
    between = interval(ratio(drawn @ top_b, drawn @ bottom_b) - ratio(drawn @ top_a, drawn @ bottom_a))
    return one, other, Range(other - one, *between)


def _alarms(matched: Matched, arm: str, cluster: NDArray[np.int64], clusters: int) -> Floats:
    """Return the weight of an arm's false alerts by cluster, a mean over its repeats; NaN when nothing is known."""
    if matched.is_silent(arm):
        return np.full(clusters, math.nan)
    false = matched.per_item(Verdict.FALSE, arm).mean(axis=0) * matched.items["weight"].to_numpy(np.float64)
    return sums(cluster, false, clusters)


def _smallest_difference(resampled: Floats, discordant: int) -> int:
    """Return the minimum detectable difference in found truths: 2.8 standard errors, and at least six.

    The standard error is that of the resampled difference. With one cluster it is the square root of the number of
    truths that only one arm finds, McNemar's own, which takes events for independent.
    """
    error = float(resampled.std()) if len(resampled) else math.sqrt(discordant)
    return max(LEAST_DISCORDANT, math.ceil(POWERFUL * error))


def _signed(count: float) -> str:
    return "0" if not count else f"{count:+,.0f}"
