"""Caches on disk: entries in use stay, the least recently used ones go first.

An entry is a file or a folder directly in the cache's folder. Anything in a cache can be made again. The cached things,
and their making, belong to the callers.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from livemon.base.errors import LockBusy
from livemon.base.file_lock import lock, try_lock
from livemon.base.private_files import open_private


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A file or folder in a cache: its size, and when it was used last (nanoseconds since the epoch)."""

    path: Path
    bytes: int
    used_ns: int


def entries(folder: Path) -> list[CacheEntry]:
    """Return the entries of a cache, the longest unused first; empty when the folder does not exist."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for path in folder.iterdir():
            # Another process may be deleting at the same time.
            with contextlib.suppress(FileNotFoundError):
                stats = [path.stat(), *(inner.stat() for inner in path.rglob("*"))]
                size = sum(status.st_size for status in stats)
                found.append(CacheEntry(path, size, max(status.st_mtime_ns for status in stats)))
    return sorted(found, key=lambda entry: entry.used_ns)


def hold(path: Path) -> IO[bytes]:
    """Open a cached file and keep it from being deleted until it is closed, or this process ends; marks it as used.

    Raises
    ------
    LockBusy
        When another process is deleting it, and hangs.
    """
    file = path.open("rb")
    try:
        lock(file, path, shared=True)
    except LockBusy:
        file.close()
        raise
    with contextlib.suppress(OSError):
        os.utime(path)
    return file


def free(cached: Iterable[CacheEntry], needed_bytes: int) -> int:
    """Delete entries in the order given until `needed_bytes` are freed; held ones stay. Returns the bytes freed."""
    freed = 0
    for entry in cached:
        if freed >= needed_bytes:
            break
        if _delete(entry.path):
            freed += entry.bytes
    return freed


def bound(folder: Path, max_bytes: int) -> None:
    """Delete the least recently used entries until the cache is at most `max_bytes`; held files stay."""
    held = entries(folder)
    free(held, sum(entry.bytes for entry in held) - max_bytes)


def sweep(folder: Path) -> None:
    """Remove the temporary files of processes that have died; those being written are held by their writers."""
    for path in folder.glob("*.part"):
        _delete(path)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Make a temporary file that `sweep` leaves alone while this process works on it; it is gone at the end."""
    with open_private(path, "wb") as file:
        lock(file, path, shared=True)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


def _delete(path: Path) -> bool:
    """Delete a folder, or a file that is not held."""
    try:
        if path.is_dir():
            # Under another name first: half a folder must not pass for a whole one.
            gone = path.rename(path.with_name(f".{path.name.lstrip('.')}.{os.getpid()}.{threading.get_ident()}"))
            shutil.rmtree(gone)
            return True
        with path.open("rb") as file:
            if not try_lock(file):
                return False
            path.unlink()
            return True
    except OSError:
        return False
