"""One at a time works on a camera's archives: the archivist, a repair, the janitor; the kernel lets go at death.

Whoever holds it may write, replace and delete archives and segments of the camera, and any temporary file that it
finds is a dead one. Streaming has a lock of its own (lock.py): it goes on meanwhile.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def archive_lock(camera_folder: Path) -> Iterator[None]:
    """Hold a camera's archives; waits for another holder, which takes seconds at most. For worker threads.

    Parameters
    ----------
    camera_folder
        The camera's folder; made when missing.
    """
    camera_folder.mkdir(parents=True, exist_ok=True)
    # Never deleted: a lock on a file that is gone would keep nobody out.
    with (camera_folder / "archive.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
