"""LeaseBook: the camera leases of this process. A camera asks it before it starts.

Decisions live in lease_plan.py, rows in store/camera_leases.py, renewal and stopping in lease_keeper.py.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Mapping

from livemon.base.clock import Clock
from livemon.base.errors import LeaseMissing
from livemon.base.settings.settings import Settings
from livemon.cameras.lease_plan import HeldLeases, LeaseTimes
from livemon.store import camera_leases
from livemon.store.camera_leases import OWNER_SEPARATOR, Lease, SeenLease
from livemon.store.session import Database


class LeaseBook:
    """Takes, renews and gives back leases. Its coroutines run on the monitor's engine loop.

    Without `several_hosts` in the settings it does nothing, and every camera may start.

    Attributes
    ----------
    needed
        Whether other hosts share the cameras, so that a camera needs a lease.
    times
        Times of a lease.
    owner
        Name of this process in the leases.
    """

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._settings = settings
        self._slots = settings.camera_slots
        self._database = database
        self._clock = clock
        self.needed = settings.several_hosts and database.is_shared
        self.times = LeaseTimes(settings.lease_s)
        self.held = HeldLeases(self.times)
        self._host = socket.gethostname()[:60]
        self.owner = f"{self._host}{OWNER_SEPARATOR}{secrets.token_hex(8)}"
        self._taking = asyncio.Lock()  # or two cameras would take the last slot

    def may_write(self, camera_id: str) -> bool:
        """Whether this process speaks for a camera."""
        return not self.needed or self.held.holds(camera_id)

    def may_be_here(self, camera_id: str) -> bool:
        """Whether a camera's settings let this host record it."""
        own = self._settings.cameras.get(camera_id)
        return own is None or own.host in ("", self._host)

    async def obtain(self, camera_id: str) -> None:
        """Take a camera's lease unless it is held.

        Raises
        ------
        LeaseMissing
            When another host has it, or this one has no slot left.
        StoreError
            When the database cannot be asked.
        """
        if not self.needed:
            return
        async with self._taking:
            if self.held.holds(camera_id):
                return
            if self._is_full or not self.may_be_here(camera_id):
                raise await self._refusal(camera_id)
            asked_s = self._clock.monotonic_s()
            lease = await asyncio.to_thread(
                camera_leases.take, self._database, camera_id, self.owner, self.times.expiry
            )
            if lease is None:
                raise await self._refusal(camera_id)
            self.held.add(lease, asked_s)

    async def renew(self, statuses: Mapping[str, str]) -> tuple[Lease, ...]:
        """Renew the leases held, with the state of each stream; returns those that another host has taken."""
        held, asked_s = self.held.all, self._clock.monotonic_s()
        kept = await asyncio.to_thread(camera_leases.renew, self._database, held, self.times.expiry, statuses)
        for lease in kept & self.held.all:  # some may have been given back meanwhile
            self.held.add(lease, asked_s)
        lost = tuple((held - kept) & self.held.all)
        for lease in lost:
            self.held.drop(lease.camera_id)
        return lost

    async def give_back(self, camera_id: str) -> None:
        """Let other hosts have a camera at once."""
        lease = self.held.drop(camera_id)
        if lease is not None:
            await asyncio.to_thread(camera_leases.give_back, self._database, lease)

    def missing(self, camera_id: str, seen: Mapping[str, SeenLease]) -> LeaseMissing:
        """Return why a camera does not run here."""
        lease = seen.get(camera_id)
        if lease is not None and not lease.free and lease.owner != self.owner:
            return LeaseMissing("camera.recorded_by", host=lease.host)
        if not self.may_be_here(camera_id):
            return LeaseMissing("camera.waits_for_host", host=self._settings.cameras[camera_id].host)
        return LeaseMissing("camera.no_slot" if self._is_full else "camera.lease_wanted", slots=self._slots)

    @property
    def _is_full(self) -> bool:
        return self._slots is not None and len(self.held.cameras) >= self._slots

    async def _refusal(self, camera_id: str) -> LeaseMissing:
        seen, _ = await asyncio.to_thread(camera_leases.seen, self._database)
        return self.missing(camera_id, seen)
