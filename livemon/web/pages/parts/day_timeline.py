"""The day as a strip: its windows by state and score, with events as marks above. Drawn by day_timeline.js.

Facts of a day live in reports/facts/day.py; the chosen window is shown by window_view.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

import pandas as pd
import param
from panel.custom import JSComponent

from livemon.base.clock import WINDOW, iso
from livemon.base.datatypes import EventType, Severity
from livemon.reports.facts.day import Day
from livemon.reports.facts.windows import RULE_STATES, WindowState
from livemon.web.api.guard import API_ROOT
from livemon.web.i18n.language import tr
from livemon.web.pages.parts.day_text import local_time, span, window_words
from livemon.web.pages.parts.player import STATIC

HIGH, LOW = 90.0, 50.0
"""From `HIGH` on a window is green: nothing but notes took points. Up to `LOW` it is red: there was a danger, or many
warnings (base/safety_score.py)."""

SUMMARY_LENGTH = 280
"""Characters of a summary that fit beside the pointer; all of it stands below the strip."""

SYSTEM = "system"
MOST_MARKS = 3

LOOKS = {
    "high": "day.score_90_to_100",
    "mid": "day.51_to_89",
    "low": "day.50_or_less",
    "unknown": "day.analysed_score_not_known",
    WindowState.BY_RULE: "day.nothing_moved_not_judged_word",
    WindowState.NO_PEOPLE: "day.no_people_not_judged_word",
    WindowState.WAITING: "day.waiting_word",
    WindowState.FAILED: "day.failed_word",
    WindowState.NOT_KEPT: "day.not_kept_word",
    WindowState.NOT_RECORDED: "day.not_recorded_word",
    WindowState.RECORDING: "day.recording_word",
}
MARKS = {
    Severity.DANGER: "day.danger",
    Severity.WARNING: "day.warning",
    Severity.INFO: "day.information",
    Severity.SAFE: "day.safe",
    SYSTEM: "day.about_livemon",
}


STRIP_WORDS = {"strip": "day.ten_minute_windows_day"}


class DayTimeline(JSComponent):
    """The strip; `selected` is the beginning of the chosen window, as `iso` writes it, from and to the browser."""

    day = param.Dict(default={}, doc="What `timeline` returns.")
    words = param.Dict(default=STRIP_WORDS)
    selected = param.String(default="")
    pictures = param.String(default="", doc="Address of a picture, without its moment; empty: none are shown.")

    # Only a bundle and no _esm: Panel then serves it as a file of its own, which browsers cache.
    _bundle: ClassVar[Any] = STATIC / "day_timeline.bundle.js"


WITH_FOOTAGE = (WindowState.COMPLETED, *RULE_STATES, WindowState.WAITING, WindowState.FAILED)
PICTURE_WIDTH = 240


def pictures_of(camera_id: str) -> str:
    """Return what `DayTimeline.pictures` is for a camera."""
    return f"{API_ROOT.lstrip('/')}/frames/{camera_id}.jpg?width={PICTURE_WIDTH}&at=" if camera_id else ""


MUCH_MOTION = 12
"""Looks for motion in ten minutes that fill a bar's height."""


def timeline(day: Day, motion: Mapping[datetime, int] | None = None) -> dict[str, Any]:
    """Return the strip of a day: a cell for each window, the beginnings of hours, a legend.

    Places (`at`) are counted in windows from the beginning of the day.

    Parameters
    ----------
    motion
        Number of looks caused by motion, by the window's beginning.
    """
    motion = motion or {}
    happened: dict[datetime, dict[str, int]] = {}
    gravest: dict[datetime, tuple[int, datetime]] = {}
    first: datetime = day.windows["window_start_utc"].iloc[0].to_pydatetime()
    for start, kind in happenings(day):
        # Events that began before the day's first window are listed with it.
        window = first + max(0, (start - first) // WINDOW) * WINDOW
        kinds = happened.setdefault(window, {})
        kinds[kind] = kinds.get(kind, 0) + 1
        rank = list(MARKS).index(kind) if kind in MARKS else len(MARKS)
        gravest[window] = min(gravest.get(window, (rank, start)), (rank, start))
    cells = [_cell(day, row, happened, motion) for row in day.windows.to_dict("records")]
    for cell, row in zip(cells, day.windows.to_dict("records"), strict=True):
        if row["state"] in WITH_FOOTAGE:
            start = row["window_start_utc"].to_pydatetime()
            cell["picture"] = iso(max(start, gravest[start][1]) if start in gravest else start + WINDOW / 2)
    ticks = [
        {"at": (row["start_utc"] - day.start_utc) / WINDOW, "label": local_time(row["start_utc"], day.zone)}
        for row in day.hours.to_dict("records")
    ]
    return {"cells": cells, "ticks": ticks, "legend": _legend(cells)}


def look_of(row: dict[Any, Any]) -> str:
    """Return how a window is drawn: by its score where there is one, by its state otherwise; never green unknown."""
    if row["state"] != WindowState.COMPLETED.value:
        return str(row["state"])
    score = row["safety_score"]
    if pd.isna(score):
        return "unknown"
    return "high" if score >= HIGH else "low" if score <= LOW else "mid"


def _legend(cells: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the meaning of the colours and the marks in a strip."""
    looks = {cell["look"] for cell in cells}
    marks = {mark for cell in cells for mark in cell["marks"]}
    return [
        *({"look": str(look), "words": tr(words)} for look, words in LOOKS.items() if look in looks),
        *({"mark": str(mark), "words": tr(words)} for mark, words in MARKS.items() if mark in marks),
        *(
            {"mark": "motion", "words": tr("day.how_often_something_moved")}
            for _ in range(any(cell["motion"] for cell in cells))
        ),
    ]


def _cell(
    day: Day, row: dict[Any, Any], happened: dict[datetime, dict[str, int]], motion: Mapping[datetime, int]
) -> dict[str, Any]:
    start = row["window_start_utc"].to_pydatetime()
    kinds, moved = happened.get(start, {}), motion.get(start, 0)
    ranked = [kind for kind in MARKS if kind in kinds]
    summary = row["summary"]
    return {
        "start": iso(start),
        "at": (start - day.start_utc) / WINDOW,
        "label": span(start, start + WINDOW, day.zone),
        "state": row["state"],
        "look": look_of(row),
        "off": row["state"] == WindowState.TO_COME.value,
        "words": window_words(row),
        "happened": ", ".join(
            [f"{tr(MARKS[kind])}: {kinds[kind]}" for kind in ranked]
            + ([f"{tr('day.motion')}: {moved}"] if moved else [])
        ),
        "motion": round(min(1.0, moved / MUCH_MOTION), 2),
        "summary": summary if len(summary) <= SUMMARY_LENGTH else f"{summary[:SUMMARY_LENGTH]}\N{HORIZONTAL ELLIPSIS}",
        # The gravest nearest to the strip.
        "marks": [str(kind) for kind in ranked[:MOST_MARKS]][::-1],
    }


def happenings(day: Day) -> Iterator[tuple[datetime, str]]:
    """Yield the time and the severity of each event; one that a look and a study both saw only once."""
    for row in day.incidents.to_dict("records"):
        yield row["start_utc"].to_pydatetime(), row["severity"]
    known = set(day.incidents["event_id"].dropna())
    for row in day.events.to_dict("records"):
        if row["id"] not in known:
            kind = SYSTEM if row["event_type"] == EventType.SYSTEM.value else row["severity"]
            yield row["start_utc"].to_pydatetime(), kind
