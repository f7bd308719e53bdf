"""Cameras that run at certain hours."""

from datetime import time, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from livemon.camera_settings import CameraSettings
from livemon.clock import FakeClock
from livemon.config import Settings
from livemon.timetable import Timetable
from tests.conftest import MORNING


class Camera:
    """A camera as far as a timetable knows it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def start(self) -> None:
        self.done.append("start")

    async def stop(self) -> None:
        self.done.append("stop")


class Fleet:
    """As above."""

    def __init__(self, *ids: str) -> None:
        self.cameras = {camera_id: Camera() for camera_id in ids}


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
    fleet = Fleet("a", "b")
    table = Timetable(settings, clock, fleet)
    await table.start()
    try:
        assert table.is_time("a")
        await table.tick()
        assert fleet.cameras["a"].done == [], "what somebody stopped by hand stays stopped"
        clock.advance(3600)
        assert not table.is_time("a")
        await table.tick()
        await table.tick()
        clock.advance(13 * 3600)
        await table.tick()
        assert fleet.cameras["a"].done == ["stop", "start"]
        assert fleet.cameras["b"].done == []
    finally:
        await table.stop()


def test_a_camera_out_of_hours_is_not_started_with_the_others(settings: Settings) -> None:
    from livemon.monitor import Monitor

    now = MORNING.time()
    later = (MORNING + timedelta(hours=1)).time()
    hours = f"{later:%H:%M}-{(MORNING + timedelta(hours=2)).time():%H:%M}"
    out = settings.model_copy(update={"cameras": {"camera-1": CameraSettings(source="test-pattern", hours=hours)}})
    with Monitor(out, clock=FakeClock(MORNING)) as monitor:
        monitor.start_all()
        assert not monitor.camera("camera-1").running, now
