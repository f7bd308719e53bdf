"""SearchFiller: counts and indexes rows that are older than counts and indexes, while everything else goes on.

Counts, indexes and their progress live in store/ (event_counts.py, event_indexes.py, word_index.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from livemon.base.clock import Clock
from livemon.base.tasks import survive
from livemon.store import event_counts, event_indexes, word_index
from livemon.store.session import Database

log = logging.getLogger(__name__)

PAUSE_S = 0.1
"""Between two batches, so that others get to write."""


class SearchFiller:
    """Fills counts and indexes of one database. Any number of processes may: a batch is a transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin, and end by itself when all is done; harmless when begun."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="search filler")

    async def stop(self) -> None:
        """Stop; what is done stays so, and the next start goes on there."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        """Count first, because pages ask for counts all the time; then indexes of rows, then words."""
        await self._all("counts of events", event_counts.uncounted_share, event_counts.fill)
        await self._all("indexes of events", event_indexes.missing, event_indexes.make_first)
        for name in (word_index.EVENTS, word_index.WINDOWS):
            left = partial(word_index.missing_share, name=name)
            await self._all(name, left, partial(word_index.fill, name=name))

    async def _all(self, name: str, left: Callable[[Database], object], step: Callable[[Database], object]) -> None:
        """Take steps until nothing is left; one that fails is taken again."""
        begun = False
        while await asyncio.to_thread(left, self._database):
            begun = True
            await survive(asyncio.to_thread(self._take, step), f"search, {name}")
            await self._clock.sleep(PAUSE_S)
        if begun:
            log.info("the search is complete: %s", name)

    def _take(self, step: Callable[[Database], object]) -> None:
        step(self._database)
