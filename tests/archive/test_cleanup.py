"""The cleanup over a data folder whose disk has as much room as the test says."""

import fcntl
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from livemon.archive.cleanup import EXPIRE_EVERY_S, RetentionCleanup
from livemon.base.clock import FakeClock, Window
from livemon.base.datatypes import Archive, Severity
from livemon.base.errors import StoreError
from livemon.base.settings.settings import Settings
from livemon.store import archives, notifications, pauses, writes
from livemon.store.retention import Stage
from livemon.store.session import Database
from livemon.store.tables.notifications import RecipientRow
from livemon.stream import cache
from livemon.stream.files.archive import archive_name
from livemon.stream.reserve_file import BALLAST_BYTES
from livemon.stream.segments import list_segments, segment_name
from tests.conftest import MORNING, seen
from tests.found import events_of

GB = 1_000_000_000


class House:
    """A data folder, and a disk whose free space counts down with what is in it; the files are holes."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = FakeClock(MORNING)
        self.database = Database(settings.database)
        writes.upsert_camera(self.database, "camera-1", "Playroom", "videos", MORNING)
        self.size = 100 * GB
        self.camera = settings.camera_dir("camera-1")
        self.cleanup = RetentionCleanup(settings, self.database, self.clock, self.free)

    def free(self, _folder: Path) -> int:
        names = ("*.mp4", "*.ts", "*.h264")
        used = sum(p.stat().st_size for name in names for p in self.settings.data_dir.rglob(name))
        return self.size - used

    def put(self, relative: str, millions: int) -> Path:
        path = self.settings.data_dir / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.truncate(path, millions * 1_000_000)
        return path

    def archive(self, age: timedelta, millions: int = 100) -> Path:
        window = Window.containing(MORNING - age)
        path = self.put(f"cameras/camera-1/archive/{archive_name(window)}", millions)
        row = Archive(
            "camera-1",
            window.start_utc,
            window.start_utc,
            window.end_utc,
            path,
            3000,
            millions * 1_000_000,
            "0" * 64,
            600.0,
            (),
        )
        archives.add_archive(self.database, row, self.settings.data_dir)
        return path

    def segment(self, age: timedelta, millions: int = 10) -> Path:
        return self.put(f"cameras/camera-1/hls/{segment_name(MORNING - age, 10, 10)}", millions)

    def events(self) -> list[tuple[str, str]]:
        found = events_of(self.database, "camera-1")
        return list(zip(found["title"], found["severity"], strict=True))[::-1]

    def tick(self) -> None:
        self.cleanup.tick()
        self.clock.advance(30)


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    made = House(settings.model_copy(update={"retention_days": 7}))
    yield made
    made.database.close()


def test_old_archives_go_with_their_rows_and_pinned_ones_stay(house: House) -> None:
    old, pinned, young = (house.archive(timedelta(days=days)) for days in (9, 8, 6))
    start_utc = MORNING - timedelta(days=8)
    archives.set_pinned(house.database, "camera-1", start_utc, start_utc + timedelta(minutes=1), True)
    house.tick()
    assert [path.exists() for path in (old, pinned, young)] == [False, True, True]
    assert len(archives.records(house.database)) == 2
    assert house.events() == [], "age is what was ordered; nothing to say"


def test_old_notifications_and_pauses_go_and_those_that_are_not_done_stay(house: House) -> None:
    long_ago = MORNING - timedelta(days=500)
    with house.database.writing() as session:
        session.add(
            RecipientRow(
                name="Mother", created_utc=long_ago, language="en", timezone="UTC", quiet=[], sealed_transports=""
            )
        )
    about = {"recipient_id": 1, "about": "digest", "weight": "warning", "next_try_utc": long_ago}
    for state in ("sent", "failed", "held", "withdrawn", "pending", "sending"):
        notifications.add_one(house.database, {**about, "state": state, "created_utc": long_ago})
    notifications.add_one(house.database, {**about, "state": "sent", "created_utc": MORNING - timedelta(days=80)})
    pauses.begin(house.database, "camera-1", None, "", long_ago)
    pauses.end(house.database, "camera-1", long_ago)
    pauses.begin(house.database, "camera-1", None, "Anna", long_ago)
    house.tick()
    assert [row["state"] for row in notifications.notifications(house.database)] == ["sent", "sending", "pending"]
    assert [one.paused_by for one in pauses.between(house.database, "camera-1", long_ago, MORNING)] == ["Anna"]


def test_a_row_goes_before_its_file(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    old = house.archive(timedelta(days=9))

    def killed(_path: Path, **_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "unlink", killed)
    with pytest.raises(KeyboardInterrupt):
        house.cleanup.tick()
    assert (old.exists(), archives.records(house.database)) == (True, [])


def test_row_and_file_go_while_no_camera_that_starts_can_look(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.archive(timedelta(days=9))
    held = []
    delete_rows = archives.delete_rows

    def watched(*arguments: Any) -> list[str]:
        with (house.camera / "archive.lock").open("a") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held.append(True)
        return delete_rows(*arguments)

    monkeypatch.setattr(archives, "delete_rows", watched)
    house.tick()
    assert held == [True]


def test_pictures_follow_footage_and_events_stay(house: House) -> None:
    for day in ("20261101", "20261122"):
        house.put(f"cameras/camera-1/thumbnails/{day}/{day}T080000.000Z.jpg", 1)
        writes.add_event(
            house.database, "camera-1", seen(0), MORNING, model="local", thumbnail=f"{day}/{day}T080000.000Z.jpg"
        )
    house.tick()
    assert [path.name for path in (house.camera / "thumbnails").iterdir()] == ["20261122"]
    assert list(events_of(house.database, "camera-1")["thumbnail"]) == ["20261122/20261122T080000.000Z.jpg", ""]


def test_age_is_looked_at_now_and_then_only(house: House) -> None:
    house.tick()
    old = house.archive(timedelta(days=9))
    house.tick()
    assert old.exists()
    house.clock.advance(EXPIRE_EVERY_S)
    house.tick()
    assert not old.exists()


def test_caches_go_first_and_the_longest_unused_of_them(house: House) -> None:
    clips = [house.put(name, 300) for name in ("clips/a.h264", "cameras/camera-1/clips/b.mp4", "cache/playback/x/0.ts")]
    for age, path in enumerate(clips):
        for each in (path, path.parent):
            os.utime(each, (10**9 - age, 10**9 - age))
    archive, segment = house.archive(timedelta(days=1)), house.segment(timedelta(hours=1))
    house.size = 1010_000_000 + 1_700_000_000
    house.tick()
    assert [path.exists() for path in clips] == [True, False, False]
    assert archive.exists() and segment.exists()
    assert house.cleanup.stage is Stage.CACHES


def test_a_clip_that_plays_is_not_taken_away(house: House) -> None:
    clip = house.put("clips/a.h264", 10)
    house.size = 0
    with cache.hold(clip):
        house.tick()
        assert clip.exists()


def test_then_archived_segments_then_the_oldest_archives(house: House) -> None:
    first, second = house.archive(timedelta(days=2), 1000), house.archive(timedelta(days=1), 1000)
    archived, recent = house.segment(timedelta(days=1), 300), house.segment(timedelta(minutes=5), 100)
    waiting = house.segment(timedelta(hours=3), 100)
    house.size = 2500_000_000 + 1_950_000_000
    house.tick()
    assert house.cleanup.stage is Stage.SEGMENTS
    assert [p.exists() for p in (first, second, archived, recent, waiting)] == [True, True, False, True, True]
    house.size -= 400_000_000
    house.tick()
    assert house.cleanup.stage is Stage.ARCHIVES
    assert [p.exists() for p in (first, second, recent, waiting)] == [False, True, True, True]
    assert len(archives.records(house.database)) == 1
    house.tick()
    assert house.events() == [("The disk is full", "warning")] * 2, "each stage once"


def test_a_stage_lasts_until_somebody_makes_room(house: House) -> None:
    house.archive(timedelta(days=2), 1000)
    house.archive(timedelta(days=1), 1000)
    house.size = 3900_000_000
    for _ in range(5):
        house.tick()
    assert house.cleanup.stage is Stage.ARCHIVES
    house.size += 10 * GB
    house.tick()
    assert house.cleanup.stage is Stage.ROOM
    assert house.events() == [("The disk is full", "warning"), ("There is room on the disk", "info")]


def test_only_pinned_footage_left_is_said_and_it_stays(house: House) -> None:
    pinned = house.archive(timedelta(days=2), 1000)
    archives.set_pinned(house.database, "camera-1", MORNING - timedelta(days=3), MORNING, True)
    house.size = 2500_000_000
    for _ in range(3):
        house.tick()
    assert pinned.exists()
    events = events_of(house.database, "camera-1")
    assert "1.00 GB are pinned footage" in events["description"].iloc[-1]
    assert len(events) == 2, "one for the stage, one for what is left"


def test_at_the_very_end_only_the_live_picture_goes_on(house: House) -> None:
    old, older = house.segment(timedelta(minutes=30), 150), house.segment(timedelta(minutes=40), 150)
    live = house.segment(timedelta(seconds=60), 100)
    house.size = 400_000_000 + 150_000_000
    house.tick()
    assert house.cleanup.stage is Stage.LIVE_ONLY
    assert [p.exists() for p in (older, old, live)] == [False, False, True]
    house.size += 2 * GB
    waiting = house.segment(timedelta(minutes=20), 10)
    house.tick()
    assert waiting.exists()
    house.size += 5 * GB
    house.tick()
    assert [title for title, _ in house.events()] == [
        "Nothing is left to delete",
        "The disk is full",
        "Footage is kept again",
        "There is room on the disk",
    ]


def test_a_database_that_cannot_write_stops_neither_deleting_nor_saying(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment, archive = house.segment(timedelta(minutes=30), 50), house.archive(timedelta(days=1), 50)
    house.size = 100_000_000
    with monkeypatch.context() as broken:

        def full(*_: object, **__: object) -> None:
            raise StoreError("The database refused: database or disk is full")

        broken.setattr(writes, "add_event", full)
        broken.setattr(archives, "delete_rows", full)
        house.tick()
    assert (segment.exists(), archive.exists()) == (False, True), "no file goes before its row"
    assert house.events() == []
    house.tick()
    assert house.events()[0] == ("Nothing is left to delete", Severity.WARNING.value)


def test_a_file_that_cannot_be_deleted_stops_no_later_stage(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied", "clips/somebodys.h264")

    monkeypatch.setattr(cache, "free", refuse)
    archive = house.archive(timedelta(days=1), 1000)
    house.size = 2900_000_000
    house.tick()
    assert not archive.exists()


def test_the_ballast_is_kept_while_there_is_room_and_dropped_when_there_is_none(house: House) -> None:
    ballast = house.settings.data_dir / "ballast"
    house.tick()
    assert ballast.stat().st_size == BALLAST_BYTES
    house.size = 1_000_000
    house.tick()
    assert not ballast.exists()
    house.size = 100 * GB
    house.tick()
    assert ballast.exists()


async def test_one_janitor_tidies_a_folder(house: House) -> None:
    house.tick()
    other = RetentionCleanup(house.settings, house.database, house.clock, house.free)
    old = house.archive(timedelta(days=9))
    other.tick()
    assert old.exists()
    await house.cleanup.stop()
    other.tick()
    assert not old.exists()
    await other.stop()


def test_footage_of_a_camera_that_is_gone_from_the_settings_grows_old_too(house: House) -> None:
    name = segment_name(MORNING - timedelta(days=30), 10, 10)
    house.put(f"cameras/gone/hls/{name}", 1)
    house.tick()
    assert list_segments(house.settings.data_dir / "cameras" / "gone" / "hls") == []
