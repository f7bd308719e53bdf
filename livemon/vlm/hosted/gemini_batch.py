"""Batches: questions that may wait up to a day, for half the price. Submitted, asked after, collected.

Only pictures: a video would have to stay on Google's file store until the batch is done. Urgent questions go through
gemini.py. The JSON of a batch is read without the SDK, which refuses all answers when one count of tokens is not a
number.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from livemon.base.clock import Clock
from livemon.base.errors import ModelError
from livemon.base.messages.message import Message, message
from livemon.base.model_types import Answer, AnswerStatus
from livemon.base.settings.settings import Settings
from livemon.vlm.hosted.gemini import (
    API_VERSION,
    GOOGLE,
    GeminiWire,
    contents,
    generate_config,
    open_gemini,
    picture_parts,
)
from livemon.vlm.hosted.gemini_errors import no_such_server, translated
from livemon.vlm.hosted.gemini_reply import read_response
from livemon.vlm.hosted.hosted_model import PromptedModel, unanswered
from livemon.vlm.hosted.http_facts import fields_of, list_of
from livemon.vlm.hosted.refusals import in_one_line
from livemon.vlm.hosted.transport import CallFailed
from livemon.vlm.provider import PreparedCall

if TYPE_CHECKING:
    from google.genai import types

MOST_BYTES = 18_000_000
"""Google takes 20 MB in a request; pictures grow by a third on the way."""

DONE = frozenset({"SUCCEEDED", "PARTIALLY_SUCCEEDED"})
OVER = frozenset({"FAILED", "CANCELLED", "EXPIRED"})
PERHAPS = "It may have been submitted anyway: check Google's list of batches before you submit it again."
NAME = re.compile(r"batches/[A-Za-z0-9._-]{1,200}")


def open_batches(settings: Settings, clock: Clock) -> GeminiBatches:
    """Make batches with the key and the limits of these settings; nothing is sent.

    Raises
    ------
    ConfigError
        As `livemon.vlm.hosted.gemini.open_gemini` does.
    """
    model = open_gemini(settings, clock)
    assert isinstance(model.wire, GeminiWire)
    api_key, gemini = settings.gemini_api_key.get_secret_value(), settings.gemini
    return GeminiBatches(model, model.wire, clock, BatchReader(api_key, gemini.base_url or GOOGLE, gemini.timeout_s))


class BatchReader:
    """Asks Google what became of a batch.

    Parameters
    ----------
    timeout_s
        For the whole answer.
    """

    def __init__(self, api_key: str, base_url: str, timeout_s: float) -> None:
        self._headers = {"x-goog-api-key": api_key}
        self._root = f"{base_url.rstrip('/')}/{API_VERSION}"
        self._timeout_s = timeout_s

    async def read(self, name: str) -> Mapping[str, Any]:
        """Return what Google says of a batch; raises as `livemon.vlm.hosted.gemini_errors.translated` expects it."""
        import httpx2
        from google.genai import errors

        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a batch")
        async with httpx2.AsyncClient(
            transport=httpx2.AsyncHTTPTransport(), follow_redirects=False, timeout=self._timeout_s
        ) as http:
            answer = await http.get(f"{self._root}/{name}", headers=self._headers)
        try:
            body = json.loads(answer.text.removeprefix("\ufeff"))
        except (ValueError, RecursionError):
            body = None
        if answer.status_code != 200:
            raise errors.APIError(answer.status_code, dict(fields_of(body)), answer)
        if not isinstance(body, dict):
            raise no_such_server()
        return body


class GeminiBatches:
    """Batches of Gemini.

    Parameters
    ----------
    model, wire
        The model that prepares the questions and reads the replies, and the transport. The caller closes the model.
    reader
        Asks after a batch.
    """

    def __init__(self, model: PromptedModel, wire: GeminiWire, clock: Clock, reader: BatchReader) -> None:
        self.model = model
        self._wire = wire
        self._clock = clock
        self._reader = reader

    def bound_usd(self, prepared: Sequence[PreparedCall]) -> float | None:
        """Return the most that a batch of these costs; None when a price is not known."""
        bounds = [one.bound_usd for one in prepared]
        if any(bound is None for bound in bounds):
            return None
        return sum((bound or 0.0) * self._factor(one) for bound, one in zip(bounds, prepared, strict=True))

    async def submit(self, prepared: Sequence[PreparedCall]) -> str:
        """Send questions of one model; returns the batch's name, with which to collect.

        Raises
        ------
        ModelError
            When they cannot go together, or Google refuses.
        """
        from google.genai import types

        models = {one.model for one in prepared}
        if len(models) != 1:
            raise ModelError("batch.several_models", models=len(models))
        if any(one.request is None or one.request.video is not None for one in prepared):
            raise ModelError("batch.pictures_only")
        size = sum(len(picture.jpeg) for one in prepared if one.request for picture in one.request.pictures) * 4 // 3
        if size > MOST_BYTES:
            raise ModelError(
                "batch.too_large", questions=len(prepared), size_mb=size / 1000000.0, limit_mb=MOST_BYTES / 1000000.0
            )
        client = await self._wire.client()
        source = types.BatchJobSource(inlined_requests=await asyncio.to_thread(_requests, prepared))
        try:
            job = await client.aio.batches.create(model=models.pop(), src=source)
        except Exception as exc:  # translated once
            failed = translated(exc, self._clock.now())
            raise ModelError(
                "batch.refused" if failed.free else "batch.perhaps_submitted", reason=failed.reason
            ) from exc
        if not job.name:
            raise ModelError("batch.not_named")
        return job.name

    async def collect(self, name: str, prepared: Sequence[PreparedCall]) -> list[Answer] | None:
        """Return the answers to the questions that were submitted under this name; None while they are worked on.

        Each question has an answer, even if its status is that the model did not reply.

        Raises
        ------
        ModelError
            When Google cannot be asked now.
        """
        try:
            told = await self._reader.read(name)
        except CallFailed as exc:
            raise ModelError("batch.not_read", reason=exc.reason) from exc
        except Exception as exc:  # translated once
            raise ModelError("batch.not_read", reason=translated(exc, self._clock.now()).reason) from exc
        metadata, error = fields_of(told.get("metadata")), told.get("error")
        state = str(metadata.get("state")).removeprefix("BATCH_STATE_").removeprefix("JOB_STATE_")
        if state in OVER or (error and told.get("done") is True):
            said = "; ".join(filter(None, (state.lower() if state in OVER else "", _message(error))))
            return [_unanswered(one, message("answer.batch_ended", reason=said)) for one in prepared]
        output = fields_of(metadata.get("output") or told.get("response"))
        replies = list_of(fields_of(output.get("inlinedResponses")).get("inlinedResponses"))
        if state not in DONE and not (told.get("done") is True and replies):
            return None
        # Each reply is recognised by the key that was sent with its question.
        by_key = {_key_of(reply): reply for reply in map(fields_of, replies)}
        return [self._read(one, by_key.get(key(number, one))) for number, one in enumerate(prepared)]

    async def cancel(self, name: str) -> None:
        """Stop a batch; what was answered by then is billed.

        Raises
        ------
        ModelError
            When Google refuses.
        """
        client = await self._wire.client()
        try:
            await client.aio.batches.cancel(name=name)
        except Exception as exc:  # translated once
            raise ModelError("batch.not_cancelled", reason=translated(exc, self._clock.now()).reason) from exc

    def _read(self, prepared: PreparedCall, reply: Mapping[str, Any] | None) -> Answer:
        if reply is None:
            return _unanswered(prepared, Message("answer.batch_without"))
        if reply.get("response") is None:
            said = _message(reply.get("error")) or Message("answer.no_reason")
            return _unanswered(prepared, message("answer.batch_failed_one", reason=said))
        try:
            reply_of_one = read_response(reply["response"])
            return self.model.read_reply(prepared, reply_of_one, price_factor=self._factor(prepared))
        except CallFailed as exc:
            return _unanswered(prepared, exc.reason)

    def _factor(self, prepared: PreparedCall) -> float:
        return self.model.entry(prepared.model).batch_factor


def key(number: int, prepared: PreparedCall) -> str:
    """Return what a question is recognised by in the batch's replies."""
    return f"{number}-{prepared.sha256[:16]}"


def _requests(prepared: Sequence[PreparedCall]) -> list[types.InlinedRequest]:
    from google.genai import types

    requests = []
    for number, one in enumerate(prepared):
        assert one.request is not None, "checked before"
        config = generate_config(one.request)
        asked = contents(one.request, picture_parts(one.request))
        requests.append(types.InlinedRequest(contents=asked, config=config, metadata={"key": key(number, one)}))
    return requests


def _key_of(reply: Mapping[str, Any]) -> str:
    return str(fields_of(reply.get("metadata")).get("key", ""))


def _message(error: Any) -> str:
    """Return what an error of Google's says, whatever form it has; empty when there is none."""
    return in_one_line(fields_of(error).get("message") or error or "")


def _unanswered(prepared: PreparedCall, said: Message) -> Answer:
    return replace(unanswered(prepared), status=AnswerStatus.FAILED, error=said)
