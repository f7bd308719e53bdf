"""Refusals and odd replies, from the server to a camera's rows and events: the stand-in looks, and nothing raises."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.base.model_types import AnswerStatus
from livemon.base.settings.settings import Settings
from livemon.cameras.event_recorder import EventRecorder
from livemon.detect.cooldown import Cooldown
from livemon.inference.route import RecordedAnswer
from livemon.sim.servers import Fault, OpenAIServer, Refused
from livemon.vlm.hosted.openai_compat import open_openai_compat, read_completion
from livemon.vlm.hosted.transport import CallFailed, Reply
from tests.inference.test_gateway import CAM, House, build
from tests.vlm.test_answers import ANYTHING
from tests.vlm.test_gemini import PatientClock
from tests.vlm.test_provider_contract import LOOK, SEEN


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        running.answer(LOOK)
        yield running


@pytest.fixture
def house(tmp_path: Path, server: OpenAIServer) -> Iterator[House]:
    chosen = Settings(
        openai_compat={"base_url": server.base_url, "model": "canned-vision"},
        prices={"canned-vision": {"input": 0, "output": 0}},
    )
    model: Any = open_openai_compat(chosen, PatientClock())
    made = build(tmp_path, model)
    yield made
    made.database.close()


@pytest.mark.parametrize(
    "fault", [Fault.BAD_PARAMETER, Fault.PAYMENT_REQUIRED, Fault.QUOTA_SPENT, Fault.ERROR_AS_REPLY, Fault.NOT_FOUND]
)
async def test_the_stand_in_looks_and_one_event_says_why(house: House, server: OpenAIServer, fault: Fault) -> None:
    server.fail(fault, times=100)
    for _ in range(4):
        asked = await house.look()
        assert isinstance(asked, RecordedAnswer)
        assert (asked.answer.model, asked.answer.status) == ("local", AnswerStatus.OK)
        house.clock.advance(700)
    ((kind, said),) = [event for event in house.events() if event[0].startswith(("model_", "look_"))]
    assert kind == "model_away" and "local looks instead" in said
    assert [row.status for row in house.rows() if row.model != "local"] == ["refused"] * 4


async def test_an_id_of_a_request_in_the_reason_makes_no_new_event(house: House, server: OpenAIServer) -> None:
    ids = iter(range(100, 200))

    def refuse(_request: dict[str, Any]) -> Any:
        raise Refused(400, f"No such thing is taken. Request id: req_{next(ids)}x")

    server.answer(refuse)
    for _ in range(3):
        await house.look()
        house.clock.advance(700)
    assert [kind for kind, _ in house.events() if kind.startswith("model_")] == ["model_away"]


async def test_what_was_odd_is_counted_and_stands_in_the_row(house: House, server: OpenAIServer) -> None:
    server.answer({**LOOK, "events": [{**SEEN, "severity": "danger"}]})
    server.fail(Fault.ODD_FIELDS)
    server.fail(Fault.ODD_DATE)
    for _ in range(2):
        asked = await house.look()
        assert isinstance(asked, RecordedAnswer)
        assert [one.severity for one in asked.answer.observations] == ["danger"]
    assert house.gateway.odd_answers == 1
    first, second = house.rows()
    assert "events.0.severity: 'DANGER' read as 'danger'" in first.parameters["odd"]
    assert "odd" not in second.parameters


async def test_no_reply_of_any_type_stops_a_camera_and_each_has_its_row(house: House, tmp_path: Path) -> None:
    """The whole way of a look: wire, reader, row, events, what the next look is told."""
    model: Any = house.model
    recorder = EventRecorder(CAM, house.database, house.clock, Cooldown(10), tmp_path, deque())
    replies: list[Reply] = []

    async def send(_request: Any) -> Reply:
        return replies.pop()

    model.wire.send = send
    loop = asyncio.get_running_loop()

    async def look(body: Any, date: str) -> None:
        try:
            replies[:] = [read_completion(body, {"date": date})]
        except CallFailed:
            return
        rows = len(house.rows())
        asked = await house.look()
        assert isinstance(asked, RecordedAnswer)
        assert len(house.rows()) == rows + 1 and house.rows()[-1].id == asked.call_id
        for seen in asked.answer.observations:
            await asyncio.to_thread(recorder.observed, seen, model=asked.answer.model, call_id=asked.call_id)
        house.gateway.scene.now().last_seen.encode()
        house.clock.advance(60)

    @settings(max_examples=40, deadline=None)
    @given(ANYTHING, st.dictionaries(st.sampled_from(list(SEEN)), ANYTHING), st.text(max_size=12))
    def fuzzed(anything: Any, event: dict[str, Any], date: str) -> None:
        text = json.dumps({**LOOK, "scene": anything, "events": [{**SEEN, **event}, anything]})
        choice = {"message": {"content": text}, "finish_reason": anything}
        for body in (
            {"choices": [choice], "usage": event},
            {"choices": [choice], "usage": {"prompt_tokens": anything}},
        ):
            asyncio.run_coroutine_threadsafe(look(body, date), loop).result(timeout=30)

    await asyncio.to_thread(fuzzed)
