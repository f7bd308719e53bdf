"""Release a page's session as soon as its browser leaves the page.

Bokeh keeps a session 15 to 32 s after its connection is gone, in case the network failed. A browser that closes,
reloads or leaves a page reports it: the page will not come back. Until then it would take memory, and time of the
garbage collector, which holds every thread. A page that does come back finds no session and loads itself again
(web/pages/parts/page_link.py).

The parts of a page are released in web/pages/shell/page.py.
"""

from __future__ import annotations

import gc
from weakref import WeakSet

import panel.io.document
from bokeh.server.connection import ServerConnection
from bokeh.server.tornado import BokehTornado

from livemon.web.server.patch_targets import fits

GOING_AWAY = 1001
"""RFC 6455: a browser has navigated away from a page, or closed it."""

_servers: WeakSet[BokehTornado] = WeakSet()


def let_go_at_once(server: BokehTornado) -> None:
    """Let a server discard the session of a page that its browser has left, when nothing else is connected to it."""
    _servers.add(server)
    if fits(panel.io.document, "_garbage_collect", ()):
        panel.io.document._garbage_collect = collect_when_nobody_is_there
    if not fits(BokehTornado, "client_lost", ("self", "connection")):
        return
    lost = server.client_lost

    def client_lost(connection: ServerConnection) -> None:
        session, context = connection.session, connection.application_context
        code = connection._socket.close_code
        lost(connection)
        if code == GOING_AWAY and not session.connection_count and context.io_loop is not None:
            session.request_expiration()
            context.io_loop.add_callback(context._cleanup_sessions, server._unused_session_lifetime_milliseconds)

    server.client_lost = client_lost


def collect_when_nobody_is_there() -> None:
    """Search everything for garbage, unless a page is open: what Panel does after each page that went, on the loop.

    The search takes the longer the more pages are open. Python searches by itself when there is a quarter more.
    """
    if not any(server._clients for server in _servers):
        gc.collect()
