"""The lab over HTTP with the google-genai SDK, against the stand-in server that pretends to have looked."""

import base64
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from livemon.base.datatypes import encode_jpeg
from livemon.base.settings.settings import Settings
from livemon.lab.data.dataset import Item
from livemon.lab.experiments.live_plan import Place
from livemon.lab.picture_index import Recogniser
from livemon.lab.practice import KINDS, MISTAKES, pretender
from livemon.monitor.monitor import Monitor
from livemon.sim.scenes import render_clips
from livemon.sim.scenes.lab_days import lab_clips
from livemon.sim.servers import GeminiServer
from livemon.sim.servers.scripted_answers import Known, Mistake, ScriptedAnswers
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

    from livemon.base.settings.models import GeminiSettings, Tier

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
    model = ScriptedAnswers({"hall": [fall]})
    assert kinds(model(request("hall", ["12:00:05", "12:00:10", "12:00:11"]))) == [("fall", [2, 3])]
    assert kinds(model(request("hall", ["12:00:20"]))) == []
    assert kinds(model(request("attic", ["12:00:10"]))) == []


def test_it_finds_what_the_instructions_ask_for() -> None:
    climb = Known(43200, 43230, "climbing", "warning", "Climbs", ("climb",))
    model = ScriptedAnswers({"hall": [climb]})
    assert kinds(model(request("hall", ["12:00:10"]))) == []
    assert kinds(model(request("hall", ["12:00:10"], "A child who CLIMBS is a warning."))) == [("climbing", [1])]


def test_it_misses_and_invents_as_often_as_it_is_told_and_the_same_each_time() -> None:
    many = {f"room {n}": [Known(43200, 43230, "fall", "danger", "Fell")] for n in range(200)}
    asked = [request(f"room {n}", ["12:00:10"]) for n in range(200)]
    missing = [not kinds(ScriptedAnswers(many, misses=0.3)(one)) for one in asked]
    assert 0.2 < sum(missing) / 200 < 0.4
    assert [not kinds(ScriptedAnswers(many, misses=0.3)(one)) for one in asked] == missing
    invented = [bool(kinds(ScriptedAnswers({}, invents=0.3)(one))) for one in asked]
    assert 0.2 < sum(invented) / 200 < 0.4
    sure = [request(f"room {n}", ["12:00:10"], "Be sure.") for n in range(200)]
    assert not any(kinds(ScriptedAnswers({}, invents=0.9)(one)) for one in sure)
    flipping = ScriptedAnswers(many, flips=0.5)
    assert len({bool(kinds(flipping(asked[0]))) for _ in range(40)}) == 2


def test_it_takes_one_thing_for_another_unless_it_is_warned() -> None:
    mistake = Mistake("fall", "danger", "Somebody lies there", ("sleep", "nap"))
    model = ScriptedAnswers({"hall": [Known(43200, 43230, "sleeping", "info", "Sleeps", ("sleep",), mistake)]})
    assert kinds(model(request("hall", ["12:00:10"]))) == [("fall", [1])]
    assert kinds(model(request("hall", ["12:00:10"], "A child who sleeps has not fallen."))) == [("sleeping", [1])]
    assert kinds(model(request("hall", ["12:00:10"], "A nap is no fall."))) == []


def test_its_skill_in_the_lab_is_what_the_docs_say() -> None:
    text = (Path(__file__).parents[2] / "docs" / "lab.md").read_text()
    words = {word for _, asked_by in KINDS.values() for word in asked_by}
    words |= {word for mistake in MISTAKES.values() for word in mistake.unless}
    table = text.split("## Without a key")[1].split("## Columns")[0]
    assert [word for word in sorted(words) if word not in table] == []


def test_it_recognises_what_a_live_camera_shows_of_a_dataset(monitor: Monitor, tmp_path: Path) -> None:
    render_clips([one for one in lab_clips() if one.name.startswith("day2_")], tmp_path / "days")
    data = monitor.lab.from_folder(tmp_path / "days")

    def place(item: Item) -> Place:
        return monitor.lab.places.place(item.camera_id, item.start_utc, item.end_utc, item.title)

    known = Recogniser(data, place)
    for item in data.items:
        for share in (0.1, 0.5, 0.9):
            at = item.start_utc + (item.end_utc - item.start_utc) * share
            picture = encode_jpeg(place(item).footage.frame(at, 640).image, 80)
            [moment] = known([picture])
            assert moment is not None
            title, second = moment
            noon = item.start_utc.replace(hour=0, minute=0, second=0, microsecond=0)
            truths = {one.kind for one in item.truths if one.start_utc <= at < one.end_utc}
            found = noon + timedelta(seconds=second)
            [named] = [one for one in data.items if one.title == title]
            assert {one.kind for one in named.truths if one.start_utc <= found <= one.end_utc} >= truths
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3)).astype(np.uint8)
    assert known([encode_jpeg(noise, 80), b"no picture"]) == [None, None]


def test_a_camera_that_shows_known_footage_is_answered_by_its_labels() -> None:
    fall = Known(43210, 43212, "fall", "danger", "Fell")
    shown: list[int] = []

    def recognise(pictures: Sequence[bytes]) -> list[tuple[str, float] | None]:
        shown.append(len(pictures))
        return [None, ("clip", 43211.0), ("clip", 43220.0)]

    model = ScriptedAnswers({"clip": [fall]}, recognise=recognise)
    asked = request("Playroom", ["09:00:00", "09:00:05", "09:00:10"])
    # As the SDK writes them: the alphabet of addresses, and no padding.
    data = base64.urlsafe_b64encode(b"\xff\xfe\xfdjpeg").decode().rstrip("=")
    asked["contents"][0]["parts"] += [{"inlineData": {"mimeType": "image/jpeg", "data": data}}] * 3  # type: ignore[index]
    assert kinds(model(asked)) == [("fall", [2])]
    assert shown == [3]
