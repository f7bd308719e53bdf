"""What must never happen to copies: another livemon's deleted, an erase that only says so, one lost to a race."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from livemon.archive.copies import manifest
from livemon.archive.copies.buckets.folder import FolderBucket
from livemon.archive.copies.buckets.s3 import S3Bucket
from livemon.archive.copies.erasure import CopyErasure
from livemon.archive.copies.inspection import inspect_bucket
from livemon.archive.copies.layout import outgoing_folder
from livemon.archive.copies.manifest import read_manifest
from livemon.archive.copies.restore import restore
from livemon.archive.copies.vault import Vault
from livemon.base.errors import BucketError, CopyError
from livemon.cli.app import app
from livemon.store import copies
from livemon.store.backup import Backups
from livemon.store.tables.copies import CopyState
from tests.archive.copies.houses import CAM, OTHER, House, attempt, files_of
from tests.archive.copies.test_copying import vault_of
from tests.archive.copies.test_erasing import erase, of_camera
from tests.waiting import PATIENCE_S

LONG_ENOUGH_S = 1.0
"""A part that nothing held back would be written by then."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "home", str(tmp_path / "bucket"))
    for camera_id in (CAM, OTHER):
        made.segments(12, camera_id)
        made.event(60, camera_id=camera_id)
    made.nightly()
    made.work()
    yield made
    made.close()


def test_another_livemon_deletes_nothing_by_an_erase_or_by_prune(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files_of(tmp_path / "bucket")
    stranger = House(tmp_path / "stranger", str(tmp_path / "bucket"))
    erasure = CopyErasure(stranger.settings, stranger.database, stranger.clock)
    erasure.mark(CAM)
    with pytest.raises(CopyError, match="key"):
        erasure.finish(CAM)
    monkeypatch.setenv("LIVEMON_DATA_DIR", str(stranger.data_dir))
    monkeypatch.setenv("LIVEMON_COPIES__URL", str(tmp_path / "bucket"))
    assert CliRunner().invoke(app, ["copies", "prune"]).exit_code == 1
    assert files_of(tmp_path / "bucket") == before
    stranger.close()


def test_parts_that_cannot_be_read_are_never_deleted(house: House, tmp_path: Path) -> None:
    vault = vault_of(house)
    listed = read_manifest(vault)
    part = tmp_path / "bucket" / listed.parts[0]
    damaged = part.with_name(f"0000000000-damaged{part.suffix}")
    damaged.write_bytes(b"not ours")
    manifest.write_part(vault, ())
    manifest.compact(vault)
    assert damaged.read_bytes() == b"not ours"
    again = read_manifest(vault)
    assert again.entries == listed.entries
    assert len(again.parts) == 2


def test_an_erase_with_the_disk_unmounted_says_so_and_is_done_when_it_is_back(house: House, tmp_path: Path) -> None:
    bucket = tmp_path / "bucket"
    bucket.rename(tmp_path / "disk")  # the mount point above it is still there
    with pytest.raises(CopyError, match="Mount its disk"):
        erase(house.settings)
    house.clock.advance(60)
    house.restart()
    assert isinstance(attempt(house.work), BucketError)
    assert [name for name in files_of(bucket) if "livemon" in name or "clip" in name] == [], (
        "the disk below stays empty"
    )
    if bucket.exists():
        bucket.rmdir()
    (tmp_path / "disk").rename(bucket)
    assert of_camera(bucket, CAM)
    house.work_later()
    assert of_camera(bucket, CAM) == []
    assert of_camera(bucket, OTHER)


def test_a_database_copy_that_is_sent_while_a_camera_is_erased_goes_too(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = Backups.remove

    def work_meanwhile(self: Backups) -> None:
        house.clock.advance(60)
        house.worker.plan()  # drops what is marked, and queues the old copy of the database anew
        house.clock.advance(60)
        house.worker.plan()
        while house.worker.send((0, 1, 2, 3)) is not None:
            pass
        house.worker.plan()
        assert files_of(tmp_path / "bucket" / "database"), "it is in the bucket when the erase goes on"
        remove(self)

    monkeypatch.setattr(Backups, "remove", work_meanwhile)
    erase(house.settings)
    assert files_of(tmp_path / "bucket" / "database") == {}


def test_an_upload_that_ends_after_an_erase_is_deleted_also_when_the_bucket_refuses_once(
    house: House, tmp_path: Path
) -> None:
    house.event(100)
    house.worker.plan()
    send, delete, state = FolderBucket.put, FolderBucket.delete, {"erased": False, "refused": False}

    def erase_meanwhile(self: FolderBucket, path: Path, name: str) -> None:
        send(self, path, name)
        if name.startswith(("clip/", "picture/")) and not state["erased"]:
            state["erased"] = True
            erase(house.settings)
            send(self, path, name)  # the upload ends after the erase

    def refuse_once(self: FolderBucket, names: list[str]) -> None:
        if state["erased"] and not state["refused"] and len(list(names)) == 1:
            state["refused"] = True
            raise BucketError("copies.full", bucket=self.label)
        delete(self, names)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FolderBucket, "put", erase_meanwhile)
        patch.setattr(FolderBucket, "delete", refuse_once)
        for _ in range(5):
            house.clock.advance(600)
            house.restart()
            try:
                house.work()
            except BucketError:
                continue
    assert state == {"erased": True, "refused": True}
    assert of_camera(tmp_path / "bucket", CAM) == []


def test_what_is_being_sent_outlives_a_connection_that_is_made_anew(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.event(100)
    house.worker.plan()
    put, connected = FolderBucket.put, []

    def connect_meanwhile(self: FolderBucket, path: Path, name: str) -> None:
        if not connected and not name.startswith("manifest/"):
            connected.append(name)
            house.worker._connect()
        assert path.is_file()
        put(self, path, name)

    monkeypatch.setattr(FolderBucket, "put", connect_meanwhile)
    house.work()
    assert connected
    assert house.totals().counts.get("lost", 0) == 0
    assert not list(outgoing_folder(house.settings).glob("*"))


def test_a_part_that_is_written_while_the_manifest_is_made_one_is_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, read = vault_of(house), manifest.read_manifest
    listed = read(vault)
    (entry, *_) = listed.entries.values()
    manifest.write_part(vault, (), [entry.name])
    writing = threading.Thread(target=manifest.write_part, args=(vault_of(house), [entry]))

    def read_slowly(of: Vault) -> manifest.Listing:
        found = read(of)
        writing.start()
        writing.join(LONG_ENOUGH_S)
        assert writing.is_alive(), "it waits until the manifest is one"
        return found

    monkeypatch.setattr(manifest, "read_manifest", read_slowly)
    manifest.compact(vault)
    writing.join(PATIENCE_S)
    assert entry.name in read(vault).entries


def test_a_restore_never_replaces_a_file_of_other_content_or_a_database_elsewhere(house: House, tmp_path: Path) -> None:
    fresh = House(tmp_path / "other", str(tmp_path / "bucket"))
    fresh.close()
    empty = fresh.settings.model_copy(update={"data_dir": tmp_path / "empty"})
    vault = vault_of(house)
    elsewhere = empty.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'elsewhere.db'}"})
    with pytest.raises(CopyError, match="elsewhere"):
        restore(elsewhere, vault)
    assert not empty.data_dir.exists()
    (entry, *_) = [one for one in read_manifest(vault).entries.values() if one.kind == "clip"]
    mine = empty.data_dir / entry.path
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"my own footage")
    with pytest.raises(CopyError, match="holds"):
        restore(empty, vault)
    assert mine.read_bytes() == b"my own footage"


def test_a_version_listing_that_fails_is_not_a_bucket_without_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = S3Bucket.__new__(S3Bucket)
    bucket._prefix, bucket._bucket, bucket.label = "", "b", "s3://b"
    monkeypatch.setattr(S3Bucket, "sizes", lambda _self, _prefix="": {})

    def answering(code: str, status: int) -> None:
        said = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
        cause = ClientError(said, "ListObjectVersions")

        def pages(*_: object) -> None:
            raise BucketError("copies.unreachable", bucket="s3://b", reason=code) from cause

        monkeypatch.setattr(S3Bucket, "_pages", pages)

    answering("SlowDown", 503)
    with pytest.raises(BucketError):
        bucket.delete_below("clip/")
    answering("NotImplemented", 501)
    bucket.delete_below("clip/")


def test_more_rows_than_a_statement_holds_are_changed(house: House) -> None:
    many = range(1, 300_000)
    copies.set_state(house.database, many, CopyState.LISTED)
    copies.requeue(house.database, many, house.clock.now())
    copies.drop(house.database, many)
    assert inspect_bucket(vault_of(house)).copies > 0
    assert house.totals().counts == {}
