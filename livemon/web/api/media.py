"""Files: live playlist and segments, thumbnails, archives."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field
from tornado.web import StaticFileHandler

from livemon.base.roles import Role
from livemon.monitor.monitor import Monitor
from livemon.stream.live.live_playlist import PLAYLIST
from livemon.stream.playlist import parse_playlist
from livemon.web.api import answers
from livemon.web.api.base import ApiHandler, NotThere
from livemon.web.api.copied_media import send_copy
from livemon.web.api.guard import stopping
from livemon.web.api.json import before, next_page, records
from livemon.web.api.operation import Cursor, Limit, Moment, RequestModel, operation
from livemon.web.api.relay import Relay

FIRST_SEGMENT_WAIT_S = 20.0
"""A player that asks for the playlist of a camera that has just been started is kept waiting at most this long."""
POLL_S = 1.0
"""A camera that stopped, or has no playlist yet, is seen so soon; a new segment is said at once."""
CAN_BLOCK = "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES"
"""Said by the server that does it, not in the file, which another server may serve."""

CONTENT_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".ts": "video/mp2t",
    ".mp4": "video/mp4",
    ".jpg": "image/jpeg",
}


class MediaHandler(ApiHandler, StaticFileHandler, ABC):
    """Serves files of one camera's folder, with range requests."""

    media = "application/octet-stream"
    """Media type of the files, for the OpenAPI document."""

    def initialize(  # type: ignore[override]
        self, monitor: Monitor, route: str = "", relay: Relay | None = None
    ) -> None:
        """Tornado's constructor hook."""
        ApiHandler.initialize(self, monitor, route, relay)
        StaticFileHandler.initialize(self, path="")

    @abstractmethod
    def folder(self, camera_id: str) -> Path:
        """Return the folder whose files this handler serves; UnknownCamera when the settings have no such camera."""

    @operation("A file, with range requests", Role.VIEWER, media="application/octet-stream", relayed=True)
    async def get(self, camera_id: str, name: str, include_body: bool = True) -> None:  # type: ignore[override]
        """Answer with the file."""
        await self.send_file(camera_id, name, include_body)

    async def head(self, camera_id: str, name: str) -> None:  # type: ignore[override]
        """Answer with the file's headers."""
        await self.get(camera_id, name, include_body=False)

    async def send_file(self, camera_id: str, name: str, include_body: bool = True) -> None:
        """Answer with a file of the folder, or with its copy when only the bucket has it."""
        folder = self.folder(camera_id)
        if not await self.blocking((folder / name).is_file):
            copy = await self.blocking(self.monitor.copied.copy_of, folder / name)
            if copy is None:
                await self.look_elsewhere(NotThere("api.no_file", camera=camera_id, name=name))
            self.absolute_path = str(folder / name)
            self.set_header("Content-Type", self.get_content_type())
            self.set_extra_headers(name)
            await send_copy(self, self.monitor.copied, copy, include_body)
            return
        self.root = str(folder.absolute())
        await StaticFileHandler.get(self, name, include_body)

    def compute_etag(self) -> str | None:
        """No ETag: Tornado would read each file twice and remember one for every path, for ever."""
        return None

    def set_extra_headers(self, path: str) -> None:
        """Finished files never change."""
        self.set_header("Cache-Control", "private, max-age=3600, immutable")

    def get_content_type(self) -> str:
        """Return the type that players expect."""
        return CONTENT_TYPES.get(Path(self.absolute_path or "").suffix, "application/octet-stream")


class PlaylistQuery(RequestModel):
    """Reload options of a player.

    Players may send directives of later editions: those are left alone (RFC 8216bis 6.2.5).
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    msn: int | None = Field(None, alias="_HLS_msn", ge=0, le=2**62, description="Wait for this media sequence number.")
    blocking: Literal["yes", "no"] = Field("yes", description="no: for pages with many players.")


class LivePlaylistHandler(ApiHandler):
    """/hls/{camera_id}/index.m3u8: the live playlist.

    Read whole before it is sent, because it is replaced all the time. A file handler that asks for the size first would
    send a length that is no longer true.
    """

    @operation("The live playlist", Role.VIEWER, query=PlaylistQuery, media=CONTENT_TYPES[".m3u8"], relayed=True)
    async def get(self, camera_id: str) -> None:
        """Answer with the playlist; wait a little for the first one of a camera that was just started.

        With ``_HLS_msn`` it is kept back until that media sequence number is in it. A player thus has a segment the
        moment it is finished (HLS 2nd edition, draft-pantos-hls-rfc8216bis section 6.2.5.2). ``blocking=no`` is for
        pages with many players: a browser opens six connections to a server, and waiting would take them all.
        """
        asked = self.query(PlaylistQuery)
        text = await self._playlist(camera_id, asked.msn)
        self._refuse_when_stopped(camera_id)
        self.set_header("Content-Type", CONTENT_TYPES[".m3u8"])
        self.set_header("Cache-Control", "no-store")
        if asked.blocking == "yes":
            text = text.replace("#EXT-X-MEDIA-SEQUENCE", f"{CAN_BLOCK}\n#EXT-X-MEDIA-SEQUENCE", 1)
        self.write_text(text)

    async def _playlist(self, camera_id: str, sequence: int | None) -> str:
        """Return the playlist that has a media sequence number, or the present one when the camera is late."""
        camera = self.monitor.camera(camera_id)
        path = camera.hls_folder / PLAYLIST
        deadline_s = time.monotonic() + FIRST_SEGMENT_WAIT_S
        listed = asyncio.wrap_future(camera.next_segment())  # before the playlist is read, so that none is missed
        try:
            while (text := await self.blocking(_read_text, path)) is None or not _has(text, sequence):
                if not self.monitor.alive:
                    raise stopping()
                self._refuse_when_stopped(camera_id)
                left_s = deadline_s - time.monotonic()
                if left_s < 0:
                    break
                await asyncio.wait([listed], timeout=min(POLL_S, left_s))
                if listed.done():
                    listed = asyncio.wrap_future(camera.next_segment())
        except asyncio.CancelledError:
            raise stopping() from None
        finally:
            listed.cancel()
        if text is None:
            raise NotThere("api.no_picture", camera=camera_id, reason=self.monitor.status(camera_id).reason)
        return text

    def _refuse_when_stopped(self, camera_id: str) -> None:
        camera = self.monitor.camera(camera_id)
        if not camera.running or camera.recorded_elsewhere:
            raise NotThere("api.not_streaming", camera=camera_id)


def _has(text: str, sequence: int | None) -> bool:
    """Whether a playlist has reached a media sequence number; a number far ahead is not waited for."""
    if sequence is None:
        return True
    coming = parse_playlist(text).next_sequence
    return coming > sequence or sequence > coming + 1


def _read_text(path: Path) -> str | None:
    """Return a file's text, or None when it does not exist."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return None


class SegmentsHandler(MediaHandler):
    """/hls/{camera_id}/{filename}: finished segments."""

    media = CONTENT_TYPES[".ts"]

    def folder(self, camera_id: str) -> Path:
        """Return the camera's segments."""
        return self.monitor.camera(camera_id).hls_folder


class ThumbnailsHandler(MediaHandler):
    """/thumbnails/{camera_id}/{day}/{filename}: pictures of events."""

    media = CONTENT_TYPES[".jpg"]

    def folder(self, camera_id: str) -> Path:
        """Return the camera's thumbnails."""
        return self.monitor.camera(camera_id).thumbnails_folder


class ArchiveFilesHandler(MediaHandler):
    """/archives/{camera_id}/{name}."""

    media = CONTENT_TYPES[".mp4"]

    def folder(self, camera_id: str) -> Path:
        """Return the camera's archives."""
        self.monitor.camera(camera_id)  # the id becomes a part of a path: only those of the settings may
        return self.monitor.settings.camera_dir(camera_id) / "archive"


class ArchivesQuery(RequestModel):
    """Filter of archives."""

    since: Moment | None = None
    until: Moment | None = None
    limit: Limit = 144
    cursor: Cursor = None


class ArchivesHandler(ApiHandler):
    """/archives/{camera_id}."""

    @operation("Ten-minute archives, newest first", Role.VIEWER, query=ArchivesQuery, answer=answers.Archives)
    async def get(self, camera_id: str) -> None:
        """Answer with what is recorded: frames, bytes, coverage and gaps of each window."""
        asked = self.query(ArchivesQuery)
        until = before(asked.cursor, asked.until)
        found = await self.blocking(self.monitor.archives, camera_id, asked.limit + 1, since=asked.since, until=until)
        page, cursor = next_page(found, asked.limit, "window_start_utc")
        rows = records(page)
        for row in rows:
            row["url"] = self.absolute_url(f"archives/{camera_id}/{Path(row.pop('path')).name}")
        self.tell(answers.Archives, {"archives": rows, "next_cursor": cursor})
