"""Fixtures of the lab's tests: a monitor with a paid model, and tiny labelled clips."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from livemon.base.settings.settings import Settings
from livemon.lab.data.dataset import Dataset
from livemon.monitor.monitor import Monitor
from livemon.vlm import registry
from livemon.vlm.prompt import Prompt, shipped_prompts
from tests.conftest import FAST
from tests.lab.bench import PromptedModel, make_clips


@pytest.fixture(scope="session")
def made_clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clips(tmp_path_factory.mktemp("labelled"))


@pytest.fixture
def clips(made_clips: Path, tmp_path: Path) -> Path:
    """A folder of three labelled clips, to be changed at will."""
    shutil.copytree(made_clips, tmp_path / "labelled")
    return tmp_path / "labelled"


@pytest.fixture
def paid() -> PromptedModel:
    return PromptedModel()


@pytest.fixture
def lab_settings(settings: Settings) -> Settings:
    """Looks at every segment in which something moves."""
    eager = {"look_floor_s": 0.1, "look_interval_s": 0.1, "looks_per_hour": 10_000, "model": "paid", "fallback": "none"}
    return settings.model_copy(update=eager)


@pytest.fixture
def monitor(lab_settings: Settings, paid: PromptedModel, monkeypatch: pytest.MonkeyPatch) -> Iterator[Monitor]:
    """A monitor whose cameras and lab ask `paid`."""
    monkeypatch.setitem(registry.MODELS, "paid", lambda _settings, _clock, _new_watcher: paid)
    with Monitor(lab_settings, profile=FAST) as made:
        yield made


@pytest.fixture
def dataset(monitor: Monitor, clips: Path) -> Dataset:
    return monitor.lab.from_folder(clips)


@pytest.fixture
def quiet() -> Prompt:
    """A prompt under which `paid` sees nothing."""
    return shipped_prompts()["look_en"].changed(instructions="Report what happens.")


@pytest.fixture
def falls() -> Prompt:
    """A prompt under which `paid` sees a fall in every look."""
    return shipped_prompts()["look_en"].changed(instructions="Report falls.")
