"""Uploads over HTTP: received as they come, without ever being whole in memory; asked after; cancelled."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from pydantic import Field
from tornado.web import HTTPError

from livemon.base.clock import iso
from livemon.base.errors import LivemonError
from livemon.base.messages.message import Message, message
from livemon.base.roles import Role
from livemon.monitor.uploads import Upload, UploadState
from livemon.web.api.base import ApiHandler, BadRequest, NotThere
from livemon.web.api.multipart import FileOfForm
from livemon.web.api.operation import RequestModel, ResponseModel, Scope, operation
from livemon.web.api.refusal import HttpRefusal
from livemon.web.api.rows import Utc

FORM = "multipart/form-data"
RAW = ("video/", "application/octet-stream")
PACE_S = 30.0
LEAST_BYTES = 64 * 1024
"""A sender of whom less came in that time has gone, or is after our connections."""
LONGEST_S = 24 * 3600.0
FORM_OVERHEAD_BYTES = 1_000_000
ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class UploadQuery(RequestModel):
    """Target camera."""

    camera_id: str = Field(max_length=64, description="A camera that plays a folder.")
    name: str = Field("", max_length=300, description="What the video is called, when the body is the video itself.")
    upload_id: str = Field("", pattern=f"^(?:{ID})?$", description="A UUID of your own, to ask for it meanwhile.")


class UploadsQuery(RequestModel):
    """Filter of uploads."""

    camera_id: str | None = Field(None, max_length=64)


class UploadTold(ResponseModel):
    """Progress of an upload."""

    upload_id: str
    camera_id: str
    name: str
    begun_utc: Utc
    state: UploadState
    bytes: int = Field(description="Received so far.")
    progress: float = Field(description="Of the conversion, 0 to 1.")
    clip: str = Field(description="What it is called in the camera's queue; empty until it is there.")
    duration_s: float | None
    error: str = Field(description="Why it was not taken.")


class UploadsTold(ResponseModel):
    """Uploads since livemon started, newest first."""

    uploads: list[UploadTold]


class _UploadHandler(ApiHandler):
    def told(self, upload: Upload) -> dict[str, Any]:
        """Return an upload as the API tells it."""
        return {
            "upload_id": upload.id,
            "camera_id": upload.camera_id,
            "name": upload.name,
            "begun_utc": iso(upload.begun_utc),
            "state": upload.state,
            "bytes": upload.bytes,
            "progress": upload.fraction,
            "clip": upload.clip,
            "duration_s": upload.duration_s,
            "error": upload.error,
        }


class UploadVideoHandler(_UploadHandler):
    """/upload-video: a form with one file, or the video itself as the body."""

    _upload: Upload | None = None
    _form: FileOfForm | None = None
    _watch: asyncio.TimerHandle | None = None
    _came = 0  # since the pace was looked at

    async def prepare(self) -> None:
        """Refuse a certain refusal before a byte of the body is read."""
        await super().prepare()
        if self.request.method == "POST":
            await self._begin()

    @property
    def longest_body(self) -> int | None:
        """A video has limits of its own."""
        return None if self.request.method == "POST" else super().longest_body

    async def take(self, chunk: bytes) -> None:
        """Keep the next piece; a sender that is faster than the disk waits."""
        self._came += len(chunk)
        if self._upload is None:
            return
        try:
            if self._received_bytes > self.monitor.uploads.max_bytes + FORM_OVERHEAD_BYTES:
                raise self.too_long()
            found = self._form.feed(chunk) if self._form else chunk
            if self._form and self._form.name:
                self._upload.name = self._form.name
            if found:
                await self.blocking(self.monitor.uploads.write, self._upload, found)
        except (LivemonError, HTTPError) as exc:
            await self.blocking(self.monitor.uploads.refuse, self._upload, _said(exc))
            self.refuse(exc)

    def too_long(self) -> HTTPError:
        """Return the answer to a video that is too large."""
        most = self.monitor.uploads.max_bytes
        return HttpRefusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "http.video_too_large", limit_gb=f"{most / 10**9:g}")

    @operation(
        "Bring a video",
        Role.OPERATOR,
        scope=Scope.OWN,
        query=UploadQuery,
        answer=UploadTold,
        status=HTTPStatus.ACCEPTED,
    )
    async def post(self) -> None:
        """Answer when it is received; it is checked and converted afterwards: ask how far it is."""
        assert self._upload is not None
        self._stop_watching()
        if self._form and not self._form.whole:
            said = BadRequest("api.form_cut_off")
            await self.blocking(self.monitor.uploads.refuse, self._upload, said.said)
            raise said
        await self.blocking(self.monitor.uploads.finish, self._upload)
        self.deed_detail = f"upload {self._upload.id}, {self._upload.bytes} bytes"
        self.set_status(HTTPStatus.ACCEPTED)
        self.set_header("Location", self.absolute_url(f"uploads/{self._upload.id}"))
        self.tell(UploadTold, self.told(self._upload))

    def on_finish(self) -> None:
        """Delete refused data."""
        self.stopped_taking()
        super().on_finish()

    async def _begin(self) -> None:
        asked = self.query(UploadQuery)
        self.require(Role.OPERATOR, asked.camera_id)
        kind = self.request.headers.get("Content-Type", "")
        is_form = kind.lower().startswith(FORM)
        if not is_form and not kind.lower().startswith(RAW):
            raise HttpRefusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "http.send_video", given=kind, form=FORM)
        form = FileOfForm(kind) if is_form else None
        length = self.request.headers.get("Content-Length", "")
        size = int(length) if length.isdecimal() else None
        most = self.monitor.uploads.max_bytes
        if size is not None and size > most + (FORM_OVERHEAD_BYTES if is_form else 0):
            raise self.too_long()
        connection: Any = self.request.connection
        connection.set_body_timeout(LONGEST_S)
        self._upload = await self.blocking(
            self.monitor.uploads.begin,
            asked.camera_id,
            asked.name,
            None if size is None else min(size, most),
            asked.upload_id,
        )
        self._form = form
        self._watch_again()

    def _watch_again(self) -> None:
        self._came = 0
        self._watch = asyncio.get_running_loop().call_later(PACE_S, self._watch_pace)

    def _watch_pace(self) -> None:
        """Close the connection of a sender of whom nothing comes any more, or next to nothing."""
        if self._came >= LEAST_BYTES:
            self._watch_again()
            return
        self.stopped_taking()
        connection: Any = self.request.connection
        connection.stream.close()

    def stopped_taking(self) -> None:
        """Delete incomplete data."""
        self._stop_watching()
        upload, self._upload = self._upload, None
        if upload is not None:
            asyncio.get_running_loop().run_in_executor(None, self.monitor.uploads.abandon, upload)

    def _stop_watching(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None


class UploadsHandler(_UploadHandler):
    """/uploads."""

    @operation("Uploads, newest first", Role.OPERATOR, scope=Scope.OWN, query=UploadsQuery, answer=UploadsTold)
    async def get(self) -> None:
        """Answer with the uploads since livemon started."""
        asked = self.query(UploadsQuery)
        seen = [
            one
            for one in self.monitor.uploads.all(asked.camera_id)
            if self.identity and self.identity.sees(one.camera_id)
        ]
        self.tell(UploadsTold, {"uploads": [self.told(one) for one in seen]})


class OneUploadHandler(_UploadHandler):
    """/uploads/{upload_id}."""

    def known(self, upload_id: str) -> Upload:
        """Return the upload; NotThere when the caller may see none of this id."""
        found = self.monitor.uploads.of(upload_id)
        if found is None or self.identity is None or not self.identity.sees(found.camera_id):
            raise NotThere("api.no_upload", upload_id=upload_id)
        return found

    @operation("How far an upload is", Role.OPERATOR, scope=Scope.OWN, answer=UploadTold)
    async def get(self, upload_id: str) -> None:
        """Answer with the upload."""
        self.tell(UploadTold, self.told(self.known(upload_id)))

    @operation("Cancel an upload", Role.OPERATOR, scope=Scope.OWN, status=HTTPStatus.NO_CONTENT)
    async def delete(self, upload_id: str) -> None:
        """Give it up; nothing of it stays. A clip that is in the queue already stays there."""
        await self.blocking(self.monitor.uploads.cancel, self.known(upload_id))
        self.set_status(HTTPStatus.NO_CONTENT)


def _said(exc: LivemonError | HTTPError) -> Message:
    return exc.said if isinstance(exc, LivemonError) else message("api.http", reason=exc.log_message or str(exc))
