"""Parts of your own in the lab: a metric, a scorer; a model is a `livemon.vlm.provider.VisionModel`.

Only what they have to be. Runnable ones are in examples/, docs/lab.md explains them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pandas as pd

from livemon.base.errors import LabError
from livemon.lab.scoring.match_rule import MatchRule
from livemon.lab.scoring.matching import Matched


class Metric(Protocol):
    """A number for an arm, from what it said, judged; NaN when it is not known."""

    def __call__(self, matched: Matched, arm: str, /) -> float:
        """Return the number."""
        ...


class Scorer(Protocol):
    """Judges what was said by what happened, as `livemon.lab.scoring.matching.match` does, whose parameters it takes.

    The shortest one changes a table and lets `match` judge the rest.
    """

    def __call__(
        self,
        items: pd.DataFrame,
        truths: pd.DataFrame,
        said: pd.DataFrame,
        ignored: pd.DataFrame,
        calls: pd.DataFrame,
        rule: MatchRule,
        /,
    ) -> Matched:
        """Return what was said, judged."""
        ...


def with_metrics(table: pd.DataFrame, matched: Matched, metrics: Mapping[str, Metric]) -> pd.DataFrame:
    """Return scores with a column for each metric; float64.

    Raises
    ------
    LabError
        When a metric has the name of another column, or returns no number.
    """
    for name, metric in metrics.items():
        if name in table:
            raise LabError("lab.metric_name_taken", name=repr(name))
        try:
            table[name] = [float(metric(matched, arm)) for arm in table["arm"]]
        except TypeError as exc:
            raise LabError("lab.metric_no_number", name=repr(name), reason=exc) from exc
    return table
