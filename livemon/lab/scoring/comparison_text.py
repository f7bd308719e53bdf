"""A comparison in plain words: both arms are named, dangers are told of, nothing is said better than the labels say.

How the numbers come about does not belong here (compare.py).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from livemon.lab.data.event_families import counted
from livemon.lab.scoring.intervals import LEAST_CLUSTERS

if TYPE_CHECKING:
    from livemon.lab.scoring.compare import Comparison

LEAST_HOURS = 2.0
"""Rates a day are not made of less watched time; numbers and minutes are said instead."""


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
