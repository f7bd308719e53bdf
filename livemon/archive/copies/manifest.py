"""The manifest: which copies a bucket holds, each with its hashes, kept in the bucket beside them.

It is a journal of numbered parts; a part adds entries and takes others away, and a whole one replaces all before it.
So a kill leaves at most copies that no part lists yet, and these are listed by the next. Sending copies does not belong
here (sender.py).
"""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from livemon.archive.copies.vault import Vault
from livemon.base.clock import iso, require_utc
from livemon.base.errors import BucketError, CopyError

FOLDER = "manifest/"
MARKER = "livemon-copies.json"
FORMAT = 1
OnDone = Callable[[int, int], None]
"""Called after each file, with how many of how many are done."""
MOST_PARTS = 50
"""A manifest of more is written anew as one."""


@dataclass(frozen=True, slots=True)
class CopyEntry:
    """One copy.

    Attributes
    ----------
    name
        Of its object.
    path
        Of the file, relative to the data folder.
    kind
        A `CopyKind`.
    camera_id
        Camera of the footage; empty for files that belong to none.
    bytes, sha256
        Of the file.
    stored_bytes, stored_sha256
        Of the object.
    start_utc, end_utc
        Time of its content.
    """

    name: str
    path: str
    kind: str
    camera_id: str
    bytes: int
    sha256: str
    stored_bytes: int
    stored_sha256: str
    start_utc: datetime
    end_utc: datetime

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return asdict(self) | {"start_utc": iso(self.start_utc), "end_utc": iso(self.end_utc)}

    @classmethod
    def from_json(cls, made: dict[str, Any]) -> CopyEntry:
        """Return what `to_json` made; KeyError, TypeError or ValueError when it is not that."""
        times = {name: require_utc(datetime.fromisoformat(made[name])) for name in ("start_utc", "end_utc")}
        return cls(**{**made, **times})


@dataclass(frozen=True, slots=True)
class Listing:
    """Contents of a bucket's manifest.

    Attributes
    ----------
    entries
        By the name of the object.
    parts
        The names of its parts, in order.
    damaged
        The parts that cannot be read.
    """

    entries: dict[str, CopyEntry]
    parts: tuple[str, ...]
    damaged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Marker:
    """Owner of a bucket, in the clear: which livemon writes to it, and which key opens it (empty: not encrypted)."""

    installation: str
    key_id: str


def read_marker(vault: Vault) -> Marker | None:
    """Return the marker of a bucket; None of one without, which is new.

    Raises
    ------
    BucketError, CopyError
        When the bucket refuses, or the marker is not one of ours.
    """
    try:
        made = json.loads(vault.bucket.read(MARKER))
        if made["format"] != FORMAT:
            raise CopyError("copies.newer_format", bucket=vault.bucket.label)
        return Marker(str(made["installation"]), str(made["key_id"]))
    except BucketError as exc:
        if exc.said.code == "copies.no_object":
            return None
        raise
    except (ValueError, KeyError, TypeError) as exc:
        raise CopyError("copies.damaged", name=MARKER) from exc


def write_marker(vault: Vault, marker: Marker) -> None:
    """Write the marker."""
    made = {"format": FORMAT, "installation": marker.installation, "key_id": marker.key_id}
    with tempfile.NamedTemporaryFile() as file:
        file.write(json.dumps(made).encode())
        file.flush()
        vault.bucket.put(Path(file.name), MARKER)


def read_manifest(vault: Vault) -> Listing:
    """Read all parts of the manifest; one that cannot be read is named, and the others still count."""
    parts = sorted(vault.bucket.sizes(FOLDER))
    entries: dict[str, CopyEntry] = {}
    damaged = []
    for name in parts:
        try:
            made = json.loads(vault.read(name))
            added = [CopyEntry.from_json(one) for one in made["added"]]
            removed = list(map(str, made["removed"]))
        except CopyError as exc:
            if isinstance(exc, BucketError):
                raise
            damaged.append(name)
            continue
        except (ValueError, KeyError, TypeError):
            damaged.append(name)
            continue
        if made.get("whole"):
            entries = {}
        entries |= {entry.name: entry for entry in added}
        for gone in removed:
            entries.pop(gone, None)
    return Listing(entries, tuple(parts), tuple(damaged))


def write_part(vault: Vault, added: Iterable[CopyEntry], removed: Collection[str] = ()) -> None:
    """Write the next part."""
    with vault.listing():
        _write_part(vault, added, removed, whole=False)


def compact(vault: Vault, *, above: int = 1) -> None:
    """Write a manifest of more than `above` parts as one, then delete those: a kill between the two loses nothing.

    Parts that cannot be read are left: another key may open them.
    """
    with vault.listing():
        listing = read_manifest(vault)
        if len(listing.parts) - len(listing.damaged) > above:
            _write_part(vault, listing.entries.values(), (), whole=True)
            vault.bucket.delete([part for part in listing.parts if part not in listing.damaged])


def _write_part(vault: Vault, added: Iterable[CopyEntry], removed: Collection[str], *, whole: bool) -> None:
    number = max(map(_number, vault.bucket.sizes(FOLDER)), default=0) + 1
    name = vault.name(f"{FOLDER}{number:010d}-{secrets.token_hex(4)}.json")
    made = {"whole": whole, "added": [entry.to_json() for entry in added], "removed": sorted(removed)}
    vault.write(name, json.dumps(made).encode())


def _number(part: str) -> int:
    digits = part.removeprefix(FOLDER).partition("-")[0]
    return int(digits) if digits.isdigit() else 0
