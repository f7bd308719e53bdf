"""Dashboard and API on one port: for ever in the foreground (`livemon serve`) or beside a notebook's kernel.

Signals and printing for the command line stand here because both need the server's loop. Routes and pages do not.
"""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError

from livemon.api.app import routes
from livemon.config import Settings
from livemon.doorman import check_reachability
from livemon.errors import ConfigError, PortInUse
from livemon.memory import give_back, keep_small, keep_what_is_there
from livemon.monitor import Monitor
from livemon.ui.hardening import harden

if TYPE_CHECKING:
    from livemon.ui.building import PageThread

START_TIMEOUT_S = 60.0

# Idle connections stay open for ever unless they are given a time (measured: 900 of 900 slow ones stayed).
HTTP_SERVER = {"idle_connection_timeout": 120, "body_timeout": 60, "max_body_size": 1_000_000}


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
    from livemon.ui.warming import NobodysMonitor, warm_up

    keep_small()

    async def main() -> None:
        server, thread = _listen(monitor, monitor.settings.port)
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_ignore_closed_pages)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopping.set)
        keep_what_is_there()  # all of it at once holds the loop for 0.1 s: before anybody is served
        warming = asyncio.create_task(warm_up(server._tornado, thread, _pages(NobodysMonitor(monitor))))
        await asyncio.sleep(0)  # its turn is before any visitor's
        server.start()
        on_ready(_url(monitor, server.port))
        giving_back = asyncio.create_task(give_back())
        await stopping.wait()
        for task in (warming, giving_back):
            task.cancel()
        server.stop()

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
            server, _ = _listen(monitor, port)
            made["server"] = server
            made["loop"] = asyncio.get_running_loop()
            made["stopping"] = stopping = asyncio.Event()
            server.start()
        except BaseException as exc:
            made["error"] = exc
            raise
        finally:
            ready.set()
        await stopping.wait()
        server.stop()

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

    bound = made["server"].port
    return Server(_url(monitor, bound), bound, stop)


def _pages(monitor: Monitor) -> dict[str, Callable[[], Any]]:
    """Return the functions that make the pages, by path."""
    from livemon.ui.cameras import cameras_page
    from livemon.ui.dashboard import dashboard
    from livemon.ui.day import day_page
    from livemon.ui.prompts import prompts_page
    from livemon.ui.review import review_page
    from livemon.ui.system import system_page

    return {
        "/": lambda: dashboard(monitor),
        "/events": lambda: review_page(monitor),
        "/day": lambda: day_page(monitor),
        "/cameras": lambda: cameras_page(monitor),
        "/prompts": lambda: prompts_page(monitor),
        "/system": lambda: system_page(monitor),
    }


def _listen(monitor: Monitor, port: int) -> tuple[Any, PageThread]:
    """Bind the port; returns Bokeh's server, not started, on the running loop, and the thread that builds its pages."""
    import panel as pn

    from livemon.ui.building import build_beside
    from livemon.ui.leaving import let_go_at_once
    from livemon.ui.login import LivemonAuth

    settings = monitor.settings
    check_reachability(settings, monitor.doorman)
    address = settings.address
    port = port or _free_port(address)
    try:
        server = pn.serve(
            _pages(monitor),
            address=address,
            port=port,
            title="livemon",
            show=False,
            verbose=False,
            start=False,
            loop=IOLoop.current(),
            websocket_origin=_origins(settings, port),
            extra_patterns=routes(monitor),
            auth_provider=LivemonAuth(monitor),
            http_server_kwargs={**HTTP_SERVER, "xheaders": settings.access.proxy},
        )
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            raise PortInUse(
                f"Port {port} on {address} is used by another program.",
                "Stop it, or choose another: --port, or LIVEMON_PORT.",
            ) from exc
        raise ConfigError(f"Cannot listen on {address}:{port}: {exc.strerror}.", "Check `address` and `port`.") from exc
    harden(server._tornado, monitor)
    let_go_at_once(server._tornado)
    return server, build_beside(server._tornado)


def _origins(settings: Settings, port: int) -> list[str]:
    """Return the hosts whose pages may open a session: our own, by any name we answer to."""
    names = {settings.address, "127.0.0.1", "localhost"}
    # Behind a proxy browsers use another port, or none.
    return sorted({f"{name}:{port}" for name in names} | set(settings.allowed_hosts))


def _ignore_closed_pages(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say nothing of messages that a page did not get because it, or the server, is going away."""
    if not isinstance(context.get("exception"), (WebSocketClosedError, StreamClosedError)):
        loop.default_exception_handler(context)


def _free_port(address: str) -> int:
    """Return a port nobody listens on now; it must be known before listening, because pages name their origin."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def _url(monitor: Monitor, port: int) -> str:
    address = monitor.settings.address
    return f"http://{'127.0.0.1' if address in ('0.0.0.0', '::') else address}:{port}"  # noqa: S104
