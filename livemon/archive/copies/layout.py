"""Paths of files here and names of their copies: one path, relative to the data folder, for each.

The settings file, the prompts and the installation's secret lie elsewhere; their paths begin with ``settings/``.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from livemon.base.errors import CopyError
from livemon.base.secret_key import NAME as SECRET
from livemon.base.settings.settings import CONFIG_FILE, Settings
from livemon.store.copies import CopyRecord
from livemon.store.tables.copies import CopyKind

SETTINGS = "settings"
PROMPTS = f"{SETTINGS}/prompts"
CONFIG_PATH = f"{SETTINGS}/{CONFIG_FILE}"
SECRET_PATH = f"{SETTINGS}/{SECRET}"
FETCHED = "fetched"
"""In a camera's folder: footage that was fetched from the bucket to be played."""
OWN_FOLDER = "copies"
"""Below the data folder: footage that waits, and sealed forms while they are sent."""


def object_name(kind: CopyKind, path: str) -> str:
    """Return the name of a file's object: its class first, so that a bucket's own rules can tell classes apart."""
    return f"{kind.value}/{path}"


def camera_prefixes(camera_id: str) -> tuple[str, ...]:
    """Return the prefixes of the names of all objects of a camera."""
    return tuple(f"{kind.value}/cameras/{camera_id}/" for kind in CopyKind)


def queue_folder(settings: Settings) -> Path:
    """Return the folder of footage that waits to be sent."""
    return settings.data_dir / OWN_FOLDER / "queue"


def outgoing_folder(settings: Settings) -> Path:
    """Return the folder of sealed forms."""
    return settings.data_dir / OWN_FOLDER / "outgoing"


def fetched_folder(settings: Settings, camera_id: str) -> Path:
    """Return the folder of a camera's footage that was fetched from the bucket; an erase of the camera takes it."""
    return settings.camera_dir(camera_id) / FETCHED


def fetched_file(settings: Settings, copy: CopyRecord) -> Path | None:
    """Return where a copy of a camera's footage is fetched to; None of one that belongs to no camera."""
    if copy.camera_id is None:
        return None
    return fetched_folder(settings, copy.camera_id) / PurePosixPath(copy.path).name


def source_of(settings: Settings, path: str) -> Path:
    """Return the file that is copied; of footage the one in the queue, which stays when the camera's own goes."""
    queued = queue_folder(settings) / path
    if queued.is_file():
        return queued
    if path == CONFIG_PATH:
        return settings.config_file or CONFIG_FILE
    if path == SECRET_PATH:
        return settings.data_dir / SECRET
    if path.startswith(f"{PROMPTS}/"):
        return settings.prompts_dir / path.removeprefix(f"{PROMPTS}/")
    return settings.data_dir / path


def target_of(settings: Settings, path: str) -> Path:
    """Return where a copy is restored to.

    Raises
    ------
    CopyError
        When a path leads out of its folder: a manifest is not trusted.
    """
    parts = PurePosixPath(path).parts
    if not parts or PurePosixPath(path).is_absolute() or ".." in parts or "\0" in path:
        raise CopyError("copies.damaged", name=path)
    if path == SECRET_PATH:
        return settings.data_dir / SECRET
    if path.startswith(f"{PROMPTS}/"):
        return settings.prompts_dir / path.removeprefix(f"{PROMPTS}/")
    return settings.data_dir / path
