"""Copies of the database: consistent, private, three, and good to go on with."""

import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pytest

from livemon.archive.cleanup import RetentionCleanup
from livemon.base.clock import FakeClock
from livemon.base.errors import StoreError
from livemon.base.settings.settings import Settings
from livemon.store import writes
from livemon.store.backup import Backups
from livemon.store.session import Database
from tests.conftest import MORNING, seen
from tests.found import events_of

DAY = date(2026, 11, 23)


def event(database: Database) -> None:
    writes.add_event(database, "camera-1", seen(0), MORNING, model="local")


@pytest.fixture
def database(settings: Settings) -> Database:
    made = Database(settings.database)
    writes.upsert_camera(made, "camera-1", "Playroom", "videos", MORNING)
    return made


def test_a_copy_holds_what_was_committed_and_is_private(database: Database, tmp_path: Path) -> None:
    backups = Backups(database, tmp_path / "backups")
    event(database)
    path = backups.make(DAY)
    event(database)
    copied = Database(f"sqlite:///{path}")
    assert len(events_of(copied, "camera-1")) == 1
    assert len(events_of(database, "camera-1")) == 2
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert not backups.is_due(DAY)
    copied.close()
    database.close()


def test_the_last_three_are_kept(database: Database, tmp_path: Path) -> None:
    backups = Backups(database, tmp_path / "backups")
    made = [backups.make(DAY + timedelta(days=day)) for day in range(5)]
    assert backups.paths() == made[2:]
    database.close()


def test_a_copy_that_fails_leaves_the_ones_before(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backups = Backups(database, tmp_path / "backups")
    before = backups.make(DAY)

    def refuse(target: Path) -> None:
        target.write_bytes(b"half")
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(database, "copy_into", refuse)
    with pytest.raises(StoreError, match="could not be copied: disk I/O error"):
        backups.make(DAY + timedelta(days=1))
    assert list(backups.folder.iterdir()) == [before]
    database.close()


def test_a_damaged_database_says_what_to_do(settings: Settings, database: Database) -> None:
    file = database.file
    assert file is not None
    event(database)
    good = Backups(database, settings.data_dir / "backups").make(DAY)
    database.close()
    file.write_bytes(b"no database at all " * 1000)
    with pytest.raises(StoreError, match="is damaged.*`backups`.*archive rebuild"):
        Database(settings.database)
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    good.rename(file)
    mended = Database(settings.database)
    assert len(events_of(mended, "camera-1")) == 1
    mended.close()


def test_the_janitor_copies_once_a_night_and_at_once_when_there_is_none(settings: Settings, database: Database) -> None:
    clock = FakeClock(MORNING)
    cleanup = RetentionCleanup(settings, database, clock, free=lambda _: 10**12)
    folder = settings.data_dir / "backups"
    for hours, copies in ((0, 1), (1, 1), (15, 1), (3, 2), (5, 2)):
        clock.advance(3600 * hours)
        cleanup.tick()
        assert len(list(folder.glob("*.db"))) == copies, hours
    full = RetentionCleanup(settings, database, clock, free=lambda _: 0)
    clock.advance(86_400)
    full.tick()
    assert len(list(folder.glob("*.db"))) == 2, "a full disk is not filled with copies"
    database.close()
