"""Encryption of copies: AES-256-GCM in chunks, so that any part of an object can be read and checked by itself.

An object is a header (8 bytes of format, 16 of salt) and chunks of 64 KiB, each with its tag. Its key is derived from
the installation's and the salt. A chunk's nonce is its number and whether it is the last (STREAM, as in age). Each
chunk is bound to the object's name: cut, swapped and renamed objects do not open. The key is kept by key_store.py. The
reasons: docs/adr/0016.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from livemon.base.errors import CopyError

FORMAT = b"livemon1"
SALT_BYTES = 16
HEADER_BYTES = len(FORMAT) + SALT_BYTES
CHUNK_BYTES = 1 << 16
TAG_BYTES = 16
SEALED_BYTES = CHUNK_BYTES + TAG_BYTES
KEY_BYTES = 32


def new_key() -> bytes:
    """Return a new key."""
    return secrets.token_bytes(KEY_BYTES)


def key_id(key: bytes) -> str:
    """Return the name of a key, which tells nothing of it."""
    return hashlib.sha256(b"livemon copies key id\0" + key).hexdigest()[:16]


def sealed_size(size: int) -> int:
    """Return how many bytes an object of `size` bytes takes."""
    return HEADER_BYTES + size + TAG_BYTES * _chunks(size)


def seal(source: IO[bytes], target: IO[bytes], key: bytes, name: str) -> None:
    """Write the sealed form of a file.

    Parameters
    ----------
    name
        Of the object; it opens under no other.
    """
    salt = secrets.token_bytes(SALT_BYTES)
    target.write(FORMAT + salt)
    cipher = _cipher(key, salt)
    block = source.read(CHUNK_BYTES)
    number = 0
    while True:
        following = source.read(CHUNK_BYTES) if len(block) == CHUNK_BYTES else b""
        target.write(cipher.encrypt(_nonce(number, last=not following), block, name.encode()))
        if not following:
            return
        block, number = following, number + 1


def unseal(source: IO[bytes], key: bytes, name: str) -> Iterator[bytes]:
    """Yield the content, checked chunk by chunk.

    Raises
    ------
    CopyError
        When it was sealed with another key or for another name, or is damaged or cut.
    """
    cipher = _cipher(key, _salt(source.read(HEADER_BYTES), name))
    block = source.read(SEALED_BYTES)
    number = 0
    while True:
        following = source.read(SEALED_BYTES) if len(block) == SEALED_BYTES else b""
        yield _opened(cipher, block, number, not following, name)
        if not following:
            return
        block, number = following, number + 1


def sealed_range(start: int, end: int) -> tuple[int, int]:
    """Return which bytes behind the header hold bytes [start, end) of the content: whole chunks of the object."""
    first, last = start // CHUNK_BYTES, max(start, end - 1) // CHUNK_BYTES
    return HEADER_BYTES + first * SEALED_BYTES, HEADER_BYTES + (last + 1) * SEALED_BYTES


def unseal_range(header: bytes, sealed: bytes, key: bytes, name: str, start: int, end: int, size: int) -> bytes:
    """Return bytes [start, end) of the content, given the header and the bytes of `sealed_range`.

    Parameters
    ----------
    size
        Of the whole content: its last chunk is sealed as such.

    Raises
    ------
    CopyError
        As `unseal`.
    """
    cipher = _cipher(key, _salt(header, name))
    first, final = start // CHUNK_BYTES, _chunks(size) - 1
    blocks = [sealed[at : at + SEALED_BYTES] for at in range(0, len(sealed), SEALED_BYTES)]
    opened = b"".join(_opened(cipher, b, first + n, first + n == final, name) for n, b in enumerate(blocks))
    return opened[start - first * CHUNK_BYTES : end - first * CHUNK_BYTES]


def _chunks(size: int) -> int:
    return max(1, -(-size // CHUNK_BYTES))


def _salt(header: bytes, name: str) -> bytes:
    if len(header) < HEADER_BYTES or not header.startswith(FORMAT):
        raise CopyError("copies.damaged", name=name)
    return header[len(FORMAT) :]


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    derived = HKDF(SHA256(), KEY_BYTES, salt, b"livemon copies object").derive(key)
    return AESGCM(derived)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _opened(cipher: AESGCM, block: bytes, number: int, last: bool, name: str) -> bytes:
    try:
        return cipher.decrypt(_nonce(number, last=last), block, name.encode())
    except (InvalidTag, ValueError) as exc:
        raise CopyError("copies.damaged", name=name) from exc
