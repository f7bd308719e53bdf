from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.base.clock import SystemClock
from livemon.base.errors import ModelError
from livemon.base.model_types import AnswerStatus, Study
from livemon.base.settings.settings import Settings
from livemon.sim.servers import Fault, GeminiServer
from livemon.vlm.hosted.gemini_batch import BatchReader, GeminiBatches, key, open_batches
from livemon.vlm.options import ModelOptions
from livemon.vlm.prompt import shipped_prompts
from livemon.vlm.provider import PreparedCall, PromptTerms
from tests.vlm.drawn import START, frames, room
from tests.vlm.test_answers import ANYTHING

PROMPT = shipped_prompts()["study_en"]
CALM = {"view": "clear", "activities": [], "development": [], "incidents": [], "summary": "Nothing happened."}


@pytest.fixture
def server() -> Iterator[GeminiServer]:
    with GeminiServer() as running:
        running.answer(CALM)
        yield running


@pytest.fixture
async def batches(server: GeminiServer) -> AsyncIterator[GeminiBatches]:
    opened = open_batches(Settings(gemini_api_key="k", gemini={"base_url": server.url}), SystemClock())
    yield opened
    await opened.model.close()


def prepared(batches: GeminiBatches, count: int, **options: object) -> list[PreparedCall]:
    terms = PromptTerms(PROMPT, ModelOptions.model_validate({"max_output_tokens": 256, **options}))
    shown = tuple(frames([room()] * 4))
    return [batches.model.prepare(Study("cam", START, 600, shown[: 1 + n]), terms) for n in range(count)]


async def collected(batches: GeminiBatches, name: str, asked: list[PreparedCall]) -> list[str]:
    for _ in range(10):
        answers = await batches.collect(name, asked)
        if answers is not None:
            return [answer.status.value for answer in answers]
    raise AssertionError("the batch never ended")


async def test_a_batch_is_answered_later_for_half_the_price(server: GeminiServer, batches: GeminiBatches) -> None:
    asked = prepared(batches, 3)
    name = await batches.submit(asked)
    assert await batches.collect(name, asked) is None
    answers = None
    while answers is None:
        answers = await batches.collect(name, asked)
    assert [answer.status for answer in answers] == [AnswerStatus.OK] * 3
    now = await batches.model.ask(asked[0])
    assert answers[0].cost_usd is not None and now.cost_usd is not None
    assert answers[0].cost_usd == pytest.approx(now.cost_usd / 2)
    bound = batches.bound_usd(asked)
    assert bound is not None and sum(one.bound_usd or 0 for one in asked) == pytest.approx(2 * bound)
    assert server.rejected == []


async def test_a_question_that_failed_does_not_spoil_the_others(server: GeminiServer, batches: GeminiBatches) -> None:
    server.fail(Fault.BATCH_ITEM_FAILED)
    asked = prepared(batches, 3)
    assert await collected(batches, await batches.submit(asked), asked) == ["failed", "ok", "ok"]


async def test_a_batch_that_expired_leaves_every_question_unanswered_and_says_so(
    server: GeminiServer, batches: GeminiBatches
) -> None:
    server.fail(Fault.BATCH_EXPIRED)
    asked = prepared(batches, 2)
    assert await collected(batches, await batches.submit(asked), asked) == ["failed", "failed"]


async def test_what_cannot_go_together_is_refused_before_anything_is_sent(
    server: GeminiServer, batches: GeminiBatches, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = prepared(batches, 2)
    with pytest.raises(ModelError, match="one model"):
        await batches.submit([one, replace(two, model="gemini-3.8-flash")])
    monkeypatch.setattr("livemon.vlm.hosted.gemini_batch.MOST_BYTES", 100)
    with pytest.raises(ModelError, match="Submit fewer"):
        await batches.submit([one, two])
    assert server.requests == []


async def test_a_server_that_refuses_is_told_apart(server: GeminiServer, batches: GeminiBatches) -> None:
    server.fail(Fault.FORBIDDEN)
    with pytest.raises(ModelError, match="Nothing was submitted"):
        await batches.submit(prepared(batches, 1))


async def test_a_batch_can_be_cancelled(server: GeminiServer, batches: GeminiBatches) -> None:
    asked = prepared(batches, 1)
    name = await batches.submit(asked)
    await batches.cancel(name)
    assert await collected(batches, name, asked) == ["failed"]


class Scripted(BatchReader):
    """Says of every batch what it is told to."""

    def __init__(self, told: Any) -> None:
        super().__init__("k", "http://nowhere.invalid", 1.0)
        self._told = told

    async def read(self, name: str) -> Mapping[str, Any]:
        return self._told  # type: ignore[no-any-return]


def read_back(told: Any, count: int = 1) -> list[str] | None:
    """Collect a batch of which Google says this; return what became of each question."""
    batches = open_batches(Settings(gemini_api_key="k", gemini={"tier": "paid"}), SystemClock())
    batches._reader = Scripted(told)
    answers = asyncio.run(batches.collect("batches/one", prepared(batches, count)))
    return None if answers is None else [answer.status.value for answer in answers]


QUESTION = prepared(open_batches(Settings(gemini_api_key="k", gemini={"tier": "paid"}), SystemClock()), 1)[0]
ANSWERED = {"candidates": [{"content": {"parts": [{"text": json.dumps(CALM)}]}, "finishReason": "STOP"}]}
SIDE_INFORMATION = ["usageMetadata", "modelVersion", "responseId", "createTime"]


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(SIDE_INFORMATION, ANYTHING)),
    st.fixed_dictionaries({}, optional=dict.fromkeys(("createTime", "endTime", "batchStats", "model"), ANYTHING)),
    ANYTHING,
)
def test_no_side_information_of_any_type_costs_a_batch_its_answers(
    beside: dict[str, Any], around: dict[str, Any], other: Any
) -> None:
    reply = {"metadata": {"key": key(0, QUESTION)}, "response": {**ANSWERED, **beside}}
    replies = {"inlinedResponses": {"inlinedResponses": [other, reply]}}
    told = {"name": other, "metadata": {**around, "state": "BATCH_STATE_SUCCEEDED", "output": replies}}
    assert read_back(told) == ["ok"]


@given(ANYTHING, ANYTHING)
def test_nothing_that_google_says_of_a_batch_raises(anything: Any, other: Any) -> None:
    done = {"state": "BATCH_STATE_SUCCEEDED"}
    one = {"metadata": {"key": key(0, QUESTION)}, "response": anything, "error": other}
    for told in (
        {"metadata": anything, "response": other},
        {"metadata": {"state": anything}, "error": other, "done": True},
        {"metadata": {**done, "output": anything}},
        {"metadata": {**done, "output": {"inlinedResponses": {"inlinedResponses": anything}}}},
        {"metadata": {**done, "output": {"inlinedResponses": {"inlinedResponses": [one, other]}}}},
    ):
        assert read_back(told) in (None, ["failed"], ["empty"], ["unparsable"], ["blocked"], ["ok"]), told


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"", b'{"metadata": ' + b"[" * 5000])
async def test_what_answers_and_is_not_gemini_is_said(body: bytes) -> None:
    class Odd(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Odd) as odd:
        threading.Thread(target=odd.serve_forever, daemon=True).start()
        base_url = f"http://127.0.0.1:{odd.server_port}"
        batches = open_batches(Settings(gemini_api_key="k", gemini={"base_url": base_url}), SystemClock())
        with pytest.raises(ModelError, match="not Gemini"):
            await batches.collect("batches/one", prepared(batches, 1))
        odd.shutdown()


async def test_a_batch_that_is_not_known_and_a_name_that_is_none_are_said(batches: GeminiBatches) -> None:
    asked = prepared(batches, 1)
    with pytest.raises(ModelError, match="404"):
        await batches.collect("batches/nothing", asked)
    with pytest.raises(ModelError, match="not the name of a batch"):
        await batches.collect("../files/x", asked)
