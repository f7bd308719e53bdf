"""Memory of a server process: freed pages return to the system, permanent objects leave garbage collection.

glibc gives each thread an arena of its own and seldom returns its pages. With some twenty threads that work at times it
is a fifth of the process (measured, benchmarks/README.md). Memory that livemon itself keeps belongs to its owners.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import sys

log = logging.getLogger(__name__)

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""From glibc's malloc.h."""

OPTIONS = {M_ARENA_MAX: 2, M_MMAP_THRESHOLD: 256 * 1024}
"""Arenas are shared; pictures are mapped, and so go back at once: by default the threshold rises with what is freed."""

TRIM_EVERY_S = 20.0


def keep_small() -> bool:
    """Set `OPTIONS` from now on; False where the C library knows nothing of that (musl, macOS)."""
    try:
        libc = _libc()
        return all(libc.mallopt(option, value) for option, value in OPTIONS.items())
    except (AttributeError, OSError):
        return False


def keep_what_is_there() -> None:
    """Exclude all present objects from garbage collection: for when all of them stay for ever.

    To walk through it again and again held everybody up for 0.2 s at a time.
    """
    gc.collect()
    gc.freeze()


async def give_back() -> None:
    """Return unused pages to the system every so often, for ever; returns where that cannot be done."""
    try:
        trim = _libc().malloc_trim
    except (AttributeError, OSError):
        log.debug("this C library returns no pages when asked")
        return
    while True:
        await asyncio.sleep(TRIM_EVERY_S)
        await asyncio.to_thread(trim, 0)  # some milliseconds, without Python's lock


def _libc() -> ctypes.CDLL:
    if not sys.platform.startswith("linux"):
        raise OSError("not Linux")
    return ctypes.CDLL("libc.so.6")
