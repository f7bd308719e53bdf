"""Intervals by resampling whole clusters, a camera's day each: events of one day are not independent of each other.

Numbers in, numbers out. What is summed and what it means does not belong here (scores.py, compare.py).

Source: A. C. Davison, D. V. Hinkley, Bootstrap Methods and their Application (1997), 3.8; percentile intervals 5.3.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RESAMPLES = 2000
SEED = 0
LEAST_CLUSTERS = 2
"""With fewer there is nothing to resample: no interval, NaN."""

Z95 = 1.959964
UNKNOWN = (math.nan, math.nan)

_BLOCK = 500_000


def draws(clusters: int, resamples: int = RESAMPLES, seed: int = SEED) -> Floats:
    """Return how often each cluster is drawn in each resample, (resamples, clusters) float64; rows sum to `clusters`.

    The same seed draws the same, so that arms and slices of the same clusters are resampled alike.
    """
    if clusters < LEAST_CLUSTERS:
        return np.empty((0, clusters))
    random = np.random.default_rng(seed)
    drawn = np.empty((resamples, clusters))
    rows = max(1, _BLOCK // clusters)
    for first in range(0, resamples, rows):
        part = drawn[first : first + rows]
        place = random.integers(0, clusters, part.shape) + np.arange(len(part))[:, None] * clusters
        part[:] = np.bincount(place.ravel(), minlength=part.size).reshape(part.shape)
    return drawn


def sums(group: NDArray[np.int64], values: Floats, groups: int) -> Floats:
    """Return the sum of `values` of each group 0 to `groups`, float64."""
    return np.bincount(group, values, minlength=groups).astype(np.float64)


def interval(values: Floats) -> tuple[float, float]:
    """Return the middle 95 % of resampled values; NaN when there are none. NaN among them are left out.

    Its ends are values that were resampled, the outer ones: a difference of counts has whole numbers for ends.
    """
    values = values[~np.isnan(values)]
    if not len(values):
        return UNKNOWN
    return float(np.quantile(values, 0.025, method="lower")), float(np.quantile(values, 0.975, method="higher"))


def ratio(top: Floats, bottom: Floats) -> Floats:
    """Return top / bottom, NaN where the bottom is 0."""
    parts: Floats = np.divide(top, bottom, out=np.full(np.shape(bottom), np.nan), where=bottom != 0)
    return parts


def share_interval(drawn: Floats, top: Floats, bottom: Floats) -> tuple[float, float]:
    """Return the 95 % interval of sum(top) / sum(bottom), a share of 0 to 1, of sums by cluster.

    A share of exactly 0 or 1 is so in every resample; the interval without width would claim a certainty that few
    labels do not give. It is then E. B. Wilson's (1927), of as many cases as clusters have any. A share in between of
    which all cases are in one cluster is the same in every resample, too: nothing is known of how it varies.
    """
    if not len(drawn) or not bottom.sum() > 0:
        return UNKNOWN
    low, high = interval(ratio(drawn @ top, drawn @ bottom))
    share = float(top.sum() / bottom.sum())
    # Sums of weights round: a share of 1 may be the last digit below it.
    if min(share, 1 - share) > 1e-9:
        return (low, high) if (bottom > 0).sum() > 1 else UNKNOWN
    return wilson(round(share), int((bottom > 0).sum()))


def wilson(share: float, number: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of `number` independent cases."""
    if number <= 0:
        return UNKNOWN
    middle = (share + Z95**2 / (2 * number)) / (1 + Z95**2 / number)
    half = Z95 / (1 + Z95**2 / number) * math.sqrt(share * (1 - share) / number + Z95**2 / (4 * number**2))
    return max(0.0, middle - half), min(1.0, middle + half)
