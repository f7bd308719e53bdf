"""Costs and calls over HTTP."""

from datetime import timedelta

import pytest

from livemon.base.datatypes import LookReason
from livemon.base.model_types import Answer, AnswerStatus, Look, Usage
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from tests.web.api.test_api import Client


@pytest.fixture
def api(scripted_monitor: Monitor) -> Client:
    return Client(scripted_monitor.serve().url)


def add_call(monitor: Monitor, cost_usd: float | None) -> int:
    look = Look("camera-1", LookReason.INTERVAL, ())
    answer = Answer("m", AnswerStatus.OK, raw_text='{"events": []}', usage=Usage(100, 10), cost_usd=cost_usd)
    now = monitor.clock.now() - timedelta(seconds=1)
    return writes.add_call(monitor.database, look, answer, now, bound_usd=0.15)


def test_costs_tell_what_was_spent_and_unknown_is_null_and_never_nothing(
    api: Client, scripted_monitor: Monitor
) -> None:
    add_call(scripted_monitor, 0.1)
    add_call(scripted_monitor, None)
    costs = api("/costs/camera-1").json
    (spent,) = costs["spent_today"]
    assert (spent["calls"], spent["cost_usd"], spent["unknown_cost"], spent["at_most_usd"]) == (2, 0.1, 1, 0.25)
    assert costs["look_prompt"]["name"] == "look_en"
    assert costs["step"]["number"] == 0
    assert {line["of"] for line in costs["budget"]} == {"this camera's day", "all cameras' day"}
    assert [row["cost_usd"] for row in api("/calls/camera-1").json["calls"]] == [None, 0.1]


def test_a_call_is_told_with_its_reply(api: Client, scripted_monitor: Monitor) -> None:
    call_id = add_call(scripted_monitor, 0.1)
    call = api(f"/calls/camera-1/{call_id}").json
    assert (call["raw_text"], call["input_tokens"]) == ('{"events": []}', 100)
    missing = api(f"/calls/camera-1/{call_id + 1}")
    assert missing.status == 404 and "no call" in missing.json["detail"]


@pytest.mark.parametrize("path", ["/costs/nobody", "/calls/nobody", "/calls/nobody/1"])
def test_an_unknown_camera_is_a_problem(api: Client, path: str) -> None:
    assert api(path).status == 404
