"""Assignment of reported events to labelled ones: all possible pairs, then the best one-to-one choice among them.

Times and kinds of events in, positions out; arms, scopes and verdicts do not belong here (matching.py). Nothing loops
over events: intervals are found by bisection, and only where several could be several is an assignment solved.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livemon.base.event_families import WILDCARD, families
from livemon.lab.scoring.match_rule import MatchRule

Positions = NDArray[np.int64]
Floats = NDArray[np.float64]

EPSILON_S = 1e-6
"""Epoch seconds as float64 are exact to a quarter of this: five seconds apart must not come out as a bit more."""

NEARNESS = 1e-6
"""Weight of a near onset beside a share of overlap: it only decides between equals."""


def candidates(truths: pd.DataFrame, said: pd.DataFrame, rule: MatchRule) -> tuple[Positions, Positions, Floats]:
    """Return all pairs that the rule allows.

    Parameters
    ----------
    truths, said
        With `item` (str), `start_s`, `end_s` (float64, epoch seconds) and `kind` (str). An end before the start counts
        as the start.

    Returns
    -------
    tuple
        Positions (int64) of the truth and of the reported event of each pair, and their overlap (float64). That is the
        temporal intersection over union, and a millionth for being near in onset.
    """
    code = pd.factorize(pd.concat([truths["item"], said["item"]], ignore_index=True))[0].astype(np.int64)
    t_code, s_code = code[: len(truths)], code[len(truths) :]
    t_start, t_end = _interval(truths)
    s_start, s_end = _interval(said)
    slack_s = (0.0 if rule.least_iou is not None else rule.tolerance_s) + EPSILON_S
    truth, spoken = _near(t_code, t_start, t_end, s_code, s_start - slack_s, s_end + slack_s)

    first, last = np.maximum(t_start[truth], s_start[spoken]), np.minimum(t_end[truth], s_end[spoken])
    union_s = np.maximum(t_end[truth], s_end[spoken]) - np.minimum(t_start[truth], s_start[spoken])
    shared = np.divide(np.maximum(last - first, 0), union_s, out=np.ones(len(truth)), where=union_s > 0)
    fits = first - last <= slack_s
    if rule.least_iou is not None:
        fits = shared >= rule.least_iou - NEARNESS
    if not rule.any_kind:
        fits &= _same_kind(truths["kind"], said["kind"], truth, spoken)
    truth, spoken, shared = truth[fits], spoken[fits], shared[fits]
    return truth, spoken, shared + NEARNESS / (1 + np.abs(t_start[truth] - s_start[spoken]))


def choose(truth: Positions, said: Positions, value: Floats) -> NDArray[np.bool_]:
    """Return which of the pairs to take: one-to-one, as many as can be, and of those choices the one of most value.

    Parameters
    ----------
    truth, said
        Ends of each pair, any integers.
    value
        Of each pair, 0 to 1 and a millionth.
    """
    # Here, not above: scipy is half a second that only who matches should pay.
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    chosen = np.zeros(len(truth), bool)
    if not len(truth):
        return chosen
    truth, said = np.unique(truth, return_inverse=True)[1], np.unique(said, return_inverse=True)[1]
    truths, spoken = int(truth.max()) + 1, int(said.max()) + 1
    size = truths + spoken
    graph = coo_array((np.ones(len(truth), np.int8), (truth, truths + said)), shape=(size, size))
    groups, group_of = connected_components(graph, directed=False)
    group = group_of[truth]
    rows, columns = (np.bincount(part, minlength=groups) for part in (group_of[:truths], group_of[truths:]))

    # A star, one with one or with several: its best pair is all there is to choose.
    order = np.lexsort((-value, group))
    best = order[np.append(True, np.diff(group[order]) > 0)]
    star = np.minimum(rows, columns) == 1
    chosen[best[star[group[best]]]] = True

    row, column = _rank(group_of[:truths])[truth], _rank(group_of[truths:])[said]
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(groups + 1))
    for which in np.flatnonzero(~star):
        pairs = order[bounds[which] : bounds[which + 1]]
        worth = np.zeros((rows[which], columns[which]))
        # One more pair outweighs any overlap, so that most pairs come first and the best overlap second.
        worth[row[pairs], column[pairs]] = value[pairs] + 2 * min(worth.shape)
        taken = np.zeros(worth.shape, bool)
        taken[linear_sum_assignment(worth, maximize=True)] = True
        chosen[pairs] = taken[row[pairs], column[pairs]]
    return chosen


def _interval(events: pd.DataFrame) -> tuple[Floats, Floats]:
    start_s = events["start_s"].to_numpy(np.float64)
    return start_s, np.maximum(events["end_s"].to_numpy(np.float64), start_s)


def _near(
    t_code: Positions, t_start: Floats, t_end: Floats, s_code: Positions, from_s: Floats, to_s: Floats
) -> tuple[Positions, Positions]:
    """Return pairs of an item of which the truth may reach into [from_s, to_s]: all that do, and some that do not.

    Truths lie on one line, item after item, by when they start; what a said event may concern is a stretch of it.
    """
    nothing: Positions = np.empty(0, np.int64)
    if not len(t_code) or not len(s_code):
        return nothing, nothing
    items = int(max(t_code.max(), s_code.max())) + 1
    origin, longest = np.full(items, np.inf), np.zeros(items)
    np.minimum.at(origin, t_code, t_start)
    np.maximum.at(longest, t_code, t_end - t_start)
    start = t_start - origin[t_code]
    span_s = float(start.max())

    def line(code: Positions, second: Floats) -> Floats:
        # Between items lie three seconds that no truth starts in, so that no stretch leaves its item.
        return (code * (span_s + 3) + np.clip(second, -1, span_s + 1)).astype(np.float64)

    key = line(t_code, start)
    order = np.argsort(key, kind="stable")
    # The line is long, so a little of its exactness is lost: a millisecond more, and exact times decide afterwards.
    low = line(s_code, from_s - longest[s_code] - origin[s_code] - 1e-3)
    high = line(s_code, to_s - origin[s_code] + 1e-3)
    first, end = np.searchsorted(key[order], low, "left"), np.searchsorted(key[order], high, "right")
    count = np.maximum(end - first, 0)
    said = np.repeat(np.arange(len(s_code)), count)
    place = np.arange(len(said)) - np.repeat(np.cumsum(count) - count, count) + first[said]
    return order[place], said


def _same_kind(truth_kind: pd.Series, said_kind: pd.Series, truth: Positions, said: Positions) -> NDArray[np.bool_]:
    names = pd.concat([families(truth_kind), families(said_kind), pd.Series([WILDCARD], dtype="str")])
    code = pd.factorize(names)[0]
    one, other, wild = code[: len(truth_kind)][truth], code[len(truth_kind) : -1][said], code[-1]
    equal: NDArray[np.bool_] = (one == other) | (one == wild) | (other == wild)
    return equal


def _rank(group: NDArray[Any]) -> Positions:
    """Return the place of each within its group, from 0 on."""
    order = np.argsort(group, kind="stable")
    ranked = np.empty(len(group), np.int64)
    ranked[order] = np.arange(len(group)) - np.searchsorted(group[order], group[order], "left")
    return ranked
