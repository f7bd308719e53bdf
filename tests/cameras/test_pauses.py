"""Pauses: a camera that was stopped, or is private for a time, stays so over a restart, and says why."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.clock import FakeClock
from livemon.base.errors import ConfigError
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamState
from livemon.cameras.hours import RunHours
from livemon.monitor.monitor import Monitor
from livemon.store import erase, pauses, writes
from livemon.store.session import Database
from tests.cameras.test_hours import Fleet, StandingClock
from tests.conftest import FAST, MORNING, ScriptedModel
from tests.postgres import postgres
from tests.waiting import wait_until

HOUR = timedelta(hours=1)


@dataclass
class House:
    """Two cameras, one of which runs at certain hours, and the timetable of the process that streams them."""

    settings: Settings
    database: Database
    clock: FakeClock
    fleet: Fleet
    table: RunHours

    async def work(self, after: timedelta = timedelta(0)) -> None:
        self.clock.advance(after.total_seconds())
        await self.table.tick()

    async def restarted(self) -> House:
        """Another process over the same rows, in which no camera runs yet."""
        await self.table.stop()
        fleet = Fleet("a", "b")
        for camera in fleet.cameras.values():
            camera.running = False
        table = RunHours(self.settings, self.database, self.clock, fleet)
        await table.watch()
        await table.stop()  # the test ticks
        return House(self.settings, self.database, self.clock, fleet, table)

    def said(self, camera_id: str) -> str:
        return str(self.fleet.cameras[camera_id].pause or "")


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{tmp_path / 'livemon.db'}"
        return
    with postgres() as made:
        yield made


@pytest.fixture
async def house(url: str, tmp_path: Path) -> AsyncIterator[House]:
    cameras = {"a": {"source": "test-pattern"}, "b": {"source": "test-pattern", "hours": "07:00-09:30"}}
    settings = Settings(data_dir=tmp_path, timezone="UTC", cameras=cameras)
    database, clock, fleet = Database(url), FakeClock(MORNING), Fleet("a", "b")
    for camera_id in cameras:
        writes.upsert_camera(database, camera_id, camera_id, "", MORNING)
    table = RunHours(settings, database, clock, fleet)
    await table.watch()
    await table.stop()  # the test ticks
    yield House(settings, database, clock, fleet, table)
    database.close()


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
async def test_a_camera_is_paused_until_its_time_and_then_starts_by_itself(house: House) -> None:
    await house.table.pause("a", MORNING + HOUR, "Anna")
    assert house.fleet.cameras["a"].done == ["stop"]
    assert house.said("a") == "Paused until 09:00 by Anna"
    assert not await house.table.may_run("a")
    await house.work(HOUR - timedelta(seconds=1))
    assert house.fleet.cameras["a"].done == ["stop"]
    await house.work(timedelta(seconds=1))
    await house.work()
    assert house.fleet.cameras["a"].done == ["stop", "start"]
    assert house.said("a") == ""
    assert [pause.ended_utc for pause in pauses.between(house.database, "a", MORNING, MORNING + 2 * HOUR)] == [
        MORNING + HOUR
    ]


async def test_a_pause_outlives_a_restart(house: House) -> None:
    await house.table.pause("a", MORNING + HOUR, "Anna")
    house.clock.advance(600)
    again = await house.restarted()
    assert not await again.table.may_run("a")
    assert again.said("a") == "Paused until 09:00 by Anna"
    await again.work()
    assert again.fleet.cameras["a"].done == []
    await again.work(timedelta(minutes=50))
    assert again.fleet.cameras["a"].done == ["start"]


async def test_a_pause_that_ended_while_nothing_ran_keeps_no_camera_from_starting(house: House) -> None:
    await house.table.pause("a", MORNING + HOUR, "")
    house.clock.advance(7200)
    assert await (await house.restarted()).table.may_run("a")


async def test_a_camera_that_was_stopped_starts_only_when_it_is_started(house: House) -> None:
    await house.table.pause("a", None, "")
    again = await house.restarted()
    assert again.said("a") == "Paused until it is started"
    await again.work(timedelta(days=9))
    assert again.fleet.cameras["a"].done == []
    await again.table.end_pause("a")
    assert await again.table.may_run("a")
    assert again.said("a") == ""


async def test_a_pause_begun_elsewhere_stops_a_camera_however_it_was_started(house: House) -> None:
    await house.work(timedelta(hours=3))
    assert house.fleet.cameras["b"].done == ["stop"]
    house.fleet.cameras["b"].running = True  # by hand, out of its hours
    pauses.begin(house.database, "b", None, "a command line", house.clock.now())
    await house.work()
    assert not house.fleet.cameras["b"].running
    assert pauses.end(house.database, "b", house.clock.now())
    await house.work()
    assert house.fleet.cameras["b"].done == ["stop", "stop"], "its hours are over"


async def test_a_second_pause_changes_the_end_of_the_first(house: House) -> None:
    await house.table.pause("a", None, "Ben")
    await house.work(timedelta(minutes=5))
    await house.table.pause("a", MORNING + HOUR, "Anna")
    (pause,) = pauses.between(house.database, "a", MORNING, MORNING + HOUR)
    assert (pause.begun_utc, pause.until_utc, pause.paused_by) == (MORNING, MORNING + HOUR, "Anna")


@pytest.mark.parametrize("until", [MORNING, MORNING - HOUR, MORNING + timedelta(days=32)])
async def test_an_end_that_is_over_or_far_away_is_refused_and_nothing_stops(house: House, until: object) -> None:
    with pytest.raises(ConfigError, match="A pause cannot end at 20"):
        await house.table.pause("a", until, "")  # type: ignore[arg-type]
    assert house.fleet.cameras["a"].done == []
    assert pauses.lasting(house.database) == {}


async def test_a_process_that_streams_another_camera_starts_none_that_is_not_its_own(house: House) -> None:
    other = Fleet("a", "b")
    for camera in other.cameras.values():
        camera.running = False
    table = RunHours(house.settings, house.database, house.clock, other)
    await table.watch("b")
    await table.stop()
    await house.table.pause("a", MORNING + HOUR, "")
    house.clock.advance(3600)
    await table.tick()
    await house.work()
    assert (other.cameras["a"].done, house.fleet.cameras["a"].done) == ([], ["stop", "start"])


async def test_what_is_erased_of_a_camera_leaves_a_pause_that_lasts(house: House) -> None:
    await house.table.pause("a", MORNING + HOUR, "")
    await house.work(HOUR)
    await house.table.pause("a", None, "Anna")
    assert erase.count_rows(house.database, "a")["pauses"] == 1
    assert erase.erase_rows(house.database, "a")["pauses"] == 1
    assert erase.count_rows(house.database, "a")["pauses"] == 0
    assert list(pauses.lasting(house.database)) == ["a"]


def test_start_all_leaves_a_paused_camera_alone_and_its_status_says_why(settings: Settings) -> None:
    with Monitor(settings, clock=StandingClock(), profile=FAST) as monitor:
        monitor.pause("camera-1", HOUR, by="Anna")
    with Monitor(settings, clock=StandingClock(), profile=FAST) as monitor:
        monitor.start_all()
        assert not monitor.camera("camera-1").running
        status = monitor.status("camera-1")
        assert (status.state, status.reason) == (StreamState.STOPPED, "Paused until 09:00 by Anna")
        monitor.start("camera-1")
        assert monitor.camera("camera-1").running
        assert pauses.lasting(monitor.database) == {}


def test_a_camera_that_was_started_by_itself_comes_back_when_its_pause_is_over(
    settings: Settings, scripted: ScriptedModel
) -> None:
    with Monitor(settings.model_copy(update={"model": "scripted"}), profile=FAST) as monitor:
        monitor.start("camera-1")
        wait_until(lambda: monitor.status("camera-1").state is StreamState.LIVE)
        monitor.pause("camera-1", timedelta(seconds=1))
        assert monitor.status("camera-1").state is StreamState.STOPPED
        wait_until(lambda: monitor.status("camera-1").state is StreamState.LIVE)


def test_pausing_and_starting_at_once_leaves_one_true_state(settings: Settings, scripted: ScriptedModel) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with Monitor(settings.model_copy(update={"model": "scripted"}), profile=FAST) as monitor:
        with ThreadPoolExecutor(4) as pool:
            for action in [monitor.start, monitor.stop, monitor.start, monitor.stop] * 3:
                pool.submit(action, "camera-1")
        monitor.stop("camera-1")
        assert not monitor.camera("camera-1").running
        assert list(pauses.lasting(monitor.database)) == ["camera-1"]
