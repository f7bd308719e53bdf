"""CopyErasure: erase a camera's copies: the queue, the bucket with all versions, and the manifest.

Copies of the database hold rows of all cameras, so all of them go; the next night makes one without the camera. Rows
and files of the data folder do not belong here (monitor/erase.py).
"""

from __future__ import annotations

import shutil

from livemon.archive.copies.address import bucket_label, open_vault
from livemon.archive.copies.key_store import KeyStore
from livemon.archive.copies.layout import camera_prefixes, queue_folder
from livemon.archive.copies.manifest import compact
from livemon.archive.copies.ownership import check_owner
from livemon.archive.copies.prune import remove_marked
from livemon.base.clock import Clock
from livemon.base.errors import BucketError, CopyError
from livemon.base.settings.settings import Settings
from livemon.store import copies
from livemon.store.session import Database


class CopyErasure:
    """Erases copies. Its methods block."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock

    def mark(self, camera_id: str) -> None:
        """Forget a camera's waiting copies, and mark those in buckets, so that they go even if `finish` never comes."""
        copies.mark_camera(self._database, camera_id, self._clock.now())
        shutil.rmtree(queue_folder(self._settings) / "cameras" / camera_id, ignore_errors=True)

    def finish(self, camera_id: str) -> None:
        """Delete a camera's copies from the bucket, and prove that none is left in any version.

        Raises
        ------
        CopyError
            When something is left: the bucket is away or locked, or an earlier bucket holds copies. livemon goes on
            trying where it can.
        """
        own = bucket_label(self._settings) if self._settings.copies.enabled else ""
        elsewhere = sorted(set(copies.buckets_with_marked(self._database)) - {own})
        if own:
            try:
                self._erase(camera_id)
            except BucketError as exc:
                raise CopyError("copies.not_erased", camera=camera_id, bucket=own, reason=exc.said) from exc
        if elsewhere:
            raise CopyError("copies.not_erased_elsewhere", camera=camera_id, buckets=elsewhere)

    def _erase(self, camera_id: str) -> None:
        keys = KeyStore(self._settings.data_dir).keys()
        vault = open_vault(self._settings, keys)
        try:
            check_owner(vault, keys, self._database)
            remove_marked(self._database, vault, self._clock.now())
            # Also versions of earlier uploads, and objects sent without a row.
            for prefix in camera_prefixes(camera_id):
                vault.bucket.delete_below(prefix)
            compact(vault)
        finally:
            vault.bucket.stop()
