"""Archiver: sees to it that each of a camera's windows is archived, and no segment kept longer than needed.

Decides when; making and repair live in camera_archive.py. Looks live in cameras/camera.py, remuxing in
stream/files/archive.py, retention in cleanup.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from livemon.archive.camera_archive import CameraArchive
from livemon.base.clock import Clock, Window
from livemon.base.datatypes import Segment
from livemon.base.disk import FreeBytes, free_bytes
from livemon.base.errors import ArchiveError, LockBusy, StoreError
from livemon.base.messages.message import message
from livemon.base.notices import Notices
from livemon.base.settings.settings import Settings
from livemon.base.tasks import survive
from livemon.store.camera_leases import HeldLease, without_lease
from livemon.store.session import Database
from livemon.stream.files.inventory import Inventory

log = logging.getLogger(__name__)

ARCHIVE_TICK_S = 5.0
ARCHIVE_RETRY_S = 600.0
SPARE_BYTES = 16_000_000
"""Left free beside a new archive, for the segments that come while it is made and for the database."""


class Archiver:
    """Archives one camera's windows while it runs.

    Parameters
    ----------
    camera_id, settings, database, clock
        The camera's footage, its folder, and the time.
    notices
        Told what goes wrong.
    turns
        Number of archives that are made at once, over all cameras.
    free
        Asked for room before an archive is made.
    lease
        The lease under which rows are written.
    """

    def __init__(
        self,
        camera_id: str,
        settings: Settings,
        database: Database,
        clock: Clock,
        notices: Notices,
        turns: asyncio.Semaphore,
        free: FreeBytes = free_bytes,
        lease: HeldLease = without_lease,
    ) -> None:
        self._camera_id = camera_id
        self._settings = settings
        self._clock = clock
        self._notices = notices
        self._turns = turns
        self._free = free
        self._keeper = CameraArchive(camera_id, settings, database, lease)
        self._inventory: Inventory | None = None
        self._early: list[Segment] = []
        self._failed: dict[Window, float] = {}
        self._short_of_room = False

    def add(self, segment: Segment) -> None:
        """Take note of a finished segment; never waits. Called on the loop."""
        if self._inventory is None:
            self._early.append(segment)
        else:
            self._inventory.add(segment)

    async def run(self) -> None:
        """Assemble every window that has closed, also those of earlier runs, and drop old segments."""
        self._inventory = None
        while True:
            await survive(self.tick(), f"camera {self._camera_id}: archiving")
            await self._clock.sleep(ARCHIVE_TICK_S)

    async def tick(self) -> None:
        """Archive due windows and drop old segments; no I/O when nothing is due."""
        inventory = self._inventory or await self._load()
        now = self._clock.now()
        monotonic_s = self._clock.monotonic_s()
        for window in inventory.due(now):
            # One that failed rests for a while, and does not keep others waiting.
            if monotonic_s - self._failed.get(window, -ARCHIVE_RETRY_S) < ARCHIVE_RETRY_S:
                continue
            if not await self._archive(inventory, window):
                break
        old = inventory.take_old(now - timedelta(seconds=self._settings.time_shift_s))
        if old:
            await asyncio.to_thread(self._keeper.delete_segments, old)

    async def _load(self) -> Inventory:
        """Read the state from the disk; leftovers of a killed process are repaired first."""
        self._early.clear()  # segments finished until now are listed
        found = await asyncio.to_thread(self._keeper.recover)
        # Segments that finish while the folder is read may be on both lists; they count once.
        inventory = self._inventory = Inventory([*found.segments, *self._early], found.archived)
        for name in found.adopted:
            log.info("camera %s: %s had no row and has one now", self._camera_id, name)
        if found.missing:
            shown = ", ".join(found.missing[:3]) + (" ..." if len(found.missing) > 3 else "")
            reason = message("event.archives_missing_text", n=len(found.missing), files=shown)
            log.warning("camera %s: %s", self._camera_id, reason)
            await asyncio.to_thread(self._notices.warn, "archives_missing", message("event.archives_missing"), reason)
        return inventory

    async def _archive(self, inventory: Inventory, window: Window) -> bool:
        """Archive one window; returns whether it makes sense to go on with others."""
        segments = inventory.touching(window)
        own, missing_bytes = await asyncio.to_thread(self._room_for, window, segments)
        if not own:
            # Given up on a full disk, or deleted by hand.
            log.warning("camera %s: the segments of %s are gone", self._camera_id, window.start_utc)
            inventory.archived(window, segments)
            return True
        if missing_bytes > 0:
            if not self._short_of_room:
                self._short_of_room = True
                reason = message("event.no_room_text", missing_mb=missing_bytes / 1e6, window=window.start_utc)
                await asyncio.to_thread(self._notices.warn, "archive_failed", message("event.no_room"), reason)
            return False
        self._short_of_room = False
        try:
            async with self._turns:
                segments = inventory.touching(window)
                made = await asyncio.to_thread(self._keeper.make, window, segments)
        except (ArchiveError, StoreError, LockBusy) as exc:
            # The segments stay, so the window can be tried again; it is said once.
            said = window in self._failed
            self._failed[window] = self._clock.monotonic_s()
            log.warning("camera %s: %s", self._camera_id, exc)
            if not said:
                await asyncio.to_thread(self._notices.warn, "archive_failed", message("event.archive_failed"), exc.said)
            return True
        self._failed.pop(window, None)
        inventory.archived(window, segments)
        for archive in made:
            log.info("camera %s: archived %s, %d frames", self._camera_id, archive.path.name, archive.frames)
        return True

    def _room_for(self, window: Window, segments: Sequence[Segment]) -> tuple[bool, int]:
        """Return whether a window's own segments are there, and how many bytes its archive lacks."""
        sizes = [s.path.stat().st_size for s in segments if _within(window, s.start_utc) and s.path.is_file()]
        return bool(sizes), sum(sizes) + SPARE_BYTES - self._free(self._settings.data_dir)


def _within(window: Window, moment: datetime) -> bool:
    return window.start_utc <= moment < window.end_utc
