"""Files and folders that only their owner can read: all that livemon writes below its data folder.

By explicit modes, never by this process's umask, which belongs to the notebook or program around it. The contents of
the files belong to their owners; sharing between processes lives in file_lock.py.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from livemon.base.messages.message import Message, message

FOLDER_MODE = 0o700
FILE_MODE = 0o600
CHILD_UMASK = 0o077
"""For programs that livemon starts, so that their files are as private."""
OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_folder(path: Path) -> None:
    """Make a folder and the missing ones above it; what exists stays as it is."""
    missing = [path, *(parent for parent in path.parents if not parent.exists())]
    for folder in reversed(missing):
        folder.mkdir(FOLDER_MODE, exist_ok=True)


def made_once(path: Path, text: str) -> bytes:
    """Return the content of a private file, which is made with this text when it is missing.

    Of several processes at once, one makes it, and all return the same.
    """
    make_folder(path.parent)
    if not path.exists():
        # Written whole beside it and linked: a process that reads at the same time sees all of it or nothing.
        beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            write_text(beside, text)
            os.link(beside, path)
        except FileExistsError:
            pass  # another process was faster: its content is the one
        finally:
            beside.unlink(missing_ok=True)
    return path.read_bytes()


def open_private(path: Path, mode: str) -> IO[Any]:
    """Open a file for writing, as `open` does; text is UTF-8. A link in its place is refused with an OSError."""
    return open(path, mode, encoding=None if "b" in mode else "utf-8", opener=_private)


def create(path: Path) -> None:
    """Make a file for a program that opens it by its name; an existing one keeps its content."""
    open_private(path, "ab").close()


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file."""
    with open_private(path, "wb") as file:
        file.write(data)


def write_text(path: Path, text: str) -> None:
    """Write a whole file of text, in UTF-8."""
    with open_private(path, "w") as file:
        file.write(text)


def exposed(folder: Path) -> Iterator[Path]:
    """Yield the folder and its content, as far as group or others may use it; links are not followed."""
    for path in _tree(folder):
        if stat.S_IMODE(path.lstat().st_mode) & OF_OTHERS:
            yield path


def mend(folder: Path) -> tuple[int, list[Path]]:
    """Take the rights of group and others from a folder and all in it; links are not followed.

    Returns
    -------
    int, list of Path
        The number of changed files, and the unchanged ones: those of another user, and those with a second name
        elsewhere.
    """
    mended, left = 0, []
    for path in exposed(folder):
        try:
            # Through a handle that no link can be put under meanwhile.
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                if _has_another_name(os.fstat(handle)):
                    left.append(path)
                    continue
                os.fchmod(handle, stat.S_IMODE(os.fstat(handle).st_mode) & ~OF_OTHERS)
            finally:
                os.close(handle)
            mended += 1
        except OSError:
            left.append(path)
    return mended, left


def trouble(folder: Path) -> Message | None:
    """Return whether others can put files of theirs in a folder's place; None when they cannot."""
    try:
        real = folder.resolve(strict=True)
        owner = real.stat().st_uid
    except OSError:
        return None  # not there yet; making it says what is wrong
    if owner != os.geteuid():
        return message("doctor.other_owner", folder=folder, owner=owner, own=os.geteuid())
    linked = real != Path(os.path.normpath(folder.absolute()))
    for parent in real.parents:
        mode = parent.stat().st_mode
        if mode & stat.S_IWOTH and (linked or not mode & stat.S_ISVTX):
            return message("doctor.linked_into" if linked else "doctor.lies_in", folder=folder, parent=parent)
    return None


def _has_another_name(found: os.stat_result) -> bool:
    """Whether a file is linked from elsewhere, and so may be one of the system's."""
    return stat.S_ISREG(found.st_mode) and found.st_nlink > 1


def _tree(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    yield folder
    for above, folders, files in os.walk(folder, followlinks=False):
        for name in (*folders, *files):
            path = Path(above) / name
            if not path.is_symlink() and path.exists():
                yield path


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, FILE_MODE)
