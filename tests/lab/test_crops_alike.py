"""Crops of people are the same of a live look, of a question about the past, and in the lab."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from livemon.base.model_types import Crop, Look
from livemon.base.settings.settings import Settings
from livemon.cameras.questions import QuestionBuilder
from livemon.detect.registry import DETECTORS
from livemon.lab.data.dataset import Item
from livemon.lab.experiments.live_plan import PlannedQuestion, show
from livemon.monitor.monitor import Monitor
from livemon.vlm import registry
from livemon.vlm.prompt import shipped_prompts
from livemon.vlm.provider import InputSpec, PromptTerms
from tests.cameras.test_people_crops import Eyes
from tests.conftest import FAST
from tests.detect.bodies import standing
from tests.lab.bench import PromptedModel
from tests.waiting import wait_until

TERMS = PromptTerms.of(shipped_prompts()["look_en"])


class CropTaker(PromptedModel):
    """The paid model, which takes crops when its prompt wants them."""

    def appetite(self, terms: PromptTerms) -> InputSpec:
        return replace(super().appetite(terms), crops=terms.options.crops)


@pytest.fixture
def taker() -> CropTaker:
    return CropTaker()


@pytest.fixture
def monitor(lab_settings: Settings, taker: CropTaker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Monitor]:
    monkeypatch.setitem(registry.MODELS, "paid", lambda _settings, _clock, _new_watcher: taker)
    monkeypatch.setitem(DETECTORS, "eyes", lambda: Eyes(standing(0.4)))
    with Monitor(lab_settings.model_copy(update={"detector": "eyes", "pets": False}), profile=FAST) as made:
        yield made


def looked(monitor: Monitor, taker: CropTaker) -> Look:
    """Let the camera stream until it looked at more than one frame; return that look."""
    monitor.start("camera-1")
    wait_until(lambda: any(len(look.frames) > 1 for look, _ in taker.asked))
    monitor.stop("camera-1")
    return next(look for look, _ in taker.asked if len(look.frames) > 1)


def assert_alike(crops: tuple[Crop, ...], others: tuple[Crop, ...]) -> None:
    assert crops == others and crops
    assert all(np.array_equal(one.image, other.image) for one, other in zip(crops, others, strict=True))


def test_the_lab_cuts_the_crops_of_a_live_look(monitor: Monitor, taker: CropTaker) -> None:
    look = looked(monitor, taker)
    assert [crop.frame for crop in look.crops] == list(range(len(look.frames)))
    assert look.crops[0].image.shape[0] > look.frames[0].image.shape[0] / 2
    utcs = tuple(frame.utc for frame in look.frames)
    item = Item("camera-1", utcs[0], utcs[-1] + timedelta(seconds=1), "0")
    place = monitor.lab.places.place("camera-1", item.start_utc, item.end_utc)
    planned = PlannedQuestion(0, look.reason.value, item.end_utc, utcs, (), 32)
    shown = show(item, place, planned, TERMS, look.scene, "lab", crops=True)
    assert_alike(shown.crops, look.crops)
    assert show(item, place, planned, TERMS, look.scene, "lab", crops=False).crops == ()


def test_a_question_about_the_past_has_crops_when_they_are_wanted(monitor: Monitor, taker: CropTaker) -> None:
    look = looked(monitor, taker)
    camera, at = monitor.camera("camera-1"), look.frames[-1].utc + timedelta(milliseconds=1)
    builder = QuestionBuilder("camera-1", camera.footage, camera.gateway.scene, detector=Eyes(standing(0.4)))
    appetite = InputSpec("m", 4, 32, free=False, crops=True)
    asked = builder.look(at, appetite)
    assert {crop.frame for crop in asked.crops} == set(range(len(asked.frames)))
    study = builder.study(look.frames[0].utc, at, appetite, TERMS, keyframes_only=False)
    assert {crop.frame for crop in study.crops} == set(range(len(study.frames)))
    assert builder.look(at, replace(appetite, crops=False)).crops == ()


def test_a_shadow_that_takes_crops_gets_them(monitor: Monitor, taker: CropTaker) -> None:
    plain = monitor.prompts.get("look_en").changed(crops=False)
    monitor.prompts.promote("camera-1", monitor.prompts.keep(plain, "plain"), by="Ada")
    monitor.lab.shadow("look_en", "camera-1", hours=1)
    looked(monitor, taker)
    assert any(look.crops for look, terms in taker.asked if terms.options.crops)
