"""Archivist: keeps one camera's footage: a ten-minute archive of every window, and no segment longer than needed.

Wires stream/archive.py to the tables. Looking does not belong here (camera.py), nor remuxing (stream/archive.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from datetime import timedelta

from livemon.clock import Clock, Window
from livemon.config import Settings
from livemon.errors import ArchiveError
from livemon.recorder import EventRecorder
from livemon.store import writes
from livemon.store.session import Database
from livemon.stream.archive import assemble, due_windows
from livemon.stream.segments import delete_segments, list_segments

log = logging.getLogger(__name__)

ARCHIVE_TICK_S = 5.0
ARCHIVE_RETRY_S = 600.0


class Archivist:
    """Archives one camera's windows while it runs.

    Parameters
    ----------
    camera_id, settings, database, clock
        Whose footage, where it is, and the time.
    recorder
        Told what goes wrong.
    """

    def __init__(
        self, camera_id: str, settings: Settings, database: Database, clock: Clock, recorder: EventRecorder
    ) -> None:
        self._camera_id = camera_id
        self._settings = settings
        self._database = database
        self._clock = clock
        self._recorder = recorder
        self._folder = settings.camera_dir(camera_id)

    async def run(self) -> None:
        """Assemble every window that has closed, also those of earlier runs, and drop old segments."""
        failed: dict[Window, float] = {}
        while True:
            await survive(self._archive_due(failed), f"camera {self._camera_id}: archiving")
            await self._clock.sleep(ARCHIVE_TICK_S)

    async def _archive_due(self, failed: dict[Window, float]) -> None:
        """Archive what is due; a window that failed rests for a while, and does not keep others waiting."""
        segments = await asyncio.to_thread(list_segments, self._folder / "hls")
        if not segments:
            return
        oldest = Window.containing(segments[0].start_utc)
        done = await asyncio.to_thread(writes.archived_windows, self._database, self._camera_id, oldest)
        now = self._clock.now()
        monotonic_s = self._clock.monotonic_s()
        resting = {window for window, since_s in failed.items() if monotonic_s - since_s < ARCHIVE_RETRY_S}
        for window in due_windows(segments, now, done | resting):
            try:
                archive = await asyncio.to_thread(assemble, self._camera_id, window, segments, self._folder / "archive")
            except ArchiveError as exc:
                # The segments stay, so the window can be tried again.
                failed[window] = monotonic_s
                await asyncio.to_thread(self._recorder.warn, "archive_failed", "An archive failed", str(exc))
                continue
            await asyncio.to_thread(writes.add_archive, self._database, archive, self._settings.data_dir)
            done.add(window)
            log.info("camera %s: archived %s, %d frames", self._camera_id, archive.path.name, archive.frames)
        keep_from = now - timedelta(seconds=self._settings.time_shift_s)
        old = [s for s in segments if s.end_utc <= keep_from and Window.containing(s.start_utc) in done]
        await asyncio.to_thread(delete_segments, old)


async def survive(step: Coroutine[None, None, None], what: str) -> None:
    """Run one step of an endless loop; an error ends the step, is logged, and does not end the loop."""
    try:
        await step
    except Exception:
        log.exception("%s failed", what)
