"""One process streams a camera: a lock on its folder that the kernel releases when the process dies."""

from __future__ import annotations

import contextlib
import os
from datetime import datetime
from pathlib import Path
from typing import IO

from livemon.base.clock import iso
from livemon.base.errors import CameraBusy, ConfigError
from livemon.base.file_lock import try_lock
from livemon.base.messages.message import system_reason
from livemon.base.private_files import make_folder, open_private


class CameraLock:
    """Holds a camera's folder for this process.

    Parameters
    ----------
    folder
        The camera's folder; made when missing.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "camera.lock"
        self._file: IO[str] | None = None

    def acquire(self, now: datetime) -> bool:
        """Take the camera.

        Returns
        -------
        bool
            Whether who held it before ended without giving it back: it was killed, or the machine went out.

        Raises
        ------
        CameraBusy
            When another process, or another Monitor of this one, has it; says who and since when.
        ConfigError
            When the folder cannot be written.
        """
        try:
            make_folder(self._path.parent)
            file = open_private(self._path, "a+")
        except OSError as exc:
            raise ConfigError("stream.folder_not_written", camera=self._path.parent, reason=system_reason(exc)) from exc
        if not try_lock(file):
            file.seek(0)
            holder = file.read().strip() or "another process"
            file.close()
            raise CameraBusy("stream.already_streamed", camera=self._path.parent.name, holder=holder)
        self._file = file
        try:
            file.seek(0)
            killed = bool(file.read().strip())
            file.truncate(0)
            file.write(f"process {os.getpid()} since {iso(now)}")
            file.flush()
        except OSError as exc:
            self.release()
            raise ConfigError("stream.lock_not_written", path=self._path, reason=system_reason(exc)) from exc
        return killed

    def release(self) -> None:
        """Give the camera back; harmless when it is not held."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                file.truncate(0)
            with contextlib.suppress(OSError):
                file.close()
