"""A house where windows are recorded and things are made of them by a fake clock: for analyst, scheduler, backfill."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from livemon.base.clock import WINDOW, FakeClock, Window
from livemon.base.datatypes import Archive, MotionSample
from livemon.base.errors import NoFootage, SourceError
from livemon.base.model_types import Answer, AnswerStatus, Look, Question, Study
from livemon.base.settings.settings import Settings
from livemon.cameras.event_recorder import EventRecorder
from livemon.cameras.rule_windows import WindowRules
from livemon.cameras.segment_analyzer import SegmentAnalyzer
from livemon.detect.cooldown import Cooldown
from livemon.inference.gateway import ModelGateway
from livemon.inference.pool import ModelPool
from livemon.inference.prompts import PromptRegistry
from livemon.jobs.report_jobs import ReportJobs
from livemon.jobs.scheduler import JOBS_EVERY_S, Scheduler
from livemon.reports.making.reporter import MadeReport, Progress
from livemon.store import archives, hours, writes
from livemon.store.analyses import RecordedWindow, recorded_windows
from livemon.store.session import Database
from livemon.store.tables.jobs import HourlyAnalysis, JobRun, SegmentAnalysis
from livemon.vlm.provider import InputSpec, PreparedCall, PromptTerms
from tests.vlm.drawn import frames, room

CAM = "camera-1"


def result(score: float | None = 100.0, incidents: int = 0, summary: str = "Played on the mat.") -> dict[str, Any]:
    """What a study comes to."""
    return {
        "view": "clear",
        "summary": summary,
        "safety_score": score,
        "incident_count": incidents,
        "incidents": [],
        "development": [],
        "activities": [],
    }


def answered(prepared: PreparedCall) -> Answer:
    """A good answer."""
    return Answer(prepared.model, AnswerStatus.OK, result=result(), cost_usd=prepared.bound_usd)


class StudyModel:
    """A model whose answers a test chooses; it may hold on in the middle of a study."""

    name = "paid"

    def __init__(self, bound_usd: float | None = 0.001) -> None:
        self.bound_usd = bound_usd
        self.reply: Callable[[PreparedCall], Answer] = answered
        self.meanwhile: Callable[[], Any] | None = None
        self.studied: list[datetime] = []

    def appetite(self, terms: PromptTerms) -> InputSpec:
        return InputSpec("paid-1", 4, 32, free=self.bound_usd == 0.0)

    def prepare(self, question: Question, terms: PromptTerms) -> PreparedCall:
        return PreparedCall(question, terms, "paid-1", self.bound_usd, sha256="")

    async def ask(self, prepared: PreparedCall) -> Answer:
        study = prepared.question
        assert isinstance(study, Study)
        self.studied.append(study.start_utc)
        if self.meanwhile is not None:
            await self.meanwhile()
        return replace(self.reply(prepared), prompt_version=prepared.terms.prompt.version)

    async def close(self) -> None:
        self.studied.clear()


class PaperFootage:
    """Recorded footage without files; of what `lost` names nothing was recorded, what `broken` names cannot be read.

    `changed` is how much of the picture changes from second to second, by window; in others much does.
    """

    def __init__(self) -> None:
        self.lost: set[datetime] = set()
        self.by_keyframes: list[bool] = []
        self.changed: dict[datetime, float] = {}
        self.unseen: set[datetime] = set()
        self.broken: set[datetime] = set()

    def measure(self, start: datetime, end: datetime, *_: object, keyframes_only: bool) -> list[MotionSample]:
        changed, seconds = self.changed.get(start, 0.5), int((end - start).total_seconds())
        samples = [MotionSample(start + timedelta(seconds=n), changed, 100.0, 0.0) for n in range(seconds)]
        return [sample for sample in samples if sample.utc not in self.unseen]

    def study(self, start: datetime, end: datetime, *_: object, keyframes_only: bool, samples: object = None) -> Study:
        self.by_keyframes.append(keyframes_only)
        if start in self.broken:
            raise SourceError("It is no video.")
        if start in self.lost:
            raise NoFootage(f"Nothing of {start:%H:%M}.")
        return Study(CAM, start, (end - start).total_seconds(), tuple(frames([room()] * 2)))

    def look(self, *_: object) -> Look:
        raise AssertionError("nobody looks here")


@dataclass
class PaperReporter:
    """Counts the reports that are made; fails when told to."""

    made: list[tuple[str, date]] = field(default_factory=list)
    fail: Callable[[], None] = lambda: None

    async def make(
        self,
        camera_id: str,
        day: date,
        *,
        timezone: str = "",
        language: str = "",
        on_progress: Progress | None = None,
    ) -> MadeReport:
        self.fail()
        self.made.append((camera_id, day))
        path = Path(f"{day}.html")
        return MadeReport(camera_id, day, timezone, language, "", 0, path, None, path)


class House:
    """One camera's rows, a clock, and as many processes as a test wants."""

    def __init__(
        self,
        tmp_path: Path,
        now: datetime,
        model: StudyModel | None = None,
        *,
        database_url: str = "",
        **overrides: Any,
    ) -> None:
        overrides = {"timezone": "UTC", "fallback": "none", **overrides}
        self.settings = Settings(
            data_dir=tmp_path, prompts_dir=tmp_path / "prompts", cameras={CAM: {"source": "test-pattern"}}, **overrides
        )
        self.clock = FakeClock(now)
        self.database = Database(database_url or self.settings.database)
        writes.upsert_camera(self.database, CAM, "Playroom", "", now)
        self.model = model or StudyModel()
        self.pool = ModelPool(self.settings, self.clock, self.model)
        self.footage = PaperFootage()
        self.reporter = PaperReporter()
        self.book = PromptRegistry(self.settings, self.database, self.clock)

    def analyzer(self) -> SegmentAnalyzer:
        """An analyzer as another process would have it."""
        recorder = EventRecorder(
            CAM, self.database, self.clock, Cooldown(10), self.settings.data_dir / "thumbnails", segments=()
        )
        gateway = ModelGateway(CAM, self.settings, self.database, self.pool, self.book, self.clock, recorder)
        rules = WindowRules(CAM, self.settings, self.database)
        paper: Any = self.footage
        return SegmentAnalyzer(
            CAM, self.database, self.clock, gateway, paper, self._landed, rules, asyncio.Semaphore(2)
        )

    def scheduler(self) -> Scheduler:
        """A scheduler as another process would have it."""
        report_jobs = ReportJobs(self.settings, self.database, self.clock, self.reporter)
        return Scheduler(self.settings, self.database, self.clock, {CAM: self.analyzer()}, report_jobs)

    def record(self, start: datetime, windows: int = 1, coverage_s: float = 600, frames: int = 3000) -> None:
        """Make rows of archives for so many windows from `start` on."""
        for number in range(windows):
            begin = start + number * WINDOW
            name = f"cameras/{CAM}/archive/{begin:%Y%m%d%H%M}.mp4"
            path = self.settings.data_dir / name
            archives.add_archive(
                self.database,
                Archive(
                    CAM, begin, begin, begin + timedelta(seconds=coverage_s), path, frames, 1000, "x", coverage_s, ()
                ),
                self.settings.data_dir,
            )

    def recorded(self, start: datetime) -> RecordedWindow:
        (found,) = recorded_windows(self.database, CAM, start, start + WINDOW)
        return found

    def rows(self, table: type[SegmentAnalysis] | type[JobRun] | type[HourlyAnalysis]) -> list[Any]:
        with self.database.reading() as connection:
            return list(connection.execute(sa.select(table.__table__).order_by(table.id)))

    def row(self, start: datetime) -> Any:
        (found,) = [row for row in self.rows(SegmentAnalysis) if row.window_start_utc == start]
        return found

    async def run(
        self, scheduler: Scheduler, duration: timedelta, *, record: bool = False, step_s: float = JOBS_EVERY_S
    ) -> None:
        """Let time pass, the camera recording or not; a tick every half minute is as good as every five seconds."""
        for _ in range(int(duration.total_seconds() / step_s)):
            before = Window.containing(self.clock.now())
            self.clock.advance(step_s)
            if record and Window.containing(self.clock.now()) > before:
                self.record(before.start_utc)
            await scheduler.tick()
            await scheduler.idle()

    def _landed(self, camera_id: str, window: Window) -> None:
        start = window.start_utc.replace(minute=0)
        if start + hours.HOUR <= self.clock.now():
            hours.compute_hour(self.database, camera_id, start, self.clock.now())
