"""Sealed copies open whole, in part, and not at all when anything about them is changed."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.archive.copies import encryption
from livemon.archive.copies.encryption import CHUNK_BYTES, HEADER_BYTES, SEALED_BYTES, new_key, seal, unseal
from livemon.archive.copies.key_store import KeyStore, key_of, recovery_text
from livemon.base.errors import ConfigError, CopyError

KEY, NAME = bytes(range(32)), "clip/cameras/hall/hls/a.ts.enc"
SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 5]


def sealed(content: bytes, key: bytes = KEY, name: str = NAME) -> bytes:
    target = io.BytesIO()
    seal(io.BytesIO(content), target, key, name)
    return target.getvalue()


def opened(stored: bytes, key: bytes = KEY, name: str = NAME) -> bytes:
    return b"".join(unseal(io.BytesIO(stored), key, name))


def content_of(size: int) -> bytes:
    return (b"0123456789abcdefg" * (size // 17 + 1))[:size]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_sealed_opens_again_and_has_the_size_that_is_foretold(size: int) -> None:
    content = content_of(size)
    stored = sealed(content)
    assert opened(stored) == content
    assert len(stored) == encryption.sealed_size(size)
    assert size < 100 or content[:100] not in stored


@given(st.sampled_from(SIZES[1:]), st.floats(0, 1), st.floats(0, 1))
def test_any_part_opens_by_itself(size: int, a: float, b: float) -> None:
    start, end = sorted((int(a * (size - 1)), int(b * size)))
    end = max(end, start + 1)
    content, stored = content_of(size), sealed(content_of(size))
    first, last = encryption.sealed_range(start, end)
    part = stored[first : min(last, len(stored))]
    header = stored[:HEADER_BYTES]
    assert encryption.unseal_range(header, part, KEY, NAME, start, end, size) == content[start:end]


def damaged(stored: bytes) -> dict[str, bytes]:
    chunk = slice(HEADER_BYTES, HEADER_BYTES + SEALED_BYTES)
    following = slice(HEADER_BYTES + SEALED_BYTES, HEADER_BYTES + 2 * SEALED_BYTES)
    return {
        "a bit": stored[:100] + bytes([stored[100] ^ 1]) + stored[101:],
        "the salt": stored[:10] + bytes([stored[10] ^ 1]) + stored[11:],
        "cut at a chunk": stored[: HEADER_BYTES + SEALED_BYTES],
        "cut within": stored[:-1],
        "swapped": stored[:HEADER_BYTES] + stored[following] + stored[chunk] + stored[following.stop :],
        "empty": b"",
        "only a header": stored[:HEADER_BYTES],
        "more": stored + b"x",
    }


@pytest.mark.parametrize("what", damaged(b"\0" * 400_000))
def test_a_changed_copy_does_not_open(what: str) -> None:
    with pytest.raises(CopyError, match="damaged"):
        opened(damaged(sealed(content_of(3 * CHUNK_BYTES + 5)))[what])


def test_another_key_or_name_does_not_open_it() -> None:
    with pytest.raises(CopyError):
        opened(sealed(b"x"), key=new_key())
    with pytest.raises(CopyError):
        opened(sealed(b"x"), name="clip/cameras/hall/hls/b.ts.enc")


def test_the_recovery_sheet_gives_the_key_back_however_it_is_typed() -> None:
    text = recovery_text(KEY)
    assert key_of(text) == KEY
    assert key_of(text.lower().replace("-", " ")) == KEY
    wrong = ("A" if text[5] != "A" else "B").join((text[:5], text[6:]))
    for mistyped in (wrong, text[:-5], "", text + "AAAA", "läßt"):
        with pytest.raises(CopyError, match="recovery key"):
            key_of(mistyped)


def test_the_key_is_kept_sealed_and_readable_by_its_owner_only(tmp_path) -> None:
    keys = KeyStore(tmp_path).keys()
    assert KeyStore(tmp_path).keys() == keys
    file = tmp_path / "copies.key"
    assert keys.key not in file.read_text() and recovery_text(keys.raw) not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    (tmp_path / "secret.key").write_text("another secret of thirty-two characters")
    with pytest.raises(ConfigError):
        KeyStore(tmp_path).keys()
