from datetime import datetime, timedelta

from livemon.store.archives import ArchiveRecord
from livemon.store.retention import Room, Stage, old_days, oldest_to_free, too_old
from tests.conftest import MORNING


def kept(number: int, age: timedelta, size: int = 100, *, pinned: bool = False) -> ArchiveRecord:
    end = MORNING - age
    start = end - timedelta(minutes=10)
    return ArchiveRecord(number, "camera-1", start, start, end, f"{number}.mp4", 3000, size, "0" * 64, 600.0, pinned)


def test_age_is_counted_from_the_end_and_pinned_footage_has_none() -> None:
    week = timedelta(days=7)
    archives = [kept(1, week), kept(2, week - timedelta(seconds=1)), kept(3, 2 * week, pinned=True)]
    assert [a.id for a in too_old(archives, MORNING, 7)] == [1]


def test_room_is_made_of_the_oldest_that_are_not_pinned_and_no_more_than_needed() -> None:
    archives = [kept(n, timedelta(days=n), pinned=n == 5) for n in range(1, 6)]
    assert [a.id for a in oldest_to_free(archives, 150)] == [4, 3]
    assert oldest_to_free(archives, 0) == []
    assert [a.id for a in oldest_to_free(archives, 10**9)] == [4, 3, 2, 1]


def test_a_day_of_pictures_goes_when_all_of_it_is_old_and_nothing_in_it_is_pinned() -> None:
    now = datetime.fromisoformat("2026-11-23T08:00+00:00")
    days = ["20261117", "20261116", "20261115", "20261114"]
    assert old_days(days, [], now, 7) == ["20261114", "20261115"]
    pinned = kept(1, timedelta(days=8, hours=10), pinned=True)
    assert f"{pinned.start_utc:%Y%m%d}" == "20261114"
    assert old_days(days, [pinned], now, 7) == ["20261115"]


def test_every_stage_says_what_it_means() -> None:
    assert all(str(stage.said).endswith(".") for stage in Stage)
    room = Room.of(2)
    assert room.least < room.wanted < room.enough < room.recovered
