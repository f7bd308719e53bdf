"""CopySender: sends queued copies, one file at a time, and lists sent ones in the manifest.

A kill neither loses nor doubles a copy. A row waits until its object is whole in the bucket, and sending it again
replaces the object. A copy that no manifest lists is listed by the next part. When to send does not
belong here (worker.py).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from livemon.archive.copies.copy_queue import CopyQueue
from livemon.archive.copies.key_store import KeyStore
from livemon.archive.copies.layout import source_of
from livemon.archive.copies.manifest import (
    CopyEntry,
    Listing,
    read_manifest,
    write_marker,
    write_part,
)
from livemon.archive.copies.ownership import check_owner, own_marker
from livemon.archive.copies.prune import remove_marked
from livemon.archive.copies.vault import Vault
from livemon.base.clock import Clock
from livemon.base.errors import BucketError, CopyError
from livemon.base.settings.settings import Settings
from livemon.store import copies
from livemon.store.copies import CopyRecord
from livemon.store.session import Database
from livemon.store.tables.copies import CopyKind, CopyState

log = logging.getLogger(__name__)

FIRST_RETRY = timedelta(seconds=30)
LAST_RETRY = timedelta(hours=1)
"""Waits after a file that cannot be read; the worker waits for a bucket that refuses."""
LISTED_AT_ONCE = 1000


@dataclass
class InProgress:
    """Files that are being sent: two threads never send one file, also over a change of the sender."""

    ids: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


class CopySender:
    """Sends to one open vault. Its methods block, and two threads may send at once.

    Parameters
    ----------
    sending
        Shared with the senders before and after this one.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        vault: Vault,
        queue: CopyQueue,
        sending: InProgress,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self.vault = vault
        self._bucket = vault.bucket.label
        self._queue = queue
        self._sending = sending

    def connect(self) -> int:
        """See that the bucket is ours, and bring rows and manifest into agreement.

        Returns
        -------
        int
            Number of copies that the bucket has lost, which are queued again as far as their files are here.

        Raises
        ------
        CopyError
            When another livemon writes to it, or it was written with another key.
        BucketError
            When it refuses, or its disk is not mounted.
        """
        keys = KeyStore(self._settings.data_dir).keys()
        if check_owner(self.vault, keys, self._database):
            write_marker(self.vault, own_marker(self.vault, keys))
        self.vault.bucket.clean()
        return self._agree(read_manifest(self.vault))

    def send_next(self, ranks: Collection[int]) -> int | None:
        """Send one file; returns how many bytes, None when nothing is due.

        Raises
        ------
        BucketError
            When the bucket refuses: the file waits as before.
        """
        row = self._take(ranks)
        if row is None:
            return None
        try:
            return self._send(row)
        finally:
            with self._sending.lock:
                self._sending.ids.discard(row.id)

    def list_sent(self) -> None:
        """Write the copies sent since the last time into the manifest."""
        while rows := copies.copies(self._database, self._bucket, [CopyState.STORED], limit=LISTED_AT_ONCE):
            write_part(self.vault, map(entry_of, rows))
            copies.set_state(self._database, [row.id for row in rows], CopyState.LISTED)

    def remove_marked(self, now: datetime) -> None:
        """Delete marked copies from the bucket; one that keeps them, by an object lock, is asked again tomorrow."""
        try:
            remove_marked(self._database, self.vault, now)
        except BucketError as exc:
            if exc.said.code != "copies.locked":
                raise
            log.warning("%s", exc)

    def _take(self, ranks: Collection[int]) -> CopyRecord | None:
        with self._sending.lock:
            row = copies.next_due(self._database, self._bucket, self._clock.now(), ranks, self._sending.ids)
            if row is not None:
                self._sending.ids.add(row.id)
            return row

    def _send(self, row: CopyRecord) -> int:
        now = self._clock.now()
        try:
            stored = self.vault.put(source_of(self._settings, row.path), row.name)
        except BucketError as exc:
            copies.fail(self._database, row.id, exc.said, now)
            raise
        except CopyError as exc:
            if exc.said.code == "copies.file_gone":
                copies.set_state(self._database, [row.id], CopyState.LOST, exc.said)
                self._queue.done(row.path)
            else:
                wait = min(LAST_RETRY, FIRST_RETRY * 2 ** min(row.attempts, 10))
                copies.fail(self._database, row.id, exc.said, now + wait)
            log.warning("%s", exc)
            return 0
        values = {name: getattr(stored, name) for name in ("bytes", "sha256", "stored_bytes", "stored_sha256")}
        if not copies.finish(self._database, row.id, self._clock.now(), **values):
            self._take_back(row)  # its camera was erased meanwhile, and only this worker sends the row
        if row.kind == CopyKind.CLIP:
            self._queue.done(row.path)
        return stored.stored_bytes

    def _take_back(self, row: CopyRecord) -> None:
        """Delete a copy again that was sent meanwhile; when the bucket refuses, it stays marked."""
        copies.mark_sent(self._database, self._bucket, row, self._clock.now())
        self.vault.bucket.delete([row.name])

    def _agree(self, listing: Listing) -> int:
        """Make rows of copies that only the manifest knows, and queue lost ones again."""
        in_bucket = (CopyState.STORED, CopyState.LISTED)
        rows = {row.name: row for row in copies.copies(self._database, self._bucket, in_bucket)}
        missing = [entry for name, entry in listing.entries.items() if name not in rows]
        copies.adopt(self._database, self._bucket, [row_of(entry) for entry in missing], self._clock.now())
        listed = [row for row in rows.values() if row.state == CopyState.LISTED]
        if not listed:
            return 0
        there = self.vault.bucket.sizes()
        gone = [row for row in listed if there.get(row.name) != row.stored_bytes]
        gone_ids = {row.id for row in gone}
        unlisted = [row.id for row in listed if row.name not in listing.entries and row.id not in gone_ids]
        copies.set_state(self._database, unlisted, CopyState.STORED)
        here = [row for row in gone if source_of(self._settings, row.path).is_file()]
        for row in here:
            if row.kind == CopyKind.CLIP:
                self._queue.keep(row.path)
        copies.requeue(self._database, [row.id for row in here], self._clock.now())
        lost = gone_ids - {row.id for row in here}
        copies.set_state(self._database, lost, CopyState.LOST, CopyError("copies.lost_by_bucket").said)
        return len(gone)


def entry_of(row: CopyRecord) -> CopyEntry:
    """Return a row as an entry of the manifest."""
    sizes = (row.bytes, row.sha256, row.stored_bytes, row.stored_sha256)
    return CopyEntry(row.name, row.path, row.kind, row.camera_id or "", *sizes, row.start_utc, row.end_utc)


def row_of(entry: CopyEntry) -> dict[str, object]:
    """Return the columns of an entry of the manifest."""
    names = ("name", "path", "kind", "bytes", "sha256", "stored_bytes", "stored_sha256", "start_utc", "end_utc")
    values = {name: getattr(entry, name) for name in names}
    ranks = {CopyKind.ARCHIVE.value: 3, CopyKind.CLIP.value: 1, CopyKind.PICTURE.value: 1}
    return values | {"camera_id": entry.camera_id or None, "rank": ranks.get(entry.kind, 2)}
