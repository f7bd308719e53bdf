"""Backup: everything to a folder, now, by the same code as copies; only missing files are sent.

The queue of the bucket in the settings is not touched: the folder's own manifest says what it holds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from livemon.archive.copies.choice import CopyChoice, all_of
from livemon.archive.copies.key_store import KeyStore
from livemon.archive.copies.layout import source_of
from livemon.archive.copies.manifest import (
    CopyEntry,
    OnDone,
    compact,
    read_manifest,
    write_marker,
    write_part,
)
from livemon.archive.copies.ownership import check_owner, own_marker
from livemon.archive.copies.vault import Vault
from livemon.base.clock import Clock
from livemon.base.errors import BucketError, CopyError
from livemon.base.settings.settings import Settings
from livemon.store.backup import Backups
from livemon.store.copies import CopyCandidate
from livemon.store.session import Database

PART_OF = 500
"""Copies that are listed at once: a backup that is interrupted keeps what it has listed."""


@dataclass
class BackedUp:
    """Counts of a backup: sent, already there, and not readable."""

    sent: int = 0
    sent_bytes: int = 0
    there: int = 0
    failed: int = 0


def back_up(
    settings: Settings, database: Database, clock: Clock, vault: Vault, on_done: OnDone | None = None
) -> BackedUp:
    """Send everything that the vault does not hold.

    Parameters
    ----------
    on_done
        Called after each file, also one that is there already.

    Raises
    ------
    CopyError
        When the vault is another livemon's or of another key.
    BucketError
        When it refuses: what was sent stays, and the next backup goes on.
    """
    keys = KeyStore(settings.data_dir).keys()
    if check_owner(vault, keys, database):
        write_marker(vault, own_marker(vault, keys))
    now = clock.now()
    if database.file is not None:
        Backups(database, settings.data_dir / "backups").make(now.astimezone(settings.zone).date())
    listing = read_manifest(vault)
    there = vault.bucket.sizes()
    done, added = BackedUp(), list[CopyEntry]()
    choice = CopyChoice(settings, database, "", vault.name)
    wanted = list(all_of(choice, now))
    for number, one in enumerate(wanted, start=1):
        known = listing.entries.get(one.name)
        if known is not None and there.get(one.name) == known.stored_bytes and _is_same(settings, one, known):
            done.there += 1
        elif (entry := _send(settings, vault, one)) is None:
            done.failed += 1
        else:
            added.append(entry)
            done.sent += 1
            done.sent_bytes += entry.stored_bytes
        if on_done is not None:
            on_done(number, len(wanted))
        if len(added) >= PART_OF:
            write_part(vault, added)
            added = []
    if added:
        write_part(vault, added)
    compact(vault)
    return done


def _send(settings: Settings, vault: Vault, one: CopyCandidate) -> CopyEntry | None:
    """Send a file; None when it cannot be read any more."""
    try:
        stored = vault.put(source_of(settings, one.path), one.name)
    except BucketError:
        raise
    except CopyError:
        return None
    sizes = (stored.bytes, stored.sha256, stored.stored_bytes, stored.stored_sha256)
    return CopyEntry(one.name, one.path, one.kind.value, one.camera_id or "", *sizes, one.start_utc, one.end_utc)


def _is_same(settings: Settings, one: CopyCandidate, known: CopyEntry) -> bool:
    """Return whether a file is as it was sent: by the hash of its row, else by reading it."""
    if one.bytes != known.bytes:
        return False
    if one.sha256:
        return one.sha256 == known.sha256
    try:
        with source_of(settings, one.path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == known.sha256
    except OSError:
        return False
