"""Nightly copies of a SQLite database: consistent, private, the last three; a person puts one back by hand.

Erasing data erases it in its copies, too (monitor/erase.py). When one is due the cleanup asks; other databases have
their own tools.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from livemon.base.errors import StoreError
from livemon.base.file_lock import locked
from livemon.base.private_files import create, make_folder
from livemon.store.session import Database

KEPT = 3


class Backups:
    """The copies of one database.

    Parameters
    ----------
    database
        The database to copy; only SQLite files are copied.
    folder
        Holds ``livemon-2026-11-23.db`` and so on; made when missing.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self.folder = folder

    def paths(self) -> list[Path]:
        """Return the copies, the oldest first."""
        return sorted(self.folder.glob("livemon-*.db"))

    def is_due(self, day: date) -> bool:
        """Whether there is no copy of a day yet, and there can be one."""
        return self._database.file is not None and not self._path(day).exists()

    @property
    def needed_bytes(self) -> int:
        """Maximum size of a copy."""
        file = self._database.file
        return file.stat().st_size if file is not None and file.exists() else 0

    def make(self, day: date) -> Path:
        """Copy the database as it is now, and delete all copies but the last three. Blocks, seconds a gigabyte.

        Raises
        ------
        StoreError
            When it cannot be written, or the database cannot be read: what was copied before stays.
        LockBusy
            When another process copies or erases for too long.
        """
        part = self._path(day).with_suffix(".part")
        with self.held():
            try:
                make_folder(self.folder)
                part.unlink(missing_ok=True)
                create(part)  # SQLite fills an empty file and leaves its mode
                self._database.copy_into(part)
                part.replace(self._path(day))
            except (OSError, sqlite3.Error) as exc:
                part.unlink(missing_ok=True)
                raise StoreError("store.not_copied", reason=exc) from exc
            for path in self.paths()[:-KEPT]:
                path.unlink()
        return self._path(day)

    def remove(self) -> None:
        """Delete all copies; only while they are `held`."""
        for path in (*self.paths(), *self.folder.glob("livemon-*.part")):
            path.unlink(missing_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let no copy be made meanwhile; LockBusy when one takes too long."""
        with locked(self.folder.with_name("backups.lock")):
            yield

    def _path(self, day: date) -> Path:
        return self.folder / f"livemon-{day.isoformat()}.db"
