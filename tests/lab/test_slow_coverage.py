"""Intervals cover, tests are wrong as seldom as they say, and the guard of promotion passes what it should: simulated.

Events of a camera-day are alike (a beta distribution of days, intraclass correlation 0.1), as when the light is bad all
day. Seeds are fixed; the bars leave room for what 2,000 trials vary by.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from livemon.lab.promotion_guard import MARGIN
from livemon.lab.scoring.arm_comparison import SIGNIFICANT
from livemon.lab.scoring.compare import alerts_p_value, lost_dangers, rate_difference
from livemon.lab.scoring.intervals import share_interval

pytestmark = pytest.mark.slow
TRIALS = 2_000
TWO_ERRORS = 0.01
"""Two standard errors of a share of 0.05 in so many trials."""
DAYS = (2, 3, 5, 10, 30)


def day_recalls(random: np.random.Generator, recall: float, days: int, alike: float = 0.1) -> NDArray[np.float64]:
    spread = (1 - alike) / alike
    return random.beta(recall * spread, (1 - recall) * spread, days)


@pytest.mark.parametrize("days", DAYS)
@pytest.mark.parametrize(("recall", "events"), [(0.7, 10), (0.7, 3), (0.9, 10), (0.97, 10), (0.9, 1)])
def test_an_interval_of_recall_covers_at_any_number_of_days(days: int, recall: float, events: int) -> None:
    random = np.random.default_rng(days)
    covered = 0
    for _ in range(TRIALS):
        number = np.maximum(1, random.poisson(events, days)).astype(float)
        found = random.binomial(number.astype(int), day_recalls(random, recall, days)).astype(float)
        low, high = share_interval(found, number, number)
        assert 0 <= low <= high <= 1
        covered += low <= recall <= high
    assert covered / TRIALS >= 0.94


@pytest.mark.parametrize("days", (2, 5, 10, 30))
def test_fewer_false_alerts_are_claimed_by_chance_once_in_twenty_at_most(days: int) -> None:
    random = np.random.default_rng(days)
    claimed = 0
    for _ in range(TRIALS):
        # Bursts: a day's rate varies twofold, and the arms vary each by itself.
        one, other = (random.poisson(random.gamma(2.0, 2.0, days)).astype(float) for _ in range(2))
        between = rate_difference(one, other, np.ones(days), np.ones(days), one + other)
        claimed += between.is_sure and alerts_p_value(one.sum(), other.sum()) < SIGNIFICANT
    assert claimed / TRIALS <= 0.05 + TWO_ERRORS


def passed(dangers: int, days: int, worse: float) -> float:
    """The share of prompts that the guard passes; they find a tenth of the dangers differently, and `worse` fewer."""
    random = np.random.default_rng(dangers)
    through = 0
    for _ in range(TRIALS):
        day = random.integers(0, days, dangers)
        recall = day_recalls(random, 0.8, days, alike=0.05)[day]
        live = random.random(dangers) < recall
        new = np.where(random.random(dangers) < 0.1, random.random(dangers) < recall, live)
        new &= random.random(dangers) >= worse / 0.8
        through += lost_dangers(live.astype(float) - new, day, days)[1] <= MARGIN
    return through / TRIALS


@pytest.mark.parametrize(("dangers", "days"), [(15, 5), (30, 6), (60, 10), (120, 20), (250, 20)])
def test_a_prompt_that_is_worse_by_the_margin_hardly_passes(dangers: int, days: int) -> None:
    assert passed(dangers, days, MARGIN) <= 0.05 + TWO_ERRORS


def test_equally_good_prompts_pass_once_there_are_enough_labels() -> None:
    assert passed(60, 10, 0.0) >= 0.8
    assert passed(120, 20, 0.0) >= 0.95
