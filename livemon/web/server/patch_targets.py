"""Check the patched names of Panel, Bokeh and param before patching: that they exist, and fit.

A replacement that does not fit is left out with a warning: pages then work as the library makes them, only slower.
Access control is not a replacement of this kind: without it no server starts (headers.py, route_guard.py).
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Sequence
from typing import Any

log = logging.getLogger(__name__)


def fits(owner: Any, name: str, parameters: Sequence[str]) -> bool:
    """Return whether a function still takes these parameters; warns when it does not.

    Parameters
    ----------
    owner
        The class or module that has it.
    parameters
        Names of the parameters, in order.
    """
    found = getattr(owner, name, None)
    if callable(found) and list(inspect.signature(found).parameters) == list(parameters):
        return True
    return _left_out(owner, name)


def fits_list(owner: Any, name: str) -> bool:
    """Return whether a name still holds a list; warns when it does not."""
    return isinstance(getattr(owner, name, None), list) or _left_out(owner, name)


def fits_context_manager(manager: Any) -> bool:
    """Return whether a context manager is still made of one generator by contextlib; warns when it is not."""
    cells: tuple[Any, ...] = getattr(manager, "__closure__", None) or ()
    if len(cells) == 1 and inspect.isgeneratorfunction(cells[0].cell_contents):
        return True
    return _left_out(inspect.getmodule(manager), getattr(manager, "__name__", "?"))


def _left_out(owner: Any, name: str) -> bool:
    where = getattr(owner, "__name__", owner)
    log.warning("%s.%s is not what livemon knows: it is left as it is. Pages may be slower.", where, name)
    return False
