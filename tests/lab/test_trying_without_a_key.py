"""The lab over HTTP with the google-genai SDK, against the stand-in server that pretends to have looked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from livemon.config import Settings
from livemon.lab.pretending import pretender
from livemon.monitor import Monitor
from livemon.testing import GeminiServer
from livemon.testing.pretend import Known, Pretender
from livemon.vlm.prompt import shipped_prompts
from tests.conftest import FAST

SHIPPED = shipped_prompts()["look_en"].changed(layout="parts", frames=4)


@pytest.fixture
def server() -> Iterator[GeminiServer]:
    with GeminiServer() as running:
        yield running


@pytest.fixture
def gemini(settings: Settings, server: GeminiServer) -> Iterator[Monitor]:
    from pydantic import SecretStr

    from livemon.model_settings import GeminiSettings, Tier

    own = GeminiSettings(base_url=server.url, tier=Tier.PAID, requests_per_minute=6000)
    values = {"model": "gemini", "gemini": own, "gemini_api_key": SecretStr("pretend"), "look_interval_s": 0.1}
    with Monitor(settings.model_copy(update=values | {"looks_per_hour": 10_000}), profile=FAST) as made:
        yield made


def test_an_experiment_runs_over_the_real_sdk(gemini: Monitor, server: GeminiServer, clips: Path) -> None:
    data = gemini.lab.from_folder(clips)
    server.answer(pretender(data))
    deaf = SHIPPED.changed(instructions="Say nothing.")
    made = gemini.lab.experiment(data, {"shipped": SHIPPED, "deaf": deaf}, ["gemini", "gemini:gemini-3.1-flash-lite"])
    forecast = made.forecast(progress=False).set_index("arm")
    made.run(0.5, progress=False)
    assert made.status == "done"
    assert server.rejected == []
    answers = made.answers()
    assert set(answers["status"]) == {"ok"}
    assert set(answers["model"]) == {"gemini-3.5-flash-lite", "gemini-3.1-flash-lite"}
    assert made.scores()["found"].tolist() == [3.0] * 4
    spent = answers["cost_usd"].sum()
    assert 0 < spent < forecast.loc["all", "at_most_usd"]
    assert spent == pytest.approx(forecast.loc["all", "usd"], rel=0.6)


def request(camera: str, times: list[str], instructions: str = "Report falls.") -> dict[str, object]:
    labels = [{"text": f"{number} {time}"} for number, time in enumerate(times, 1)]
    text = {"text": f"Camera: {camera}\nNow: 2026-01-01 12:00 Thu"}
    return {
        "systemInstruction": {"parts": [{"text": instructions}]},
        "contents": [{"role": "user", "parts": [text, *labels]}],
    }


def kinds(answer: dict[str, object]) -> list[tuple[str, list[int]]]:
    return [(one["kind"], one["frames"]) for one in answer["events"]]  # type: ignore[attr-defined]


def test_it_finds_what_is_in_the_pictures_of_that_camera_only() -> None:
    fall = Known(43200 + 10, 43200 + 12, "fall", "danger", "Fell")
    model = Pretender({"hall": [fall]})
    assert kinds(model(request("hall", ["12:00:05", "12:00:10", "12:00:11"]))) == [("fall", [2, 3])]
    assert kinds(model(request("hall", ["12:00:20"]))) == []
    assert kinds(model(request("attic", ["12:00:10"]))) == []


def test_it_finds_what_the_instructions_ask_for() -> None:
    climb = Known(43200, 43230, "climbing", "warning", "Climbs", ("climb",))
    model = Pretender({"hall": [climb]})
    assert kinds(model(request("hall", ["12:00:10"]))) == []
    assert kinds(model(request("hall", ["12:00:10"], "A child who CLIMBS is a warning."))) == [("climbing", [1])]


def test_it_misses_and_invents_as_often_as_it_is_told_and_the_same_each_time() -> None:
    many = {f"room {n}": [Known(43200, 43230, "fall", "danger", "Fell")] for n in range(200)}
    asked = [request(f"room {n}", ["12:00:10"]) for n in range(200)]
    missing = [not kinds(Pretender(many, misses=0.3)(one)) for one in asked]
    assert 0.2 < sum(missing) / 200 < 0.4
    assert [not kinds(Pretender(many, misses=0.3)(one)) for one in asked] == missing
    invented = [bool(kinds(Pretender({}, invents=0.3)(one))) for one in asked]
    assert 0.2 < sum(invented) / 200 < 0.4
    sure = [request(f"room {n}", ["12:00:10"], "Be sure.") for n in range(200)]
    assert not any(kinds(Pretender({}, invents=0.9)(one)) for one in sure)
    flipping = Pretender(many, flips=0.5)
    assert len({bool(kinds(flipping(asked[0]))) for _ in range(40)}) == 2
