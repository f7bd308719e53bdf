"""Copies off the premises: how much is in the bucket and how much waits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from livemon.archive.copies.address import bucket_label
from livemon.base.messages.catalog import told
from livemon.base.roles import Role
from livemon.store import copies
from livemon.store.tables.copies import CopyState
from livemon.web.api.base import ApiHandler
from livemon.web.api.operation import ResponseModel, Scope, operation


class CopiesByState(ResponseModel):
    """Copies of one state."""

    state: CopyState
    count: int
    bytes: int


class CopiesAnswer(ResponseModel):
    """State of the copies; `enabled` is false, and the rest empty, without an address."""

    enabled: bool
    encrypted: bool
    bucket: str
    states: list[CopiesByState]
    waiting_since_utc: datetime | None
    newest_utc: datetime | None
    error: str


class CopiesHandler(ApiHandler):
    """/copies."""

    @operation("Copies off the premises, by their state", Role.VIEWER, scope=Scope.ALL, answer=CopiesAnswer)
    async def get(self) -> None:
        """Answer with how much is in the bucket, how much waits, and why."""
        self.tell(CopiesAnswer, await self.blocking(self._read))

    def _read(self) -> dict[str, Any]:
        settings = self.monitor.settings
        bucket = bucket_label(settings) if settings.copies.enabled else ""
        totals = copies.totals(self.monitor.database, bucket)
        states = [
            {"state": state, "count": totals.counts.get(state.value, 0), "bytes": totals.sizes.get(state.value, 0)}
            for state in CopyState
        ]
        return {
            "enabled": settings.copies.enabled,
            "encrypted": settings.copies.encrypt,
            "bucket": bucket,
            "states": states,
            "waiting_since_utc": totals.waiting_since_utc,
            "newest_utc": totals.newest_utc,
            "error": told(totals.error, self.language),
        }
