"""What a comparison states is what it does: the difference that labels could show is shown; weighted recall is true.

Seeds are fixed; the bars leave room for what so many trials vary by.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from livemon.base.clock import Window
from livemon.base.datatypes import Severity
from livemon.lab.data.collect import weighted
from livemon.lab.data.dataset import Dataset, Item, Stretch, Truth
from livemon.lab.data.sampling import ALERTED, MOVING, QUIET, Stratum, draw
from livemon.lab.scoring.arm_comparison import SIGNIFICANT
from livemon.lab.scoring.compare import POWER, Pair, smallest_difference
from livemon.lab.scoring.match_rule import MatchRule
from livemon.lab.scoring.matching import CALL_COLUMNS, SAID_COLUMNS, match
from livemon.lab.scoring.metrics import scores
from tests.days import MIDNIGHT
from tests.lab.scoring import call, said, table

pytestmark = pytest.mark.slow
TRIALS = 1_000
TWO_ERRORS = 0.025
"""Two standard errors of a share of 0.8 in so many trials."""


def pair_of(random: np.random.Generator, day: NDArray[np.int64], days: int, shift: float, differing: float) -> Pair:
    """Two arms of which `differing` of the truths are found by one alone, b more often by `shift`; days are alike."""
    alone = random.random(len(day)) < day_shares(random, differing, days)[day]
    by_b = random.random(len(day)) < day_shares(random, (1 + shift / differing) / 2, days)[day]
    return Pair(alone & ~by_b, alone & by_b, day, np.ones(len(day)), days)


def day_shares(random: np.random.Generator, share: float, days: int, alike: float = 0.1) -> NDArray[np.float64]:
    """Shares of days around a mean, with this intraclass correlation."""
    if not 0 < share < 1:
        return np.full(days, share)
    spread = (1 - alike) / alike
    return random.beta(share * spread, (1 - share) * spread, days)


def is_sure(pair: Pair) -> bool:
    return pair.found_difference()[0].is_sure and pair.p_value < SIGNIFICANT


@pytest.mark.parametrize(("truths", "days"), [(40, 5), (60, 10), (200, 10), (200, 30)])
@pytest.mark.parametrize("differing", [0.05, 0.2])
def test_the_smallest_difference_is_shown_four_times_in_five(truths: int, days: int, differing: float) -> None:
    random = np.random.default_rng(truths)
    shown = tried = 0
    for _ in range(TRIALS):
        day = random.integers(0, days, truths)
        pilot = pair_of(random, day, days, 0.0, differing)
        _, spread = pilot.found_difference()
        smallest = smallest_difference(truths, len(np.unique(day)), int((pilot.a != pilot.b).sum()), spread)
        if smallest > truths:
            continue
        shift = smallest / truths
        tried += 1
        shown += is_sure(pair_of(random, day, days, shift, max(differing, shift)))
    assert tried > TRIALS / 2
    assert shown / tried >= POWER - TWO_ERRORS


@dataclass(frozen=True)
class Happened:
    """A window: what livemon noticed of it, and for each event in it whether the live prompt told of it."""

    stratum: Stratum
    told: tuple[bool, ...]

    def item(self, *, watched: bool) -> Item:
        """The window as it is labelled: watched whole, or judged where the live prompt told of something."""
        window = self.stratum.window
        known = [span_of(window, n) for n, told in enumerate(self.told) if told or watched]
        edges = [window.start_utc, *(end for span in known for end in span), window.end_utc]
        return Item(
            "hall",
            window.start_utc,
            window.end_utc,
            footage=f"{window.start_utc:%d %H:%M}",
            truths=tuple(Truth(*span, "fall", Severity.DANGER) for span in known),
            unsure=() if watched else tuple(Stretch(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)),
            hours=1 / 6,
            cluster=f"hall {window.start_utc:%Y-%m-%d}",
            stratum=self.stratum.name,
            weight=1.0 if watched else 0.0,
        )


def span_of(window: Window, number: int) -> tuple[datetime, datetime]:
    begin = window.start_utc + timedelta(seconds=40 * (number + 1))
    return begin, begin + timedelta(seconds=10)


def population(random: np.random.Generator, number: int) -> list[Happened]:
    """Windows, three of ten with something that moves; the live prompt tells of six events in ten."""
    windows = []
    for n in range(number):
        moves = random.random() < 0.3
        told = tuple(random.random(min(10, random.poisson(1.2))) < 0.6) if moves else ()
        name = ALERTED if any(told) else MOVING if moves else QUIET
        windows.append(Happened(Stratum("hall", Window(MIDNIGHT + n * timedelta(minutes=10)), name), told))
    return windows


def recalls(random: np.random.Generator) -> tuple[float, float, float]:
    """The true recall, what the lab says of it, and what it would say if verdicts were drawn windows, too."""
    windows = population(random, 1_000)
    counted = [one.stratum for one in windows]
    drawn = set(draw(counted, 90, int(random.integers(1 << 30))))
    items, spoken = [], []
    for one in windows:
        judged = any(one.told) and random.random() < 0.6
        if one.stratum in drawn or judged:
            items.append(one.item(watched=one.stratum in drawn))
            spans = [span_of(one.stratum.window, n) for n, told in enumerate(one.told) if told]
            times = [(start.timestamp(), end.timestamp()) for start, end in spans]
            spoken += [said(*both, item=items[-1].id, severity="danger") for both in times]

    def recall(chosen: list[Item]) -> float:
        data = Dataset("mixed", weighted(chosen, counted))
        tables = data.items_table(), data.truths_table(), table(spoken, SAID_COLUMNS), data.ignored_table()
        row = scores(match(*tables, table([call(item=chosen[0].id)], CALL_COLUMNS), MatchRule())).iloc[0]
        return float(row["recall"])

    true = float(np.mean([told for one in windows for told in one.told]))
    return true, recall(items), recall([replace(item, weight=1.0) for item in items])


def test_verdicts_beside_a_sample_do_not_move_the_recall() -> None:
    random = np.random.default_rng(5)
    true, stated, mixed = np.array([recalls(random) for _ in range(100)]).mean(axis=0)
    assert stated == pytest.approx(true, abs=0.02)
    assert mixed > true + 0.03, "verdicts would raise it"
