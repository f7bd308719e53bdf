"""Restore: from a bucket to an empty data folder; whole files come back, and missing ones are named.

Each file is written beside its place, checked against its hash and renamed, so a restore that was interrupted goes on
where it stopped. Rows come from the newest copy of the database that is whole.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from livemon.archive.copies.inspection import is_whole
from livemon.archive.copies.key_store import CopyKeys, KeyStore
from livemon.archive.copies.layout import SECRET_PATH, object_name, target_of
from livemon.archive.copies.manifest import FOLDER, MARKER, CopyEntry, OnDone, read_manifest, read_marker
from livemon.archive.copies.vault import SEALED, Vault
from livemon.base.clock import EPOCH
from livemon.base.errors import CopyError
from livemon.base.private_files import make_folder, open_private
from livemon.base.settings.settings import Settings
from livemon.store.tables.copies import CopyKind

DATABASE = "livemon.db"
PART = ".restored-part"
UNFINISHED = "restore-unfinished"
"""A file in the data folder while a restore is at work: files beside it are of that restore, and may be replaced."""


@dataclass
class Restored:
    """Result of a restore: files by kind, bytes, the copy of the database that was used, and missing files.

    `had_rows` is false when no database was ever copied there: that of PostgreSQL is not.
    """

    files: dict[str, int] = field(default_factory=dict)
    bytes: int = 0
    database: str = ""
    had_rows: bool = False
    missing: list[str] = field(default_factory=list)
    damaged_manifest: list[str] = field(default_factory=list)

    def count(self, entry: CopyEntry) -> None:
        """Count a file that came back."""
        self.files[entry.kind] = self.files.get(entry.kind, 0) + 1
        self.bytes += entry.bytes


def restore(settings: Settings, vault: Vault, on_done: OnDone | None = None) -> Restored:
    """Restore everything that is whole.

    Parameters
    ----------
    on_done
        Called after each file, and at the end.

    Raises
    ------
    CopyError
        When the data folder has a database or other footage, the key is another one, or there is nothing to restore.
    BucketError
        When the bucket refuses.
    """
    marker = read_marker(vault)
    if marker is None:
        raise CopyError("copies.nothing_there", bucket=vault.bucket.label)
    if marker.key_id != vault.key_id:
        raise CopyError(
            "copies.other_key", bucket=vault.bucket.label, key=marker.key_id or "-", own=vault.key_id or "-"
        )
    _refuse_what_is_in_use(settings)
    database = settings.data_dir / DATABASE
    listing = read_manifest(vault)
    restored = Restored(damaged_manifest=list(listing.damaged))
    entries = [*listing.entries.values(), *_unlisted(vault, listing.entries)]
    databases = [entry for entry in entries if entry.kind == CopyKind.DATABASE]
    restored.had_rows = bool(databases)
    files = sorted((one for one in entries if one.kind != CopyKind.DATABASE), key=lambda one: one.path == SECRET_PATH)
    _begin(settings, files)
    store = KeyStore(settings.data_dir)
    before = store.keys()
    for number, entry in enumerate(files, start=1):
        if entry.path == SECRET_PATH:
            store.forget()  # sealed with the secret that is replaced now: a kill must not leave what cannot be opened
        _restore_file(settings, vault, entry, restored)
        if on_done is not None:
            on_done(number, len(entries))
    # The database comes last: it marks the folder as restored.
    key = vault.key.hex() if vault.key is not None else before.key
    store.replace(CopyKeys(key, marker.installation, before.user, before.secret))
    _restore_database(settings, vault, databases, database, restored)
    (settings.data_dir / UNFINISHED).unlink()
    if on_done is not None:
        on_done(len(entries), len(entries))
    return restored


def _refuse_what_is_in_use(settings: Settings) -> None:
    if settings.database_url:
        raise CopyError("copies.restore_needs_own_database", folder=settings.data_dir)
    if (settings.data_dir / DATABASE).exists():
        raise CopyError("copies.not_empty", folder=settings.data_dir, file=DATABASE)


def _begin(settings: Settings, files: Iterable[CopyEntry]) -> None:
    """Mark the folder; without the mark of an earlier restore, files with other content are not ours: refused."""
    mark = settings.data_dir / UNFINISHED
    if not mark.exists():
        for entry in files:
            target = target_of(settings, entry.path)
            if entry.path != SECRET_PATH and target.is_file() and not _is_restored(target, entry):
                raise CopyError("copies.not_empty", folder=settings.data_dir, file=entry.path)
    make_folder(settings.data_dir)
    with open_private(mark, "w"):
        pass


def _is_restored(target: Path, entry: CopyEntry) -> bool:
    return not entry.sha256 or _sha256(target) == entry.sha256


def _restore_file(settings: Settings, vault: Vault, entry: CopyEntry, restored: Restored) -> None:
    target = target_of(settings, entry.path)
    if target.is_file() and _is_restored(target, entry):
        restored.count(entry)  # an earlier restore, which was interrupted
        return
    part = target.with_name(target.name + PART)
    make_folder(target.parent)
    try:
        if _fetch(vault, entry, part):
            part.replace(target)
            restored.count(entry)
        else:
            restored.missing.append(entry.path)
    finally:
        part.unlink(missing_ok=True)


def _restore_database(
    settings: Settings, vault: Vault, databases: Iterable[CopyEntry], target: Path, restored: Restored
) -> None:
    part = settings.data_dir / f"{DATABASE}{PART}"
    try:
        for entry in sorted(databases, key=lambda one: one.path, reverse=True):
            if not restored.database and _fetch(vault, entry, part) and _is_sound(part):
                part.replace(target)
                restored.database = entry.path
                restored.count(entry)
            elif not restored.database:
                restored.missing.append(entry.path)
    finally:
        part.unlink(missing_ok=True)


def _fetch(vault: Vault, entry: CopyEntry, target: Path) -> bool:
    if entry.sha256:
        return is_whole(vault, entry, target)
    try:
        vault.get(entry.name, target)  # sealed: checked by its key
    except CopyError as exc:
        if exc.said.code not in ("copies.damaged", "copies.no_object"):
            raise
        return False
    return True


def _unlisted(vault: Vault, listed: dict[str, CopyEntry]) -> list[CopyEntry]:
    """Return the objects that no readable part of the manifest lists: sent, and livemon killed just then."""
    found = []
    for name, size in vault.bucket.sizes().items():
        if name in listed or name == MARKER or name.startswith(FOLDER):
            continue
        kind, _, path = name.partition("/")
        path = path.removesuffix(SEALED) if vault.key is not None else path
        if path and kind in {one.value for one in CopyKind} and object_name(CopyKind(kind), path):
            found.append(CopyEntry(name, path, kind, "", 0, "", size, "", EPOCH, EPOCH))
    return found


def _is_sound(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("PRAGMA quick_check").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
