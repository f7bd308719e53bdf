"""FolderBucket: a folder of this machine, such as a mounted disk. Needs no other package."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Collection
from pathlib import Path

from livemon.base.errors import BucketError
from livemon.base.messages.message import system_reason
from livemon.base.private_files import make_folder, open_private

PART = ".part"
BLOCK = 1 << 20


class FolderBucket:
    """Objects are private files below a folder.

    Parameters
    ----------
    folder
        Made when missing, but not its parent: without it, an unmounted disk would fill the disk below it.
    """

    may_be_unmounted = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._stopped = threading.Event()
        self.label = str(self._folder)

    def put(self, path: Path, name: str) -> None:
        """Store a file under a name, replacing what is there."""
        target = self._folder / name
        part = target.with_name(target.name + PART)
        try:
            self._check_mounted()
            make_folder(target.parent)
            with path.open("rb") as source, open_private(part, "wb") as file:
                while block := source.read(BLOCK):
                    if self._stopped.is_set():
                        raise BucketError("copies.stopped", bucket=self.label)
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except OSError as exc:
            raise self._error(exc) from exc
        finally:
            part.unlink(missing_ok=True)

    def get(self, name: str, target: Path) -> None:
        """Write an object to a file."""
        try:
            with (self._folder / name).open("rb") as source, open_private(target, "wb") as file:
                shutil.copyfileobj(source, file, BLOCK)
        except OSError as exc:
            raise self._error(exc, name) from exc

    def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """Return bytes [start, end) of an object; to its end when None."""
        try:
            with (self._folder / name).open("rb") as file:
                file.seek(start)
                return file.read() if end is None else file.read(end - start)
        except OSError as exc:
            raise self._error(exc, name) from exc

    def sizes(self, prefix: str = "") -> dict[str, int]:
        """Return the objects whose name begins with a prefix, with their bytes."""
        above = self._folder / prefix.rpartition("/")[0]
        try:
            self._check_mounted()
            paths = [Path(folder) / name for folder, _, names in os.walk(above) for name in names]
            found = {p.relative_to(self._folder).as_posix(): p.stat().st_size for p in paths if p.suffix != PART}
        except OSError as exc:
            raise self._error(exc) from exc
        return {name: size for name, size in found.items() if name.startswith(prefix)}

    def delete(self, names: Collection[str]) -> None:
        """Delete objects; ignore those that are gone."""
        try:
            for name in names:
                path = self._folder / name
                path.unlink(missing_ok=True)
                for folder in path.relative_to(self._folder).parents:
                    if folder == Path() or not _is_empty(self._folder / folder):
                        break
                    (self._folder / folder).rmdir()
        except OSError as exc:
            raise self._error(exc) from exc

    def delete_below(self, prefix: str) -> None:
        """Delete every object whose name begins with a prefix."""
        self.delete(self.sizes(prefix))

    def clean(self) -> None:
        """Remove files that a kill left half written."""
        for path in self._folder.rglob(f"*{PART}"):
            path.unlink(missing_ok=True)

    def stop(self) -> None:
        """End a copy that is under way, from any thread."""
        self._stopped.set()

    def _check_mounted(self) -> None:
        if not self._folder.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self._folder.parent))
        make_folder(self._folder)

    def _error(self, exc: OSError, name: str = "") -> BucketError:
        if isinstance(exc, FileNotFoundError) and name:
            return BucketError("copies.no_object", bucket=self.label, name=name)
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            return BucketError("copies.full", bucket=self.label)
        return BucketError("copies.refused", bucket=self.label, reason=system_reason(exc))


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and next(folder.iterdir(), None) is None
