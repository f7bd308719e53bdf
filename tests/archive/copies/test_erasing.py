"""Retention and erase reach the copies, and an erase that a bucket does not let happen says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from livemon.archive.copies.buckets.folder import FolderBucket
from livemon.archive.copies.inspection import inspect_bucket
from livemon.archive.copies.manifest import read_manifest
from livemon.base.clock import FakeClock
from livemon.base.errors import BucketError, CopyError
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import archives, copies
from livemon.store.tables.copies import CopyState
from tests.archive.copies.houses import CAM, MORNING, NOW, OTHER, House, files_of
from tests.archive.copies.test_copying import in_bucket, vault_of


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "home", str(tmp_path / "bucket"))
    for camera_id in (CAM, OTHER):
        made.segments(30, camera_id)
        made.event(60, camera_id=camera_id)
        made.archive(0, camera_id)
    made.nightly()
    made.work()
    yield made
    made.close()


def monitor_of(settings: Settings) -> Monitor:
    return Monitor(settings, clock=FakeClock(NOW + timedelta(minutes=5)))


def erase(settings: Settings, camera_id: str = CAM) -> None:
    with monitor_of(settings) as monitor:
        monitor.eraser.reset(camera_id, monitor.eraser.confirmation(camera_id))


def of_camera(folder: Path, camera_id: str) -> list[str]:
    return [name for name in files_of(folder) if f"/cameras/{camera_id}/" in name]


def test_an_erase_takes_a_cameras_copies_and_those_of_the_database_and_leaves_the_others(
    house: House, tmp_path: Path
) -> None:
    bucket = tmp_path / "bucket"
    assert of_camera(bucket, CAM) and of_camera(bucket, OTHER)
    erase(house.settings)
    assert of_camera(bucket, CAM) == []
    assert of_camera(bucket, OTHER)
    assert not list((bucket / "database").rglob("*")) if (bucket / "database").exists() else True
    listed = read_manifest(vault_of(house)).entries
    assert not [name for name in listed if f"/{CAM}/" in name] and [name for name in listed if f"/{OTHER}/" in name]
    assert inspect_bucket(vault_of(house), deep=True).findings == ()
    assert copies.copies(house.database, house.worker.bucket, list(CopyState), camera_id=CAM) == []


def test_what_waits_of_an_erased_camera_is_never_sent(house: House, tmp_path: Path) -> None:
    house.event(200)
    house.worker.plan()
    assert list((house.data_dir / "copies" / "queue").rglob("*.ts"))
    erase(house.settings)
    assert not list((house.data_dir / "copies" / "queue").rglob("*.ts"))
    house.work()
    assert of_camera(tmp_path / "bucket", CAM) == []


def test_an_erase_while_a_file_is_being_sent_takes_that_too(house: House, tmp_path: Path) -> None:
    house.event(200)
    house.worker.plan()
    send = FolderBucket.put
    erased: list[str] = []

    def erase_meanwhile(self: FolderBucket, path: Path, name: str) -> None:
        send(self, path, name)
        if name.startswith("clip/") and not erased:
            erased.append(name)
            erase(house.settings)
            send(self, path, name)  # the upload ends after the erase

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FolderBucket, "put", erase_meanwhile)
        house.work()
    assert erased and of_camera(tmp_path / "bucket", CAM) == []


def test_an_erase_with_the_bucket_away_says_so_and_is_done_when_it_is_back(house: House, tmp_path: Path) -> None:
    bucket = tmp_path / "bucket"
    bucket.rename(tmp_path / "away")
    bucket.write_text("not a folder")
    with pytest.raises(CopyError, match="not in"):
        erase(house.settings)
    assert not (house.settings.camera_dir(CAM) / "hls").exists(), "here all is gone"
    bucket.unlink()
    (tmp_path / "away").rename(bucket)
    assert of_camera(bucket, CAM)
    house.work_later()
    assert of_camera(bucket, CAM) == []


def test_an_object_lock_is_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(self: FolderBucket, _names: object) -> None:
        raise BucketError("copies.locked", bucket=self.label)

    monkeypatch.setattr(FolderBucket, "delete", locked)
    with pytest.raises(CopyError, match="object lock"):
        erase(house.settings)


def test_copies_in_an_earlier_bucket_are_named(house: House, tmp_path: Path) -> None:
    moved = house.settings.copies.model_copy(update={"url": str(tmp_path / "second")})
    with pytest.raises(CopyError, match=str(tmp_path / "bucket")):
        erase(house.settings.model_copy(update={"copies": moved}))


def test_copies_go_when_their_time_is_over_and_pinned_footage_stays(house: House, tmp_path: Path) -> None:
    kept = house.archive(30)
    archives.set_pinned(house.database, CAM, MORNING - timedelta(hours=3), MORNING, True)
    house.work()
    for day in range(24, 30):
        house.nightly(date(2026, 11, day))
        house.work()
    house.clock.advance(timedelta(days=31).total_seconds())
    house.nightly(date(2026, 12, 30))
    house.work()
    house.clock.advance(4000)
    house.worker.plan()
    assert in_bucket(house, "clip") == [] and in_bucket(house, "picture") == []
    names = in_bucket(house, "archive")
    assert f"cameras/{CAM}/archive/{kept.name}" in names and not [name for name in names if f"/{OTHER}/" in name]
    assert len(in_bucket(house, "database")) == 7
    assert inspect_bucket(vault_of(house), deep=True).findings == ()


def test_what_is_kept_here_for_longer_than_there_is_not_sent_again_and_again(house: House) -> None:
    page = house.settings.camera_dir(CAM) / "reports" / "2025-11-22.UTC.en.html"
    page.parent.mkdir(parents=True)
    page.write_text("a report of last year")
    house.clock.advance(timedelta(days=31).total_seconds())
    for _ in range(3):
        house.work()
        house.clock.advance(4000)
    house.worker.plan()
    assert in_bucket(house, "archive") == [] and in_bucket(house, "report") == []
    assert not house.totals().counts.get("waiting")


def test_prune_does_the_same_by_hand(house: House, tmp_path: Path) -> None:
    from tests.archive.copies.test_restore import config_of

    config = config_of(tmp_path, "home", str(tmp_path / "bucket"))
    config.write_text(config.read_text() + "archive_days = 0.0001\nclip_days = 0.0001\n")
    result = CliRunner().invoke(app_of(), ["copies", "prune", "--config", str(config)])
    assert result.exit_code == 0, result.output
    assert "deleted" in result.output and in_bucket(house, "archive") == [] and in_bucket(house, "clip") == []


def app_of():
    from livemon.cli.app import app

    return app
