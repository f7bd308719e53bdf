"""The audit log: actions by user, and refusals."""

from __future__ import annotations

from pydantic import Field

from livemon.base.roles import Role
from livemon.store import audit_log
from livemon.web.api.base import ApiHandler
from livemon.web.api.json import records
from livemon.web.api.operation import Cursor, Limit, NextCursor, RequestModel, ResponseModel, Scope, operation
from livemon.web.api.rows import row_model


class AuditQuery(RequestModel):
    """Filter of entries."""

    camera_id: str | None = Field(None, max_length=64, description="Only this camera.")
    who: str | None = Field(None, max_length=200, description="Only this user or token.")
    limit: Limit = 100
    cursor: Cursor = None


Entry = row_model("AuditEntry", audit_log.COLUMNS)


class Entries(ResponseModel):
    """The log, newest first."""

    entries: list[Entry]  # type: ignore[valid-type]
    next_cursor: NextCursor


class AuditLogHandler(ApiHandler):
    """/audit-log."""

    @operation("Who did what, newest first", Role.ADMIN, scope=Scope.ALL, query=AuditQuery, answer=Entries)
    async def get(self) -> None:
        """Answer with the log."""
        asked = self.query(AuditQuery)
        found = await self.blocking(
            audit_log.deeds,
            self.monitor.database,
            limit=asked.limit,
            before_id=asked.cursor,
            camera_id=asked.camera_id,
            who=asked.who,
        )
        rows = records(found)
        self.tell(Entries, {"entries": rows, "next_cursor": rows[-1]["id"] if len(rows) == asked.limit else None})
