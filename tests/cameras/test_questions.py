"""Questions about recorded footage, end to end: real segments, real decoding, a scripted server."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from livemon.base.datatypes import Frame, Segment
from livemon.base.errors import NoFootage, UnknownPrompt
from livemon.base.model_types import AnswerStatus
from livemon.base.settings.settings import Settings
from livemon.cameras import questions
from livemon.cameras.gate_memory import GateMemory
from livemon.cameras.questions import QuestionBuilder
from livemon.monitor.monitor import Monitor
from livemon.sim.servers import GeminiServer
from livemon.vlm.options import StudyInput
from livemon.vlm.provider import InputSpec, PromptTerms
from tests.conftest import FAST, MORNING
from tests.vlm.test_provider_contract import canned
from tests.waiting import wait_until


@pytest.fixture
def server() -> Iterator[GeminiServer]:
    with GeminiServer() as running:
        running.answer(canned)
        yield running


@pytest.fixture
def monitor(settings: Settings, server: GeminiServer) -> Iterator[Monitor]:
    """A monitor with some seconds of footage, stopped."""
    hosted = settings.model_copy(
        update={
            "gemini": settings.gemini.model_copy(update={"base_url": server.url}),
            "gemini_api_key": type(settings.gemini_api_key)("k"),
            "prompts_dir": settings.data_dir / "prompts",
        }
    )
    with Monitor(hosted, profile=FAST) as made:
        made.start("camera-1")
        footage = made.camera("camera-1").footage
        wait_until(lambda: len(footage.segments(made.clock.now() - timedelta(minutes=1), made.clock.now())) >= 3)
        made.stop("camera-1")
        yield made


def recorded(monitor: Monitor) -> tuple:  # type: ignore[type-arg]
    now = monitor.clock.now()
    segments = monitor.camera("camera-1").footage.segments(now - timedelta(minutes=1), now)
    return segments[0].start_utc, segments[-1].end_utc


def test_a_moment_is_asked_about_and_then_for_nothing(monitor: Monitor, server: GeminiServer) -> None:
    _, end = recorded(monitor)
    before = len(server.requests)
    first, again = monitor.ask("camera-1", end), monitor.ask("camera-1", end)
    assert (first.status, again.status) == (AnswerStatus.OK, AnswerStatus.OK), first.error
    assert first.cost_usd and again.cost_usd == 0.0
    assert len(server.requests) == before + 1
    assert [seen.title for seen in again.observations] == ["Somebody came"]
    assert monitor.costs.calls("camera-1")["reason"].iloc[0] == "asked"


def test_a_stretch_is_studied_by_its_moments_and_by_its_video(monitor: Monitor, server: GeminiServer) -> None:
    start, end = recorded(monitor)
    answer = monitor.study("camera-1", start, end)
    assert answer.status is AnswerStatus.OK, answer.error
    assert answer.result is not None and answer.result["incident_count"] == 1
    assert server.requests[-1].media[0].mime == "image/jpeg"

    video = monitor.prompts.get("study_en")
    video = video.model_copy(
        update={"options": video.options.model_copy(update={"study_input": StudyInput.VIDEO, "video_fps": 2.0})}
    )
    monitor.settings.prompts_dir.mkdir()
    (monitor.settings.prompts_dir / "by_video.toml").write_text(video.to_toml())
    answer = monitor.study("camera-1", start, end, "by_video")
    assert answer.status is AnswerStatus.OK, answer.error
    assert server.requests[-1].media[0].mime == "video/mp4"
    assert answer.parameters["video_fps"] == 2.0


def test_what_cannot_be_asked_says_why(monitor: Monitor) -> None:
    _, end = recorded(monitor)
    with pytest.raises(NoFootage):
        monitor.ask("camera-1", end - timedelta(days=1))
    with pytest.raises(UnknownPrompt):
        monitor.ask("camera-1", end, "nobody wrote it")


def test_the_gate_measures_every_picture_of_a_stretch_and_a_study_of_it_needs_no_second_measuring(
    monitor: Monitor,
) -> None:
    start, end = recorded(monitor)
    questions = monitor.camera("camera-1").questions
    terms = PromptTerms.of(monitor.prompts.get("study_en"))
    appetite = monitor.pool.main.appetite(terms)
    samples = questions.measure(start, end, appetite, keyframes_only=False)
    gaps = [later.utc - earlier.utc for earlier, later in pairwise(samples)]
    assert (start <= samples[0].utc, samples[-1].utc < end) == (True, True)
    assert max(gaps) < timedelta(seconds=1)
    measured = questions.study(start, end, appetite, terms, keyframes_only=False)
    known = questions.study(start, end, appetite, terms, keyframes_only=False, samples=samples)
    assert [frame.utc for frame in known.frames] == [frame.utc for frame in measured.frames]
    assert questions.measure(start - timedelta(days=1), end - timedelta(days=1), appetite, keyframes_only=False) == []


def test_a_window_is_not_decoded_again_to_be_measured(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate has read it live: its readings stand for the pictures, as far as they are known."""
    start, end = recorded(monitor)
    camera = monitor.camera("camera-1")
    segments = camera.footage.segments(start, end)
    decoded: list[Segment] = []
    read = questions.read_frames

    def noted(camera_id: str, segment: Segment, *args: Any, **kwargs: Any) -> Iterator[Frame]:
        decoded.append(segment)
        return read(camera_id, segment, *args, **kwargs)

    monkeypatch.setattr(questions, "read_frames", noted)
    appetite = InputSpec("", 4, 320, free=False)
    live = GateMemory()
    builder = QuestionBuilder("camera-1", camera.footage, camera.gateway.scene, live)
    measured = builder.measure(start, end, appetite, keyframes_only=False)
    assert len(decoded) == len(segments)
    for segment in segments[1:]:
        inside = [one for one in measured if segment.start_utc <= one.utc < segment.end_utc]
        live.add(segment, inside, keyframes_only=False)
    decoded.clear()
    assert [one.utc for one in builder.measure(start, end, appetite, keyframes_only=False)] == [
        one.utc for one in measured
    ]
    assert decoded == segments[:1]
    decoded.clear()
    builder.measure(start, end, appetite, keyframes_only=True)
    assert len(decoded) == len(segments), "readings of all pictures are none of keyframes"


def test_readings_are_remembered_for_two_windows_and_no_longer() -> None:
    memory = GateMemory()
    segments = [Segment(MORNING + timedelta(minutes=n), 60.0, Path(f"{n}.ts"), 60.0) for n in range(40)]
    for segment in segments:
        memory.add(segment, (), keyframes_only=True)
    known = [memory.of(segment, keyframes_only=True) is not None for segment in segments]
    assert known == [False] * 14 + [True] * 26


def test_a_live_camera_remembers_what_its_gate_read(monitor: Monitor) -> None:
    start, end = recorded(monitor)
    camera = monitor.camera("camera-1")
    live = camera.questions._gate_memory
    known = [live.of(one, keyframes_only=False) for one in camera.footage.segments(start, end)]
    assert any(known)
