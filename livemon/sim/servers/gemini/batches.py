"""The Gemini stand-in's batches: each time that one is asked for it takes a step, PENDING, RUNNING, SUCCEEDED."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from livemon.base.clock import Clock, iso
from livemon.sim.servers.answers import BadScript
from livemon.sim.servers.faults import Fault, FaultStage
from livemon.sim.servers.gemini import errors
from livemon.sim.servers.gemini.files import FileStore
from livemon.sim.servers.gemini.models import Model
from livemon.sim.servers.gemini.replies import Replies
from livemon.sim.servers.gemini.rules import GeminiPrompt
from livemon.sim.servers.gemini.wire import BATCH, BATCH_ITEM, normalise
from livemon.sim.servers.records import Exchange, Refused, SentReply

MakePrompt = Callable[[dict[str, Any], Model], GeminiPrompt]
MeetFaults = Callable[..., None]


@dataclass(slots=True)
class Batch:
    """A batch.

    Attributes
    ----------
    items
        Pairs of key and request.
    fault
        Fault of the batch, or of its first request.
    results
        Result of each request, once the batch has succeeded.
    """

    name: str
    model: Model
    display_name: str
    created: str
    items: list[tuple[str, dict[str, Any]]]
    from_file: bool
    fault: Fault | None
    state: str = "PENDING"
    results: list[dict[str, Any]] = field(default_factory=list)
    file_name: str = ""

    @property
    def done(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in ("PENDING", "RUNNING")

    def describe(self, now: str) -> dict[str, Any]:
        """Return it as batches.get shows it."""
        metadata: dict[str, Any] = {
            "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
            "name": self.name,
            "model": f"models/{self.model.name}",
            "displayName": self.display_name,
            "state": f"BATCH_STATE_{self.state}",
            "createTime": self.created,
            "updateTime": now,
            "batchStats": {"requestCount": str(len(self.items))},
        }
        made: dict[str, Any] = {"name": self.name, "metadata": metadata}
        if self.done:
            metadata["endTime"] = now
            made["done"] = True
        if self.state == "SUCCEEDED":
            inline = {"inlinedResponses": {"inlinedResponses": self.results}}
            metadata["output"] = {"responsesFile": self.file_name} if self.file_name else inline
        return made


class BatchStore:
    """All batches of a server.

    Parameters
    ----------
    prompt
        Checks one request of a batch.
    """

    def __init__(self, clock: Clock, prompt: MakePrompt, replies: Replies, files: FileStore) -> None:
        self._clock = clock
        self._prompt = prompt
        self._replies = replies
        self._files = files
        self._batches: dict[str, Batch] = {}
        self._numbers = itertools.count(1)

    def create(self, exchange: Exchange, model: Model, meet_faults: MeetFaults) -> SentReply:
        """Take a batch in; its requests are checked when it runs, as each may fail alone."""
        exchange.body = normalise(exchange.parse_json(), BATCH)
        batch = exchange.body.get("batch", {})
        source = batch.get("inputConfig", {})
        if ("requests" in source) == ("fileName" in source):
            raise Refused(400, "batch.input_config must have either requests or file_name.")
        from_file = "fileName" in source
        listed = self._read(source["fileName"]) if from_file else source["requests"].get("requests", [])
        if not listed:
            raise Refused(400, "batch.input_config has no requests.")
        items = [(item.get("metadata", {}).get("key", ""), item.get("request", {})) for item in listed]
        keys = [key for key, _request in items if key]
        if len(keys) != len(set(keys)):
            raise Refused(400, "The keys of a batch's requests must be unique.")
        meet_faults(exchange, FaultStage.BATCH, FaultStage.ANSWER)
        fault = exchange.fault.fault if exchange.fault else None
        name = f"batches/canned-{next(self._numbers):04d}"
        made = Batch(name, model, batch.get("displayName", ""), self._now(), items, from_file, fault)
        self._batches[name] = made
        return SentReply(made.describe(self._now()))

    def handle(self, exchange: Exchange, name: str | None, action: str | None, meet_faults: MeetFaults) -> SentReply:
        """Answer get, list, cancel and delete."""
        if name is None:
            meet_faults(exchange)
            return SentReply({"operations": [batch.describe(self._now()) for batch in self._batches.values()]})
        batch = self._batches.get(f"batches/{name}")
        if batch is None:
            raise Refused(404, "Requested entity was not found.")
        meet_faults(exchange)
        if exchange.method == "DELETE":
            del self._batches[batch.name]
            return SentReply({})
        if action == "cancel":
            if not batch.done:
                batch.state = "CANCELLED"
            return SentReply({})
        self._step(batch)
        return SentReply(batch.describe(self._now()))

    def _now(self) -> str:
        return iso(self._clock.now())

    def _step(self, batch: Batch) -> None:
        if batch.state == "PENDING":
            batch.state = "RUNNING"
        elif batch.state == "RUNNING":
            batch.state = "EXPIRED" if batch.fault is Fault.BATCH_EXPIRED else "SUCCEEDED"
            if batch.state == "SUCCEEDED":
                self._run(batch)

    def _run(self, batch: Batch) -> None:
        for index, (key, request) in enumerate(batch.items):
            result: dict[str, Any] = {"metadata": {"key": key}} if key else {}
            try:
                if index == 0 and batch.fault is Fault.BATCH_ITEM_FAILED:
                    raise Refused(500, "An internal error has occurred.")
                fault = batch.fault if index == 0 else None
                result["response"] = self._replies.make(self._prompt(request, batch.model), fault)
            except (Refused, BadScript) as exc:
                refused = exc if isinstance(exc, Refused) else Refused(500, str(exc))
                result["error"] = errors.item_error(refused)
            batch.results.append(result)
        if batch.from_file:
            lines = [{"key": r.get("metadata", {}).get("key", "")} | r for r in batch.results]
            text = "".join(json.dumps({k: v for k, v in line.items() if k != "metadata"}) + "\n" for line in lines)
            batch.file_name = self._files.add_generated(text.encode()).name

    def _read(self, file_name: str) -> list[dict[str, Any]]:
        """Return the requests of an uploaded JSONL file, in the form of the body."""
        file = self._files.get(file_name)
        if file.state == "FAILED":
            raise Refused(400, f"The File {file_name} is not in an ACTIVE state.", code="FAILED_PRECONDITION")
        try:
            lines = [json.loads(line) for line in file.data.decode().splitlines() if line.strip()]
        except ValueError as exc:
            raise Refused(400, f"The file is no JSONL: {exc}") from exc
        if not all(isinstance(line, dict) for line in lines):
            raise Refused(400, "Each line of the file must be an object with key and request.")
        items = [{"request": line.get("request"), "metadata": {"key": line.get("key", "")}} for line in lines]
        return [normalise(item, BATCH_ITEM, f"line[{index}]") for index, item in enumerate(items)]
