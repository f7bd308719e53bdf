"""Comparison of two arms: its numbers, and their meaning in plain words, dangers included.

The numbers are computed in compare.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from livemon.base.event_families import counted
from livemon.lab.scoring.intervals import LEAST_CLUSTERS

SIGNIFICANT = 0.05
"""The p-value below which a difference is said not to be chance."""

LEAST_HOURS = 2.0
"""Rates a day are not made of less watched time; numbers and minutes are said instead."""


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

    With repeats an arm finds what more than half of its repeats find; a tie is not found. Differences are b less a. All
    fields but `judged_*` are of items that were drawn and labelled whole. The others are known only by an alert, which
    favours the arm that sent it.

    Attributes
    ----------
    truths, dangers, clusters
        Number of compared items and truths. `family` is set when all truths are of one.
    found_a, found_b, only_a, only_b
        Truths found, and those found by the one alone.
    dangers_a, dangers_b, dangers_discordant
        Dangers found, and those that only one of the two finds.
    p_value
        Exact McNemar test: that so uneven a split of what only one finds comes by chance; 1 when there is none.
    found, recall, danger_recall, false_alerts_per_day
        Differences; the intervals are paired: both arms are compared cluster by cluster. `found` counts truths, the
        others are weighted; false alerts are means over repeats, and not known of an arm of which all calls failed.
    danger_loss, danger_loss_bound
        Share of the labelled dangers that b misses more often than a, a mean over repeats, and its upper 95 % bound.
        NaN without dangers, and the bound also with fewer than two clusters of dangers.
    watched_hours, false_alerts_a, false_alerts_b
        Numerators of the rates a day, unweighted, one repeat.
    judged_dangers, judged_dangers_a, judged_dangers_b
        Dangers of items that were not drawn, and how many of them each arm finds.
    alerts_p_value
        Exact test of the two numbers of false alerts; 1 when they are equal or unknown.
    smallest_difference
        Found truths by which arms must differ on average for labels like these to show it four times in five, by both
        tests. More than `truths` means that no difference could be shown, as with one cluster.
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
    dangers_a: int
    dangers_b: int
    dangers_discordant: int
    p_value: float
    found: Range
    recall_a: float
    recall_b: float
    recall: Range
    danger_recall_a: float
    danger_recall_b: float
    danger_recall: Range
    danger_loss: float
    danger_loss_bound: float
    watched_hours: float
    false_alerts_a: float
    false_alerts_b: float
    false_alerts_per_day_a: float
    false_alerts_per_day_b: float
    false_alerts_per_day: Range
    alerts_p_value: float
    smallest_difference: int
    judged_dangers: int
    judged_dangers_a: int
    judged_dangers_b: int

    @property
    def is_sure(self) -> bool:
        """Whether one finds more than the other, beyond chance: by the interval and by the exact test.

        Both, because the interval of few clusters is rough, and the test knows nothing of clusters.
        """
        return self.found.is_sure and self.p_value < SIGNIFICANT

    @property
    def alerts_are_sure(self) -> bool:
        """Whether one tells more false alerts than the other, beyond chance, by the same two rules."""
        return self.false_alerts_per_day.is_sure and self.alerts_p_value < SIGNIFICANT

    @property
    def sentence(self) -> str:
        """The conclusion, in plain words."""
        return sentence(self)


def sentence(of: Comparison) -> str:
    """Return what may be said of two arms."""
    if not of.clusters:
        parts = [f"There is no footage that was labelled whole to compare {of.a} and {of.b} on", _judged(of)]
        return f"{'; '.join(part for part in parts if part)}."
    parts = [_found(of), _dangers(of), _judged(of), _false_alerts(of)]
    if of.clusters < LEAST_CLUSTERS:
        parts.append("the footage is all of one camera-day, so no interval can be given")
    return f"{'; '.join(part for part in parts if part)}."


def _found(of: Comparison) -> str:
    more = of.found_b - of.found_a
    if not of.truths:
        return f"There are no labelled events, and so no dangers, to compare {of.a} and {of.b} on"
    among = counted(of.truths, of.family)
    if more:
        said = f"{of.b} finds {abs(more):,} {'more' if more > 0 else 'fewer'} of {among} than {of.a}"
    else:
        said = f"{of.b} finds {of.found_b:,} of {among}, as many as {of.a}"
    if math.isnan(of.found.low):
        return said
    # Differences are whole numbers: those that the interval holds.
    limits = f"95% CI {_signed(math.ceil(of.found.low))}..{_signed(math.floor(of.found.high))}"
    return f"{said} ({limits}{'' if of.is_sure else ', not enough labels to say'})"


def _dangers(of: Comparison) -> str:
    if not of.dangers:
        return "" if not of.truths else "no danger is labelled"
    dangers = f"{of.dangers:,} danger{'s' if of.dangers != 1 else ''}"
    said = f"of {dangers} {of.b} finds {of.dangers_b:,} and {of.a} {of.dangers_a:,}"
    # Equal numbers may be of different dangers.
    lost = (of.dangers_discordant - (of.dangers_b - of.dangers_a)) // 2
    gained = of.dangers_discordant - lost
    return f"{said} ({lost:,} that {of.a} finds are lost, {gained:,} new)" if lost and gained else said


def _judged(of: Comparison) -> str:
    if not of.judged_dangers:
        return ""
    dangers = f"{of.judged_dangers:,} danger{'s' if of.judged_dangers != 1 else ''}"
    return (
        f"of {dangers} known only because an alert was judged {of.b} finds {of.judged_dangers_b:,} and {of.a} "
        f"{of.judged_dangers_a:,}"
    )


def _false_alerts(of: Comparison) -> str:
    rates = of.false_alerts_per_day
    if math.isnan(of.false_alerts_a) or math.isnan(of.false_alerts_b):
        return "how many false alerts they tell is not known"
    if of.watched_hours < LEAST_HOURS:
        number = of.false_alerts_b - of.false_alerts_a
        return f"{of.b} tells {_compared(number, 'false alerts')} in {of.watched_hours * 60:.0f} watched minutes"
    said = f"{of.b} tells {_compared(rates.value, 'false alerts a day')}"
    if not rates.value or math.isnan(rates.low) or of.alerts_are_sure:
        return said
    return f"{said} (95% CI {rates.low:+.1f}..{rates.high:+.1f}, which may be chance)"


def _compared(difference: float, what: str) -> str:
    if not difference:
        return f"as many {what}"
    number = f"{abs(difference):.1f}"
    shown = number if number != "0.0" else f"{abs(difference):.2g}"
    return f"{shown} {'more' if difference > 0 else 'fewer'} {what}"


def _signed(count: int) -> str:
    return "0" if not count else f"{count:+,}"
