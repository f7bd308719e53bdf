"""Recorded footage by time: playlists of the past and their segments, single frames, clips, contact sheets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

from pydantic import Field

from livemon.archive.copies.copy_reader import MOST_FETCHED_BYTES
from livemon.archive.footage import MOST_CELLS, Footage
from livemon.base.clock import iso
from livemon.base.datatypes import Frame, encode_jpeg
from livemon.base.errors import NoFootage
from livemon.base.roles import Role
from livemon.web.api.base import ApiHandler, BadRequest, NotThere
from livemon.web.api.media import CONTENT_TYPES, MediaHandler
from livemon.web.api.operation import Moment, RequestModel, operation

MAX_WIDTH = 4096

P = ParamSpec("P")
T = TypeVar("T")


class PlaybackQuery(RequestModel):
    """Stretch of footage; without an end it goes on growing."""

    start: Moment
    end: Moment | None = None


class FrameQuery(RequestModel):
    """Time of a picture."""

    at: Moment
    width: int | None = Field(None, ge=16, le=MAX_WIDTH, description="Pixels; as recorded when not given.")


class LatestQuery(RequestModel):
    """Size of the picture."""

    width: int | None = Field(None, ge=16, le=MAX_WIDTH, description="Pixels; as recorded when not given.")


class StretchQuery(RequestModel):
    """Stretch of footage."""

    start: Moment
    end: Moment


class SheetQuery(StretchQuery):
    """Choice and number of pictures."""

    columns: int = Field(4, ge=1, le=MOST_CELLS)
    rows: int = Field(4, ge=1, le=MOST_CELLS)


class FootageHandler(ApiHandler):
    """Base of handlers that read recorded footage."""

    async def asked(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a method of Footage beside the loop; a refusal becomes 400, missing footage 404."""
        return await self._answered(self.blocking(function, *args, **kwargs))

    async def decoded(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what decodes or cuts in the pool for that; as `asked`, and 429 when too much is asked for at once."""
        return await self._answered(self.monitor.decoding.run(self.who, function, *args, **kwargs))

    async def fetch_copies(self, camera_id: str, start: datetime, end: datetime | None) -> None:
        """Fetch the footage of a time that only the bucket has, so that it is read like what is here.

        Raises
        ------
        BucketError, CopyError
            When the bucket refuses or is too slow.
        """
        wanted = await self.asked(self.monitor.camera(camera_id).footage.only_in_bucket, start, end)
        if sum(copy.bytes for copy in wanted) > MOST_FETCHED_BYTES:
            raise BadRequest("copies.too_much_at_once", limit_gb=MOST_FETCHED_BYTES / 1e9)
        await self.monitor.copied.fetch(wanted)

    async def tell_frame(self, function: Callable[P, Frame], *args: P.args, **kwargs: P.kwargs) -> None:
        """Answer with a picture as a JPEG, and its own time."""

        def picture() -> tuple[str, bytes]:
            frame = function(*args, **kwargs)
            return iso(frame.utc), encode_jpeg(frame.image)

        at_utc, jpeg = await self.decoded(picture)
        self.set_header("Content-Type", CONTENT_TYPES[".jpg"])
        self.set_header("X-Frame-Utc", at_utc)
        self.write(jpeg)

    async def _answered(self, answer: Awaitable[T]) -> T:
        try:
            return await answer
        except (ValueError, OverflowError) as exc:  # times at the end of the calendar overflow
            raise BadRequest("api.wrong_question", reason=exc) from exc
        except NoFootage as exc:
            await self.look_elsewhere(NotThere(exc.said.code, **exc.said.values))


class PlaybackHandler(FootageHandler):
    """/playback/{camera_id}.m3u8: recorded footage as a playlist."""

    @operation(
        "Recorded footage as a playlist", Role.VIEWER, query=PlaybackQuery, media=CONTENT_TYPES[".m3u8"], relayed=True
    )
    async def get(self, camera_id: str) -> None:
        """Answer with the playlist."""
        query = self.query(PlaybackQuery)
        footage = self.monitor.camera(camera_id).footage
        await self.fetch_copies(camera_id, query.start, query.end)
        text = await self.asked(footage.playlist, query.start, query.end)
        self.set_header("Content-Type", CONTENT_TYPES[".m3u8"])
        self.set_header("Cache-Control", "no-store")
        self.write_text(text)


class PlaybackSegmentsHandler(FootageHandler, MediaHandler):
    """/playback/{camera_id}/{segment}: a segment of such a playlist, live or out of an archive."""

    media = CONTENT_TYPES[".ts"]

    _folder = Path()

    def folder(self, camera_id: str) -> Path:
        """Return where the segment was found."""
        return self._folder

    @operation("A segment of recorded footage", Role.VIEWER, media=CONTENT_TYPES[".ts"], relayed=True)
    async def get(self, camera_id: str, name: str, include_body: bool = True) -> None:  # type: ignore[override]
        """Answer with the file, after taking its archive apart when need be."""
        footage = self.monitor.camera(camera_id).footage
        await self.monitor.copied.fetch(await self.blocking(footage.copies.of_segment, name))
        await self.send_segment(footage, camera_id, name, include_body)

    async def send_segment(self, footage: Footage, whose: str, name: str, include_body: bool) -> None:
        """Answer with a segment that a playlist of this footage names."""
        path = await self._answered(self.monitor.decoding.run_for_player(footage.segment_path, name))
        self._folder = path.parent
        await self.send_file(whose, path.name, include_body)


class FramesHandler(FootageHandler):
    """/frames/{camera_id}.jpg: the picture that was shown at a moment."""

    @operation("The picture of a moment", Role.VIEWER, query=FrameQuery, media=CONTENT_TYPES[".jpg"], relayed=True)
    async def get(self, camera_id: str) -> None:
        """Answer with a JPEG; `X-Frame-Utc` is the picture's own time."""
        query = self.query(FrameQuery)
        await self.fetch_copies(camera_id, query.at, query.at)
        await self.tell_frame(self.monitor.camera(camera_id).frame, query.at, query.width)


class LatestHandler(FootageHandler):
    """/cameras/{camera_id}/latest.jpg: what home automation shows of a camera."""

    @operation("The newest picture", Role.VIEWER, query=LatestQuery, media=CONTENT_TYPES[".jpg"], relayed=True)
    async def get(self, camera_id: str) -> None:
        """Answer with a JPEG of the newest recorded picture, some seconds old; `X-Frame-Utc` is its time."""
        query = self.query(LatestQuery)
        await self.tell_frame(self.monitor.camera(camera_id).footage.latest, query.width)
        self.set_header("Cache-Control", "no-store")


class ClipHandler(FootageHandler, MediaHandler):
    """Base of handlers that cut clips out of footage."""

    media = CONTENT_TYPES[".mp4"]

    def folder(self, camera_id: str) -> Path:
        """Return the camera's clips."""
        return self.monitor.settings.camera_dir(camera_id) / "clips"

    async def send_clip(self, camera_id: str, start: datetime, end: datetime, include_body: bool) -> None:
        """Answer with a clip, cut out now or kept from before."""
        await self.fetch_copies(camera_id, start, end)
        clip = await self.decoded(self.monitor.camera(camera_id).clip, start, end)
        await self.send_file(camera_id, clip.path.name, include_body)

    async def head(self, camera_id: str, name: str = "") -> None:  # type: ignore[override]
        """Answer with the clip's headers."""
        await self.get(camera_id, name, include_body=False)

    def set_extra_headers(self, path: str) -> None:
        """Name the file by its content; the same address may hold more when the footage has gone on."""
        self.set_header("Content-Disposition", f'inline; filename="{Path(path).name}"')


class ClipsHandler(ClipHandler):
    """/clips/{camera_id}.mp4: any stretch of footage as an MP4, with range requests."""

    @operation("Footage as an MP4", Role.VIEWER, query=StretchQuery, media=CONTENT_TYPES[".mp4"], relayed=True)
    async def get(self, camera_id: str, name: str = "", include_body: bool = True) -> None:  # type: ignore[override]
        """Answer with the clip, cut out by copy."""
        query = self.query(StretchQuery)
        await self.send_clip(camera_id, query.start, query.end, include_body)


class SheetsHandler(FootageHandler):
    """/sheets/{camera_id}.jpg: pictures of a stretch of time side by side."""

    @operation("Pictures side by side", Role.VIEWER, query=SheetQuery, media=CONTENT_TYPES[".jpg"], relayed=True)
    async def get(self, camera_id: str) -> None:
        """Answer with a JPEG."""
        query = self.query(SheetQuery)
        camera = self.monitor.camera(camera_id)
        await self.fetch_copies(camera_id, query.start, query.end)

        def picture() -> bytes:
            return encode_jpeg(camera.sheet(query.start, query.end, query.columns, query.rows).image)

        jpeg = await self.decoded(picture)
        self.set_header("Content-Type", CONTENT_TYPES[".jpg"])
        self.write(jpeg)
