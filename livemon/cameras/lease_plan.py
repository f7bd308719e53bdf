"""Camera leases without I/O: which ones this process holds, for how long, and which it should take or give back.

Rows live in store/camera_leases.py. Taking, renewing and stopping cameras live in lease_book.py and lease_keeper.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from livemon.store.camera_leases import Lease, SeenLease

RENEW_SHARE = 0.3
"""Of the expiry: two renewals may fail, and the third still comes in time."""
GIVE_UP_SHARE = 0.7
"""Of the expiry, after which an owner without renewal stops by itself. The rest is for ffmpeg to end, and for two
clocks to run at different rates."""


CLOCK_TOLERANCE_S = 2.0
"""A host whose clock differs by more from the database's is said: its footage has other times than that of others."""


def clock_ahead_s(asked_utc: datetime, database_utc: datetime, answered_utc: datetime) -> float:
    """Return by how much this host's clock is ahead of the database's at least; negative when it is behind.

    Parameters
    ----------
    asked_utc, answered_utc
        This host's time before and after the database was asked for its own.
    """
    if database_utc < asked_utc:
        return (asked_utc - database_utc).total_seconds()
    return min(0.0, (answered_utc - database_utc).total_seconds())


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """Times of a lease. By default 10 s, renewed every 3 s, given up after 7 s: `lease_s` of the settings."""

    expiry_s: float = 10.0

    @property
    def expiry(self) -> timedelta:
        """Time from a renewal until others may take it, by the database's clock."""
        return timedelta(seconds=self.expiry_s)

    @property
    def renew_s(self) -> float:
        """Interval of renewals."""
        return self.expiry_s * RENEW_SHARE

    @property
    def give_up_s(self) -> float:
        """Time without renewal after which its owner stops, by the owner's monotonic clock."""
        return self.expiry_s * GIVE_UP_SHARE

    @property
    def watch_s(self) -> float:
        """Interval of checks for leases without renewal."""
        return self.expiry_s / 20


class HeldLeases:
    """The leases that this process holds, by camera.

    Times are those before the database was asked: a lease is never believed longer than the database keeps it.
    """

    def __init__(self, times: LeaseTimes) -> None:
        self._times = times
        self._last: dict[str, Lease] = {}
        self._renewed_s: dict[str, float] = {}

    @property
    def all(self) -> frozenset[Lease]:
        """The leases held."""
        return frozenset(self._last[camera_id] for camera_id in self._renewed_s)

    @property
    def cameras(self) -> tuple[str, ...]:
        """The cameras whose leases are held."""
        return tuple(self._renewed_s)

    def holds(self, camera_id: str) -> bool:
        """Whether a camera's lease is held."""
        return camera_id in self._renewed_s

    def last(self, camera_id: str) -> Lease | None:
        """Return the lease held, or the one held last: with that one the database refuses."""
        return self._last.get(camera_id)

    def add(self, lease: Lease, asked_s: float) -> None:
        """Hold a lease that was taken or renewed."""
        self._last[lease.camera_id] = lease
        self._renewed_s[lease.camera_id] = asked_s

    def drop(self, camera_id: str) -> Lease | None:
        """Hold a lease no longer; returns it."""
        return self._last[camera_id] if self._renewed_s.pop(camera_id, None) is not None else None

    def overdue(self, now_s: float) -> tuple[str, ...]:
        """Return the cameras whose lease was not renewed in time."""
        limit_s = self._times.give_up_s
        return tuple(camera_id for camera_id, at_s in self._renewed_s.items() if now_s - at_s >= limit_s)


@dataclass(frozen=True, slots=True)
class LeasePlan:
    """The leases to take and to give back now, by camera."""

    take: tuple[str, ...]
    give_back: tuple[str, ...]


def plan_leases(
    wanted: Collection[str], held: Collection[str], seen: Mapping[str, SeenLease], slots: int | None, owner: str
) -> LeasePlan:
    """Compare the cameras that are wanted here with those that are leased.

    Parameters
    ----------
    wanted
        Cameras that are to run here, in the order in which they are taken.
    slots
        Most cameras of this host; None without a limit.
    owner
        Name of this process in the leases: one that it gave up too early is its own to take again.
    """
    kept = [camera_id for camera_id in held if camera_id in wanted]
    free = [
        camera_id
        for camera_id in wanted
        if camera_id not in held and (camera_id not in seen or seen[camera_id].free or seen[camera_id].owner == owner)
    ]
    room = len(free) if slots is None else max(0, slots - len(kept))
    return LeasePlan(tuple(free[:room]), tuple(camera_id for camera_id in held if camera_id not in wanted))
