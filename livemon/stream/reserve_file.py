"""Ballast: a file that holds room for nothing, dropped when the disk is full, so that the database can still write."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from livemon.base.private_files import open_private

BALLAST_BYTES = 64_000_000


class Ballast:
    """A file of zeros at a fixed place.

    Parameters
    ----------
    path
        Its path, on the disk that it keeps room on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, spare_bytes: int) -> None:
        """Make it when it is missing and `spare_bytes` have place for it twice; a refusing disk is ignored."""
        if self._path.exists() or spare_bytes < 2 * BALLAST_BYTES:
            return
        with contextlib.suppress(OSError), open_private(self._path, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)

    def drop(self) -> None:
        """Give its room away."""
        self._path.unlink(missing_ok=True)
