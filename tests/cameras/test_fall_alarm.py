"""A fall before a live camera becomes a danger at once, whatever model looks, and detections are kept with the look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from livemon.base.datatypes import Image
from livemon.base.detections import Person
from livemon.base.settings.settings import Settings
from livemon.detect.registry import DETECTORS
from livemon.monitor.monitor import Monitor
from livemon.store.detections import detections_between
from tests.conftest import FAST, ScriptedModel
from tests.detect.bodies import lying, standing
from tests.waiting import wait_until


class FallsAfterFive:
    """Sees somebody stand in five pictures, and lie in all others."""

    name = "falls"

    def __init__(self) -> None:
        self.pictures = 0

    def people(self, image: Image) -> tuple[Person, ...]:
        self.pictures += 1
        return (standing(0.5),) if self.pictures <= 5 else (lying(0.45),)


@pytest.fixture
def falling(monkeypatch: pytest.MonkeyPatch) -> FallsAfterFive:
    detector = FallsAfterFive()
    monkeypatch.setitem(DETECTORS, "falls", lambda: detector)
    return detector


@pytest.fixture
def monitor(
    settings: Settings, scripted: ScriptedModel, falling: FallsAfterFive, request: pytest.FixtureRequest
) -> Iterator[Monitor]:
    model = getattr(request, "param", "scripted")
    watched = settings.model_copy(update={"model": model, "detector": "falls", "look_floor_s": 0.1})
    with Monitor(watched, profile=FAST) as made:
        yield made


@pytest.mark.parametrize("monitor", ["scripted", "local"], indirect=True)
def test_a_fall_is_a_danger_whatever_model_looks(monitor: Monitor) -> None:
    monitor.start("camera-1")
    wait_until(lambda: "possible_fall" in set(monitor.events("camera-1")["kind"]))
    events = monitor.events("camera-1")
    fall = events[events["kind"] == "possible_fall"].iloc[0]
    assert (fall["severity"], fall["event_type"], fall["model"]) == ("danger", "safety", "local")
    assert fall["title"] == "Someone may have fallen"
    assert (monitor.camera("camera-1").thumbnails_folder / fall["thumbnail"]).is_file()


@pytest.mark.parametrize("monitor", ["scripted", "local"], indirect=True)
def test_with_looks_switched_off_a_fall_is_still_told_and_the_stream_goes_on(
    monitor: Monitor, scripted: ScriptedModel
) -> None:
    camera = monitor.camera_registry.change("camera-1", looks=False)
    monitor.start("camera-1")
    wait_until(lambda: "possible_fall" in set(monitor.events("camera-1")["kind"]))
    wait_until(lambda: monitor.status("camera-1").counters["skipped_switched_off"] >= 1)
    status = monitor.status("camera-1")
    assert (status.looks, status.counters["looks"], scripted.looks) == (False, 0, [])

    assert monitor.camera_registry.change("camera-1", looks=True) is camera, "it goes on as it was"
    wait_until(lambda: monitor.status("camera-1").counters["looks"] >= 1)
    assert monitor.status("camera-1").looks and monitor.status("camera-1").restarts == 0


def test_a_hosted_models_looks_carry_what_was_seen_and_detections_are_kept(
    monitor: Monitor, scripted: ScriptedModel
) -> None:
    monitor.start("camera-1")
    wait_until(lambda: any(one.kind == "possible_fall" for look in scripted.looks for one in look.sightings or ()))
    look = scripted.looks[0]
    start = look.frames[0].utc - timedelta(minutes=1)

    def kept() -> int:
        return len(detections_between(monitor.database, "camera-1", start, start + timedelta(minutes=10)))

    wait_until(lambda: kept() >= 5)
    status = monitor.status("camera-1")
    assert status.counters["detector_pictures"] >= 5
    assert status.counters["detector_left_out"] >= 0


def test_a_video_of_nothing_but_motion_is_movement_when_nobody_looks_for_people(
    settings: Settings, scripted: ScriptedModel
) -> None:
    with Monitor(settings.model_copy(update={"model": "local", "look_floor_s": 0.1}), profile=FAST) as monitor:
        monitor.start("camera-1")
        wait_until(lambda: monitor.status("camera-1").counters["looks"] >= 2)
        assert not [kind for kind in monitor.events("camera-1")["kind"] if kind.startswith("person")]
        assert monitor.status("camera-1").counters["detector_pictures"] == 0
