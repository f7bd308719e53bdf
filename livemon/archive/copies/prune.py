"""Prune: delete expired and erased copies from the bucket, with all their versions.

An object goes first, then its line in the manifest, then its row: a kill in between is taken up again. The choice of
objects lives in erasure.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from livemon.archive.copies.manifest import write_part
from livemon.archive.copies.vault import Vault
from livemon.base.errors import BucketError
from livemon.base.settings.settings import Settings
from livemon.store import archives, copies
from livemon.store.copies import CopyRecord
from livemon.store.session import Database
from livemon.store.tables.copies import CopyKind, CopyState

BATCH = 200
LOCKED_AGAIN = timedelta(days=1)
IN_BUCKET = (CopyState.STORED, CopyState.LISTED)


def expire(settings: Settings, database: Database, bucket: str, now: datetime) -> int:
    """Mark the copies that are older than their class is kept; footage that is pinned here stays. Returns how many."""
    own = settings.copies
    days = {
        CopyKind.CLIP.value: own.clip_days,
        CopyKind.PICTURE.value: own.clip_days,
        CopyKind.ARCHIVE.value: own.archive_days,
        CopyKind.REPORT.value: own.report_days,
    }
    pinned = {row.path for row in archives.records(database) if row.pinned}
    rows = copies.copies(database, bucket, IN_BUCKET)
    old = [
        row
        for row in rows
        if row.kind in days and row.end_utc <= now - timedelta(days=days[row.kind]) and row.path not in pinned
    ]
    databases = sorted((row for row in rows if row.kind == CopyKind.DATABASE), key=lambda row: row.path)
    old += databases[: -own.database_copies]
    copies.set_state(database, [row.id for row in old], CopyState.REMOVING)
    return len(old)


def remove_marked(database: Database, vault: Vault, now: datetime) -> int:
    """Delete marked copies from the bucket, the manifest and the rows; returns their number.

    Raises
    ------
    BucketError
        When the bucket refuses; with code ``copies.locked`` when it keeps them, and then a day passes before the next
        try.
    """
    bucket, removed = vault.bucket.label, 0
    while rows := copies.removable(database, bucket, now, limit=BATCH):
        try:
            _remove(database, vault, rows)
        except BucketError as exc:
            if exc.said.code == "copies.locked":
                for row in rows:
                    copies.fail(database, row.id, exc.said, now + LOCKED_AGAIN)
            raise
        removed += len(rows)
    return removed


def _remove(database: Database, vault: Vault, rows: list[CopyRecord]) -> None:
    names = [row.name for row in rows]
    vault.bucket.delete(names)
    write_part(vault, (), names)
    copies.drop(database, [row.id for row in rows])
