"""One contract for every kind of bucket, against real servers; and what each says when it refuses."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from livemon.archive.copies.buckets.bucket import Bucket
from livemon.archive.copies.buckets.folder import FolderBucket
from livemon.base.errors import BucketError
from tests.archive.copies.servers import SECRET, SERVERS, CopyServer

LARGE = 17 << 20
"""More than two parts."""


FAST = "rclone-s3"
"""The others take longer to start, and keep the contract in `make test-slow`."""
EACH = [pytest.param(name, marks=[] if name == FAST else pytest.mark.slow) for name in SERVERS]


@pytest.fixture(scope="module", params=EACH)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CopyServer]:
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as running:  # type: ignore[attr-defined]
        yield running


@pytest.fixture
def remote(server: CopyServer, tmp_path: Path) -> Iterator[Bucket]:
    """A folder of its own on the server for each test."""
    made = server.bucket(tmp_path, url=f"{server.url}/{secrets.token_hex(4)}")
    yield made
    made.stop()


def made(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / secrets.token_hex(4)
    path.write_bytes(content)
    return path


def contract(bucket: Bucket, tmp_path: Path) -> None:
    """What holds for every bucket."""
    assert bucket.sizes() == {}
    small, large = b"a segment", secrets.token_bytes(LARGE)
    bucket.put(made(tmp_path, small), "clip/cameras/hall/a b.ts")
    bucket.put(made(tmp_path, large), "archive/cameras/hall/large.mp4.enc")
    bucket.put(made(tmp_path, b""), "report/empty")
    assert bucket.sizes() == {
        "clip/cameras/hall/a b.ts": len(small),
        "archive/cameras/hall/large.mp4.enc": LARGE,
        "report/empty": 0,
    }
    assert bucket.sizes("archive/") == {"archive/cameras/hall/large.mp4.enc": LARGE}
    assert bucket.sizes("archive/cameras/h") == {"archive/cameras/hall/large.mp4.enc": LARGE}
    assert bucket.sizes("nothing/") == {}
    assert bucket.read("clip/cameras/hall/a b.ts") == small
    assert bucket.read("archive/cameras/hall/large.mp4.enc", 9_000_000, 9_000_100) == large[9_000_000:9_000_100]
    bucket.get("archive/cameras/hall/large.mp4.enc", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == large
    bucket.put(made(tmp_path, b"another"), "clip/cameras/hall/a b.ts")
    assert bucket.read("clip/cameras/hall/a b.ts") == b"another"
    assert len(bucket.sizes()) == 3, "what is sent again replaces"
    with pytest.raises(BucketError) as missing:
        bucket.read("clip/nothing")
    assert missing.value.said.code == "copies.no_object"
    with pytest.raises(BucketError):
        bucket.get("clip/nothing", tmp_path / "nothing")
    bucket.clean()
    bucket.delete(["clip/cameras/hall/a b.ts", "clip/cameras/hall/never-there"])
    bucket.delete(["archive/cameras/hall/large.mp4.enc", "report/empty"])
    assert bucket.sizes() == {}


def test_a_folder_keeps_the_contract(tmp_path: Path) -> None:
    contract(FolderBucket(tmp_path / "bucket"), tmp_path)


def test_a_server_keeps_the_contract(remote: Bucket, tmp_path: Path) -> None:
    contract(remote, tmp_path)


def test_a_wrong_secret_is_refused_and_never_shown(server: CopyServer, tmp_path: Path) -> None:
    wrong = "Wrong-Secret-9Zx"
    with pytest.raises(BucketError) as refused:
        server.bucket(tmp_path, secret=wrong).sizes()
    assert refused.value.said.code == "copies.refused"
    assert wrong not in str(refused.value) and SECRET not in str(refused.value)


def test_what_is_stopped_ends_at_once(server: CopyServer, tmp_path: Path) -> None:
    bucket = server.bucket(tmp_path)
    bucket.stop()
    with pytest.raises(BucketError) as stopped:
        bucket.sizes()
    assert stopped.value.said.code == "copies.stopped"


def test_a_folder_whose_disk_is_not_mounted_is_not_made(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path / "mnt" / "disk" / "livemon")
    with pytest.raises(BucketError) as refused:
        bucket.put(made(tmp_path, b"x"), "a")
    assert refused.value.said.code == "copies.refused"
    assert not (tmp_path / "mnt").exists()


@pytest.fixture(scope="module")
def versioned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CopyServer]:
    with SERVERS["seaweed"](tmp_path_factory.mktemp("versioned")) as running:  # type: ignore[attr-defined]
        yield running


def versions_of(bucket: object, prefix: str) -> int:
    return len(bucket._versions(prefix))  # type: ignore[attr-defined]


@pytest.mark.slow
def test_deleting_takes_all_versions_and_markers(versioned: CopyServer, tmp_path: Path) -> None:
    bucket = versioned.bucket(tmp_path)
    on = {"Bucket": "livemon", "VersioningConfiguration": {"Status": "Enabled"}}
    bucket._call("put_bucket_versioning", on)  # type: ignore[attr-defined]
    for content in (b"one", b"two"):
        bucket.put(made(tmp_path, content), "clip/cameras/hall/a.ts")
        bucket.put(made(tmp_path, content), "clip/cameras/hall/b.ts")
    bucket._call("delete_object", {"Bucket": "livemon", "Key": "home/clip/cameras/hall/b.ts"})  # type: ignore[attr-defined]
    assert set(bucket.sizes()) == {"clip/cameras/hall/a.ts"} and versions_of(bucket, "home/clip/") == 5
    bucket.delete(["clip/cameras/hall/a.ts"])
    assert bucket.sizes() == {} and versions_of(bucket, "home/clip/") == 3, "those of the other are still there"
    bucket.delete_below("clip/cameras/hall/")
    assert versions_of(bucket, "home/clip/") == 0


@pytest.mark.slow
def test_an_object_lock_is_said_and_nothing_is_claimed_to_be_gone(versioned: CopyServer, tmp_path: Path) -> None:
    bucket = versioned.bucket(tmp_path, url="s3://locked/home")
    bucket._call("create_bucket", {"Bucket": "locked", "ObjectLockEnabledForBucket": True})  # type: ignore[attr-defined]
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    bucket._call("put_object_lock_configuration", {"Bucket": "locked", "ObjectLockConfiguration": lock})  # type: ignore[attr-defined]
    bucket.put(made(tmp_path, b"locked"), "clip/cameras/hall/a.ts")
    for step in (lambda: bucket.delete(["clip/cameras/hall/a.ts"]), lambda: bucket.delete_below("clip/")):
        with pytest.raises(BucketError) as refused:
            step()
        assert refused.value.said.code == "copies.locked"
    assert versions_of(bucket, "home/clip/") >= 1
