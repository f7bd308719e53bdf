"""Bucket: the protocol of a place that holds copies, and the error of one that refuses.

A name is a relative path such as ``clip/cameras/hall/hls/seg.ts``. An object appears whole under its name or not at
all. Encryption does not belong here (encryption.py).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Protocol


class Bucket(Protocol):
    """Holds objects by name. Its methods block, and raise BucketError when the place refuses."""

    may_be_unmounted: bool
    """Whether an empty place may be one whose disk is missing."""
    label: str
    """The address without credentials, for people and for rows."""

    def put(self, path: Path, name: str) -> None:
        """Store a file under a name, replacing what is there."""
        ...

    def get(self, name: str, target: Path) -> None:
        """Write an object to a file."""
        ...

    def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """Return bytes [start, end) of an object; to its end when None."""
        ...

    def sizes(self, prefix: str = "") -> dict[str, int]:
        """Return the objects whose name begins with a prefix, with their bytes."""
        ...

    def delete(self, names: Collection[str]) -> None:
        """Delete objects with all their versions; ignore those that are gone.

        Raises
        ------
        BucketError
            With code ``copies.locked`` when the place keeps something that was to be deleted.
        """
        ...

    def delete_below(self, prefix: str) -> None:
        """Delete every object whose name begins with a prefix, with all versions; raises as `delete`."""
        ...

    def clean(self) -> None:
        """Remove what uploads that were interrupted left behind."""
        ...

    def stop(self) -> None:
        """End running calls, from any thread, with a BucketError; nothing works afterwards."""
        ...
