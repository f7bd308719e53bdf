"""Dashboard and API on one port: for ever in the foreground (`livemon serve`) or beside a notebook's kernel.

Signals and printing for the command line stand here because both need the server's loop. Routes and pages do not.
"""

from __future__ import annotations

import asyncio
import errno
import re
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bokeh.server.server import BaseServer
from bokeh.server.tornado import BokehTornado
from bokeh.server.util import bind_sockets
from panel.config import config
from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError

from livemon.base.errors import ConfigError, PortInUse
from livemon.base.log_limit import limit_log
from livemon.base.messages.message import system_reason
from livemon.base.settings.settings import Settings
from livemon.base.web_address import bare, in_url, reachable
from livemon.monitor.authenticator import check_reachability
from livemon.monitor.monitor import Monitor
from livemon.web.api.app import routes
from livemon.web.auth.session_monitor import AuthorizedMonitor, unattended, visit
from livemon.web.server.headers import harden
from livemon.web.server.http_server import LimitedHTTPServer, raise_descriptor_limit
from livemon.web.server.memory import give_back, keep_small, keep_what_is_there

if TYPE_CHECKING:
    from livemon.web.server.page_thread import PageThread

HOST_AND_PORT = re.compile(r"([^:\[\]]+|\[[0-9a-fA-F:.%]+\]):\d+")
START_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str
    port: int
    _stop: Callable[[], None]

    def stop(self) -> None:
        """Stop serving; returns when the port is free."""
        self._stop()


def serve_forever(monitor: Monitor, on_ready: Callable[[str], None]) -> None:
    """Serve in this thread until SIGINT or SIGTERM; `on_ready` gets the address when it can be used.

    Raises
    ------
    PortInUse, ConfigError
        When the address cannot be listened on.
    """
    from livemon.web.server.warm_up import warm_up

    keep_small()
    raise_descriptor_limit()

    async def main() -> None:
        listening = _listen(monitor, monitor.settings.port)
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_ignore_closed_pages)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopping.set)
        limit_log()  # Panel's own handlers, too: it is loaded by now
        keep_what_is_there()  # all of it at once holds the loop for 0.1 s: before anybody is served
        pages = _pages(lambda: unattended(monitor))
        warming = asyncio.create_task(warm_up(listening.application, listening.thread, pages))
        await asyncio.sleep(0)  # its turn is before any visitor's
        listening.server.start()
        on_ready(_url(monitor, listening.port))
        giving_back = asyncio.create_task(give_back())
        await stopping.wait()
        for task in (warming, giving_back):
            task.cancel()
        listening.server.stop()

    asyncio.run(main())


def serve_in_thread(monitor: Monitor, port: int) -> Server:
    """Serve from a thread of its own and return at once; the kernel's own loop stays free.

    Raises
    ------
    PortInUse, ConfigError
        When the address cannot be listened on.
    """
    ready = threading.Event()
    made: dict[str, Any] = {}

    async def main() -> None:
        try:
            listening = made["listening"] = _listen(monitor, port)
            made["loop"] = asyncio.get_running_loop()
            made["stopping"] = stopping = asyncio.Event()
            listening.server.start()
        except BaseException as exc:
            made["error"] = exc
            raise
        finally:
            ready.set()
        await stopping.wait()
        listening.server.stop()

    def target() -> None:
        try:
            asyncio.run(main())
        except Exception:
            if "error" not in made:  # otherwise the caller is told
                raise

    thread = threading.Thread(target=target, name="livemon-server", daemon=True)
    thread.start()
    ready.wait(START_TIMEOUT_S)
    if "error" in made:
        raise made["error"]

    def stop() -> None:
        if thread.is_alive():  # a monitor that is closed stops its server again
            made["loop"].call_soon_threadsafe(made["stopping"].set)
            thread.join(START_TIMEOUT_S)

    bound = made["listening"].port
    return Server(_url(monitor, bound), bound, stop)


def _pages(visited: Callable[[], AuthorizedMonitor]) -> dict[str, Callable[[], Any]]:
    """Return the functions that make the pages, by path; each asks who opens it."""
    from livemon.web.pages.cameras import cameras_page
    from livemon.web.pages.day import day_page
    from livemon.web.pages.events import review_page
    from livemon.web.pages.live import dashboard
    from livemon.web.pages.notifications import notifications_page
    from livemon.web.pages.prompts import prompts_page
    from livemon.web.pages.system import system_page

    return {
        "/": lambda: dashboard(visited()),
        "/events": lambda: review_page(visited()),
        "/day": lambda: day_page(visited()),
        "/cameras": lambda: cameras_page(visited()),
        "/prompts": lambda: prompts_page(visited()),
        "/system": lambda: system_page(visited()),
        "/notifications": lambda: notifications_page(visited()),
    }


@dataclass(frozen=True, slots=True)
class _Listening:
    """A server that is bound to its port, and not started."""

    server: BaseServer
    application: BokehTornado
    thread: PageThread
    port: int


def _listen(monitor: Monitor, port: int) -> _Listening:
    """Bind the port on the running loop; port 0 takes a free one."""
    from livemon.web.server.page_thread import build_beside
    from livemon.web.server.sessions import let_go_at_once

    settings = monitor.settings
    check_reachability(settings, monitor.authenticator)
    sockets = _bind(settings.address, port)
    port = sockets[0].getsockname()[1]
    application = _application(monitor, port)
    http = LimitedHTTPServer(application, xheaders=settings.access.proxy, root_path=settings.access.root_path)
    http.add_sockets(sockets)
    server = BaseServer(IOLoop.current(), application, http)
    let_go_at_once(application)
    return _Listening(server, application, build_beside(application), port)


def _application(monitor: Monitor, port: int) -> BokehTornado:
    """Return Bokeh's application with livemon's pages, routes, login and guard."""
    from panel.io.application import build_applications
    from panel.io.server import get_static_routes

    from livemon.web.server.documentation import documentation_routes
    from livemon.web.server.login import LivemonAuth
    from livemon.web.server.route_guard import guard_routes, session_options

    application = BokehTornado(
        build_applications(_pages(lambda: visit(monitor)), title="livemon", location=True),
        extra_websocket_origins=_origins(monitor.settings, port),
        extra_patterns=[*routes(monitor), *documentation_routes(), *get_static_routes({})],
        auth_provider=LivemonAuth(monitor),
        cookie_secret=config.cookie_secret,
        **session_options(monitor),
    )
    guard_routes(application, monitor)
    harden(application, monitor)
    return application


def _bind(address: str, port: int) -> list[socket.socket]:
    """Return sockets that listen.

    Raises
    ------
    PortInUse, ConfigError
        When the address cannot be listened on.
    """
    try:
        sockets, _ = bind_sockets(address, port)
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            raise PortInUse("server.port_in_use", port=port, address=address) from exc
        raise ConfigError(
            "server.not_listening", address=in_url(address), port=port, reason=system_reason(exc)
        ) from exc
    return list(sockets)


def _origins(settings: Settings, port: int) -> list[str]:
    """Return the hosts whose pages may open a session: our own, by any name we answer to."""
    names = {settings.address, "127.0.0.1", "localhost", "::1"}
    # Behind a proxy browsers use another port, or none; Bokeh takes a name without one for port 80.
    whole = {host for host in settings.allowed_hosts if HOST_AND_PORT.fullmatch(host)}
    names_only = {in_url(bare(host)) for host in settings.allowed_hosts if host not in whole}
    allowed = whole | {f"{name}:80" for name in names_only} | {name for name in names_only if ":" in name}
    return sorted({f"{in_url(name)}:{port}" for name in names} | allowed)


def _ignore_closed_pages(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say nothing of messages that a page did not get because it, or the server, is going away."""
    if not isinstance(context.get("exception"), (WebSocketClosedError, StreamClosedError)):
        loop.default_exception_handler(context)


def _url(monitor: Monitor, port: int) -> str:
    settings = monitor.settings
    return f"http://{reachable(settings.address)}:{port}{settings.access.root_path}"
