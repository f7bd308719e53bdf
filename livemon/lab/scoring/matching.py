"""Matching of an experiment's reports with the labels: found, missed, repeated, false.

An arm is a model with a prompt and its settings, run once or several times (repeats). Only this module decides how a
single event counts; the resulting numbers live in metrics.py and compare.py.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livemon.base.datatypes import Severity
from livemon.base.event_families import UNSCORED, families
from livemon.lab.scoring.assignment import EPSILON_S, Positions, candidates, choose
from livemon.lab.scoring.match_rule import MatchRule

ITEM_COLUMNS: Mapping[str, str] = {
    "item": "str",
    "camera_id": "str",
    "cluster": "str",
    "hours": "float64",
    "weight": "float64",
    "stratum": "str",
    "night": "bool",
}
"""Stretches of footage that were watched.

`cluster` is a camera's day, within which events are not independent. `hours` is of footage, without gaps. `weight` is
one over the probability that this item was drawn for labelling. It is 0 for an item that was not drawn and of which
single alerts are judged: it counts for precision only.
"""

TRUTH_COLUMNS: Mapping[str, str] = {
    "item": "str",
    "truth": "int64",
    "start_s": "float64",
    "end_s": "float64",
    "kind": "str",
    "severity": "str",
}
SAID_COLUMNS: Mapping[str, str] = {
    "arm": "str",
    "repeat": "int64",
    "item": "str",
    "start_s": "float64",
    "end_s": "float64",
    "told_s": "float64",
    "kind": "str",
    "severity": "str",
    "confidence": "float64",
}
"""Reports of an arm, after the cooldown; `told_s` is the time of the report. Times are epoch seconds."""

IGNORED_COLUMNS: Mapping[str, str] = {"item": "str", "start_s": "float64", "end_s": "float64"}
"""Stretches that were not judged."""

CALL_COLUMNS: Mapping[str, str] = {
    "arm": "str",
    "repeat": "int64",
    "item": "str",
    "status": "str",
    "cost_usd": "float64",
    "latency_ms": "float64",
}
"""Calls of models; `status` as `calls.AnswerStatus`, a `cost_usd` of NaN is unknown."""


class Verdict(StrEnum):
    """Verdict on a reported event."""

    TRUE = "true"
    REPEAT = "repeat"
    """It is about a label that another said event has found already: neither right nor false."""
    IGNORED = "ignored"
    """It lies in time that was not judged: neither right nor false."""
    FALSE = "false"


@dataclass(frozen=True, eq=False)
class Matched:
    """The judged reports.

    Attributes
    ----------
    runs
        Every arm and repeat, also one that said nothing: `arm` (str), `repeat` (int64), sorted.
    items, calls
        As given.
    truths
        Those in scope, by item and time, and what `TRUTH_COLUMNS` does not have: `family` (str), `at` (int64,
        position of its item).
    said
        Reports in scope. The columns are `family` (str), `at`, `run` (int64, position in `runs`), `verdict` (str, a
        `Verdict`) and `truth` (int64). `truth` is the label that the report finds or repeats, -1 for none.
    outcomes
        One row for each run and truth, run by run in the order of `runs` and `truths`. The columns are `arm`, `repeat`,
        `truth`, `item`, `found` (bool), `as_danger` (bool, found and reported as a danger) and `delay_s`. `delay_s`
        (float64) counts from the label's start until the first report; NaN when it was not found.
    """

    rule: MatchRule
    items: pd.DataFrame
    runs: pd.DataFrame
    calls: pd.DataFrame
    truths: pd.DataFrame
    said: pd.DataFrame
    outcomes: pd.DataFrame

    @property
    def arms(self) -> list[str]:
        """Names of the arms, sorted."""
        return [str(arm) for arm in self.runs["arm"].unique()]

    def runs_of(self, arm: str) -> Positions:
        """Return the positions of an arm's repeats in `runs`; raises ValueError when it has none."""
        positions = np.flatnonzero(self.runs["arm"].to_numpy() == arm)
        if not len(positions):
            raise ValueError(f"no arm {arm!r} was run; there are {', '.join(map(repr, self.arms)) or 'none'}")
        return positions

    def per_truth(self, column: str, arm: str) -> NDArray[Any]:
        """Return a column of `outcomes`, (repeats of the arm, truths)."""
        grid = self.outcomes[column].to_numpy().reshape(len(self.runs), len(self.truths))
        return grid[self.runs_of(arm)]

    def per_item(self, verdict: Verdict, arm: str) -> NDArray[np.int64]:
        """Return how many said events of each item count as `verdict`, (repeats of the arm, items)."""
        counted = self.said[self.said["verdict"] == verdict.value]
        place = counted["run"].to_numpy() * len(self.items) + counted["at"].to_numpy()
        counts = np.bincount(place, minlength=len(self.runs) * len(self.items))
        grid: NDArray[np.int64] = counts.reshape(len(self.runs), len(self.items))[self.runs_of(arm)]
        return grid

    def is_silent(self, arm: str) -> bool:
        """Return whether all calls of an arm failed and it said nothing: of its false alerts nothing is known then."""
        status = self.calls.loc[self.calls["arm"] == arm, "status"]
        return bool(len(status)) and not (status == "ok").any() and not (self.said["arm"] == arm).any()

    @property
    def is_drawn(self) -> NDArray[np.bool_]:
        """Items that were drawn and labelled whole; in the others only single moments are known."""
        drawn: NDArray[np.bool_] = self.items["weight"].to_numpy(np.float64) > 0
        return drawn

    def of_items(self, keep: NDArray[np.bool_]) -> Matched:
        """Return what concerns some of the items; every run stays."""
        items = self.items[keep].reset_index(drop=True)
        at = np.cumsum(keep) - 1
        part = self._of(keep[self.truths["at"].to_numpy()], keep[self.said["at"].to_numpy()])
        return replace(
            part,
            items=items,
            calls=self.calls[self.calls["item"].isin(items["item"])],
            truths=part.truths.assign(at=at[part.truths["at"]]),
            said=part.said.assign(at=at[part.said["at"]]),
        )

    def of_family(self, name: str) -> Matched:
        """Return what concerns labels of a family and what was said of it without a label; items and calls stay."""
        labelled = self.truths.set_index("truth")["family"].reindex(self.said["truth"])
        families_said = np.where(labelled.isna(), self.said["family"], labelled)
        return self._of((self.truths["family"] == name).to_numpy(), families_said == name)

    def _of(self, truths: NDArray[np.bool_], said: NDArray[np.bool_]) -> Matched:
        return replace(
            self,
            truths=self.truths[truths].reset_index(drop=True),
            said=self.said[said].reset_index(drop=True),
            outcomes=self.outcomes[np.tile(truths, len(self.runs))].reset_index(drop=True),
        )


def match(
    items: pd.DataFrame,
    truths: pd.DataFrame,
    said: pd.DataFrame,
    ignored: pd.DataFrame,
    calls: pd.DataFrame,
    rule: MatchRule,
) -> Matched:
    """Judge what was said.

    A failed call finds nothing, so what happened meanwhile is missed: unknown is never safe.

    Parameters
    ----------
    items, truths, said, ignored, calls
        `ITEM_COLUMNS` and so on; in any order, also empty. Arms and repeats are those of `calls` and of `said`.

    Raises
    ------
    ValueError
        When an item or a truth is there twice, or something is about an item that is not there.
    """
    if items["item"].duplicated().any() or truths["truth"].duplicated().any():
        raise ValueError("an item or a label is there twice")
    runs = pd.concat([calls[["arm", "repeat"]], said[["arm", "repeat"]]]).drop_duplicates()
    runs = runs.sort_values(["arm", "repeat"], ignore_index=True)
    # Sorted by all that decides, so that the order in which rows come decides nothing.
    by = ["item", "start_s", "end_s", "kind", "severity"]
    truths = _in_scope(truths, rule).sort_values([*by, "truth"], ignore_index=True)
    said = _in_scope(said, rule).sort_values(["arm", "repeat", *by, "told_s", "confidence"], ignore_index=True)
    place = pd.Index(items["item"])
    truths = truths.assign(family=families(truths["kind"]), at=_position(place, truths["item"]))
    run = pd.MultiIndex.from_frame(runs).get_indexer(pd.MultiIndex.from_frame(said[["arm", "repeat"]]))
    said = said.assign(family=families(said["kind"]), at=_position(place, said["item"]), run=run.astype(np.int64))
    _position(place, calls["item"])

    truth, about, value = candidates(truths, said, rule)
    taken = choose(said["run"].to_numpy()[about] * len(truths) + truth, about, value)
    # A report without a pair repeats the label that it fits best. All that it fits have a pair, or one more pair could
    # be had.
    order = np.lexsort((truth, -value, ~taken, about))
    best = order[np.append(True, np.diff(about[order]) > 0)] if len(order) else order
    of_said = np.full(len(said), -1)
    of_said[about[best]] = truth[best]
    true = np.zeros(len(said), bool)
    true[about[taken]] = True
    unjudged = _lies_in(said, ignored, np.flatnonzero(of_said < 0))
    verdict = np.select(
        [true, of_said >= 0, unjudged], [Verdict.TRUE.value, Verdict.REPEAT.value, Verdict.IGNORED.value], "false"
    )
    number = truths["truth"].to_numpy(np.int64)
    said = said.assign(
        verdict=pd.Series(verdict, dtype="str"),
        truth=np.append(number, -1)[of_said],
    )
    outcomes = _outcomes(runs, truths, said, of_said, true)
    return Matched(rule, items.reset_index(drop=True), runs, calls, truths, said, outcomes)


def _in_scope(events: pd.DataFrame, rule: MatchRule) -> pd.DataFrame:
    scope = [severity.value for severity in Severity if severity.rank >= rule.least.rank]
    return events[events["severity"].isin(scope) & ~events["kind"].isin(UNSCORED)]


def _position(place: pd.Index, items: pd.Series) -> Positions:
    positions = place.get_indexer(pd.Index(items)).astype(np.int64)
    if (positions < 0).any():
        raise ValueError(f"item {items.iloc[int(np.argmin(positions))]!r} is not one of those that were watched")
    return positions


def _lies_in(said: pd.DataFrame, ignored: pd.DataFrame, which: Positions) -> NDArray[np.bool_]:
    """Return the reports that lie wholly in time that was not judged; only of those in `which`."""
    stretches: dict[str, list[list[float]]] = {}
    for item, start_s, end_s in ignored.sort_values("start_s")[["item", "start_s", "end_s"]].itertuples(index=False):
        joined = stretches.setdefault(item, [])
        if joined and start_s <= joined[-1][1] + EPSILON_S:
            joined[-1][1] = max(joined[-1][1], end_s)
        else:
            joined.append([start_s, end_s])
    lies = np.zeros(len(said), bool)
    events = said.iloc[which][["item", "start_s", "end_s"]].itertuples(index=False) if stretches else ()
    for at, (item, start_s, end_s) in zip(which, events, strict=False):
        lies[at] = _holds(stretches.get(item, ()), start_s, max(start_s, end_s))
    return lies


def _holds(stretches: Sequence[Sequence[float]], start_s: float, end_s: float) -> bool:
    place = bisect_right(stretches, start_s + EPSILON_S, key=lambda stretch: stretch[0]) - 1
    return place >= 0 and end_s <= stretches[place][1] + EPSILON_S


def _outcomes(
    runs: pd.DataFrame, truths: pd.DataFrame, said: pd.DataFrame, of_said: Positions, true: NDArray[np.bool_]
) -> pd.DataFrame:
    """Return what became of each truth in each run: `Matched.outcomes`."""
    number = len(runs) * len(truths)
    cell = said["run"].to_numpy() * len(truths) + of_said
    found = np.zeros(number, bool)
    found[cell[true]] = True
    # Of all that was said of a label the first alert is what a person waited for, and the worst what she was told.
    about = of_said >= 0
    as_danger = np.zeros(number, bool)
    as_danger[cell[about & (said["severity"] == Severity.DANGER.value).to_numpy()]] = True
    told_s = np.full(number, np.inf)
    np.fmin.at(told_s, cell[about], said["told_s"].to_numpy(np.float64)[about])
    which = np.tile(np.arange(len(truths)), len(runs))
    # A label's start is a person's estimate: told before it is told at once, not earlier than it happened.
    delay_s = np.maximum(told_s - truths["start_s"].to_numpy(np.float64)[which], 0)
    table = runs.loc[np.repeat(np.arange(len(runs)), len(truths))].reset_index(drop=True)
    return table.assign(
        truth=truths["truth"].to_numpy(np.int64)[which],
        item=truths["item"].to_numpy()[which],
        found=found,
        as_danger=as_danger,
        delay_s=np.where(np.isfinite(delay_s), delay_s, np.nan),
    ).astype({"item": "str"})
