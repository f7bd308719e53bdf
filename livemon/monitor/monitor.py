"""Monitor: THE kernel-side object. Owns the cameras, the database and the model, and the loop they run on.

Its methods may be called from any thread: a notebook cell, a Panel callback, an HTTP handler. The engine has a
loop and a thread of its own, so a cell that computes for a minute does not stop a camera (docs/adr/0003).
The set of cameras is managed in cameras/registry.py; queries are in store/.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import weakref
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from livemon.archive.cleanup import RetentionCleanup
from livemon.archive.copies.copy_reader import CopyReader
from livemon.archive.copies.worker import CopyWorker
from livemon.base.clock import Clock, SystemClock, Window, floor_to, require_utc
from livemon.base.decoding import DecodingPool
from livemon.base.engine import Engine
from livemon.base.errors import ConfigError
from livemon.base.exit_hooks import at_end, never_mind
from livemon.base.messages.catalog import text
from livemon.base.messages.message import message, system_reason
from livemon.base.model_types import Answer
from livemon.base.private_files import OF_OTHERS, make_folder, trouble
from livemon.base.settings.settings import Settings, load_settings
from livemon.base.stream_types import StreamProfile, StreamState, StreamStatus
from livemon.cameras.camera import Camera
from livemon.cameras.hours import RunHours
from livemon.cameras.lease_book import LeaseBook
from livemon.cameras.lease_keeper import LeaseKeeper
from livemon.cameras.registry import CameraRegistry
from livemon.inference.costs import CostQueries
from livemon.inference.pool import ModelPool
from livemon.inference.prompts import PromptRegistry
from livemon.jobs.backfill import Backfill
from livemon.jobs.report_jobs import ReportJobs
from livemon.jobs.report_requests import ReportRequests
from livemon.jobs.scheduler import Scheduler
from livemon.jobs.search_backfill import SearchFiller
from livemon.lab.lab import Lab
from livemon.monitor.authenticator import Authenticator
from livemon.monitor.change_feed import ChangeFeed
from livemon.monitor.erase import Eraser
from livemon.monitor.history import History
from livemon.monitor.metrics import Metrics
from livemon.monitor.query_cache import QueryCache
from livemon.monitor.uploads import Uploads
from livemon.notify.daily_reports import DailyReports
from livemon.notify.heartbeat import Heartbeat
from livemon.notify.mqtt import CameraControls, MqttBridge
from livemon.notify.recipients import RecipientRegistry
from livemon.notify.sender import Notifier
from livemon.reports.making.reporter import DailyReporter, MadeReport, Progress
from livemon.store import hours
from livemon.store.session import Database
from livemon.store.sqlite_host import SqliteHost
from livemon.stream.sources.check import SourceReport, check_source
from livemon.stream.sources.registry import open_source
from livemon.vlm.provider import VisionModel

if TYPE_CHECKING:
    from livemon.web.server.serve import Server
    from livemon.web.widgets.views import Views

log = logging.getLogger(__name__)

ANSWER_TIMEOUT_S = 3700.0
REPORT_SLACK_S = 60.0
"""A report that took its longest is stopped, and then something is still cleared up."""


class Monitor(History):
    """Watch the configured cameras. The methods of `History` read its observations.

    Parameters
    ----------
    settings
        Settings in force; read from `livemon.toml` and the environment when None.
    clock
        The time; the machine's when None.
    profile
        Target of transcoded streams; 640x480, 5 fps, ten-second segments when None.
    model
        A model of your own, or the name of a shipped one; the settings' when None.
    overrides
        Single settings by name, for use without `settings`: ``Monitor(data_dir="/tmp/try")``.

    Raises
    ------
    ConfigError, SourceError, StoreError
        When settings, a source or the database cannot be used.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        profile: StreamProfile | None = None,
        model: VisionModel | str | None = None,
        **overrides: Any,
    ) -> None:
        settings = settings or load_settings(**overrides)
        if isinstance(model, str):
            settings, model = settings.model_copy(update={"model": model}), None
        _open_data_folder(settings.data_dir)
        super().__init__(settings, Database(settings.database, settings.shared_data_dir), clock or SystemClock())
        shared = (self.settings, self.database, self.clock)
        profile = profile or StreamProfile()
        self.pool = ModelPool(self.settings, self.clock, model)
        if self.settings.several_hosts:
            self.pool.share_rate(self.database)
        self.prompts, self.authenticator, self._cleanup = (
            PromptRegistry(*shared),
            Authenticator(*shared),
            RetentionCleanup(*shared),
        )
        self._copies, self.copied = CopyWorker(*shared), CopyReader(*shared)
        self.notify = RecipientRegistry(*shared)
        self._notifier = Notifier(*shared, self.notify)
        self._heartbeat = Heartbeat(self.settings.heartbeat_url.get_secret_value(), self.database, self.clock)
        self._mqtt = MqttBridge(*shared, self._controls(by="Home Assistant"))
        self._filler = SearchFiller(self.database, self.clock)
        self.costs = CostQueries(self.settings, self.database, self.pool, self.prompts, self.clock)
        self._engine = Engine()
        self.change_feed, self.query_cache = (
            ChangeFeed(self.database, self.clock),
            QueryCache(self.database, self.clock),
        )
        book = LeaseBook(*shared)
        self.camera_registry = CameraRegistry(
            *shared, self.pool, self.prompts, profile, self._engine, self._make_hour, book
        )
        self._host = SqliteHost(self.database.file, self.settings.data_dir)
        self.leases = LeaseKeeper(*shared, self.camera_registry, book)
        self.uploads = Uploads(self.settings, self.clock, self.camera_registry, profile)
        self.eraser = Eraser(*shared, self.camera_registry, self._engine)
        self.decoding = DecodingPool()
        self.changing = threading.Lock()  # one read-modify-write at a time, so that none is lost
        self.metrics = Metrics(*shared, self.camera_registry, self.uploads, self.change_feed)
        self._timetable = RunHours(*shared, self.camera_registry)
        told = DailyReports(self.database, self.clock, self.notify).tell
        self._report_jobs = ReportJobs(*shared, DailyReporter(*shared), told)
        self.report_requests = ReportRequests(self.make_report)
        analyzers = self.camera_registry.analyzers
        self.scheduler = Scheduler(*shared, analyzers, self._report_jobs)
        self.backfill = Backfill(*shared, self.pool, self._engine, analyzers, self.scheduler)
        self.lab = Lab(*shared, lambda: self.cameras, self.pool, self.prompts, profile, self._engine)
        self.pages_guarded = False  # pages are not authorized in a `panel serve` without livemon's plugin
        self._server: Server | None = None
        self._watchers: list[weakref.WeakMethod[Callable[[], None]]] = []
        at_end(self, self.close)

    @property
    def alive(self) -> bool:
        """Whether it has not been closed."""
        return not self._engine.closed

    @property
    def cameras(self) -> Mapping[str, Camera]:
        """The cameras by id; `fleet` adds, changes and removes them."""
        return self.camera_registry.cameras

    def camera(self, camera_id: str) -> Camera:
        """Return the camera with this id, or raise UnknownCamera."""
        return self.camera_registry.camera(camera_id)

    def start(self, camera_id: str) -> StreamStatus:
        """Start a camera, and end its pause; harmless when it runs already.

        Raises
        ------
        UnknownCamera, SourceError, CameraBusy
            When the camera is unknown, does not have anything to stream, or is streamed by another process.
        """
        camera = self.camera(camera_id)
        camera.source.check()
        # One that waits, longer and longer, for its source begins again: now it is there.
        failed = camera.status.state is StreamState.FAILED
        self._engine.call(self._join())
        self._engine.call(self._timetable.end_pause(camera_id))
        self._engine.call(camera.restart() if failed else camera.start())
        self._engine.call(self._start_making())
        self._engine.call(self._timetable.watch(camera_id))
        self._tell()
        return camera.status

    def start_all(self) -> None:
        """Start the cameras that start by themselves and are not paused, and make what is due: studies, hours, reports.

        One whose source is missing now is started all the same: it reports the error and goes on when the source is
        there. So does one whose folder cannot be written, or which another process streams: it is tried again every ten
        seconds.

        Raises
        ------
        ConfigError
            When another host streams into the same SQLite database.
        """
        self._engine.call(self._join())
        self._engine.call(self._start_making())
        self._engine.call(self._timetable.watch())
        for camera in self.cameras.values():
            if self.settings.cameras[camera.id].autostart and self._engine.call(self._timetable.may_run(camera.id)):
                self._engine.call(camera.start_when_possible())

    def stop(self, camera_id: str, *, by: str = "") -> StreamStatus:
        """Stop a camera until it is started, also over a restart, and wait until its ffmpeg is gone.

        Harmless when it is not running.

        Parameters
        ----------
        by
            Identity that stops it, for the status and the day's gaps.

        Raises
        ------
        UnknownCamera
            When the camera is unknown.
        """
        return self._pause(camera_id, None, by)

    def pause(self, camera_id: str, until: datetime | timedelta, *, by: str = "") -> StreamStatus:
        """Stop a camera until a time, or for a time; then it starts by itself. Nothing is recorded or looked at.

        Raises
        ------
        UnknownCamera, ConfigError
            When the camera is unknown, or the time is over or more than a month away.
        """
        return self._pause(camera_id, self.clock.now() + until if isinstance(until, timedelta) else until, by)

    def _pause(self, camera_id: str, until_utc: datetime | None, by: str) -> StreamStatus:
        camera = self.camera(camera_id)
        if until_utc is not None:
            until_utc = require_utc(until_utc)
        self._engine.call(self._timetable.pause(camera_id, until_utc, by))
        self._tell()
        return camera.status

    def status(self, camera_id: str) -> StreamStatus:
        """Return the state of a camera, its reason, and its start."""
        return self.camera(camera_id).status

    def check_source(self, text: str) -> SourceReport:
        """Try a value of a camera's `source` setting before it is used; takes a few seconds.

        Raises
        ------
        SourceError, StreamError
            When it cannot be used; the sentence says why.
        """
        source = open_source(text, self.settings.data_dir / "clips", StreamProfile(), lambda _name, _reason: None)
        return self._engine.call(check_source(source))

    def ask(self, camera_id: str, at: datetime, prompt: str = "") -> Answer:
        """Ask the model about the ten seconds up to a moment; makes a row of the call, but not an event.

        A question that was asked before, with the same pixels, costs nothing.

        Parameters
        ----------
        prompt
            Name or version of a look prompt; the live one when empty.

        Raises
        ------
        NoFootage, UnknownPrompt, ModelError
            When nothing was recorded then, the prompt is unknown, or the model does not answer.
        """
        return self._engine.call(self.camera(camera_id).ask(at, prompt), ANSWER_TIMEOUT_S)

    def study(self, camera_id: str, start: datetime, end: datetime, prompt: str = "") -> Answer:
        """Let the model study [start, end); makes a row of the call. As `ask`, with a study prompt."""
        return self._engine.call(self.camera(camera_id).study(start, end, prompt), ANSWER_TIMEOUT_S)

    def make_report(
        self,
        camera_id: str,
        day: date,
        *,
        language: str = "",
        timezone: str = "",
        on_progress: Progress | None = None,
    ) -> MadeReport:
        """Make the report of a local day, or make it again; blocks for some seconds.

        Parameters
        ----------
        language, timezone
            Other ones than the settings say.
        on_progress
            Called with the progress, 0 to 1, and with the current step; on the engine's thread.

        Raises
        ------
        UnknownCamera, ConfigError, ReportError
            When the camera, zone or language is unknown, or the report cannot be made. The previous report stays.
        """
        self.camera(camera_id)
        wanted = self._report_jobs.wanted(camera_id, day, timezone, language)
        return self._engine.call(
            self._report_jobs.make(wanted, on_progress), self.settings.report.timeout_s + REPORT_SLACK_S
        )

    def serve(self, port: int | None = None) -> Server:
        """Serve dashboard and API from this process, beside whatever it does; returns at once.

        Parameters
        ----------
        port
            Port to listen on; the setting's when None, any free one when 0.

        Raises
        ------
        PortInUse
            When another program listens there.
        """
        if self._server is None:
            from livemon.web.server.serve import serve_in_thread

            self._server = serve_in_thread(self, self.settings.port if port is None else port)
        return self._server

    @property
    def view(self) -> Views:
        """Parts of the pages for cells of a notebook: ``monitor.view.player("camera-1")``, ``.events()``."""
        from livemon.web.widgets.views import Views

        return Views(self)

    def close(self) -> None:
        """Stop every camera and the server, and give everything back; harmless when called again."""
        if self._engine.closed:
            return
        never_mind(self)
        self.change_feed.close()
        if self._server is not None:
            self._server.stop()
            self._server = None
        self.decoding.close()
        self.copied.close()
        self.uploads.close()
        self._engine.call(self._close())
        self._engine.close()
        self.database.close()
        self._tell()

    def tell(self, told: Callable[[], None]) -> None:
        """Call a method after each `start`, `stop` and `close` from now on, for as long as its object lives."""
        self._watchers.append(weakref.WeakMethod(told))

    def _tell(self) -> None:
        for reference in list(self._watchers):
            told = reference()
            if told is None:
                self._watchers.remove(reference)
            else:
                told()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _join(self) -> None:
        """Enter the hosts of this database, before the first camera starts."""
        await asyncio.to_thread(self._host.acquire)
        await self.leases.start()

    async def _start_making(self) -> None:
        """Tidy and schedule from now on; not in a monitor that only reads."""
        await self._cleanup.start()
        await self._copies.start()
        await self._filler.start()
        await self._notifier.start()
        await self._heartbeat.start()
        await self._mqtt.start()
        await self.scheduler.start()

    def _controls(self, *, by: str) -> CameraControls:
        def look(camera_id: str, looks: bool) -> None:
            with self.changing:
                self.camera_registry.change(camera_id, looks=looks)

        return CameraControls(
            statuses=lambda: {camera.id: camera.status for camera in self.cameras.values()},
            start=self.start,
            stop=partial(self.stop, by=by),
            private=partial(self.pause, until=timedelta(hours=1), by=by),
            look=look,
        )

    def _make_hour(self, camera_id: str, window: Window) -> None:
        """Aggregate a window's hour again when it is over: the window came late."""
        now = self.clock.now()
        start = floor_to(window.start_utc, hours.HOUR)
        if start + hours.HOUR <= now:
            hours.compute_hour(self.database, camera_id, start, now)

    async def _close(self) -> None:
        await self._timetable.stop()
        await self.scheduler.stop()
        await self.camera_registry.stop()
        await self.leases.stop()
        self._host.release()
        await self._filler.stop()
        await self._heartbeat.stop()
        await self._mqtt.stop()
        await self._notifier.stop()
        await self._copies.stop()
        await self._cleanup.stop()
        await self.lab.close()
        await self.pool.close()


def _open_data_folder(folder: Path) -> None:
    """Make the data folder, private; warn when an older one is not."""
    try:
        make_folder(folder)
        said = trouble(folder)
        if said is None and folder.stat().st_mode & OF_OTHERS:
            said = message("doctor.open_to_others", folder=folder.absolute())
    except OSError as exc:
        raise ConfigError("settings.folder_not_usable", folder=folder, reason=system_reason(exc)) from exc
    if said is not None:
        log.warning("%s `livemon doctor` says what to do.", text(said))
