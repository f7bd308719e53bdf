"""Decoding beside everything else: frames, sheets and clips are made in a small pool of threads of their own.

The pool that other requests wait in stays free. One identity cannot take all places: a request beyond its share is
refused with the time to wait. The decoding itself lives in web/api/playback.py.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from livemon.base.errors import StoreError, TooManyRequests

THREADS = 2
MOST_OF_ONE = 8
"""A browser asks for six at once."""
MOST = 48
WAIT_S = 2.0

P = ParamSpec("P")
T = TypeVar("T")


class DecodingPool:
    """Runs what decodes. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="livemon-decode")
        self._open: Counter[str] = Counter()
        self._changing = threading.Lock()

    async def run(self, who: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return a function's result, when its turn has come.

        Parameters
        ----------
        who
            Identity that the work is counted for.

        Raises
        ------
        TooManyRequests
            When as many as may are running or waiting, of this one or of all.
        StoreError
            When livemon is stopping.
        """
        self._enter(who)
        try:
            work = self._threads.submit(partial(function, *args, **kwargs))
        except RuntimeError as exc:
            self._leave(who)
            raise StoreError("server.stopping") from exc
        # Counted until it has really ended: the thread goes on after its requester has left.
        work.add_done_callback(lambda _done: self._leave(who))
        return await asyncio.wrap_future(work)

    async def run_for_player(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a function returns; players ask for one after the other, and give up when they are refused."""
        try:
            return await asyncio.wrap_future(self._threads.submit(partial(function, *args, **kwargs)))
        except RuntimeError as exc:
            if "shutdown" not in str(exc):
                raise
            raise StoreError("server.stopping") from exc

    def close(self) -> None:
        """Take nothing more; what waits is given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _enter(self, who: str) -> None:
        with self._changing:
            if self._open[who] >= MOST_OF_ONE:
                raise TooManyRequests("decoding.too_many_of_yours", limit=MOST_OF_ONE, wait_s=WAIT_S)
            if self._open.total() >= MOST:
                raise TooManyRequests("decoding.too_many", wait_s=WAIT_S)
            self._open[who] += 1

    def _leave(self, who: str) -> None:
        with self._changing:
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]
