"""The archiver over real segments and a clock moved by hand."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.archive import archiver as module
from livemon.archive.archiver import ARCHIVE_RETRY_S, Archiver
from livemon.archive.camera_archive import CameraArchive
from livemon.base.clock import FakeClock, Window
from livemon.base.datatypes import Segment
from livemon.base.errors import StoreError
from livemon.base.settings.settings import Settings
from livemon.cameras.event_recorder import EventRecorder
from livemon.detect.cooldown import Cooldown
from livemon.store import queries, writes
from livemon.store.session import Database
from livemon.stream.segments import list_segments
from tests.conftest import MORNING
from tests.found import events_of
from tests.recorded import record

WINDOW = Window(MORNING)


class Bench:
    """An archiver with what it needs, and how much room there is."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings, self.database = settings, database
        self.clock = FakeClock(WINDOW.end_utc)
        self.free = 10**12
        self.hls = settings.camera_dir("camera-1") / "hls"
        recorder = EventRecorder("camera-1", database, self.clock, Cooldown(10), settings.data_dir / "thumbnails", [])
        self.archiver = Archiver(
            "camera-1", settings, database, self.clock, recorder, asyncio.Semaphore(1), lambda _folder: self.free
        )

    def coverage(self) -> list[float]:
        return list(queries.archives(self.database, "camera-1")["coverage_s"])

    def events(self) -> list[str]:
        return list(events_of(self.database, "camera-1")["title"])


@pytest.fixture
def bench(settings: Settings) -> Iterator[Bench]:
    database = Database(settings.database)
    writes.upsert_camera(database, "camera-1", "Playroom", "videos", MORNING)
    yield Bench(settings, database)
    database.close()


async def test_a_window_is_archived_when_it_has_settled_and_its_segments_go_later(bench: Bench) -> None:
    record(bench.hls, MORNING)
    await bench.archiver.tick()
    assert bench.coverage() == []
    bench.clock.advance(15)
    await bench.archiver.tick()
    assert bench.coverage() == [4]
    bench.clock.advance(bench.settings.time_shift_s - 620)
    await bench.archiver.tick()
    assert len(list_segments(bench.hls)) == 4
    bench.clock.advance(10)
    await bench.archiver.tick()
    assert list_segments(bench.hls) == []


async def test_a_segment_that_is_told_is_archived_without_reading_the_folder(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.archiver.tick()
    recorded = record(bench.hls, MORNING)
    monkeypatch.setattr(CameraArchive, "segments", None)
    for segment in recorded:
        bench.archiver.add(segment)
    bench.clock.advance(15)
    await bench.archiver.tick()
    assert bench.coverage() == [4]


async def test_a_segment_that_comes_after_its_window_was_archived_does_not_replace_the_others(bench: Bench) -> None:
    await bench.archiver.tick()
    *early, late = record(bench.hls, MORNING)
    for segment in early:
        bench.archiver.add(segment)
    bench.clock.advance(15)
    await bench.archiver.tick()
    assert bench.coverage() == [3]
    bench.archiver.add(late)
    await bench.archiver.tick()
    assert bench.coverage() == [4]


async def test_a_segment_that_came_late_to_a_killed_process_is_archived_at_the_next_start(
    bench: Bench, settings: Settings
) -> None:
    *early, late = record(bench.hls, MORNING, segment_s=2)
    CameraArchive("camera-1", settings, bench.database).make(WINDOW, early)
    assert bench.coverage() == [6]
    bench.clock.advance(15)
    await bench.archiver.tick()
    assert late.path.is_file()
    assert bench.coverage() == [8]


async def test_a_database_that_refuses_a_row_is_not_asked_again_with_every_tick(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    def refuse(*_: object) -> None:
        nonlocal asked
        asked += 1
        raise StoreError("The database refused: locked")

    record(bench.hls, MORNING)
    bench.clock.advance(15)
    with monkeypatch.context() as patched:
        patched.setattr(CameraArchive, "make", refuse)
        for _ in range(3):
            await bench.archiver.tick()
            bench.clock.advance(5)
    assert (asked, bench.events()) == (1, ["An archive failed"])
    bench.clock.advance(ARCHIVE_RETRY_S)
    await bench.archiver.tick()
    assert bench.coverage() == [4]


async def test_a_tick_does_no_work_when_nothing_is_due(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await bench.archiver.tick()
    for number in range(200):
        start_utc = WINDOW.end_utc + timedelta(seconds=2 * number)
        bench.archiver.add(Segment(start_utc, 2.0, Path(f"{number}.ts"), 2.0))
    monkeypatch.setattr(module.asyncio, "to_thread", None)
    await bench.archiver.tick()


async def test_without_room_the_segments_wait_and_it_is_said_once(bench: Bench) -> None:
    record(bench.hls, MORNING)
    bench.clock.advance(15)
    bench.free = 1_000_000
    for _ in range(3):
        await bench.archiver.tick()
        bench.clock.advance(60)
    assert (bench.events(), bench.coverage(), len(list_segments(bench.hls))) == (["No room to archive"], [], 4)
    bench.free = 10**12
    await bench.archiver.tick()
    assert bench.coverage() == [4]


async def test_a_window_that_failed_rests_and_keeps_no_other_waiting(bench: Bench) -> None:
    (broken,) = record(bench.hls, MORNING - timedelta(minutes=10), segments=1)
    broken.path.write_bytes(b"garbage" * 100)
    record(bench.hls, MORNING)
    bench.clock.advance(15)
    for _ in range(3):
        await bench.archiver.tick()
        bench.clock.advance(ARCHIVE_RETRY_S)
    assert (bench.events(), bench.coverage()) == (["An archive failed"], [4])


async def test_segments_that_were_given_up_are_no_failure(bench: Bench) -> None:
    recorded = record(bench.hls, MORNING)
    bench.clock.advance(-1)
    await bench.archiver.tick()
    for segment in recorded:
        segment.path.unlink()
    bench.clock.advance(16)
    await bench.archiver.tick()
    assert (bench.events(), bench.coverage()) == ([], [])


async def test_archives_that_are_missing_are_one_event(bench: Bench, settings: Settings) -> None:
    keeper = CameraArchive("camera-1", settings, bench.database)
    for minutes in (20, 10):
        record(bench.hls, MORNING - timedelta(minutes=minutes))
        keeper.make(Window(MORNING - timedelta(minutes=minutes)), keeper.segments())
    for path in (*keeper.folder.glob("*.mp4"), *bench.hls.glob("*.ts")):
        path.unlink()
    await bench.archiver.tick()
    await bench.archiver.tick()
    assert bench.events() == ["Archives are missing"]
    description = events_of(bench.database, "camera-1")["description"].iloc[0]
    assert description.startswith("2 archives are in the database and not on the disk: segment_20261123_074000.mp4")
