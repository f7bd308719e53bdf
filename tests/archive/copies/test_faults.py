"""Buckets that fail in every way: nothing is lost or doubled, and no error, row or log shows a credential."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from livemon.archive.copies.buckets import calls
from livemon.archive.copies.buckets.bucket import Bucket
from livemon.archive.copies.buckets.folder import FolderBucket
from livemon.archive.copies.buckets.remote import open_webdav
from livemon.archive.copies.buckets.s3 import S3Bucket
from livemon.archive.copies.inspection import inspect_bucket
from livemon.archive.copies.manifest import read_manifest
from livemon.archive.copies.worker import CopyWorker
from livemon.base.errors import BucketError, LivemonError
from tests.archive.copies.houses import OTHER, House, attempt, files_of
from tests.archive.copies.servers import SECRET, SERVERS, USER, CopyServer
from tests.archive.copies.test_buckets import EACH
from tests.archive.copies.test_copying import in_bucket, vault_of
from tests.waiting import PATIENCE_S, wait_until

ANSWERS = {
    "wrong key": (403, "InvalidAccessKeyId", "copies.refused"),
    "forbidden": (403, "AccessDenied", "copies.refused"),
    "skewed": (403, "RequestTimeTooSkewed", "copies.clocks_differ"),
    "overloaded": (503, "SlowDown", "copies.unreachable"),
    "broken": (500, "InternalError", "copies.unreachable"),
    "full": (507, "InsufficientStorage", "copies.full"),
    "vanished": (404, "NoSuchBucket", "copies.no_bucket"),
}


@contextmanager
def answering(status: int, code: str) -> Iterator[str]:
    """A server that speaks S3 and refuses everything; its words hold the secret and the codes of other refusals."""

    class Refusing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # boto expects to be told to go on

        def refuse(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            words = f"no: 403 507 AccessDenied QuotaExceeded {self.headers.get('Authorization')} {SECRET}"
            body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{words}</Message></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = refuse  # noqa: N815 - names of http.server

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("what", ANSWERS)
def test_each_refusal_of_s3_is_named_and_tells_no_secret(what: str, tmp_path: Path) -> None:
    status, code, said = ANSWERS[what]
    with answering(status, code) as endpoint:
        bucket = S3Bucket("bucket", "home", endpoint, "us-east-1", USER, SECRET)
        file = tmp_path / "file"
        file.write_bytes(b"x")
        for step in (bucket.sizes, lambda: bucket.put(file, "a"), lambda: bucket.delete(["a"])):
            refusal = attempt(step)
            assert isinstance(refusal, BucketError) and refusal.said.code == said, refusal
            assert SECRET not in str(refusal)
        bucket.stop()


def test_a_server_that_never_answers_is_left_when_livemon_stops(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        bucket = S3Bucket("bucket", "home", f"http://127.0.0.1:{silent.getsockname()[1]}", "us-east-1", USER, SECRET)
        refusals: list[LivemonError | None] = []
        asking = threading.Thread(target=lambda: refusals.append(attempt(bucket.sizes)))
        asking.start()
        bucket.stop()
        asking.join(60)
        assert not asking.is_alive() and refusals[0] is not None and refusals[0].said.code == "copies.stopped"


class Slow(BaseHTTPRequestHandler):
    """Accepts; then sends a byte now and then, or does not answer at all."""

    protocol_version = "HTTP/1.1"
    over: threading.Event
    silent: bool

    def answer(self) -> None:
        if self.silent:
            self.over.wait(PATIENCE_S)
            return
        self.send_response(200)
        self.send_header("Content-Length", "10000000")
        self.end_headers()
        with suppress(OSError):
            while not self.over.wait(0.02):
                self.wfile.write(b"x")
                self.wfile.flush()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_PROPFIND = do_MKCOL = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(params=["trickles", "answers late"])
def slow_port(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a server that is slower than a call may be; the limit is short."""
    monkeypatch.setattr(calls, "LIMIT_S", 0.5)
    over = threading.Event()
    handler = type("Answering", (Slow,), {"over": over, "silent": request.param == "answers late"})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running.server_address[1]
    over.set()
    running.shutdown()
    running.server_close()


@pytest.mark.parametrize("kind", ["s3", "webdav"])
def test_a_server_slower_than_the_limit_is_an_error_and_holds_nothing(
    slow_port: int, kind: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x")
    if kind == "s3":
        bucket: Bucket = S3Bucket("bucket", "home", f"http://127.0.0.1:{slow_port}", "us-east-1", USER, SECRET)
    else:
        bucket = open_webdav(f"webdav+http://127.0.0.1:{slow_port}/livemon", USER, SECRET)
    for step in (bucket.sizes, lambda: bucket.read("a", 0, 100), lambda: bucket.put(file, "a")):
        refusal = attempt(step)
        assert isinstance(refusal, BucketError) and refusal.said.code == "copies.unreachable", refusal
    bucket.stop()


def test_an_archive_that_is_sent_slowly_keeps_no_event_waiting(tmp_path: Path) -> None:
    house = House(tmp_path / "home", str(tmp_path / "bucket"))
    house.segments(30)
    house.event(60)
    house.archive()
    house.worker.plan()
    begun, go_on = threading.Event(), threading.Event()
    put = FolderBucket.put

    def held(self: FolderBucket, path: Path, name: str) -> None:
        if name.startswith("archive/"):
            begun.set()
            assert go_on.wait(PATIENCE_S)
        put(self, path, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FolderBucket, "put", held)
        archives = threading.Thread(target=lambda: house.worker.send((3,)))
        archives.start()
        assert begun.wait(PATIENCE_S)
        while house.worker.send((0, 1)) is not None:
            pass
        house.clock.advance(31)
        house.worker.plan()
        assert len(in_bucket(house, "clip")) == 3 and in_bucket(house, "archive") == []
        go_on.set()
        archives.join(PATIENCE_S)
    house.work()
    assert len(in_bucket(house, "archive")) == 1 and inspect_bucket(vault_of(house), deep=True).findings == ()
    house.close()


@pytest.fixture(scope="module", params=EACH)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CopyServer]:
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as running:  # type: ignore[attr-defined]
        yield running


@pytest.fixture
def house(server: CopyServer, tmp_path: Path) -> Iterator[House]:
    """A house whose copies go to a folder of its own on the server."""
    url = f"{server.url}/{secrets.token_hex(4)}"
    made = House(tmp_path / "home", url, **server.options)
    own = made.settings.model_copy(update={"copies_user": USER, "copies_secret": secret(SECRET)})
    made.settings = own
    made.restart()
    made.segments(30)
    made.event(60)
    made.archive(0)
    made.archive(0, OTHER, size=9_000_000)
    yield made
    made.close()


def secret(text: str):
    from pydantic import SecretStr

    return SecretStr(text)


def test_a_server_that_is_killed_in_the_middle_loses_and_doubles_nothing(
    server: CopyServer, house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="livemon")
    house.worker.plan()
    assert house.worker.send((0, 1)) is not None
    server.kill()
    refusals = [attempt(lambda: house.worker.send((0, 1, 2, 3))) for _ in range(3) if not house.clock.advance(400)]
    assert all(isinstance(one, BucketError) for one in refusals), refusals
    waiting = house.totals().counts["waiting"]
    server.start()
    # Parts of a server that starts again may refuse for a while: the worker goes on trying.
    wait_until(lambda: house.clock.advance(400) or attempt(house.work) is None, "the server works again")
    assert waiting and not house.totals().counts.get("waiting")
    assert inspect_bucket(vault_of(house), deep=True).findings == ()
    assert len(in_bucket(house, "clip")) == 3 and len(in_bucket(house, "archive")) == 2
    assert SECRET not in caplog.text and SECRET not in str(house.totals().error)
    assert not [name for name, content in files_of(house.data_dir).items() if SECRET.encode() in content]


def test_a_wrong_key_is_waited_out_and_the_right_one_goes_on(server: CopyServer, house: House) -> None:
    right = house.settings
    house.settings = right.model_copy(update={"copies_secret": secret("Wrong-Secret-9Zx")})
    house.worker = CopyWorker(house.settings, house.database, house.clock)
    house.worker.plan()
    refusal = attempt(lambda: house.worker.send((0, 1)))
    assert isinstance(refusal, BucketError) and "Wrong-Secret" not in str(refusal)
    house.settings = right
    house.restart()
    house.work()
    assert inspect_bucket(vault_of(house), deep=True).findings == () and len(in_bucket(house, "clip")) == 3


def test_a_server_that_became_slow_loses_nothing(server: CopyServer, house: House, slow_port: int) -> None:
    if not server.url.startswith("s3://"):
        pytest.skip("the address of the others is that of their rows")
    right = house.settings
    slow = right.copies.model_copy(update={"endpoint": f"http://127.0.0.1:{slow_port}"})
    house.settings = right.model_copy(update={"copies": slow})
    house.restart()
    house.worker.plan()
    waiting = house.totals().counts["waiting"]
    for _ in range(2):
        refusal = attempt(lambda: house.worker.send((0, 1, 2, 3)))
        assert isinstance(refusal, BucketError) and refusal.said.code == "copies.unreachable"
        house.clock.advance(400)
    assert house.totals().counts["waiting"] == waiting and "timeout" in str(house.totals().error)
    calls.LIMIT_S = PATIENCE_S  # set back by the fixture
    house.settings = right
    house.restart()
    house.work()
    assert inspect_bucket(vault_of(house), deep=True).findings == () and len(in_bucket(house, "clip")) == 3


def test_a_bucket_that_vanished_is_filled_again(server: CopyServer, house: House) -> None:
    house.work()
    held = set(read_manifest(vault_of(house)).entries)
    vault = vault_of(house)
    vault.bucket.delete_below("")
    assert vault.bucket.sizes() == {}
    house.restart()
    house.work()
    assert inspect_bucket(vault_of(house), deep=True).findings == ()
    assert set(read_manifest(vault_of(house)).entries) == held, "clips, pictures, rows and archives"
    assert {name.partition("/")[0] for name in held} >= {"clip", "picture", "archive"}


def test_a_full_disk_is_said_and_waited_for(tmp_path: Path) -> None:
    """A folder on a file system of one megabyte; skipped where none can be mounted."""
    import subprocess

    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)], capture_output=True, check=False
    ).returncode:
        pytest.skip("no file system can be mounted here")
    house = House(tmp_path / "home", str(disk / "bucket"))
    try:
        house.segments(30)
        house.event(60)
        house.archive(0, size=3_000_000)
        house.worker.plan()
        refusals = [attempt(lambda: house.worker.send((0, 1, 2, 3))) for _ in range(12)]
        said = {one.said.code for one in refusals if one is not None}
        assert said == {"copies.full"}
        assert len(list(disk.rglob("*.part"))) == 0, "half a file does not stay"
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        house.clock.advance(400)
        house.work()
        assert inspect_bucket(vault_of(house), deep=True).findings == () and in_bucket(house, "archive")
    finally:
        house.close()
        subprocess.run(["umount", str(disk)], check=False)
