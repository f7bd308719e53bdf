"""The windows of a day and their facts; the times that were not recorded; the hours. Pure.

Values in, DataFrames with fixed column types out. Rows are read in store/day_queries.py, days are merged in day.py,
incidents live in incidents.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

import pandas as pd

from livemon.base.average_score import average_score, lowest_score
from livemon.base.clock import WINDOW, floor_to
from livemon.base.datatypes import EventType, Gap, Segment
from livemon.store.tables.jobs import NO_PEOPLE, RULES
from livemon.store.tables.work_status import WorkStatus

SETTLE = timedelta(minutes=5)
"""A window that ended longer ago and has no archive was not recorded; before that its archive may be on its way."""

LEAST_GAP_S = 1.0
"""Shorter pauses are ignored: a camera that reconnects skips some pictures."""

TIME = "datetime64[us, UTC]"


class WindowState(StrEnum):
    """State of a window."""

    COMPLETED = "completed"
    BY_RULE = "by_rule"
    """The gate saw nothing move in all of it, and no model was asked: nothing is judged."""
    NO_PEOPLE = "no_people"
    """Things moved, the detector saw neither people nor pets, and no model was asked: nothing is judged."""
    WAITING = "waiting"
    """It is recorded, and not analysed yet."""
    FAILED = "failed"
    """It is recorded, and could not be analysed."""
    NOT_KEPT = "not_kept"
    """The camera was looked at, so it ran; but no footage of it is kept, and it was never analysed."""
    NOT_RECORDED = "not_recorded"
    RECORDING = "recording"
    """It is going on, or has just ended: if it is recorded is not known yet."""
    TO_COME = "to_come"


RULE_STATES = (WindowState.BY_RULE, WindowState.NO_PEOPLE)
"""A model may be asked about them all the same."""

WINDOW_COLUMNS: Mapping[str, str] = {
    "window_start_utc": TIME,
    "state": "str",
    "recorded_s": "float64",
    "analysed_s": "float64",
    "safety_score": "float64",
    "incident_count": "Int64",
    "summary": "str",
    "model": "str",
    "prompt_version": "str",
    "error": "object",
    "cost_usd": "float64",
    "archive_path": "str",
    "attempts": "int64",
}
HOUR_COLUMNS: Mapping[str, str] = {
    "start_utc": TIME,
    "end_utc": TIME,
    "recorded_s": "float64",
    "analysed_s": "float64",
    **{f"windows_{state.value}": "int64" for state in WindowState},
    "average_safety_score": "float64",
    "lowest_safety_score": "float64",
    **{f"events_{event_type.value}": "int64" for event_type in EventType},
    "incident_count": "int64",
}
GAP_COLUMNS: Mapping[str, str] = {"start_utc": TIME, "end_utc": TIME, "duration_s": "float64"}


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Return rows as a DataFrame whose column types do not depend on what is in them."""
    return pd.DataFrame(list(rows), columns=list(columns)).astype(dict(columns))


def day_windows(
    start: datetime,
    end: datetime,
    now: datetime,
    archives: pd.DataFrame,
    analyses: pd.DataFrame,
    looked_at: Collection[datetime],
    segments: Sequence[Segment] = (),
) -> pd.DataFrame:
    """Return one row for every ten-minute mark in [start, end), with the columns of `WINDOW_COLUMNS`.

    Parameters
    ----------
    archives, analyses
        As `store.day_queries` reads them.
    looked_at
        Marks of windows in which a model saw something.
    segments
        Footage that may not be archived yet: it counts in windows without an archive.
    """
    files = {row["window_start_utc"]: row for row in archives.to_dict("records")}
    studies = {row["window_start_utc"]: row for row in analyses.to_dict("records")}
    first = floor_to(start, WINDOW)
    first = first if first == start else first + WINDOW
    rows = []
    for number in range(-(-(end - first) // WINDOW)):
        at = first + number * WINDOW
        live_s = sum(length_s for _, length_s in _pieces(segments, at, min(at + WINDOW, end)))
        rows.append(_window(at, now, files.get(at), studies.get(at), at in looked_at, live_s))
    return table(rows, WINDOW_COLUMNS)


def _window(
    at: datetime,
    now: datetime,
    file: dict[Any, Any] | None,
    study: dict[Any, Any] | None,
    seen: bool,
    live_s: float,
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "window_start_utc": at,
        "state": _state(at, now, file, study, seen, live_s).value,
        "recorded_s": file["coverage_s"] if file else live_s,
        "analysed_s": 0.0,
        "safety_score": None,
        "incident_count": None,
        "summary": "",
        "model": "",
        "prompt_version": "",
        "error": "",
        "cost_usd": None,
        "archive_path": file["path"] if file else "",
        "attempts": 0,
    }
    if study is not None:
        row |= {name: study[name] for name in ("error", "attempts", "cost_usd", "model", "prompt_version")}
        if study["status"] == WorkStatus.COMPLETED.value:
            row |= {name: study[name] for name in ("safety_score", "incident_count", "summary")}
            covered_s = study["coverage_s"] if pd.notna(study["coverage_s"]) else 0.0
            row["analysed_s"] = 0.0 if study["model"] in RULES else covered_s
            # Its footage may be gone, which does not undo that there was some.
            row["recorded_s"] = max(row["recorded_s"], covered_s)
    return row


def _state(
    at: datetime,
    now: datetime,
    file: dict[Any, Any] | None,
    study: dict[Any, Any] | None,
    seen: bool,
    live_s: float,
) -> WindowState:
    if study is not None and study["status"] == WorkStatus.COMPLETED.value:
        if study["model"] == NO_PEOPLE:
            return WindowState.NO_PEOPLE
        return WindowState.BY_RULE if study["model"] in RULES else WindowState.COMPLETED
    if study is not None and study["status"] == WorkStatus.FAILED.value:
        return WindowState.FAILED
    if file is not None or study is not None:
        return WindowState.WAITING
    if at > now:
        return WindowState.TO_COME
    if now < at + WINDOW + SETTLE:
        return WindowState.RECORDING
    if live_s:
        return WindowState.WAITING  # its archive is late
    return WindowState.NOT_KEPT if seen else WindowState.NOT_RECORDED


def known_until(end: datetime, windows: pd.DataFrame, segments: Sequence[Segment] = ()) -> datetime:
    """Return until when it is known what was recorded: the end of the newest footage, or of the last settled window."""
    unknown = windows["state"].isin([WindowState.RECORDING.value, WindowState.TO_COME.value])
    first = windows.loc[unknown, "window_start_utc"].min()
    if pd.isna(first):
        return end
    settled: datetime = first.to_pydatetime()
    return min(end, max([settled, *(segment.end_utc for segment in segments)]))


def day_gaps(
    start: datetime,
    end: datetime,
    now: datetime,
    archives: pd.DataFrame,
    windows: pd.DataFrame,
    segments: Sequence[Segment] = (),
) -> pd.DataFrame:
    """Return the times of [start, end) that were not recorded, merged, in order, with `GAP_COLUMNS`.

    Time that is not known yet, or was recorded and is gone, is not a gap. `archives` may begin with the window before
    `start`. Windows without an archive have the gaps of their `segments`.
    """
    pieces = [
        Gap(datetime.fromisoformat(gap["start_utc"]), datetime.fromisoformat(gap["end_utc"]))
        for gaps in archives["gaps"]
        for gap in gaps
    ]
    missing = windows.loc[windows["state"] == WindowState.NOT_RECORDED.value, "window_start_utc"]
    pieces += [Gap(at.to_pydatetime(), at.to_pydatetime() + WINDOW) for at in missing]
    until = known_until(end, windows, segments)
    live = windows[(windows["archive_path"] == "") & (windows["analysed_s"] == 0)]
    states = (WindowState.RECORDING.value, WindowState.WAITING.value)
    for at in live.loc[live["state"].isin(states), "window_start_utc"]:
        pieces += _holes(segments, at.to_pydatetime(), min(at.to_pydatetime() + WINDOW, until))
    first = windows["window_start_utc"].min()
    if (
        pd.notna(first)
        and start < first
        and start + SETTLE < now
        and not len(archives[archives["window_start_utc"] < start])
    ):
        pieces.append(Gap(start, first.to_pydatetime()))
    merged: list[Gap] = []
    for gap in sorted((max(one.start_utc, start), min(one.end_utc, end, now)) for one in pieces):
        if merged and gap[0] <= merged[-1].end_utc + timedelta(seconds=LEAST_GAP_S):
            merged[-1] = Gap(merged[-1].start_utc, max(merged[-1].end_utc, gap[1]))
        elif gap[1] > gap[0]:
            merged.append(Gap(*gap))
    rows = [
        {"start_utc": gap.start_utc, "end_utc": gap.end_utc, "duration_s": gap.duration_s}
        for gap in merged
        if gap.duration_s >= LEAST_GAP_S
    ]
    return table(rows, GAP_COLUMNS)


def _pieces(segments: Sequence[Segment], start: datetime, end: datetime) -> Iterator[tuple[datetime, float]]:
    """Yield when each piece of footage within [start, end) begins, and its seconds; overlaps count once."""
    at = start
    for segment in segments:
        begin, stop = max(at, segment.start_utc), min(end, segment.end_utc)
        if stop > begin:
            yield begin, (stop - begin).total_seconds()
            at = stop


def _holes(segments: Sequence[Segment], start: datetime, end: datetime) -> Iterator[Gap]:
    """Yield what is missing of [start, end) in segments; of a stretch without any, nothing is known."""
    pieces = list(_pieces(segments, start, end))
    at = start
    for begin, length_s in pieces:
        if begin > at:
            yield Gap(at, begin)
        at = begin + timedelta(seconds=length_s)
    if at < end:
        yield Gap(at, end)


def local_hours(start: datetime, end: datetime, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    """Yield the hours of a local day, each from one full hour of the clock on the wall to the next: 23 to 25."""
    at = start
    while at < end:
        local = at.astimezone(zone)
        until = min(end, at + timedelta(hours=1) - timedelta(minutes=local.minute, seconds=local.second))
        yield at, until
        at = until


def day_hours(
    start: datetime,
    end: datetime,
    zone: tzinfo,
    windows: pd.DataFrame,
    events: pd.DataFrame,
    incidents: pd.DataFrame,
) -> pd.DataFrame:
    """Return one row for every local hour, with the columns of `HOUR_COLUMNS`; a window counts where it begins."""
    hours = list(local_hours(start, end, zone))
    begins = pd.Series([at for at, _ in hours], dtype=TIME)
    happened = Counter(zip(_hour_of(events["start_utc"], begins), events["event_type"], strict=True))
    alarmed = Counter(_hour_of(incidents["start_utc"], begins))
    inside: list[list[dict[Any, Any]]] = [[] for _ in hours]
    for hour, window in zip(_hour_of(windows["window_start_utc"], begins), windows.to_dict("records"), strict=True):
        inside[hour].append(window)
    rows = []
    for number, (at, until) in enumerate(hours):
        states = Counter(window["state"] for window in inside[number])
        scores = [window["safety_score"] for window in inside[number] if not pd.isna(window["safety_score"])]
        rows.append(
            {
                "start_utc": at,
                "end_utc": until,
                "recorded_s": sum(window["recorded_s"] for window in inside[number]),
                "analysed_s": sum(window["analysed_s"] for window in inside[number]),
                **{f"windows_{state.value}": states[state.value] for state in WindowState},
                "average_safety_score": average_score(scores, states[WindowState.COMPLETED.value]),
                "lowest_safety_score": lowest_score(scores),
                **{f"events_{event_type.value}": happened[number, event_type.value] for event_type in EventType},
                "incident_count": alarmed[number],
            }
        )
    return table(rows, HOUR_COLUMNS)


def scores_of(windows: pd.DataFrame) -> tuple[float | None, float | None]:
    """Return average and lowest safety score of some windows; None is unknown."""
    scores = [float(score) for score in windows["safety_score"].dropna()]
    completed = int((windows["state"] == WindowState.COMPLETED.value).sum())
    return average_score(scores, completed), lowest_score(scores)


def _hour_of(moments: pd.Series[Any], begins: pd.Series[Any]) -> list[int]:
    """Return the number of the hour that each moment lies in."""
    return [int(number) - 1 for number in begins.searchsorted(moments.array, side="right")]
