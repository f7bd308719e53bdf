"""Why a time was not recorded: the gaps of a day, cut where a camera was paused. Pure.

Finding the gaps does not belong here (windows.py), nor the words for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pandas as pd

from livemon.base.datatypes import Gap
from livemon.reports.facts.windows import TIME, table
from livemon.store.pauses import Pause

EDGE = timedelta(seconds=60)
"""A shorter gap beside a pause belongs to it: a segment that was begun, and the start after it."""

REASONED_COLUMNS = {"start_utc": TIME, "end_utc": TIME, "duration_s": "float64", "paused": "bool", "paused_by": "str"}


def gaps_with_pauses(gaps: pd.DataFrame, pauses: Sequence[Pause], now: datetime) -> pd.DataFrame:
    """Return gaps in order, cut where pauses begin and end, with `REASONED_COLUMNS`.

    Parameters
    ----------
    gaps
        With the columns of `windows.GAP_COLUMNS`.
    pauses
        In order; they do not overlap.
    """
    rows = []
    for start, end in zip(gaps["start_utc"], gaps["end_utc"], strict=True):
        for part, pause in _parts(Gap(start.to_pydatetime(), end.to_pydatetime()), pauses, now):
            why = {"paused": pause is not None, "paused_by": pause.paused_by if pause else ""}
            rows.append({"start_utc": part.start_utc, "end_utc": part.end_utc, "duration_s": part.duration_s, **why})
    return table(rows, REASONED_COLUMNS)


def _parts(gap: Gap, pauses: Sequence[Pause], now: datetime) -> Iterator[tuple[Gap, Pause | None]]:
    """Yield the parts of a gap, each with its pause."""
    at = gap.start_utc
    for pause in pauses:
        begin, end = max(at, pause.begun_utc), min(gap.end_utc, pause.ended_utc or now)
        if end <= begin:
            continue
        if begin - at < EDGE:
            begin = at
        if gap.end_utc - end < EDGE:
            end = gap.end_utc
        if begin > at:
            yield Gap(at, begin), None
        yield Gap(begin, end), pause
        at = end
    if at < gap.end_utc:
        yield Gap(at, gap.end_utc), None
