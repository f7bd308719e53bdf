"""The installation's own secret: one file in data_dir, which signs links and seals the sources of cameras.

Passwords and tokens do not belong here: of them only hashes are kept, in the database.
"""

from __future__ import annotations

import base64
import secrets
from hashlib import sha256
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from itsdangerous import BadSignature, URLSafeSerializer

from livemon.base.errors import ConfigError
from livemon.base.messages.message import system_reason
from livemon.base.private_files import made_once

NAME = "secret.key"


class Secrets:
    """Signs and seals with the secret of a data folder, which is made when it is first needed.

    Parameters
    ----------
    data_dir
        Path of the file; its readers can make links and open sealed sources.
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / NAME
        self._secret = b""

    def seal(self, text: str) -> str:
        """Encrypt a text so that `open` gives it back."""
        return self._fernet().encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return the content of a sealed text.

        Raises
        ------
        ConfigError
            When it was sealed with another secret.
        """
        try:
            return self._fernet().decrypt(sealed.encode()).decode()
        except InvalidToken as exc:
            raise ConfigError("secret.wrong_file", path=self._path) from exc

    def can_open(self, sealed: str) -> bool:
        """Whether a text was sealed with this secret."""
        try:
            self._fernet().decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def sign(self, value: dict[str, str | int]) -> str:
        """Return a value as a signed text for URLs that only this livemon can make."""
        return str(self._serializer().dumps(value))

    def verified(self, signed: str) -> dict[str, str | int] | None:
        """Return the value of a signed text; None when we did not sign it."""
        try:
            value = self._serializer().loads(signed)
        except BadSignature:
            return None
        return value if isinstance(value, dict) else None

    def cookie_secret(self) -> str:
        """Return the key that signs Panel's cookies during login."""
        return self._key(b"cookies").hex()

    def session_secret(self) -> bytes:
        """Return the key that signs the sessions of pages; the same after a restart, so that pages reconnect."""
        return self._key(b"sessions")

    def push_secret(self) -> bytes:
        """Return the seed of the key by which push services know this installation; 32 bytes."""
        return self._key(b"push")

    def _fernet(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self._key(b"seal")))

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self._key(b"links"), salt="livemon.links", signer_kwargs={"digest_method": sha256})

    def _key(self, purpose: bytes) -> bytes:
        """Return a key of 32 bytes that is used for one thing only."""
        if not self._secret:
            self._secret = self._read()
        return sha256(purpose + b"\0" + self._secret).digest()

    def _read(self) -> bytes:
        try:
            found = made_once(self._path, secrets.token_hex(32)).strip()
        except OSError as exc:
            raise ConfigError("secret.not_usable", path=self._path, reason=system_reason(exc)) from exc
        if len(found) < 32:
            raise ConfigError("secret.too_short", path=self._path)
        return found
