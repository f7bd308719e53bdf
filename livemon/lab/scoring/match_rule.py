"""Match rule of a model's report and a person's label: as a value, and in the words beside every score.

Applying it does not belong here (assignment.py, matching.py).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from livemon.base.datatypes import Severity

_SCOPE = {
    Severity.SAFE: "All events count",
    Severity.INFO: "Events of info, warning and danger count",
    Severity.WARNING: "Events of warning and danger count",
    Severity.DANGER: "Events of danger count",
}


@dataclass(frozen=True, slots=True)
class MatchRule:
    """Rules of matching events.

    Attributes
    ----------
    tolerance_s
        Two events match when they overlap, or when one starts at most this many seconds after the end of the other.
        Events whose starts are at most this far apart match, too.
    least_iou
        Instead of the tolerance: the least temporal intersection over union, above 0 up to 1. Two moments without
        duration share all when they are the same moment.
    least
        Milder events, labelled or said, do not count.
    any_kind
        Whether kinds are disregarded.

    Raises
    ------
    ValueError
        When the tolerance is negative or `least_iou` is not above 0 and at most 1.
    """

    tolerance_s: float = 5.0
    least_iou: float | None = None
    least: Severity = Severity.WARNING
    any_kind: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "least", Severity(self.least))
        if not 0 <= self.tolerance_s < float("inf"):
            raise ValueError(f"tolerance_s must be >= 0, got {self.tolerance_s}")
        if self.least_iou is not None and not 0 < self.least_iou <= 1:
            raise ValueError(f"a least overlap of {self.least_iou} is no share; above 0 up to 1 is")

    @property
    def sentence(self) -> str:
        """The rule in plain English."""
        kind = "whatever their kinds" if self.any_kind else "of the same kind (or a label says only that it was missed)"
        if self.least_iou is not None:
            when = f"at least {100 * self.least_iou:g} % of the time that either takes is shared by both"
        elif self.tolerance_s:
            when = f"they overlap or lie at most {self.tolerance_s:g} s apart"
        else:
            when = "they overlap"
        unscored = "; movement that nothing explains is not scored" if self.least.rank <= Severity.INFO.rank else ""
        return (
            f"{_SCOPE[self.least]}{unscored}. What was said and what was labelled are one event when {when}, {kind}; "
            "each is matched once, and what is said again of a matched label counts as neither right nor false."
        )

    def to_json(self) -> str:
        """Return it as a JSON object."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> MatchRule:
        """Read what `to_json` wrote; raises ValueError or TypeError when it is something else."""
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("a rule of matching is a JSON object")
        return cls(**{**values, "least": Severity(values.get("least", Severity.WARNING))})
