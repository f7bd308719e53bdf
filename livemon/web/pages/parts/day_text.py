"""Texts of the day page: times, lengths, facts of a window, share of a day that was recorded. Pure.

They are shown by web/pages/day.py and its parts; a report's texts live in reports/.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import datetime, tzinfo
from typing import Any

import pandas as pd

from livemon.base.messages.message import Told
from livemon.reports.facts.day import Day
from livemon.reports.facts.windows import WindowState
from livemon.vlm.budget_ladder import dollars
from livemon.web.i18n.language import tr, tr_said

SHOWN_GAPS = 4
"""Gaps that are listed by their times; of more only the longest."""

STATES = {
    WindowState.COMPLETED: ("#067647", "day.analysed"),
    WindowState.BY_RULE: ("#475467", "day.nothing_moved"),
    WindowState.NO_PEOPLE: ("#475467", "day.no_people"),
    WindowState.WAITING: ("#b54708", "day.waiting"),
    WindowState.FAILED: ("#b42318", "day.failed"),
    WindowState.NOT_KEPT: ("#475467", "day.not_kept"),
    WindowState.NOT_RECORDED: ("#475467", "day.not_recorded"),
    WindowState.RECORDING: ("#175cd3", "day.recording"),
    WindowState.TO_COME: ("#475467", "day.to_come"),
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
        return tr("page.s", n=f"{duration_s:.0f}")
    hours, minutes = divmod(round(duration_s / 60), 60)
    return " ".join(
        part for part in (tr("page.h", n=hours) if hours else "", tr("page.min", n=minutes) if minutes else "") if part
    )


def window_words(row: dict[Any, Any]) -> str:
    """Return the facts of a window, in a sentence: its state, its score, the reason if it has none."""
    state = WindowState(row["state"])
    if state is WindowState.COMPLETED:
        found = "" if pd.isna(row["incident_count"]) else f", {tr('day.n_incidents', n=int(row['incident_count']))}"
        return f"{tr('day.analysed')}, {score_words(row['safety_score'])}{found}"
    if state is WindowState.WAITING:
        return f"{tr('day.recorded_waits_for_its')}{_because(row['error'])}"
    if state is WindowState.FAILED:
        return f"{tr('day.could_not_be_analysed')}{_because(row['error'])}"
    words = {
        WindowState.BY_RULE: "day.nothing_moved_by_rule",
        WindowState.NO_PEOPLE: "day.no_people_by_rule",
        WindowState.NOT_KEPT: "day.camera_ran_but_its",
        WindowState.NOT_RECORDED: "day.not_recorded_what_happened",
        WindowState.RECORDING: "day.being_recorded",
        WindowState.TO_COME: "day.still_to_come",
    }
    return tr(words[state])


def score_words(score: float | None) -> str:
    """Return a safety score in words; unknown is not safe."""
    if score is None or pd.isna(score):
        return tr("day.safety_score_not_known")
    return tr("day.safety_score_100", score=f"{score:.0f}")


def coverage_words(day: Day) -> str:
    """Return the recorded and the analysed share of a day, and its gaps; no word of events."""
    if day.length_s == 0:
        return tr("day.day_still_to_come")
    if day.nothing_recorded and not day.window_counts[WindowState.RECORDING]:
        return tr("day.nothing_was_recorded_on" if day.is_over else "day.nothing_was_recorded_on_sentence")
    recorded = {"recorded": length(day.recorded_s), "whole": length(day.length_s)}
    words = "day.recorded" if day.is_over else "day.recorded_so_far"
    parts = [tr(words, **recorded)]
    analysed = tr("day.analysed_length", length=length(day.analysed_s))
    if day.analysed_s or not (day.by_rule_s or day.no_people_s):
        parts.append(analysed if day.analysed_s else tr("day.nothing_analysed_yet"))
    if day.windows_by_rule:
        parts.append(tr("day.nothing_moved_not_judged", length=length(day.by_rule_s)))
    if day.no_people_s:
        parts.append(tr("day.no_people_not_judged", length=length(day.no_people_s)))
    if day.windows_waiting:
        parts.append(tr("day.n_windows_wait", n=day.windows_waiting))
    if day.windows_failed:
        parts.append(tr("day.n_windows_failed", n=day.windows_failed))
    return f"{', '.join(parts)}.{_gaps(day)}"


def _gaps(day: Day) -> str:
    """Return when it was not recorded: the longest of the gaps, in the order of the day."""
    gaps = day.gaps[day.gaps["duration_s"] >= 60]
    if not len(gaps):
        return ""
    shown = gaps.nlargest(SHOWN_GAPS, "duration_s").sort_values("start_utc")
    words = ", ".join(_gap(row, day.zone) for row in shown.to_dict("records"))
    rest = len(gaps) - len(shown)
    more = f", {tr('day.n_shorter_times', n=rest)}" if rest else ""
    return f" {tr('day.not_recorded_times', times=f'{words}{more}')}"


def _gap(row: Mapping[Hashable, Any], zone: tzinfo) -> str:
    """Return when it was not recorded, and why where that is known."""
    words = span(row["start_utc"], row["end_utc"], zone)
    if not row["paused"]:
        return words
    return tr("day.paused_by", span=words, by=row["paused_by"]) if row["paused_by"] else tr("day.paused", span=words)


def day_numbers(day: Day) -> list[tuple[str, str]]:
    """Return the day in numbers, each with its name; unknown ones are a dash."""
    cost = dollars(day.cost_usd)
    if day.calls_of_unknown_cost:
        unknown = tr("day.n_calls_unknown", n=day.calls_of_unknown_cost)
        cost += f" + {unknown}"
    return [
        (_score(day.average_safety_score), tr("day.average_safety_score")),
        (_score(day.lowest_safety_score), tr("day.lowest")),
        ("\N{EN DASH}" if day.incident_count is None else str(day.incident_count), tr("day.incidents")),
        (str(day.event_count), tr("live.events")),
        (cost, tr("day.cost")),
    ]


def _score(score: float | None) -> str:
    return "\N{EN DASH}" if score is None else f"{score:.0f}"


def _because(error: Told) -> str:
    return f": {tr_said(error)}" if error else ""
