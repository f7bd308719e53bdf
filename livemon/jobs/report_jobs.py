"""ReportJobs: sees to it that a day's report is made once, by one process, by itself or because a person asks.

Claims the day's job run, lets the reporter work, and writes the outcome. Reports are made in reports/, due days
computed in base/periods.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from livemon.base.clock import Clock, at_local, local_day
from livemon.base.datatypes import EventType, Language, Observation, Severity
from livemon.base.errors import ConfigError, LivemonError, ReportError, StoreError
from livemon.base.messages.catalog import languages
from livemon.base.messages.message import Message, Told, message, system_reason
from livemon.base.notices import SYSTEM
from livemon.base.settings.settings import Settings
from livemon.base.tasks import run_to_completion, survive
from livemon.reports.making.reporter import MadeReport, Progress
from livemon.store import job_runs, work, writes
from livemon.store.held_lease import held
from livemon.store.job_runs import DAILY, Run
from livemon.store.session import Database
from livemon.store.tables.jobs import JobRun

log = logging.getLogger(__name__)

FIRST_YEAR = 1970

WAITS = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""Before the second, third ... try of a report that is made by itself."""


class Reporter(Protocol):
    """Makes one report: `livemon.reports.making.reporter.DailyReporter`, or a test's own."""

    async def make(
        self,
        camera_id: str,
        day: date,
        *,
        timezone: str = "",
        language: str = "",
        on_progress: Progress | None = None,
    ) -> MadeReport:
        """Make the report, replacing the one before; ReportError when it cannot be made."""
        ...


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """A report: of which day of which camera, in which zone and language; empty ones are the settings'."""

    camera_id: str
    day: date
    timezone: str = ""
    language: str = ""

    @property
    def scope(self) -> str:
        """Scope that separates its job runs from those of the camera's other reports."""
        return " ".join(part for part in (self.camera_id, self.timezone, self.language) if part)


ReportListener = Callable[[str, date, datetime, Message | None], None]
"""Called with camera, day, its end, and why there is no report; it blocks."""


class ReportJobs:
    """Has reports made. Its coroutines run on the monitor's engine loop, or on any other.

    Parameters
    ----------
    told
        Called when a report that is made by itself is there, or is given up.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        reporter: Reporter,
        told: ReportListener | None = None,
    ) -> None:
        self._told = told
        self._settings = settings
        self._database = database
        self._clock = clock
        self._reporter = reporter
        self._owner = work.owner_name()

    def wanted(self, camera_id: str, day: date, timezone: str = "", language: str = "") -> ReportOrder:
        """Return which report is meant; what is as the settings say is left empty, so that it is the same report.

        Raises
        ------
        ConfigError
            When there is no such zone or language, or no camera can have seen the day.
        """
        if not FIRST_YEAR <= day.year < date.max.year:
            raise ConfigError("report.no_camera_saw", day=day)
        self._settings.zone_named(timezone)
        if language not in ("", *languages()):
            raise ConfigError("report.unknown_language", language=language, known=languages())
        camera = self._settings.cameras.get(camera_id)
        usual = self._settings.report.language or (camera.language if camera else Language.ENGLISH)
        return ReportOrder(
            camera_id,
            day,
            "" if timezone == self._settings.timezone else timezone,
            "" if language == usual else language,
        )

    async def make(self, wanted: ReportOrder, on_progress: Progress | None = None) -> MadeReport:
        """Make a report now because a person asks; the one before is replaced.

        Raises
        ------
        ReportError
            When it cannot be made, or another process is making it; the report before is still there.
        """
        start, end = self._period(wanted)
        run = await asyncio.to_thread(job_runs.run_of, self._database, DAILY, wanted.scope, start, end)
        if not await self._claim(run, again=True):
            raise ReportError("report.being_made", day=wanted.day)
        return await self._run(wanted, run, on_progress, by_itself=False)

    async def make_due(self, wanted: ReportOrder, run: Run) -> None:
        """Make a report that is due, unless another process does; what goes wrong is written down and tried again."""
        if not await self._claim(run, again=False):
            return
        try:
            await self._run(wanted, run, None, by_itself=True)
        except LivemonError as exc:
            log.warning("camera %s: the report of %s: %s", wanted.camera_id, wanted.day, exc)

    async def _claim(self, run: Run, *, again: bool) -> bool:
        return await asyncio.to_thread(
            work.claim, self._database, JobRun, run.id, self._owner, self._clock.now(), again=again
        )

    async def _run(self, wanted: ReportOrder, run: Run, on_progress: Progress | None, *, by_itself: bool) -> MadeReport:
        try:
            async with held(self._database, JobRun, run.id, self._owner, self._clock):
                made = await self._reporter.make(
                    wanted.camera_id,
                    wanted.day,
                    timezone=wanted.timezone,
                    language=wanted.language,
                    on_progress=on_progress,
                )
        except asyncio.CancelledError:
            await run_to_completion(self._put_off(run, timedelta(0), Message("work.stopped"), tried=False))
            raise
        except (LivemonError, OSError) as exc:
            reason = (
                exc.said if isinstance(exc, LivemonError) else message("report.not_written", reason=system_reason(exc))
            )
            await self._failed(wanted, run, reason, by_itself=by_itself)
            if isinstance(exc, OSError):
                raise ReportError("report.not_written", reason=system_reason(exc)) from exc
            raise
        now = self._clock.now()
        await asyncio.to_thread(work.complete, self._database, JobRun, run.id, self._owner, now)
        if by_itself:
            await survive(self._tell(wanted, None), f"camera {wanted.camera_id}: telling of its report")
        return made

    async def _tell(self, wanted: ReportOrder, problem: Message | None) -> None:
        if self._told is not None:
            await asyncio.to_thread(self._told, wanted.camera_id, wanted.day, self._period(wanted)[1], problem)

    async def _failed(self, wanted: ReportOrder, run: Run, reason: Message, *, by_itself: bool) -> None:
        """Put it off, or give it up and say so; a report that a person asked for is told to that person."""
        if not by_itself:
            await self._put_off(run, WAITS[0], reason, tried=False)
            return
        if run.attempts < len(WAITS):
            await self._put_off(run, WAITS[run.attempts], reason, tried=True)
            return
        now = self._clock.now()
        await asyncio.to_thread(work.give_up, self._database, JobRun, run.id, self._owner, now, reason)
        await survive(self._tell(wanted, reason), f"camera {wanted.camera_id}: telling of its report")
        title = message("event.report_failed", day=wanted.day)
        seen = Observation(
            *("report_failed", EventType.SYSTEM, Severity.WARNING, str(title), str(reason), 1.0, now, now),
            evidence_utcs=(),
            said=(title, reason),
        )
        try:
            await asyncio.to_thread(writes.add_event, self._database, wanted.camera_id, seen, now, model=SYSTEM)
        except StoreError:
            log.exception("could not record: %s", title)

    async def _put_off(self, run: Run, wait: timedelta, reason: Told, *, tried: bool) -> None:
        until = self._clock.now() + wait
        await asyncio.to_thread(work.put_off, self._database, JobRun, run.id, self._owner, until, reason, tried=tried)

    def _period(self, wanted: ReportOrder) -> tuple[datetime, datetime]:
        zone = self._settings.zone_named(wanted.timezone)
        _, start, end = local_day(at_local(wanted.day, time(12), zone), zone)
        return start, end
