"""SharedRate: requests a minute to a provider, counted over all hosts that share a database."""

from __future__ import annotations

import asyncio
import logging
import random
from types import TracebackType

from livemon.base.clock import Clock
from livemon.base.errors import StoreError
from livemon.store.rate_limits import take_token
from livemon.store.session import Database

log = logging.getLogger(__name__)


class SharedRate:
    """Lets requests through, as many a minute as all hosts together may send. Used as ``async with``.

    Without the database each host goes on by its own limit, which the caller keeps besides.
    """

    def __init__(self, database: Database, clock: Clock, name: str, per_minute: int) -> None:
        self._database, self._clock = database, clock
        self._name, self._per_minute = name, per_minute

    async def __aenter__(self) -> None:
        while wait_s := await self._missing_s():
            # Hosts that wait for the same token do not all ask again at once.
            await self._clock.sleep(wait_s * random.uniform(1.0, 1.5))  # noqa: S311

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give nothing back: a request was sent."""

    async def _missing_s(self) -> float:
        try:
            return await asyncio.to_thread(take_token, self._database, self._name, self._per_minute)
        except StoreError as exc:
            log.warning("the rate limit of all hosts cannot be asked: %s", exc)
            return 0.0
