"""Free room on a disk: the one place that asks.

Deciding what to do about it does not belong here (archive/cleanup.py).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

FreeBytes = Callable[[Path], int]
"""Returns the bytes free for us where a path lies; tests give one of their own."""


def free_bytes(folder: Path) -> int:
    """Return the bytes free for us on the disk that holds `folder`, or would hold it."""
    folder = folder.absolute()
    return shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists())).free
