"""Rules of retention: files and rows that may be deleted, and when.

Pure: values in, values out; the deletion lives in archive/cleanup.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from livemon.base.messages.message import Message, message
from livemon.store.archives import ArchiveRecord


class Stage(IntEnum):
    """Stages of a full disk, in the order in which livemon gives things up."""

    ROOM = 0
    CACHES = 1
    SEGMENTS = 2
    ARCHIVES = 3
    LIVE_ONLY = 4

    @property
    def said(self) -> Message:
        """Measures that livemon takes at this stage."""
        return message(f"disk.{self.name.lower()}")


@dataclass(frozen=True, slots=True)
class Room:
    """Free space that is wanted, in bytes.

    Attributes
    ----------
    wanted
        Below this something is deleted.
    enough
        Deleting goes on to here, so that it does not begin again at once.
    recovered
        From here on the disk is not full any more. Deleting never comes this far: a user made room.
    least
        Below this, with nothing left to delete, footage that is not archived goes too.
    """

    wanted: int
    enough: int
    recovered: int
    least: int

    @classmethod
    def of(cls, min_free_gb: float) -> Room:
        """Return what the setting `min_free_gb` asks for."""
        wanted = int(min_free_gb * 1e9)
        return cls(wanted, wanted + wanted // 10, wanted + wanted // 2, wanted // 10)


def too_old(archives: Iterable[ArchiveRecord], now: datetime, retention_days: float) -> list[ArchiveRecord]:
    """Return the archives whose time has come: ended longer ago than `retention_days`, and not pinned."""
    keep_from = now - timedelta(days=retention_days)
    return [archive for archive in archives if archive.end_utc <= keep_from and not archive.pinned]


def oldest_to_free(archives: Iterable[ArchiveRecord], needed_bytes: int) -> list[ArchiveRecord]:
    """Return as many of the oldest archives that are not pinned as it takes to free `needed_bytes`."""
    chosen: list[ArchiveRecord] = []
    for archive in sorted(archives, key=lambda a: a.end_utc):
        if needed_bytes <= 0:
            break
        if not archive.pinned:
            chosen.append(archive)
            needed_bytes -= archive.bytes
    return chosen


def old_days(days: Iterable[str], pinned: Sequence[ArchiveRecord], now: datetime, retention_days: float) -> list[str]:
    """Return the days (``20261123``, UTC) whose pictures may go: wholly past retention, and nothing pinned in them."""
    last = f"{now - timedelta(days=retention_days + 1):%Y%m%d}"
    return [
        day
        for day in sorted(days)
        if day <= last and not any(f"{a.start_utc:%Y%m%d}" <= day <= f"{a.end_utc:%Y%m%d}" for a in pinned)
    ]
