"""RunHours: starts and stops cameras that run at certain hours only.

What somebody starts or stops by hand stays so until the next of these times. When cameras look is not decided here.
"""

from __future__ import annotations

import asyncio
import logging

from livemon.base.clock import Clock
from livemon.base.settings.settings import Settings
from livemon.base.tasks import survive
from livemon.cameras.registry import CameraRegistry

log = logging.getLogger(__name__)

TICK_S = 10.0


class RunHours:
    """Watches the clock for a camera_registry. Its coroutines run on the monitor's engine loop."""

    def __init__(self, settings: Settings, clock: Clock, camera_registry: CameraRegistry) -> None:
        self._settings = settings
        self._clock = clock
        self._camera_registry = camera_registry
        self._was: dict[str, bool] = {}
        self._task: asyncio.Task[None] | None = None

    def is_time(self, camera_id: str) -> bool:
        """Whether a camera runs by itself now."""
        local = self._clock.now().astimezone(self._settings.zone)
        return self._settings.cameras[camera_id].runs_at(local.time())

    async def start(self) -> None:
        """Begin to watch; harmless when begun."""
        if self._task is None:
            self._was = {camera_id: self.is_time(camera_id) for camera_id in self._settings.cameras}
            self._task = asyncio.create_task(self._run(), name="timetable")

    async def stop(self) -> None:
        """Stop watching; harmless when not begun."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def tick(self) -> None:
        """Start and stop those whose time has come since the last tick."""
        for camera_id, camera in self._camera_registry.cameras.items():
            now = self.is_time(camera_id)
            before, self._was[camera_id] = self._was.get(camera_id, now), now
            if now == before:
                continue
            log.info("camera %s: %s, by its hours", camera_id, "start" if now else "stop")
            await (camera.start_when_possible() if now else camera.stop())

    async def _run(self) -> None:
        while True:
            await self._clock.sleep(TICK_S)
            await survive(self.tick(), "the timetable")
