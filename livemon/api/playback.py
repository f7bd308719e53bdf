"""Recorded footage by time: playlists of the past and their segments, single frames, clips, contact sheets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

from livemon.api.base import ApiHandler, BadRequest, NotThere
from livemon.api.media import CONTENT_TYPES, MediaHandler
from livemon.clock import iso
from livemon.datatypes import encode_jpeg
from livemon.errors import NoFootage
from livemon.footage import MOST_CELLS

MAX_WIDTH = 4096

P = ParamSpec("P")
T = TypeVar("T")


class _FootageHandler(ApiHandler):
    def required_time(self, name: str) -> datetime:
        """Return a query argument that must be there as a UTC time; BadRequest when it is not."""
        moment = self.time_argument(name)
        if moment is None:
            raise BadRequest(f"'{name}' is missing.", f"Add {name}=2026-11-23T08:00:00Z.")
        return moment

    async def asked(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a method of Footage beside the loop; what it refuses becomes 400, what was not recorded 404."""
        try:
            return await self.blocking(function, *args, **kwargs)
        except (ValueError, OverflowError) as exc:  # times at the end of the calendar overflow
            raise BadRequest(f"This cannot be asked for: {exc}.") from exc
        except NoFootage as exc:
            raise NotThere(exc.message, exc.hint) from exc


class Playback(_FootageHandler):
    """GET /playback/{camera_id}.m3u8?start=&end=: recorded footage as a playlist."""

    async def get(self, camera_id: str) -> None:
        """Answer with the playlist; without `end` it goes on growing."""
        footage = self.monitor.camera(camera_id).footage
        text = await self.asked(footage.playlist, self.required_time("start"), self.time_argument("end"))
        self.set_header("Content-Type", CONTENT_TYPES[".m3u8"])
        self.write(text)

    async def head(self, camera_id: str) -> None:
        """Answer with the headers; players ask before they play."""
        await self.get(camera_id)


class PlaybackSegments(_FootageHandler, MediaHandler):
    """GET /playback/{camera_id}/[{archive}/]{filename}: a segment of such a playlist, live or out of an archive."""

    _folder = Path()

    def folder(self, camera_id: str) -> Path:
        """Return where the segment was found."""
        return self._folder

    async def get(self, camera_id: str, name: str, include_body: bool = True) -> None:  # type: ignore[override]
        """Answer with the file, after taking its archive apart when need be."""
        footage = self.monitor.camera(camera_id).footage
        path = await self.asked(footage.segment_path, name)
        self._folder = path.parent
        await MediaHandler.get(self, camera_id, path.name, include_body)


class Frames(_FootageHandler):
    """GET /frames/{camera_id}.jpg?at=&width=: the picture that was shown at a moment."""

    async def get(self, camera_id: str) -> None:
        """Answer with a JPEG; `X-Frame-Utc` is the picture's own time."""
        camera = self.monitor.camera(camera_id)
        width = self.int_argument("width", 16, MAX_WIDTH)
        frame = await self.asked(camera.frame, self.required_time("at"), width)
        self.set_header("Content-Type", CONTENT_TYPES[".jpg"])
        self.set_header("X-Frame-Utc", iso(frame.utc))
        self.write(await self.blocking(encode_jpeg, frame.image))


class Clips(_FootageHandler, MediaHandler):
    """GET /clips/{camera_id}.mp4?start=&end=: any stretch of footage as an MP4, with range requests."""

    def folder(self, camera_id: str) -> Path:
        """Return the camera's clips."""
        return self.monitor.settings.camera_dir(camera_id) / "clips"

    async def get(self, camera_id: str, name: str = "", include_body: bool = True) -> None:  # type: ignore[override]
        """Answer with the clip, cut out now or kept from before."""
        camera = self.monitor.camera(camera_id)
        clip = await self.asked(camera.clip, self.required_time("start"), self.required_time("end"))
        await MediaHandler.get(self, camera_id, clip.path.name, include_body)

    async def head(self, camera_id: str, name: str = "") -> None:
        """Answer with the clip's headers."""
        await self.get(camera_id, include_body=False)

    def set_extra_headers(self, path: str) -> None:
        """Name the file by what it holds; the same address may hold more when the footage has gone on."""
        self.set_header("Content-Disposition", f'inline; filename="{Path(path).name}"')
        self.set_header("Cache-Control", "private, no-cache")


class Sheets(_FootageHandler):
    """GET /sheets/{camera_id}.jpg?start=&end=&columns=&rows=: pictures of a stretch of time side by side."""

    async def get(self, camera_id: str) -> None:
        """Answer with a JPEG."""
        camera = self.monitor.camera(camera_id)
        columns = self.int_argument("columns", 1, MOST_CELLS) or 4
        rows = self.int_argument("rows", 1, MOST_CELLS) or 4
        sheet = await self.asked(camera.sheet, self.required_time("start"), self.required_time("end"), columns, rows)
        self.set_header("Content-Type", CONTENT_TYPES[".jpg"])
        self.write(await self.blocking(encode_jpeg, sheet.image))
