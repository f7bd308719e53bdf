"""CopyReader: footage that only the bucket has, for playing: read in ranges, or fetched to a file beside the camera's.

It works in threads of its own, and each request has a time limit: a bucket that is slow or away delays nothing else.
The list of footage that is only there lives in camera_copies.py, restoring in restore.py.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from weakref import WeakSet

from livemon.archive.copies.address import bucket_label, open_vault
from livemon.archive.copies.key_store import KeyStore
from livemon.archive.copies.layout import fetched_file, outgoing_folder
from livemon.archive.copies.vault import SEALED, Vault
from livemon.base.clock import Clock
from livemon.base.disk import free_bytes
from livemon.base.errors import BucketError, CopyError, StoreError, TooManyRequests
from livemon.base.messages.message import system_reason
from livemon.base.private_files import make_folder, open_private
from livemon.base.settings.settings import Settings
from livemon.store import copies
from livemon.store.copies import CopyRecord
from livemon.store.session import Database
from livemon.stream import cache
from livemon.stream.archive_lock import archive_lock

BLOCK_BYTES = 1 << 20
"""Most that a reader asks for at once, and holds in memory."""
READ_LIMIT_S = 20.0
"""Longest for a block; then the request is refused."""
FETCH_LIMIT_S = 45.0
"""Longest that a request waits for files to be fetched; they go on being fetched for the next request."""
READERS = 4
FETCHERS = 2
MOST_WAITING = 32
WAIT_S = 2.0
REST_S = 5.0
"""A bucket that refused is asked again after this time; until then each request is refused with the same reason."""
FETCHED_BYTES = 2 * 1024**3
"""Fetched files of one camera; the longest unused goes first."""
MOST_FETCHED_BYTES = 1024**3
"""Most that one request should fetch: all of it must fit in the cache at once."""

T = TypeVar("T")


class CopyReader:
    """Reads copies; opens the bucket when the first is asked for, and imports nothing before.

    Parameters
    ----------
    settings, database, clock
        The address, the rows, the time.
    opener
        Opens the vault; that of the settings when None.
    """

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, opener: Callable[[], Vault] | None = None
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._opener = opener or (lambda: open_vault(settings, KeyStore(settings.data_dir).keys()))
        self._bucket = bucket_label(settings) if settings.copies.enabled else ""
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="livemon-copy-read")
        self._fetchers = ThreadPoolExecutor(FETCHERS, thread_name_prefix="livemon-copy-fetch")
        self._waiting = 0
        self._opening = threading.Lock()
        self._vault: Vault | None = None
        self._opened_vaults: WeakSet[Vault] = WeakSet()  # those left, too: something may still be reading there
        self._refusal: BucketError | None = None
        self._rest_until_s = 0.0
        self._changing = threading.Lock()
        self._fetching: dict[str, Future[None]] = {}

    def copy_of(self, path: Path) -> CopyRecord | None:
        """Return the copy of a file of the data folder; None when the bucket has none. Blocks."""
        data_dir, path = self._settings.data_dir.absolute(), path.absolute()
        if not self._bucket or not path.is_relative_to(data_dir):
            return None
        return copies.copy_of(self._database, self._bucket, path.relative_to(data_dir).as_posix())

    async def read(self, copy: CopyRecord, start: int, end: int) -> bytes:
        """Return bytes [start, end) of a copied file, at most `BLOCK_BYTES` of them.

        Raises
        ------
        BucketError, CopyError
            When the bucket refuses or takes too long, or the copy is damaged.
        TooManyRequests
            When too many wait already.
        StoreError
            When livemon is stopping.
        """
        if self._waiting >= MOST_WAITING:
            raise TooManyRequests("copies.too_many_readers", wait_s=WAIT_S)
        self._waiting += 1
        try:
            reading = self._submit(self._readers, lambda: self._read(copy, start, min(end, start + BLOCK_BYTES)))
            return await asyncio.wait_for(asyncio.wrap_future(reading), READ_LIMIT_S)
        except TimeoutError as exc:
            raise BucketError("copies.too_slow", bucket=self._bucket, limit_s=READ_LIMIT_S) from exc
        finally:
            self._waiting -= 1

    async def fetch(self, wanted: Sequence[CopyRecord]) -> None:
        """Fetch copies of footage to the files where `CameraCopies` finds them; harmless for those that are there.

        Raises
        ------
        BucketError, CopyError
            As `read`; with code ``copies.being_fetched`` when it takes longer than a request may.
        StoreError
            When livemon is stopping.
        """
        if not wanted:
            return
        # Not cancelled with the request: the next one finds the fetched copies.
        fetching = [asyncio.wrap_future(self._begin(copy)) for copy in wanted]
        done, late = await asyncio.wait(fetching, timeout=FETCH_LIMIT_S, return_when=asyncio.FIRST_EXCEPTION)
        for one in late:
            one.add_done_callback(lambda future: future.cancelled() or future.exception())
        for one in done:
            one.result()
        if late:
            raise BucketError("copies.being_fetched", bucket=self._bucket)

    def close(self) -> None:
        """End running fetches, and accept no more."""
        for vault in list(self._opened_vaults):
            vault.bucket.stop()
        for pool in (self._readers, self._fetchers):
            pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, copy: CopyRecord) -> Future[None]:
        """Fetch a copy in a thread; two requests for one file share it."""
        with self._changing:
            begun = self._fetching.get(copy.path)
            if begun is None:
                begun = self._fetching[copy.path] = self._submit(self._fetchers, lambda: self._fetch(copy))
                begun.add_done_callback(lambda _done: self._fetching.pop(copy.path, None))
            return begun

    def _submit(self, pool: ThreadPoolExecutor, step: Callable[[], T]) -> Future[T]:
        try:
            return pool.submit(step)
        except RuntimeError as exc:
            raise StoreError("server.stopping") from exc

    def _fetch(self, copy: CopyRecord) -> None:
        target = fetched_file(self._settings, copy)
        if target is None or (target.is_file() and target.stat().st_size == copy.bytes):
            return
        outgoing = outgoing_folder(self._settings)
        part = outgoing / f"{secrets.token_hex(8)}.fetched"
        try:
            make_folder(outgoing)
            if free_bytes(outgoing) - copy.bytes < self._settings.min_free_gb * 1e9:  # recording comes first
                raise CopyError("footage.no_room", file=target.name)
            digest = hashlib.sha256()
            with open_private(part, "wb") as file:
                for start in range(0, copy.bytes, BLOCK_BYTES):
                    block = self._read(copy, start, min(copy.bytes, start + BLOCK_BYTES))
                    digest.update(block)
                    file.write(block)
            if digest.hexdigest() != copy.sha256:
                raise CopyError("copies.damaged", name=copy.name)
            self._put_in_place(copy, part, target)
        except OSError as exc:
            raise CopyError("copies.file_not_written", file=target.name, reason=system_reason(exc)) from exc
        finally:
            part.unlink(missing_ok=True)

    def _put_in_place(self, copy: CopyRecord, part: Path, target: Path) -> None:
        """Give a fetched file its name, unless its camera was erased meanwhile: an erase holds the same lock."""
        camera = target.parent.parent
        make_folder(camera)
        with archive_lock(camera):
            if copies.copy_of(self._database, self._bucket, copy.path) is None:
                raise CopyError("copies.no_object", bucket=self._bucket, name=copy.name)
            make_folder(target.parent)
            cache.bound(target.parent, FETCHED_BYTES - copy.bytes)
            part.replace(target)

    def _read(self, copy: CopyRecord, start: int, end: int) -> bytes:
        vault = self._opened()
        if copy.name.endswith(SEALED) is not bool(vault.key):
            raise CopyError("copies.damaged", name=copy.name)
        try:
            return vault.read_range(copy.name, start, end, copy.bytes)
        except BucketError as exc:
            if exc.said.code != "copies.no_object":
                self._leave(vault, exc)
            raise

    def _opened(self) -> Vault:
        """Return the open bucket; one that has just refused is left alone for a while."""
        with self._opening:
            if self._refusal is not None and self._clock.monotonic_s() < self._rest_until_s:
                raise self._refusal
            if self._vault is None:
                try:
                    self._vault = self._opener()
                    self._opened_vaults.add(self._vault)
                except BucketError as exc:
                    self._rest(exc)
                    raise
            return self._vault

    def _leave(self, vault: Vault, refusal: BucketError) -> None:
        """Open the bucket anew for the next reader, a while after a refusal."""
        with self._opening:
            if self._vault is vault:
                self._vault = None
                self._rest(refusal)

    def _rest(self, refusal: BucketError) -> None:
        self._refusal = refusal
        self._rest_until_s = self._clock.monotonic_s() + REST_S
