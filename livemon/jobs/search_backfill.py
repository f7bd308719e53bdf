"""SearchFiller: puts rows that are older than the index of words into it, bit by bit, while everything else goes on.

What is indexed, and how far it has come, stands in store/word_index.py.
"""

from __future__ import annotations

import asyncio
import logging

from livemon.base.clock import Clock
from livemon.base.tasks import survive
from livemon.store import word_index
from livemon.store.session import Database

log = logging.getLogger(__name__)

PAUSE_S = 0.1
"""Between two batches, so that others get to write."""


class SearchFiller:
    """Fills the indexes of one database. Any number of processes may: a batch is a transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin, and end by itself when all is indexed; harmless when begun."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="search filler")

    async def stop(self) -> None:
        """Stop; what is indexed stays so, and the next start goes on there."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        for name in (word_index.EVENTS, word_index.WINDOWS):
            while await asyncio.to_thread(word_index.missing_share, self._database, name):
                await survive(asyncio.to_thread(self._fill, name), "indexing words")
                await self._clock.sleep(PAUSE_S)

    def _fill(self, name: str) -> None:
        if not word_index.fill(self._database, name):
            log.info("the search is complete: %s", name)
