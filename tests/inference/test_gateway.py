"""Asking for one camera: prompts, money, outages, and the row of every call."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from livemon.base.clock import FakeClock
from livemon.base.datatypes import LookReason
from livemon.base.errors import ConfigError, ModelError
from livemon.base.model_types import Answer, AnswerStatus, Look, Purpose, Question, Usage
from livemon.base.settings.settings import Settings
from livemon.cameras.event_recorder import EventRecorder
from livemon.detect.cooldown import Cooldown
from livemon.inference.gateway import ModelGateway
from livemon.inference.pool import ModelPool
from livemon.inference.prompts import PromptRegistry
from livemon.inference.route import RecordedAnswer, Unasked
from livemon.store import writes
from livemon.store.session import Database
from livemon.store.tables.recordings import VlmCallRow, VlmReservation
from livemon.vlm.budget_ladder import DegradationStep
from livemon.vlm.options import Layout, MediaResolution
from livemon.vlm.provider import InputSpec, PreparedCall, PromptTerms
from tests.conftest import MORNING
from tests.found import events_of
from tests.postgres import postgres
from tests.vlm.drawn import frames, room
from tests.vlm.test_provider_contract import LOOK

CAM = "camera-1"
Reply = Callable[[PreparedCall], Answer]


class PaidModel:
    """A model with a price, whose answers a test chooses."""

    name = "paid"
    bound_usd: float | None = 0.10

    def __init__(self) -> None:
        self.asked: list[PreparedCall] = []
        self.reply: Reply = lambda prepared: self.ok()

    def ok(self, cost_usd: float | None = 0.01) -> Answer:
        return Answer("paid-1", AnswerStatus.OK, scene="An empty room.", usage=Usage(100, 10), cost_usd=cost_usd)

    def appetite(self, terms: PromptTerms) -> InputSpec:
        return InputSpec(terms.options.model or "paid-1", terms.options.frames, 320, free=False)

    def prepare(self, question: Question, terms: PromptTerms) -> PreparedCall:
        return PreparedCall(question, terms, terms.options.model or "paid-1", self.bound_usd, sha256="abc")

    async def ask(self, prepared: PreparedCall) -> Answer:
        self.asked.append(prepared)
        return replace(self.reply(prepared), prompt_version=prepared.terms.prompt.version)

    async def close(self) -> None:
        pass


@dataclass
class House:
    """An gateway with everything around it."""

    gateway: ModelGateway
    model: PaidModel
    clock: FakeClock
    database: Database
    book: PromptRegistry
    another: Callable[[], ModelGateway]

    async def look(self) -> RecordedAnswer | Unasked:
        question = Look(CAM, LookReason.INTERVAL, tuple(frames([room()] * 3)), self.gateway.scene.now())
        return await self.gateway.ask(question, self.gateway.route(Purpose.LOOK))

    def rows(self) -> list[Any]:
        with self.database.reading() as connection:
            return list(connection.execute(sa.select(VlmCallRow.__table__).order_by(VlmCallRow.id)))

    def events(self) -> list[tuple[str, str]]:
        found = events_of(self.database, CAM)
        return list(zip(found["kind"], found["description"], strict=True))[::-1]

    def reservations(self) -> int:
        with self.database.reading() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(VlmReservation)).scalar_one()


def build(tmp_path: Path, model: PaidModel, database_url: str = "", **overrides: Any) -> House:
    camera = {"source": "test-pattern", **overrides.pop("camera", {})}
    settings = Settings(
        data_dir=tmp_path, timezone="UTC", prompts_dir=tmp_path / "prompts", cameras={CAM: camera}, **overrides
    )
    clock = FakeClock(MORNING)
    database = Database(database_url or f"sqlite:///{tmp_path / 'livemon.db'}")
    writes.upsert_camera(database, CAM, "Playroom", "", clock.now())
    pool = ModelPool(settings, clock, model)
    pool.cheaper_model = "cheap-1"
    book = PromptRegistry(settings, database, clock)

    def make() -> ModelGateway:
        recorder = EventRecorder(CAM, database, clock, Cooldown(10), tmp_path, deque())
        return ModelGateway(CAM, settings, database, pool, book, clock, recorder)

    return House(make(), model, clock, database, book, make)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = build(tmp_path, PaidModel())
    yield made
    made.database.close()


async def test_a_call_is_a_row_with_prompt_tokens_and_cost_and_its_reservation_is_settled(house: House) -> None:
    asked = await house.look()
    assert isinstance(asked, RecordedAnswer)
    (row,) = house.rows()
    live = house.book.live(CAM, Purpose.LOOK).prompt
    assert (row.id, row.purpose, row.status, row.model) == (asked.call_id, "look", "ok", "paid-1")
    assert (row.input_tokens, row.output_tokens, row.cost_usd, row.bound_usd) == (100, 10, 0.01, 0.10)
    assert (row.request_sha256, len(row.frames)) == ("abc", 3)
    assert house.reservations() == 0
    assert house.book.get(live.version) == live, "the prompt of a call is kept"


async def test_the_look_before_is_told_to_the_next_one_for_half_an_hour(house: House) -> None:
    await house.look()
    assert house.gateway.scene.now().last_seen == "An empty room."
    house.clock.advance(3600 * 24 * 365 * 2)
    assert house.gateway.scene.now().last_seen == ""


@pytest.mark.parametrize(
    "status", [AnswerStatus.UNPARSABLE, AnswerStatus.TRUNCATED, AnswerStatus.BLOCKED, AnswerStatus.EMPTY]
)
async def test_a_bad_answer_is_stored_as_what_it_is_and_told(house: House, status: AnswerStatus) -> None:
    house.model.reply = lambda _: replace(house.model.ok(), status=status, error="no good")
    asked = await house.look()
    assert asked is not None and asked.answer.status is status
    assert [row.status for row in house.rows()] == [status.value], "no other model is asked about a bad answer"
    ((kind, text),) = house.events()
    assert kind == "look_failed" and "not known" in text


async def test_a_model_that_raises_is_a_failed_call(house: House) -> None:
    def reply(_: PreparedCall) -> Answer:
        raise RuntimeError("out of order")

    house.model.reply = reply
    asked = await house.look()
    assert asked is not None and asked.answer.status is AnswerStatus.FAILED
    assert house.rows()[0].cost_usd is None, "nobody knows what it cost"


async def test_when_nobody_answers_the_local_model_looks_visibly(house: House) -> None:
    away = replace(house.model.ok(), status=AnswerStatus.UNAVAILABLE, error="503", cost_usd=0.0)
    house.model.reply = lambda _: away
    asked = await house.look()
    assert asked is not None and asked.answer.model == "local"
    first, second = house.rows()
    assert (first.status, second.status, second.fallback_for) == ("unavailable", "ok", first.id)
    assert [kind for kind, _ in house.events()] == ["model_away"]
    assert "local looks instead" in house.events()[0][1]
    house.model.reply = lambda _: house.model.ok()
    asked = await house.look()
    assert asked is not None and asked.answer.model == "paid-1"
    assert [kind for kind, _ in house.events()] == ["model_away", "model_back"]


async def test_a_wrong_key_is_tried_once_in_ten_minutes(house: House) -> None:
    house.model.reply = lambda _: Answer("paid-1", AnswerStatus.REFUSED, error="wrong key", cost_usd=0.0)
    for _ in range(20):
        asked = await house.look()
        assert asked is not None and asked.answer.model == "local"
    assert len(house.model.asked) == 1
    assert [kind for kind, _ in house.events()] == ["model_away"], "told once"
    house.clock.advance(601)
    await house.look()
    assert len(house.model.asked) == 2


async def test_while_the_model_rests_the_stand_in_looks_as_often_and_at_as_much_as_it_wants(house: House) -> None:
    house.model.reply = lambda _: Answer("paid-1", AnswerStatus.REFUSED, error="wrong key", cost_usd=0.0)
    asked = house.gateway.route(Purpose.LOOK)
    assert asked.appetite is not None and not asked.appetite.free and not asked.resting
    await house.look()
    resting = house.gateway.route(Purpose.LOOK)
    assert resting.appetite is not None and resting.model is house.gateway._pool.fallback
    assert (resting.appetite.free, resting.appetite.frames) == (True, 50)
    assert (resting.resting, resting.why) == ("paid-1", "wrong key")
    study = house.gateway.route(Purpose.STUDY)
    assert study.model is house.model, "a study waits"
    house.clock.advance(601)
    again = house.gateway.route(Purpose.LOOK)
    assert again.model is house.model and not again.resting, "the rest is over: the model is asked whether it is back"


async def test_another_camera_tells_too_that_its_model_rests(house: House) -> None:
    house.model.reply = lambda _: Answer("paid-1", AnswerStatus.REFUSED, error="wrong key", cost_usd=0.0)
    await house.look()
    house.gateway = house.another()
    await house.look()
    await house.look()
    assert [kind for kind, _ in house.events()] == ["model_away", "model_away"], "each camera's people are told once"


async def test_without_a_stand_in_nobody_looks_and_that_is_counted(tmp_path: Path) -> None:
    house = build(tmp_path, PaidModel(), fallback="none")
    house.model.reply = lambda _: Answer("paid-1", AnswerStatus.REFUSED, error="wrong key", cost_usd=0.0)
    await house.look()
    assert await house.look() == Unasked("wrong key")
    assert house.gateway.unanswered == 1
    house.database.close()


async def test_a_cap_is_never_passed_and_holds_after_a_restart(tmp_path: Path) -> None:
    house = build(tmp_path, PaidModel(), budget={"camera_usd_per_day": 0.25, "usd_per_day": None})
    house.model.reply = lambda _: house.model.ok(cost_usd=0.10)
    for _ in range(5):
        asked = await house.look()
        assert asked is not None, "the local model looks when there is no money"
    assert len(house.model.asked) == 2, "a third call might cost 0.10 of the 0.05 that are left"
    house.gateway = house.another()
    asked = await house.look()
    assert asked is not None and asked.answer.model == "local"
    assert len(house.model.asked) == 2
    assert "budget_spent" in [kind for kind, _ in house.events()]
    house.clock.advance(24 * 3600)
    await house.look()
    assert len(house.model.asked) == 3, "another day, another budget"
    house.database.close()


async def test_all_of_it_is_kept_in_postgresql_too(tmp_path: Path) -> None:
    with postgres() as url:
        house = build(tmp_path, PaidModel(), url, budget={"camera_usd_per_day": 0.25, "usd_per_day": None})
        for _ in range(2):
            await house.look()
        odd = "\x00 and \ud800 in a reply"
        house.model.reply = lambda _: replace(house.model.ok(), status=AnswerStatus.UNPARSABLE, error=odd, raw_text=odd)
        await house.look()
        house.book.promote(CAM, "look_ko", by="Ada")
        assert [row.status for row in house.rows()] == ["ok", "ok", "unparsable"]
        assert house.book.live(CAM, Purpose.LOOK).prompt.language == "ko"
        assert house.reservations() == 0
        house.database.close()


async def test_a_call_of_unknown_cost_counts_as_the_most_it_can_have_cost(tmp_path: Path) -> None:
    house = build(tmp_path, PaidModel(), budget={"camera_usd_per_day": 0.25, "usd_per_day": None})
    house.model.reply = lambda _: house.model.ok(cost_usd=None)
    for _ in range(5):
        await house.look()
    assert len(house.model.asked) == 2
    house.database.close()


async def test_a_call_that_never_ended_counts_as_the_most_it_can_have_cost(tmp_path: Path) -> None:
    house = build(tmp_path, PaidModel(), budget={"camera_usd_per_day": 0.25, "usd_per_day": None})
    with house.database.writing() as session:  # as after a crash in the middle of two calls
        for _ in range(2):
            session.add(VlmReservation(camera_id=CAM, model="paid-1", bound_usd=0.10, reserved_utc=MORNING))
    await house.look()
    assert house.model.asked == []
    house.database.close()


async def test_a_look_that_is_cancelled_is_a_row_that_counts(house: House) -> None:
    started = asyncio.Event()

    async def for_ever(prepared: PreparedCall) -> Answer:
        started.set()
        await asyncio.sleep(60)
        return house.model.ok()

    house.model.ask = for_ever  # type: ignore[method-assign]
    task = asyncio.create_task(house.look())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (row,) = house.rows()
    assert (row.status, row.cost_usd, row.bound_usd) == ("failed", None, 0.10)
    assert house.reservations() == 0


async def test_the_budget_is_stepped_down_visibly(tmp_path: Path) -> None:
    house = build(tmp_path, PaidModel(), budget={"camera_usd_per_day": 1.0, "usd_per_day": None})
    house.model.bound_usd = 0.001
    house.model.reply = lambda _: house.model.ok(cost_usd=0.05)
    seen: list[tuple[DegradationStep, float, str]] = []
    for _ in range(24):
        route = house.gateway.route(Purpose.LOOK)
        if not seen or seen[-1][0] is not route.step:
            seen.append((route.step, route.stretch, route.terms.options.model))
            if DegradationStep.LOW_RESOLUTION <= route.step < DegradationStep.LOCAL_ONLY:
                assert route.terms.options.media_resolution is MediaResolution.LOW
                assert route.terms.options.layout is Layout.SHEET
        await house.look()
    assert [step for step, _, _ in seen] == list(DegradationStep)
    assert [stretch for _, stretch, _ in seen] == [1.0, 2.0, 2.0, 2.0, 2.0]
    assert seen[3][2] == "cheap-1"
    assert [kind for kind, _ in house.events()] == ["budget_step"] * 4
    live = house.book.live(CAM, Purpose.LOOK).prompt
    assert {row.prompt_version for row in house.rows() if row.model != "local"} == {live.version}
    house.gateway = house.another()
    assert house.gateway.route(Purpose.LOOK).step is DegradationStep.LOCAL_ONLY, "also after a restart"
    house.clock.advance(24 * 3600)
    assert house.gateway.route(Purpose.LOOK).step is DegradationStep.NORMAL
    assert [kind for kind, _ in house.events()] == ["budget_step"] * 5
    house.database.close()


async def test_half_a_budget_spent_late_in_the_day_is_no_reason_to_step_down(tmp_path: Path) -> None:
    house = build(tmp_path, PaidModel(), budget={"camera_usd_per_day": 1.0, "usd_per_day": None})
    house.model.bound_usd = 0.001
    house.model.reply = lambda _: house.model.ok(cost_usd=0.6)
    await house.look()
    house.clock.advance(13 * 3600)
    house.model.reply = lambda _: house.model.ok(cost_usd=0.01)
    await house.look()
    assert house.gateway.route(Purpose.LOOK).step is DegradationStep.NORMAL
    house.database.close()


async def test_no_more_calls_in_an_hour_than_allowed_whatever_they_cost(tmp_path: Path) -> None:
    house = build(tmp_path, PaidModel(), budget={"max_calls_per_hour": 3, "camera_usd_per_day": None})
    house.model.bound_usd = None
    house.model.reply = lambda _: house.model.ok(cost_usd=None)
    for _ in range(6):
        await house.look()
    assert len(house.model.asked) == 3
    house.clock.advance(3601)
    await house.look()
    assert len(house.model.asked) == 4
    house.database.close()


async def test_that_there_is_no_money_is_told_once_until_a_call_is_paid_again(tmp_path: Path) -> None:
    house = build(tmp_path, PaidModel(), budget={"max_calls_per_hour": 3, "camera_usd_per_day": None})
    house.model.bound_usd = 0.001

    def told() -> int:
        return [kind for kind, _ in house.events()].count("budget_spent")

    for _ in range(8):
        await house.look()
        house.clock.advance(60)
    assert told() == 1
    house.clock.advance(3600)
    for _ in range(8):
        await house.look()
        house.clock.advance(60)
    assert told() == 2, "three calls went through meanwhile"
    house.database.close()


async def test_a_clock_that_is_wrong_is_told_once(house: House) -> None:
    house.model.reply = lambda _: replace(house.model.ok(), server_utc=house.clock.now() + timedelta(hours=5))
    await house.look()
    await house.look()
    ((kind, text),) = house.events()
    assert kind == "clock_skew" and "300 minutes behind" in text


async def test_a_promoted_prompt_asks_from_the_next_look_on(house: House, tmp_path: Path) -> None:
    await house.look()
    (tmp_path / "prompts").mkdir()
    mine = house.book.get("look_en").model_copy(update={"instructions": "Say what you see."})
    (tmp_path / "prompts" / "mine.toml").write_text(mine.to_toml())
    house.book.promote(CAM, "mine", by="Ada", note="better at falls")
    await house.look()
    assert house.model.asked[-1].terms.prompt.instructions == "Say what you see."
    assert house.rows()[-1].prompt_version == mine.version


async def test_the_past_is_asked_about_once_and_then_answered_by_the_kept_reply(house: House) -> None:
    house.model.reply = lambda _: replace(house.model.ok(), raw_text=json.dumps(LOOK))
    question = Look(CAM, LookReason.ASKED, tuple(frames([room()] * 3)), house.gateway.scene.then(MORNING))
    terms = house.gateway.terms(Purpose.LOOK, "")
    first = await house.gateway.again(question, terms)
    again = await house.gateway.again(question, terms)
    assert (first.cost_usd, again.cost_usd) == (0.01, 0.0)
    assert [seen.title for seen in again.observations] == ["Somebody came"]
    assert len(house.model.asked) == len(house.rows()) == 1


async def test_asking_about_the_past_says_why_nobody_could_be_asked(tmp_path: Path) -> None:
    house = build(tmp_path, PaidModel(), budget={"camera_usd_per_day": 0.05})
    question = Look(CAM, LookReason.ASKED, tuple(frames([room()] * 3)))
    terms = house.gateway.terms(Purpose.LOOK, "look_ko")
    with pytest.raises(ModelError, match="Raise the budget"):
        await house.gateway.again(question, terms)
    house.model.bound_usd = 0.001
    house.model.reply = lambda _: Answer("paid-1", AnswerStatus.REFUSED, error="wrong key", cost_usd=0.0)
    assert (await house.gateway.again(question, terms)).status is AnswerStatus.REFUSED
    with pytest.raises(ModelError, match="wrong key"):
        await house.gateway.again(question, terms)
    house.database.close()


async def test_a_prompt_that_cannot_be_read_costs_no_look_and_is_told_once(tmp_path: Path) -> None:
    house = build(tmp_path, PaidModel(), camera={"look_prompt": "mine"})
    (tmp_path / "prompts").mkdir()
    mine = tmp_path / "prompts" / "mine.toml"
    shipped = house.book.get("look_en")
    own = shipped.model_copy(update={"instructions": "Say what you see."})
    for text, asked in ((None, shipped), (own.to_toml(), own), ("purpose = ", own), ("purpose = ", own)):
        if text is not None:
            mine.write_text(text)
        await house.look()
        assert house.model.asked[-1].terms.prompt == asked
        house.clock.advance(60)
    (first, second) = house.events()
    assert first[0] == second[0] == "prompt_wrong"
    assert "There is no prompt 'mine'" in first[1] and "Meanwhile look_en" in first[1]
    assert "mine.toml cannot be read" in second[1] and f"Meanwhile mine, version {own.version[:8]}" in second[1]
    house.database.close()


async def test_options_that_the_model_does_not_take_are_a_visible_refusal(house: House) -> None:
    def prepare(question: Question, terms: PromptTerms) -> PreparedCall:
        raise ConfigError("The model paid-1 does not take temperature. Change the prompt's options.")

    house.model.prepare = prepare  # type: ignore[method-assign]
    for _ in range(3):
        asked = await house.look()
        assert asked is not None and asked.answer.model == "local"
    refused = [row for row in house.rows() if row.status == "refused"]
    assert [(row.attempts, row.cost_usd) for row in refused] == [(0, 0.0)] * 3
    ((kind, text),) = house.events()
    assert kind == "model_away" and "does not take temperature" in text


async def test_when_the_stand_in_cannot_be_asked_either_that_is_counted(tmp_path: Path) -> None:
    house = build(tmp_path, PaidModel())
    stand_in = PaidModel()
    stand_in.name = "other"
    house.gateway._pool.fallback = stand_in
    away = replace(house.model.ok(), status=AnswerStatus.REFUSED, error="wrong key", cost_usd=0.0)
    house.model.reply = stand_in.reply = lambda _: away
    for _ in range(3):
        await house.look()
    assert house.gateway.unanswered == 2, "both rest after the first look"
    house.database.close()


async def test_what_is_asked_of_the_past_is_not_told_to_the_next_look(house: House) -> None:
    await house.look()
    house.model.reply = lambda _: replace(house.model.ok(), scene="Long ago.")
    past = Look(CAM, LookReason.ASKED, tuple(frames([room()])))
    await house.gateway.again(past, house.gateway.terms(Purpose.LOOK, ""))
    assert house.gateway.scene.now().last_seen == "An empty room."
