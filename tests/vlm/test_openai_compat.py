"""Any OpenAI-compatible server, by the real package over HTTP, against a strict stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from livemon.base.datatypes import LookReason
from livemon.base.errors import ConfigError
from livemon.base.model_types import AnswerStatus, Look
from livemon.base.settings.settings import Settings
from livemon.sim.servers import Fault, OpenAIServer
from livemon.vlm.budget_ladder import DegradationStep, terms_at
from livemon.vlm.hosted.hosted_model import PromptedModel
from livemon.vlm.hosted.openai_compat import open_openai_compat
from livemon.vlm.options import Layout, MediaResolution, ModelOptions
from livemon.vlm.provider import PromptTerms
from tests.vlm.drawn import TERMS, ask, frames, room
from tests.vlm.test_gemini import PatientClock
from tests.vlm.test_provider_contract import LOOK


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        running.answer(LOOK)
        yield running


def settings_for(server: OpenAIServer, **more: Any) -> Settings:
    return Settings(openai_compat={"base_url": f"{server.url}/v1", "model": "canned-vision"}, **more)


@pytest.fixture
async def model(server: OpenAIServer) -> AsyncIterator[PromptedModel]:
    opened = open_openai_compat(settings_for(server), PatientClock())
    yield opened
    await opened.close()


def look(count: int = 4) -> Look:
    return Look("cam", LookReason.MOTION, tuple(frames([room()] * count, noise=0)))


async def test_frames_go_as_parts_each_after_its_time(server: OpenAIServer, model: PromptedModel) -> None:
    answer = await ask(model, look(3), PromptTerms(TERMS.prompt, ModelOptions(layout=Layout.PARTS, seed=3)))
    assert answer.status is AnswerStatus.OK, answer.error
    assert answer.observations[0].title == "Somebody came"
    (request,) = server.requests
    assert len(request.media) == 3
    assert "1 12:00:00" in request.text
    assert request.body["response_format"]["json_schema"]["strict"] is True


OUTCOMES = {
    Fault.RATE_LIMITED: (AnswerStatus.OK, 2),
    Fault.SERVER_ERROR: (AnswerStatus.OK, 2),
    Fault.BAD_GATEWAY: (AnswerStatus.OK, 2),
    Fault.OVERLOADED: (AnswerStatus.OK, 2),
    Fault.HTML_ERROR: (AnswerStatus.OK, 2),
    Fault.CDN_ERROR: (AnswerStatus.OK, 2),
    Fault.SITE_OVERLOADED: (AnswerStatus.OK, 2),
    Fault.QUOTA_SPENT: (AnswerStatus.REFUSED, 1),
    Fault.PAYMENT_REQUIRED: (AnswerStatus.REFUSED, 1),
    Fault.BAD_PARAMETER: (AnswerStatus.REFUSED, 1),
    Fault.ERROR_AS_REPLY: (AnswerStatus.REFUSED, 1),
    Fault.MAX_TOKENS_REFUSED: (AnswerStatus.OK, 1),
    Fault.FORMAT_REFUSED: (AnswerStatus.OK, 1),
    Fault.TOO_MANY_TOKENS: (AnswerStatus.OK, 2),
    Fault.TOO_MANY_IMAGES: (AnswerStatus.OK, 2),
    Fault.BAD_KEY: (AnswerStatus.REFUSED, 1),
    Fault.FORBIDDEN: (AnswerStatus.REFUSED, 1),
    Fault.NOT_FOUND: (AnswerStatus.REFUSED, 1),
    Fault.TOO_LARGE: (AnswerStatus.OK, 2),
    Fault.DEADLINE: (AnswerStatus.UNAVAILABLE, 1),
    Fault.CLOSE: (AnswerStatus.UNAVAILABLE, 1),
    Fault.NOT_JSON: (AnswerStatus.UNAVAILABLE, 1),
    Fault.EMPTY_OBJECT: (AnswerStatus.EMPTY, 1),
    Fault.NO_ANSWER: (AnswerStatus.EMPTY, 1),
    Fault.REFUSAL: (AnswerStatus.BLOCKED, 1),
    Fault.SAFETY: (AnswerStatus.BLOCKED, 1),
    Fault.CUT: (AnswerStatus.TRUNCATED, 1),
    Fault.ALL_THINKING: (AnswerStatus.TRUNCATED, 1),
    Fault.FENCED: (AnswerStatus.OK, 1),
    Fault.INVALID_JSON: (AnswerStatus.UNPARSABLE, 1),
    Fault.TWO_JSONS: (AnswerStatus.OK, 1),
    Fault.MISSING_FIELD: (AnswerStatus.OK, 1),
    Fault.EXTRA_FIELD: (AnswerStatus.OK, 1),
    Fault.WRONG_ENUM: (AnswerStatus.OK, 1),
    Fault.WRONG_TYPE: (AnswerStatus.OK, 1),
    Fault.CLOCK_SKEW: (AnswerStatus.OK, 1),
    Fault.ODD_DATE: (AnswerStatus.OK, 1),
    Fault.ODD_USAGE: (AnswerStatus.OK, 1),
    Fault.CONTENT_PARTS: (AnswerStatus.OK, 1),
    Fault.FORMAT_IGNORED: (AnswerStatus.OK, 1),
    Fault.PROSE: (AnswerStatus.OK, 1),
    Fault.ODD_FIELDS: (AnswerStatus.OK, 1),
}


@pytest.mark.parametrize("fault", OUTCOMES)
async def test_every_fault_has_its_outcome(server: OpenAIServer, model: PromptedModel, fault: Fault) -> None:
    server.fail(fault)
    answer = await ask(model, look())
    assert (answer.status, answer.attempts) == OUTCOMES[fault], answer.error
    assert bool(answer.error) is (answer.status is not AnswerStatus.OK)
    if answer.status is not AnswerStatus.OK:
        assert answer.observations == (), "unknown is never safe"


def test_every_fault_of_this_server_has_an_outcome() -> None:
    assert OpenAIServer.faults_known - {Fault.DELAY, Fault.DRIP} == set(OUTCOMES)


async def test_a_price_that_nobody_knows_is_unknown_and_not_nothing(server: OpenAIServer, model: PromptedModel) -> None:
    prepared = model.prepare(look(), TERMS)
    answer = await model.ask(prepared)
    assert prepared.bound_usd is None and answer.cost_usd is None
    free = open_openai_compat(settings_for(server, prices={"canned-vision": {"input": 0, "output": 0}}), PatientClock())
    assert free.prepare(look(), TERMS).bound_usd == 0.0
    assert (await ask(free, look())).cost_usd == 0.0
    await free.close()


async def test_a_budget_that_runs_short_is_no_reason_to_refuse_a_model_without_resolutions(
    server: OpenAIServer, model: PromptedModel
) -> None:
    prompt = TERMS.prompt.model_copy(update={"options": ModelOptions(layout=Layout.PARTS)})
    for step, images in ((DegradationStep.NORMAL, 4), (DegradationStep.LOW_RESOLUTION, 1)):
        answer = await ask(model, look(4), terms_at(step, PromptTerms.of(prompt), ""))
        assert answer.status is AnswerStatus.OK, answer.error
        assert len(server.requests[-1].media) == images
    wanted = TERMS.prompt.model_copy(update={"options": ModelOptions(media_resolution=MediaResolution.LOW)})
    with pytest.raises(ConfigError, match="media_resolution"):
        model.prepare(look(), PromptTerms.of(wanted))


async def test_the_key_is_sent_when_there_is_one() -> None:
    with OpenAIServer(api_key="right") as server:
        server.answer(LOOK)
        for key, status in (("right", AnswerStatus.OK), ("", AnswerStatus.REFUSED)):
            model = open_openai_compat(settings_for(server, openai_api_key=key), PatientClock())
            assert (await ask(model, look())).status is status
            await model.close()


@pytest.mark.parametrize(
    ("openai_compat", "said"),
    [
        ({}, "ollama list"),
        ({"model": "x", "base_url": "localhost:11434"}, "must be an http address"),
        ({"model": "x", "base_url": "https://api.openai.com/v1"}, "price"),
    ],
)
def test_wrong_settings_say_what_to_do(openai_compat: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        open_openai_compat(Settings(openai_compat=openai_compat), PatientClock())


async def test_video_is_refused_before_anything_is_sent(server: OpenAIServer, model: PromptedModel) -> None:
    with pytest.raises(ConfigError, match="study_input"):
        model.prepare(look(), PromptTerms(TERMS.prompt, ModelOptions(study_input="video")))
    assert server.requests == []
