"""Data of the System page, by camera and for the machine: dollars, calls, skips, restarts, disk, versions.

The texts live in web/pages/system.py. Programs read the same from /metrics (monitor/metrics.py).
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

import psutil

from livemon import __version__
from livemon.archive.copies.address import bucket_label
from livemon.base.clock import local_day
from livemon.base.disk import free_bytes
from livemon.base.roles import Role
from livemon.base.stream_types import StreamStatus
from livemon.inference.forecast import ForecastDay
from livemon.monitor.monitor import Monitor
from livemon.monitor.uploads import UploadState
from livemon.store import audit_log, copies, lab
from livemon.store.copies import CopyTotals
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.pages.parts.costs import CostReading, read_costs


@dataclass(frozen=True, slots=True)
class CameraReading:
    """One camera. `stats` are those of the last 24 hours, as `Monitor.stats` has them."""

    camera_id: str
    name: str
    running: bool
    status: StreamStatus
    waiting_segments: int
    stats: Mapping[str, Any]
    costs: CostReading

    @property
    def spent_usd(self) -> float:
        """Cost of today's calls, as far as it is known."""
        return float(self.costs.spent["cost_usd"].sum())

    @property
    def calls(self) -> int:
        """Calls today."""
        return int(self.costs.spent["calls"].sum())

    @property
    def failed(self) -> int:
        """Calls today that brought no answer."""
        return int(self.costs.spent["failed"].sum())

    @property
    def forecast_usd(self) -> float | None:
        """Cost of a usual day without a budget; None for a free model, NaN when its price is unknown."""
        table = self.costs.forecast
        return None if table is None else float(table.loc[table["day"] == ForecastDay.USUAL, "usd_per_day"].iloc[0])


@dataclass(frozen=True, slots=True)
class MachineReading:
    """The machine of livemon, and its pending work."""

    free_bytes: int
    data_dir: str
    resident_bytes: int
    database: str
    clock_ahead_s: float | None
    """Difference of this host's clock from that of a shared database; None when it was not compared."""
    listeners: int
    uploads: int
    versions: Mapping[str, str]
    lab_usd: float
    """Known costs of today's experiments; they have caps of their own, and are in no camera's budget."""
    lab_unknown: int
    """Calls of experiments today whose cost is not known."""
    audit_unwritten: int
    """Entries of the audit log that wait for the database, or are lost."""


@dataclass(frozen=True, slots=True)
class CopiesReading:
    """State of the copies off the premises."""

    bucket: str
    encrypted: bool
    totals: CopyTotals
    now: datetime


@dataclass(frozen=True, slots=True)
class SystemReading:
    """Contents of the page; `machine` and `copies` are None for visitors who may see some cameras only.

    `copies` is None without an address, too.
    """

    cameras: tuple[CameraReading, ...]
    machine: MachineReading | None
    copies: CopiesReading | None = None


def read_system(monitor: AuthorizedMonitor) -> SystemReading:
    """Read the page's data; the database is read once for all sessions. Blocks some milliseconds a camera.

    Raises
    ------
    NotLoggedIn, StoreError
        When the user is gone, or the database refuses.
    """
    cameras = tuple(_read_camera(monitor, camera_id) for camera_id in monitor.cameras)
    if not monitor.may(Role.VIEWER, None):
        return SystemReading(cameras, None)
    house = monitor.check(Role.VIEWER, None)
    return SystemReading(cameras, _read_machine(house), _read_copies(house))


def _read_camera(monitor: AuthorizedMonitor, camera_id: str) -> CameraReading:
    camera = monitor.camera(camera_id)
    stats, costs = monitor.read(
        (camera_id,), ("system", camera_id), lambda house: (house.stats(camera_id), read_costs(house, camera_id))
    )
    return CameraReading(
        camera_id=camera_id,
        name=camera.name,
        running=camera.running,
        status=camera.status,
        waiting_segments=camera.waiting_segments,
        stats=stats,
        costs=costs,
    )


def _read_copies(monitor: Monitor) -> CopiesReading | None:
    own = monitor.settings.copies
    if not own.enabled:
        return None
    bucket = bucket_label(monitor.settings)
    totals = monitor.query_cache.get(("system", "copies"), lambda: copies.totals(monitor.database, bucket))
    return CopiesReading(bucket, own.encrypt, totals, monitor.clock.now())


def _read_machine(monitor: Monitor) -> MachineReading:
    _, today, _ = local_day(monitor.clock.now(), monitor.settings.zone)
    lab_usd, lab_unknown = monitor.query_cache.get(
        ("system", "lab", today), lambda: lab.paid_since(monitor.database, today)
    )
    return MachineReading(
        free_bytes=free_bytes(monitor.settings.data_dir),
        data_dir=str(monitor.settings.data_dir),
        resident_bytes=psutil.Process().memory_info().rss,
        database=monitor.database.engine.dialect.name,
        clock_ahead_s=monitor.leases.clock_ahead_s,
        listeners=monitor.change_feed.subscribers,
        uploads=sum(one.state not in (UploadState.DONE, UploadState.REFUSED) for one in monitor.uploads.all()),
        versions={"livemon": __version__, "Python": platform.python_version()}
        | {name: version(name) for name in ("panel", "google-genai")},
        lab_usd=lab_usd,
        lab_unknown=lab_unknown,
        audit_unwritten=sum(audit_log.unwritten(monitor.database)),
    )
