"""A server killed at any moment: at most the segment being written is lost, and nothing disagrees afterwards."""

import itertools
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from multiprocessing.synchronize import Event
from pathlib import Path

import psutil
import pytest

from livemon.archive.camera_archive import CameraArchive
from livemon.base.clock import SystemClock
from livemon.base.settings.settings import Settings
from livemon.store import archives, writes
from livemon.store.session import Database
from livemon.stream.segments import list_segments
from tests.conftest import MORNING, make_video
from tests.recorded import record
from tests.waiting import PATIENCE_S, wait_until

SERVER = """
import sys, time
from livemon.base.clock import SystemClock
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.base.stream_types import StreamProfile
settings = Settings(data_dir=sys.argv[1], cameras={"a": {"source": sys.argv[2]}, "b": {"source": "test-pattern"}})
with Monitor(settings, profile=StreamProfile(width=64, height=48, gop_s=1, segment_s=1)) as monitor:
    monitor.start_all()
    print("ready", flush=True)
    time.sleep(3600)
"""


def ffmpegs_of(data: Path) -> list[int]:
    return [p.pid for p in psutil.process_iter(["cmdline"]) if str(data) in " ".join(p.info["cmdline"] or [])]


def livemon(data: Path, config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "livemon", *arguments, "--config", str(config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)


@pytest.mark.parametrize(
    ("kills", "longest_s"), [(3, 3.0), pytest.param(20, 6.0, marks=pytest.mark.slow)], ids=["3", "20"]
)
@pytest.mark.timeout(900)
def test_a_server_killed_at_random_instants_loses_at_most_a_segment_each_time(
    tmp_path: Path, kills: int, longest_s: float
) -> None:
    data = tmp_path / "data"
    video = make_video(tmp_path / "a.mp4", duration_s=8, rate="10", gop=10)
    chance = random.Random(20261123)
    folders = [data / "cameras" / camera / "hls" for camera in ("a", "b")]
    counts = [[0] for _ in folders]
    for _ in range(kills):
        command = [sys.executable, "-c", SERVER, str(data), str(video)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout
            assert server.stdout.readline() == "ready\n"
            for folder, count in zip(folders, counts, strict=True):
                wait_until(lambda: len(list_segments(folder)) > count[-1], "no segment")  # noqa: B023 - called here
            time.sleep(chance.uniform(0, longest_s))
            os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: not ffmpegs_of(data), "ffmpeg dies with the process that started it")
        for folder, count in zip(folders, counts, strict=True):
            count.append(len(list_segments(folder)))
            lost = len(list((folder / "incoming").glob("*.ts")))
            assert lost <= 3, "more was lost than the segment being written and those announced in that moment"
    for folder, count in zip(folders, counts, strict=True):
        segments = list_segments(folder)
        for before, after in itertools.pairwise(segments):
            assert after.start_utc >= before.end_utc
        for run, (begin, end) in enumerate(itertools.pairwise(count)):
            between = [y.start_utc - x.end_utc for x, y in itertools.pairwise(segments[begin:end])]
            holes = [hole for hole in between if hole > timedelta(seconds=0.1)]
            # A run may list first what the killed one had not finished; the hole of the kill comes after it.
            assert len(holes) <= (1 if run else 0), "nothing is missing within a run"
    config = tmp_path / "livemon.toml"
    config.write_text(f'data_dir = "{data}"\n[cameras.a]\nsource = "{video}"\n[cameras.b]\nsource = "test-pattern"\n')
    verified = livemon(data, config, "archive", "verify", "--deep")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def archive_for_ever(data: Path, ready: Event) -> None:
    """Archive what waits and delete it as retention does, again and again, until this process is killed."""
    settings = Settings(data_dir=data, cameras={"a": {"source": "test-pattern"}})
    database, clock = Database(settings.database), SystemClock()
    writes.upsert_camera(database, "a", "a", "test-pattern", clock.now())
    keeper = CameraArchive("a", settings, database)
    keeper.recover()
    ready.set()
    while True:
        for window in keeper.waiting(clock.now()):
            keeper.make(window, keeper.segments())
        for row in archives.records(database, "a"):
            # As retention does: the row first.
            archives.drop_row(database, row.id)
            (settings.data_dir / row.path).unlink()


@pytest.mark.timeout(900)
def test_archiving_killed_at_twenty_random_instants_leaves_rows_and_files_in_agreement(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for window in range(3):
        record(data / "cameras" / "a" / "hls", MORNING + timedelta(minutes=10 * window), segments=20)
    segments = sorted((data / "cameras" / "a" / "hls").iterdir())
    chance = random.Random(20261123)
    config = tmp_path / "livemon.toml"
    config.write_text(f'data_dir = "{data}"\n[cameras.a]\nsource = "test-pattern"\n')
    settings = Settings(data_dir=data, cameras={"a": {"source": "test-pattern"}})
    leftovers = 0
    # What a process needs is imported once for all twenty.
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload([__name__])
    for _ in range(20):
        ready = forked.Event()
        archiving = forked.Process(target=archive_for_ever, args=(data, ready))
        archiving.start()
        assert ready.wait(PATIENCE_S)
        time.sleep(chance.uniform(0, 0.3))
        archiving.kill()
        archiving.join()
        database = Database(settings.database)
        keeper = CameraArchive("a", settings, database)
        leftovers += any(finding.missing for finding in keeper.examine())
        keeper.recover()
        for window in keeper.waiting(SystemClock().now()):
            keeper.make(window, keeper.segments())  # what the archiver does next
        files = {path.name for path in keeper.folder.iterdir()} if keeper.folder.is_dir() else set()
        rows = {Path(row.path).name for row in archives.records(database, "a")}
        database.close()
        assert rows == files, "no row without a file, no file without a row"
    assert leftovers == 0, "a row never spoke of a file that was not there"
    assert sorted((data / "cameras" / "a" / "hls").iterdir()) == segments
    rebuilt = livemon(data, config, "archive", "rebuild")
    assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
    verified = livemon(data, config, "archive", "verify", "--deep")
    assert "3 archive(s), all well" in verified.stdout, verified.stdout + verified.stderr
