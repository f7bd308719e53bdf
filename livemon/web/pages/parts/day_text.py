"""What the day page says: times, lengths, what is known of a window, how much of a day was recorded. Pure.

Where it is shown stands in web/pages/day.py and beside it; what a report says is reports/'s.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

import pandas as pd

from livemon.reports.facts.day import Day
from livemon.reports.facts.windows import WindowState
from livemon.vlm.budget_ladder import dollars
from livemon.web.i18n.language import tr

SHOWN_GAPS = 4
"""Gaps that are listed by their times; of more only the longest."""

STATES = {
    WindowState.COMPLETED: ("#067647", "Analysed"),
    WindowState.BY_RULE: ("#475467", "Nothing moved"),
    WindowState.WAITING: ("#b54708", "Waiting"),
    WindowState.FAILED: ("#b42318", "Failed"),
    WindowState.NOT_KEPT: ("#475467", "Not kept"),
    WindowState.NOT_RECORDED: ("#475467", "Not recorded"),
    WindowState.RECORDING: ("#175cd3", "Recording"),
    WindowState.TO_COME: ("#475467", "To come"),
}


def local_time(moment: datetime, zone: tzinfo, *, seconds: bool = False) -> str:
    """Return the time on the clocks there; where they show it twice, with the zone's name."""
    local = moment.astimezone(zone)
    text = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{text} {local.tzname()}" if twice else text


def span(start: datetime, end: datetime, zone: tzinfo) -> str:
    """Return from when to when; a midnight at the end is 24:00."""
    until = local_time(end, zone)
    if until == "00:00" and end > start:
        until = "24:00"
    return f"{local_time(start, zone)}\N{EN DASH}{until}"


def length(duration_s: float) -> str:
    """Return a length of time in words."""
    if duration_s < 60:
        return tr("{n} s", n=f"{duration_s:.0f}")
    hours, minutes = divmod(round(duration_s / 60), 60)
    return " ".join(
        part for part in (tr("{n} h", n=hours) if hours else "", tr("{n} min", n=minutes) if minutes else "") if part
    )


def count(number: int, one: str, many: str) -> str:
    """Return a number of things."""
    return tr(f"{{n}} {one if number == 1 else many}", n=number)


def window_words(row: dict[Any, Any]) -> str:
    """Return what is known of a window, in a sentence: its state, its score, why not."""
    state = WindowState(row["state"])
    if state is WindowState.COMPLETED:
        found = (
            "" if pd.isna(row["incident_count"]) else f", {count(int(row['incident_count']), 'incident', 'incidents')}"
        )
        return f"{tr('Analysed')}, {score_words(row['safety_score'])}{found}"
    if state is WindowState.WAITING:
        return f"{tr('Recorded, waits for its analysis')}{_because(row['error'])}"
    if state is WindowState.FAILED:
        return f"{tr('Could not be analysed')}{_because(row['error'])}"
    words = {
        WindowState.BY_RULE: "Nothing moved; by rule no model was asked, so it is not judged",
        WindowState.NOT_KEPT: "The camera ran, but its footage is not kept",
        WindowState.NOT_RECORDED: "Not recorded: what happened is not known",
        WindowState.RECORDING: "Being recorded",
        WindowState.TO_COME: "Still to come",
    }
    return tr(words[state])


def score_words(score: float | None) -> str:
    """Return a safety score in words; unknown is not safe."""
    if score is None or pd.isna(score):
        return tr("safety score not known")
    return tr("safety score {score} of 100", score=f"{score:.0f}")


def coverage_words(day: Day) -> str:
    """Return how much of a day was recorded and analysed, and when it was not; no word of what happened."""
    if day.length_s == 0:
        return tr("This day is still to come.")
    if day.nothing_recorded and not day.window_counts[WindowState.RECORDING]:
        return tr(
            "Nothing was recorded on this day. That does not mean that nothing happened: nobody can know."
            if day.is_over
            else "Nothing was recorded on this day yet. That does not mean that nothing happened: nobody can know."
        )
    recorded = {"recorded": length(day.recorded_s), "whole": length(day.length_s)}
    words = "Recorded {recorded} of {whole}" if day.is_over else "Recorded {recorded} of {whole} so far"
    parts = [tr(words, **recorded)]
    analysed = tr("analysed {length}", length=length(day.analysed_s))
    if day.analysed_s or not day.windows_by_rule:
        parts.append(analysed if day.analysed_s else tr("nothing analysed yet"))
    if day.windows_by_rule:
        parts.append(tr("nothing moved, not judged {length}", length=length(day.by_rule_s)))
    if day.windows_waiting:
        parts.append(count(day.windows_waiting, "window waits for analysis", "windows wait for analysis"))
    if day.windows_failed:
        parts.append(count(day.windows_failed, "window could not be analysed", "windows could not be analysed"))
    return f"{', '.join(parts)}.{_gaps(day)}"


def _gaps(day: Day) -> str:
    """Return when it was not recorded: the longest of the gaps, in the order of the day."""
    gaps = day.gaps[day.gaps["duration_s"] >= 60]
    if not len(gaps):
        return ""
    shown = gaps.nlargest(SHOWN_GAPS, "duration_s").sort_values("start_utc")
    words = ", ".join(span(row["start_utc"], row["end_utc"], day.zone) for row in shown.to_dict("records"))
    rest = len(gaps) - len(shown)
    more = f", {count(rest, 'shorter time more', 'shorter times more')}" if rest else ""
    return f" {tr('Not recorded {times}.', times=f'{words}{more}')}"


def day_numbers(day: Day) -> list[tuple[str, str]]:
    """Return the day in numbers, each with its name; what is not known is a dash."""
    cost = dollars(day.cost_usd)
    if day.calls_of_unknown_cost:
        unknown = count(day.calls_of_unknown_cost, "call of unknown cost", "calls of unknown cost")
        cost += f" + {unknown}"
    return [
        (_score(day.average_safety_score), tr("average safety score")),
        (_score(day.lowest_safety_score), tr("lowest")),
        ("\N{EN DASH}" if day.incident_count is None else str(day.incident_count), tr("incidents")),
        (str(day.event_count), tr("events")),
        (cost, tr("cost")),
    ]


def _score(score: float | None) -> str:
    return "\N{EN DASH}" if score is None else f"{score:.0f}"


def _because(error: str) -> str:
    return f": {error}" if error else ""
