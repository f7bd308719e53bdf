"""What a stretch of time may say of its safety, given the scores of its windows. Pure.

How a window gets its score does not belong here (base/safety_score.py), nor which windows count (store/, reports/).
"""

from __future__ import annotations

from collections.abc import Sequence


def average_score(scores: Sequence[float], completed: int) -> float | None:
    """Return the mean of the known scores; None, unknown, when fewer than half of the analysed windows have one.

    A model that scores only what it worries about (the local one) would otherwise make a quiet day look bad.

    Parameters
    ----------
    scores
        Of the windows that have one, 0 to 100.
    completed
        Windows that were analysed, with a score or without.
    """
    if not scores or 2 * len(scores) < completed:
        return None
    return sum(scores) / len(scores)


def lowest_score(scores: Sequence[float]) -> float | None:
    """Return the lowest of the known scores; None when there is none."""
    return min(scores, default=None)
