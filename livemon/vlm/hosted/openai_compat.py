"""`openai_compat`: any server that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp and others.

Frames go as image parts, the answer comes as JSON by schema. Videos are not sent. Retries, limits and costs are those
of every prompted model (hosted_model.py).
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import ipaddress
import json
import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from livemon.base.clock import Clock
from livemon.base.errors import ConfigError
from livemon.base.messages.message import Message, message
from livemon.base.model_types import AnswerStatus, Usage
from livemon.base.settings.settings import Settings
from livemon.vlm.catalog import Catalog, require_price
from livemon.vlm.hosted.hosted_model import PromptedModel, RequestLimits
from livemon.vlm.hosted.http_facts import fields_of, header, list_of, token_count, utc_of
from livemon.vlm.hosted.openai_compat_errors import from_body, no_such_server, refused_parameter, translated
from livemon.vlm.hosted.refusals import in_one_line
from livemon.vlm.hosted.transport import CallFailed, Reply
from livemon.vlm.request import Request
from livemon.vlm.schema import json_schema

if TYPE_CHECKING:
    import openai

log = logging.getLogger(__name__)

NO_KEY = "none"
"""The package wants a key; servers at home want none."""

MAX_TOKENS = "max_tokens"
RESPONSE_FORMAT = "response_format"
"""Two parameters that servers refuse: newer models of OpenAI's the first, small servers the second."""

LATEST = ":latest"


def open_openai_compat(settings: Settings, clock: Clock) -> PromptedModel:
    """Make the model of these settings; nothing is sent.

    Raises
    ------
    ConfigError
        When no model is named, the address is invalid, or it is a foreign one and the price is unknown.
    """
    chosen = settings.openai_compat
    if not chosen.model:
        raise ConfigError("model.none_named")
    if not re.match(r"https?://[^/]+", chosen.base_url):
        raise ConfigError("model.wrong_address", base_url=chosen.base_url)
    catalog = Catalog.of(settings.prices)
    at_home = is_at_home(chosen.base_url)
    if not at_home:
        for model in filter(None, (chosen.model, chosen.cheaper_model)):
            require_price(catalog.entry(model), clock.now().date())
    limits = RequestLimits(chosen.max_concurrency, chosen.requests_per_minute, chosen.attempts, chosen.timeout_s)
    key = settings.openai_api_key.get_secret_value() or NO_KEY
    wire = OpenAIWire(key, chosen.base_url, chosen.timeout_s, clock)
    timeout_s = chosen.timeout_s
    return PromptedModel(
        "openai_compat",
        wire,
        chosen.model,
        catalog,
        limits,
        clock,
        study_timeout_s=timeout_s,
        priced_only=not at_home,
        tells_schema=True,
    )


def is_at_home(base_url: str) -> bool:
    """Whether a server is on this computer or in its own network: then it sends no bill."""
    host = urlsplit(base_url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".lan", ".internal", ".home.arpa"))
    return address.is_private or address.is_loopback


class OpenAIWire:
    """One shared client, opened at the first request and closed with the model."""

    def __init__(self, api_key: str, base_url: str, timeout_s: float, clock: Clock) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._clock = clock
        self._refused: dict[str, set[str]] = {}
        self._opened: openai.AsyncOpenAI | None = None
        self._opening = asyncio.Lock()

    async def send(self, request: Request) -> Reply:
        """Send once; see `livemon.vlm.hosted.transport.Wire`."""
        client = await self._client()
        while True:
            asked = self._asked(request)
            try:
                raw = await client.chat.completions.with_raw_response.create(**asked)
            except Exception as exc:  # every way in which the package fails is told apart there
                if self._obeys(request.model, refused_parameter(exc), asked):
                    continue
                raise translated(exc, self._clock.now()) from exc
            return read_completion(_json_of(raw.content), raw.headers)

    def _asked(self, request: Request) -> dict[str, Any]:
        """Return the parameters of a call, in the words that the server takes."""
        options, refused = request.options, self._refused.setdefault(request.model, set())
        limit = "max_completion_tokens" if MAX_TOKENS in refused else MAX_TOKENS
        asked: dict[str, Any] = {
            "model": request.model,
            "messages": _messages(request),
            limit: options.max_output_tokens,
        }
        if RESPONSE_FORMAT not in refused:
            asked[RESPONSE_FORMAT] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": json_schema(request.schema)},
            }
        for name in ("temperature", "seed"):
            if getattr(options, name) is not None:
                asked[name] = getattr(options, name)
        return asked

    def _obeys(self, model: str, refused: str, asked: Mapping[str, Any]) -> bool:
        """Take in which parameter a server refuses; tells whether the same can be said without it."""
        name = RESPONSE_FORMAT if refused == "json_schema" else refused
        if name not in (MAX_TOKENS, RESPONSE_FORMAT) or name not in asked:
            return False
        log.info("%s does not take %s: it is asked without", model, name)
        self._refused.setdefault(model, set()).add(name)
        return True

    async def check(self, model: str) -> None:
        """Ask which models there are; see `livemon.vlm.hosted.transport.Wire`."""
        client = await self._client()
        try:
            listed = await client.models.with_raw_response.list()
        except Exception as exc:  # translated once
            if getattr(exc, "status_code", 0) in (404, 405, 501):
                return  # a server without a list; a question will show what it has
            raise translated(exc, self._clock.now()) from exc
        data = fields_of(_json_of(listed.content)).get("data")
        offered = [one["id"] for one in map(fields_of, list_of(data)) if isinstance(one.get("id"), str)]
        # Ollama calls `llava` what it lists as `llava:latest`.
        if model.removesuffix(LATEST) not in {one.removesuffix(LATEST) for one in offered}:
            known = tuple(sorted(offered)[:10]) or Message("answer.offers_none")
            raise CallFailed(AnswerStatus.REFUSED, message("answer.model_unknown", model=model, offered=known))

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


def _json_of(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise no_such_server() from exc


def read_completion(body: Any, headers: Mapping[str, str]) -> Reply:
    """Return what a reply is. Only its text and its refusals decide; all else may be missing or odd.

    Raises
    ------
    CallFailed
        When it is an error, or nothing that an OpenAI-compatible server sends.
    """
    if not isinstance(body, dict):
        raise no_such_server()
    choice = fields_of(next(iter(list_of(body.get("choices"))), None))
    error = body.get("error") or choice.get("error")
    if error:
        raise from_body(error)
    common: dict[str, Any] = {"usage": _usage(body.get("usage")), "server_utc": utc_of(header(headers, "date"))}
    if not choice:
        return Reply("", AnswerStatus.EMPTY, Message("answer.none"), **common)
    told = fields_of(choice.get("message"))
    text, finish = _text_of(told.get("content")), choice.get("finish_reason")
    common["finish_reason"] = finish if isinstance(finish, str) else ""
    if told.get("refusal"):
        refused = message("answer.model_refused", said=in_one_line(told["refusal"]))
        return Reply(text, AnswerStatus.BLOCKED, refused, **common)
    if finish == "content_filter":
        return Reply(text, AnswerStatus.BLOCKED, Message("answer.server_withheld"), **common)
    if finish == "length":
        return Reply(text, AnswerStatus.TRUNCATED, Message("answer.cut_off"), **common)
    return Reply(text, **common)


def _text_of(content: Any) -> str:
    """Return a message's text: content may be a text, parts of one, or JSON that the server read already."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part if isinstance(part, str) else fields_of(part).get("text") for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return json.dumps(content) if isinstance(content, dict) else ""


def _usage(told: Any) -> Usage | None:
    """Return the counts of tokens; None, which is unknown and not 0, when they cannot be read."""
    told = fields_of(told)
    tokens_in, tokens_out = token_count(told.get("prompt_tokens")), token_count(told.get("completion_tokens"))
    if tokens_in is None or tokens_out is None:
        return None
    details_in = fields_of(told.get("prompt_tokens_details"))
    cached = token_count(details_in.get("cached_tokens")) or 0
    thoughts = token_count(fields_of(told.get("completion_tokens_details")).get("reasoning_tokens")) or 0
    # OpenAI counts thoughts among the completion's tokens; a server whose total says otherwise does not.
    apart = thoughts > tokens_out or token_count(told.get("total_tokens")) == tokens_in + tokens_out + thoughts
    audio = min(token_count(details_in.get("audio_tokens")) or 0, tokens_in)
    return Usage(
        input_tokens=tokens_in,
        output_tokens=tokens_out if apart else tokens_out - thoughts,
        thought_tokens=thoughts,
        cached_tokens=min(cached, tokens_in),
        input_by_modality={"audio": audio} if audio else {},
    )
