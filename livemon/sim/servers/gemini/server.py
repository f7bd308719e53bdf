"""GeminiServer: which path is which request, the key, the limits, and in what order things are checked.

Rules come first, then limits, then scripted faults, then effects; so a fault strikes a request that was right.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, ClassVar, Unpack

from livemon.sim.servers.faults import Endpoint, Fault, FaultStage, Queued
from livemon.sim.servers.gemini import errors
from livemon.sim.servers.gemini.batches import BatchStore
from livemon.sim.servers.gemini.caches import CacheStore
from livemon.sim.servers.gemini.files import FileStore, StoredFile, parse_start
from livemon.sim.servers.gemini.models import MODELS, Model, describe, find_model
from livemon.sim.servers.gemini.replies import Replies, counted
from livemon.sim.servers.gemini.rules import GeminiPrompt, check_generate, check_size
from livemon.sim.servers.gemini.tokens import details
from livemon.sim.servers.gemini.wire import CACHE, CACHE_UPDATE, COUNT, GENERATE, GENERATE_V1, normalise
from livemon.sim.servers.http import Options, StandInServer
from livemon.sim.servers.records import Exchange, Refused, SentReply

MIN_DEADLINE_S = 10

_UPLOAD = re.compile(r"/upload/(v1beta|v1)/files")
_API = re.compile(r"/(v1beta|v1)/(models|files|batches|cachedContents)(?:/([^/:]+))?(?::(\w+))?")


class GeminiServer(StandInServer):
    """A stand-in for the Gemini API on 127.0.0.1; answers are canned, no model looks.

    Parameters
    ----------
    free_tier
        Whether the quotas of a 429 are those of the free tier.
    allow_2_5
        Whether 2.5 models answer; new users get 404.
    **options
        Those of `StandInServer`: port, api_key, requests_per_minute, requests_per_day, clock, keep, on_request.

    Examples
    --------
    >>> from google import genai
    >>> from google.genai import types
    >>> with GeminiServer() as server:
    ...     server.answer("canned")
    ...     options = types.HttpOptions(base_url=server.url, api_version="v1beta")
    ...     client = genai.Client(api_key="anything", http_options=options)
    ...     client.models.generate_content(model="gemini-3.5-flash-lite", contents="Hello").text
    'canned'
    """

    faults_known: ClassVar[frozenset[Fault]] = frozenset(Fault) - {
        *(Fault.REFUSAL, Fault.MAX_TOKENS_REFUSED, Fault.FORMAT_REFUSED),
        *(Fault.CONTENT_PARTS, Fault.FORMAT_IGNORED),
    }

    def __init__(self, *, free_tier: bool = False, allow_2_5: bool = False, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.free_tier = free_tier
        self.allow_2_5 = allow_2_5
        self._files = FileStore(self.clock)
        self._caches = CacheStore(self.clock)
        self._replies = Replies(self.answers)
        self._batches = BatchStore(self.clock, self._batch_prompt, self._replies, self._files)

    @property
    def files(self) -> list[StoredFile]:
        """The files that are held now."""
        return self._files.held()

    def handle(self, exchange: Exchange) -> SentReply:
        """Check a request and make its reply."""
        self._files.base_url = self.url
        if _UPLOAD.fullmatch(exchange.path) and exchange.method == "POST":
            return self._upload(exchange)
        match = _API.fullmatch(exchange.path)
        if match is None:
            exchange.reason = "There is nothing at this path."
            return SentReply(b"<html><title>Error 404 (Not Found)!!1</title></html>", 404, content_type="text/html")
        version, collection, name, action = match.groups()
        self._check_head(exchange)
        if collection == "models":
            return self._models(exchange, version, name, action)
        check_size(exchange.raw)
        if collection == "files":
            return self._file(exchange, name, action)
        if collection == "batches":
            exchange.endpoint = Endpoint.BATCH
            return self._batches.handle(exchange, name, action, self.meet_faults)
        return self._cache(exchange, version, name)

    def refusal(self, refused: Refused) -> SentReply:
        """Say no as Google does."""
        return errors.reply(refused)

    def fault_refusal(self, queued: Queued, exchange: Exchange) -> Refused:
        """Say no for a fault."""
        return errors.from_fault(queued, exchange.model or "unknown", self.clock.now(), free_tier=self.free_tier)

    def _check_head(self, exchange: Exchange) -> None:
        """Check key and deadline."""
        key = exchange.headers.get("x-goog-api-key") or exchange.query.get("key")
        if not key:
            raise errors.no_key()
        if self.api_key is not None and key != self.api_key:
            raise errors.invalid_key()
        deadline = exchange.headers.get("x-server-timeout")
        if deadline is not None and not (deadline.isdigit() and int(deadline) >= MIN_DEADLINE_S):
            raise Refused(
                400, f"Manually set deadline {deadline}s is too short. Minimum allowed deadline is {MIN_DEADLINE_S}s."
            )

    def _count(self, model: Model) -> None:
        """Count a request against the limits; raises Refused when one is used up."""
        exceeded = self.limits.count(model.name)
        if exceeded is not None:
            raise errors.exhausted(exceeded.per, exceeded.limit, exceeded.wait_s, model.name, free_tier=self.free_tier)

    def _models(self, exchange: Exchange, version: str, name: str | None, action: str | None) -> SentReply:
        exchange.endpoint = Endpoint.MODELS
        if exchange.method == "GET" and action is None:
            listed = [describe(each) for each in MODELS.values() if each.family == 3 or self.allow_2_5]
            found = describe(find_model(name, version, "get", allow_2_5=self.allow_2_5)) if name else None
            self.meet_faults(exchange)
            return SentReply(found or {"models": listed})
        if exchange.method != "POST" or name is None:
            raise Refused(404, "Requested entity was not found.")
        model = find_model(name, version, action or "", allow_2_5=self.allow_2_5)
        exchange.model = model.name
        if action == "generateContent":
            return self._generate(exchange, model, version)
        if action == "countTokens":
            return self._count_tokens(exchange, model, version)
        if action == "batchGenerateContent":
            exchange.endpoint = Endpoint.BATCH
            check_size(exchange.raw)
            return self._batches.create(exchange, model, self.meet_faults)
        raise Refused(404, f"models/{name} does not support {action}.")

    def _generate(self, exchange: Exchange, model: Model, version: str) -> SentReply:
        exchange.endpoint = Endpoint.GENERATE
        check_size(exchange.raw)
        exchange.body = normalise(exchange.parse_json(), GENERATE if version == "v1beta" else GENERATE_V1)
        prompt = self._prompt(exchange.body, model)
        exchange.text = "\n".join(prompt.contents.texts)
        exchange.media = tuple(part.media for part in prompt.contents.parts)
        self._count(model)
        self.meet_faults(exchange, FaultStage.ANSWER)
        reply = self._replies.make(prompt, exchange.fault.fault if exchange.fault else None)
        exchange.usage = reply["usageMetadata"]
        return SentReply(reply)

    def _prompt(self, body: dict[str, Any], model: Model) -> GeminiPrompt:
        """Check a generateContent request."""
        cached = self._caches.for_request(body, model)
        self._replies.check(body)
        return check_generate(body, model, self._files.use, cached)

    def _batch_prompt(self, request: dict[str, Any], model: Model) -> GeminiPrompt:
        """Check one request of a batch."""
        body = normalise(request, GENERATE, "request")
        if body.pop("model", f"models/{model.name}").removeprefix("models/") != model.name:
            raise Refused(400, "The model of a request differs from the batch's.")
        return self._prompt(body, model)

    def _count_tokens(self, exchange: Exchange, model: Model, version: str) -> SentReply:
        exchange.endpoint = Endpoint.COUNT
        check_size(exchange.raw)
        exchange.body = normalise(exchange.parse_json(), COUNT)
        inner = exchange.body.get("generateContentRequest")
        if inner is not None and "contents" in exchange.body:
            raise Refused(400, "Only one of contents and generate_content_request can be set.")
        prompt = self._prompt(inner if inner is not None else exchange.body, model)
        self.meet_faults(exchange)
        tokens: Counter[str] = prompt.tokens
        return SentReply(counted(tokens, details(tokens)))

    def _upload(self, exchange: Exchange) -> SentReply:
        exchange.endpoint = Endpoint.UPLOAD
        if "upload_id" in exchange.query:
            upload = self._files.check_chunk(exchange)
            self.meet_faults(exchange)
            upload.chunks += 1
            breaks = upload.fault
            if breaks and breaks.fault is Fault.UPLOAD_BREAKS and upload.chunks == breaks.amount:
                exchange.fault = breaks
                return SentReply(b"", 503)
            return self._files.receive(exchange, upload)
        self._check_head(exchange)
        exchange.body = parse_start(exchange)
        upload = self._files.check_start(exchange)
        self.meet_faults(exchange, FaultStage.FILE, FaultStage.UPLOAD)
        if exchange.fault and exchange.fault.stage in (FaultStage.FILE, FaultStage.UPLOAD):
            upload.fault, exchange.fault = exchange.fault, None
        return self._files.begin(upload)

    def _file(self, exchange: Exchange, name: str | None, action: str | None) -> SentReply:
        exchange.endpoint = Endpoint.FILE
        if name is None and exchange.method == "GET":
            self.meet_faults(exchange)
            return SentReply({"files": [file.describe() for file in self.files]})
        file = self._files.get(f"files/{name}")
        self.meet_faults(exchange)
        if exchange.method == "DELETE":
            self._files.delete(file.name)
            return SentReply({})
        if action == "download":
            if not file.generated:
                raise Refused(400, "Only generated files can be downloaded.")
            return SentReply(file.data, content_type=file.mime)
        return SentReply(self._files.ask(file.name).describe())

    def _cache(self, exchange: Exchange, version: str, name: str | None) -> SentReply:
        exchange.endpoint = Endpoint.CACHE
        if version == "v1":
            raise Refused(404, "Requested entity was not found.")
        if exchange.method == "POST" and name is None:
            exchange.body = normalise(exchange.parse_json(), CACHE)
            model_name = exchange.body.get("model", "").removeprefix("models/")
            model = find_model(model_name, version, "createCachedContent", allow_2_5=self.allow_2_5)
            exchange.model = model.name
            cache = self._caches.check(exchange.body, model, self._files.use)
            self.meet_faults(exchange)
            return SentReply(self._caches.add(cache).describe())
        if name is None:
            self.meet_faults(exchange)
            return SentReply({"cachedContents": [cache.describe() for cache in self._caches.held()]})
        full = self._caches.get(f"cachedContents/{name}").name
        exchange.body = normalise(exchange.parse_json(), CACHE_UPDATE) if exchange.method == "PATCH" else {}
        self.meet_faults(exchange)
        if exchange.method == "DELETE":
            self._caches.delete(full)
            return SentReply({})
        return SentReply(self._caches.update(full, exchange.body).describe())
