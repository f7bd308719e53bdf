"""The drawings of a report: the safety score, the hours, the strip of events. Inline SVG, for paper too.

Unknown time is drawn as unknown: no line goes over it. Words live in text.py, the page in sections.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pandas as pd

from livemon.base.clock import WINDOW
from livemon.base.datatypes import Severity
from livemon.reports.facts.day import Day
from livemon.reports.facts.windows import WindowState
from livemon.reports.render.figure import (
    HATCH,
    LINE,
    NARROW,
    QUIET,
    SCORE,
    SEVERITY_MARKS,
    STATE_FILLS,
    TYPE_COLOURS,
    WIDE,
    Axis,
    bare,
    drawing,
    to_svg,
)
from livemon.reports.render.text import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

UNSCORED = "unscored"
BACKGROUND = {
    WindowState.NOT_RECORDED.value: STATE_FILLS[WindowState.NOT_RECORDED],
    WindowState.BY_RULE.value: STATE_FILLS[WindowState.BY_RULE],
    WindowState.NO_PEOPLE.value: STATE_FILLS[WindowState.NO_PEOPLE],
    WindowState.WAITING.value: ("#e9ebef", "\\\\\\\\"),
    WindowState.FAILED.value: ("#e9ebef", "\\\\\\\\"),
    WindowState.NOT_KEPT.value: ("#e9ebef", "\\\\\\\\"),
    UNSCORED: ("#f4f5f7", ""),
}
"""Behind the score: why there is none."""


def safety_chart(day: Day, words: Words) -> str:
    """Return the safety score of each window through the day, with the incidents above it."""
    return _both(lambda width, name: _safety(day, words, width, name))


def hours_chart(day: Day, words: Words) -> str:
    """Return the events of each hour by type, on top of the share that was recorded."""
    return _both(lambda width, name: _hours(day, words, width, name))


def coverage_chart(day: Day, words: Words) -> str:
    """Return the day as a strip of what was analysed, waits, failed, or was not recorded."""
    return _both(lambda width, name: _coverage(day, words, width, name))


def _both(draw: Callable[[int, str], str]) -> str:
    return f'<div class="chart wide">{draw(WIDE, "wide")}</div><div class="chart narrow">{draw(NARROW, "narrow")}</div>'


def _safety(day: Day, words: Words, width: int, name: str) -> str:
    axis = Axis(day)
    with drawing(width, 200) as figure:
        axes = _axes(figure, width, top=8, bottom=22, left=30)
        bare(axes, axis, 3 if width == WIDE else 6)
        axes.set_ylim(0, 122)
        axes.set_yticks([0, 50, 100])
        axes.hlines([50, 100], 0, axis.length_h, colors=LINE, linewidth=0.6, zorder=1)
        for kind, start, end in _runs(day, _why_no_score):
            if kind in BACKGROUND:
                _fill(axes, axis.at(start), axis.at(end), (0, 100), *BACKGROUND[kind])
        for start, scores in _scored_runs(day.windows):
            edges = [axis.at(start + number * WINDOW) for number in range(len(scores) + 1)]
            axes.stairs(scores, edges, fill=True, color=SCORE, alpha=0.12, zorder=2)
            axes.stairs(scores, edges, baseline=None, color=SCORE, linewidth=2, zorder=3)
        for severity, (shape, colour) in reversed(SEVERITY_MARKS.items()):  # the gravest on top
            times = day.incidents.loc[day.incidents["severity"] == severity.value, "start_utc"]
            axes.scatter(
                [axis.at(at) for at in times],
                [112] * len(times),
                marker=shape,
                s=46 if severity is Severity.DANGER else 26,
                color=colour,
                linewidths=0,
                zorder=4,
                clip_on=False,
            )
        return to_svg(figure, f"safety-{name}", words.say("safety_alt"))


def _hours(day: Day, words: Words, width: int, name: str) -> str:
    axis = Axis(day)
    hours = day.hours
    left = [axis.at(at) for at in hours["start_utc"]]
    lengths_h = [one.total_seconds() / 3600 for one in hours["end_utc"] - hours["start_utc"]]
    with drawing(width, 190) as figure:
        events = _axes(figure, width, top=8, bottom=62, left=30)
        bare(events, axis, 3 if width == WIDE else 6)
        below = [0] * len(hours)
        for event_type, colour in TYPE_COLOURS.items():
            counts = [int(n) for n in hours[f"events_{event_type.value}"]]
            centres = [at + length / 2 for at, length in zip(left, lengths_h, strict=True)]
            events.bar(centres, counts, [0.78 * one for one in lengths_h], below, color=colour)
            below = [a + b for a, b in zip(below, counts, strict=True)]
        top = max([*below, 4])
        events.set_ylim(0, top * 1.08)
        events.set_yticks([0, _round_half(top)])
        recorded = _axes(figure, width, top=148, bottom=28, left=30)
        bare(recorded, axis, 3, labels=False)
        recorded.set_yticks([])
        recorded.set_ylim(0, 1)
        for at, length, seconds in zip(left, lengths_h, hours["recorded_s"], strict=True):
            if at >= axis.at(day.now):
                break
            _fill(recorded, at + 0.03, at + length - 0.03, (0, 1), *STATE_FILLS[WindowState.NOT_RECORDED])
            share = min(1.0, seconds / (length * 3600))
            if share:
                _fill(recorded, at + 0.03, at + length - 0.03, (0, share), "#7b8798", "")
        recorded.spines["bottom"].set_visible(False)
        recorded.text(0, -0.45, words.say("hours_recorded"), color=QUIET, fontsize=10, va="top")
        return to_svg(figure, f"hours-{name}", words.say("hours_alt"))


def _coverage(day: Day, words: Words, width: int, name: str) -> str:
    axis = Axis(day)
    with drawing(width, 52) as figure:
        axes = _axes(figure, width, top=2, bottom=22, left=8)
        bare(axes, axis, 3 if width == WIDE else 6)
        axes.set_yticks([])
        axes.set_ylim(0, 1)
        for kind, start, end in _runs(day, lambda window: str(window["state"])):
            _fill(axes, axis.at(start), axis.at(end), (0, 1), *STATE_FILLS[WindowState(kind)])
        for begin, end in zip(day.gaps["start_utc"], day.gaps["end_utc"], strict=True):
            # White first: the pattern must not lie on the colour of the window that the gap is in.
            _fill(axes, axis.at(begin), axis.at(end), (0, 1), "#ffffff", "")
            _fill(axes, axis.at(begin), axis.at(end), (0, 1), *STATE_FILLS[WindowState.NOT_RECORDED])
        return to_svg(figure, f"coverage-{name}", words.say("coverage_alt"))


def _axes(figure: Figure, width: int, *, top: float, bottom: float, left: float) -> Axes:
    """Add axes, given the margins in units."""
    height = figure.get_figheight() * 72
    right = 10
    return figure.add_axes(
        (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    )


def _fill(axes: Axes, start: float, end: float, between: tuple[float, float], colour: str, hatch: str) -> None:
    from matplotlib.patches import Rectangle

    low, high = between
    axes.add_patch(
        Rectangle(
            (start, low),
            end - start,
            high - low,
            facecolor=colour,
            hatch=hatch,
            edgecolor=HATCH,
            linewidth=0,
            zorder=0.5,
        )
    )


def _runs(day: Day, kind: Callable[[dict[Any, Any]], str]) -> Iterator[tuple[str, pd.Timestamp, pd.Timestamp]]:
    """Yield stretches of windows of one kind."""
    for name, group in groupby(day.windows.to_dict("records"), key=kind):
        rows = list(group)
        last: pd.Timestamp = rows[-1]["window_start_utc"] + WINDOW
        yield name, rows[0]["window_start_utc"], min(last, pd.Timestamp(day.end_utc))


def _why_no_score(window: dict[Any, Any]) -> str:
    if window["state"] == WindowState.COMPLETED.value:
        return UNSCORED if pd.isna(window["safety_score"]) else ""
    return str(window["state"])


def _scored_runs(windows: pd.DataFrame) -> Iterator[tuple[pd.Timestamp, list[float]]]:
    """Yield stretches of windows that follow each other and have a score."""
    scored = windows["safety_score"].notna() & (windows["state"] == WindowState.COMPLETED.value)
    for known, group in groupby(zip(scored, windows["window_start_utc"], windows["safety_score"], strict=True), _first):
        rows = list(group)
        if known:
            yield rows[0][1], [float(score) for _, _, score in rows]


def _first(row: tuple[Any, ...]) -> Any:
    return row[0]


def _round_half(top: float) -> int:
    """Return a plain number not above the highest bar for the scale."""
    step = 10 ** (len(str(int(top))) - 1)
    return int(top // step * step)
