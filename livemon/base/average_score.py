"""Average safety score of a stretch of time, computed from the scores of its windows. Pure.

The score of one window lives in base/safety_score.py; the choice of windows that count lives in store/ and reports/.
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
