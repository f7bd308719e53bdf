import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.model_types import Answer, AnswerStatus
from livemon.cameras.segment_analyzer import LEFT_ALONE, WAITS, Outcome
from livemon.store import queries
from livemon.store.tables.jobs import HourlyAnalysis
from livemon.store.work import LEASE
from tests.conftest import MORNING
from tests.making import CAM, House, StudyModel, answered, result

MINUTE = timedelta(minutes=1)
AFTER = MORNING + 11 * MINUTE


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, AFTER)
    made.record(MORNING)
    yield made
    made.database.close()


def says(status: AnswerStatus, error: str = "no") -> Answer:
    return Answer("paid-1", status, error=error, cost_usd=0.0)


async def test_a_window_is_studied_once_and_its_row_says_everything(house: House) -> None:
    done = await house.analyzer().analyse(house.recorded(MORNING))
    row = house.row(MORNING)
    assert (done.outcome, row.status, row.error, row.attempts) == (Outcome.COMPLETED, "completed", "", 1)
    assert (row.safety_score, row.incident_count, row.summary) == (100.0, 0, "Played on the mat.")
    assert (row.coverage_s, row.model, row.cost_usd) == (600.0, "paid-1", 0.001)
    assert row.analysis_result == result()
    (call,) = queries.calls(house.database, CAM).to_dict("records")
    assert (call["id"], call["purpose"], call["prompt_version"]) == (row.vlm_call_id, "study", row.prompt_version)
    again = await house.analyzer().analyse(house.recorded(MORNING))
    assert (again.outcome, len(house.model.studied)) == (Outcome.TAKEN, 1)


@pytest.mark.parametrize("status", [AnswerStatus.UNPARSABLE, AnswerStatus.BLOCKED, AnswerStatus.TRUNCATED])
async def test_an_answer_that_says_nothing_is_tried_again_later_and_in_the_end_is_a_failure(
    house: House, status: AnswerStatus
) -> None:
    house.model.reply = lambda _: says(status, "garbled")
    analyzer = house.analyzer()
    for wait in WAITS:
        assert (await analyzer.analyse(house.recorded(MORNING))).outcome is Outcome.WAITS
        row = house.row(MORNING)
        assert (row.status, row.next_try_utc - house.clock.now()) == ("pending", wait)
        house.clock.advance(wait.total_seconds())
    assert (await analyzer.analyse(house.recorded(MORNING))).outcome is Outcome.FAILED
    row = house.row(MORNING)
    assert (row.status, row.attempts, row.safety_score) == ("failed", len(WAITS) + 1, None)
    assert "garbled" in str(row.error)
    assert status.value in str(row.error)


async def test_a_provider_that_is_away_is_waited_for_and_nobody_stands_in_at_first(tmp_path: Path) -> None:
    house = House(tmp_path, AFTER, fallback="local")
    house.record(MORNING)
    house.model.reply = lambda _: says(AnswerStatus.UNAVAILABLE, "busy")
    await house.analyzer().analyse(house.recorded(MORNING))
    assert house.row(MORNING).status == "pending"
    house.model.reply = answered
    house.clock.advance(3600)
    await house.analyzer().analyse(house.recorded(MORNING))
    assert house.row(MORNING).model == "paid-1"


async def test_at_the_last_try_the_stand_in_answers(tmp_path: Path) -> None:
    house = House(tmp_path, AFTER, fallback="local")
    house.record(MORNING)
    house.model.reply = lambda _: says(AnswerStatus.UNAVAILABLE, "busy")
    analyzer = house.analyzer()
    for _ in range(60):
        await analyzer.analyse(house.recorded(MORNING))
        if house.row(MORNING).status != "pending":
            break
        house.clock.advance(600)
    assert (house.row(MORNING).status, house.row(MORNING).model) == ("completed", "local")


async def test_a_model_that_is_left_alone_costs_no_try(house: House) -> None:
    house.model.reply = lambda _: says(AnswerStatus.REFUSED, "wrong key")
    analyzer = house.analyzer()
    await analyzer.analyse(house.recorded(MORNING))
    house.clock.advance(60)
    done = await analyzer.analyse(house.recorded(MORNING))
    row = house.row(MORNING)
    assert (done.outcome, row.attempts, row.status) == (Outcome.WAITS, 1, "pending")
    assert "wrong key" in str(row.error)
    assert row.next_try_utc == house.clock.now() + LEFT_ALONE


async def test_without_money_it_waits_and_says_so(tmp_path: Path) -> None:
    house = House(tmp_path, AFTER, StudyModel(bound_usd=0.5), budget={"camera_usd_per_day": 0.4})
    house.record(MORNING)
    done = await house.analyzer().analyse(house.recorded(MORNING))
    row = house.row(MORNING)
    assert (done.outcome, row.status, row.attempts, house.model.studied) == (Outcome.WAITS, "pending", 0, [])
    assert "$0.40" in str(row.error)


async def test_what_is_caught_up_on_leaves_the_money_to_the_live_looks(tmp_path: Path) -> None:
    house = House(tmp_path, AFTER, StudyModel(bound_usd=0.2), budget={"camera_usd_per_day": 0.4})
    house.record(MORNING, 2)
    analyzer = house.analyzer()
    await analyzer.analyse(house.recorded(MORNING + 10 * MINUTE))
    done = await analyzer.analyse(house.recorded(MORNING), late=True)
    assert done.outcome is Outcome.WAITS
    assert house.row(MORNING).error.startswith("waits for money: $0.20 of the $0.40")
    assert len(house.model.studied) == 1


async def test_a_copied_camera_is_judged_by_its_keyframes(house: House) -> None:
    """25 pictures a second: decoding them all costs more than it tells."""
    copied = MORNING - 10 * MINUTE
    house.record(copied, frames=15_000)
    for start in (MORNING, copied):
        await house.analyzer().analyse(house.recorded(start))
    assert house.footage.by_keyframes == [False, True]


async def test_footage_that_is_gone_fails_at_once(house: House) -> None:
    house.footage.lost.add(MORNING)
    done = await house.analyzer().analyse(house.recorded(MORNING))
    assert (done.outcome, house.row(MORNING).status) == (Outcome.FAILED, "failed")
    assert "Nothing of 08:00" in str(house.row(MORNING).error)


async def test_studied_again_the_old_result_stays_until_the_new_one_is_there(house: House) -> None:
    analyzer = house.analyzer()
    await analyzer.analyse(house.recorded(MORNING))
    house.model.reply = lambda _: says(AnswerStatus.UNPARSABLE, "garbled")
    await analyzer.analyse_again(house.recorded(MORNING))
    row = house.row(MORNING)
    assert (row.status, row.summary) == ("completed", "Played on the mat.")
    assert "garbled" in str(row.error)
    house.model.reply = lambda p: Answer("paid-1", AnswerStatus.OK, result=result(summary="Slept."))
    await analyzer.analyse_again(house.recorded(MORNING))
    assert (house.row(MORNING).summary, house.row(MORNING).error) == ("Slept.", "")


async def test_stopped_in_the_middle_it_is_free_for_the_next_at_once(house: House) -> None:
    begun = asyncio.Event()

    async def hold() -> None:
        begun.set()
        await asyncio.Event().wait()

    house.model.meanwhile = hold
    task = asyncio.create_task(house.analyzer().analyse(house.recorded(MORNING)))
    await begun.wait()
    assert house.row(MORNING).status == "processing"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (house.row(MORNING).status, house.row(MORNING).attempts) == ("pending", 0)
    house.model.meanwhile = None
    assert (await house.analyzer().analyse(house.recorded(MORNING))).outcome is Outcome.COMPLETED


async def test_a_process_that_comes_back_late_does_not_overwrite(house: House) -> None:
    """It stood still longer than its lease, as a suspended laptop does; meanwhile another one did the work."""

    async def stand_still() -> None:
        house.model.meanwhile = None
        house.clock.advance(LEASE.total_seconds())
        house.model.reply = lambda p: Answer("paid-1", AnswerStatus.OK, result=result(summary="The other's."))
        assert (await house.analyzer().analyse(house.recorded(MORNING))).outcome is Outcome.COMPLETED
        house.model.reply = lambda p: Answer("paid-1", AnswerStatus.OK, result=result(summary="Late."))

    house.model.meanwhile = stand_still
    done = await house.analyzer().analyse(house.recorded(MORNING))
    assert (done.outcome, house.row(MORNING).summary) == (Outcome.TAKEN, "The other's.")


async def test_a_window_that_kills_who_studies_it_is_given_up(house: House) -> None:
    class Killed(BaseException):
        pass

    async def die() -> None:
        raise Killed

    house.model.meanwhile = die
    for _ in range(len(WAITS) + 1):
        with pytest.raises(Killed):
            await house.analyzer().analyse(house.recorded(MORNING))
        house.clock.advance(LEASE.total_seconds())
    house.model.meanwhile = None
    assert (await house.analyzer().analyse(house.recorded(MORNING))).outcome is Outcome.FAILED
    assert "never finished" in str(house.row(MORNING).error)


async def test_a_window_that_lands_after_its_hour_makes_the_hour_again(house: House) -> None:
    house.clock.advance(3600)
    await house.analyzer().analyse(house.recorded(MORNING))
    (hour,) = house.rows(HourlyAnalysis)
    assert (hour.hour_start_utc, hour.windows_completed, hour.average_safety_score) == (MORNING, 1, 100.0)
