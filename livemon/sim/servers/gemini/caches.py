"""The Gemini stand-in's cached contents: kept for a while, of one model, never small."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from livemon.base.clock import Clock, iso
from livemon.sim.servers.gemini.models import Model
from livemon.sim.servers.gemini.rules import FindFile, check_contents, check_system
from livemon.sim.servers.gemini.tokens import prompt_tokens
from livemon.sim.servers.gemini.wire import seconds
from livemon.sim.servers.records import Refused

DEFAULT_TTL = "3600s"


@dataclass(slots=True)
class Cache:
    """A cached content."""

    name: str
    model: Model
    tokens: Counter[str]
    display_name: str
    created_utc: datetime
    expires_utc: datetime

    def describe(self) -> dict[str, Any]:
        """Return it as cachedContents.get shows it."""
        return {
            "name": self.name,
            "model": f"models/{self.model.name}",
            "displayName": self.display_name,
            "createTime": iso(self.created_utc),
            "updateTime": iso(self.created_utc),
            "expireTime": iso(self.expires_utc),
            "usageMetadata": {"totalTokenCount": self.tokens.total()},
        }


class CacheStore:
    """All cached contents of a server."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._caches: dict[str, Cache] = {}
        self._numbers = itertools.count(1)

    def held(self) -> list[Cache]:
        """Return those that have not expired."""
        now = self._clock.now()
        self._caches = {name: cache for name, cache in self._caches.items() if now < cache.expires_utc}
        return list(self._caches.values())

    def get(self, name: str) -> Cache:
        """Return one; raises Refused for what is deleted, expired or was never there."""
        self.held()
        if name not in self._caches:
            raise Refused(403, "CachedContent not found (or permission denied)")
        return self._caches[name]

    def check(self, body: dict[str, Any], model: Model, find_file: FindFile) -> Cache:
        """Check what is to be cached, and return it without keeping it."""
        texts = check_system(body)
        parts = []
        if body.get("contents") or not texts:
            contents = check_contents(body.get("contents", []), model, find_file)
            texts, parts = [*texts, *contents.texts], contents.parts
        tokens = prompt_tokens(model, texts, parts)
        if tokens.total() < model.min_cached_tokens:
            raise Refused(
                400,
                f"Cached content is too small. total_token_count={tokens.total()}, "
                f"min_total_token_count={model.min_cached_tokens}",
            )
        now = self._clock.now()
        expires = now + timedelta(seconds=seconds(body.get("ttl", DEFAULT_TTL)))
        return Cache("", model, tokens, body.get("displayName", ""), now, expires)

    def add(self, cache: Cache) -> Cache:
        """Keep a checked one."""
        cache.name = f"cachedContents/canned-{next(self._numbers):04d}"
        self._caches[cache.name] = cache
        return cache

    def update(self, name: str, body: dict[str, Any]) -> Cache:
        """Let one live longer or shorter."""
        cache = self.get(name)
        if "ttl" in body:
            cache.expires_utc = self._clock.now() + timedelta(seconds=seconds(body["ttl"]))
        return cache

    def delete(self, name: str) -> None:
        """Forget one."""
        self.get(name)
        del self._caches[name]

    def for_request(self, body: dict[str, Any], model: Model) -> Counter[str]:
        """Return the cached tokens that a generateContent request names; empty when it names none."""
        if "cachedContent" not in body:
            return Counter()
        cache = self.get(body["cachedContent"])
        if cache.model is not model:
            raise Refused(
                400, f"Model used by GenerateContent request ({model.name}) and CachedContent has to be the same."
            )
        if taken := [name for name in ("systemInstruction", "tools", "toolConfig") if name in body]:
            raise Refused(
                400,
                "CachedContent can not be used with GenerateContent request setting system_instruction, tools or "
                f"tool_config ({taken[0]} is set). Move those values to CachedContent.",
            )
        return cache.tokens
