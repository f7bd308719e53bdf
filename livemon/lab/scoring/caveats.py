"""Caveat of a recall: one sentence beside it on the estimated population, because the number cannot say it.

Pure.

Events missed in time that was not watched are unknown. The recall is computed in metrics.py.
"""

from __future__ import annotations

import pandas as pd

ALL, ALERTED, MOVING, QUIET = "all", "alerted", "moving", "quiet"
"""Strata of items: `all` is a data set that was labelled whole; the others are what labelling was drawn from."""

LOWER = "what nobody noticed is not in it, true recall is lower"


def honesty(items: pd.DataFrame, noun: str = "window") -> str:
    """Return what a recall over `items` is an estimate of.

    Parameters
    ----------
    items
        `matching.ITEM_COLUMNS`. Of a stratum the rows with a weight are the sample, and the sum of their weights is the
        population (D. G. Horvitz, D. J. Thompson, 1952). Those of weight 0 were not drawn: single alerts are judged.
    noun
        Name of an item, in the singular.
    """
    if items.empty:
        return f"No {noun} was labelled, so there is no recall."
    drawn, judged = items[items["weight"] > 0], items[items["weight"] == 0]
    if drawn.empty:
        return f"No {noun} was watched whole, so there is no recall. {_judged(len(judged), noun)}"
    said = _drawn(drawn, noun)
    if judged.empty:
        return said
    unseen = [name for name in sorted(judged["stratum"].unique()) if name not in set(drawn["stratum"])]
    without = "".join(f" No {name} {noun} was watched whole: the recall is not of those." for name in unseen)
    return f"{said} {_judged(len(judged), noun)}{without}"


def _drawn(items: pd.DataFrame, noun: str) -> str:
    strata = items.groupby("stratum")["weight"].agg(["size", "sum"])
    order = [ALL, QUIET, MOVING, ALERTED]
    names = sorted(strata.index, key=lambda name: (order.index(name) if name in order else len(order), name))
    sizes = [(str(name), int(strata["size"][name]), round(float(strata["sum"][name]))) for name in names]
    parts = [_part(name, sample, max(sample, population), noun) for name, sample, population in sizes]
    is_sample = any(population > sample for _, sample, population in sizes)
    said = f"Recall is {'weighted from' if is_sample else 'of'} {_listed(parts)}"
    if QUIET in names or ALL in names:
        return f"{said}."
    unseen = "quiet time" if MOVING in names else "time without an alert"
    return f"{said}; nobody looked at {unseen}: {LOWER}."


def _judged(number: int, noun: str) -> str:
    these = f"one {noun}" if number == 1 else f"{number:,} {noun}s"
    return f"Of {these} only single alerts were judged: that counts for precision, not for recall."


def _part(name: str, sample: int, population: int, noun: str) -> str:
    what = noun if name == ALL else f"{name} {noun}"
    if sample < population:
        return f"{sample:,} of {population:,} {what}s"
    return f"the one {what}" if population == 1 else f"all {population:,} {what}s"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
