"""One at a time works on a camera's archives: the archiver, a repair, the cleanup; the kernel lets go at death.

Its holder may write, replace and delete archives and segments of the camera, and any temporary file that it finds is
stale. Streaming has a lock of its own (lock.py): it goes on meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from livemon.base.file_lock import locked


@contextmanager
def archive_lock(camera_folder: Path) -> Iterator[None]:
    """Hold a camera's archives; waits for another holder, which takes seconds at most. For worker threads.

    Parameters
    ----------
    camera_folder
        The camera's folder; made when missing.

    Raises
    ------
    LockBusy
        When the other holder takes too long.
    """
    with locked(camera_folder / "archive.lock"):
        yield
