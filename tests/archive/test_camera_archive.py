"""Archive files, rows and segments that do not agree, and what is done about it."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.archive.camera_archive import CameraArchive
from livemon.archive.consistency import Remedy
from livemon.base.clock import Window
from livemon.base.errors import ArchiveError
from livemon.base.settings.settings import Settings
from livemon.store import archives, queries, writes
from livemon.store.session import Database
from livemon.stream.segments import delete_segments, segment_name
from tests.conftest import MORNING
from tests.recorded import record

WINDOW = Window(MORNING)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    made = Database(settings.database)
    writes.upsert_camera(made, "camera-1", "Playroom", "videos", MORNING)
    yield made
    made.close()


@pytest.fixture
def keeper(settings: Settings, database: Database) -> CameraArchive:
    """Four seconds of the window recorded and archived; the segments still there."""
    made = CameraArchive("camera-1", settings, database)
    record(settings.camera_dir("camera-1") / "hls", MORNING + timedelta(seconds=30))
    made.make(WINDOW, made.segments())
    return made


def path(keeper: CameraArchive) -> Path:
    return keeper.folder / "segment_20261123_080000.mp4"


def remedies(keeper: CameraArchive, *, deep: bool = False) -> list[tuple[str, Remedy]]:
    return [(finding.path.name, finding.remedy) for finding in keeper.examine(deep=deep)]


def mend_all(keeper: CameraArchive, *, deep: bool = False) -> list[str]:
    return [keeper.mend(finding) for finding in keeper.examine(deep=deep)]


def test_what_agrees_is_not_a_finding(keeper: CameraArchive) -> None:
    assert remedies(keeper, deep=True) == []


def test_a_missing_file_is_made_again_from_its_segments(keeper: CameraArchive) -> None:
    path(keeper).unlink()
    assert remedies(keeper) == [(path(keeper).name, Remedy.REMAKE)]
    assert "was made again: 4 s of footage" in mend_all(keeper)[0]
    assert remedies(keeper, deep=True) == []


def test_a_missing_file_without_segments_loses_its_row(keeper: CameraArchive, database: Database) -> None:
    path(keeper).unlink()
    delete_segments(keeper.segments())
    assert remedies(keeper) == [(path(keeper).name, Remedy.DROP)]
    assert "gone for good" in mend_all(keeper)[0]
    assert queries.archives(database, "camera-1").empty


def test_a_finding_that_is_no_longer_true_does_no_harm(keeper: CameraArchive) -> None:
    whole = path(keeper).read_bytes()
    path(keeper).unlink()
    (remake,) = keeper.examine()
    path(keeper).write_bytes(whole)
    delete_segments(keeper.segments()[:3])
    with pytest.raises(ArchiveError, match="its segments 1 s"):
        keeper.mend(remake)
    path(keeper).unlink()
    delete_segments(keeper.segments())
    (drop,) = keeper.examine()
    path(keeper).write_bytes(whole)
    assert "left as it is" in keeper.mend(drop)
    assert keeper.examine(deep=True) == []


def test_a_file_without_a_row_gets_the_row_it_had(keeper: CameraArchive, database: Database) -> None:
    before = queries.archives(database, "camera-1")
    delete_segments(keeper.segments())
    archives.drop_row(database, archives.records(database)[0].id)
    assert remedies(keeper) == [(path(keeper).name, Remedy.ADOPT)]
    mend_all(keeper)
    assert queries.archives(database, "camera-1").to_dict() == before.to_dict()


def test_half_of_the_segments_do_not_replace_a_whole_archive(keeper: CameraArchive, database: Database) -> None:
    delete_segments(keeper.segments()[:2])
    with pytest.raises(ArchiveError, match="holds 4 s of footage, its segments 2 s"):
        keeper.remake(WINDOW)
    archives.drop_row(database, archives.records(database)[0].id)
    assert remedies(keeper) == [(path(keeper).name, Remedy.ADOPT)]


def test_a_part_that_a_kill_left_alone_does_not_pass_for_the_window(
    keeper: CameraArchive, settings: Settings, database: Database
) -> None:
    record(settings.camera_dir("camera-1") / "hls", MORNING + timedelta(seconds=40), size="128x96")
    # The first part is in its place; the second and both rows were still to come.
    archives.drop_row(database, archives.records(database)[0].id)
    assert remedies(keeper) == [(path(keeper).name, Remedy.REMAKE)]
    assert keeper.recover().archived == set()
    mend_all(keeper)
    assert sorted(queries.archives(database, "camera-1")["coverage_s"]) == [4, 4]


def test_fewer_parts_leave_no_file_of_the_old_ones(keeper: CameraArchive, settings: Settings) -> None:
    later = record(settings.camera_dir("camera-1") / "hls", MORNING + timedelta(seconds=40), size="128x96")
    keeper.make(WINDOW, keeper.segments())
    assert len(list(keeper.folder.glob("*.mp4"))) == 2
    keeper.make(WINDOW, [segment for segment in keeper.segments() if segment not in later])
    assert list(keeper.folder.iterdir()) == [path(keeper)]
    assert remedies(keeper) == []


def test_another_size_and_damage_inside_are_found(keeper: CameraArchive) -> None:
    whole = path(keeper).read_bytes()
    path(keeper).write_bytes(whole + b"x")
    assert remedies(keeper) == [(path(keeper).name, Remedy.REMAKE)]
    path(keeper).write_bytes(whole[:-50] + bytes(50))
    assert remedies(keeper) == [], "the size is right: only --deep reads it"
    assert remedies(keeper, deep=True) == [(path(keeper).name, Remedy.REMAKE)]
    mend_all(keeper, deep=True)
    assert remedies(keeper, deep=True) == []


def test_a_damaged_file_without_segments_is_left_alone(keeper: CameraArchive) -> None:
    delete_segments(keeper.segments())
    path(keeper).write_bytes(path(keeper).read_bytes()[:-50])
    assert remedies(keeper) == [(path(keeper).name, Remedy.NOTHING)]
    assert "left as it is" in mend_all(keeper)[0]
    assert path(keeper).exists()


def test_leftovers_and_strangers(keeper: CameraArchive) -> None:
    (keeper.folder / "segment_20261123_081000_77_88.part").touch()
    shutil.copy(path(keeper), keeper.folder / "holiday.mp4")
    assert remedies(keeper) == [
        ("segment_20261123_081000_77_88.part", Remedy.DELETE),
        ("holiday.mp4", Remedy.NOTHING),
    ]
    keeper.recover()
    assert {p.name for p in keeper.folder.iterdir()} == {path(keeper).name, "holiday.mp4"}


def test_times_told_twice_are_said(keeper: CameraArchive, settings: Settings) -> None:
    record(settings.camera_dir("camera-1") / "hls", MORNING + timedelta(seconds=31, milliseconds=500))
    keeper.make(WINDOW, keeper.segments())
    assert [finding.text for finding in keeper.examine()] == [
        "tells of times that segment_20261123_080000.mp4 tells of too: the clock was set back then"
    ]


def test_what_the_window_before_holds_of_this_one_is_no_gap(settings: Settings, database: Database) -> None:
    keeper = CameraArchive("camera-1", settings, database)
    record(settings.camera_dir("camera-1") / "hls", MORNING + timedelta(seconds=597), segments=3, segment_s=2)
    keeper.make(WINDOW, keeper.segments())
    following = Window(WINDOW.end_utc)
    # As after the time shift: the segment that reached over is deleted, and its archive tells of it.
    own = [segment for segment in keeper.segments() if segment.start_utc >= following.start_utc]
    (made,) = keeper.make(following, own)
    assert made.coverage_s == 3
    assert [(gap.start_utc - following.start_utc).total_seconds() for gap in made.gaps] == [3]


def test_at_the_start_what_is_missing_is_told_and_made_again_if_it_can_be(
    keeper: CameraArchive, database: Database
) -> None:
    path(keeper).unlink()
    found = keeper.recover()
    assert (found.missing, found.archived) == ([path(keeper).name], set())
    delete_segments(keeper.segments())
    assert keeper.recover().missing == [path(keeper).name]
    assert len(queries.archives(database, "camera-1")) == 1, "a row is not dropped in silence"


def test_pinning_survives_being_made_again(keeper: CameraArchive, database: Database) -> None:
    assert archives.set_pinned(database, "camera-1", MORNING, MORNING + timedelta(minutes=1), True) == 1
    assert archives.set_pinned(database, "camera-1", MORNING + timedelta(minutes=5), WINDOW.end_utc, True) == 0
    keeper.remake(WINDOW)
    assert [row.pinned for row in archives.records(database)] == [True]
    assert archives.delete_rows(database, [archives.records(database)[0].id]) == []


def test_segments_that_are_told_shorter_than_they_are_are_found(settings: Settings) -> None:
    database = Database(settings.database)
    writes.upsert_camera(database, "camera-1", "Playroom", "videos", MORNING)
    keeper = CameraArchive("camera-1", settings, database)
    folder = settings.camera_dir("camera-1") / "hls"
    at = MORNING
    for segment in record(folder, MORNING, segments=60):
        wrong = segment_name(at, segment.duration_s * 0.95, segment.media_duration_s)
        segment.path.rename(folder / wrong)
        at += timedelta(seconds=segment.duration_s * 0.95)
    keeper.make(Window(MORNING), keeper.segments())
    (finding,) = keeper.examine(deep=True)
    assert "by their own timestamps" in finding.text
    assert keeper.examine() == []
    database.close()
