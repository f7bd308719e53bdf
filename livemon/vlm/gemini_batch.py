"""Batches: questions that may wait up to a day, for half the price. Submitted, asked after, collected.

Only pictures: a video would have to stay on Google's file store until the batch is done. What must be answered now
goes through gemini.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from livemon.calls import Answer, AnswerStatus
from livemon.clock import Clock
from livemon.config import Settings
from livemon.errors import ModelError
from livemon.vlm.gemini import (
    GeminiWire,
    contents,
    generate_config,
    open_gemini,
    picture_parts,
)
from livemon.vlm.gemini_errors import translated
from livemon.vlm.gemini_reply import read_response
from livemon.vlm.prompted import PromptedModel, unanswered
from livemon.vlm.provider import Prepared
from livemon.vlm.wire import CallFailed

if TYPE_CHECKING:
    from google.genai import types

MOST_BYTES = 18_000_000
"""Google takes 20 MB in a request; pictures grow by a third on the way."""

DONE = frozenset({"JOB_STATE_SUCCEEDED", "JOB_STATE_PARTIALLY_SUCCEEDED"})
OVER = frozenset({"JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_EXPIRED"})


def open_batches(settings: Settings, clock: Clock) -> GeminiBatches:
    """Make batches with the key and the limits of these settings; nothing is sent.

    Raises
    ------
    ConfigError
        As `livemon.vlm.gemini.open_gemini` does.
    """
    model = open_gemini(settings, clock)
    assert isinstance(model.wire, GeminiWire)
    return GeminiBatches(model, model.wire, clock)


class GeminiBatches:
    """Batches of Gemini.

    Parameters
    ----------
    model, wire
        Who prepares the questions and reads the replies, and over what they go. The model is closed by whoever
        is done with it.
    """

    def __init__(self, model: PromptedModel, wire: GeminiWire, clock: Clock) -> None:
        self.model = model
        self._wire = wire
        self._clock = clock

    def bound_usd(self, prepared: Sequence[Prepared]) -> float | None:
        """Return the most that a batch of these costs; None when a price is not known."""
        bounds = [one.bound_usd for one in prepared]
        if any(bound is None for bound in bounds):
            return None
        return sum((bound or 0.0) * self._factor(one) for bound, one in zip(bounds, prepared, strict=True))

    async def submit(self, prepared: Sequence[Prepared]) -> str:
        """Send questions of one model; returns the batch's name, with which to collect.

        Raises
        ------
        ModelError
            When they cannot go together, or Google refuses.
        """
        from google.genai import types

        models = {one.model for one in prepared}
        if len(models) != 1:
            raise ModelError(f"A batch is of one model, not of {len(models)}.", "Submit one batch for each.")
        if any(one.request is None or one.request.video is not None for one in prepared):
            raise ModelError("A batch takes pictures only.", "Set study_input = 'frames' in the prompt's options.")
        size = sum(len(picture.jpeg) for one in prepared if one.request for picture in one.request.pictures) * 4 // 3
        if size > MOST_BYTES:
            raise ModelError(
                f"These {len(prepared)} questions are {size / 1e6:.0f} MB; a batch may be {MOST_BYTES / 1e6:.0f} MB.",
                "Submit fewer at once.",
            )
        client = await self._wire.client()
        source = types.BatchJobSource(inlined_requests=await asyncio.to_thread(_requests, prepared))
        try:
            job = await client.aio.batches.create(model=models.pop(), src=source)
        except Exception as exc:  # translated once
            raise ModelError(
                f"{str(translated(exc, self._clock.now())).rstrip('.')}.", "Nothing was submitted."
            ) from exc
        assert job.name is not None, "a batch that was made has a name"
        return job.name

    async def collect(self, name: str, prepared: Sequence[Prepared]) -> list[Answer] | None:
        """Return the answers to the questions that were submitted under this name; None while they are worked on.

        Each question has an answer, also when it is that nobody answered.

        Raises
        ------
        ModelError
            When Google cannot be asked now.
        """
        client = await self._wire.client()
        try:
            job = await client.aio.batches.get(name=name)
        except Exception as exc:  # translated once
            raise ModelError(f"{str(translated(exc, self._clock.now())).rstrip('.')}.", "Ask again later.") from exc
        state = job.state.value if job.state else ""
        if state in OVER:
            said = f"the batch ended without answers: {state.removeprefix('JOB_STATE_').lower()}"
            return [_unanswered(one, said) for one in prepared]
        if state not in DONE:
            return None
        replies = (job.dest.inlined_responses if job.dest else None) or []
        # Each reply is recognised by the key that was sent with its question.
        by_key = {_key_of(reply): reply for reply in replies}
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
            raise ModelError(
                f"{str(translated(exc, self._clock.now())).rstrip('.')}.", "It may be over already."
            ) from exc

    def _read(self, prepared: Prepared, reply: types.InlinedResponse | None) -> Answer:
        if reply is None:
            return _unanswered(prepared, "the batch has no answer to this question")
        if reply.response is None:
            said = reply.error.message if reply.error and reply.error.message else "no reason given"
            return _unanswered(prepared, f"Google could not answer this one: {said}")
        body = reply.response.model_dump(mode="json", by_alias=True, exclude_none=True)
        try:
            return self.model.read_reply(prepared, read_response(body), price_factor=self._factor(prepared))
        except CallFailed as exc:
            return _unanswered(prepared, str(exc))

    def _factor(self, prepared: Prepared) -> float:
        return self.model.entry(prepared.model).batch_factor


def key(number: int, prepared: Prepared) -> str:
    """Return what a question is recognised by in the batch's replies."""
    return f"{number}-{prepared.sha256[:16]}"


def _requests(prepared: Sequence[Prepared]) -> list[types.InlinedRequest]:
    from google.genai import types

    requests = []
    for number, one in enumerate(prepared):
        assert one.request is not None, "checked before"
        config = generate_config(one.request)
        asked = contents(one.request, picture_parts(one.request))
        requests.append(types.InlinedRequest(contents=asked, config=config, metadata={"key": key(number, one)}))
    return requests


def _key_of(reply: Any) -> str:
    return str((reply.metadata or {}).get("key", ""))


def _unanswered(prepared: Prepared, said: str) -> Answer:
    return replace(unanswered(prepared), status=AnswerStatus.FAILED, error=said)
