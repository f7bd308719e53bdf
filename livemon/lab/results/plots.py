"""Plots of the lab as matplotlib figures, for a notebook, a paper or a talk: one function each.

Colours are those of M. Okabe and K. Ito, which people with any colour vision tell apart, and every arm has a marker of
its own besides. Names are in a legend beside the axes: labels at points cover each other. The plotted numbers come from
lab/scoring/metrics.py, lab/scoring/compare.py and cadence.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from livemon.base.datatypes import Severity
from livemon.lab.scoring.arm_comparison import LEAST_HOURS, Range
from livemon.lab.scoring.compare import rate_difference
from livemon.lab.scoring.intervals import sums
from livemon.lab.scoring.matching import Matched, Verdict
from livemon.lab.scoring.metrics import scores

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D1F")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
SIZE_IN = (9.0, 4.8)
TITLE_PT, LABEL_PT, TEXT_PT = 15, 13, 11
NAME_CHARS = 26
"""A longer name is wrapped."""
SPACING = 0.9
"""Between names of a legend, in lines."""


class Chart(Figure):
    """A matplotlib figure that a notebook shows by itself, whatever backend it has."""

    def _repr_png_(self) -> bytes:
        data = BytesIO()
        self.savefig(data, format="png", dpi=110)
        return data.getvalue()


@dataclass(frozen=True, slots=True)
class Point:
    """One arm in a chart: a value with its interval on each axis."""

    name: str
    x: Range
    y: Range


def tradeoff(matched: Matched, arms: Sequence[str], *, dangers: bool = False) -> Chart:
    """Return recall against false alerts, a point for each arm, with 95 % intervals over camera-days.

    Parameters
    ----------
    matched, arms
        The judged reports; and the arms in their order.
    dangers
        Recall of dangers instead of all events.
    """
    watched = _Watched(matched)
    recalls = _recalls(matched, dangers=dangers)
    points = [Point(arm, watched.false_alerts(arm), recalls[arm]) for arm in arms]
    chart, axes = _chart("Recall against false alerts")
    _draw(axes, points)
    axes.set(xlabel=f"false alerts {watched.per}", ylabel=_recall_label(matched, dangers=dangers), ylim=(-0.03, 1.05))
    _begin_at_zero(axes, points)
    return _finished(chart, axes, watched.note(points))


def cost(matched: Matched, arms: Sequence[str], *, dangers: bool = False) -> Chart:
    """Return recall against what asking cost; a line joins the arms that no other beats."""
    watched = _Watched(matched)
    recalls = _recalls(matched, dangers=dangers)
    table = scores(matched).set_index("arm")
    points = []
    for arm in arms:
        dollars = float(table["usd_per_watched_day"][arm]) * watched.days
        points.append(Point(arm, _without_interval(dollars), recalls[arm]))
    chart, axes = _chart("Recall against cost")
    _frontier_line(axes, points)
    _draw(axes, points)
    axes.set(xlabel=f"US dollars {watched.per}", ylabel=_recall_label(matched, dangers=dangers), ylim=(-0.03, 1.05))
    _begin_at_zero(axes, points)
    return _finished(chart, axes, watched.note(points))


def delay(matched: Matched, arms: Sequence[str]) -> Chart:
    """Return how long after its start an event was told, a row for each arm: median, and 5 % to 95 % of the events."""
    chart, axes = _chart("Delay until an event is told", rows=len(arms))
    truths = len(matched.truths)
    names = []
    for row, arm in enumerate(arms):
        delays = matched.per_truth("delay_s", arm)
        told = delays[~np.isnan(delays)]
        repeats = max(1, len(delays))
        names.append(f"{fill(arm, NAME_CHARS)}\n{len(told) / repeats:.3g} of {truths} told")
        if len(told):
            low, middle, high = np.quantile(told, [0.05, 0.5, 0.95])
            axes.plot([low, high], [row, row], color=_colour(row), linewidth=3, alpha=0.5, solid_capstyle="round")
            axes.plot(middle, row, _marker(row), color=_colour(row), markersize=11, markeredgecolor="white")
    axes.set_yticks(range(len(arms)), names, fontsize=TEXT_PT)
    axes.set_ylim(len(arms) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds from the event's start (marker: median, line: 5 % to 95 %)", fontsize=LABEL_PT)
    axes.grid(axis="x", alpha=0.3)
    return chart


def cadence(table: pd.DataFrame) -> Chart:
    """Return what ways of watching cost a day, looks and studies together, and show; beaten ways are hollow.

    Parameters
    ----------
    table
        Of `Lab.cadence`.
    """
    rows = table.to_dict("records")
    priced = not table["usd_per_day"].isna().any()
    column = "usd_per_day" if priced else "looks_per_day"
    points = [Point(row["way"], _without_interval(row[column]), _without_interval(row["share"])) for row in rows]
    chart, axes = _chart("What each way of watching shows, and costs")
    studies = float(table["studies_usd"].max()) if priced and len(table) else 0.0
    if studies > 0:
        axes.axvline(studies, color="#666666", linestyle=":", linewidth=1.5, label=f"studies alone: ${studies:.2f}")
    _frontier_line(axes, points)
    _draw(axes, points, hollow=[not kept for kept in _unbeaten(points)])
    axes.set(
        xlabel="US dollars a camera-day, looks and studies" if priced else "looks a camera-day",
        ylabel="share of events shown in a look",
        ylim=(-0.03, 1.05),
    )
    _begin_at_zero(axes, points)
    return _finished(chart, axes, "A line joins the ways that no other beats; the others are hollow.")


class _Watched:
    """Unit of amounts: a watched day, or, of less than two hours, the watched minutes as they are."""

    def __init__(self, matched: Matched) -> None:
        self._matched = matched
        hours = float(matched.items["hours"].sum())
        self.is_rate = hours >= LEAST_HOURS
        self.days = 1.0 if self.is_rate else hours / 24
        self.per = "a watched day" if self.is_rate else f"in {hours * 60:.0f} watched minutes"
        self._cluster, names = pd.factorize(matched.items["cluster"])
        self.clusters = len(names)

    def false_alerts(self, arm: str) -> Range:
        """Return an arm's false alerts; NaN when nothing is known of them."""
        matched = self._matched
        if matched.is_silent(arm):
            return _without_interval(math.nan)
        hours, weight = (matched.items[name].to_numpy(np.float64) for name in ("hours", "weight"))
        counts = matched.per_item(Verdict.FALSE, arm).mean(axis=0)
        alerts = sums(self._cluster, counts * weight, self.clusters)
        days = sums(self._cluster, hours * weight / 24, self.clusters)
        rate = rate_difference(np.zeros_like(alerts), alerts, days, weight, counts)
        return Range(rate.value * self.days, rate.low * self.days, rate.high * self.days)

    def note(self, points: Sequence[Point]) -> str:
        """Return what has to be said beside the points."""
        days = f"{self.clusters} camera-day{'s' if self.clusters != 1 else ''}"
        bars = f"Better: up, and to the left. Bars: 95 % intervals over {days}."
        if all(math.isnan(one.y.low) for one in points):
            bars = f"Better: up, and to the left. No intervals: {days}, too few."
        lost = [one.name for one in points if math.isnan(one.x.value) or math.isnan(one.y.value)]
        return bars + (f" Not known, so not drawn: {', '.join(lost)}." if lost else "")


def _recalls(matched: Matched, *, dangers: bool) -> dict[str, Range]:
    name = "danger_recall" if dangers else "recall"
    table = scores(matched).set_index("arm")
    columns = [name, f"{name}_low", f"{name}_high"]
    return {str(arm): Range(*map(float, values)) for arm, *values in table[columns].itertuples()}


def _recall_label(matched: Matched, *, dangers: bool) -> str:
    count = int((matched.truths["severity"] == Severity.DANGER.value).sum()) if dangers else len(matched.truths)
    return f"recall: share of {count} labelled {'dangers' if dangers else 'events'} found"


def _without_interval(value: float) -> Range:
    return Range(float(value), math.nan, math.nan)


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _marker(place: int) -> str:
    return MARKERS[place % len(MARKERS)]


def _chart(title: str, rows: int = 0) -> tuple[Chart, Any]:
    height = max(SIZE_IN[1], 1.6 + 0.65 * rows)
    chart = Chart(figsize=(SIZE_IN[0], height), layout="constrained")
    axes = chart.add_subplot()
    axes.set_title(title, fontsize=TITLE_PT, loc="left")
    axes.tick_params(labelsize=TEXT_PT)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return chart, axes


def _draw(axes: Any, points: Sequence[Point], hollow: Sequence[bool] = ()) -> None:
    for place, one in enumerate(points):
        if math.isnan(one.x.value) or math.isnan(one.y.value):
            continue
        empty = bool(hollow) and hollow[place]
        axes.errorbar(
            one.x.value,
            one.y.value,
            xerr=_reach(one.x),
            yerr=_reach(one.y),
            fmt=_marker(place),
            color=_colour(place),
            markerfacecolor="white" if empty else _colour(place),
            # Points at one place all stay visible: the later ones are smaller and thinner, and lie on top.
            markersize=max(9.5, 14.0 - 0.8 * place),
            capsize=max(3.0, 7.0 - place),
            elinewidth=max(1.4, 3.2 - 0.5 * place),
            markeredgecolor=_colour(place) if empty else "white",
            markeredgewidth=1.5 if empty else 0.8,
            zorder=3 + place,
            label=fill(one.name, NAME_CHARS),
        )


def _reach(value: Range) -> list[list[float]] | None:
    if math.isnan(value.low) or math.isnan(value.high):
        return None
    return [[max(0.0, value.value - value.low)], [max(0.0, value.high - value.value)]]


def _unbeaten(points: Sequence[Point]) -> list[bool]:
    """Return whether no other point has more on y for as little on x."""

    def beats(other: Point, one: Point) -> bool:
        same = (other.x.value, other.y.value) == (one.x.value, one.y.value)
        return not same and other.x.value <= one.x.value and other.y.value >= one.y.value

    return [
        not math.isnan(one.x.value + one.y.value) and not any(beats(other, one) for other in points) for one in points
    ]


def _frontier_line(axes: Any, points: Sequence[Point]) -> None:
    kept = sorted((one.x.value, one.y.value) for one, good in zip(points, _unbeaten(points), strict=True) if good)
    if len(kept) > 1:
        axes.step(*zip(*kept, strict=True), where="post", color="#666666", linewidth=1.5, alpha=0.6, zorder=1)


def _begin_at_zero(axes: Any, points: Sequence[Point]) -> None:
    """Leave room on both sides of the points, also of a single one at 0."""
    ends = [one.x.value if math.isnan(one.x.high) else one.x.high for one in points]
    most = max((end for end in ends if not math.isnan(end)), default=0.0)
    axes.set_xlim(-0.04 * (most or 1.0), 1.08 * (most or 1.0))


def _finished(chart: Chart, axes: Any, note: str) -> Chart:
    axes.xaxis.label.set_size(LABEL_PT)
    axes.yaxis.label.set_size(LABEL_PT)
    axes.grid(alpha=0.3)
    handles, labels = axes.get_legend_handles_labels()
    # Of a point with bars its marker is enough.
    plain = [getattr(handle, "lines", (handle,))[0] for handle in handles]
    if plain:
        lines = sum(label.count("\n") + 1 for label in labels)
        high = (1.25 * lines + SPACING * len(labels) + 2) * TEXT_PT / 72
        chart.set_size_inches(SIZE_IN[0], max(SIZE_IN[1], high))
        chart.legend(plain, labels, loc="outside right upper", fontsize=TEXT_PT, frameon=False, labelspacing=SPACING)
    chart.supxlabel(fill(note, 110), x=0.01, ha="left", fontsize=TEXT_PT - 1, color="#444444")
    return chart
