"""Files: live playlist and segments, thumbnails, archives."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tornado.web import StaticFileHandler

from livemon.api.base import ApiHandler, NotThere
from livemon.monitor import Monitor

FIRST_SEGMENT_WAIT_S = 20.0
"""A player that asks for the playlist of a camera that has just been started is kept waiting at most this long."""

CONTENT_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".ts": "video/mp2t",
    ".mp4": "video/mp4",
    ".jpg": "image/jpeg",
}


class MediaHandler(ApiHandler, StaticFileHandler):
    """Serves files of one camera's folder, with range requests."""

    def initialize(self, monitor: Monitor) -> None:  # type: ignore[override]
        """Tornado's constructor hook."""
        ApiHandler.initialize(self, monitor)
        StaticFileHandler.initialize(self, path="")

    def folder(self, camera_id: str) -> Path:
        """Return the folder whose files this handler serves."""
        raise NotImplementedError

    async def get(self, camera_id: str, name: str, include_body: bool = True) -> None:  # type: ignore[override]
        """Answer with the file."""
        folder = self.folder(camera_id)
        if not await self.blocking((folder / name).is_file):
            raise NotThere(f"{camera_id} has no file {name}.", "It may not be finished yet, or be deleted by now.")
        self.root = str(folder.absolute())
        await StaticFileHandler.get(self, name, include_body)

    async def head(self, camera_id: str, name: str) -> None:  # type: ignore[override]
        """Answer with the file's headers."""
        await self.get(camera_id, name, include_body=False)

    def compute_etag(self) -> str | None:
        """No ETag: Tornado keeps one per path for ever, and would call a live playlist unchanged."""
        return None

    def set_extra_headers(self, path: str) -> None:
        """Finished files never change; the playlist does all the time."""
        if not path.endswith(".m3u8"):
            self.set_header("Cache-Control", "private, max-age=3600, immutable")

    def get_content_type(self) -> str:
        """Return the type that players expect."""
        return CONTENT_TYPES.get(Path(self.absolute_path or "").suffix, "application/octet-stream")

    def should_return_304(self) -> bool:
        """Never call a playlist unchanged: rewritten within one second it has the same Last-Modified."""
        return not (self.absolute_path or "").endswith(".m3u8") and super().should_return_304()


class Hls(MediaHandler):
    """GET /hls/{camera_id}/{filename}: live playlist and segments."""

    def folder(self, camera_id: str) -> Path:
        """Return the camera's segments."""
        return self.monitor.camera(camera_id).hls_folder

    async def get(self, camera_id: str, name: str, include_body: bool = True) -> None:  # type: ignore[override]
        """Answer with the file; wait a little for the first playlist of a camera that was just started."""
        if name.endswith(".m3u8"):
            await self._first_playlist(camera_id, self.folder(camera_id) / name)
        await super().get(camera_id, name, include_body)

    async def _first_playlist(self, camera_id: str, path: Path) -> None:
        camera = self.monitor.camera(camera_id)
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + FIRST_SEGMENT_WAIT_S
        # The file is written on the engine's loop; looking for it now and then keeps the two loops apart.
        while camera.running and not await self.blocking(path.is_file) and loop.time() < deadline_s:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        if not camera.running:
            raise NotThere(
                f"{camera_id} is not streaming.", f"Start it: POST .../start-hls-stream/{camera_id}, or press Start."
            )
        if not await self.blocking(path.is_file):
            raise NotThere(f"{camera_id} has no picture yet: {camera.status.reason}.", "Try again in a moment.")


class Thumbnails(MediaHandler):
    """GET /thumbnails/{camera_id}/{day}/{filename}: pictures of events."""

    def folder(self, camera_id: str) -> Path:
        """Return the camera's thumbnails."""
        return self.monitor.camera(camera_id).thumbnails_folder


class ArchiveFiles(MediaHandler):
    """GET /archives/{camera_id}/{name}.mp4."""

    def folder(self, camera_id: str) -> Path:
        """Return the camera's archives."""
        return self.monitor.settings.camera_dir(camera_id) / "archive"


class Archives(ApiHandler):
    """GET /archives/{camera_id}: the ten-minute archives, newest first."""

    async def get(self, camera_id: str) -> None:
        """Answer with what is recorded: frames, bytes, coverage and gaps of each window."""
        limit = self.int_argument("limit", 1, 1000) or 144
        rows = (await self.blocking(self.monitor.archives, camera_id, limit)).to_dict("records")
        for row in rows:
            row["url"] = self.absolute_url(f"archives/{camera_id}/{Path(row.pop('path')).name}")
        self.write_json({"archives": rows})
