"""CameraRegistry: what is added or changed is there wholly or not at all, whatever the database does meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from livemon.base.errors import LivemonError, NotAllowed, SourceError, StoreError
from livemon.base.secret_key import Secrets
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import cameras
from livemon.store.session import Database
from tests.conftest import FAST, MORNING
from tests.days import CAM


@contextmanager
def refusing(database: Database, monkeypatch: pytest.MonkeyPatch, step: int) -> Iterator[list[str]]:
    """Let the database refuse from its `step`-th use on; the list grows with each use."""
    used: list[str] = []

    def counted(name: str) -> Callable[[], Any]:
        real = getattr(database, name)

        def use() -> Any:
            used.append(name)
            if len(used) > step:
                raise StoreError("store.refused", reason="no space left")
            return real()

        return use

    with monkeypatch.context() as patch:
        for name in ("reading", "writing"):
            patch.setattr(database, name, counted(name))
        yield used


def state(monitor: Monitor) -> tuple[Any, ...]:
    """What can be left behind: settings, cameras, kept rows, ways to the analyses."""
    registry = monitor.camera_registry
    settings = {camera_id: own.model_dump() for camera_id, own in monitor.settings.cameras.items()}
    kept = cameras.sealed_cameras(monitor.database), cameras.sealed_changes(monitor.database)
    return settings, dict(registry.cameras), dict(registry.analyzers), kept, registry.unreadable


def refused_steps(monitor: Monitor, monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> int:
    """Let the database refuse each step of a change in turn; returns how many steps were refused."""
    before = state(monitor)
    for step in range(20):
        with refusing(monitor.database, monkeypatch, step) as used:
            try:
                change()
            except StoreError:
                pass
            else:
                assert len(used) <= step or state(monitor) != before
                return step
        assert state(monitor) == before, f"refused at step {step}"
    raise AssertionError("it never succeeded")


def test_a_camera_that_cannot_be_kept_leaves_nothing_behind(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    add = lambda: monitor.camera_registry.add("hall", source="test-pattern")  # noqa: E731
    assert refused_steps(monitor, monkeypatch, add) >= 1
    assert monitor.camera("hall").name == "hall"


def test_a_change_that_cannot_be_kept_leaves_the_camera_running(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor.camera_registry.add("hall", source="test-pattern")
    monitor.start("hall")
    running = monitor.camera("hall")
    with refusing(monitor.database, monkeypatch, 0), pytest.raises(StoreError):
        monitor.camera_registry.change("hall", name="Hall")
    assert monitor.camera("hall") is running
    assert running.running
    assert monitor.settings.cameras["hall"].name == ""
    changed = monitor.camera_registry.change("hall", name="Hall")
    assert (changed.name, changed.running, running.running) == ("Hall", True, False)


def test_a_changed_camera_is_refused_step_by_step_without_a_trace(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor.camera_registry.add("hall", source="test-pattern")
    assert refused_steps(monitor, monkeypatch, lambda: monitor.camera_registry.change("hall", name="Hall")) >= 1
    assert monitor.camera("hall").name == "Hall"


def test_changes_of_a_camera_of_the_file_outlive_a_restart_and_the_rest_follows_the_file(
    monitor: Monitor, settings: Settings
) -> None:
    of_file = settings.cameras[CAM]
    zone = {"name": "stove", "box": (0, 0, 500, 500)}
    changed = monitor.camera_registry.change(CAM, zones=[zone], name="Kitchen")
    assert changed.name == "Kitchen"
    assert monitor.camera_registry.changes(CAM) == ("name", "zones")
    monitor.close()
    edited = of_file.model_copy(update={"place": "downstairs", "name": "Den"})
    with Monitor(settings.model_copy(update={"cameras": {CAM: edited}}), profile=FAST) as again:
        own = again.settings.cameras[CAM]
        assert (own.name, own.place, own.zones[0].name, own.source) == (
            "Kitchen",
            "downstairs",
            "stove",
            of_file.source,
        )
        again.camera_registry.revert(CAM)
        assert again.settings.cameras[CAM] == edited
        assert again.camera(CAM).name == "Den"
        assert again.camera_registry.changes(CAM) == ()
        assert cameras.sealed_changes(again.database) == {}
        with pytest.raises(NotAllowed):
            again.camera_registry.remove(CAM)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("The Den", "the-den"),
        ("Hall!", "hall-2"),
        ("놀이방", "camera-2"),
        ("", "camera-2"),
        ("Attic", "attic-2"),
        ("x" * 90, "x" * 50),
    ],
)
def test_an_id_is_made_of_a_name_and_never_one_that_was_used(monitor: Monitor, name: str, wanted: str) -> None:
    monitor.camera_registry.add("hall", source="test-pattern")
    monitor.camera_registry.add("attic", source="test-pattern")
    monitor.camera_registry.remove("attic")
    made = monitor.camera_registry.free_id(name)
    assert made == wanted
    monitor.camera_registry.add(made, source="test-pattern")


def test_another_source_for_a_camera_of_the_file_is_checked_as_that_of_an_added_one(monitor: Monitor) -> None:
    before = state(monitor)
    for source in ("rtsp://127.0.0.1/hall", "/etc"):
        with pytest.raises(LivemonError):
            monitor.camera_registry.change(CAM, source=source)
    assert state(monitor) == before
    monitor.camera_registry.change(CAM, source="test-pattern")
    monitor.camera_registry.revert(CAM)  # the file may name any folder
    assert state(monitor)[0] == before[0]


def test_a_change_of_a_camera_of_the_file_is_refused_step_by_step_without_a_trace(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused_steps(monitor, monkeypatch, lambda: monitor.camera_registry.change(CAM, name="Hall")) >= 1
    assert monitor.camera(CAM).name == "Hall"


@pytest.mark.parametrize("bad", ["not sealed", "wrong settings", "wrong picture"])
def test_changes_that_cannot_be_used_are_named_and_the_camera_runs_as_in_the_file(
    monitor: Monitor, settings: Settings, bad: str
) -> None:
    of_file = settings.cameras[CAM]
    monitor.camera_registry.change(CAM, name="Hall")
    seal = Secrets(settings.data_dir).seal
    sealed = {
        "not sealed": "gAAAA",
        "wrong settings": seal(json.dumps({"name": "x" * 500_000})),
        "wrong picture": seal(json.dumps({"nominal": "/nowhere.jpg"})),
    }[bad]
    cameras.keep_changes(monitor.database, CAM, "Hall", "", sealed, MORNING)
    monitor.close()
    with Monitor(settings.model_copy(update={"cameras": {CAM: of_file}}), profile=FAST) as again:
        assert again.settings.cameras[CAM] == of_file
        assert again.camera(CAM).name == "Playroom"
        (said,) = again.camera_registry.unreadable.values()
        assert CAM in str(said) and len(str(said)) < 300
        again.camera_registry.change(CAM, name="Den")
        assert again.camera_registry.unreadable == {}


def test_a_source_that_cannot_be_one_changes_nothing(monitor: Monitor) -> None:
    monitor.camera_registry.add("hall", source="test-pattern")
    before = state(monitor)
    with pytest.raises(LivemonError):
        monitor.camera_registry.change("hall", source="gopher://hall")
    with pytest.raises((SourceError, LivemonError)):
        monitor.camera_registry.add("attic", source="gopher://attic")
    assert state(monitor) == before
