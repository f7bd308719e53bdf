"""What `panel serve apps/dashboard.py --plugins livemon.api.plugin` loads: the process's monitor and its routes.

`livemon serve` and notebooks hand a Monitor to `routes` themselves and do not use this module.
"""

from __future__ import annotations

import sys
from types import ModuleType

from livemon.api.app import Route, routes
from livemon.monitor import Monitor

# `panel serve --dev` imports changed modules again; kept in a module of its own the monitor survives that, and
# pages and API go on sharing one.
_KEPT = sys.modules.setdefault("_livemon_process", ModuleType("_livemon_process"))


def get_monitor() -> Monitor:
    """Return the monitor of this `panel serve` process; the first call makes it and starts its cameras."""
    monitor: Monitor | None = getattr(_KEPT, "monitor", None)
    if monitor is None:
        monitor = Monitor()
        monitor.start_all()
        _KEPT.__dict__["monitor"] = monitor
    return monitor


ROUTES: list[Route] = routes(get_monitor())
