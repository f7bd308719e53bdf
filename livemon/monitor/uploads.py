"""Uploads: receive videos piece by piece, check and convert them, and put them into a camera's queue.

Checks and conversion of a file live in stream/files/uploads.py, HTTP in web/api/uploads.py.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import IO, Any

from livemon.base.clock import Clock
from livemon.base.disk import FreeBytes, free_bytes
from livemon.base.errors import CameraBusy, LivemonError, SourceError, TooManyRequests, UploadRefused
from livemon.base.messages.message import Message, message, system_reason
from livemon.base.private_files import make_folder
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamProfile
from livemon.cameras.registry import CameraRegistry
from livemon.stream import cache
from livemon.stream.files.upload_place import publish, safe_name
from livemon.stream.files.uploads import UploadLimits, check, convert, sniff
from livemon.stream.sources.folder import FakeLiveStreamGenerator

log = logging.getLogger(__name__)

KEPT_STATES = 200
"""So many uploads are remembered after they ended."""
GB = 10**9
WAITING_AT_MOST = 10
FREE_EVERY_BYTES = 16 * 2**20
SNIFFED_BYTES = 512


class UploadState(StrEnum):
    """Stage of an upload."""

    RECEIVING = "receiving"
    WAITING = "waiting"
    CHECKING = "checking"
    CONVERTING = "converting"
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"


OPEN = (UploadState.RECEIVING, UploadState.WAITING, UploadState.CHECKING, UploadState.CONVERTING)


@dataclass
class Upload:
    """One uploaded video. `refusal` is the reason for a refusal, `clip` the name in the queue."""

    id: str
    camera_id: str
    name: str
    folder: Path
    begun_utc: datetime
    state: UploadState = UploadState.RECEIVING
    bytes: int = 0
    fraction: float = 0.0
    clip: str = ""
    duration_s: float | None = None
    refusal: Message | None = None
    stop: threading.Event = field(default_factory=threading.Event, repr=False)
    _file: IO[Any] | None = field(default=None, repr=False)
    _path: Path | None = field(default=None, repr=False)
    _held: ExitStack = field(default_factory=ExitStack, repr=False)

    @property
    def is_open(self) -> bool:
        """Whether something still happens to it."""
        return self.state in OPEN

    @property
    def error(self) -> str:
        """Why it was not taken, in English; empty when it was."""
        return "" if self.refusal is None else str(self.refusal)


class Uploads:
    """Takes videos. Its methods block, and may be called from any thread.

    `free` says how many bytes are free.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        camera_registry: CameraRegistry,
        profile: StreamProfile,
        free: FreeBytes = free_bytes,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._camera_registry = camera_registry
        self._profile = profile
        self._free = free
        self._folder = settings.data_dir / "uploads"
        own = settings.upload
        self._limits = UploadLimits(own.max_minutes * 60, own.max_pixels, own.memory_mb, own.timeout_s)
        self._known: OrderedDict[str, Upload] = OrderedDict()
        self._changing = threading.Lock()
        # One at a time: converting takes a core.
        self._converter = ThreadPoolExecutor(1, thread_name_prefix="livemon-upload")
        self._closed = False
        cache.sweep(self._folder)  # of a process that died while it received

    @property
    def max_bytes(self) -> int:
        """Size of the largest video."""
        return int(self._settings.upload.max_gb * GB)

    def begin(self, camera_id: str, name: str = "", size: int | None = None, upload_id: str = "") -> Upload:
        """Open the report_jobs for a video.

        Parameters
        ----------
        name
            As its owner calls it; nothing is believed of it.
        size
            Bytes, when they are known beforehand.
        upload_id
            An id of the bringer's own, to ask for it before it is received.

        Raises
        ------
        UnknownCamera
            When there is no such camera.
        UploadRefused
            When uploads are off, the camera plays no folder, the video is too large or the disk too full.
        TooManyRequests
            When as many are received, or wait to be converted, as may be.
        """
        camera = self._camera_registry.camera(camera_id)
        if not self._settings.upload.enabled:
            raise UploadRefused("upload.switched_off")
        if not isinstance(camera.source, FakeLiveStreamGenerator):
            raise UploadRefused("upload.plays_no_folder", camera=camera.name)
        self._check_size(size or 0)
        self._check_disk(size or 0)
        with self._changing:
            if self._closed:
                raise UploadRefused("upload.server_stopping")
            receiving = sum(one.state is UploadState.RECEIVING for one in self._known.values())
            if receiving >= self._settings.upload.at_once:
                raise TooManyRequests("upload.too_many_at_once", receiving=receiving, wait_s=30)
            waiting = sum(one.state is UploadState.WAITING for one in self._known.values())
            if waiting >= WAITING_AT_MOST:
                raise TooManyRequests("upload.too_many_wait", waiting=waiting, wait_s=60)
            if upload_id in self._known:
                raise CameraBusy("upload.id_taken")
            folder = Path(camera.source.label)
            upload = Upload(upload_id or str(uuid.uuid4()), camera_id, name, folder, self._clock.now())
            self._known[upload.id] = upload
            ended = [one.id for one in self._known.values() if not one.is_open]
            for old in ended[: max(0, len(self._known) - KEPT_STATES)]:
                del self._known[old]
        try:
            make_folder(self._folder)
            # A name of ours: the user's file name never becomes a path.
            upload._path = upload._held.enter_context(cache.writing(self._folder / f"{uuid.uuid4().hex}.part"))
            upload._file = upload._path.open("r+b", buffering=0)
        except OSError as exc:
            refused = UploadRefused("upload.data_folder_not_written", folder=self._folder, reason=system_reason(exc))
            self._end(upload, UploadState.REFUSED, refused.said)
            raise refused from exc
        return upload

    def write(self, upload: Upload, chunk: bytes) -> None:
        """Keep the next piece of a video; raises UploadRefused when it grows too large, or was cancelled."""
        with self._refusing(upload):
            if upload.stop.is_set() or upload._file is None:
                raise UploadRefused("upload.cancelled")
            self._check_size(upload.bytes + len(chunk))
            if not upload.bytes and len(chunk) >= SNIFFED_BYTES:
                sniff(chunk)  # a file that is not a video is not received to its end
            if upload.bytes // FREE_EVERY_BYTES != (upload.bytes + len(chunk)) // FREE_EVERY_BYTES:
                self._check_disk(0)
            rest = memoryview(chunk)
            while rest:
                rest = rest[upload._file.write(rest) :]
            upload.bytes += len(chunk)

    def finish(self, upload: Upload) -> None:
        """Close a video that was received whole; it is checked and converted in the background."""
        with self._refusing(upload):
            if upload._file is None or upload.stop.is_set():
                raise UploadRefused("upload.cancelled")
            if not upload.bytes:
                raise UploadRefused("upload.no_file")
            upload._file.close()
            upload._file = None
            with self._changing:
                if self._closed:
                    raise UploadRefused("upload.server_stops_receiving")
                upload.state = UploadState.WAITING
                self._converter.submit(self._take, upload)

    def of(self, upload_id: str) -> Upload | None:
        """Return an upload by its id; None when there is none, or it ended long ago."""
        return self._known.get(upload_id)

    def all(self, camera_id: str | None = None) -> list[Upload]:
        """Return the uploads, newest first."""
        with self._changing:
            found = list(self._known.values())
        return [one for one in reversed(found) if camera_id in (None, one.camera_id)]

    def cancel(self, upload: Upload) -> None:
        """Give an upload up; nothing of it stays. Harmless when it has ended."""
        upload.stop.set()
        if upload.state in (UploadState.RECEIVING, UploadState.WAITING):
            self._end(upload, UploadState.CANCELLED)

    def refuse(self, upload: Upload, why: Message) -> None:
        """End an upload that cannot be read as it comes."""
        self._end(upload, UploadState.REFUSED, why)

    def abandon(self, upload: Upload) -> None:
        """Drop an upload whose sender has gone before it was received."""
        if upload.state is UploadState.RECEIVING:
            self._end(upload, UploadState.CANCELLED, message("upload.connection_broke"))

    def close(self) -> None:
        """Give up running uploads, and wait until nothing of them is left."""
        with self._changing:
            self._closed = True
            under_way = [one for one in self._known.values() if one.is_open]
        for upload in under_way:
            self.cancel(upload)
        self._converter.shutdown()

    def _take(self, upload: Upload) -> None:
        """Check and convert a video, and put it into the camera's queue; on the converter's thread."""
        assert upload._path is not None
        clip = upload._path.with_suffix(".clip.part")
        try:
            with cache.writing(clip), self._refusing(upload):
                if upload.stop.is_set():
                    raise SourceError("upload.cancelled_by_caller")
                upload.state = UploadState.CHECKING
                container, media = check(upload._path, self._limits)
                upload.state = UploadState.CONVERTING
                profile, limits = self._profile, self._limits
                advance = partial(self._advance, upload)
                frames = convert(upload._path, clip, container, media, profile, limits, advance, upload.stop)
                upload.clip = publish(clip, upload.folder, safe_name(upload.name))
                upload.duration_s = frames / profile.fps
                upload.fraction = 1.0
                self._end(upload, UploadState.DONE)
        except LivemonError as exc:
            log.info("upload %s: %s", upload.id, exc)
        except Exception:
            log.exception("upload %s failed", upload.id)
            self._end(upload, UploadState.REFUSED, message("upload.failed"))

    def _advance(self, upload: Upload, fraction: float) -> None:
        upload.fraction = fraction
        self._check_disk(0)  # a clip grows, too

    @contextmanager
    def _refusing(self, upload: Upload) -> Iterator[None]:
        """End an upload that is refused, or that the disk fails, and say why."""
        try:
            yield
        except OSError as exc:
            said = UploadRefused("upload.not_kept", reason=system_reason(exc))
            self._end(upload, UploadState.REFUSED, said.said)
            raise said from exc
        except LivemonError as exc:
            cancelled = upload.stop.is_set()
            self._end(upload, UploadState.CANCELLED if cancelled else UploadState.REFUSED, exc.said)
            raise

    def _end(self, upload: Upload, state: UploadState, refusal: Message | None = None) -> None:
        if not upload.is_open:
            return
        upload.state, upload.refusal = state, refusal
        if upload._file is not None:
            with suppress(OSError):
                upload._file.close()
            upload._file = None
        upload._held.close()  # and with it the file

    def _check_size(self, size: int) -> None:
        if size > self.max_bytes:
            raise UploadRefused("upload.too_large", max_gb=self._settings.upload.max_gb)

    def _check_disk(self, more: int) -> None:
        floor = int(self._settings.min_free_gb * GB)
        if self._free(self._folder) - more < floor:
            raise UploadRefused("upload.disk_full")
