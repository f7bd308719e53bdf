"""The guard: identity, origin, rate and rights of a request. Every route under the API's root passes it.

Answers live in base.py, authentication in livemon.monitor.authenticator.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from urllib.parse import urlsplit

from tornado.httputil import HTTPServerRequest
from tornado.web import HTTPError, RequestHandler

from livemon.base.errors import LivemonError, NotAllowed, NotLoggedIn
from livemon.base.messages.message import message
from livemon.base.roles import Identity, Proof, Role
from livemon.base.web_address import bare
from livemon.monitor.authenticator import session_key
from livemon.monitor.monitor import Monitor
from livemon.monitor.rate_limit import is_loopback
from livemon.store.audit_log import Deed, note
from livemon.web.api.operation import Operation, Scope, operation_of
from livemon.web.api.refusal import HttpRefusal
from livemon.web.auth.host_signature import SCHEME, is_signed

if TYPE_CHECKING:
    from livemon.web.api.relay import Relay

LOOPBACK = ("127.0.0.1", "localhost", "::1")
API_ROOT = "/api/live-monitoring"
LINKS = "links"
SESSION_COOKIE = "livemon_session"
LOCAL_VISITOR = "local"
"""The key of a page's visitor while livemon asks for no login."""
READING = ("GET", "HEAD", "OPTIONS")
FORWARDING = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")
"""Headers by which proxies name whom they ask for."""
FORWARDED_FOR = re.compile(r"^for=|;.*$|[\"\[\]]", re.IGNORECASE)
"""Text around an address in `Forwarded` (RFC 7239)."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'",
}
"""Headers of every answer of the API (ASVS 5.0, 3.4.3 to 3.4.6 and 3.5.8); its pages set a policy of their own."""
HTTPS_ONLY = "max-age=31536000"

P = ParamSpec("P")
T = TypeVar("T")


def stopping() -> HTTPError:
    """Return the answer to a request that waits when the server stops: it is cancelled, or finds no more threads."""
    return HttpRefusal(HTTPStatus.SERVICE_UNAVAILABLE, "http.stopping")


class Guarded(RequestHandler):
    """A handler that serves authorized requests only.

    Attributes
    ----------
    identity
        Identity of the caller; None only if anybody may call.
    """

    identity: Identity | None = None

    def initialize(self, monitor: Monitor, route: str = "", relay: Relay | None = None) -> None:
        """Tornado's constructor hook."""
        self.monitor = monitor
        self.route = route
        self.relay = relay
        self.set_default_headers()  # Tornado asked for them before there were settings to look at

    @property
    def operation(self) -> Operation | None:
        """Declaration of this method of this route."""
        return operation_of(type(self), str(self.request.method))

    @property
    def who(self) -> str:
        """Identity that this request is counted for in limits."""
        return f"{self.identity.proof}:{self.identity.name}" if self.identity else self._address

    @property
    def camera_id(self) -> str | None:
        """The camera in the path."""
        return self.path_args[0] if "{camera_id}" in self.route and self.path_args else None

    @property
    def below(self) -> str:
        """The path below the API's root, without the link by which it was asked, and the query."""
        path = str(self.request.uri).partition(f"{API_ROOT}/")[2]
        return path.split("/", 2)[-1] if path.startswith(f"{LINKS}/") and path.count("/") > 1 else path

    def set_default_headers(self) -> None:
        """Never let a browser guess a type, frame, or keep what was meant for one person."""
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.set_header("Cache-Control", "private, no-cache")
        monitor: Monitor | None = getattr(self, "monitor", None)
        if monitor is None:
            return
        if monitor.settings.access.https:
            self.set_header("Strict-Transport-Security", HTTPS_ONLY)
        if origins := monitor.settings.access.cors_origins:
            self.set_header("Vary", "Origin")
            origin = self.request.headers.get("Origin", "")
            if origin in origins:
                self.set_header("Access-Control-Allow-Origin", origin)
                self.set_header("Access-Control-Expose-Headers", "ETag, Location, Retry-After, X-Frame-Utc")
                self.set_header("Cross-Origin-Resource-Policy", "cross-origin")

    def check_xsrf_cookie(self) -> None:
        """No cookie says who may change things; `prepare` asks where the request comes from."""

    async def prepare(self) -> None:
        """Let the request through, or refuse it."""
        if not has_known_host(self.monitor, self.request):
            raise HttpRefusal(HTTPStatus.FORBIDDEN, "http.unknown_host", host=self.request.host_name)
        if self.request.method == "OPTIONS":
            return
        declared = self.operation
        if declared is None:
            self._refuse_method()
            return
        self.identity = await self._identify()
        self._check_origin()
        if declared.needs is None:
            return
        if self.identity is None:
            raise NotLoggedIn("access.not_logged_in")
        if declared.media == "application/json":
            self.monitor.authenticator.throttle.count_request(f"{self.who}:{self._address}")
        if declared.scope is Scope.OWN:
            if not self.identity.role.covers(declared.needs):
                raise NotAllowed("access.role_needed", name=self.identity.name, role=declared.needs)
        else:
            self.require(declared.needs, self.camera_id if declared.scope is Scope.CAMERA else None)

    def require(self, role: Role, camera_id: str | None = None) -> None:
        """Refuse who may not do what needs a role on a camera, or, without one, on all.

        Raises
        ------
        NotAllowed
            The same whether there is such a camera or not: who may not see it is not told.
        """
        who = self.identity
        if who is not None and who.may(role, camera_id):
            return
        name = who.name if who else message("access.nobody_known")
        if camera_id is None:
            raise NotAllowed("access.not_allowed_all", name=name, role=role)
        raise NotAllowed("access.not_allowed", name=name, role=role, camera=camera_id)

    async def still_allowed(self) -> bool:
        """Whether who opened this connection would be let in again now: tokens are revoked, sessions end."""
        try:
            return self.identity is not None and await self._identify() == self.identity
        except LivemonError:
            return False

    def options(self, *_path: str) -> None:
        """Tell a browser what a page of another site may do: read, and what a token allows."""
        if "Access-Control-Allow-Origin" in self._headers:
            self.set_header("Access-Control-Allow-Methods", ", ".join(self.methods()))
            self.set_header("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
            self.set_header("Access-Control-Max-Age", "600")
        self.set_header("Allow", ", ".join(self.methods()))
        self.set_status(HTTPStatus.NO_CONTENT)

    def methods(self) -> list[str]:
        """Return the methods that this route has."""
        return [name for name in self.SUPPORTED_METHODS if operation_of(type(self), name) is not None]

    async def blocking(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something that waits (disk, SQL, ffmpeg) beside the loop."""
        try:
            return await asyncio.to_thread(function, *args, **kwargs)
        except asyncio.CancelledError:
            raise stopping() from None
        except RuntimeError as exc:
            if "shutdown" not in str(exc):
                raise
            raise stopping() from exc

    def on_finish(self) -> None:
        """Write changes and refusals into the audit log."""
        status = self.get_status()
        self.monitor.metrics.observe_request(
            self.route or "none", str(self.request.method), status, self.request.request_time()
        )
        refused = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        if self.request.method in READING and not refused:
            return
        if self.operation is None or (refused and not self.monitor.authenticator.throttle.worth_noting(self._address)):
            return
        action = f"{self.request.method} {self.route}"
        deed = Deed(action, self.identity, self._address, status, self.camera_id, getattr(self, "deed_detail", ""))
        with contextlib.suppress(RuntimeError):  # the server is stopping
            asyncio.get_running_loop().run_in_executor(
                None, note, self.monitor.database, deed, self.monitor.clock.now()
            )

    @property
    def _address(self) -> str:
        return self.request.remote_ip or ""

    async def _identify(self) -> Identity | None:
        """Return who asks: by a token, a host's signature, a signed link, a session, or by sitting at this machine.

        Raises
        ------
        NotLoggedIn
            When an invalid token or link was given: no request falls back to fewer rights than it asked with.
        """
        authenticator = self.monitor.authenticator
        scheme, _, secret = self.request.headers.get("Authorization", "").partition(" ")
        if scheme == SCHEME:
            return self._other_host(secret)
        if scheme.lower() == "bearer":
            return await self.blocking(authenticator.by_token, secret.strip(), self._address)
        below = self.request.path.partition(f"{API_ROOT}/")[2]
        first, _, rest = below.partition("/")
        if first == LINKS and "/" in rest and self.request.method in READING:
            signed, _, path = rest.partition("/")
            query = f"?{self.request.query}" if self.request.query else ""
            who = await self.blocking(authenticator.by_link, signed, path, query)
            if who is None:
                raise NotLoggedIn("access.link_not_good")
            return who
        if cookie := self.get_cookie(SESSION_COOKIE):
            return await self.blocking(authenticator.by_session, session_key(cookie))
        return Identity.local() if authenticator.open and is_local(self.monitor, self.request) else None

    def _other_host(self, given: str) -> Identity:
        """Return the host that relays a visitor's request; it has checked that visitor's rights itself.

        Raises
        ------
        NotLoggedIn
            When it has not signed this request, or asks for more than footage.
        """
        declared, secret = self.operation, self.monitor.settings.host_secret.get_secret_value()
        signed = is_signed(secret, self.below, given, self.monitor.clock.now())
        if not signed or declared is None or not declared.relayed or self.request.method not in READING:
            raise NotLoggedIn("access.host_not_known")
        return Identity("another host", Role.VIEWER, Proof.HOST, frozenset({str(self.camera_id)}))

    def _check_origin(self) -> None:
        """Refuse what another site's page changes through a user's browser; no browser sends a token by itself."""
        if self.request.method in READING or (self.identity and self.identity.proof is Proof.TOKEN):
            return
        origin = self.request.headers.get("Origin")
        site = self.request.headers.get("Sec-Fetch-Site", "same-origin")
        foreign = origin is not None and urlsplit(origin).netloc != self.request.host
        # Every browser of today sends one of the two with what changes something; programs send neither.
        if foreign or site not in ("same-origin", "none"):
            raise HttpRefusal(HTTPStatus.FORBIDDEN, "http.foreign_page", origin=origin or site)

    def _refuse_method(self) -> None:
        methods = self.methods()
        self.set_header("Allow", ", ".join(methods))
        raise HttpRefusal(
            HTTPStatus.METHOD_NOT_ALLOWED, "http.other_method", method=self.request.method, methods=methods
        )


def is_local(monitor: Monitor, request: HTTPServerRequest) -> bool:
    """Whether the request comes from this machine, as far as can be determined.

    A proxy on this machine hides who asks: then only a host name that the owner allowed speaks for it. Every address
    that a request names has to be this machine's, because a client writes what it likes before the proxy adds its own.
    """
    named = [part.strip() for name in FORWARDING for part in request.headers.get(name, "").split(",") if part.strip()]
    if not all(is_loopback(FORWARDED_FOR.sub("", part)) for part in named):
        return bare(request.host_name) in map(bare, monitor.settings.allowed_hosts)
    return is_loopback(request.remote_ip or "")


def visitor_of(monitor: Monitor, request: HTTPServerRequest) -> str | None:
    """Return the key of the visitor whose browser asks for a page; None when they have to log in.

    The key is useless for a login: it is the digest under which the database knows a browser's session.
    """
    if monitor.authenticator.open:
        return LOCAL_VISITOR if is_local(monitor, request) else None
    cookie = request.cookies.get(SESSION_COOKIE)
    key = session_key(cookie.value) if cookie is not None else ""
    return key if key and monitor.authenticator.by_session(key) is not None else None


def has_known_host(monitor: Monitor, request: HTTPServerRequest) -> bool:
    """Whether the name that was asked for is one of ours.

    A page may give its own name the address 127.0.0.1 (DNS rebinding) and then read everything that needs no login.
    """
    settings = monitor.settings
    everywhere = settings.address in ("0.0.0.0", "::")  # noqa: S104 - compared, not listened on
    # With a login, a foreign page has no cookie of ours to read with.
    if everywhere and not monitor.authenticator.open:
        return True
    return bare(request.host_name) in map(bare, (*LOOPBACK, settings.address, *settings.allowed_hosts))
