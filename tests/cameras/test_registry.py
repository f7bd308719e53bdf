"""CameraRegistry: what is added or changed is there wholly or not at all, whatever the database does meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from livemon.base.errors import LivemonError, SourceError, StoreError
from livemon.monitor.monitor import Monitor
from livemon.store import cameras
from livemon.store.session import Database


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
    kept = cameras.sealed_cameras(monitor.database)
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


def test_a_source_that_cannot_be_one_changes_nothing(monitor: Monitor) -> None:
    monitor.camera_registry.add("hall", source="test-pattern")
    before = state(monitor)
    with pytest.raises(LivemonError):
        monitor.camera_registry.change("hall", source="gopher://hall")
    with pytest.raises((SourceError, LivemonError)):
        monitor.camera_registry.add("attic", source="gopher://attic")
    assert state(monitor) == before
