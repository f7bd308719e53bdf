"""Exit hooks: release resources when the interpreter ends unasked, while threads can still work.

`atexit` is too late: by then concurrent.futures has shut down every pool, and nothing can be stopped in order. The
clean-up actions live with their owners.
"""

from __future__ import annotations

import concurrent.futures.thread  # it registers itself, too, and what registers later is called earlier  # noqa: F401
import threading
from collections.abc import Callable

_calls: dict[object, Callable[[], None]] = {}


def at_end(owner: object, call: Callable[[], None]) -> None:
    """Call this when the interpreter ends, the newest first; another one of the same owner takes its place."""
    _calls[owner] = call


def never_mind(owner: object) -> None:
    """Forget the hook that `at_end` registered for an owner."""
    _calls.pop(owner, None)


def _end() -> None:
    for call in reversed(list(_calls.values())):
        call()


# Private, and the only place before the pools end; tests/base/test_exit_hooks.py fails where it is missing.
threading._register_atexit(_end)  # type: ignore[attr-defined]
