"""The Gemini stand-in's files: resumable uploads, and what becomes of them until they are deleted or expire."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from livemon.base.clock import Clock, iso
from livemon.sim.servers.faults import Fault, Queued
from livemon.sim.servers.gemini.errors import invalid_field
from livemon.sim.servers.gemini.wire import FILE, normalise
from livemon.sim.servers.media import ALL_MIMES, BadMedia, ReceivedMedia, open_media
from livemon.sim.servers.records import Exchange, Refused, SentReply

GRANULARITY_BYTES = 8 * 1024 * 1024
MAX_FILE_BYTES = 2 * 1024**3
LIFETIME = timedelta(hours=48)
JSONL_MIMES = frozenset({"application/jsonl", "jsonl", "application/json", "text/plain"})

_ID = re.compile(r"files/[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(slots=True)
class StoredFile:
    """A file that is held.

    Attributes
    ----------
    name
        ``files/ID``.
    state
        PROCESSING, ACTIVE or FAILED.
    asked
        Number of requests for its state: it is PROCESSING the first time.
    """

    name: str
    uri: str
    mime: str
    data: bytes = field(repr=False)
    display_name: str
    created_utc: datetime
    state: str = "PROCESSING"
    asked: int = 0
    fault: Fault | None = None
    media: ReceivedMedia | None = field(default=None, repr=False)
    generated: bool = False

    def describe(self) -> dict[str, Any]:
        """Return it as files.get shows it."""
        made: dict[str, Any] = {
            "name": self.name,
            "uri": self.uri,
            "mimeType": self.mime,
            "sizeBytes": str(len(self.data)),
            "createTime": iso(self.created_utc),
            "updateTime": iso(self.created_utc),
            "expirationTime": iso(self.created_utc + LIFETIME),
            "sha256Hash": base64.b64encode(hashlib.sha256(self.data).hexdigest().encode()).decode(),
            "state": self.state,
            "source": "GENERATED" if self.generated else "UPLOADED",
        }
        if self.display_name:
            made["displayName"] = self.display_name
        if self.generated:
            made["downloadUri"] = f"{self.uri}:download?alt=media"
        if self.state == "ACTIVE" and self.media is not None and self.media.is_video:
            made["videoMetadata"] = {"videoDuration": f"{round(self.media.duration_s)}s"}
        if self.state == "FAILED":
            made["error"] = {"code": 13, "message": "The file failed to be processed."}
        return made


@dataclass(slots=True)
class FileUpload:
    """An upload that is under way."""

    file: dict[str, Any]
    mime: str
    size_bytes: int
    fault: Queued | None
    data: bytearray = field(default_factory=bytearray)
    chunks: int = 0


class FileStore:
    """All files and uploads of a server."""

    def __init__(self, clock: Clock) -> None:
        self.base_url = ""
        self._clock = clock
        self._files: dict[str, StoredFile] = {}
        self._uploads: dict[str, FileUpload] = {}
        self._numbers = itertools.count(1)

    def held(self) -> list[StoredFile]:
        """Return the files that are neither deleted nor expired."""
        now = self._clock.now()
        self._files = {name: file for name, file in self._files.items() if now < file.created_utc + LIFETIME}
        return list(self._files.values())

    def get(self, name: str) -> StoredFile:
        """Return a file; raises Refused for what is deleted, expired or was never there."""
        self.held()
        if name not in self._files:
            raise Refused(
                403,
                f"You do not have permission to access the File {name.removeprefix('files/')} or it may not exist.",
            )
        return self._files[name]

    def ask(self, name: str) -> StoredFile:
        """Return a file for a request of its state, which lets its processing go on."""
        file = self.get(name)
        file.asked += 1
        if file.asked > 1 and file.state == "PROCESSING" and file.fault is not Fault.FILE_PROCESSING:
            broken = file.fault is Fault.FILE_FAILED or (file.media is None and file.mime not in JSONL_MIMES)
            file.state = "FAILED" if broken else "ACTIVE"
        return file

    def use(self, uri: str, mime: str) -> ReceivedMedia:
        """Return the media of a file that a request wants looked at; raises Refused when it cannot be."""
        self.held()
        file = next((file for file in self._files.values() if file.uri == uri), None)
        if file is None:
            prefix = f"{self.base_url}/v1beta/"
            if not re.fullmatch(r"\S+/v1(beta)?/files/\S+", uri):
                raise invalid_field("file_data.file_uri", f"Invalid or unsupported file uri: {uri}")
            file = self.get(uri.removeprefix(prefix).removeprefix(f"{self.base_url}/v1/"))
        short = file.name.removeprefix("files/")
        if file.state != "ACTIVE":
            text = f"The File {short} is not in an ACTIVE state and usage is not allowed."
            raise Refused(400, text, code="FAILED_PRECONDITION")
        if mime != file.mime:
            raise invalid_field("file_data.mime_type", f"The File {short} is {file.mime}, not {mime or 'unnamed'}.")
        if file.media is None:
            raise invalid_field("file_data.mime_type", f"Unsupported MIME type: {mime}")
        return file.media

    def delete(self, name: str) -> None:
        """Forget a file; raises Refused when there is none."""
        self.get(name)
        del self._files[name]

    def add_generated(self, data: bytes) -> StoredFile:
        """Keep a batch's results, which may be downloaded."""
        name = f"files/batch-{next(self._numbers):04d}"
        uri = f"{self.base_url}/v1beta/{name}"
        file = StoredFile(name, uri, "application/jsonl", data, "", self._clock.now(), "ACTIVE", generated=True)
        self._files[name] = file
        return file

    def check_start(self, exchange: Exchange) -> FileUpload:
        """Check the request that begins an upload."""
        head = exchange.headers
        if head.get("x-goog-upload-protocol") != "resumable" or head.get("x-goog-upload-command") != "start":
            raise Refused(400, "X-Goog-Upload-Protocol must be resumable, and X-Goog-Upload-Command start.")
        size = head.get("x-goog-upload-header-content-length", "")
        mime = head.get("x-goog-upload-header-content-type", "")
        if not size.isdigit() or not 0 < int(size) <= MAX_FILE_BYTES:
            raise Refused(400, f"X-Goog-Upload-Header-Content-Length is '{size}', no size from 1 to 2 GB.")
        if mime not in ALL_MIMES | JSONL_MIMES:
            raise Refused(400, f"Unsupported MIME type: {mime}")
        file: dict[str, Any] = exchange.body.get("file", {})
        name = file.get("name", "")
        if name and (not _ID.fullmatch(name) or name in self._files):
            held = "is taken" if name in self._files else "must be files/ and up to 40 of a-z, 0-9 and inner dashes"
            raise Refused(409 if name in self._files else 400, f"The file name {name} {held}.")
        if file.get("sizeBytes", int(size)) != int(size) or file.get("mimeType", mime) != mime:
            raise Refused(400, "The file's size or type differs from the X-Goog-Upload-Header.")
        return FileUpload(file, mime, int(size), None)

    def begin(self, upload: FileUpload) -> SentReply:
        """Open an upload and say where its bytes go."""
        upload_id = f"upload-{next(self._numbers):04d}"
        self._uploads[upload_id] = upload
        url = f"{self.base_url}/upload/v1beta/files?upload_id={upload_id}&upload_protocol=resumable"
        return SentReply(
            b"",
            headers={
                "X-Goog-Upload-URL": url,
                "X-Goog-Upload-Status": "active",
                "X-Goog-Upload-Chunk-Granularity": str(GRANULARITY_BYTES),
            },
        )

    def check_chunk(self, exchange: Exchange) -> FileUpload:
        """Check a chunk and find its upload."""
        upload = self._uploads.get(exchange.query.get("upload_id", ""))
        if upload is None:
            raise Refused(404, "There is no such upload: it is finished, or was never begun.")
        commands = {word.strip() for word in exchange.headers.get("x-goog-upload-command", "").split(",")}
        offset = exchange.headers.get("x-goog-upload-offset", "")
        if not commands or commands - {"upload", "finalize"}:
            raise Refused(400, "X-Goog-Upload-Command must be upload, or upload, finalize.")
        if offset != str(len(upload.data)):
            raise Refused(400, f"X-Goog-Upload-Offset is '{offset}', but {len(upload.data)} bytes have come.")
        total = len(upload.data) + len(exchange.raw)
        if "finalize" in commands and total != upload.size_bytes:
            raise Refused(400, f"The upload ends after {total} bytes, but {upload.size_bytes} were announced.")
        if "finalize" not in commands and (len(exchange.raw) % GRANULARITY_BYTES or not exchange.raw):
            raise Refused(400, f"A chunk that is not the last must be a multiple of {GRANULARITY_BYTES} bytes.")
        if total > upload.size_bytes:
            raise Refused(400, f"{total} bytes have come, but {upload.size_bytes} were announced.")
        return upload

    def receive(self, exchange: Exchange, upload: FileUpload) -> SentReply:
        """Take a chunk in; the last one makes a file."""
        upload.data += exchange.raw
        if "finalize" not in exchange.headers["x-goog-upload-command"]:
            return SentReply(b"", headers={"X-Goog-Upload-Status": "active"})
        del self._uploads[exchange.query["upload_id"]]
        name = upload.file.get("name") or f"files/canned-{next(self._numbers):04d}"
        uri = f"{self.base_url}/v1beta/{name}"
        data = bytes(upload.data)
        file = StoredFile(name, uri, upload.mime, data, upload.file.get("displayName", ""), self._clock.now())
        file.fault = upload.fault.fault if upload.fault else None
        try:
            file.media = open_media(upload.mime, data, uri) if upload.mime in ALL_MIMES else None
        except BadMedia:
            file.media = None  # it becomes FAILED when its processing ends
        self._files[name] = file
        return SentReply({"file": file.describe()}, headers={"X-Goog-Upload-Status": "final"})


def parse_start(exchange: Exchange) -> dict[str, Any]:
    """Return the JSON that begins an upload."""
    body: dict[str, Any] = normalise(exchange.parse_json(), FILE)
    return body
