"""RunHours: starts and stops cameras that run at certain hours only, or are paused.

A camera is paused until a time, or until it is started. The pause is a row, so that it survives a restart and holds in
every process. A manual start holds until the next of a camera's hours. When cameras look is not decided here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo

from livemon.base.clock import Clock
from livemon.base.errors import ConfigError
from livemon.base.messages.message import Message, message
from livemon.base.settings.settings import Settings
from livemon.base.tasks import survive
from livemon.cameras.camera import Camera
from livemon.cameras.registry import CameraRegistry
from livemon.store import pauses
from livemon.store.pauses import Pause
from livemon.store.session import Database

log = logging.getLogger(__name__)

TICK_S = 2.0
"""A pause that another process begins or ends is obeyed within this time."""

LONGEST_PAUSE = timedelta(days=31)


class RunHours:
    """Watches the clock and the pauses for a camera_registry. Its coroutines run on the monitor's engine loop."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, camera_registry: CameraRegistry) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._camera_registry = camera_registry
        self._all = False
        self._watched: set[str] = set()
        self._was: dict[str, bool] = {}
        self._turn = asyncio.Lock()  # a step acts on the pauses that it has read
        self._task: asyncio.Task[None] | None = None

    async def watch(self, camera_id: str | None = None) -> None:
        """Begin to start and stop a camera, or all when None, those to come too; harmless when begun.

        A camera that does not run here is not started here: another process may run it.
        """
        async with self._turn:
            paused = await asyncio.to_thread(pauses.lasting, self._database)
            self._all = self._all or camera_id is None
            ids = list(self._camera_registry.cameras) if camera_id is None else [camera_id]
            for one in ids:
                if one not in self._watched:
                    self._watched.add(one)
                    self._was[one] = self._may_run(one, paused)
            for one in self._camera_registry.cameras:
                self._say(one, paused.get(one))
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="timetable")

    async def may_run(self, camera_id: str) -> bool:
        """Whether a camera runs by itself now."""
        return self._may_run(camera_id, await asyncio.to_thread(pauses.lasting, self._database))

    async def pause(self, camera_id: str, until_utc: datetime | None, paused_by: str) -> None:
        """Stop a camera, and keep it from running until a time, or until it is started; it may not run already.

        Raises
        ------
        ConfigError
            When the time is over, or further away than `LONGEST_PAUSE`.
        """
        now = self._clock.now()
        if until_utc is not None and not now < until_utc <= now + LONGEST_PAUSE:
            at = f"{until_utc.astimezone(self._settings.zone):%Y-%m-%d %H:%M}"
            raise ConfigError("camera.wrong_pause", time=at, days=LONGEST_PAUSE.days)
        async with self._turn:
            made = await asyncio.to_thread(pauses.begin, self._database, camera_id, until_utc, paused_by, now)
            self._say(camera_id, made)
            self._was[camera_id] = False
            await self._camera_registry.cameras[camera_id].stop()

    async def end_pause(self, camera_id: str) -> None:
        """Let a camera run again. Starting it is the caller's."""
        async with self._turn:
            await asyncio.to_thread(pauses.end, self._database, camera_id, self._clock.now())
            self._say(camera_id, None)
            self._was[camera_id] = self._is_time(camera_id)

    async def stop(self) -> None:
        """Stop watching; harmless when not begun."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def tick(self) -> None:
        """End the pauses whose time has come; start and stop those that may run, or may not, since the last tick."""
        async with self._turn:
            paused = dict(await asyncio.to_thread(pauses.lasting, self._database))
            now = self._clock.now()
            for over in [one for one in paused.values() if one.is_over(now)]:
                await asyncio.to_thread(pauses.end, self._database, over.camera_id, now, of=over)
                del paused[over.camera_id]
            for camera_id, camera in self._camera_registry.cameras.items():
                self._say(camera_id, paused.get(camera_id))
                if self._all or camera_id in self._watched:
                    await self._change(camera, paused)

    async def _change(self, camera: Camera, paused: Mapping[str, Pause]) -> None:
        """Start or stop one camera when that has changed; one that is paused never runs, however it was started."""
        may = self._may_run(camera.id, paused)
        before, self._was[camera.id] = self._was.get(camera.id, may), may
        if may and not before:
            log.info("camera %s: start, by its hours or the end of a pause", camera.id)
            await camera.start_when_possible()
        elif (before and not may) or (camera.running and camera.id in paused):
            log.info("camera %s: stop, by its hours or a pause", camera.id)
            await camera.stop()

    def _may_run(self, camera_id: str, paused: Mapping[str, Pause]) -> bool:
        pause = paused.get(camera_id)
        return self._is_time(camera_id) and (pause is None or pause.is_over(self._clock.now()))

    def _is_time(self, camera_id: str) -> bool:
        local = self._clock.now().astimezone(self._settings.zone)
        return self._settings.cameras[camera_id].runs_at(local.time())

    def _say(self, camera_id: str, pause: Pause | None) -> None:
        """Let the camera's status say that it is paused."""
        camera = self._camera_registry.cameras.get(camera_id)
        if camera is not None:
            camera.pause = None if pause is None else pause_said(pause, self._settings.zone, self._clock.now())

    async def _run(self) -> None:
        while True:
            await self._clock.sleep(TICK_S)
            await survive(self.tick(), "the timetable")


def pause_said(pause: Pause, zone: tzinfo | None, now: datetime) -> Message:
    """Return until when a camera is paused, and by whom."""
    by = "_by" if pause.paused_by else ""
    if pause.until_utc is None:
        return message(f"camera.paused{by}", by=pause.paused_by)
    until = pause.until_utc.astimezone(zone)
    same_day = until.date() == now.astimezone(zone).date()
    return message(
        f"camera.paused_until{by}", time=f"{until:%H:%M}" if same_day else f"{until:%Y-%m-%d %H:%M}", by=pause.paused_by
    )
