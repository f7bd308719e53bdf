"""Scheduler: livemon's automatic work: studies of windows, hours, daily reports.

One short tick asks for due periods. Nothing sleeps until a time of day, so that restarts, downtime and clocks that jump
lose nothing (docs/adr/0007). The work lives in cameras/segment_analyzer.py, store/hours.py and report_jobs.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from livemon.base.clock import Clock, Window
from livemon.base.errors import StoreError
from livemon.base.messages.message import message
from livemon.base.periods import due_days, due_hours
from livemon.base.settings.settings import Settings
from livemon.base.tasks import survive
from livemon.cameras.segment_analyzer import SegmentAnalyzer
from livemon.jobs.report_jobs import ReportJobs, ReportOrder
from livemon.store import analyses, hours, job_runs, work
from livemon.store.analyses import RecordedWindow
from livemon.store.job_runs import DAILY, HOURLY
from livemon.store.reports import unfinished_reports
from livemon.store.session import Database
from livemon.store.tables.jobs import JobRun

log = logging.getLogger(__name__)

TICK_S = 5.0
JOBS_EVERY_S = 30.0
"""Interval of checks for due hours and days."""

STUDY_AFTER = timedelta(seconds=30)
"""A window is studied this long after it ended."""

HOUR_AFTER = timedelta(seconds=60)
"""An hour is aggregated this long after it ended: at :01."""

LATE = timedelta(minutes=20)
"""A window that ended longer ago is caught up on."""

STUDIES_AT_ONCE = 4
"""Every camera's window closes at the same moment; the others wait. Half of these may wait for an answer for minutes
(flex) while the others are read."""

HOURS_BACK = timedelta(days=7)
HOURS_AT_ONCE = 24

SETTLED_S = 600.0
"""Nothing is given up as too old before this process has run so long: the clock may be wrong at first."""

GIVE_UP_EVERY_S = 3600.0
REMAKE_BACK = timedelta(days=3)
"""A report that was made while windows waited is made again when they have landed, for so long."""


class Scheduler:
    """Makes what is due. Its coroutines run on the monitor's engine loop.

    Parameters
    ----------
    analyzers
        By camera.
    report_jobs
        Has reports made.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        analyzers: Mapping[str, SegmentAnalyzer],
        report_jobs: ReportJobs,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._analyzers = analyzers
        self._report_jobs = report_jobs
        self._owner = work.owner_name()
        self._studies: dict[tuple[str, Window], asyncio.Task[None]] = {}
        self._asked: deque[RecordedWindow] = deque()
        self._report: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None
        started_s = clock.monotonic_s()
        self._jobs_next_s = started_s
        self._give_up_next_s = started_s + SETTLED_S

    @property
    def studying(self) -> list[tuple[str, Window]]:
        """Windows that are being studied here and now."""
        return sorted(self._studies)

    async def start(self) -> None:
        """Begin to tick; harmless when begun."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="scheduler")

    async def stop(self) -> None:
        """Stop ticking and what is being made; it is given back to be made later. Harmless when not begun."""
        tasks = [task for task in (self._task, self._report, *self._studies.values()) if task is not None]
        self._task = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def study(self, recorded: RecordedWindow) -> None:
        """Take up a window before all others because a person asks, whatever became of it before."""
        self._asked.append(recorded)
        await self.start()

    async def idle(self) -> None:
        """Wait until nothing is being made."""
        while self._studies or self._report is not None:
            running = [*self._studies.values(), *([self._report] if self._report else [])]
            await asyncio.gather(*running, return_exceptions=True)

    async def tick(self) -> None:
        """Begin what is due; what takes long goes on beside."""
        now, monotonic_s = self._clock.now(), self._clock.monotonic_s()
        await self._begin_studies(now)
        if self._settings.analysis.enabled and monotonic_s >= self._give_up_next_s:
            self._give_up_next_s = monotonic_s + GIVE_UP_EVERY_S
            await asyncio.to_thread(self._give_up_old, now)
        if monotonic_s >= self._jobs_next_s:
            self._jobs_next_s = monotonic_s + JOBS_EVERY_S
            await asyncio.to_thread(self._make_hours, now)
            if self._settings.report.enabled and self._report is None:
                await self._begin_report(now)

    async def _run(self) -> None:
        while True:
            await survive(self.tick(), "scheduling")
            await self._clock.sleep(TICK_S)

    async def _begin_studies(self, now: datetime) -> None:
        """Begin to study what was asked for, then the newest windows that are due, as many as may run at once."""
        while self._asked and len(self._studies) < STUDIES_AT_ONCE:
            self._begin_study(self._asked.popleft(), asked=True, late=False)
        room = STUDIES_AT_ONCE - len(self._studies)
        if room > 0 and self._settings.analysis.enabled:
            for recorded in (await asyncio.to_thread(self._due_windows, now))[:room]:
                self._begin_study(recorded, asked=False, late=now - recorded.window.end_utc > LATE)

    def _begin_study(self, recorded: RecordedWindow, *, asked: bool, late: bool) -> None:
        key = (recorded.camera_id, recorded.window)
        if key not in self._studies:
            step = self._study(recorded, asked=asked, late=late)
            self._studies[key] = self._spawn(step, f"study {recorded.camera_id}")

    async def _study(self, recorded: RecordedWindow, *, asked: bool, late: bool) -> None:
        analyzer = self._analyzers[recorded.camera_id]
        try:
            await (analyzer.analyse_again(recorded) if asked else analyzer.analyse(recorded, late=late))
        finally:
            del self._studies[recorded.camera_id, recorded.window]

    def _due_windows(self, now: datetime) -> list[RecordedWindow]:
        since = now - max(timedelta(hours=self._settings.analysis.catch_up_hours), LATE)
        # More than can be begun: some are being studied here.
        most = 2 * STUDIES_AT_ONCE
        found = [
            recorded
            for camera_id in list(self._analyzers)
            for recorded in analyses.due_windows(self._database, camera_id, now, STUDY_AFTER, since, most)
            if (camera_id, recorded.window) not in self._studies
        ]
        return sorted(found, key=lambda one: one.window, reverse=True)

    def _give_up_old(self, now: datetime) -> None:
        hours_back = self._settings.analysis.catch_up_hours
        ended_by = now - max(timedelta(hours=hours_back), LATE)
        reason = message("analysis.too_late", hours=f"{hours_back:g}")
        for camera_id in list(self._analyzers):
            count = analyses.give_up_old(self._database, camera_id, ended_by, now, reason)
            if count:
                log.warning("camera %s: %d windows were not studied in time", camera_id, count)

    def _make_hours(self, now: datetime) -> None:
        """Aggregate the hours that are due; each takes milliseconds."""
        for camera_id in list(self._analyzers):
            since = max(job_runs.known_since(self._database, camera_id) or now, now - HOURS_BACK)
            periods = [(one.start_utc, one.end_utc) for one in due_hours(now, HOUR_AFTER, since)]
            due = job_runs.open_runs(self._database, HOURLY, camera_id, periods, now)
            for run in due[:HOURS_AT_ONCE]:
                if not work.claim(self._database, JobRun, run.id, self._owner, now):
                    continue
                try:
                    hours.compute_hour(self._database, camera_id, run.period_start_utc, now)
                except StoreError as exc:
                    work.put_off(self._database, JobRun, run.id, self._owner, now, str(exc), tried=True)
                    raise
                work.complete(self._database, JobRun, run.id, self._owner, now)

    async def _begin_report(self, now: datetime) -> None:
        """Begin the newest report that is due, or one whose late windows have landed: one at a time."""
        for camera_id in list(self._analyzers):
            due = await asyncio.to_thread(self._due_report, camera_id, now)
            if due is not None:
                self._report = self._spawn(self._make_report(*due), f"report {camera_id}")
                return

    def _due_report(self, camera_id: str, now: datetime) -> tuple[ReportOrder, job_runs.Run] | None:
        settings = self._settings
        since = job_runs.known_since(self._database, camera_id) or now
        days = {
            period.start_utc: (day, period)
            for day, period in due_days(
                now, settings.zone_named(), settings.report.due, since, settings.report.catch_up_days
            )
        }
        periods = [(period.start_utc, period.end_utc) for _, period in days.values()]
        for run in job_runs.open_runs(self._database, DAILY, camera_id, periods, now):
            return ReportOrder(camera_id, days[run.period_start_utc][0]), run
        for start_utc in unfinished_reports(self._database, camera_id, now - REMAKE_BACK):
            if start_utc not in days:
                continue
            day, period = days[start_utc]
            if analyses.waiting_windows(self._database, camera_id, period.start_utc, period.end_utc) == 0:
                run = job_runs.run_of(self._database, DAILY, camera_id, period.start_utc, period.end_utc)
                work.reopen(self._database, JobRun, run.id)
                return ReportOrder(camera_id, day), replace(run, attempts=0)
        return None

    async def _make_report(self, wanted: ReportOrder, run: job_runs.Run) -> None:
        try:
            await self._report_jobs.make_due(wanted, run)
        finally:
            self._report = None

    def _spawn(self, step: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        return asyncio.create_task(survive(step, name), name=name)
