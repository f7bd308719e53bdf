"""What every vision model owes its caller; runs over all of `MODELS`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from livemon.calls import AnswerStatus, Look
from livemon.datatypes import LookReason
from livemon.errors import ConfigError, LivemonError
from livemon.vlm.provider import MODELS, VisionModel, open_model
from tests.vlm.drawn import frames, room, walk


@pytest.fixture(params=sorted(MODELS))
def model(request: pytest.FixtureRequest) -> VisionModel:
    try:
        return open_model(request.param, Settings(), SystemClock())
    except LivemonError as exc:
        pytest.skip(f"{request.param} cannot be opened here: {exc}")


def needs_network(model: VisionModel) -> bool:
    return model.name != "local"


def test_model_describes_itself(model: VisionModel) -> None:
    assert isinstance(model, VisionModel)
    assert model.name
    assert model.frames_per_look >= 1
    assert 64 <= model.frame_width <= 4096


async def test_a_look_is_answered_with_times_of_its_frames(model: VisionModel) -> None:
    if needs_network(model):
        pytest.skip("asks a server")
    shown = tuple(frames([room()] * 10 + walk(room(), 340, 150, 15)))
    answer = await model.look(Look("cam", LookReason.INTERVAL, shown))
    assert answer.status is AnswerStatus.OK
    assert answer.model.startswith(model.name)
    assert answer.latency_ms > 0
    utcs = {frame.utc for frame in shown}
    for one in answer.observations:
        assert 0.0 <= one.confidence <= 1.0
        assert one.kind.isidentifier()
        assert one.title and one.description
        assert shown[0].utc <= one.start_utc <= one.end_utc <= shown[-1].utc
        assert one.evidence_utcs and set(one.evidence_utcs) <= utcs
    await model.close()


async def test_a_look_without_frames_is_a_failed_answer_not_an_exception(model: VisionModel) -> None:
    answer = await model.look(Look("cam", LookReason.INTERVAL, ()))
    assert answer.status is AnswerStatus.FAILED
    assert answer.error
    assert not answer.observations
    await model.close()


async def test_closing_twice_is_harmless(model: VisionModel) -> None:
    await model.close()
    await model.close()


def test_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="local"):
        open_model("crystal-ball")


def test_importing_the_registry_loads_no_model() -> None:
    code = "import sys, livemon.vlm.provider; assert 'cv2' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
