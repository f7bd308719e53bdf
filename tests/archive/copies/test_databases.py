"""The queue, the bucket and the night over SQLite and PostgreSQL; what a backup says of rows that it leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from livemon.archive.cleanup import RetentionCleanup
from livemon.archive.copies.inspection import inspect_bucket
from livemon.archive.copies.key_store import KeyStore, recovery_text
from livemon.archive.footage import Footage
from livemon.base.datatypes import Severity
from livemon.cli.app import app
from livemon.store import copies
from livemon.store.tables.copies import CopyKind, CopyState
from tests.archive.copies.houses import CAM, MORNING, NOW, OTHER, House
from tests.archive.copies.test_copying import given_up, in_bucket, vault_of
from tests.archive.copies.test_restore import config_of, footage, run
from tests.postgres import postgres

DAY = timedelta(days=1).total_seconds()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture
def empty(server: str, request: pytest.FixtureRequest) -> str:
    """The address of an empty database of PostgreSQL."""
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    name = f"t{abs(hash(request.node.name))}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    admin.dispose()
    return server.replace("/postgres", f"/{name}")


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    url = request.getfixturevalue("empty") if request.param == "postgresql" else ""
    made = House(tmp_path / "home", str(tmp_path / "bucket"), database_url=url, queue_gb=0.0002)
    yield made
    made.close()


def states(house: House) -> dict[str, int]:
    return dict(house.totals().counts)


def test_the_life_of_copies_is_the_same_over_each_database(house: House, tmp_path: Path) -> None:
    bucket = house.worker.bucket
    (tmp_path / "bucket").write_text("not a folder")
    house.segments(30)
    house.event(30, Severity.WARNING)
    house.event(200)
    house.archive()
    house.worker.plan()
    assert {row.rank for row in given_up(house)} == {1} and states(house)["given_up"] == 3
    (tmp_path / "bucket").unlink()
    for _ in range(3):
        house.work()
    whole = states(house)
    assert set(whole) == {"listed"} and house.totals().sizes["listed"] > 0
    assert len(in_bucket(house, "clip")) == 6 and len(in_bucket(house, "picture")) == 2
    assert inspect_bucket(vault_of(house), deep=True).findings == ()
    # By time and by path, as playback asks.
    danger = MORNING + timedelta(seconds=200)
    found = copies.copies_between(house.database, bucket, CAM, CopyKind.CLIP, danger, danger + timedelta(seconds=15))
    assert [copy.start_utc for copy in found] == [danger, danger + timedelta(seconds=10)]
    assert copies.copies_between(house.database, bucket, OTHER, CopyKind.CLIP, MORNING, NOW) == []
    assert copies.copy_of(house.database, bucket, found[0].path) == found[0]
    assert copies.copy_of(house.database, bucket, "nothing") is None
    assert Footage(CAM, house.settings, house.database, house.clock).only_in_bucket(MORNING, NOW) == []
    # Rows that are gone come back from the manifest, and what the bucket has lost is sent again.
    copies.drop(house.database, [copy.id for copy in found])
    next((tmp_path / "bucket" / "archive").rglob("*.enc")).unlink()
    house.restart()
    house.work()
    assert states(house) == whole and inspect_bucket(vault_of(house), deep=True).findings == ()
    # An erase and old age.
    copies.mark_camera(house.database, CAM, house.clock.now())
    assert states(house)["removing"] == 9 and copies.buckets_with_marked(house.database) == [bucket]
    house.clock.advance(60 * DAY)
    house.work()
    assert copies.copies(house.database, bucket, list(CopyState), camera_id=CAM) == []
    assert not [path for path in in_bucket(house) if CAM in path]


def test_the_night_copies_the_rows_of_sqlite_and_leaves_those_of_postgresql(house: House) -> None:
    house.segments()
    house.event(60)
    house.clock.advance(timedelta(hours=20).total_seconds())
    RetentionCleanup(house.settings, house.database, house.clock).tick()
    house.work()
    is_sqlite = house.database.file is not None
    assert len(in_bucket(house, "database")) == is_sqlite
    assert "settings/secret.key" in in_bucket(house, "setting"), "all else of the night is copied"


def test_a_backup_says_that_rows_of_postgresql_are_left_to_pg_dump_and_so_does_the_restore(
    empty: str, tmp_path: Path
) -> None:
    home = House(tmp_path / "home", str(tmp_path / "bucket"), database_url=empty)
    home.segments()
    home.archive()
    config = config_of(tmp_path, "home", str(tmp_path / "bucket"), database_url=empty)
    said = run("backup", tmp_path / "disk", "--config", config)
    assert "pg_dump" in said and not list((tmp_path / "disk").rglob("*.db*"))
    assert "pg_dump" in run("copies", "status", "--config", config)
    sheet = tmp_path / "sheet.txt"
    sheet.write_text(recovery_text(KeyStore(home.data_dir).keys().raw))
    before = footage(home.data_dir)
    home.close()
    refused = CliRunner().invoke(app, ["restore", str(tmp_path / "disk"), "--config", str(config)])
    assert refused.exit_code == 1 and "database_url" in refused.output
    new = config_of(tmp_path, "new")
    restored = CliRunner().invoke(
        app, ["restore", str(tmp_path / "disk"), "--config", str(new), "--key-file", str(sheet)]
    )
    assert restored.exit_code == 1 and "pg_restore" in restored.output
    assert footage(tmp_path / "new" / "data") == before and before


def test_a_backup_of_sqlite_says_nothing_of_pg_dump(tmp_path: Path) -> None:
    House(tmp_path / "home", "").close()
    assert "pg_dump" not in run("backup", tmp_path / "disk", "--config", config_of(tmp_path, "home"))
