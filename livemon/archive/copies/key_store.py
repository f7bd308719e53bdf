"""KeyStore: the key of the copies and the credentials of their bucket, sealed in the data folder.

Encrypting does not belong here (encryption.py), nor credentials from the environment (settings).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from livemon.archive.copies.encryption import KEY_BYTES, new_key
from livemon.base.errors import ConfigError, CopyError
from livemon.base.file_lock import locked
from livemon.base.messages.message import system_reason
from livemon.base.private_files import write_text
from livemon.base.secret_key import Secrets

NAME = "copies.key"
GROUP = 4
CHECK_BYTES = 3
"""At the end of a recovery key: 35 bytes are 56 letters, and a wrong letter is noticed."""


@dataclass(frozen=True, slots=True)
class CopyKeys:
    """Contents of the key file.

    Attributes
    ----------
    key
        Of the encryption, in hex.
    installation
        Name of this livemon in buckets, so that two never write to one.
    user, secret
        Credentials of the bucket; empty: those of the environment.
    """

    key: str
    installation: str
    user: str = ""
    secret: str = ""

    @property
    def raw(self) -> bytes:
        """The key."""
        return bytes.fromhex(self.key)


class KeyStore:
    """The sealed file of a data folder, which is made when it is first needed."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / NAME
        self._secrets = Secrets(data_dir)

    def keys(self) -> CopyKeys:
        """Return the stored keys; made new the first time.

        Raises
        ------
        ConfigError
            When the file cannot be opened: another secret sealed it, or the disk refuses.
        """
        with locked(self._path.with_name("copies.key.lock")):
            if self._path.exists():
                return self._read()
            made = CopyKeys(new_key().hex(), secrets.token_hex(8))
            self._write(made)
            return made

    def replace(self, keys: CopyKeys) -> None:
        """Keep others, sealed with the secret that the data folder has now."""
        self._secrets = Secrets(self._path.parent)
        with locked(self._path.with_name("copies.key.lock")):
            self._write(keys)

    def forget(self) -> None:
        """Delete the stored keys; `keys` makes others."""
        with locked(self._path.with_name("copies.key.lock")):
            self._path.unlink(missing_ok=True)

    def _read(self) -> CopyKeys:
        try:
            return CopyKeys(**json.loads(self._secrets.open(self._path.read_text("utf-8"))))
        except OSError as exc:
            raise ConfigError("secret.not_usable", path=self._path, reason=system_reason(exc)) from exc
        except (ValueError, TypeError) as exc:
            raise ConfigError("secret.wrong_file", path=self._path) from exc

    def _write(self, keys: CopyKeys) -> None:
        beside = self._path.with_name(f".{NAME}.{secrets.token_hex(8)}")
        try:
            write_text(beside, self._secrets.seal(json.dumps(asdict(keys))))
            beside.replace(self._path)
        except OSError as exc:
            beside.unlink(missing_ok=True)
            raise ConfigError("secret.not_usable", path=self._path, reason=system_reason(exc)) from exc


def recovery_text(key: bytes) -> str:
    """Return a key as people write it down: groups of four letters and digits."""
    text = base64.b32encode(key + _check(key)).decode().rstrip("=")
    return "-".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def key_of(text: str) -> bytes:
    """Return the key that a person typed from the recovery sheet; spaces, case, 0 and 1 do not matter.

    Raises
    ------
    CopyError
        When a letter is wrong or missing.
    """
    letters = "".join(text.upper().replace("0", "O").replace("1", "I").split()).replace("-", "")
    try:
        found = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError as exc:
        raise CopyError("copies.key_mistyped") from exc
    key, check = found[:KEY_BYTES], found[KEY_BYTES:]
    if len(key) != KEY_BYTES or check != _check(key):
        raise CopyError("copies.key_mistyped")
    return key


def _check(key: bytes) -> bytes:
    return hashlib.sha256(b"livemon recovery\0" + key).digest()[:CHECK_BYTES]
