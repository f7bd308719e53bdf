"""A local day of one camera: everything that is known of it, read once. Report, dashboard and API show it.

Reading and putting together only: rows come from store/, what they mean from windows.py and incidents.py. Words,
drawings and files do not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from livemon.base.clock import MIDNIGHT, WINDOW, at_local
from livemon.base.datatypes import EventType
from livemon.base.model_types import AnswerStatus, Purpose
from livemon.reports.facts.gap_reasons import gaps_with_pauses
from livemon.reports.facts.incidents import day_activities, day_development, day_incidents
from livemon.reports.facts.windows import WindowState, day_gaps, day_hours, day_windows, known_until, scores_of
from livemon.store import day_queries, pauses
from livemon.store.queries import costs
from livemon.store.session import Database
from livemon.stream.segments import segments_between


@dataclass(frozen=True)
class Day:
    """Facts of [start_utc, end_utc), local midnight to local midnight: 23 to 25 hours.

    Attributes
    ----------
    now
        When it was read; what came later is not in it.
    known_until_utc
        Recordings are known until then: until the newest footage, or the day's end.
    windows
        One row for every ten-minute mark: `windows.WINDOW_COLUMNS`, states in `WindowState`.
    events
        That began in the day, oldest first, also those about livemon itself: `day_queries.DAY_EVENT_COLUMNS`.
    incidents, development, activities
        Of events and analyses together, oldest first: columns in incidents.py.
    hours, gaps
        One row for every local hour, and the times not recorded: columns in windows.py and gap_reasons.py.
    costs
        By model and purpose, as `queries.costs`.
    answering
        Number of calls by model, prompt and outcome: `day_queries.ANSWERING_COLUMNS`.
    """

    camera_id: str
    camera_name: str
    date: date
    zone: ZoneInfo
    start_utc: datetime
    end_utc: datetime
    now: datetime
    known_until_utc: datetime
    windows: pd.DataFrame
    events: pd.DataFrame
    incidents: pd.DataFrame
    development: pd.DataFrame
    activities: pd.DataFrame
    hours: pd.DataFrame
    gaps: pd.DataFrame
    costs: pd.DataFrame
    answering: pd.DataFrame

    @property
    def is_over(self) -> bool:
        """Whether nothing more can happen in it; windows may wait all the same."""
        return self.now >= self.end_utc

    @property
    def length_s(self) -> float:
        """Seconds of which it is known whether they were recorded: some minutes after the day's end, all of it."""
        return max(0.0, (self.known_until_utc - self.start_utc).total_seconds())

    @property
    def recorded_s(self) -> float:
        """Seconds recorded."""
        return float(self.windows["recorded_s"].sum())

    @property
    def analysed_s(self) -> float:
        """Seconds of footage in windows that a model analysed."""
        return float(self.windows["analysed_s"].sum())

    @cached_property
    def window_counts(self) -> dict[WindowState, int]:
        """Number of windows in each state."""
        counts = self.windows["state"].value_counts()
        return {state: int(counts.get(state.value, 0)) for state in WindowState}

    @property
    def windows_waiting(self) -> int:
        """Windows that are not analysed yet, and will be."""
        return self.window_counts[WindowState.WAITING]

    @property
    def windows_failed(self) -> int:
        """Windows that could not be analysed."""
        return self.window_counts[WindowState.FAILED]

    @property
    def windows_by_rule(self) -> int:
        """Windows in which nothing moved, about which no model was asked."""
        return self.window_counts[WindowState.BY_RULE]

    @property
    def by_rule_s(self) -> float:
        """Seconds of footage in windows in which nothing moved; nothing in them is judged."""
        return self._recorded_s(WindowState.BY_RULE)

    @property
    def no_people_s(self) -> float:
        """Seconds of footage in windows in which things moved and no people were seen; nothing in them is judged."""
        return self._recorded_s(WindowState.NO_PEOPLE)

    def _recorded_s(self, state: WindowState) -> float:
        return float(self.windows.loc[self.windows["state"] == state.value, "recorded_s"].sum())

    @property
    def windows_completed(self) -> int:
        """Windows that a model analysed."""
        return self.window_counts[WindowState.COMPLETED]

    @property
    def average_safety_score(self) -> float | None:
        """Over the windows with a score; None is unknown (`scores.average_score`)."""
        return scores_of(self.windows)[0]

    @property
    def lowest_safety_score(self) -> float | None:
        """Of the windows with a score; None is unknown."""
        return scores_of(self.windows)[1]

    @property
    def event_count(self) -> int:
        """Events, those about livemon itself left out."""
        return int((self.events["event_type"] != EventType.SYSTEM.value).sum())

    @property
    def looks_ok(self) -> int:
        """Looks that were answered: only these saw anything."""
        return self._looks(ok=True)

    @property
    def looks_failed(self) -> int:
        """Looks without a usable answer."""
        return self._looks(ok=False)

    @property
    def nothing_recorded(self) -> bool:
        """Whether there is no footage of the day, nor any sign that there was some."""
        seen = self.windows_completed or self.windows_failed or self.windows_waiting
        return not self.recorded_s and not seen and not self.window_counts[WindowState.NOT_KEPT]

    @property
    def incident_count(self) -> int | None:
        """Incidents; None, unknown, when the day has neither an answered look nor an analysed window."""
        if not len(self.incidents) and not self.windows_completed and not self.looks_ok:
            return None
        return len(self.incidents)

    @property
    def cost_usd(self) -> float:
        """Known cost of the day's calls; US dollars."""
        return float(self.costs["cost_usd"].sum())

    @property
    def calls_of_unknown_cost(self) -> int:
        """Calls of which the cost is not known."""
        return int(self.costs["unknown_cost"].sum())

    def _looks(self, *, ok: bool) -> int:
        looks = self.answering[self.answering["purpose"] == Purpose.LOOK.value]
        return int(looks.loc[(looks["status"] == AnswerStatus.OK.value) == ok, "calls"].sum())


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when a local day begins and ends (UTC)."""
    return at_local(day, MIDNIGHT, zone), at_local(day + timedelta(days=1), MIDNIGHT, zone)


def read_day(
    database: Database, camera_id: str, date: date, zone: ZoneInfo, now: datetime, hls: Path | None = None
) -> Day:
    """Read a local day; six statements by index, some tens of milliseconds.

    An unknown camera has empty days.

    Parameters
    ----------
    hls
        Folder of the camera's live segments: windows without an archive count what lies there. No matter when None.
    """
    start, end = day_bounds(date, zone)
    # A day may begin within a window if midnight is not a ten-minute mark (UTC+5:45).
    archives = day_queries.archived_windows(database, camera_id, start - WINDOW, end)
    analyses = day_queries.analyses_of(database, camera_id, start, end)
    events = day_queries.events_begun(database, camera_id, start, end)
    seen = events.loc[events["event_type"] != EventType.SYSTEM.value, "start_utc"]
    segments = segments_between(hls, start, min(end, now)) if hls and start < now else []
    windows = day_windows(start, end, now, archives, analyses, set(seen.dt.floor(WINDOW)), segments)
    incidents = day_incidents(events, analyses)
    return Day(
        camera_id=camera_id,
        camera_name=day_queries.camera_names(database).get(camera_id, camera_id),
        date=date,
        zone=zone,
        start_utc=start,
        end_utc=end,
        now=now,
        known_until_utc=known_until(end, windows, segments),
        windows=windows,
        events=events,
        incidents=incidents,
        development=day_development(events, analyses),
        activities=day_activities(analyses),
        hours=day_hours(start, end, zone, windows, events, incidents),
        gaps=gaps_with_pauses(
            day_gaps(start, end, now, archives, windows, segments),
            pauses.between(database, camera_id, start, end),
            now,
        ),
        costs=costs(database, start, end, camera_id),
        answering=day_queries.answering(database, camera_id, start, end),
    )
