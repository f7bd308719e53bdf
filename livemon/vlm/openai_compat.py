"""`openai_compat`: any server that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp and others.

Frames go as image parts, the answer comes as JSON by schema. Videos are not sent. Retries, limits and costs are those
of every prompted model (prompted.py).
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import ipaddress
import json
import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from livemon.calls import AnswerStatus, Usage
from livemon.clock import Clock
from livemon.config import Settings
from livemon.errors import ConfigError
from livemon.vlm.asking import Request
from livemon.vlm.catalog import Catalog, require_price
from livemon.vlm.prompted import Limits, PromptedModel
from livemon.vlm.schema import json_schema
from livemon.vlm.wire import CallFailed, Reply

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletion

NO_KEY = "none"
"""The package wants a key; servers at home want none."""

BUSY = frozenset({408, 409, 500, 502, 503})


def open_openai_compat(settings: Settings, clock: Clock) -> PromptedModel:
    """Make the model of these settings; nothing is sent.

    Raises
    ------
    ConfigError
        When no model is named, the address is none, or it is somebody else's and the price is not known.
    """
    chosen = settings.openai_compat
    if not chosen.model:
        raise ConfigError(
            "No model is named for the OpenAI-compatible server.",
            "Set [openai_compat] model to what the server calls it; `ollama list` shows Ollama's.",
        )
    if not re.match(r"https?://[^/]+", chosen.base_url):
        raise ConfigError(
            f"[openai_compat] base_url '{chosen.base_url}' is no http address.",
            "Ollama's is http://127.0.0.1:11434/v1.",
        )
    catalog = Catalog.of(settings.prices)
    at_home = is_at_home(chosen.base_url)
    if not at_home:
        for model in filter(None, (chosen.model, chosen.cheaper_model)):
            require_price(catalog.entry(model), clock.now().date())
    limits = Limits(chosen.max_concurrency, chosen.requests_per_minute, chosen.attempts, chosen.timeout_s)
    wire = OpenAIWire(settings.openai_api_key.get_secret_value() or NO_KEY, chosen.base_url, chosen.timeout_s)
    timeout_s = chosen.timeout_s
    return PromptedModel(
        "openai_compat", wire, chosen.model, catalog, limits, clock, study_timeout_s=timeout_s, priced_only=not at_home
    )


def is_at_home(base_url: str) -> bool:
    """Whether a server is on this computer or in its own network: then nobody sends a bill."""
    host = urlsplit(base_url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".lan", ".internal", ".home.arpa"))
    return address.is_private or address.is_loopback


class OpenAIWire:
    """One shared client, opened at the first request and closed with the model."""

    def __init__(self, api_key: str, base_url: str, timeout_s: float) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._opened: openai.AsyncOpenAI | None = None
        self._opening = asyncio.Lock()

    async def send(self, request: Request) -> Reply:
        """Send once; see `livemon.vlm.wire.Wire`."""
        client = await self._client()
        options = request.options
        asked: dict[str, Any] = {
            "model": request.model,
            "messages": _messages(request),
            "max_tokens": options.max_output_tokens,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": json_schema(request.schema)},
            },
        }
        for name in ("temperature", "seed"):
            if getattr(options, name) is not None:
                asked[name] = getattr(options, name)
        try:
            raw = await client.chat.completions.with_raw_response.create(**asked)
            return _read_completion(raw.parse(), raw.headers.get("date"))
        except CallFailed:
            raise
        except Exception as exc:  # every way in which the package fails is told apart there
            raise _translated(exc) from exc

    async def check(self, model: str) -> None:
        """Ask which models there are; see `livemon.vlm.wire.Wire`."""
        client = await self._client()
        try:
            offered = [one.id async for one in await client.models.list()]
        except Exception as exc:  # translated once
            raise _translated(exc) from exc
        if model not in offered:
            listed = ", ".join(sorted(offered)[:10]) or "none"
            raise CallFailed(AnswerStatus.REFUSED, f"the server has no model '{model}'; it has: {listed}")

    async def close(self) -> None:
        """Close the client's connections."""
        client, self._opened = self._opened, None
        if client is not None:
            await client.close()

    async def _client(self) -> openai.AsyncOpenAI:
        async with self._opening:
            if self._opened is None:
                package = await asyncio.to_thread(importlib.import_module, "openai")
                self._opened = package.AsyncOpenAI(
                    api_key=self._api_key, base_url=self._base_url, max_retries=0, timeout=self._timeout_s
                )
            return self._opened


def _messages(request: Request) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for picture in request.pictures:
        if picture.label:
            parts.append({"type": "text", "text": picture.label})
        url = f"data:image/jpeg;base64,{base64.b64encode(picture.jpeg).decode()}"
        parts.append({"type": "image_url", "image_url": {"url": url}})
    parts.append({"type": "text", "text": request.text})
    return [{"role": "system", "content": request.instructions}, {"role": "user", "content": parts}]


def _read_completion(completion: ChatCompletion, date: str | None) -> Reply:
    told = completion.usage
    usage = None if told is None else Usage(told.prompt_tokens, told.completion_tokens)
    common: dict[str, Any] = {"usage": usage, "server_utc": parsedate_to_datetime(date) if date else None}
    if not completion.choices:
        return Reply("", AnswerStatus.EMPTY, "the reply has no choices", **common)
    choice = completion.choices[0]
    text = choice.message.content or ""
    common["finish_reason"] = choice.finish_reason or ""
    if choice.message.refusal:
        return Reply(text, AnswerStatus.BLOCKED, f"the model refused: {choice.message.refusal[:300]}", **common)
    if choice.finish_reason == "content_filter":
        return Reply(text, AnswerStatus.BLOCKED, "the server withheld the answer", **common)
    if choice.finish_reason == "length":
        return Reply(text, AnswerStatus.TRUNCATED, "the answer was longer than max_output_tokens", **common)
    return Reply(text, **common)


def _translated(exc: Exception) -> CallFailed:
    import openai

    if isinstance(exc, openai.APIStatusError):
        return _from_status(exc)
    if isinstance(exc, openai.APITimeoutError):
        return CallFailed(AnswerStatus.UNAVAILABLE, "the server did not answer in time", free=False)
    if isinstance(exc, openai.APIConnectionError):
        # A connection refused was not billed; one that broke may have been.
        refused = "connect" in type(exc.__cause__).__name__.lower()
        said = f"the server cannot be reached: {exc.__cause__ or exc}"
        return CallFailed(AnswerStatus.UNAVAILABLE, said, again=refused, free=refused)
    if isinstance(exc, json.JSONDecodeError | openai.APIResponseValidationError | AttributeError | TypeError):
        return CallFailed(AnswerStatus.FAILED, "what answered is no OpenAI-compatible server", free=False)
    return CallFailed(AnswerStatus.FAILED, f"{type(exc).__name__}: {exc}", free=False)


def _from_status(exc: openai.APIStatusError) -> CallFailed:
    code, said = exc.status_code, " ".join(str(exc.message).split())[:300]
    if code == 429:
        after = exc.response.headers.get("retry-after", "")
        delay_s = float(after) if re.fullmatch(r"\d+(\.\d+)?", after) else None
        return CallFailed(AnswerStatus.UNAVAILABLE, f"too many requests: {said}", again=True, retry_after_s=delay_s)
    if code in BUSY:
        return CallFailed(AnswerStatus.UNAVAILABLE, f"the server is not well ({code}): {said}", again=True)
    if code == 504:
        return CallFailed(AnswerStatus.UNAVAILABLE, f"the server took too long ({code}): {said}", free=False)
    if code in (401, 403):
        return CallFailed(AnswerStatus.REFUSED, f"the server refuses the key ({code}): {said}")
    if code == 404:
        return CallFailed(AnswerStatus.REFUSED, f"the server does not know the model or the address ({code}): {said}")
    return CallFailed(AnswerStatus.FAILED, f"the server refuses the request ({code}): {said}")
