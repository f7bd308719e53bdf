"""A model that refuses every time, from the server's reply to the events of a camera: the stand-in looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livemon.calls import AnswerStatus
from livemon.config import Settings
from livemon.route import Asked
from livemon.testing import Fault, OpenAIServer, Refused
from livemon.vlm.openai_compat import open_openai_compat
from tests.test_asker import House, build
from tests.vlm.test_gemini import PatientClock
from tests.vlm.test_provider_contract import LOOK, SEEN


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        running.answer(LOOK)
        yield running


@pytest.fixture
def house(tmp_path: Path, server: OpenAIServer) -> Iterator[House]:
    settings = Settings(
        openai_compat={"base_url": server.base_url, "model": "canned-vision"},
        prices={"canned-vision": {"input": 0, "output": 0}},
    )
    model: Any = open_openai_compat(settings, PatientClock())
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
        assert isinstance(asked, Asked)
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
        assert isinstance(asked, Asked)
        assert [one.severity for one in asked.answer.observations] == ["danger"]
    assert house.asker.odd_answers == 1
    first, second = house.rows()
    assert "events.0.severity: 'DANGER' read as 'danger'" in first.parameters["odd"]
    assert "odd" not in second.parameters
