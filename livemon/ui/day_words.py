"""What the day page says: times, lengths, what is known of a window, how much of a day was recorded. Pure.

Where it is shown stands in day.py and beside it; what a report says is reports/'s.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

import pandas as pd

from livemon.reports.day import Day
from livemon.reports.windows import WindowState
from livemon.vlm.budget import dollars

SHOWN_GAPS = 4
"""Gaps that are listed by their times; of more only the longest."""

STATES = {
    WindowState.COMPLETED: ("#067647", "Analysed"),
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
        return f"{duration_s:.0f} s"
    hours, minutes = divmod(round(duration_s / 60), 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part)


def count(number: int, one: str, many: str) -> str:
    """Return a number of things."""
    return f"{number} {one if number == 1 else many}"


def window_words(row: dict[Any, Any]) -> str:
    """Return what is known of a window, in a sentence: its state, its score, why not."""
    state = WindowState(row["state"])
    if state is WindowState.COMPLETED:
        found = (
            "" if pd.isna(row["incident_count"]) else f", {count(int(row['incident_count']), 'incident', 'incidents')}"
        )
        return f"Analysed, {score_words(row['safety_score'])}{found}"
    if state is WindowState.WAITING:
        return f"Recorded, waits for its analysis{_because(row['error'])}"
    if state is WindowState.FAILED:
        return f"Could not be analysed{_because(row['error'])}"
    return {
        WindowState.NOT_KEPT: "The camera ran, but its footage is not kept",
        WindowState.NOT_RECORDED: "Not recorded: what happened is not known",
        WindowState.RECORDING: "Being recorded",
        WindowState.TO_COME: "Still to come",
    }[state]


def score_words(score: float | None) -> str:
    """Return a safety score in words; unknown is not safe."""
    return "safety score not known" if score is None or pd.isna(score) else f"safety score {score:.0f} of 100"


def coverage_words(day: Day) -> str:
    """Return how much of a day was recorded and analysed, and when it was not; no word of what happened."""
    if day.length_s == 0:
        return "This day is still to come."
    if day.nothing_recorded and not day.window_counts[WindowState.RECORDING]:
        so_far = "" if day.is_over else " yet"
        return f"Nothing was recorded on this day{so_far}. That does not mean that nothing happened: nobody can know."
    so_far = "" if day.is_over else " so far"
    parts = [f"Recorded {length(day.recorded_s)} of {length(day.length_s)}{so_far}"]
    parts.append(f"analysed {length(day.analysed_s)}" if day.analysed_s else "nothing analysed yet")
    if day.windows_waiting:
        parts.append(f"{count(day.windows_waiting, 'window waits', 'windows wait')} for analysis")
    if day.windows_failed:
        parts.append(f"{count(day.windows_failed, 'window', 'windows')} could not be analysed")
    return f"{', '.join(parts)}.{_gaps(day)}"


def _gaps(day: Day) -> str:
    """Return when it was not recorded: the longest of the gaps, in the order of the day."""
    gaps = day.gaps[day.gaps["duration_s"] >= 60]
    if not len(gaps):
        return ""
    shown = gaps.nlargest(SHOWN_GAPS, "duration_s").sort_values("start_utc")
    words = ", ".join(span(row["start_utc"], row["end_utc"], day.zone) for row in shown.to_dict("records"))
    more = f" and {count(len(gaps) - len(shown), 'shorter time', 'shorter times')}" if len(gaps) > len(shown) else ""
    return f" Not recorded {words}{more}."


def day_numbers(day: Day) -> list[tuple[str, str]]:
    """Return the day in numbers, each with its name; what is not known is a dash."""
    cost = dollars(day.cost_usd)
    if day.calls_of_unknown_cost:
        cost += f" + {count(day.calls_of_unknown_cost, 'call', 'calls')} of unknown cost"
    return [
        (_score(day.average_safety_score), "average safety score"),
        (_score(day.lowest_safety_score), "lowest"),
        ("\N{EN DASH}" if day.incident_count is None else str(day.incident_count), "incidents"),
        (str(day.event_count), "events"),
        (cost, "cost"),
    ]


def _score(score: float | None) -> str:
    return "\N{EN DASH}" if score is None else f"{score:.0f}"


def _because(error: str) -> str:
    return f": {error}" if error else ""
