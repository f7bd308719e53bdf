"""What tests share: tiny videos made by ffmpeg, a fast stream profile, and monitors over them."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.model_types import Answer, AnswerStatus, Look, Question
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamMode, StreamProfile
from livemon.monitor.monitor import Monitor
from livemon.stream.live.ffmpeg_command import live_command
from livemon.stream.sources.source import Recipe
from livemon.vlm import registry
from livemon.vlm.provider import InputSpec, PreparedCall, PromptTerms

# Everything as in the product, only smaller and with one-second segments, so that real ffmpeg tests take seconds.
FAST = StreamProfile(width=64, height=48, fps=5, gop_s=1, segment_s=1, live_segments=4)
MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

MakeVideo = Callable[..., Path]


def make_video(
    path: Path, duration_s: float = 2.0, size: str = "64x48", rate: str = "5", codec: str = "libx264", gop: int = 250
) -> Path:
    """Write a test pattern."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pattern = f"testsrc=size={size}:rate={rate}:duration={duration_s}"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", pattern, "-c:v", codec, "-g", str(gop)]
    subprocess.run([*command, "-pix_fmt", "yuv420p", str(path)], check=True)
    return path


def transcode_command(source: Any, folder: Path, profile: StreamProfile) -> list[str]:
    """The live command over an ffmpeg-python input, from a grid mark on, as fast as it can."""
    return live_command(Recipe(source, StreamMode.TRANSCODE, "", paced=True), folder, profile, 0)


# How long an example takes decides nothing.
hypothesis.settings.register_profile("livemon", deadline=None)
hypothesis.settings.load_profile("livemon")


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let SIGINT interrupt: what a shell runs in the background ignores it, and all that tests start would, too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of H.264."""
    return make_video(tmp_path_factory.mktemp("video") / "pattern.mp4")


@pytest.fixture
def video_folder(tmp_path: Path, video: Path) -> Path:
    """A folder with one short video."""
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(video.read_bytes())
    return folder


@pytest.fixture
def settings(tmp_path: Path, video_folder: Path) -> Settings:
    """One camera over the short video; the clock may be the machine's, and footage of `MORNING` is never too old."""
    return Settings(
        data_dir=tmp_path / "data",
        port=0,
        retention_days=36_500,
        timezone="UTC",
        detector="none",  # the network has tests of its own, and costs a tenth of a core a camera
        cameras={"camera-1": {"source": str(video_folder), "name": "Playroom"}},
    )


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    """A monitor with the fast profile; closed at the end."""
    with Monitor(settings, profile=FAST) as made:
        yield made


class ScriptedModel:
    """A model whose answers a test chooses: `reply` is called with each look."""

    name = "scripted"
    frames_per_look = 4
    frame_width = 32
    bound_usd: float | None = 0.0

    def __init__(self) -> None:
        self.looks: list[Look] = []
        self.reply: Callable[[Look], Answer] = lambda look: Answer(self.name, AnswerStatus.OK)

    def appetite(self, terms: PromptTerms) -> InputSpec:
        return InputSpec(self.name, self.frames_per_look, self.frame_width, free=self.bound_usd == 0.0)

    def prepare(self, question: Question, terms: PromptTerms) -> PreparedCall:
        return PreparedCall(question, terms, self.name, self.bound_usd, sha256="")

    async def ask(self, prepared: PreparedCall) -> Answer:
        look = prepared.question
        assert isinstance(look, Look)
        self.looks.append(look)
        return self.reply(look)

    async def close(self) -> None:
        self.looks.clear()


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> ScriptedModel:
    """The model of `scripted_settings`."""
    model = ScriptedModel()
    monkeypatch.setitem(registry.MODELS, "scripted", lambda _settings, _clock, _new_watcher: model)
    return model


@pytest.fixture
def scripted_monitor(settings: Settings, scripted: ScriptedModel) -> Iterator[Monitor]:
    """A monitor whose model is scripted and is asked at every segment with motion."""
    eager = settings.model_copy(update={"model": "scripted", "look_floor_s": 0.1, "look_interval_s": 0.1})
    with Monitor(eager, profile=FAST) as made:
        yield made


def seen(
    start_s: float,
    end_s: float | None = None,
    *,
    kind: str = "movement",
    severity: Severity = Severity.INFO,
    event_type: EventType = EventType.ACTIVITY,
    title: str = "Something moved",
    location: str = "",
) -> Observation:
    """An observation at seconds after MORNING."""
    from datetime import timedelta

    start = MORNING + timedelta(seconds=start_s)
    end = MORNING + timedelta(seconds=start_s if end_s is None else end_s)
    return Observation(
        kind, event_type, severity, title, "A part of the picture changed.", 0.5, start, end, (start,), location
    )
