"""KnownMedia: a source's format from its last run, kept so that the next run can begin without asking it.

The ffmpeg that reads the source shows whether it still sends that (process.py). Asking a source lives in
sources/network.py.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from livemon.base.errors import StreamError
from livemon.base.private_files import make_folder, write_text
from livemon.base.stream_types import MediaInfo

log = logging.getLogger(__name__)

SALT_BYTES = 16
SCRYPT = {"n": 2**14, "r": 8, "p": 1}
"""An address may hold a password, so only a slow hash of it is kept (RFC 7914 section 2)."""


class SourceChanged(StreamError):
    """A source sends something else than when it last streamed."""

    def __init__(self) -> None:
        super().__init__("The camera sends something else than before; asking it anew.")


@dataclass(frozen=True, slots=True)
class SourceMemory:
    """Format that a source sent.

    Attributes
    ----------
    media
        Its media.
    rare_keyframes
        Whether ffmpeg must look long to see it.
    streams
        Description by the live ffmpeg, a text for each stream; empty until a run proved it.
    """

    media: MediaInfo
    rare_keyframes: bool
    streams: tuple[str, ...] = ()


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    salt: str
    address: str
    media: MediaInfo
    rare_keyframes: bool
    streams: tuple[str, ...]


class KnownMedia:
    """Remembers what one address sends. The methods block.

    Parameters
    ----------
    address
        The source, with its secrets; data of another address is not used.
    path
        File that keeps it, also for the next process; None keeps it in this object only.
    """

    def __init__(self, address: str, path: Path | None) -> None:
        self._address = address
        self._path = path
        self._read = path is None
        self._salt = secrets.token_bytes(SALT_BYTES)
        self._proven: SourceMemory | None = None
        self._asked: SourceMemory | None = None
        self._doubted = False

    def recall(self) -> SourceMemory | None:
        """Return the source's format from its last run; None when it is unknown, or in doubt."""
        if not self._read:
            self._read, self._proven = True, self._load()
        return None if self._doubted else self._proven

    def learn(self, media: MediaInfo, *, rare_keyframes: bool) -> None:
        """Take in the source's answer; it is remembered when a run has proven it."""
        self._asked = SourceMemory(media, rare_keyframes)

    def doubt(self) -> None:
        """Take in that a run by the remembered format failed: the source must be asked."""
        self._doubted = True

    def trust(self) -> None:
        """Take in that the source is away: it may be unchanged when it comes back."""
        self._doubted = False

    def check(self, streams: tuple[str, ...]) -> None:
        """Compare ffmpeg's description of its input with the former one.

        Raises
        ------
        SourceChanged
            When it is something else, or ffmpeg says nothing.
        """
        if self._proven is None or not streams or streams != self._proven.streams:
            raise SourceChanged

    def prove(self, streams: tuple[str, ...]) -> None:
        """Take in that a run finished a segment, of the input that ffmpeg describes so; it is remembered from now on.

        If it cannot be kept, because a disk is full for example, the next process asks again.
        """
        self._doubted = False
        found = replace(self._asked, streams=streams) if self._asked else self._proven
        self._asked = None
        if found is None or not streams or found == self._proven:
            return
        self._read, self._proven = True, found
        try:
            self._save(found)
        except OSError as exc:
            log.warning("what a source sends cannot be kept in %s: %s", self._path, exc.strerror)

    def _load(self) -> SourceMemory | None:
        assert self._path is not None
        try:
            kept = _Kept.model_validate_json(self._path.read_bytes())
            salt = bytes.fromhex(kept.salt)
        except (OSError, ValueError):
            return None  # there is none, or not one of ours
        if not hmac.compare_digest(self._digest(salt), kept.address):
            return None
        return SourceMemory(kept.media, kept.rare_keyframes, kept.streams)

    def _save(self, known: SourceMemory) -> None:
        if self._path is None:
            return
        kept = _Kept(
            salt=self._salt.hex(),
            address=self._digest(self._salt),
            media=known.media,
            rare_keyframes=known.rare_keyframes,
            streams=known.streams,
        )
        part = self._path.with_suffix(".part")
        make_folder(self._path.parent)
        write_text(part, kept.model_dump_json())
        part.replace(self._path)

    def _digest(self, salt: bytes) -> str:
        return hashlib.scrypt(self._address.encode("utf-8", "surrogateescape"), salt=salt, **SCRYPT).hex()
