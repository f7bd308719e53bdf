"""OpenAIServer: chat completions and the list of models, over the shared HTTP, scripts and faults.

Rules come first, then limits, then scripted faults; so a fault strikes a request that was right.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

from livemon.sim.servers.answers import spoil
from livemon.sim.servers.faults import Endpoint, Fault, FaultStage, Queued
from livemon.sim.servers.http import Options, StandInServer
from livemon.sim.servers.openai import errors
from livemon.sim.servers.openai.rules import OpenAIPrompt, check_completion
from livemon.sim.servers.records import Exchange, Refused, SentReply
from livemon.sim.servers.schemas import CANNED
from livemon.sim.servers.tokens import cut_to_tokens, text_tokens

DEFAULT_MODELS = ("canned-vision",)
_MODELS_PATH = "/v1/models"
_FINISH = {Fault.CUT: "length", Fault.ALL_THINKING: "length", Fault.SAFETY: "content_filter"}


class OpenAIServer(StandInServer):
    """A stand-in for OpenAI-compatible servers on 127.0.0.1; answers are canned, no model looks.

    Parameters
    ----------
    models
        The names that are known.
    **options
        Those of `StandInServer`: port, api_key, requests_per_minute, requests_per_day, clock, keep, on_request. Without
        an api_key no Authorization is asked for.

    Examples
    --------
    >>> from openai import OpenAI
    >>> with OpenAIServer() as server, OpenAI(base_url=server.base_url, api_key="anything") as client:
    ...     server.answer("canned")
    ...     reply = client.chat.completions.create(
    ...         model="canned-vision", messages=[{"role": "user", "content": "Hello"}]
    ...     )
    ...     reply.choices[0].message.content
    'canned'
    """

    faults_known: ClassVar[frozenset[Fault]] = frozenset(
        fault
        for fault in Fault
        if fault
        not in (
            *(Fault.RECITATION, Fault.BLOCKED, Fault.CONTINUATION, Fault.FILE_PROCESSING, Fault.FILE_FAILED),
            *(Fault.UPLOAD_BREAKS, Fault.BATCH_EXPIRED, Fault.BATCH_ITEM_FAILED),
        )
    )

    def __init__(self, *, models: Sequence[str] = DEFAULT_MODELS, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.models = tuple(models)
        self._numbers = itertools.count(1)

    @property
    def base_url(self) -> str:
        """Base URL for clients of this API: the URL with `/v1`."""
        return f"{self.url}/v1"

    def handle(self, exchange: Exchange) -> SentReply:
        """Check a request and make its reply."""
        authorization = exchange.headers.get("authorization", "")
        if self.api_key is not None and authorization != f"Bearer {self.api_key}":
            raise errors.invalid_key(authorization.removeprefix("Bearer "))
        if exchange.method == "POST" and exchange.path == "/v1/chat/completions":
            return self._complete(exchange)
        if exchange.method == "GET" and exchange.path.startswith(_MODELS_PATH):
            return self._list(exchange)
        raise Refused(404, f"Invalid URL ({exchange.method} {exchange.path})")

    def refusal(self, refused: Refused) -> SentReply:
        """Say no as OpenAI does."""
        return errors.reply(refused)

    def fault_refusal(self, queued: Queued, exchange: Exchange) -> Refused:
        """Say no for a fault."""
        key = exchange.headers.get("authorization", "").removeprefix("Bearer ")
        return errors.from_fault(queued, exchange.model or "unknown", key, self.clock.now())

    def _list(self, exchange: Exchange) -> SentReply:
        exchange.endpoint = Endpoint.MODELS
        listed = [
            {"id": name, "object": "model", "created": 0, "owned_by": "livemon stand-in, answers are canned"}
            for name in self.models
        ]
        name = exchange.path.removeprefix(_MODELS_PATH).strip("/")
        if name and name not in self.models:
            raise errors.unknown_model(name)
        self.meet_faults(exchange)
        return SentReply(listed[self.models.index(name)] if name else {"object": "list", "data": listed})

    def _complete(self, exchange: Exchange) -> SentReply:
        exchange.endpoint = Endpoint.GENERATE
        exchange.body = exchange.parse_json()
        prompt = check_completion(exchange.body)
        exchange.model, exchange.text, exchange.media = exchange.body["model"], prompt.text, prompt.media
        if exchange.model not in self.models:
            raise errors.unknown_model(exchange.model)
        exceeded = self.limits.count(exchange.model)
        if exceeded is not None:
            raise errors.exhausted(exceeded.per, exceeded.limit, exceeded.wait_s, exchange.model)
        self.meet_faults(exchange, FaultStage.ANSWER)
        reply = self._reply(prompt, exchange.fault.fault if exchange.fault else None)
        exchange.usage = reply["usage"]
        return SentReply(reply)

    def _reply(self, prompt: OpenAIPrompt, fault: Fault | None) -> dict[str, Any]:
        """Return a chat completion."""
        message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
        text, finish = "", _FINISH.get(fault, "stop") if fault else "stop"
        if fault is Fault.REFUSAL:
            message["refusal"] = f"I'm sorry, I can't help with that: {CANNED}."
        else:
            if fault not in (Fault.SAFETY, Fault.ALL_THINKING):
                text = self.answers.next(prompt.body, prompt.schema, wants_json=prompt.wants_json)
                text = spoil(text, fault, prompt.schema) if fault else text
            if fault is Fault.FORMAT_IGNORED and '"properties"' not in prompt.text:
                text = f"I see a room, and a {CANNED}."
            if prompt.max_output_tokens is not None and cut_to_tokens(text, prompt.max_output_tokens) != text:
                text, finish = cut_to_tokens(text, prompt.max_output_tokens), "length"
            parts = [{"type": "text", "text": half} for half in (text[: len(text) // 2], text[len(text) // 2 :])]
            message["content"] = parts if fault is Fault.CONTENT_PARTS else text
        used, thoughts = text_tokens(text or message["refusal"] or ""), 0
        if fault is Fault.ALL_THINKING:
            used = thoughts = prompt.max_output_tokens or 1000
        choices = [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}]
        return {
            "id": f"chatcmpl-canned-{next(self._numbers):04d}",
            "object": "chat.completion",
            "created": int(self.clock.now().timestamp()),
            "model": prompt.body["model"],
            "choices": [] if fault is Fault.NO_ANSWER else choices,
            "usage": _usage(prompt.tokens, used, thoughts, fault),
            "system_fingerprint": "canned",
        }


def _usage(tokens_in: int, tokens_out: int, thoughts: int, fault: Fault | None) -> dict[str, Any]:
    """Return the counts of tokens; thoughts are among those of the completion."""
    if fault is Fault.ODD_USAGE:
        return {"prompt_tokens": None, "completion_tokens": "many", "prompt_tokens_details": []}
    return {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": thoughts},
    }
