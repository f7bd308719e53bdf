"""Cameras that run at certain hours."""

import asyncio
from datetime import datetime, time
from pathlib import Path

import pytest
from pydantic import ValidationError

from livemon.base.clock import FakeClock
from livemon.base.messages.message import Message
from livemon.base.settings.cameras import CameraSettings
from livemon.base.settings.settings import Settings
from livemon.cameras.hours import RunHours
from livemon.store.session import Database
from tests.conftest import FAST, MORNING


class Camera:
    """A camera as far as a timetable knows it."""

    def __init__(self, camera_id: str) -> None:
        self.id = camera_id
        self.done: list[str] = []
        self.running = True
        self.pause: Message | None = None

    async def start_when_possible(self) -> None:
        self.running = True
        self.done.append("start")

    async def stop(self) -> None:
        self.running = False
        self.done.append("stop")


class Fleet:
    """As above."""

    def __init__(self, *ids: str) -> None:
        self.cameras = {camera_id: Camera(camera_id) for camera_id in ids}


def camera(hours: str) -> CameraSettings:
    return CameraSettings(source="test-pattern", hours=hours)


@pytest.mark.parametrize(
    ("hours", "at", "runs"),
    [
        ("", "03:00", True),
        ("07:00-20:00", "07:00", True),
        ("07:00-20:00", "20:00", False),
        ("20:00 - 07:00", "23:59", True),
        ("20:00-07:00", "06:59", True),
        ("20:00-07:00", "12:00", False),
    ],
)
def test_hours_begin_end_and_go_across_midnight(hours: str, at: str, runs: bool) -> None:
    assert camera(hours).runs_at(time.fromisoformat(at)) is runs


@pytest.mark.parametrize("hours", ["7-20", "07:00", "07:00-07:00", "25:00-26:00", "07:00-20:60"])
def test_what_is_no_hours_is_refused(hours: str) -> None:
    with pytest.raises(ValidationError, match="07:00-20:00"):
        camera(hours)


async def test_a_camera_is_started_and_stopped_once_at_its_times_in_local_time(tmp_path: Path) -> None:
    clock = FakeClock(MORNING)  # 17:00 in Seoul
    cameras = {"a": {"source": "test-pattern", "hours": "07:00-18:00"}, "b": {"source": "test-pattern"}}
    settings = Settings(data_dir=tmp_path, timezone="Asia/Seoul", cameras=cameras)
    camera_registry = Fleet("a", "b")
    database = Database(settings.database)
    table = RunHours(settings, database, clock, camera_registry)
    await table.watch()
    try:
        assert await table.may_run("a")
        await table.tick()
        assert camera_registry.cameras["a"].done == [], "what somebody stopped by hand stays stopped"
        clock.advance(3600)
        assert not await table.may_run("a")
        await table.tick()
        await table.tick()
        clock.advance(13 * 3600)
        await table.tick()
        assert camera_registry.cameras["a"].done == ["stop", "start"]
        assert camera_registry.cameras["b"].done == []
    finally:
        await table.stop()
        database.close()


class StandingClock:
    """A clock that stands still for all who wait; `FakeClock` would run away with a monitor's own loops."""

    def now(self) -> datetime:
        return MORNING

    def monotonic_s(self) -> float:
        return 0.0

    async def sleep(self, duration_s: float) -> None:
        await asyncio.Event().wait()


def test_a_camera_out_of_hours_is_not_started_with_the_others(settings: Settings) -> None:
    from livemon.monitor.monitor import Monitor

    cameras = {
        "out": CameraSettings(source="test-pattern", hours="09:00-10:00"),
        "in": CameraSettings(source="test-pattern", hours="07:00-09:00"),
    }
    with Monitor(settings.model_copy(update={"cameras": cameras}), clock=StandingClock(), profile=FAST) as monitor:
        monitor.start_all()
        assert not monitor.camera("out").running
        assert monitor.camera("in").running
