"""Two hosts over the same rows: each records what the other does not, and stops when its lease is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from livemon.base.clock import FakeClock, SystemClock
from livemon.base.errors import LeaseMissing
from livemon.base.messages.message import message
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamState, StreamStatus
from livemon.cameras import lease_book
from livemon.cameras.lease_book import LeaseBook
from livemon.cameras.lease_keeper import LeaseKeeper
from livemon.store.session import Database
from livemon.store.tables.leases import CameraLeaseRow
from tests.conftest import MORNING


class Camera:
    """A camera as far as leases know it."""

    wants_lease = True

    def __init__(self, camera_id: str, book: LeaseBook) -> None:
        self._id, self._book = camera_id, book
        self.streams, self.said = False, ""
        self.status = StreamStatus(camera_id, StreamState.LIVE, message("stream.streaming"), MORNING)
        self.elsewhere: StreamStatus | None = None

    def show_other_host(self, status: StreamStatus | None) -> None:
        self.elsewhere = status

    async def start_when_possible(self) -> None:
        try:
            await self._book.obtain(self._id)
        except LeaseMissing as exc:
            self.said = exc.said.code
        else:
            self.streams, self.said = True, ""

    async def give_way(self, exc: LeaseMissing) -> None:
        self.streams, self.said = False, exc.said.code


class Host:
    """A process with its own clock that records two cameras, if it may."""

    def __init__(
        self, name: str, folder: Path, database: Database, monkeypatch: pytest.MonkeyPatch, **own: Any
    ) -> None:
        monkeypatch.setattr(lease_book.socket, "gethostname", lambda: name)
        url = "postgresql://never-opened" if database.is_shared else ""
        settings = Settings(
            data_dir=folder,
            timezone="UTC",
            database_url=url,
            several_hosts=bool(url),
            host_url=f"http://{name}:8000",
            host_secret="0123456789abcdef" * 2,
            **own,
        )
        self.clock = FakeClock(SystemClock().now())
        self.book = LeaseBook(settings, database, self.clock)
        self.cameras = {camera_id: Camera(camera_id, self.book) for camera_id in ("a", "b")}
        self.keeper = LeaseKeeper(settings, database, self.clock, self, self.book)  # type: ignore[arg-type]

    @property
    def streams(self) -> str:
        return "".join(camera_id for camera_id, camera in self.cameras.items() if camera.streams)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(Database, "is_shared", True)
    made = Database(f"sqlite:///{tmp_path / 'livemon.db'}")
    yield made
    made.close()


@pytest.fixture
def pair(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Host, Host]:
    return (
        Host("nas", tmp_path, database, monkeypatch, camera_slots=1),
        Host("attic", tmp_path, database, monkeypatch),
    )


async def test_hosts_share_the_cameras_up_to_their_slots_and_say_who_records(pair: tuple[Host, Host]) -> None:
    nas, attic = pair
    await nas.keeper.tick()
    await attic.keeper.tick()
    assert (nas.streams, attic.streams) == ("a", "b")
    await nas.cameras["b"].start_when_possible()
    await attic.cameras["a"].start_when_possible()
    assert (nas.cameras["b"].said, attic.cameras["a"].said) == ("camera.recorded_by", "camera.recorded_by")
    with pytest.raises(LeaseMissing, match="Recorded by nas"):
        await attic.book.obtain("a")


async def test_a_clean_end_frees_the_cameras_at_once(pair: tuple[Host, Host]) -> None:
    nas, attic = pair
    await nas.keeper.tick()
    await nas.keeper.stop()
    await attic.keeper.tick()
    assert attic.streams == "ab"


async def test_a_camera_that_is_stopped_here_is_given_back_but_not_one_that_starts_afresh(
    pair: tuple[Host, Host],
) -> None:
    nas, attic = pair
    await nas.keeper.tick()
    nas.cameras["a"].wants_lease = False
    await nas.keeper.tick()
    assert nas.book.may_write("a"), "a restart takes a moment"
    await nas.keeper.tick()
    assert not nas.book.may_write("a")
    await attic.keeper.tick()
    assert "a" in attic.streams


async def test_an_owner_without_renewal_stops_after_seven_seconds_and_starts_again_with_the_lease(
    pair: tuple[Host, Host],
) -> None:
    nas, _ = pair
    await nas.keeper.tick()
    nas.clock.advance(6.9)
    await nas.keeper.stop_overdue()
    assert nas.streams == "a"
    nas.clock.advance(0.2)
    await nas.keeper.stop_overdue()
    assert (nas.streams, nas.cameras["a"].said) == ("", "camera.lease_not_renewed")
    await nas.keeper.tick()
    assert nas.streams == "a"
    assert nas.book.held.last("a").epoch == 2  # type: ignore[union-attr]


async def test_an_owner_that_slept_while_another_took_over_stops_and_keeps_its_old_epoch(
    pair: tuple[Host, Host], database: Database
) -> None:
    nas, attic = pair
    await nas.keeper.tick()
    with database.writing() as session:
        session.execute(sa.update(CameraLeaseRow).values(expires_utc=MORNING.replace(year=2020)))
    await attic.keeper.tick()
    assert attic.streams == "ab"
    await nas.keeper.tick()
    assert (nas.streams, nas.cameras["a"].said) == ("", "camera.recorded_by")
    assert nas.book.held.last("a").epoch == 1  # type: ignore[union-attr]


async def test_a_clock_that_differs_is_said_once_until_it_agrees_again(
    pair: tuple[Host, Host], caplog: pytest.LogCaptureFixture
) -> None:
    nas, _ = pair
    nas.clock.advance(60)
    await nas.keeper.tick()
    await nas.keeper.tick()
    assert sum("clock differs" in line for line in caplog.messages) == 1
    assert nas.keeper.clock_ahead_s is not None
    assert 50 < nas.keeper.clock_ahead_s < 61


async def test_a_database_of_one_host_asks_for_no_lease(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "is_shared", False)
    alone = Host("nas", tmp_path, database, monkeypatch)
    await alone.keeper.start()
    await alone.book.obtain("a")
    assert alone.book.may_write("a")
    assert alone.book.held.last("a") is None
    with database.reading() as connection:
        assert connection.execute(sa.select(CameraLeaseRow)).all() == []
    await alone.keeper.stop()


async def test_each_host_knows_where_the_others_are_and_shows_what_they_record(pair: tuple[Host, Host]) -> None:
    nas, attic = pair
    for host in (nas, attic, nas, attic):
        await host.keeper.tick()
    assert (nas.keeper.owner_url("b"), attic.keeper.owner_url("a")) == ("http://attic:8000", "http://nas:8000")
    assert (nas.keeper.owner_url("a"), nas.keeper.other_urls) == ("", ("http://attic:8000",))
    seen = attic.cameras["a"].elsewhere
    assert seen is not None and (seen.state, seen.said.code) == (StreamState.LIVE, "camera.recorded_by")
    assert attic.cameras["b"].elsewhere is None
    nas.cameras["a"].status = StreamStatus("a", StreamState.FAILED, message("stream.stopped"), MORNING)
    await nas.keeper.tick()
    await attic.keeper.tick()
    seen = attic.cameras["a"].elsewhere
    assert seen is not None and seen.state is StreamState.FAILED and str(seen.said).startswith("nas: ")


async def test_other_hosts_are_forgotten_when_they_left_or_the_database_is_silent(pair: tuple[Host, Host]) -> None:
    nas, attic = pair
    for host in (nas, attic, nas):
        await host.keeper.tick()
    attic.clock.advance(attic.book.times.expiry_s + 1)
    await attic.keeper.stop_overdue()
    assert (attic.keeper.other_urls, attic.keeper.owner_url("a"), attic.cameras["a"].elsewhere) == ((), "", None)
    await attic.keeper.start()
    await attic.keeper.stop()
    await nas.keeper.tick()
    assert (nas.keeper.other_urls, nas.keeper.owner_url("b")) == ((), "")


async def test_a_camera_of_one_host_waits_for_it(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = {"a": {"source": "test-pattern", "host": "nas"}, "b": {"source": "test-pattern"}}
    attic = Host("attic", tmp_path, database, monkeypatch, cameras=pinned)
    await attic.keeper.tick()
    assert attic.streams == "b"
    with pytest.raises(LeaseMissing, match="waits for nas"):
        await attic.book.obtain("a")
    nas = Host("nas", tmp_path, database, monkeypatch, cameras=pinned)
    await nas.keeper.tick()
    assert nas.streams == "a"
    with pytest.raises(LeaseMissing, match="Recorded by nas"):
        await attic.book.obtain("a")
