"""Ownership of a bucket: whether this livemon may write to it and delete from it.

Code that changes a bucket asks here.

The marker itself is read and written in manifest.py.
"""

from __future__ import annotations

from livemon.archive.copies.key_store import CopyKeys
from livemon.archive.copies.manifest import Marker, read_marker
from livemon.archive.copies.vault import Vault
from livemon.base.errors import BucketError, CopyError
from livemon.store import copies
from livemon.store.session import Database


def own_marker(vault: Vault, keys: CopyKeys) -> Marker:
    """Return the marker of this livemon's buckets."""
    return Marker(keys.installation, vault.key_id)


def check_owner(vault: Vault, keys: CopyKeys, database: Database) -> bool:
    """Refuse a bucket that is not this livemon's, and a folder whose disk is not mounted.

    Returns
    -------
    bool
        Whether the bucket is new: it has no marker yet.

    Raises
    ------
    CopyError
        When another livemon writes to it, or it was written with another key.
    BucketError
        When it refuses, or is an empty folder although copies were sent there: its disk is not mounted.
    """
    marker, own = read_marker(vault), own_marker(vault, keys)
    label = vault.bucket.label
    if marker is None:
        sent = copies.sent_to(database, label)
        if sent and vault.bucket.may_be_unmounted:
            raise BucketError("copies.not_mounted", bucket=label, n=sent)
        return True
    if marker.key_id != own.key_id:
        raise CopyError("copies.other_key", bucket=label, key=marker.key_id or "-", own=own.key_id or "-")
    if marker.installation != own.installation:
        raise CopyError("copies.other_installation", bucket=label)
    return False
