"""Studies at half price: what is asked at flex, what happens when it is late or refused, and what each call costs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from livemon.base.clock import WINDOW, FakeClock
from livemon.base.errors import ConfigError
from livemon.base.model_types import Study, Usage
from livemon.base.settings.models import ServiceTier
from livemon.base.settings.settings import Settings, load_settings
from livemon.cameras.segment_analyzer import Outcome
from livemon.inference.pool import FLEX_REST_S
from livemon.sim.servers import Fault, GeminiServer
from livemon.store import queries
from livemon.vlm.catalog import Catalog
from livemon.vlm.hosted.gemini import open_gemini
from livemon.vlm.hosted.transport import Reply
from livemon.vlm.prompt import shipped_prompts
from livemon.vlm.provider import PromptTerms
from tests.conftest import MORNING
from tests.found import events_of
from tests.making import CAM, House
from tests.vlm.drawn import frames, room

CALM = {"view": "clear", "activities": [], "development": [], "incidents": [], "summary": "Nothing happened."}
AFTER = MORNING + 11 * WINDOW / 10


@pytest.fixture
def server() -> Iterator[GeminiServer]:
    with GeminiServer() as running:
        running.answer(CALM)
        yield running


def house_of(folder: Path, server: GeminiServer, **gemini: Any) -> House:
    """A house whose windows Gemini studies."""
    given: dict[str, Any] = {"gemini_api_key": "k", "gemini": {"base_url": server.url, "attempts": 1, **gemini}}
    model: Any = open_gemini(Settings(**given), FakeClock(AFTER))
    house = House(folder, AFTER, model, **given)
    house.record(MORNING)
    return house


@pytest.fixture
async def house(tmp_path: Path, server: GeminiServer) -> AsyncIterator[House]:
    made = house_of(tmp_path, server)
    yield made
    await made.pool.close()
    made.database.close()


def tiers(server: GeminiServer) -> list[str]:
    """In which tier each request stood."""
    return [request.body.get("serviceTier", "STANDARD") for request in server.requests]


def calls(house: House) -> list[dict[Any, Any]]:
    """The calls, oldest first, with their parameters."""
    found = queries.calls(house.database, CAM).sort_values("id").to_dict("records")
    return [queries.call(house.database, row["id"]) or {} for row in found]


def events(house: House) -> list[str]:
    """What was told; that the clock of a test is not the server's is no news."""
    return [str(kind) for kind in events_of(house.database, CAM)["kind"] if kind != "clock_skew"]


def at_flex(model: Any) -> Any:
    """A study that is prepared for flex."""
    terms = replace(PromptTerms.of(shipped_prompts()["study_en"]), tier=ServiceTier.FLEX)
    return model.prepare(Study(CAM, MORNING, 600.0, tuple(frames([room()] * 2))), terms)


async def test_a_window_is_studied_at_flex_for_half_the_price(house: House, server: GeminiServer) -> None:
    done = await house.analyzer().analyse(house.recorded(MORNING))
    assert (done.outcome, tiers(server)) == (Outcome.COMPLETED, ["FLEX"])
    (call,) = calls(house)
    price = Catalog().entry("gemini-3.5-flash-lite").price(AFTER.date())
    assert price is not None
    full = (call["input_tokens"] * price.input + call["output_tokens"] * price.output) / 1e6
    assert call["cost_usd"] == pytest.approx(full / 2)
    assert call["parameters"]["tier"] == "flex"
    assert house.row(MORNING).cost_usd == call["cost_usd"]
    assert call["bound_usd"] > call["cost_usd"]
    assert server.rejected == []


async def test_what_is_billed_is_the_tier_in_which_it_was_answered(house: House) -> None:
    """A proxy that knows no flex answers at standard, and says so."""
    model: Any = house.model
    prepared = at_flex(model)
    costs = {
        tier: model.read_reply(prepared, Reply("{}", usage=Usage(1000, 100), tier=tier)).cost_usd
        for tier in (None, *ServiceTier)
    }
    assert costs[ServiceTier.STANDARD] == pytest.approx(2 * costs[ServiceTier.FLEX])
    assert costs[None] == costs[ServiceTier.FLEX]


@pytest.mark.parametrize(
    ("fault", "known"), [(Fault.OVERLOADED, True), (Fault.RATE_LIMITED, True), (Fault.DEADLINE, False)]
)
async def test_flex_that_is_late_or_refused_is_told_once_and_standard_answers(
    house: House, server: GeminiServer, fault: Fault, known: bool
) -> None:
    house.record(MORNING - 2 * WINDOW, 2)
    server.fail(fault)
    done = await house.analyzer().analyse(house.recorded(MORNING))
    assert (done.outcome, tiers(server)) == (Outcome.COMPLETED, ["FLEX", "STANDARD"])
    first, second = calls(house)
    assert (first["status"], first["cost_usd"]) == ("unavailable", 0.0 if known else None)
    assert (second["status"], second["fallback_for"]) == ("ok", first["id"])
    assert first["bound_usd"] == pytest.approx(second["bound_usd"] / 2)
    assert house.row(MORNING).vlm_call_id == second["id"]
    assert events(house) == ["flex_away"], "and of the model nothing is said"
    analyzer = house.analyzer()
    await analyzer.analyse(house.recorded(MORNING - WINDOW))
    assert tiers(server)[2:] == ["STANDARD"], "flex is left alone"
    house.clock.advance(FLEX_REST_S + 1)
    await analyzer.analyse(house.recorded(MORNING - 2 * WINDOW))
    assert tiers(server)[3:] == ["FLEX"]
    assert events(house) == ["flex_away"]


async def test_flex_is_a_setting_and_nothing_without_billing(tmp_path: Path, server: GeminiServer) -> None:
    for name, gemini in (
        ("standard", {"study_tier": "standard"}),
        ("unpaid", {"tier": "unpaid", "allow_unpaid": True}),
    ):
        house = house_of(tmp_path / name, server, **gemini)
        await house.analyzer().analyse(house.recorded(MORNING))
        await house.pool.close()
        house.database.close()
    assert tiers(server) == ["STANDARD", "STANDARD"]


def test_a_model_without_flex_is_asked_at_standard(tmp_path: Path, server: GeminiServer) -> None:
    prices = {"gemini-9-omega": {"input": 1, "output": 2}}
    given = {"model": "gemini", "gemini_api_key": "k", "prices": prices}
    settings = Settings(**given, gemini={"base_url": server.url, "model": "gemini-9-omega"})
    model: Any = open_gemini(settings, FakeClock(AFTER))
    assert at_flex(model).request.tier is ServiceTier.STANDARD


def test_the_time_limit_of_flex_has_bounds() -> None:
    for wrong in (1, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="flex_timeout_s"):
            load_settings(gemini={"flex_timeout_s": wrong})
