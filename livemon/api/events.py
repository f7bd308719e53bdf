"""Read events and numbers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from livemon.api.base import ApiHandler
from livemon.datatypes import EventType, Severity

DEFAULT_LIMIT = 100


class _EventHandler(ApiHandler):
    def plain(self, events: pd.DataFrame) -> list[dict[str, Any]]:
        """Return events as plain values, with the address of each picture."""
        rows: list[dict[str, Any]] = [
            {str(key): value for key, value in row.items()} for row in events.to_dict("records")
        ]
        for row in rows:
            name = row.pop("thumbnail")
            row["thumbnail_url"] = self.absolute_url(f"thumbnails/{row['camera_id']}/{name}") if name else None
        return rows


class Events(_EventHandler):
    """GET /events/{camera_id}?since=&until=&severity=&type=&limit=&cursor=."""

    async def get(self, camera_id: str) -> None:
        """Answer with events, newest first, and the cursor of the next page."""
        limit = self.int_argument("limit", 1, 1000) or DEFAULT_LIMIT
        found = await self.blocking(
            self.monitor.events,
            camera_id,
            since=self.time_argument("since"),
            until=self.time_argument("until"),
            severity=self.choice_argument("severity", Severity),
            event_type=self.choice_argument("type", EventType),
            limit=limit,
            before_id=self.int_argument("cursor", 1, 2**62),
        )
        rows = self.plain(found)
        self.write_json({"events": rows, "next_cursor": rows[-1]["id"] if len(rows) == limit else None})


class LatestEvent(_EventHandler):
    """GET /events/{camera_id}/latest."""

    async def get(self, camera_id: str) -> None:
        """Answer with the newest event; null when there is none, which says nothing about what was not looked at."""
        rows = self.plain(await self.blocking(self.monitor.events, camera_id, limit=1))
        self.write_json({"event": rows[0] if rows else None})


class Stats(ApiHandler):
    """GET /stats/{camera_id}."""

    async def get(self, camera_id: str) -> None:
        """Answer with the last 24 hours: events by severity, looks by status, seconds recorded, cost."""
        self.write_json(await self.blocking(self.monitor.stats, camera_id))
