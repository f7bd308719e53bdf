"""Heartbeat: asks an address once a minute while livemon runs, so that a dead man's switch can tell when it does not.

Such as https://healthchecks.io or a self-hosted one. It beats only while the database answers.
"""

from __future__ import annotations

import asyncio
import logging

from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from livemon.base.clock import Clock
from livemon.base.errors import LivemonError
from livemon.store import notifications as store
from livemon.store.session import Database

log = logging.getLogger(__name__)

EVERY_S = 60.0
WITHIN_S = 10.0


class Heartbeat:
    """Asks one address; does nothing when it is empty."""

    def __init__(self, url: str, database: Database, clock: Clock) -> None:
        self._url = url
        self._database = database
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._failing = False

    async def start(self) -> None:
        """Begin; harmless when begun."""
        if self._url and self._task is None:
            self._task = asyncio.create_task(self._run(), name="heartbeat")

    async def stop(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def beat(self) -> bool:
        """Ask once; whether it was answered. A failure is logged once until it works again."""
        try:
            await asyncio.to_thread(store.has_queued, self._database)
            request = HTTPRequest(self._url, connect_timeout=WITHIN_S, request_timeout=WITHIN_S)
            await AsyncHTTPClient().fetch(request)
        except (LivemonError, OSError, ValueError) as exc:
            if not self._failing:
                log.warning("the heartbeat fails: %s", type(exc).__name__)  # the address is a secret
            self._failing = True
            return False
        self._failing = False
        return True

    async def _run(self) -> None:
        while True:
            await self.beat()
            await self._clock.sleep(EVERY_S)
