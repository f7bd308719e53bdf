"""Cases: each labelled event, and each alert without one, with every arm's report; disagreements first. Pure.

Drawing them is side_by_side.py's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from livemon.base.datatypes import Severity
from livemon.lab.scoring.matching import Matched, Verdict


@dataclass(frozen=True, slots=True)
class ArmAnswer:
    """Report of one arm on a case; `verdict` is a `lab.scoring.matching.Verdict`, or empty without a report."""

    arm: str
    verdict: str = ""
    kind: str = ""
    severity: str = ""
    title: str = ""
    at_s: float | None = None
    of_repeats: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled event, or an alert where none is labelled (`label` is None): when, and what each arm said."""

    item: str
    start_s: float
    end_s: float
    label: dict[str, Any] | None
    said: tuple[ArmAnswer, ...]

    @property
    def disagrees(self) -> bool:
        """Whether one arm told of it and another did not."""
        return len({bool(one.verdict) for one in self.said}) > 1

    @property
    def _urgency(self) -> tuple[bool, int, float]:
        severities = [self.label["severity"]] if self.label else [one.severity for one in self.said if one.severity]
        gravest = max((Severity(one).rank for one in severities), default=0)
        return not self.disagrees, -gravest, self.start_s


def cases(matched: Matched, arms: Sequence[str] = ()) -> list[Case]:
    """Return all cases of these arms, of all when empty: those on which they disagree first, the gravest first.

    With repeats an arm told of something when more than half of its repeats did.
    """
    arms = list(arms) or matched.arms
    repeats = {arm: len(matched.runs_of(arm)) for arm in arms}
    told = matched.said[matched.said["arm"].isin(arms)]
    found: list[Case] = []
    by_truth = dict(tuple(told[told["verdict"] == Verdict.TRUE.value].groupby("truth")))
    for label in matched.truths.to_dict("records"):
        rows = by_truth.get(label["truth"])
        said = tuple(_said(arm, rows, repeats[arm]) for arm in arms)
        plain = {str(key): value for key, value in label.items()}
        found.append(Case(plain["item"], plain["start_s"], plain["end_s"], plain, said))
    found += _false(told[told["verdict"] == Verdict.FALSE.value], arms, repeats)
    return sorted(found, key=lambda case: case._urgency)


def _false(told: Any, arms: Sequence[str], repeats: dict[str, int]) -> list[Case]:
    """Return the alerts without a label; those of one item, kind and time are one case over all arms."""
    found: list[Case] = []
    for (item, _), group in told.groupby(["item", "family"]):
        rest = group.sort_values("start_s")
        while len(rest):
            first = rest.iloc[0]
            same = rest["start_s"] <= first["end_s"] + SAME_WITHIN_S
            said = tuple(_said(arm, rest[same], repeats[arm]) for arm in arms)
            end_s = float(rest.loc[same, "end_s"].max())
            found.append(Case(str(item), float(first["start_s"]), end_s, None, said))
            rest = rest[~same]
    return found


SAME_WITHIN_S = 5.0
"""Alerts without a label that begin so shortly after each other are of the same thing."""


def _said(arm: str, rows: Any, repeats: int) -> ArmAnswer:
    """Return what an arm told of a case, by the rows that are about it."""
    own = rows[rows["arm"] == arm] if rows is not None else None
    if own is None or own["repeat"].nunique() * 2 <= repeats:
        few = f"{own['repeat'].nunique()} of {repeats}" if own is not None and len(own) else ""
        return ArmAnswer(arm, of_repeats=few)
    first = own.sort_values("told_s").iloc[0]
    of = f"{own['repeat'].nunique()} of {repeats}" if repeats > 1 else ""
    return ArmAnswer(
        arm, first["verdict"], first["kind"], first["severity"], first["title"], float(first["start_s"]), of
    )
