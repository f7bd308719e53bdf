"""Camera leases as rows: one owner at a time by the database's clock, and rows of a stale one are refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from livemon.base.clock import WINDOW, Window
from livemon.base.datatypes import Archive
from livemon.base.detections import Detections
from livemon.base.errors import StaleLease
from livemon.store import archives, camera_leases, detections, writes
from livemon.store.camera_leases import Lease
from livemon.store.session import Database
from livemon.store.tables.leases import CameraLeaseRow
from livemon.store.tables.recordings import ArchiveRow, RealtimeEvent
from tests.conftest import MORNING, seen
from tests.postgres import database_of
from tests.waiting import PATIENCE_S, wait_until

CAM, ME, OTHER = "camera-1", "nas:1", "attic:2"
LONG, EXPIRED = timedelta(minutes=5), timedelta(seconds=-1)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with database_of(request.param, tmp_path) as made:
        writes.upsert_camera(made, CAM, "Playroom", "", MORNING)
        yield made


def taken(database: Database, owner: str = ME, expiry: timedelta = LONG) -> Lease:
    lease = camera_leases.take(database, CAM, owner, expiry)
    assert lease is not None
    return lease


def archive(folder: Path, name: str = "a.mp4") -> Archive:
    path = folder / "cameras" / CAM / "archive" / name
    return Archive(CAM, MORNING, MORNING, MORNING + WINDOW, path, 3000, 1000, "x", 600.0, ())


def test_a_lease_has_one_owner_until_it_expires_and_each_owner_another_epoch(database: Database) -> None:
    assert taken(database).epoch == 1
    assert camera_leases.take(database, CAM, OTHER, LONG) is None
    assert camera_leases.seen(database)[0][CAM].host == "nas"
    assert taken(database, expiry=EXPIRED).epoch == 2, "its own it may take again"
    assert camera_leases.seen(database)[0][CAM].free
    assert taken(database, OTHER).epoch == 3


def test_a_renewed_lease_does_not_expire_and_a_lost_one_is_not_renewed(database: Database) -> None:
    lease = taken(database, expiry=EXPIRED)
    assert camera_leases.renew(database, [lease], LONG) == {lease}
    assert camera_leases.take(database, CAM, OTHER, LONG) is None
    camera_leases.renew(database, [lease], EXPIRED)
    taken(database, OTHER)
    assert camera_leases.renew(database, [lease], LONG) == frozenset()


def test_a_lease_that_is_given_back_is_free_at_once_and_only_its_owner_gives_it(database: Database) -> None:
    old = taken(database, expiry=EXPIRED)
    lease = taken(database, OTHER)
    camera_leases.give_back(database, old)
    assert camera_leases.take(database, CAM, ME, LONG) is None
    camera_leases.give_back(database, lease)
    assert taken(database).epoch == 3


STALE: dict[str, Callable[[Database, Lease, Path], object]] = {
    "event": lambda database, lease, _: writes.add_event(database, CAM, seen(0), MORNING, model="local", lease=lease),
    "repetition": lambda database, lease, _: writes.fold_event(database, 1, MORNING, MORNING, lease=lease),
    "archive": lambda database, lease, folder: archives.add_archive(database, archive(folder), folder, 0, lease),
    "window": lambda database, lease, folder: archives.replace_archives(database, [archive(folder)], folder, lease),
    "detections": lambda database, lease, _: detections.add_detections(
        database, CAM, [Detections(MORNING, people=())], None, lease
    ),
}


@pytest.mark.parametrize("write", STALE.values(), ids=STALE)
def test_rows_of_a_stale_owner_are_refused_and_those_of_the_next_are_written(
    database: Database, tmp_path: Path, write: Callable[[Database, Lease, Path], object]
) -> None:
    old = taken(database, expiry=EXPIRED)
    write(database, old, tmp_path)  # it has expired, and no other owner has it yet
    new = taken(database, OTHER)
    with pytest.raises(StaleLease, match=f"{CAM}.*epoch 1"):
        write(database, old, tmp_path)
    write(database, new, tmp_path)


def test_a_refused_event_leaves_nothing_and_rows_say_their_epoch(database: Database, tmp_path: Path) -> None:
    old = taken(database, expiry=EXPIRED)
    new = taken(database, OTHER)
    with pytest.raises(StaleLease):
        STALE["event"](database, old, tmp_path)
    STALE["event"](database, new, tmp_path)
    STALE["window"](database, new, tmp_path)
    writes.add_event(database, CAM, seen(0), MORNING, model="person")
    with database.reading() as connection:
        assert list(connection.execute(sa.select(RealtimeEvent.lease_epoch)).scalars()) == [2, None]
        assert connection.execute(sa.select(ArchiveRow.lease_epoch)).scalar_one() == 2


def test_the_take_over_waits_for_no_writer_and_no_write_comes_after_it(tmp_path: Path) -> None:
    with database_of("postgresql", tmp_path) as database:
        lease = taken(database, expiry=EXPIRED)
        inside, leave = threading.Event(), threading.Event()

        def write() -> None:
            with database.writing() as session:
                camera_leases.refuse_stale(session, lease)
                inside.set()
                leave.wait(PATIENCE_S)

        writer = threading.Thread(target=write)
        writer.start()
        assert inside.wait(PATIENCE_S)
        assert camera_leases.take(database, CAM, OTHER, LONG) is None, "not in the middle of a transaction"
        leave.set()
        writer.join(PATIENCE_S)
        assert taken(database, OTHER).epoch == 2


def test_a_process_that_stops_in_the_middle_of_a_write_does_not_keep_the_lease(tmp_path: Path) -> None:
    with database_of("postgresql", tmp_path) as database:
        lease = taken(database, expiry=EXPIRED)
        with pytest.raises(Exception, match="refused|terminat|closed"), database.writing() as session:
            camera_leases.refuse_stale(session, lease)
            wait_until(lambda: camera_leases.take(database, CAM, OTHER, LONG), "the idle writer is ended")
            session.execute(sa.select(CameraLeaseRow.epoch)).all()


def test_the_archives_of_two_hosts_stand_side_by_side_and_each_sees_its_own(tmp_path: Path) -> None:
    with database_of("postgresql", tmp_path) as shared:
        writes.upsert_camera(shared, CAM, "Playroom", "", MORNING)
        folders = [tmp_path / "nas", tmp_path / "attic"]
        first, second = (Database(shared.url, folder) for folder in folders)
        try:
            for database, folder in zip((first, second), folders, strict=True):
                archives.replace_archives(database, [archive(folder), archive(folder, "b.mp4")], folder)
                archives.replace_archives(database, [archive(folder)], folder)
            for database in (first, second):
                assert [row.path for row in archives.records(database)] == [f"cameras/{CAM}/archive/a.mp4"]
                assert archives.archived_windows(database, CAM, Window(MORNING)) == {Window(MORNING)}
            assert len(archives.records(shared)) == 2, "a reader without a data folder sees all"
            assert Database(shared.url, folders[0]).folder_id == first.folder_id
        finally:
            first.close()
            second.close()


def test_archives_of_the_time_of_one_host_become_those_of_the_folder_with_their_files(tmp_path: Path) -> None:
    with database_of("postgresql", tmp_path) as shared:
        writes.upsert_camera(shared, CAM, "Playroom", "", MORNING)
        home, other = tmp_path / "nas", tmp_path / "attic"
        made = archive(home)
        made.path.parent.mkdir(parents=True)
        made.path.write_bytes(b"")
        archives.add_archive(shared, made, home)
        databases = {folder: Database(shared.url, folder) for folder in (other, home)}
        for folder, database in databases.items():
            archives.claim_rows(database, folder)
        assert archives.records(databases[other]) == []
        assert len(archives.records(databases[home])) == 1
        for database in databases.values():
            database.close()
