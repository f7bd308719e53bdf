"""Plugin for `panel serve apps/dashboard.py --plugins livemon.web.server.plugin`: the monitor and its routes.

`livemon serve` and notebooks hand a Monitor to `routes` themselves and do not use this module.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType, ModuleType

from tornado.ioloop import IOLoop

from livemon.base.log_limit import limit_log
from livemon.monitor.monitor import Monitor
from livemon.web.api.app import Route, routes
from livemon.web.server.documentation import documentation_routes
from livemon.web.server.headers import login_for_panel_serve
from livemon.web.server.http_server import raise_descriptor_limit
from livemon.web.server.memory import give_back, keep_small, keep_what_is_there

# `panel serve --dev` imports changed modules again; kept in a module of its own the monitor survives that, and
# pages and API go on sharing one.
_KEPT = sys.modules.setdefault("_livemon_process", ModuleType("_livemon_process"))


def get_monitor() -> Monitor:
    """Return the monitor of this `panel serve` process; the first call makes it and starts its cameras."""
    monitor: Monitor | None = getattr(_KEPT, "monitor", None)
    if monitor is None:
        keep_small()
        raise_descriptor_limit()
        monitor = Monitor()
        monitor.start_all()
        _KEPT.__dict__["monitor"] = monitor
    return monitor


def _close_before_stopping() -> None:
    """Stop the cameras on a signal, before the interpreter takes their worker threads away at its exit."""
    for number in (signal.SIGINT, signal.SIGTERM):
        earlier = signal.getsignal(number)
        if earlier is signal.SIG_IGN:  # as in a script's background jobs
            continue

        def close(signum: int, frame: FrameType | None, earlier: signal._HANDLER = earlier) -> None:
            get_monitor().close()
            if callable(earlier):
                earlier(signum, frame)

        signal.signal(number, close)


# The server sets its own handlers before its loop turns; ours go in front of them.
IOLoop.current().add_callback(_close_before_stopping)
IOLoop.current().add_callback(limit_log)
IOLoop.current().add_callback(keep_what_is_there)
IOLoop.current().add_callback(give_back)

login_for_panel_serve(get_monitor())

ROUTES: list[Route] = [*routes(get_monitor()), *documentation_routes()]
