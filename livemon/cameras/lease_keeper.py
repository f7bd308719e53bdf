"""LeaseKeeper: renews this host's camera leases, takes those that are free, and stops cameras whose lease is lost.

It also knows the other hosts: what they record, in which state, and where they are reached. The choice of leases is
made in lease_plan.py. A camera takes its lease as it starts (lease_book.py). Without `several_hosts` in the settings
this does nothing.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from livemon.base.clock import Clock
from livemon.base.errors import LeaseMissing
from livemon.base.messages.message import message
from livemon.base.settings.settings import Settings
from livemon.base.tasks import survive
from livemon.cameras.lease_book import LeaseBook
from livemon.cameras.lease_plan import CLOCK_TOLERANCE_S, clock_ahead_s, plan_leases
from livemon.cameras.registry import CameraRegistry
from livemon.cameras.status_text import from_text, to_text
from livemon.store import archives, camera_leases, hosts_seen
from livemon.store.camera_leases import SeenLease
from livemon.store.session import Database

log = logging.getLogger(__name__)


class LeaseKeeper:
    """Keeps the leases of a monitor's cameras. Its coroutines run on the monitor's engine loop.

    Attributes
    ----------
    clock_ahead_s
        How much this host's clock is ahead of the database's; None when it was not compared.
    """

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, camera_registry: CameraRegistry, book: LeaseBook
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._camera_registry = camera_registry
        self._book = book
        self.clock_ahead_s: float | None = None
        self._owners: Mapping[str, str] = {}
        self._urls: Mapping[str, str] = {}
        self._asked_s = -math.inf
        self._unwanted: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin; harmless when begun."""
        if self._book.needed and not self._tasks:
            await asyncio.to_thread(archives.claim_rows, self._database, self._settings.data_dir)
            self._tasks = [
                asyncio.create_task(self._keep(), name="leases"),
                asyncio.create_task(self._watch(), name="leases in time"),
            ]

    async def stop(self) -> None:
        """End, and let other hosts have the cameras, which do not stream any more; harmless when not begun."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for lease in self._book.held.all:
            await survive(self._book.give_back(lease.camera_id), "giving back a camera's lease")
        if tasks:
            await survive(asyncio.to_thread(hosts_seen.forget, self._database, self._book.owner), "leaving the hosts")

    def owner_url(self, camera_id: str) -> str:
        """Return where the other host is reached that records a camera; empty when none does, or it is not known."""
        return self._urls.get(self._owners.get(camera_id, ""), "")

    @property
    def other_urls(self) -> tuple[str, ...]:
        """Addresses of the other hosts that are there."""
        return tuple(self._urls.values())

    async def tick(self) -> None:
        """Renew, give back and take leases; start and stop cameras accordingly."""
        cameras = self._camera_registry.cameras
        statuses = {one: to_text(cameras[one].status) for one in self._book.held.cameras if one in cameras}
        lost = await self._book.renew(statuses)
        asked_utc = self._clock.now()
        seen, database_utc = await asyncio.to_thread(camera_leases.seen, self._database)
        self._compare_clocks(asked_utc, database_utc, self._clock.now())
        await asyncio.gather(*(self._give_way(one.camera_id, self._book.missing(one.camera_id, seen)) for one in lost))
        await self._know_others(seen)
        cameras = self._camera_registry.cameras  # some may have come meanwhile
        wanted = [
            camera_id
            for camera_id, camera in cameras.items()
            if camera.wants_lease and self._book.may_be_here(camera_id)
        ]
        plan = plan_leases(wanted, self._book.held.cameras, seen, self._settings.camera_slots, self._book.owner)
        unwanted, self._unwanted = self._unwanted, set(plan.give_back)
        for camera_id in unwanted & self._unwanted:  # one that is only started afresh keeps it
            await self._book.give_back(camera_id)
        for camera_id in plan.take:
            await cameras[camera_id].start_when_possible()

    async def stop_overdue(self) -> None:
        """Stop the cameras whose leases could not be renewed for too long."""
        self._forget_others()
        late = self._book.held.overdue(self._clock.monotonic_s())
        for camera_id in late:
            self._book.held.drop(camera_id)
        exc = LeaseMissing("camera.lease_not_renewed", limit_s=self._book.times.give_up_s)
        await asyncio.gather(*(self._give_way(camera_id, exc) for camera_id in late))

    async def _know_others(self, seen: Mapping[str, SeenLease]) -> None:
        """Learn where the other hosts are, and show the state of what they record."""
        await asyncio.to_thread(hosts_seen.note, self._database, self._book.owner, self._settings.host_url)
        urls = await asyncio.to_thread(hosts_seen.urls, self._database, timedelta(seconds=self._book.times.expiry_s))
        urls.pop(self._book.owner, None)
        theirs = {
            camera_id: lease for camera_id, lease in seen.items() if not lease.free and lease.owner != self._book.owner
        }
        self._urls, self._owners = urls, {camera_id: lease.owner for camera_id, lease in theirs.items()}
        self._asked_s = self._clock.monotonic_s()
        for camera_id, camera in self._camera_registry.cameras.items():
            lease = theirs.get(camera_id)
            camera.show_other_host(None if lease is None else from_text(lease.status, camera_id, lease.host))

    def _forget_others(self) -> None:
        """Say nothing of other hosts when the database could not be asked for as long as a lease lasts."""
        if self._owners and self._clock.monotonic_s() - self._asked_s > self._book.times.expiry_s:
            self._urls = self._owners = {}
            for camera in self._camera_registry.cameras.values():
                camera.show_other_host(None)

    async def _give_way(self, camera_id: str, exc: LeaseMissing) -> None:
        camera = self._camera_registry.cameras.get(camera_id)
        if camera is not None:
            await camera.give_way(exc)

    def _compare_clocks(self, asked_utc: datetime, database_utc: datetime, answered_utc: datetime) -> None:
        """Log when this host's clock and the database's begin to differ, and when they agree again."""
        before, self.clock_ahead_s = self.clock_ahead_s, clock_ahead_s(asked_utc, database_utc, answered_utc)
        was_wrong, is_wrong = (abs(one) > CLOCK_TOLERANCE_S for one in (before or 0.0, self.clock_ahead_s))
        if is_wrong and not was_wrong:
            log.warning("%s", message("doctor.clock_differs", ahead_s=self.clock_ahead_s))
        elif was_wrong and not is_wrong:
            log.info("the clocks of this host and of the database agree again")

    async def _keep(self) -> None:
        while True:
            await survive(self.tick(), "leases of cameras")
            await self._clock.sleep(self._book.times.renew_s)

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(self._book.times.watch_s)
            await survive(self.stop_overdue(), "stopping cameras without a lease")
