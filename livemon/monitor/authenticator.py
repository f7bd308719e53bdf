"""Authenticator: identifies a caller by password, session, token or signed link. rate_limit.py counts tries.

Permissions live in base/roles.py, HTTP in web/api/guard.py, pages in web/server/login.py.
"""

from __future__ import annotations

import secrets
import time
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from livemon.base.clock import Clock
from livemon.base.errors import ConfigError, NotLoggedIn
from livemon.base.roles import Identity, Proof, Role
from livemon.base.secret_key import Secrets
from livemon.base.settings.access import Login
from livemon.base.settings.settings import Settings
from livemon.monitor.rate_limit import RateLimiter, is_loopback
from livemon.store import links, tokens, users
from livemon.store.audit_log import Deed, note
from livemon.store.session import Database

TOKEN_PREFIX = "livemon_"  # noqa: S105 - what every token begins with, so that scanners find lost ones
SECRET_BYTES = 32
SHORTEST_PASSWORD = 12
"""Characters; ASVS 5.0 item 6.2.1 asks for 8, and 15 without a second factor is its advice."""
LONGEST_PASSWORD = 256
REMEMBERED_S = 5.0
"""An identity is looked up this often, so that a player's requests do not each ask the database.

Revoked credentials work this much longer.
"""


class Authenticator:
    """Identifies callers.

    Its methods block (SQL; a password takes some 50 ms) and may be called from any thread.
    """

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._access = settings.access
        self._database = database
        self._clock = clock
        self.secrets = Secrets(settings.data_dir)
        self._hasher = PasswordHasher()
        # Compared when the user does not exist, so that an answer takes as long as for an existing one.
        self._nobody_hash = lru_cache(maxsize=1)(lambda: self._hasher.hash(secrets.token_urlsafe()))
        self.throttle = RateLimiter(settings.access, clock)
        self._remembered = lru_cache(maxsize=4096)(self._looked_up)
        self._remembered_link = lru_cache(maxsize=4096)(self._looked_up_link)

    @property
    def open(self) -> bool:
        """Whether the user of this machine need not log in."""
        return self._access.login is Login.NONE

    def can_be_entered(self) -> bool:
        """Whether there is anybody who could come in."""
        return bool(users.accounts(self._database)) or any(
            token.works(self._clock.now()) for token in tokens.tokens(self._database)
        )

    def by_token(self, secret: str, address: str) -> Identity:
        """Return whose token it is.

        Raises
        ------
        NotLoggedIn, TooManyRequests
            When it is invalid or expired, or too many were tried from this address.
        """
        found = self._lookup(Proof.TOKEN, _digest(secret))
        if found is None:
            self.throttle.count_bad_token(address)
            raise NotLoggedIn("access.token_not_good")
        return found

    def by_session(self, key: str) -> Identity | None:
        """Return who logged in with a browser, by its `session_key`; None when the login ended."""
        return self._lookup(Proof.SESSION, key)

    def by_link(self, signed: str, path: str, query: str = "") -> Identity | None:
        """Return a viewer of a link's target; None when the link is invalid, ended, revoked, or leads elsewhere.

        Parameters
        ----------
        path
            The requested path, below the API's root.
        query
            Its query with the question mark, which is part of the signed text.
        """
        value = self.secrets.verified(signed)
        link_id = None if value is None else value.get("link")
        if not isinstance(link_id, str):
            return None
        link = self._remembered_link(link_id, int(time.monotonic() / REMEMBERED_S))
        if link is None or self._clock.now() >= link.until_utc:
            return None
        prefix = link.path
        covered = path.startswith(prefix[:-1]) if prefix.endswith("*") else path + query == prefix
        return Identity(f"link {link.id}", Role.VIEWER, Proof.LINK, frozenset({link.camera_id})) if covered else None

    def link(self, camera_id: str, path: str, lasts: timedelta, who: Identity) -> tuple[links.Link, str]:
        """Make a link to one path, or to what begins like one with a star at its end; returns it and its signed text.

        Raises
        ------
        ConfigError
            When it would last longer than the setting allows.
        """
        if not timedelta(0) < lasts <= timedelta(days=self._access.link_days):
            raise ConfigError("access.link_too_long", days=self._access.link_days)
        now = self._clock.now()
        made = links.Link(secrets.token_hex(8), camera_id, path, who.name, who.proof.value, now, now + lasts)
        links.add_link(self._database, made)
        return made, self.secrets.sign({"link": made.id})

    def revoke_link(self, link_id: str) -> None:
        """Make a link stop working, at once in this process."""
        links.revoke_link(self._database, link_id)
        self.forget_seen()

    def log_in(self, name: str, password: str, address: str, browser: str = "") -> str:
        """Check a password and return the value of the browser's cookie.

        Parameters
        ----------
        browser
            The result of `known_browser` for this browser, from an earlier login of the name; empty without one.

        Raises
        ------
        NotLoggedIn
            When name or password are wrong; it does not say which.
        TooManyRequests
            After too many tries, of this address, of this browser, or of strangers for this name.
        """
        found = next(iter(users.accounts(self._database, name)), None)
        number = self._browser_number(browser, found)
        self.throttle.count_login(name, address, number)
        if found is None or not self._matches(found.password_hash, password):
            note(self._database, Deed(f"login as {name}", None, address, 401), self._clock.now())
            raise NotLoggedIn("access.wrong_password")
        self.throttle.forgive(address, number)
        return self._open_session(found, address)

    def known_browser(self, name: str) -> str:
        """Return a signed text for a browser after a login; a change of the password ends it."""
        found = next(iter(users.accounts(self._database, name)), None)
        if found is None:
            return ""
        return self.secrets.sign({"browser": name, "of": _digest(found.password_hash), "number": secrets.token_hex(8)})

    def _browser_number(self, browser: str, account: users.Account | None) -> str:
        """Return the number of a browser that knows this account; empty for a stranger."""
        value = (self.secrets.verified(browser) if browser else None) or {}
        if account is None or value.get("browser") != account.name or value.get("of") != _digest(account.password_hash):
            return ""
        return str(value.get("number", ""))

    def log_in_as(self, name: str, address: str) -> str:
        """Open a session for a user whom another provider knows by this name; returns the cookie's value.

        Raises
        ------
        NotLoggedIn
            When livemon does not know them.
        """
        found = next(iter(users.accounts(self._database, name)), None)
        if found is None:
            note(self._database, Deed(f"login as {name}", None, address, 401), self._clock.now())
            raise NotLoggedIn("access.not_a_user", name=name)
        return self._open_session(found, address)

    def log_out(self, cookie: str, address: str) -> None:
        """End a browser's session."""
        key = session_key(cookie)
        who = self.by_session(key)
        users.close_session(self._database, key)
        self.forget_seen()
        if who is not None:
            note(self._database, Deed("logout", who, address), self._clock.now())

    def forget_seen(self) -> None:
        """Look everybody up again at their next request."""
        self._remembered.cache_clear()
        self._remembered_link.cache_clear()

    def hashed(self, password: str) -> str:
        """Return the Argon2id hash of a new password.

        Raises
        ------
        ConfigError
            When it is too short or too long.
        """
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise ConfigError("access.password_length", shortest=SHORTEST_PASSWORD, longest=LONGEST_PASSWORD)
        return self._hasher.hash(password)

    def new_token(
        self, name: str, role: Role, cameras: frozenset[str] | None, lasts: timedelta | None
    ) -> tuple[int, str]:
        """Make a token; returns its number and the secret, which cannot be shown again."""
        secret = TOKEN_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        now = self._clock.now()
        until = None if lasts is None else now + lasts
        return tokens.add_token(self._database, name, _digest(secret), role, cameras, now, until), secret

    def _open_session(self, account: users.Account, address: str) -> str:
        secret = secrets.token_urlsafe(SECRET_BYTES)
        now = self._clock.now()
        over = now - timedelta(days=self._access.session_days)
        users.open_session(self._database, _digest(secret), account.name, now, over)
        note(self._database, Deed("login", _identity(account), address), now)
        return secret

    def _matches(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept or self._nobody_hash(), password[:LONGEST_PASSWORD]) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False

    def _lookup(self, proof: Proof, digest: str) -> Identity | None:
        return self._remembered(proof, digest, int(time.monotonic() / REMEMBERED_S))

    def _looked_up(self, proof: Proof, digest: str, _period: int) -> Identity | None:
        now = self._clock.now()
        if proof is Proof.TOKEN:
            token = tokens.token_of(self._database, digest, now)
            works = token is not None and token.works(now)
            return Identity(token.name, token.role, proof, token.cameras) if token and works else None
        longest, idle = timedelta(days=self._access.session_days), timedelta(days=self._access.idle_days)
        account = users.session_account(self._database, digest, now, longest=longest, idle=idle)
        return None if account is None else _identity(account)

    def _looked_up_link(self, link_id: str, _period: int) -> links.Link | None:
        return links.link_of(self._database, link_id, self._clock.now())


def check_reachability(settings: Settings, authenticator: Authenticator) -> None:
    """Refuse to be reachable from elsewhere while no login is required.

    Raises
    ------
    ConfigError
        With the remedy.
    """
    local = is_loopback(settings.address) or settings.address == "localhost"
    if authenticator.open and not local:
        raise ConfigError("access.login_needed", address=settings.address)
    if not authenticator.open and not authenticator.can_be_entered():
        raise ConfigError("access.no_user_for_login")


def session_key(cookie: str) -> str:
    """Return the key of a browser's session: a digest of its cookie, worth nothing to log in with."""
    return _digest(cookie)


def _identity(account: users.Account) -> Identity:
    return Identity(account.name, account.role, Proof.SESSION, account.cameras)


def _digest(secret: str) -> str:
    # The secrets are 256 random bits: a plain hash of them cannot be guessed back.
    return sha256(secret.encode()).hexdigest()
