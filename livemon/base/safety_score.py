"""The safety score of a stretch of footage, computed from its incidents by a fixed rule; no model is asked for it.

A model that gives a number gives another one tomorrow; a rule can be checked, and compared over months
(docs/prompts.md explains it to readers).
"""

from __future__ import annotations

from collections.abc import Iterable

from livemon.base.datatypes import Severity

PERFECT = 100.0
POINTS = {Severity.DANGER: 40.0, Severity.WARNING: 12.0, Severity.INFO: 2.0, Severity.SAFE: 0.0}
"""Points that an incident deducts. Two dangers leave less than a day's worth of warnings would."""

MOST_FOR = {Severity.DANGER: 100.0, Severity.WARNING: 60.0, Severity.INFO: 10.0, Severity.SAFE: 0.0}
"""Maximum that all incidents of a severity deduct: risks worth removing never look like a danger."""

CEILING_WITH_DANGER = 50.0
"""A stretch with a danger in it is never above this."""


def safety_score(incidents: Iterable[Severity]) -> float:
    """Return 0 (worst) to 100 (no incident) for watched time; unwatched time has no score.

    The score is 100, less 40 for each danger, 12 for each warning (60 at most) and 2 for each info (10 at most). It is
    never below 0, and with a danger never above 50.
    """
    counted = list(incidents)
    off = sum(min(MOST_FOR[severity], POINTS[severity] * counted.count(severity)) for severity in Severity)
    score = max(0.0, PERFECT - off)
    return min(score, CEILING_WITH_DANGER) if Severity.DANGER in counted else score
