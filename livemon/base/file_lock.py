"""Locks on files, which the kernel releases when their holder dies: taken at once, or waited for within a limit.

A lock file is private, or any user of the machine could hold it. The locked files and their contents belong to the
callers.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from livemon.base.errors import LockBusy
from livemon.base.private_files import make_folder, open_private

WAIT_S = 60.0
"""Work under a lock takes seconds; a process that holds one longer hangs."""
POLL_S = 0.05


def try_lock(file: IO[Any], *, shared: bool = False) -> bool:
    """Take a lock on an open file, until it is closed; False when another holder has it."""
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock(file: IO[Any], path: Path, *, shared: bool = False, wait_s: float = WAIT_S) -> None:
    """Take a lock on an open file, until it is closed; waits, so for worker threads only.

    Parameters
    ----------
    path
        The file's, for the error.

    Raises
    ------
    LockBusy
        When another holder keeps it for longer than `wait_s`.
    """
    give_up_s = time.monotonic() + wait_s
    while not try_lock(file, shared=shared):
        if time.monotonic() >= give_up_s:
            raise LockBusy("lock.held_too_long", path=path, wait_s=wait_s)
        time.sleep(POLL_S)


@contextmanager
def locked(path: Path, *, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold a lock file, which is made with its folder when missing; raises as `lock` does.

    It is never deleted: a lock on a file that is gone would keep no other process out.
    """
    make_folder(path.parent)
    with open_private(path, "a") as file:
        lock(file, path, wait_s=wait_s)
        yield
