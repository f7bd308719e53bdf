"""Eraser: everything that was recorded and concluded of a camera goes, on a person's request, and that is verified.

Retention, which deletes by age and spares what is pinned, does not belong here (archive/cleanup.py).
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from livemon.archive.copies.erasure import CopyErasure
from livemon.base.clock import Clock
from livemon.base.engine import Engine
from livemon.base.errors import ConfigError, StoreError, UnknownCamera
from livemon.base.messages.message import system_reason
from livemon.base.secret_key import Secrets
from livemon.base.settings.settings import CAMERA_ID, Settings
from livemon.cameras.camera import Camera
from livemon.cameras.registry import CameraRegistry
from livemon.store.backup import Backups
from livemon.store.cameras import known_cameras
from livemon.store.erase import count_rows, erase_rows, forget_camera, is_known
from livemon.store.session import Database
from livemon.stream.archive_lock import archive_lock
from livemon.stream.lock import CameraLock

TOKEN_LASTS = timedelta(minutes=5)
KEPT_FILES = ("camera.lock", "archive.lock")
"""Never deleted: a lock on a deleted file would exclude no process."""


@dataclass(frozen=True, slots=True)
class ErasePreview:
    """Data of a camera: rows by kind, files by folder, and bytes."""

    rows: dict[str, int]
    files: dict[str, int]
    bytes: int

    @property
    def empty(self) -> bool:
        """Whether there is nothing."""
        return not any(self.rows.values()) and not any(self.files.values())


class Eraser:
    """Erases cameras. Its methods block, and may be called from any thread."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, camera_registry: CameraRegistry, engine: Engine
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._camera_registry = camera_registry
        self._engine = engine
        self._cache = settings.data_dir / "cache" / "playback"
        self._backups = Backups(database, settings.data_dir / "backups")
        self._copies = CopyErasure(settings, database, clock)
        self._secrets = Secrets(settings.data_dir)
        self._used: set[str] = set()

    def inventory(self, camera_id: str) -> ErasePreview:
        """Return the data of a camera, also of a removed one; UnknownCamera when there never was one."""
        self._known(camera_id)
        return self._inventory(camera_id)

    def removed(self) -> list[str]:
        """Return the ids of removed cameras of which something is still here."""
        gone = (each for each in known_cameras(self._database) if each not in self._camera_registry.cameras)
        return [each for each in gone if not self._inventory(each).empty]

    def confirmation(self, camera_id: str) -> str:
        """Return what `reset` wants to be told, so that nothing is erased by accident; good once, for five minutes."""
        self._known(camera_id)
        until_s = int((self._clock.now() + TOKEN_LASTS).timestamp())
        return self._secrets.sign({"reset": camera_id, "until": until_s, "once": secrets.token_hex(8)})

    def reset(self, camera_id: str, confirmation: str) -> ErasePreview:
        """Erase events, analyses, reports, pictures, archives and segments of a camera; returns the counts.

        The files of a SQLite database hold nothing of it afterwards; docs/retention.md says what PostgreSQL keeps. A
        camera that runs is stopped for it and started again. The source is not touched: a folder's videos stay.

        Raises
        ------
        ConfigError
            When the confirmation is another camera's, too old, or was used.
        CameraBusy
            When another process streams the camera.
        StoreError
            When something is left; what, it says.
        CopyError
            When something is left in the bucket of copies: all here is erased then.
        """
        camera = self._known(camera_id)
        self._check(camera_id, confirmation)
        if camera is None:
            removed = self._erase(camera_id)
            forget_camera(self._database, camera_id)
            self._scrub(camera_id)
            return removed
        runs = camera.running
        self._engine.call(camera.stop())
        try:
            removed = self._erase(camera_id)
            camera.gateway.scene.forget()
            self._scrub(camera_id)
        finally:
            if runs:
                self._engine.call(camera.start())
        return removed

    def _scrub(self, camera_id: str) -> None:
        """Leave nothing of deleted rows in the database, and no copy of it, here or elsewhere, that still has them."""
        with self._backups.held():
            self._backups.remove()
            self._copies.mark(camera_id)  # copies queued or sent since the erase began, of the database above all
            try:
                self._copies.finish(camera_id)
            finally:
                self._database.scrub()

    def _known(self, camera_id: str) -> Camera | None:
        """Return the camera; None of one that was removed. UnknownCamera when there never was one."""
        camera = self._camera_registry.cameras.get(camera_id)
        if camera is None and not (CAMERA_ID.fullmatch(camera_id) and is_known(self._database, camera_id)):
            raise UnknownCamera(camera_id, sorted(self._camera_registry.cameras))
        return camera

    def _erase(self, camera_id: str) -> ErasePreview:
        folder = self._settings.camera_dir(camera_id)
        lock = CameraLock(folder)
        lock.acquire(self._clock.now())
        try:
            # An archive that is being assembled, here or elsewhere, is finished first.
            with archive_lock(folder):
                before = self._inventory(camera_id)
                # Rows first: a row without its file is a lie, a file without its row is found below.
                rows = erase_rows(self._database, camera_id)
                self._copies.mark(camera_id)
                for path in _entries(folder):
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
                # Pieces of archives, of all cameras: they are made again when they are asked for.
                if self._cache.is_dir():
                    shutil.rmtree(self._cache)
                left = self._inventory(camera_id)
        except OSError as exc:
            raise StoreError("erase.files_left", camera=camera_id, reason=system_reason(exc)) from exc
        finally:
            lock.release()
        if not left.empty:
            raise StoreError("erase.something_left", camera=camera_id, rows=left.rows, files=left.files)
        return ErasePreview(rows, before.files, before.bytes)

    def _inventory(self, camera_id: str) -> ErasePreview:
        files: dict[str, int] = {}
        size = 0
        for entry in _entries(self._settings.camera_dir(camera_id)):
            found = [entry] if entry.is_file() else [path for path in entry.rglob("*") if path.is_file()]
            files[entry.name] = len(found)
            size += sum(path.lstat().st_size for path in found)
        return ErasePreview(count_rows(self._database, camera_id), files, size)

    def _check(self, camera_id: str, confirmation: str) -> None:
        value = self._secrets.verified(confirmation) or {}
        until_s, once = value.get("until"), str(value.get("once"))
        fresh = isinstance(until_s, int) and self._clock.now().timestamp() < until_s
        if value.get("reset") != camera_id or not fresh or once in self._used:
            raise ConfigError("erase.not_confirmed", camera=camera_id)
        self._used.add(once)


def _entries(folder: Path) -> list[Path]:
    """Return what lies in a camera's folder, its locks left out."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.name not in KEPT_FILES)
