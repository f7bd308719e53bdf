"""Engine: the loop and the thread that cameras and schedules run on, and the way into it from any other thread.

The tasks that run there live in monitor/monitor.py. Why it is a loop of its own: docs/adr/0003.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

WORKER_THREADS = 16
CALL_TIMEOUT_S = 60.0


class Engine:
    """A running asyncio loop in a daemon thread, with worker threads for what blocks."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._workers = ThreadPoolExecutor(WORKER_THREADS, thread_name_prefix="livemon-worker")
        self._loop.set_default_executor(self._workers)
        self._thread = threading.Thread(target=self._loop.run_forever, name="livemon-engine", daemon=True)
        self._thread.start()

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return self._loop.is_closed()

    def call(self, coroutine: Coroutine[Any, Any, T], timeout_s: float | None = CALL_TIMEOUT_S) -> T:
        """Run a coroutine on the loop and wait for it here; stopped when the caller is interrupted or tired of it."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(timeout_s)
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """End what is under way, let the worker threads end, stop the loop and the thread."""
        self.call(_end_others())
        self._workers.shutdown()  # not by the loop, which begins a thread: Python 3.12.1 refuses that at its end
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CALL_TIMEOUT_S)
        self._loop.close()


async def _end_others() -> None:
    """Cancel every other task of this loop, and wait until each has cleared up."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
