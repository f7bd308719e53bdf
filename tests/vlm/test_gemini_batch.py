from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from livemon.calls import AnswerStatus, Study
from livemon.clock import SystemClock
from livemon.config import Settings
from livemon.errors import ModelError
from livemon.testing import Fault, GeminiServer
from livemon.vlm.gemini_batch import GeminiBatches, open_batches
from livemon.vlm.options import ModelOptions
from livemon.vlm.prompt import shipped_prompts
from livemon.vlm.provider import Prepared, Terms
from tests.vlm.drawn import START, frames, room

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


def prepared(batches: GeminiBatches, count: int, **options: object) -> list[Prepared]:
    terms = Terms(PROMPT, ModelOptions.model_validate({"max_output_tokens": 256, **options}))
    shown = tuple(frames([room()] * 4))
    return [batches.model.prepare(Study("cam", START, 600, shown[: 1 + n]), terms) for n in range(count)]


async def collected(batches: GeminiBatches, name: str, asked: list[Prepared]) -> list[str]:
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
    monkeypatch.setattr("livemon.vlm.gemini_batch.MOST_BYTES", 100)
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
