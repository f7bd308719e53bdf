"""Vault: a bucket and the key that seals its objects; without a key it is not encrypted.

The choice of files lives in sender.py, the sealing in encryption.py.
"""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from livemon.archive.copies import encryption
from livemon.archive.copies.buckets.bucket import Bucket
from livemon.base.errors import CopyError
from livemon.base.file_lock import locked
from livemon.base.messages.message import system_reason
from livemon.base.private_files import make_folder, open_private

SEALED = ".enc"


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes and hashes of a file and of the object that it became."""

    bytes: int
    sha256: str
    stored_bytes: int
    stored_sha256: str


class Vault:
    """Puts files into a bucket and gets them back.

    Parameters
    ----------
    bucket, key
        The bucket, and the key; None stores files as they are.
    folder
        For sealed forms while they are sent.
    """

    def __init__(self, bucket: Bucket, key: bytes | None, folder: Path) -> None:
        self.bucket = bucket
        self.key = key
        self._folder = folder

    @property
    def key_id(self) -> str:
        """Name of the key; empty when there is none."""
        return encryption.key_id(self.key) if self.key else ""

    def name(self, plain: str) -> str:
        """Return the name of an object for a path."""
        return f"{plain}{SEALED}" if self.key else plain

    def put(self, path: Path, name: str) -> Stored:
        """Store a file under a name.

        Raises
        ------
        CopyError, BucketError
            When the file cannot be read, or the bucket refuses.
        """
        try:
            plain = _hashed(path)
        except FileNotFoundError as exc:
            raise CopyError("copies.file_gone", file=path.name) from exc
        except OSError as exc:
            raise CopyError("copies.file_unreadable", file=path.name, reason=system_reason(exc)) from exc
        try:
            if self.key is None:
                self.bucket.put(path, name)
                return Stored(*plain, *plain)
            make_folder(self._folder)
            sealed = self._folder / f"{secrets.token_hex(8)}{SEALED}"
            try:
                with path.open("rb") as source, open_private(sealed, "wb") as target:
                    encryption.seal(source, target, self.key, name)
                stored = _hashed(sealed)
                self.bucket.put(sealed, name)
            finally:
                sealed.unlink(missing_ok=True)
        except OSError as exc:
            raise CopyError("copies.file_unreadable", file=path.name, reason=system_reason(exc)) from exc
        return Stored(*plain, *stored)

    def write(self, name: str, data: bytes) -> None:
        """Store bytes under a name."""
        make_folder(self._folder)
        beside = self._folder / f"{secrets.token_hex(8)}.json"
        try:
            with open_private(beside, "wb") as file:
                file.write(data)
            self.put(beside, name)
        finally:
            beside.unlink(missing_ok=True)

    def read(self, name: str) -> bytes:
        """Return the content of an object.

        Raises
        ------
        CopyError, BucketError
            When it is damaged or of another key, or the bucket refuses.
        """
        stored = self.bucket.read(name)
        if self.key is None:
            return stored
        return b"".join(encryption.unseal(io.BytesIO(stored), self.key, name))

    def read_range(self, name: str, start: int, end: int, size: int) -> bytes:
        """Return bytes [start, end) of the content of an object, of which all are `size`; as `read`."""
        end = min(end, size)
        if self.key is None:
            return self.bucket.read(name, start, end)
        first, last = encryption.sealed_range(start, end)
        header = self.bucket.read(name, 0, encryption.HEADER_BYTES)
        sealed = self.bucket.read(name, first, min(last, encryption.sealed_size(size)))
        return encryption.unseal_range(header, sealed, self.key, name, start, end, size)

    def get(self, name: str, target: Path) -> str:
        """Write the content of an object to a file; returns its SHA-256.

        Raises
        ------
        CopyError, BucketError
            As `read`; the file is not left.
        """
        make_folder(self._folder)
        fetched = self._folder / f"{secrets.token_hex(8)}.got"
        digest = hashlib.sha256()
        try:
            self.bucket.get(name, fetched)
            with fetched.open("rb") as source, open_private(target, "wb") as file:
                blocks = (
                    encryption.unseal(source, self.key, name) if self.key else iter(lambda: source.read(1 << 20), b"")
                )
                for block in blocks:
                    digest.update(block)
                    file.write(block)
        except CopyError:
            target.unlink(missing_ok=True)
            raise
        except OSError as exc:
            target.unlink(missing_ok=True)
            raise CopyError("copies.file_not_written", file=target.name, reason=system_reason(exc)) from exc
        finally:
            fetched.unlink(missing_ok=True)
        return digest.hexdigest()

    @contextmanager
    def listing(self) -> Iterator[None]:
        """Hold the manifest of this data folder's buckets: threads and programs change it one after the other."""
        with locked(self._folder.with_name("manifest.lock")):
            yield


def _hashed(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest
