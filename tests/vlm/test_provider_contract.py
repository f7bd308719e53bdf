"""What every vision model owes its caller; runs over all of `MODELS`, the hosted ones against stand-in servers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from livemon.base.clock import SystemClock
from livemon.base.datatypes import LookReason
from livemon.base.errors import ConfigError
from livemon.base.model_types import AnswerStatus, Look, Study
from livemon.base.settings.settings import Settings
from livemon.detect.watch_factory import watchers
from livemon.sim.servers import Fault, GeminiServer, OpenAIServer
from livemon.vlm.prompt import shipped_prompts
from livemon.vlm.provider import PromptTerms, VisionModel
from livemon.vlm.registry import MODELS, open_model
from tests.vlm.drawn import TERMS, ask, frames, room, walk

STUDY_TERMS = PromptTerms.of(shipped_prompts()["study_en"])

SEEN = {
    "evidence": "A person walks from left to right.",
    "frames": [2, 1],
    "box_2d": [100, 200, 700, 400],
    "location": "",
    "kind": "person_came",
    "title": "Somebody came",
    "confidence": 0.8,
    "severity": "info",
}
LOOK = {"view": "clear", "scene": "A person stands in a room.", "events": [SEEN]}
STUDY = {
    "view": "clear",
    "activities": [{"start": "00:00", "end": "00:04", "what": "walking"}],
    "development": [],
    "incidents": [
        {
            "start": "00:01",
            "end": "00:03",
            "evidence": "A person lies on the floor.",
            "box_2d": [],
            "kind": "fall",
            "title": "A fall",
            "confidence": 0.7,
            "severity": "danger",
        }
    ],
    "summary": "Somebody walked and fell.",
}


def canned(request: dict[str, Any]) -> dict[str, Any]:
    """The answer that suits the request's schema."""
    return STUDY if "activities" in str(request) else LOOK


@pytest.fixture
def servers() -> Iterator[tuple[GeminiServer, OpenAIServer]]:
    with GeminiServer() as gemini, OpenAIServer() as openai:
        for server in (gemini, openai):
            server.answer(canned)
        yield gemini, openai


@pytest.fixture(params=sorted(MODELS))
def model(request: pytest.FixtureRequest, servers: tuple[GeminiServer, OpenAIServer]) -> VisionModel:
    gemini, openai = servers
    settings = Settings(
        gemini_api_key="a key",
        gemini={"base_url": gemini.url},
        openai_compat={"base_url": f"{openai.url}/v1", "model": "canned-vision"},
    )
    return open_model(request.param, settings, SystemClock(), watchers(settings))


def test_model_describes_itself(model: VisionModel) -> None:
    assert isinstance(model, VisionModel)
    assert model.name
    appetite = model.appetite(TERMS)
    assert appetite.frames >= 1
    assert 64 <= appetite.frame_width <= 4096


async def test_a_look_is_answered_with_times_of_its_frames(model: VisionModel) -> None:
    shown = tuple(frames([room()] * 10 + walk(room(), 340, 150, 15)))
    answer = await ask(model, Look("cam", LookReason.INTERVAL, shown))
    assert answer.status is AnswerStatus.OK, answer.error
    assert answer.model
    assert answer.latency_ms > 0
    utcs = {frame.utc for frame in shown}
    for one in answer.observations:
        assert 0.0 <= one.confidence <= 1.0
        assert one.kind.isidentifier()
        assert one.title and one.description
        assert shown[0].utc <= one.start_utc <= one.end_utc <= shown[-1].utc
        assert one.evidence_utcs and set(one.evidence_utcs) <= utcs
    await model.close()


async def test_a_study_is_answered_with_incidents_activities_and_a_score(model: VisionModel) -> None:
    shown = tuple(frames([room()] * 10 + walk(room(), 340, 150, 15)))
    study = Study("cam", shown[0].utc, 600, shown)
    answer = await ask(model, study, STUDY_TERMS)
    assert answer.status is AnswerStatus.OK, answer.error
    result = answer.result
    assert result is not None
    assert result["summary"]
    assert result["incident_count"] == len(result["incidents"])
    if result["incidents"]:
        assert 0 <= result["safety_score"] <= 100
    for one in (*result["incidents"], *result["activities"]):
        assert study.start_utc.isoformat()[:19] <= one["start_utc"][:19] <= one["end_utc"][:19]
        assert one["end_utc"][:19] <= (study.start_utc + timedelta(seconds=600)).isoformat()[:19]
    await model.close()


HARMLESS = (
    *(Fault.ODD_DATE, Fault.ODD_USAGE, Fault.ODD_FIELDS, Fault.CONTENT_PARTS),
    *(Fault.PROSE, Fault.FENCED, Fault.TWO_JSONS, Fault.EXTRA_FIELD),
    *(Fault.MAX_TOKENS_REFUSED, Fault.FORMAT_REFUSED, Fault.FORMAT_IGNORED),
    *(Fault.TOO_LARGE, Fault.TOO_MANY_TOKENS, Fault.TOO_MANY_IMAGES),
)


LEARNT = (Fault.MAX_TOKENS_REFUSED, Fault.FORMAT_REFUSED)


@pytest.mark.parametrize("fault", HARMLESS)
async def test_what_is_odd_or_too_large_costs_no_verdict(
    model: VisionModel, servers: tuple[GeminiServer, OpenAIServer], fault: Fault
) -> None:
    shown = tuple(frames([room()] * 40))
    look, study = Look("cam", LookReason.INTERVAL, shown[:8]), Study("cam", shown[0].utc, 600, shown)
    verdicts = []
    for faulty in (False, True):
        for question, terms in ((look, TERMS), (study, STUDY_TERMS)):
            for server in servers:
                # What a server refuses once is not sent to it again.
                if faulty and fault in server.faults_known and not (fault in LEARNT and question is study):
                    server.fail(fault)
            answer = await ask(model, question, terms)
            assert answer.status is AnswerStatus.OK, answer.error
            seen = [(one.kind, one.severity) for one in answer.observations]
            verdicts.append((seen, [one["severity"] for one in (answer.result or {}).get("incidents", [])]))
    assert verdicts[:2] == verdicts[2:]
    await model.close()


async def test_a_question_without_frames_is_a_failed_answer_not_an_exception(model: VisionModel) -> None:
    answer = await ask(model, Look("cam", LookReason.INTERVAL, ()))
    assert answer.status is AnswerStatus.FAILED
    assert answer.error
    assert not answer.observations
    assert answer.cost_usd == 0.0
    await model.close()


async def test_the_same_question_has_the_same_hash_and_another_has_another(model: VisionModel) -> None:
    shown = tuple(frames([room()] * 3))
    look = Look("cam", LookReason.INTERVAL, shown)
    one, same = model.prepare(look, TERMS), model.prepare(look, TERMS)
    other = model.prepare(Look("cam", LookReason.INTERVAL, shown[:2]), TERMS)
    assert one.sha256 == same.sha256 != other.sha256
    await model.close()


async def test_closing_twice_is_harmless(model: VisionModel) -> None:
    await model.close()
    await model.close()


def test_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="local"):
        open_model("crystal-ball", Settings(), SystemClock(), watchers(Settings()))


def test_importing_the_registry_loads_no_model() -> None:
    code = "import sys, livemon.vlm.provider; assert not {'cv2', 'openai', 'google.genai'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
