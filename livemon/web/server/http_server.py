"""HTTP server with limits on connections: in all, by address, and for the time until a request has begun.

Tornado accepts without limit and fails in a tight loop when the process has no descriptors left; cameras and the
database then fail, too. Authorization lives in route_guard.py.
"""

from __future__ import annotations

import errno
import logging
import resource
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tornado.http1connection import HTTP1ServerConnection
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine
from tornado.ioloop import IOLoop
from tornado.iostream import IOStream

from livemon.monitor.rate_limit import is_loopback, network

log = logging.getLogger(__name__)

DESCRIPTORS = 65_536
"""Wanted descriptors; the machine's hard limit may be lower."""
MOST_CONNECTIONS = 4_096
PER_ADDRESS = 128
"""Connections of one address (IPv6: of a /64). A browser opens about six; a proxy and this machine are exempt."""
TIMES_AND_SIZES = {"idle_connection_timeout": 120, "body_timeout": 60, "max_body_size": 1_000_000}
"""Idle connections stay open for ever unless they are given a time (measured: 900 of 900 slow ones stayed)."""
REQUEST_TIMEOUT_S = 10.0
"""Time from the connection to the end of the first request's headers."""
ACCEPT_PAUSE_S = 1.0
ACCEPTED_AT_ONCE = 128
UNTRUSTED = ("X-Real-Ip", "X-Scheme")
OUT_OF_DESCRIPTORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


def raise_descriptor_limit() -> None:
    """Raise this process's soft limit of descriptors as far as the machine allows; each connection takes one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections() -> int:
    """Return how many connections the process may hold: half of its descriptors are for cameras and database."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(16, min(MOST_CONNECTIONS, soft // 2))


@dataclass(slots=True)
class _Connection:
    address: str
    idle_since_s: float | None
    """Monotonic; None while a request is being answered."""
    asked: bool = False


class LimitedHTTPServer(HTTPServer):
    """Tornado's server with the limits of this module.

    When there are too many connections, those that have been idle longest make room. Only when none is idle the new
    one is refused.
    """

    def initialize(self, *args: Any, root_path: str = "", **kwargs: Any) -> None:
        """Tornado's constructor hook; `root_path` is taken off requests whose proxy left it there."""
        self._root_path = root_path
        super().initialize(*args, **{**TIMES_AND_SIZES, **kwargs})
        self._listening: dict[socket.socket, IOLoop] = {}
        self._held: dict[IOStream, _Connection] = {}

    def add_sockets(self, sockets: Iterable[socket.socket]) -> None:
        """Accept on these sockets, which listen already."""
        for listener in sockets:
            self._listening[listener] = IOLoop.current()
            self._resume(listener)

    def stop(self) -> None:
        """Accept no more, and close the sockets."""
        for listener, loop in self._listening.items():
            loop.remove_handler(listener.fileno())
            listener.close()
        self._listening.clear()

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """Serve a new connection, or refuse it."""
        client = network(str(address[0])) if address else ""
        if not self._make_room(client):
            log.warning("a connection of %s was refused: too many are busy", client or "this machine")
            stream.close()
            return
        self._held[stream] = _Connection(client, time.monotonic())
        IOLoop.current().call_later(REQUEST_TIMEOUT_S, self._close_if_silent, stream)
        super().handle_stream(stream, address)

    def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:
        """Note that a connection waits for its next request."""
        assert isinstance(server_conn, HTTP1ServerConnection)
        held = self._held.setdefault(server_conn.stream, _Connection("", None))
        held.idle_since_s = time.monotonic()
        delegate = super().start_request(server_conn, request_conn)
        return _NotesRequest(delegate, held, self._root_path, trusts_proxy=self.xheaders)

    def _make_room(self, client: str) -> bool:
        """Close idle connections until one more fits; False when there are not enough."""
        self._held = {stream: held for stream, held in self._held.items() if not stream.closed()}
        exempt = client == "" or is_loopback(client) or self.xheaders
        theirs = [] if exempt else [stream for stream, held in self._held.items() if held.address == client]
        return self._fits(theirs, PER_ADDRESS) and self._fits(list(self._held), most_connections())

    def _fits(self, streams: list[IOStream], most: int) -> bool:
        surplus = len(streams) + 1 - most
        if surplus <= 0:
            return True
        idle = sorted(
            (held.idle_since_s, number)
            for number, stream in enumerate(streams)
            if (held := self._held[stream]).idle_since_s is not None
        )
        for _, number in idle[:surplus]:
            self._held.pop(streams[number]).idle_since_s = None
            streams[number].close()
        return len(idle) >= surplus

    def _close_if_silent(self, stream: IOStream) -> None:
        held = self._held.get(stream)
        if held is not None and not held.asked:
            stream.close()

    def _resume(self, listener: socket.socket) -> None:
        if listener in self._listening:
            self._listening[listener].add_handler(listener.fileno(), self._accept(listener), IOLoop.READ)

    def _accept(self, listener: socket.socket) -> Callable[[int, int], None]:
        def accept(_descriptor: int, _events: int) -> None:
            for _ in range(ACCEPTED_AT_ONCE):
                try:
                    connection, address = listener.accept()
                except (BlockingIOError, ConnectionAbortedError):
                    return
                except OSError as exc:
                    if exc.errno not in OUT_OF_DESCRIPTORS:
                        raise
                    self._pause(listener, exc)
                    return
                connection.set_inheritable(False)
                self._handle_connection(connection, address)

        return accept

    def _pause(self, listener: socket.socket, exc: OSError) -> None:
        """Accept nothing for a moment: the socket stays readable, and the loop would turn for it alone."""
        log.warning("no connection can be accepted for %.0f s: %s", ACCEPT_PAUSE_S, exc.strerror)
        loop = self._listening[listener]
        loop.remove_handler(listener.fileno())
        loop.call_later(ACCEPT_PAUSE_S, self._resume, listener)


class _NotesRequest(HTTPMessageDelegate):
    """Notes that a request's headers are there, and hands everything on, without the path of the proxy.

    A proxy adds to X-Forwarded-For and sets X-Forwarded-Proto; the others that Tornado believes come from the client.
    """

    def __init__(self, delegate: HTTPMessageDelegate, held: _Connection, root_path: str, *, trusts_proxy: bool) -> None:
        self._delegate = delegate
        self._root_path = root_path
        self._held = held
        self._trusts_proxy = trusts_proxy

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> Any:
        for name in UNTRUSTED if self._trusts_proxy else ():
            headers.pop(name, None)
        self._held.asked, self._held.idle_since_s = True, None
        if self._root_path and isinstance(start_line, RequestStartLine):
            path = start_line.path
            if path == self._root_path or path.startswith((f"{self._root_path}/", f"{self._root_path}?")):
                rest = path.removeprefix(self._root_path)
                start_line = start_line._replace(path=rest if rest.startswith("/") else f"/{rest}")
        return self._delegate.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Any:
        return self._delegate.data_received(chunk)

    def finish(self) -> None:
        self._delegate.finish()

    def on_connection_close(self) -> None:
        self._delegate.on_connection_close()
