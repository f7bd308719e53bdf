"""A household's day: several cameras on one local day, against the seven days before.

One camera's day is day.py. Sentences, drawings and pictures do not belong here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from livemon.base.datatypes import EventType, Severity
from livemon.base.settings.settings import Settings
from livemon.reports.facts.day import Day, day_bounds, read_day
from livemon.reports.facts.weeks import Weeks, read_weeks
from livemon.store import day_queries
from livemon.store.session import Database

BEFORE = 7
"""Days with which a day is compared: one of each weekday."""


@dataclass(frozen=True, slots=True)
class Usual:
    """A mean day of the `BEFORE` days, over those that were recorded. None is unknown: none was, or none was judged.

    Attributes
    ----------
    days
        Number of recorded days.
    """

    days: int
    recorded_s: float | None = None
    event_count: float | None = None
    incident_count: float | None = None
    average_safety_score: float | None = None


@dataclass(frozen=True)
class Household:
    """Facts of a household's day.

    Attributes
    ----------
    days
        One of each camera, in the order of the settings.
    usual
        The days before, by camera.
    new
        Rows of `Day.events`: the first of each kind that no camera had in the days before, the gravest first. Empty
        also when `is_comparable` is false.
    """

    date: date
    zone: ZoneInfo
    now: datetime
    days: tuple[Day, ...]
    usual: dict[str, Usual]
    new: tuple[Mapping[Any, Any], ...]

    @property
    def is_comparable(self) -> bool:
        """Whether anything was recorded in the days before."""
        return any(one.days for one in self.usual.values())

    @property
    def recorded_s(self) -> float:
        """Seconds recorded by all cameras together."""
        return sum(day.recorded_s for day in self.days)

    @property
    def event_count(self) -> int:
        """Events of all cameras, those about livemon itself left out."""
        return sum(day.event_count for day in self.days)

    @property
    def usual_event_count(self) -> float | None:
        """Events of a mean day before; None is unknown."""
        known = [one.event_count for one in self.usual.values() if one.event_count is not None]
        return sum(known) if known else None

    def severity_count(self, severity: Severity) -> int:
        """Return the number of incidents of a severity."""
        return sum(int((day.incidents["severity"] == severity.value).sum()) for day in self.days)

    @property
    def unrecorded(self) -> tuple[Day, ...]:
        """The days of cameras that recorded nothing: what happened there is not known."""
        return tuple(day for day in self.days if day.nothing_recorded)

    @property
    def unwatched(self) -> tuple[Day, ...]:
        """The days that were recorded, and in which nothing was looked at."""
        return tuple(day for day in self.days if not day.nothing_recorded and day.incident_count is None)


def read_household(
    settings: Settings, database: Database, camera_ids: Sequence[str], day: date, zone: ZoneInfo, now: datetime
) -> Household:
    """Read a local day of these cameras; some tens of milliseconds for each.

    Raises
    ------
    StoreError
        When the database refuses.
    """
    days = tuple(read_day(database, one, day, zone, now, settings.camera_dir(one) / "hls") for one in camera_ids)
    weeks = [read_weeks(database, one, day - timedelta(days=1), zone) for one in camera_ids]
    usual = {one.camera_id: usual_day(one) for one in weeks}
    known: Collection[str] = ()
    comparable = any(one.days for one in usual.values())
    if comparable:
        start = day_bounds(day - timedelta(days=BEFORE), zone)[0]
        known = day_queries.event_kinds(database, camera_ids, start, day_bounds(day, zone)[0])
    new = new_kinds(days, known) if comparable else ()
    return Household(day, zone, now, days, usual, new)


def usual_day(weeks: Weeks) -> Usual:
    """Return the mean of the last `BEFORE` days of some weeks."""
    sums = [weeks.of(one, one) for one in weeks.dates[-BEFORE:]]
    recorded = [one for one in sums if one.recorded_s > 0]
    if not recorded:
        return Usual(0)
    return Usual(
        days=len(recorded),
        recorded_s=_mean([one.recorded_s for one in recorded]),
        event_count=_mean([one.event_count for one in recorded]),
        incident_count=_mean([one.incident_count for one in recorded]),
        average_safety_score=_mean([one.average_safety_score for one in recorded]),
    )


def new_kinds(days: Sequence[Day], known: Collection[str]) -> tuple[Mapping[Any, Any], ...]:
    """Return the first event of each kind that is not known, the gravest first; none about livemon itself."""
    first: dict[str, dict[Any, Any]] = {}
    for day in days:
        seen = day.events[day.events["event_type"] != EventType.SYSTEM.value]
        for row in seen.to_dict("records"):
            kind = row["kind"]
            if kind not in known and (kind not in first or row["start_utc"] < first[kind]["start_utc"]):
                first[kind] = row
    return tuple(sorted(first.values(), key=lambda row: (-Severity.read(row["severity"]).rank, row["start_utc"])))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
