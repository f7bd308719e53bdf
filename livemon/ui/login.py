"""Login and logout for Panel's pages: passwords by Panel's login page, other providers by Panel's OAuth handlers.

Whoever comes in gets a session of livemon's own, which the API knows too, ends at the logout and can be revoked;
Panel's signed cookies are not used. Checking a password or session does not belong here (livemon.doorman).
"""

from __future__ import annotations

import asyncio
from functools import partial
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode, urlsplit

from bokeh.server.auth_provider import AuthProvider
from jinja2 import Template
from panel.auth import AUTH_PROVIDERS, BasicLoginHandler, LogoutHandler, _validate_next_url
from panel.config import config
from tornado.web import HTTPError, RequestHandler

from livemon.access_settings import Login
from livemon.api.guard import SESSION_COOKIE, has_known_host, is_local
from livemon.datatypes import Language
from livemon.errors import ConfigError, LivemonError, NotLoggedIn
from livemon.monitor import Monitor
from livemon.ui.language import LANGUAGE_COOKIE, choose_language, word
from livemon.ui.said import said_in

LOGIN, LOGOUT = "/login", "/logout"
PAGE = Template(Path(__file__).with_name("login.html").read_text(), autoescape=True)
SPOKEN = ("User name", "Password", "Log in")
PANELS_COOKIES = ("user", "id_token", "access_token", "refresh_token", "oauth_expiry", "is_guest")


class LivemonAuth(AuthProvider):
    """Says who opens a page; everybody else is sent to the login page, or refused."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        monitor.pages_guarded = True
        if monitor.settings.access.login is Login.OAUTH:
            _set_up_oauth(monitor)
        super().__init__()

    @property
    def get_user(self) -> Any:
        """Ask the doorman."""

        def user(handler: RequestHandler) -> str | None:
            check_host(self._monitor, handler)
            if self._monitor.doorman.open:
                if not is_local(self._monitor, handler):
                    raise HTTPError(HTTPStatus.FORBIDDEN, reason="Only from this machine: see docs/access.md")
                return "local"
            cookie = handler.get_cookie(SESSION_COOKIE)
            found = self._monitor.doorman.by_session(cookie) if cookie else None
            return None if found is None else found.name

        return user

    @property
    def login_url(self) -> str | None:
        """Where the login page is."""
        return LOGIN

    @property
    def logout_url(self) -> str | None:
        """Where one logs out."""
        return None if self._monitor.doorman.open else LOGOUT

    @property
    def login_handler(self) -> type[RequestHandler] | None:
        """Return the handler of the login page; None while nobody has to log in."""
        settings = self._monitor.settings
        if self._monitor.doorman.open:
            return None
        if settings.access.login is Login.OAUTH:
            return type(
                "OAuthLogin", (_OAuthLogin, AUTH_PROVIDERS[settings.oauth.provider]), {"monitor": self._monitor}
            )
        return type("PasswordLogin", (PasswordLogin,), {"monitor": self._monitor})

    @property
    def logout_handler(self) -> type[RequestHandler] | None:
        """Return the handler that ends a session; None while nobody has to log in."""
        return None if self._monitor.doorman.open else type("Logout", (Logout,), {"monitor": self._monitor})


class _OpensSessions(RequestHandler):
    monitor: Monitor

    def set_cookie(self, name: str, value: str | bytes, *args: Any, **kwargs: Any) -> None:
        """Set a cookie that scripts cannot read and other sites' pages do not send along."""
        safe = {"httponly": True, "samesite": "Lax", "secure": self.monitor.settings.access.https}
        super().set_cookie(name, value, *args, **{**kwargs, **safe})

    def enter(self, cookie: str) -> None:
        """Let the browser keep its session."""
        for name in PANELS_COOKIES:
            self.clear_cookie(name)
        days = self.monitor.settings.access.session_days
        self.set_cookie(SESSION_COOKIE, cookie, expires_days=days, path=config.cookie_path)

    @property
    def address(self) -> str:
        """Where somebody comes from."""
        return self.request.remote_ip or ""


class PasswordLogin(_OpensSessions, BasicLoginHandler):
    """Panel's login page."""

    _login_endpoint = LOGIN

    @property
    def language(self) -> Language:
        """The visitor's: what the browser kept, or accepts."""
        accepted = self.request.headers.get("Accept-Language", "")
        return choose_language("", self.get_cookie(LANGUAGE_COOKIE) or "", accepted)

    def get(self) -> None:
        """Show the page."""
        check_host(self.monitor, self)
        words = {english: word(english, self.language) for english in SPOKEN}
        self._login_template = SimpleNamespace(render=partial(PAGE.render, lang=self.language.value, words=words))
        super().get()

    async def post(self) -> None:
        """Check name and password; what was wrong is said on the page."""
        check_host(self.monitor, self)
        origin = self.request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != self.request.host:
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="Another site's page cannot log in here")
        name, password = self.get_body_argument("username", "")[:200], self.get_body_argument("password", "")
        try:
            cookie = await asyncio.to_thread(self.monitor.doorman.log_in, name, password, self.address)
        except LivemonError as exc:
            self.redirect(f".{LOGIN}?{urlencode({'error': said_in(str(exc), self.language)})}")
            return
        self.enter(cookie)
        self.redirect(_validate_next_url(self.get_cookie("next_url")) or "./")


class _OAuthLogin(_OpensSessions):
    async def get_authenticated_user(self, *args: Any, **kwargs: Any) -> Any:
        """Let Panel ask the provider, and open a session of ours for a user that we know."""
        name = await super().get_authenticated_user(*args, **kwargs)  # type: ignore[misc]
        if name is not None:
            try:
                cookie = await asyncio.to_thread(self.monitor.doorman.log_in_as, name, self.address)
            except NotLoggedIn as exc:
                raise HTTPError(HTTPStatus.FORBIDDEN, str(exc), reason="Unknown user") from exc
            self.enter(cookie)
        return name


class Logout(_OpensSessions, LogoutHandler):
    """Ends the session, here and on the server."""

    async def get(self) -> None:
        """Log out and show the login page."""
        if cookie := self.get_cookie(SESSION_COOKIE):
            await asyncio.to_thread(self.monitor.doorman.log_out, cookie, self.address)
        for name in (SESSION_COOKIE, *PANELS_COOKIES):
            self.clear_cookie(name, path=config.cookie_path)
        self.redirect(f".{LOGIN}")


def check_host(monitor: Monitor, handler: RequestHandler) -> None:
    """Refuse a foreign name for this server."""
    if not has_known_host(monitor, handler):
        raise HTTPError(HTTPStatus.FORBIDDEN, reason="Not a name of this livemon: see allowed_hosts")


def _set_up_oauth(monitor: Monitor) -> None:
    """Tell Panel, which keeps it for the whole process, about the provider."""
    own = monitor.settings.oauth
    secret = monitor.settings.oauth_secret.get_secret_value()
    if not own.key or not secret:
        raise ConfigError(
            "The OAuth client has no key or no secret.", "Set key under [oauth], and LIVEMON_OAUTH_SECRET."
        )
    addresses = {"AUTHORIZE_URL": own.authorize_url, "TOKEN_URL": own.token_url, "USER_URL": own.user_url}
    if own.provider == "generic" and not all(addresses.values()):
        raise ConfigError(
            "A generic OAuth provider needs its three addresses.",
            "Set authorize_url, token_url and user_url under [oauth].",
        )
    config.oauth_provider, config.oauth_key, config.oauth_secret = own.provider, own.key, secret
    config.oauth_redirect_uri, config.oauth_jwt_user = own.redirect_uri or None, own.user_key
    config.cookie_secret = monitor.doorman.secrets.cookie_secret()
    config.oauth_extra_params = {
        **(addresses if own.provider == "generic" else {}),
        "scope": list(own.scope),
        **({"subdomain": own.host, "url": own.host, "tenant": own.host} if own.host else {}),
    }
