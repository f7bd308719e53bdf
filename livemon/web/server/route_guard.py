"""Guard every route of a server, Panel's and Bokeh's included. A route without declared access is closed.

The API's handlers check access by themselves (web/api/guard.py); this module admits them unchanged. Limits on
connections live in http_server.py, response headers in headers.py.
"""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from http import HTTPStatus
from types import ModuleType
from typing import Any
from urllib.parse import quote

import param
from bokeh.application.handlers.handler import Handler
from bokeh.document import Document
from bokeh.protocol.message import Message
from bokeh.server.tornado import BokehTornado
from bokeh.server.views.ico_handler import IcoHandler
from bokeh.server.views.multi_root_static_handler import MultiRootStaticHandler
from bokeh.server.views.static_handler import StaticHandler
from bokeh.util.token import check_token_signature, get_token_payload
from panel.io.server import (
    AuthenticatedStaticFileHandler,
    ComponentResourceHandler,
    DocHandler,
    RootHandler,
    WSHandler,
)
from tornado.httputil import HTTPServerRequest
from tornado.routing import Router, Rule, RuleRouter
from tornado.web import HTTPError, RequestHandler, StaticFileHandler

from livemon.monitor.monitor import Monitor
from livemon.web.api.guard import Guarded, has_known_host, visitor_of
from livemon.web.i18n.language import LANGUAGE_COOKIE
from livemon.web.pages.shell.theme import THEME_COOKIE
from livemon.web.server.documentation import DocumentationFiles
from livemon.web.server.login import LOGIN, Logout, OAuthLogin, PasswordLogin
from livemon.web.server.message_limits import MOST_MESSAGE_BYTES, MessageLimits
from livemon.web.server.static_files import CompressedFiles

log = logging.getLogger(__name__)

POLICY_VIOLATION = 1008
"""RFC 6455: a message breaks the server's rules."""
COMPONENT_PACKAGES = ("panel", "panel_material_ui", "livemon")
SESSION_ARGUMENTS = ("bokeh-session-id", "bokeh-token")
SESSION_HEADER = "Bokeh-Session-Id"
SOCKETS_PER_VISITOR = 100
"""Pages that one visitor may hold open; a wall screen of nine cameras needs one."""


class Access(StrEnum):
    """Access level of a route."""

    API = "api"  # the handler checks by itself
    OPEN = "open"  # everybody who asks for a known host
    FILES = "files"  # visitors; a component's file only when it is one of COMPONENT_PACKAGES
    PAGE = "page"  # visitors, and the others are sent to the login
    SOCKET = "socket"  # the visitor that the page was made for
    CLOSED = "closed"  # answers 404


DECLARED: dict[type[RequestHandler], Access] = {
    Guarded: Access.API,
    PasswordLogin: Access.OPEN,
    OAuthLogin: Access.OPEN,
    Logout: Access.OPEN,
    IcoHandler: Access.OPEN,
    StaticHandler: Access.FILES,
    MultiRootStaticHandler: Access.FILES,
    AuthenticatedStaticFileHandler: Access.FILES,
    ComponentResourceHandler: Access.FILES,
    DocHandler: Access.PAGE,
    DocumentationFiles: Access.PAGE,
    RootHandler: Access.PAGE,
    WSHandler: Access.SOCKET,
}
"""The access of each kind of handler, its subclasses included.

All others are closed: Panel's autoload.js would embed pages elsewhere, its metadata, REST, liveness and admin routes
run code for any caller.
"""


def guard_routes(server: BokehTornado, monitor: Monitor) -> None:
    """Put the guard in front of each route of a server, and bind each page to its visitor.

    Parameters
    ----------
    server
        A server that has all its routes. Routes added later bypass the guard.
    """
    shared = {"monitor": monitor, "open_sockets": Counter()}
    for rule in rules_of(server.default_router):
        access = access_of(rule, server)
        if access is not Access.API:
            rule.target = _guarded(rule.target, access, shared)
        if access is Access.CLOSED:
            rule.target_kwargs = {}
    for context in server.applications.values():
        context.application.add(_VisitorInToken(monitor))
    server.settings["default_handler_class"] = _guarded(RequestHandler, Access.CLOSED, shared)


def session_options(monitor: Monitor) -> dict[str, Any]:
    """Return Bokeh's options that keep sessions the server's own, and credentials out of pages.

    Bokeh writes a token into each page with what the browser sent; it holds what pages read and nothing else.
    """
    return {
        "sign_sessions": True,
        "secret_key": monitor.authenticator.secrets.session_secret(),
        "include_cookies": [LANGUAGE_COOKIE, THEME_COOKIE],
        "include_headers": ["Accept-Language"],
        "websocket_max_message_size_bytes": MOST_MESSAGE_BYTES,
        # A page of Live is 260 kB of JSON. The memory of a socket's two streams is 160 kB with these.
        "websocket_compression_level": 6,
        "websocket_compression_mem_level": 5,
    }


def rules_of(router: RuleRouter) -> Iterator[Rule]:
    """Yield each rule that ends at a handler, in the order in which the server tries them."""
    for rule in router.rules:
        if isinstance(rule.target, Router):
            assert isinstance(rule.target, RuleRouter)
            yield from rules_of(rule.target)
        else:
            yield rule


def access_of(rule: Rule, server: BokehTornado) -> Access:
    """Return the declared access of a rule; closed when its handler or its application is unknown."""
    access = next((DECLARED[kind] for kind in rule.target.__mro__ if kind in DECLARED), Access.CLOSED)
    context = rule.target_kwargs.get("application_context")
    if context is not None and context not in server.applications.values():
        return Access.CLOSED  # Panel's admin page shows every session to every visitor
    return access


class _VisitorInToken(Handler):
    """Part of an application: signs into the token of each page which visitor it is made for."""

    def __init__(self, monitor: Monitor) -> None:
        super().__init__()
        self._monitor = monitor

    def process_request(self, request: HTTPServerRequest) -> dict[str, Any]:
        """Return what Bokeh signs into the token."""
        return {"visitor": visitor_of(self._monitor, request) or ""}

    def modify_document(self, doc: Document) -> None:
        """Add nothing: the application's other handlers fill the document."""


def _guarded(handler: type[RequestHandler], access: Access, shared: dict[str, Any]) -> type[RequestHandler]:
    """Return a handler that checks access before it does anything else."""
    if access is Access.CLOSED:  # not even constructed: its arguments may not fit the handler that refuses
        return type("Closed", (Closed,), {**shared, "access": access})
    guard = {Access.SOCKET: _SocketGuard, Access.PAGE: _PageGuard}.get(access, Guard)
    if issubclass(handler, StaticFileHandler):
        guard = _FileGuard
    own = {**shared, "access": access}
    if guard is Guard and handler.head is RequestHandler.head:
        own["head"] = handler.get  # Tornado leaves out the body
    return type(f"Guarded{handler.__name__}", (guard, handler), own)


class Guard(RequestHandler):
    """Checks the host and the visitor before the handler that it is mixed into."""

    monitor: Monitor
    access: Access

    async def prepare(self) -> None:
        """Let the request through, or refuse it."""
        self.check()
        if not self._finished:
            prepared = super().prepare()
            if prepared is not None:
                await prepared

    def check(self) -> None:
        """Raise HTTPError, or answer, when the request may not pass."""
        if not has_known_host(self.monitor, self.request):
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="Not a name of this livemon: see allowed_hosts")
        if any(ord(letter) < 32 for part in self.path_args for letter in part or ""):
            raise HTTPError(HTTPStatus.BAD_REQUEST, reason="A path has no control characters")
        if self.access is Access.OPEN:
            return
        if visitor_of(self.monitor, self.request) is None:
            self.refuse_stranger()
        elif isinstance(self, ComponentResourceHandler):
            _check_component(self.path_args[0] if self.path_args else "")

    def refuse_stranger(self) -> None:
        """Refuse a request without a valid login; for a page, show the login page and come back after it."""
        if self.monitor.authenticator.open:
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="Only from this machine: see docs/access.md")
        if self.access is not Access.PAGE:
            raise HTTPError(HTTPStatus.UNAUTHORIZED, reason="Log in first")
        up = "../" * (self.request.path.count("/") - 1)
        self.redirect(f"{up}{LOGIN.lstrip('/')}?next={quote(self.request.uri or '/', safe='/')}")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with one line of text, never with a stack trace."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}: {self._reason}\n")


class _PageGuard(Guard):
    """Also keeps the ids of sessions the server's own."""

    def check(self) -> None:
        """Refuse a session that the request chose: its maker would then share the page."""
        asked = any(name in self.request.arguments for name in SESSION_ARGUMENTS)
        if asked or SESSION_HEADER in self.request.headers:
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="The server chooses the session of a page")
        super().check()

    def head(self, *_path: str) -> None:
        """Answer as GET would, without making a page."""
        self.set_header("Content-Type", "text/html")
        self.set_header("Cache-Control", "no-store")


class _FileGuard(Guard, CompressedFiles):
    """Compresses what it lets through."""


class _SocketGuard(Guard, WSHandler):
    """Also binds the WebSocket of a page to the visitor that the page was made for, and limits what it sends."""

    open_sockets: Counter[str]
    _visitor = ""
    _counted = False

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Tornado's constructor hook."""
        super().initialize(*args, **kwargs)
        self._limits = MessageLimits()

    def check(self) -> None:
        """Refuse a token that the server did not sign, or signed for another visitor."""
        super().check()
        self._visitor = visitor_of(self.monitor, self.request) or ""
        protocols = [part.strip() for part in self.request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        token = protocols[1] if len(protocols) == 2 else ""
        if not self._visitor or _signed_visitor(self.application, token) != self._visitor:
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="This page belongs to another visitor: load it again")
        if self.open_sockets[self._visitor] >= SOCKETS_PER_VISITOR:
            raise HTTPError(HTTPStatus.TOO_MANY_REQUESTS, reason="Too many open pages: close some")

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Count the socket."""
        self.open_sockets[self._visitor] += 1
        self._counted = True
        return super().open(*args, **kwargs)

    async def on_message(self, fragment: str | bytes) -> None:
        """Hand on what a page's browser may send; close on anything else, before Bokeh keeps it."""
        try:
            self._limits.check(fragment)
        except ValueError as exc:
            log.warning("a page's connection is closed: %s", exc)
            self.close(POLICY_VIOLATION, str(exc)[:100])
            return
        await super().on_message(fragment)

    async def send_message(self, message: Message[Any]) -> None:
        """Send a message; an error says that there was one, and not where in the server's files."""
        if message.msgtype == "ERROR":
            message.content.update(text="The server could not do that.", traceback=None)
        await super().send_message(message)

    def on_close(self) -> None:
        """Count it no longer. Tornado also calls this for a browser that left before the socket was open."""
        if self._counted:
            self._counted = False
            self.open_sockets[self._visitor] -= 1
            if not self.open_sockets[self._visitor]:
                del self.open_sockets[self._visitor]
        super().on_close()


class Closed(Guard):
    """Answers 404 to whatever is asked."""

    def check(self) -> None:
        """Refuse."""
        raise HTTPError(HTTPStatus.NOT_FOUND)


def _signed_visitor(server: BokehTornado, token: str) -> str | None:
    """Return the visitor that the server signed a token for; None when it did not sign it."""
    try:
        if not check_token_signature(token, secret_key=server.secret_key, signed=True):
            return None
        payload = get_token_payload(token)
    except Exception:  # Bokeh raises whatever base64, zlib and JSON raise
        return None
    visitor = payload.get("visitor")
    return visitor if isinstance(visitor, str) else None


def _check_component(path: str) -> None:
    """Refuse a component's file unless the component is loaded and of a known package: Panel would import it.

    Raises
    ------
    HTTPError
        404, the same whether there is such a module or not.
    """
    name, _, rest = path.partition("/")
    module = sys.modules.get(name) if name.split(".")[0] in COMPONENT_PACKAGES else None
    component = vars(module).get(rest.partition("/")[0]) if isinstance(module, ModuleType) else None
    if not isinstance(component, type) or not issubclass(component, param.Parameterized):
        raise HTTPError(HTTPStatus.NOT_FOUND)
