"""The report_jobs where videos are brought: what waits, what ends, what a full disk and a dying server leave behind."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from livemon.base.errors import TooManyRequests, UploadRefused
from livemon.base.settings.access import UploadSettings
from livemon.base.settings.settings import Settings
from livemon.monitor import uploads
from livemon.monitor.monitor import Monitor
from livemon.monitor.uploads import Upload, UploadState
from livemon.web.api.guard import API_ROOT
from tests.conftest import FAST
from tests.days import CAM
from tests.stream.test_uploads import long_video
from tests.waiting import PATIENCE_S, wait_until


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings.model_copy(update={"min_free_gb": 0.0}), profile=FAST) as running:
        yield running


def bring(monitor: Monitor, video: Path, name: str = "v.mp4") -> Upload:
    upload = monitor.uploads.begin(CAM, name)
    with video.open("rb") as file:
        while chunk := file.read(65536):
            monitor.uploads.write(upload, chunk)
    monitor.uploads.finish(upload)
    return upload


def left(monitor: Monitor) -> list[str]:
    """Everything of uploads that lies about: files, hidden ones too, and processes."""
    settings = monitor.settings
    folders = (settings.data_dir / "uploads", Path(settings.cameras[CAM].source))
    files = [path.name for folder in folders for path in folder.iterdir() if path.name != "a.mp4"]
    running = subprocess.run(["pgrep", "-f", str(settings.data_dir / "uploads")], capture_output=True, text=True)
    return files + running.stdout.split()


def test_videos_are_converted_one_after_the_other_and_keep_their_names_apart(monitor: Monitor, video: Path) -> None:
    brought = [bring(monitor, video) for _ in range(3)]
    wait_until(lambda: not any(one.is_open for one in brought))
    assert [(one.state, one.clip) for one in brought] == [
        (UploadState.DONE, "v.mp4"),
        (UploadState.DONE, "v-2.mp4"),
        (UploadState.DONE, "v-3.mp4"),
    ]
    assert [one.id for one in monitor.uploads.all()] == [one.id for one in reversed(brought)]


def test_only_so_many_wait(monitor: Monitor, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "WAITING_AT_MOST", 1)
    long = bring(monitor, long_video(tmp_path))
    wait_until(lambda: long.state is UploadState.CONVERTING)
    bring(monitor, video)
    with pytest.raises(TooManyRequests, match="wait to be converted"):
        monitor.uploads.begin(CAM)


def test_a_monitor_that_closes_ends_what_is_under_way_and_leaves_nothing(
    settings: Settings, video: Path, tmp_path: Path
) -> None:
    long = long_video(tmp_path)
    with Monitor(settings.model_copy(update={"min_free_gb": 0.0}), profile=FAST) as monitor:
        converting = bring(monitor, long)
        wait_until(lambda: converting.state is UploadState.CONVERTING)
        waiting, receiving = bring(monitor, video), monitor.uploads.begin(CAM)
        monitor.uploads.write(receiving, video.read_bytes())
    assert {one.state for one in (converting, waiting, receiving)} == {UploadState.CANCELLED}
    assert left(monitor) == []
    with pytest.raises(UploadRefused):
        monitor.uploads.begin(CAM)


def test_a_disk_that_fills_while_it_is_converted_is_said(monitor: Monitor, tmp_path: Path) -> None:
    long = long_video(tmp_path)
    upload = monitor.uploads.begin(CAM)
    monitor.uploads.write(upload, long.read_bytes())
    full = threading.Event()
    monitor.settings.__dict__["min_free_gb"] = 1.0
    monitor.uploads._free = lambda _folder: 0 if full.is_set() else 10**12
    monitor.uploads.finish(upload)
    wait_until(lambda: upload.state is UploadState.CONVERTING)
    full.set()
    wait_until(lambda: not upload.is_open)
    assert upload.state is UploadState.REFUSED and "no room" in upload.error
    wait_until(lambda: left(monitor) == [])


def test_uploads_that_are_switched_off_are_refused(settings: Settings) -> None:
    off = settings.model_copy(update={"upload": UploadSettings(enabled=False)})
    with Monitor(off, profile=FAST) as monitor, pytest.raises(UploadRefused, match="switched off"):
        monitor.uploads.begin(CAM)


def test_what_ended_long_ago_is_forgotten(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "KEPT_STATES", 5)
    for _ in range(20):
        monitor.uploads.cancel(monitor.uploads.begin(CAM))
    assert len(monitor.uploads.all()) <= 6


SERVER = """
import sys
from pathlib import Path
from tests.monitor.test_uploads import FAST, Monitor, Settings, bring
folder, video = map(Path, sys.argv[1:])
settings = Settings(data_dir=folder, cameras={"cam": {"source": str(video.parent)}}, min_free_gb=0)
monitor = Monitor(settings, profile=FAST)
upload = monitor.uploads.begin("cam")
monitor.uploads.write(upload, video.read_bytes())
other = monitor.uploads.begin("cam")
monitor.uploads.write(other, video.read_bytes()[:1000])
monitor.uploads.finish(upload)
while upload.state != "converting" or not upload.fraction:
    pass
print("converting", flush=True)
input()
"""


def test_a_killed_server_leaves_no_process_and_the_next_one_no_file(tmp_path: Path) -> None:
    long, data = long_video(tmp_path / "videos"), tmp_path / "data"
    command = [sys.executable, "-c", SERVER, str(data), str(long)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "converting\n"
        server.send_signal(signal.SIGKILL)
    parts = list((data / "uploads").iterdir())
    assert len(parts) == 3, "the clip, what it is made of, and what was being received"
    wait_until(lambda: not subprocess.run(["pgrep", "-f", str(data / "uploads")], capture_output=True).stdout)
    with Monitor(Settings(data_dir=data, cameras={"cam": {"source": str(long.parent)}}), profile=FAST):
        assert list((data / "uploads").iterdir()) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_gigabytes_take_little_memory_and_nobody_else_waits(tmp_path: Path, video: Path) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").write_bytes(video.read_bytes())
    config = tmp_path / "livemon.toml"
    config.write_text(
        f'data_dir = "{tmp_path}/data"\nport = 0\nmin_free_gb = 0\n[cameras.cam]\nsource = "{tmp_path}/videos"\n'
    )
    command = [sys.executable, "-m", "livemon", "serve", "--config", str(config)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        port = None
        assert server.stdout is not None
        for line in server.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                port = int(found[1])
                break
        assert port
        process = psutil.Process(server.pid)
        done = threading.Event()
        waited_s: list[float] = []
        resident: list[int] = []

        def watch() -> None:
            while not done.wait(0.1):
                began_s = time.monotonic()
                other = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
                other.request("GET", f"{API_ROOT}/healthz")
                assert other.getresponse().status == 200
                other.close()
                waited_s.append(time.monotonic() - began_s)
                resident.append(process.memory_info().rss)

        watcher = threading.Thread(target=watch)
        watcher.start()
        time.sleep(3)
        before = max(resident)
        size, piece = 2 * 10**9 - 1000, os.urandom(2**20)
        sender = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        sender.putrequest("POST", f"{API_ROOT}/upload-video?camera_id=cam")
        sender.putheader("Content-Type", "video/mp4")
        sender.putheader("Content-Length", str(size))
        sender.endheaders()
        began_s = time.monotonic()
        sender.send(b"\0\0\0\x18ftypisom" + piece[12:])
        for _ in range(size // 2**20 - 1):
            sender.send(piece)
        sender.send(piece[: size % 2**20])
        assert sender.getresponse().status == 202
        took_s = time.monotonic() - began_s
        done.set()
        watcher.join()
        waited_s.sort()
        print(
            f"2 GB in {took_s:.1f} s, {(max(resident) - before) / 1e6:.0f} MB more, another waited {waited_s[-1]:.3f} s"
        )
        assert max(resident) - before < 100e6
        assert waited_s[int(len(waited_s) * 0.95)] < 0.3
        wait_until(lambda: not list((tmp_path / "data" / "uploads").iterdir()))
    finally:
        server.terminate()
        server.wait(PATIENCE_S)
