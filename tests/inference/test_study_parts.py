"""A study that is too large for one request is cut in time, asked in parts, and is one row with all of its window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from livemon.base.clock import WINDOW
from livemon.base.errors import NoFootage
from livemon.base.model_types import Answer, AnswerStatus, Study, Usage
from livemon.cameras.segment_analyzer import Outcome
from livemon.inference.route import RecordedAnswer, Unasked
from livemon.inference.study_parts import SHORTEST_PART, ask_in_parts
from livemon.store import queries
from livemon.vlm.provider import PreparedCall
from tests.conftest import MORNING
from tests.found import events_of
from tests.making import CAM, House, result

AFTER = MORNING + 11 * WINDOW / 10
MINUTE = timedelta(minutes=1)
FALL = {"severity": "danger", "kind": "fall", "title": "A fall"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, AFTER)
    made.record(MORNING)
    yield made
    made.database.close()


def taking(longest: timedelta, **found: Any) -> Any:
    """A model that takes so much in one request."""

    def reply(prepared: PreparedCall) -> Answer:
        study = prepared.question
        assert isinstance(study, Study)
        if timedelta(seconds=study.duration_s) > longest:
            return Answer("paid-1", AnswerStatus.REFUSED, error="too many tokens", retry_after_s=0.0, too_large=True)
        said = result(summary=f"From {study.start_utc:%M}.") | found
        return Answer("paid-1", AnswerStatus.OK, result=said, usage=Usage(100, 10), cost_usd=0.25)

    return reply


async def test_a_window_that_is_too_large_is_one_analysis_of_its_parts(house: House) -> None:
    house.model.reply = taking(5 * MINUTE)
    done = await house.analyzer().analyse(house.recorded(MORNING))
    row = house.row(MORNING)
    assert (done.outcome, row.status, row.attempts, row.error) == (Outcome.COMPLETED, "completed", 1, "")
    assert (row.summary, row.cost_usd, row.coverage_s) == ("From 00. From 05.", 0.5, 600.0)
    assert house.model.studied == [MORNING, MORNING, MORNING + 5 * MINUTE]
    kept = queries.calls(house.database, CAM)
    assert sorted(kept["status"]) == ["ok", "ok", "refused"]
    assert row.vlm_call_id in set(kept["id"])
    events = events_of(house.database, CAM)
    assert len(events) == 0, "the model is not away"


async def test_halves_are_cut_again(house: House) -> None:
    house.model.reply = taking(3 * MINUTE)
    await house.analyzer().analyse(house.recorded(MORNING))
    assert house.row(MORNING).summary == "From 00. From 02. From 05. From 07."


async def test_what_no_cutting_helps_waits_and_is_not_asked_for_ever(house: House) -> None:
    house.model.reply = taking(timedelta(0))
    done = await house.analyzer().analyse(house.recorded(MORNING))
    assert (done.outcome, house.row(MORNING).status) == (Outcome.WAITS, "pending")
    assert len(house.model.studied) <= 5


async def test_a_part_that_cannot_be_read_is_not_left_out(house: House) -> None:
    house.model.reply = taking(5 * MINUTE)
    house.footage.broken.add(MORNING + 5 * MINUTE)
    done = await house.analyzer().analyse(house.recorded(MORNING))
    assert (done.outcome, house.row(MORNING).status) == (Outcome.FAILED, "failed")
    assert "cannot be read" in str(house.row(MORNING).error)


async def asked(
    start: datetime, end: datetime, answers: dict[datetime, RecordedAnswer | Unasked]
) -> RecordedAnswer | Unasked:
    async def ask(since: datetime, until: datetime) -> RecordedAnswer | Unasked:
        if until - since == end - start:
            return RecordedAnswer(Answer("m", AnswerStatus.REFUSED, too_large=True))
        if since not in answers:
            raise NoFootage("Nothing.")
        return answers[since]

    return await ask_in_parts(start, end, ask)


def part(**found: Any) -> RecordedAnswer:
    return RecordedAnswer(Answer("m", AnswerStatus.OK, result=result() | found, usage=Usage(10, 1), cost_usd=0.1), 7)


async def both(first: RecordedAnswer | Unasked, second: RecordedAnswer | Unasked) -> Any:
    middle = MORNING + 5 * MINUTE
    return await asked(MORNING, MORNING + WINDOW, {MORNING: first, middle: second})


async def test_what_was_found_in_each_part_is_put_together() -> None:
    whole = await both(part(), part(incidents=[FALL], incident_count=1, safety_score=50.0))
    assert (whole.call_id, whole.answer.usage, whole.answer.parameters["parts"]) == (7, Usage(20, 2), 2)
    assert whole.answer.result["incidents"] == [FALL]
    assert (whole.answer.result["incident_count"], whole.answer.result["safety_score"]) == (1, 50.0)
    assert whole.answer.cost_usd == pytest.approx(0.2)


async def test_a_part_that_could_not_be_judged_makes_the_whole_unknown() -> None:
    dark = part(view="too_dark", safety_score=None, incident_count=None)
    whole = (await both(part(), dark)).answer.result
    assert (whole["view"], whole["safety_score"], whole["incident_count"]) == ("too_dark", None, None)
    whole = (await both(dark, part(incidents=[FALL]))).answer.result
    assert (whole["safety_score"], whole["incident_count"]) == (50.0, 1)


async def test_an_unknown_cost_is_unknown_of_the_whole() -> None:
    one = part()
    unknown = replace(one, answer=replace(one.answer, cost_usd=None))
    assert (await both(one, unknown)).answer.cost_usd is None


async def test_a_part_that_is_not_answered_is_the_answer() -> None:
    assert await both(part(), Unasked("no money")) == Unasked("no money")
    blocked = RecordedAnswer(Answer("m", AnswerStatus.BLOCKED))
    assert await both(part(), blocked) is blocked


async def test_a_part_that_was_not_recorded_is_left_out() -> None:
    one = part()
    assert await asked(MORNING, MORNING + WINDOW, {MORNING: one}) == one
    with pytest.raises(NoFootage):
        await asked(MORNING, MORNING + WINDOW, {})


async def test_the_shortest_part_is_not_cut() -> None:
    too_large = RecordedAnswer(Answer("m", AnswerStatus.REFUSED, too_large=True))
    calls = []

    async def ask(since: datetime, until: datetime) -> RecordedAnswer:
        calls.append(until - since)
        return too_large

    assert await ask_in_parts(MORNING, MORNING + SHORTEST_PART, ask) is too_large
    assert len(calls) == 1
