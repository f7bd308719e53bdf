"""Name and place of an uploaded video's clip.

The name is derived from its owner's, and the file is put whole into the camera's folder.

The content of a clip lives in uploads.py.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from pathlib import Path

from livemon.base.errors import UploadRefused
from livemon.base.messages.message import system_reason
from livemon.base.private_files import create, make_folder, open_private

CLIP_SUFFIX = ".mp4"
NAME_AT_MOST = 80
NAMESAKES_AT_MOST = 10_000
NO_HARD_LINKS = (errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EMLINK)


def safe_name(name: str) -> str:
    """Return a file name of letters, digits, ``.``, ``_`` and ``-`` that is not a path, not hidden, and ends in .mp4.

    Examples
    --------
    >>> safe_name("../../Emma's 1st step.MOV")
    'Emma-s-1st-step.mp4'
    """
    stem = re.split(r"[\\/\0]", name)[-1]
    stem = stem.rpartition(".")[0] or stem
    kept = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[: NAME_AT_MOST - len(CLIP_SUFFIX)]
    return (kept or "video") + CLIP_SUFFIX


def publish(clip: Path, folder: Path, name: str) -> str:
    """Put a clip into a camera's folder; returns the name it has there. It appears whole, and replaces nothing.

    Raises
    ------
    UploadRefused
        When the folder cannot be written.
    """
    beside = folder / f".{clip.stem}.part"
    try:
        make_folder(folder)
        create(beside)
        shutil.copyfile(clip, beside)
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        stem = name.removesuffix(CLIP_SUFFIX)
        for number in range(1, NAMESAKES_AT_MOST):
            more = f"-{number}" if number > 1 else ""
            chosen = stem[: NAME_AT_MOST - len(CLIP_SUFFIX + more)] + more + CLIP_SUFFIX
            try:
                _appear(beside, folder / chosen)
            except FileExistsError:
                continue
            return chosen
    except OSError as exc:
        raise UploadRefused("upload.folder_not_written", folder=folder, reason=system_reason(exc)) from exc
    finally:
        with contextlib.suppress(OSError):  # also when there is no folder at all
            beside.unlink(missing_ok=True)
    raise UploadRefused("upload.name_used_up", folder=folder)


def _appear(beside: Path, target: Path) -> None:
    """Give a file its name; FileExistsError when something has it."""
    try:
        os.link(beside, target)
    except OSError as exc:
        if exc.errno not in NO_HARD_LINKS:
            raise
        # exFAT and some network drives: the name is taken first, and then what is behind it is replaced.
        open_private(target, "x").close()
        beside.replace(target)
