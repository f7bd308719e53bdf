"""SqliteHost: one host streams into a SQLite database. A second one, or a second data folder, is refused.

SQLite's locks do not hold between machines, and its rows do not say on which host footage is. Any number of processes
of one host and one data folder may share it.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import IO

from livemon.base.errors import ConfigError
from livemon.base.file_lock import locked, try_lock
from livemon.base.messages.message import system_reason
from livemon.base.private_files import open_private

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""Linux's name of a running machine, which is the same in its containers."""


class SqliteHost:
    """Keeps a SQLite database for this host and data folder while it is held; does nothing for other databases.

    Parameters
    ----------
    file
        Of the database; None when it is not SQLite's.
    data_dir
        Folder of this host's footage; it exists.
    """

    def __init__(self, file: Path | None, data_dir: Path) -> None:
        self._database = file
        self._data_dir = data_dir
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the database for this host; harmless when it is held.

        Raises
        ------
        ConfigError
            When another host or data folder has it, or the lock's file cannot be written.
        """
        if self._database is None or self._file is not None:
            return
        path = self._database.with_name(f"{self._database.name}.host")
        try:
            with locked(self._database.with_name(f"{self._database.name}.lock")):
                self._take(path)
        except OSError as exc:
            raise ConfigError("store.host_not_written", path=path, reason=system_reason(exc)) from exc

    def release(self) -> None:
        """Let another host have the database; harmless when it is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _take(self, path: Path) -> None:
        file = open_private(path, "a+")
        folder = self._data_dir.stat()
        own = f"{_machine()} {folder.st_dev} {folder.st_ino}"
        if try_lock(file):
            file.truncate(0)
            file.write(f"{own}\n{socket.gethostname()}\n{self._data_dir.absolute()}\n")
            file.flush()
        file.seek(0)
        holder, host, data_dir = ([*file.read().splitlines(), "", "", ""])[:3]
        if holder != own or not try_lock(file, shared=True):
            file.close()
            raise ConfigError("store.second_host", database=self._database, host=host, folder=data_dir)
        self._file = file


def _machine() -> str:
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return socket.gethostname()
