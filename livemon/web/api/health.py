"""Health: liveness and readiness of the process, and its numbers (Prometheus)."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryFile

import sqlalchemy as sa

from livemon.base.disk import free_bytes
from livemon.base.errors import StoreError
from livemon.base.roles import Role
from livemon.monitor.monitor import Monitor
from livemon.store import audit_log
from livemon.web.api.base import ApiHandler
from livemon.web.api.operation import ResponseModel, Scope, operation
from livemon.web.api.refusal import HttpRefusal

LEAST_FREE_BYTES = 50_000_000
"""With less nothing can be written for long, whatever the settings say."""


class Healthy(ResponseModel):
    """Liveness or readiness of the process. Nothing about the house: anybody may ask."""

    status: str


class HealthzHandler(ApiHandler):
    """/healthz."""

    @operation("Whether the process lives", None, scope=Scope.OWN, answer=Healthy)
    async def get(self) -> None:
        """Answer, which is all there is to it."""
        self.set_header("Cache-Control", "no-store")
        self.tell(Healthy, {"status": "ok"})


class ReadyzHandler(ApiHandler):
    """/readyz."""

    @operation("Whether it can work", None, scope=Scope.OWN, answer=Healthy)
    async def get(self) -> None:
        """Answer when database, engine and disk do; else say in a word which does not."""
        self.set_header("Cache-Control", "no-store")
        wrong = await self.blocking(not_ready, self.monitor)
        if wrong:
            raise HttpRefusal(HTTPStatus.SERVICE_UNAVAILABLE, "http.not_ready", wrong=wrong)
        self.tell(Healthy, {"status": "ready"})


class MetricsTextHandler(ApiHandler):
    """/metrics."""

    @operation("Numbers for Prometheus", Role.VIEWER, scope=Scope.ALL, media="text/plain")
    async def get(self) -> None:
        """Answer with the metrics in Prometheus' text format."""
        self.set_header("Content-Type", "text/plain; version=1.0.0; charset=utf-8")
        self.write_text((await self.blocking(self.monitor.metrics.text)).decode())


def not_ready(monitor: Monitor) -> str:
    """Return what keeps a monitor from working; empty when nothing does. Blocks."""
    if not monitor.alive:
        return "the engine has ended"
    try:
        with monitor.database.reading() as connection:
            connection.execute(sa.select(1))
    except StoreError:
        return "the database does not answer"
    if not audit_log.catch_up(monitor.database):
        return "the audit log cannot be written"
    if free_bytes(monitor.settings.data_dir) < LEAST_FREE_BYTES:
        return "the disk is full"
    return "" if _writable(monitor.settings.data_dir) else "the data folder cannot be written"


def _writable(folder: Path) -> bool:
    """Whether a file can be made in a folder, which its rights alone do not say: the disk may be read-only."""
    try:
        with TemporaryFile(dir=folder) as file:
            file.write(b"ready")
    except OSError:
        return False
    return True
