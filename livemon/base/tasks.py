"""Loops that survive the failure of a step, and steps that survive the cancellation of their task.

The pause after a failure, and the report to people, belong to the loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from typing import TypeVar

from livemon.base.errors import LivemonError

log = logging.getLogger(__name__)

T = TypeVar("T")


MOST_REMEMBERED = 1000
_told: dict[str, str] = {}
"""Name of the failing step, and the sentence that was logged for it."""


async def survive(step: Coroutine[None, None, None], what: str) -> None:
    """Run one step of an endless loop; an error ends the step, is logged, and does not end the loop.

    A step that fails again for the same known reason, on a full disk for example, is logged once until it succeeds.
    """
    try:
        await step
    except (LivemonError, OSError) as exc:
        if _told.get(what) != str(exc):
            log.error("%s failed: %s", what, exc)
            if len(_told) >= MOST_REMEMBERED:
                _told.clear()
            _told[what] = str(exc)
    except Exception:
        log.exception("%s failed", what)
    else:
        if _told.pop(what, None) is not None:
            log.warning("%s works again", what)


async def run_to_completion(work: Awaitable[T]) -> T:
    """Await what must not be left half-done; a cancellation that comes meanwhile goes on afterwards.

    A shield of asyncio alone lets the work go on, but does not wait for it: what depends on its end comes too early.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as exc:
            cancelled = exc
    if cancelled is not None:
        raise cancelled from task.exception()
    return task.result()
