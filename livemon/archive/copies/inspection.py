"""Inspection of a bucket: is all there that its manifest lists, whole and readable? `livemon copies verify`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from livemon.archive.copies.manifest import FOLDER, MARKER, CopyEntry, Listing, OnDone, read_manifest
from livemon.archive.copies.vault import Vault
from livemon.base.errors import BucketError, CopyError
from livemon.base.messages.message import Message, message


class CopyFault(StrEnum):
    """Faults that a copy can have."""

    MISSING = "missing"
    SIZE = "size"
    DAMAGED = "damaged"
    UNLISTED = "unlisted"
    MANIFEST = "manifest"


@dataclass(frozen=True, slots=True)
class CopyFinding:
    """One thing that is wrong."""

    name: str
    fault: CopyFault

    @property
    def said(self) -> Message:
        """Description of the fault, for people."""
        return message(f"copies.found_{self.fault.value}", name=self.name)


@dataclass(frozen=True, slots=True)
class Inspected:
    """Result of an inspection: how many copies are listed, their bytes, and the findings."""

    copies: int
    bytes: int
    findings: tuple[CopyFinding, ...]


def inspect_bucket(vault: Vault, *, deep: bool = False, on_done: OnDone | None = None) -> Inspected:
    """Compare a bucket with its manifest.

    Parameters
    ----------
    deep
        Also fetch every copy and compare its hash.
    on_done
        Called after each copy that was fetched.

    Raises
    ------
    BucketError
        When the bucket refuses.
    """
    listing = read_manifest(vault)
    sizes = vault.bucket.sizes()
    findings = list(_compare(listing, sizes))
    wrong = {finding.name for finding in findings}
    if deep:
        with tempfile.TemporaryDirectory() as folder:
            good = [entry for entry in listing.entries.values() if entry.name not in wrong]
            for number, entry in enumerate(good, start=1):
                if not is_whole(vault, entry, Path(folder) / "copy"):
                    findings.append(CopyFinding(entry.name, CopyFault.DAMAGED))
                if on_done is not None:
                    on_done(number, len(good))
    total = sum(entry.stored_bytes for entry in listing.entries.values())
    return Inspected(len(listing.entries), total, tuple(findings))


def is_whole(vault: Vault, entry: CopyEntry, target: Path) -> bool:
    """Fetch a copy to a file, and return whether it equals the sent one; BucketError when the bucket refuses."""
    try:
        return vault.get(entry.name, target) == entry.sha256
    except BucketError as exc:
        if exc.said.code == "copies.no_object":
            return False
        raise
    except CopyError as exc:
        if exc.said.code != "copies.damaged":
            raise
        return False


def _compare(listing: Listing, sizes: dict[str, int]) -> Iterator[CopyFinding]:
    for name in listing.damaged:
        yield CopyFinding(name, CopyFault.MANIFEST)
    for name, entry in listing.entries.items():
        if name not in sizes:
            yield CopyFinding(name, CopyFault.MISSING)
        elif sizes[name] != entry.stored_bytes:
            yield CopyFinding(name, CopyFault.SIZE)
    for name in sizes:
        if name not in listing.entries and name != MARKER and not name.startswith(FOLDER):
            yield CopyFinding(name, CopyFault.UNLISTED)
