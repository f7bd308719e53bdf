"""Start, stop and ask about streams."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

from pydantic import Field

from livemon.base.messages.catalog import told
from livemon.base.roles import Role
from livemon.base.stream_types import StreamStatus
from livemon.stream.live.live_playlist import PLAYLIST
from livemon.web.api import answers
from livemon.web.api.base import ApiHandler
from livemon.web.api.json import record
from livemon.web.api.operation import RequestModel, operation


class StreamHandler(ApiHandler):
    """Base of handlers that return the status of a stream."""

    @property
    def shown_name(self) -> str:
        """Name of the caller, for others to read; empty when no login is required."""
        return self.identity.shown_name if self.identity else ""

    def write_status(self, status: StreamStatus) -> None:
        """Answer with a camera's status and the address of its live playlist."""
        self.tell(answers.Status, self.describe(status))

    def describe(self, status: StreamStatus) -> dict[str, Any]:
        """Return a status as plain values."""
        return record(
            {
                "camera_id": status.camera_id,
                "name": self.monitor.camera(status.camera_id).name,
                "state": status.state.value,
                "reason": status.reason,
                "since_utc": status.since_utc,
                "mode": status.mode.value if status.mode else None,
                "mode_reason": told(status.mode_reason, self.language),
                "media": dataclasses.asdict(status.media) if status.media else None,
                "restarts": status.restarts,
                "last_segment_end_utc": status.last_segment_end_utc,
                "counters": dict(status.counters),
                "looks": status.looks,
                "playlist_url": self.absolute_url(f"hls/{status.camera_id}/{PLAYLIST}"),
            }
        )


class StartStreamHandler(StreamHandler):
    """/start-hls-stream/{camera_id}."""

    @operation("Start; harmless when it runs", Role.OPERATOR, answer=answers.Status)
    async def post(self, camera_id: str) -> None:
        """Start and answer with the status; the playlist answers as soon as the first segment is finished."""
        self.write_status(await self.blocking(self.monitor.start, camera_id))


class StopStreamHandler(StreamHandler):
    """/stop-hls-stream/{camera_id}."""

    @operation("Stop until it is started; harmless when it does not run", Role.OPERATOR, answer=answers.Status)
    async def post(self, camera_id: str) -> None:
        """Stop, wait until ffmpeg is gone, and answer with the status."""
        self.write_status(await self.blocking(self.monitor.stop, camera_id, by=self.shown_name))


class PauseQuery(RequestModel):
    """For how long."""

    minutes: int = Field(60, ge=1, le=31 * 24 * 60, description="Then it starts by itself.")


class PauseHandler(StreamHandler):
    """/pause/{camera_id}."""

    @operation(
        "Stop for a time: nothing is recorded or looked at", Role.OPERATOR, query=PauseQuery, answer=answers.Status
    )
    async def post(self, camera_id: str) -> None:
        """Stop, wait until ffmpeg is gone, and answer with the status; starting it ends the pause."""
        time = timedelta(minutes=self.query(PauseQuery).minutes)
        self.write_status(await self.blocking(self.monitor.pause, camera_id, time, by=self.shown_name))


class StatusHandler(StreamHandler):
    """/stream-status/{camera_id}."""

    @operation("What a camera is doing", Role.VIEWER, answer=answers.Status)
    async def get(self, camera_id: str) -> None:
        """Answer with what the camera is doing, why, and since when."""
        self.write_status(self.monitor.status(camera_id))
