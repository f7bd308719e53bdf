"""Start, stop and ask about streams."""

from __future__ import annotations

import dataclasses
from typing import Any

from livemon.api.base import ApiHandler
from livemon.stream.live_playlist import PLAYLIST
from livemon.streaming import StreamStatus


class _StreamHandler(ApiHandler):
    def write_status(self, status: StreamStatus) -> None:
        """Answer with a camera's status and the address of its live playlist."""
        self.write_json(self.describe(status))

    def describe(self, status: StreamStatus) -> dict[str, Any]:
        """Return a status as plain values."""
        return {
            "camera_id": status.camera_id,
            "name": self.monitor.camera(status.camera_id).name,
            "state": status.state.value,
            "reason": status.reason,
            "since_utc": status.since_utc,
            "mode": status.mode.value if status.mode else None,
            "mode_reason": status.mode_reason,
            "media": dataclasses.asdict(status.media) if status.media else None,
            "restarts": status.restarts,
            "last_segment_end_utc": status.last_segment_end_utc,
            "counters": dict(status.counters),
            "playlist_url": self.absolute_url(f"hls/{status.camera_id}/{PLAYLIST}"),
        }


class StartStream(_StreamHandler):
    """POST /start-hls-stream/{camera_id}: start; harmless when it runs."""

    async def post(self, camera_id: str) -> None:
        """Start and answer with the status; the playlist answers as soon as the first segment is finished."""
        self.write_status(await self.blocking(self.monitor.start, camera_id))


class StopStream(_StreamHandler):
    """POST /stop-hls-stream/{camera_id}: stop; harmless when it does not run."""

    async def post(self, camera_id: str) -> None:
        """Stop, wait until ffmpeg is gone, and answer with the status."""
        self.write_status(await self.blocking(self.monitor.stop, camera_id))


class Status(_StreamHandler):
    """GET /stream-status/{camera_id}."""

    async def get(self, camera_id: str) -> None:
        """Answer with what the camera is doing, why, and since when."""
        self.write_status(self.monitor.status(camera_id))


class Cameras(_StreamHandler):
    """GET /cameras."""

    async def get(self) -> None:
        """Answer with the status of every camera."""
        self.write_json({"cameras": [self.describe(camera.status) for camera in self.monitor.cameras.values()]})
