"""Login and logout for Panel's pages: passwords by Panel's login page, other providers by Panel's OAuth handlers.

A login opens a session of livemon's own, which the API knows too. It ends at the logout and can be revoked. Panel's
signed cookies are not used. Passwords and sessions are checked in livemon.monitor.authenticator.
"""

from __future__ import annotations

import asyncio
import re
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from bokeh.server.auth_provider import AuthProvider
from jinja2 import Template
from panel.auth import AUTH_PROVIDERS, LogoutHandler
from panel.config import config
from tornado.web import HTTPError, RequestHandler

from livemon.base.errors import ConfigError, LivemonError, NotLoggedIn, TooManyRequests
from livemon.base.messages.catalog import text, whole_text
from livemon.base.messages.message import Message
from livemon.base.settings.access import Login
from livemon.monitor.monitor import Monitor
from livemon.web.api.guard import SESSION_COOKIE, visitor_of
from livemon.web.i18n.language import LANGUAGE_COOKIE, choose_language

LOGIN, LOGOUT = "/login", "/logout"
PAGE = Template(Path(__file__).with_name("login.html").read_text(), autoescape=True)
SPOKEN = {"name": "login.user_name", "password": "login.password", "enter": "login.log_in"}
LOGIN_ERRORS = {
    "wrong": "access.wrong_password",
    "often": "login.too_often",
}
"""By the code in the page's address: a link cannot put words of its own on the page."""
OWN_PATH = re.compile(r"/(?![/\\\\])[^\x00-\x20\\\\\x7f]*")
KNOWN_DAYS = 400
"""As long as browsers keep cookies."""
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
        """Return what says which visitor a request comes from; None sends them to the login page."""
        return lambda handler: visitor_of(self._monitor, handler.request)

    @property
    def login_url(self) -> str | None:
        """Address of the login page."""
        return LOGIN

    @property
    def logout_url(self) -> str | None:
        """Address of the logout."""
        return None if self._monitor.authenticator.open else LOGOUT

    @property
    def login_handler(self) -> type[RequestHandler] | None:
        """Return the handler of the login page; None while no login is required."""
        settings = self._monitor.settings
        if self._monitor.authenticator.open:
            return None
        if settings.access.login is Login.OAUTH:
            return type("OAuthLogin", (OAuthLogin, AUTH_PROVIDERS[settings.oauth.provider]), {"monitor": self._monitor})
        return type("PasswordLogin", (PasswordLogin,), {"monitor": self._monitor})

    @property
    def logout_handler(self) -> type[RequestHandler] | None:
        """Return the handler that ends a session; None while no login is required."""
        return None if self._monitor.authenticator.open else type("Logout", (Logout,), {"monitor": self._monitor})


class _OpensSessions(RequestHandler):
    monitor: Monitor

    def prepare(self) -> None:
        """Refuse to lead elsewhere after the login."""
        if not all(is_own_path(given) for given in self.get_arguments("next")):
            raise HTTPError(HTTPStatus.BAD_REQUEST, reason="The login leads to pages of this livemon only")

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
        """Address of the client."""
        return self.request.remote_ip or ""


class PasswordLogin(_OpensSessions):
    """The login page."""

    @property
    def language(self) -> str:
        """The visitor's: what the browser kept, or accepts."""
        accepted = self.request.headers.get("Accept-Language", "")
        return choose_language("", self.get_cookie(LANGUAGE_COOKIE) or "", accepted)

    def get(self) -> None:
        """Show the page, with what went wrong at the last try."""
        language = self.language
        code = LOGIN_ERRORS.get(self.get_query_argument("error", ""), "")
        error = whole_text(Message(code), language) if code else ""
        words = {name: text(Message(code), language) for name, code in SPOKEN.items()}
        next_path = self.get_query_argument("next", "/")
        self.write(PAGE.render(lang=language, words=words, error=error, next=next_path))

    def head(self) -> None:
        """Answer as GET would, without a page."""
        self.set_header("Content-Type", "text/html; charset=utf-8")

    async def post(self) -> None:
        """Check name and password; the page then says what was wrong."""
        origin = self.request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != self.request.host:
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="Another site's page cannot log in here")
        name, password = self.get_body_argument("username", "")[:200], self.get_body_argument("password", "")
        next_path = self.get_body_argument("next", "/")
        try:
            known = self.get_cookie(browser_cookie(name)) or ""
            cookie = await asyncio.to_thread(self.monitor.authenticator.log_in, name, password, self.address, known)
        except LivemonError as exc:
            code = "often" if isinstance(exc, TooManyRequests) else "wrong"
            self.redirect(f".{LOGIN}?{urlencode({'error': code, 'next': next_path})}")
            return
        self.enter(cookie)
        known = await asyncio.to_thread(self.monitor.authenticator.known_browser, name)
        self.set_cookie(browser_cookie(name), known, expires_days=KNOWN_DAYS, path=config.cookie_path)
        self.redirect(f".{next_path}")


class OAuthLogin(_OpensSessions):
    """The login by another provider; mixed into Panel's handler for it."""

    async def get_authenticated_user(self, *args: Any, **kwargs: Any) -> Any:
        """Let Panel ask the provider, and open a session of ours for a user that we know."""
        name = await super().get_authenticated_user(*args, **kwargs)  # type: ignore[misc]
        if name is not None:
            try:
                cookie = await asyncio.to_thread(self.monitor.authenticator.log_in_as, name, self.address)
            except NotLoggedIn as exc:
                raise HTTPError(HTTPStatus.FORBIDDEN, str(exc), reason="Unknown user") from exc
            self.enter(cookie)
        return name


class Logout(_OpensSessions, LogoutHandler):
    """Ends the session, here and on the server."""

    async def get(self) -> None:
        """Log out and show the login page."""
        if cookie := self.get_cookie(SESSION_COOKIE):
            await asyncio.to_thread(self.monitor.authenticator.log_out, cookie, self.address)
        for name in (SESSION_COOKIE, *PANELS_COOKIES):
            self.clear_cookie(name, path=config.cookie_path)
        self.redirect(f".{LOGIN}")


def browser_cookie(name: str) -> str:
    """Return the name of the cookie that says that this user logged in with the browser before."""
    return f"livemon_browser_{sha256(name.encode(errors='replace')).hexdigest()[:12]}"


def is_own_path(path: str) -> bool:
    """Return whether a browser that is sent to a path stays on this server; a second slash would name another host."""
    return OWN_PATH.fullmatch(path) is not None


def _set_up_oauth(monitor: Monitor) -> None:
    """Tell Panel, which keeps it for the whole process, about the provider."""
    own = monitor.settings.oauth
    secret = monitor.settings.oauth_secret.get_secret_value()
    if not own.key or not secret:
        raise ConfigError("server.oauth_incomplete")
    addresses = {"AUTHORIZE_URL": own.authorize_url, "TOKEN_URL": own.token_url, "USER_URL": own.user_url}
    if own.provider == "generic" and not all(addresses.values()):
        raise ConfigError("server.oauth_addresses_missing")
    config.oauth_provider, config.oauth_key, config.oauth_secret = own.provider, own.key, secret
    config.oauth_redirect_uri, config.oauth_jwt_user = own.redirect_uri or None, own.user_key
    config.cookie_secret = monitor.authenticator.secrets.cookie_secret()
    config.oauth_extra_params = {
        **(addresses if own.provider == "generic" else {}),
        "scope": list(own.scope),
        **({"subdomain": own.host, "url": own.host, "tenant": own.host} if own.host else {}),
    }
