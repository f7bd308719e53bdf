"""Backfill: study recorded windows of a time at a person's request: first the cost, then with progress.

Can be stopped and begun again: what is done is done. The study itself lives in cameras/segment_analyzer.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from livemon.base.clock import WINDOW, Clock, Window, floor_to, require_utc
from livemon.base.engine import Engine
from livemon.base.errors import ConfigError, NoFootage, UnknownCamera
from livemon.base.messages.message import Told
from livemon.base.settings.settings import Settings
from livemon.cameras.segment_analyzer import Done, Outcome, SegmentAnalyzer
from livemon.inference.forecast import PerCall, per_study
from livemon.inference.pool import ModelPool
from livemon.jobs.scheduler import Scheduler
from livemon.store import analyses
from livemon.store.analyses import RecordedWindow
from livemon.store.session import Database
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.store.tables.work_status import WorkStatus
from livemon.store.work import reopen
from livemon.vlm.provider import PromptTerms

AT_ONCE = 2
STOP_AFTER = 3
"""So many windows in a row without a study: the next would fail too, and a model that answers badly costs.
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """Windows to study, and their maximum cost.

    Attributes
    ----------
    windows
        To be studied, newest first.
    done
        Windows of the time that are studied already, as wanted.
    terms
        Of the prompt; None is as for any window.
    per_window
        Tokens and cost of one study; still windows cost less.
    """

    camera_id: str
    windows: tuple[RecordedWindow, ...]
    done: int
    terms: PromptTerms | None
    per_window: PerCall

    @property
    def cost_usd(self) -> float | None:
        """Maximum cost of all; None when the price is unknown."""
        return None if self.per_window.cost_usd is None else self.per_window.cost_usd * len(self.windows)

    def __str__(self) -> str:
        """Say it in a sentence."""
        count = f"{len(self.windows)} windows of {self.camera_id} to study ({self.done} are done)"
        if self.per_window.free:
            return f"{count}, by {self.per_window.model}, for nothing."
        each = f"about {self.per_window.input_tokens:,} tokens each at most, on {self.per_window.model}"
        usd = "its price is not known" if self.cost_usd is None else f"${self.cost_usd:.2f} at most"
        return f"{count}; {each}: {usd}."


@dataclass
class Progress:
    """Progress of a backfill; `reasons` says why windows were not studied."""

    total: int
    completed: int = 0
    failed: int = 0
    waiting: int = 0
    stopped: Told = ""
    reasons: dict[datetime, Told] = field(default_factory=dict)

    @property
    def taken_up(self) -> int:
        """Windows that were taken up, whatever came of them."""
        return self.completed + self.failed + self.waiting


OnProgress = Callable[[Progress], None]


class Backfill:
    """Has recorded windows studied; for notebooks, pages, the command line. Callable from any thread."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        pool: ModelPool,
        engine: Engine,
        analyzers: Mapping[str, SegmentAnalyzer],
        scheduler: Scheduler,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._pool = pool
        self._engine = engine
        self._analyzers = analyzers
        self._scheduler = scheduler

    def plan(self, camera_id: str, since: datetime, until: datetime, prompt: str = "") -> Plan:
        """Return which windows of [since, until) there are to study, and what that costs at most.

        Without a prompt: windows that were never studied, or could not be. With one: windows that were not studied
        under that version of it.

        Parameters
        ----------
        prompt
            Name or version of a study prompt; the live one when empty.

        Raises
        ------
        UnknownCamera, UnknownPrompt, ConfigError
            When the camera or prompt is unknown, the model takes no prompt, or the time is invalid.
        """
        since, until = require_utc(since), require_utc(until)
        if until <= since:
            raise ConfigError("study.ends_before_begin")
        terms = self._analyzer(camera_id).terms(prompt)
        per_window = per_study(camera_id, self._settings, self._pool.main, terms, self._clock)
        if prompt and per_window.free:
            raise ConfigError("study.takes_no_prompt", model=per_window.model)
        recorded = analyses.recorded_windows(self._database, camera_id, floor_to(since, WINDOW), until)
        version = terms.prompt.version if prompt else None
        done = {
            one.window
            for one in recorded
            if one.status == WorkStatus.COMPLETED.value and (version is None or one.prompt_version == version)
        }
        wanted = tuple(one for one in recorded if one.window not in done)
        return Plan(camera_id, wanted, len(done), terms if prompt else None, per_window)

    def run(self, plan: Plan, on_progress: OnProgress | None = None) -> Progress:
        """Study the windows of a plan; blocks until it is done, stopped by money, or interrupted.

        Planned and begun again it goes on where it was. `on_progress` is called after each window, on another thread.
        """
        return self._engine.call(_study_all(self._analyzers[plan.camera_id], plan, on_progress), None)

    def retry(self, camera_id: str, window_start_utc: datetime) -> None:
        """Have a window studied soon, whatever became of it before; returns at once.

        Raises
        ------
        UnknownCamera, NoFootage
            When there is no such camera, or no archive of that window.
        """
        self._analyzer(camera_id)
        window = Window.containing(require_utc(window_start_utc))
        found = analyses.recorded_windows(self._database, camera_id, window.start_utc, window.end_utc)
        if not found:
            raise NoFootage("study.no_archive", camera=camera_id, start_utc=window.start_utc)
        row_id = analyses.analysis_id(self._database, camera_id, window)
        if found[0].status != WorkStatus.COMPLETED.value:
            reopen(self._database, SegmentAnalysis, row_id)  # it waits from now on, for everybody to see
        self._engine.call(self._scheduler.study(found[0]))

    def _analyzer(self, camera_id: str) -> SegmentAnalyzer:
        if camera_id not in self._analyzers:
            raise UnknownCamera(camera_id, sorted(self._analyzers))
        return self._analyzers[camera_id]


async def _study_all(analyzer: SegmentAnalyzer, planned: Plan, on_progress: OnProgress | None) -> Progress:
    """Study the planned windows, some at once; told after each."""
    progress = Progress(len(planned.windows))
    waiting = iter(planned.windows)
    in_a_row = 0

    async def worker() -> None:
        nonlocal in_a_row
        for recorded in waiting:
            if progress.stopped:
                return
            done = await analyzer.analyse_again(recorded, planned.terms)
            _count(progress, recorded, done)
            if done.outcome is not Outcome.TAKEN:
                in_a_row = 0 if done.outcome is Outcome.COMPLETED else in_a_row + 1
            if in_a_row >= STOP_AFTER:
                progress.stopped = done.reason
            if on_progress is not None:
                on_progress(progress)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return progress


def _count(progress: Progress, recorded: RecordedWindow, done: Done) -> None:
    if done.outcome is Outcome.COMPLETED:
        progress.completed += 1
        return
    progress.reasons[recorded.window.start_utc] = done.reason
    if done.outcome is Outcome.FAILED:
        progress.failed += 1
    else:
        progress.waiting += 1
