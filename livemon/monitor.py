"""Monitor: THE kernel-side object. Owns the cameras, the database and the model, and the loop they run on.

Its methods may be called from any thread: a notebook cell, a Panel callback, an HTTP handler. The engine has a
loop and a thread of its own, so a cell that computes for a minute does not stop a camera (docs/adr/0003).
What a camera does belongs into camera.py, what readers see into store/queries.py.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import pandas as pd

from livemon.calls import Answer
from livemon.camera import Camera
from livemon.clock import Clock, SystemClock
from livemon.config import Settings, load_settings
from livemon.errors import LivemonError, UnknownCamera
from livemon.janitor import Janitor
from livemon.model_pool import ModelPool
from livemon.money import Money
from livemon.prompt_book import PromptBook
from livemon.store import queries, writes
from livemon.store.session import Database
from livemon.stream.source_check import SourceReport, check_source
from livemon.stream.sources import open_source
from livemon.streaming import StreamProfile, StreamState, StreamStatus
from livemon.vlm.provider import VisionModel

if TYPE_CHECKING:
    from livemon.ui.serve import Server
    from livemon.ui.widget import PlayerWidget

log = logging.getLogger(__name__)
T = TypeVar("T")

WORKER_THREADS = 16
ARCHIVES_AT_ONCE = 2
"""Every camera's window closes at the same moment; the others wait, so that looks and streams do not."""
CALL_TIMEOUT_S = 60.0
ANSWER_TIMEOUT_S = 3700.0


class Monitor:
    """Watches the configured cameras.

    Parameters
    ----------
    settings
        Settings in force; read from `livemon.toml` and the environment when None.
    clock
        The time; the machine's when None.
    profile
        What streams are transcoded to; 640x480, 5 fps, ten-second segments when None.
    model
        A model of your own; the settings' when None.
    overrides
        Single settings by name, when `settings` is None: ``Monitor(data_dir="/tmp/try")``.

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
        model: VisionModel | None = None,
        **overrides: Any,
    ) -> None:
        self.settings = settings or load_settings(**overrides)
        self.clock = clock or SystemClock()
        self.database = Database(self.settings.database)
        self.pool = ModelPool(self.settings, self.clock, model)
        self.prompts = PromptBook(self.settings, self.database, self.clock)
        self.money = Money(self.settings, self.database, self.pool, self.prompts, self.clock)
        turns = asyncio.Semaphore(ARCHIVES_AT_ONCE)
        shared = (self.settings, self.database, self.pool, self.prompts, self.clock, profile or StreamProfile(), turns)
        self.cameras = {camera_id: Camera(camera_id, *shared) for camera_id in self.settings.cameras}
        for camera in self.cameras.values():
            writes.upsert_camera(self.database, camera.id, camera.name, camera.source.label, self.clock.now())
        self._janitor = Janitor(self.settings, self.database, self.clock)
        self._server: Server | None = None
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(WORKER_THREADS, thread_name_prefix="livemon-worker"))
        self._thread = threading.Thread(target=self._loop.run_forever, name="livemon-engine", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def camera(self, camera_id: str) -> Camera:
        """Return the camera with this id.

        Raises
        ------
        UnknownCamera
            When there is none.
        """
        try:
            return self.cameras[camera_id]
        except KeyError:
            raise UnknownCamera(camera_id, sorted(self.cameras)) from None

    def start(self, camera_id: str) -> StreamStatus:
        """Start a camera; harmless when it runs already.

        Raises
        ------
        UnknownCamera, SourceError, CameraBusy
            When there is no such camera, nothing to stream, or another process streams it.
        """
        camera = self.camera(camera_id)
        camera.source.check()
        # One that waits, longer and longer, for its source begins again: now it is there.
        failed = camera.status.state is StreamState.FAILED
        self._call(camera.restart() if failed else camera.start())
        self._call(self._janitor.start())
        return camera.status

    def start_all(self) -> None:
        """Start the cameras that start by themselves.

        One whose source is missing now is started all the same: it says what is wrong and goes on when it is there.
        """
        for camera in self.cameras.values():
            if self.settings.cameras[camera.id].autostart:
                try:
                    self._call(camera.start())
                    self._call(self._janitor.start())
                except LivemonError as exc:
                    log.error("camera %s: %s", camera.id, exc)

    def stop(self, camera_id: str) -> StreamStatus:
        """Stop a camera and wait until its ffmpeg is gone; harmless when it is not running.

        Raises
        ------
        UnknownCamera
            When there is no such camera.
        """
        camera = self.camera(camera_id)
        self._call(camera.stop())
        return camera.status

    def status(self, camera_id: str) -> StreamStatus:
        """Return what a camera is doing, why, and since when."""
        return self.camera(camera_id).status

    def check_source(self, text: str) -> SourceReport:
        """Try a source before it is put into the settings; takes a few seconds.

        Parameters
        ----------
        text
            As in a camera's `source` setting: a URL, a folder, a file, a device, ``test-pattern``.

        Raises
        ------
        SourceError, StreamError
            When it cannot be used; the sentence says what is wrong.
        """
        source = open_source(text, self.settings.data_dir / "clips", StreamProfile(), lambda _name, _reason: None)
        return self._call(check_source(source))

    def events(
        self,
        camera_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        severity: str | None = None,
        event_type: str | None = None,
        limit: int = 100,
        before_id: int | None = None,
    ) -> pd.DataFrame:
        """Return a camera's events, newest first; see `livemon.store.queries.events`."""
        self.camera(camera_id)
        return queries.events(
            self.database,
            camera_id,
            since=since,
            until=until,
            severity=severity,
            event_type=event_type,
            limit=limit,
            before_id=before_id,
        )

    def ask(self, camera_id: str, at: datetime, prompt: str = "") -> Answer:
        """Ask the model about the ten seconds up to a moment; makes a row of the call, and no event.

        What was asked before, to the last pixel, costs nothing.

        Parameters
        ----------
        prompt
            Name or version of a look prompt; the live one when empty.

        Raises
        ------
        NoFootage, UnknownPrompt, ModelError
            When nothing was recorded then, there is no such prompt, or nobody could be asked.
        """
        return self._call(self.camera(camera_id).ask(at, prompt), ANSWER_TIMEOUT_S)

    def study(self, camera_id: str, start: datetime, end: datetime, prompt: str = "") -> Answer:
        """Let the model study [start, end); makes a row of the call. As `ask`, with a study prompt."""
        return self._call(self.camera(camera_id).study(start, end, prompt), ANSWER_TIMEOUT_S)

    def archives(self, camera_id: str, limit: int = 144) -> pd.DataFrame:
        """Return a camera's ten-minute archives, newest first; see `livemon.store.queries.archives`."""
        self.camera(camera_id)
        return queries.archives(self.database, camera_id, limit)

    def stats(self, camera_id: str) -> dict[str, Any]:
        """Return a camera's last 24 hours in numbers; see `livemon.store.queries.stats`."""
        self.camera(camera_id)
        return queries.stats(self.database, camera_id, self.clock.now())

    def archive_path(self, relative: str) -> Path:
        """Return the file of an archive's `path` column."""
        return self.settings.data_dir / relative

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
            from livemon.ui.serve import serve_in_thread

            self._server = serve_in_thread(self, self.settings.port if port is None else port)
        return self._server

    def player(self, camera_id: str) -> PlayerWidget:
        """Return the live picture for a notebook cell; serves the stream from this kernel when nothing does yet."""
        from livemon.ui.widget import PlayerWidget

        self.camera(camera_id)
        return PlayerWidget.of(self, camera_id, self.serve(port=0) if self._server is None else self._server)

    def close(self) -> None:
        """Stop every camera and the server, and give everything back; harmless when called again."""
        if self._loop.is_closed():
            return
        atexit.unregister(self.close)
        if self._server is not None:
            self._server.stop()
            self._server = None
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CALL_TIMEOUT_S)
        self._loop.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _close(self) -> None:
        await asyncio.gather(*(camera.stop() for camera in self.cameras.values()), return_exceptions=True)
        await self._janitor.stop()
        await self.pool.close()
        await self._loop.shutdown_default_executor()

    def _call(self, coroutine: Coroutine[Any, Any, T], timeout_s: float = CALL_TIMEOUT_S) -> T:
        """Run a coroutine on the engine's loop and wait for it here."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout_s)
