"""Cadence: events that looks at intervals, or by motion, would have shown, and their price.

The footage is played round and round as one camera for some hours, and the live detector plans its looks. A shown event
is not a seen one: whether a model recognises it is an experiment's question.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from livemon.base.datatypes import MotionSample, Severity
from livemon.base.errors import LabError
from livemon.base.settings.settings import Settings
from livemon.detect.look_policy import SAVED_HOURS, LookPolicy, RealtimeEventDetector
from livemon.lab.data.dataset import Dataset, Item
from livemon.lab.experiments.live_plan import Place, motion_of
from livemon.lab.scoring.metrics import p50_p95

Span = tuple[float, float]
DAY_S = 86_400.0
SEGMENT_S = 10.0
PHASES = 4
"""By the clock the round is begun at so many places, a part of it apart: where it begins is luck."""

WARM_UP_S = SAVED_HOURS * 3600.0
"""A gated way has watched for so long before it counts: with all its looks still saved up it would look too often."""

WAY_COLUMNS = {
    "way": "str",
    "looks_per_day": "float64",
    "frames_per_look": "float64",
    "events": "int64",
    "shown": "int64",
    "share": "float64",
    "delay_p50_s": "float64",
    "delay_p95_s": "float64",
    "looks_usd": "float64",
    "studies_usd": "float64",
    "usd_per_day": "float64",
}
"""Dollars are of a day, as `Money.forecast` has them."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way of watching.

    Attributes
    ----------
    interval_s
        Interval of looks; while anything moves, when it is gated.
    frames
        Maximum number of frames in a look: moments since the look before, or, of one, the newest.
    looks_per_hour
        Of a gated way: how many looks there are in the long run. None: it is not gated, and looks at stillness, too.
    heartbeat_s
        Of a gated way: how often it looks at stillness; as set when None.
    """

    name: str
    interval_s: float
    frames: int
    looks_per_hour: float | None = None
    heartbeat_s: float | None = None

    def __post_init__(self) -> None:
        if not (self.frames >= 1 and 0 < self.interval_s < math.inf):
            raise LabError("lab.way_never_looks", name=repr(self.name))
        if self.looks_per_hour is not None and not 0 < self.looks_per_hour < math.inf:
            raise LabError("lab.way_without_limit", name=repr(self.name), looks_per_hour=self.looks_per_hour)
        if self.heartbeat_s is not None and not 0 < self.heartbeat_s < math.inf:
            raise LabError("lab.way_never_looks", name=repr(self.name))

    @classmethod
    def usual(cls, settings: Settings, frames: int) -> tuple[Way, ...]:
        """Return what is worth comparing with the settings in force."""
        per_hour, interval_s = settings.looks_per_hour, settings.look_interval_s
        return (
            *(cls(f"one frame every {every} s", every, 1) for every in (20, 45, 120)),
            *(cls(f"{frames} frames every {every} s", every, frames) for every in (45, 120)),
            cls(f"gated, {per_hour:g} looks an hour (as set)", interval_s, frames, per_hour),
            cls(f"gated, {3 * per_hour:g} looks an hour", interval_s, frames, 3 * per_hour),
            cls("gated, whenever it moves", interval_s, frames, 3600 / settings.look_floor_s),
        )


@dataclass(frozen=True)
class Round:
    """Footage that goes round and round: what the gate says of each frame; events in seconds from its start."""

    samples: tuple[MotionSample, ...]
    events: tuple[Span, ...]
    duration_s: float


def cadence(
    dataset: Dataset,
    ways: Sequence[Way],
    settings: Settings,
    place: Callable[[Item], Place],
    cost_of: Callable[[int], float],
    *,
    studies_usd: float = 0.0,
    least: Severity = Severity.WARNING,
    hours: float = 2.0,
) -> pd.DataFrame:
    """Return a row for each way with `WAY_COLUMNS`, cheapest first; blocks: it measures motion, the first time.

    Parameters
    ----------
    cost_of
        Dollars of a look with so many frames; NaN when the price is not known.
    studies_usd
        Dollars a day that the studies of windows cost besides, however it looks.
    least
        Milder events do not count.
    hours
        Duration of the watch.
    """
    played = round_of(dataset, place, least)
    rows = [_row(way, played, settings, cost_of, studies_usd, hours * 3600) for way in ways]
    table = pd.DataFrame(rows, columns=list(WAY_COLUMNS)).astype(WAY_COLUMNS)
    return table.sort_values(["usd_per_day", "looks_per_day"], ignore_index=True)


def round_of(dataset: Dataset, place: Callable[[Item], Place], least: Severity) -> Round:
    """Return a dataset's items one after the other as a round; blocks."""
    samples: list[MotionSample] = []
    events: list[Span] = []
    length_s = 0.0
    for item in dataset.items:
        own = motion_of(item, place(item))
        begin = item.start_utc
        samples += [replace(one, utc=_at(length_s + (one.utc - begin).total_seconds())) for one in own]
        for truth in item.truths:
            if truth.severity.rank >= least.rank:
                ends = ((at - begin).total_seconds() for at in (truth.start_utc, truth.end_utc))
                first, last = (length_s + at_s for at_s in ends)
                events.append((first, last))
        length_s += item.duration_s
    return Round(tuple(samples), tuple(events), length_s)


def watch(played: Round, way: Way, settings: Settings, phase_s: float, watched_s: float) -> list[tuple[float, ...]]:
    """Return the looks of a way that begins `phase_s` into the round: the seconds of each one's frames."""
    if way.looks_per_hour is None:
        return _by_the_clock(way, watched_s)
    policy = LookPolicy(
        way.interval_s,
        settings.look_floor_s,
        way.heartbeat_s or settings.heartbeat_s,
        way.looks_per_hour,
        moments_only=True,
    )
    detector = RealtimeEventDetector(policy, way.frames)
    first = bisect_left(played.samples, phase_s, key=lambda one: _seconds(one.utc))
    looks: list[tuple[float, ...]] = []
    segment: list[MotionSample] = []
    for turn in range(math.ceil((watched_s + phase_s) / played.duration_s) + 1):
        for sample in played.samples[first if turn == 0 else 0 :]:
            at_s = _seconds(sample.utc) + turn * played.duration_s - phase_s
            if at_s >= watched_s:
                return looks
            if segment and at_s // SEGMENT_S > _seconds(segment[0].utc) // SEGMENT_S:
                plan = detector.plan(segment)
                looks += [tuple(_seconds(utc) for utc in plan.utcs)] if plan else []
                segment = []
            segment.append(replace(sample, utc=_at(at_s)))
    return looks


def events_within(events: Sequence[Span], duration_s: float, phase_s: float, watched_s: float) -> list[Span]:
    """Return the events of a round that is begun `phase_s` into it, where they lie wholly within the time watched."""
    rounds = int((watched_s + phase_s) // duration_s) + 1
    offsets_s = [turn * duration_s - phase_s for turn in range(rounds)]
    spans = [(offset_s + start, offset_s + end) for offset_s in offsets_s for start, end in events]
    return [(start, end) for start, end in spans if start >= 0 and end <= watched_s]


def first_shown(events: Sequence[Span], looks: Sequence[tuple[float, ...]]) -> list[float]:
    """Return when each event was first in a look, in seconds from its start to the look's end; NaN for never."""
    frames = sorted((at_s, look[-1]) for look in looks for at_s in look)
    times = [at_s for at_s, _ in frames]
    delays = []
    for start, end in events:
        within = frames[bisect_left(times, start - 1e-6) : bisect_left(times, end + 1e-6)]
        delays.append(min((told for _, told in within), default=math.nan) - start)
    return delays


def _row(
    way: Way,
    played: Round,
    settings: Settings,
    cost_of: Callable[[int], float],
    studies_usd: float,
    watched_s: float,
) -> dict[str, Any]:
    looks: list[tuple[float, ...]] = []
    delays: list[float] = []
    warm_up_s = 0.0 if way.looks_per_hour is None else WARM_UP_S
    phases = PHASES if way.looks_per_hour is None else 1
    for phase in range(phases):
        phase_s = phase * played.duration_s / PHASES
        all_of_it = watch(played, way, settings, phase_s, warm_up_s + watched_s)
        made = [tuple(at_s - warm_up_s for at_s in look) for look in all_of_it if look[-1] >= warm_up_s]
        looks += made
        begun_s = (phase_s + warm_up_s) % played.duration_s
        delays += first_shown(events_within(played.events, played.duration_s, begun_s, watched_s), made)
    days = phases * watched_s / DAY_S
    frames = float(np.mean([len(look) for look in looks])) if looks else 0.0
    found = [delay for delay in delays if not math.isnan(delay)]
    p50, p95 = p50_p95(np.array(found))
    looks_usd = sum(cost_of(len(look)) for look in looks) / days
    return {
        "way": way.name,
        "looks_per_day": len(looks) / days,
        "frames_per_look": frames,
        "events": len(delays),
        "shown": len(found),
        "share": len(found) / len(delays) if delays else math.nan,
        "delay_p50_s": p50,
        "delay_p95_s": p95,
        "looks_usd": looks_usd,
        "studies_usd": studies_usd,
        "usd_per_day": looks_usd + studies_usd,
    }


def _by_the_clock(way: Way, watched_s: float) -> list[tuple[float, ...]]:
    """Return looks at equal times; their frames are spread over the time since the one before."""
    step_s = way.interval_s / way.frames
    return [
        tuple(end_s - back * step_s for back in reversed(range(way.frames)))
        for end_s in np.arange(way.interval_s, watched_s, way.interval_s).tolist()
    ]


_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def _at(seconds: float) -> datetime:
    return _BEGIN + timedelta(seconds=seconds)


def _seconds(utc: datetime) -> float:
    return (utc - _BEGIN).total_seconds()
