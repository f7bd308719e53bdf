"""Shadow: a prompt on trial looks along at one camera's live looks, without notifications.

The prompt, and its end, are in the database: a notebook begins it, and the process that streams the camera does it. The
comparison with the live prompt lives in the lab.
"""

from __future__ import annotations

import asyncio
import logging

from livemon.base.clock import Clock
from livemon.base.errors import LivemonError
from livemon.base.model_types import Look, Purpose
from livemon.inference.gateway import ModelGateway
from livemon.inference.prompts import PromptRegistry, require_purpose
from livemon.store.session import Database
from livemon.store.shadows import FRESH, shadow_now
from livemon.vlm.provider import PromptTerms

log = logging.getLogger(__name__)


class Shadow:
    """Asks a second prompt about one camera's looks. Its coroutine runs on the monitor's engine loop."""

    def __init__(
        self, camera_id: str, database: Database, book: PromptRegistry, clock: Clock, gateway: ModelGateway
    ) -> None:
        self._camera_id = camera_id
        self._database = database
        self._book = book
        self._clock = clock
        self._gateway = gateway
        self._terms: PromptTerms | None = None
        self._asked_s = float("-inf")

    async def look_along(self, look: Look) -> None:
        """Ask the shadow, when there is one, about the frames of a look that was made."""
        terms = await asyncio.to_thread(self._current)
        if terms is not None:
            await self._gateway.along(look, terms)

    async def wants_crops(self) -> bool:
        """Whether there is a shadow that takes crops of people."""
        terms = await asyncio.to_thread(self._current)
        return terms is not None and self._gateway.appetite(terms).crops

    def _current(self) -> PromptTerms | None:
        """Return the terms of the prompt that looks along; reads them anew every few seconds."""
        now_s = self._clock.monotonic_s()
        if now_s - self._asked_s < FRESH.total_seconds():
            return self._terms
        self._asked_s = now_s
        version = shadow_now(self._database, self._camera_id, self._clock.now())
        if not version:
            self._terms = None
        elif self._terms is None or self._terms.prompt.version != version:
            self._terms = self._read(version)
        return self._terms

    def _read(self, version: str) -> PromptTerms | None:
        try:
            prompt = self._book.get(version)
            require_purpose(prompt, Purpose.LOOK, version)
        except LivemonError as exc:
            log.warning("camera %s: no shadow looks along: %s", self._camera_id, exc)
            return None
        return PromptTerms.of(prompt)
