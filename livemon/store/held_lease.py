"""held(): keeps the lease of a piece of work while it is being done.

Rows and rules live in store/work.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from livemon.base.clock import Clock
from livemon.base.errors import StoreError
from livemon.store import work
from livemon.store.session import Database

log = logging.getLogger(__name__)


@asynccontextmanager
async def held(database: Database, kind: work.Work, row_id: int, owner: str, clock: Clock) -> AsyncIterator[None]:
    """Renew a claimed row's lease until the block ends."""

    async def renew() -> None:
        while True:
            # Real seconds, whatever `clock` does: a lease is about this process being alive.
            await asyncio.sleep(work.RENEW_S)
            try:
                await asyncio.to_thread(work.renew, database, kind, row_id, owner, clock.now())
            except StoreError as exc:
                log.warning("a lease could not be renewed: %s", exc)

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
