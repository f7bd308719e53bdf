"""A server killed at any moment: at most the segment being written is lost, and nothing disagrees afterwards."""

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from livemon.stream.segments import list_segments
from tests.conftest import make_video

SERVER = """
import sys, time
from livemon.config import Settings
from livemon.monitor import Monitor
from livemon.streaming import StreamProfile
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
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("kills", "longest_s"), [(3, 3.0), pytest.param(20, 6.0, marks=pytest.mark.slow)], ids=["3", "20"]
)
@pytest.mark.timeout(400)
def test_a_server_killed_at_random_instants_loses_at_most_a_segment_each_time(
    tmp_path: Path, kills: int, longest_s: float
) -> None:
    data = tmp_path / "data"
    video = make_video(tmp_path / "a.mp4", duration_s=8, rate="10", gop=10)
    chance = random.Random(20261123)
    running: list[tuple[float, float]] = []
    for _ in range(kills):
        command = [sys.executable, "-c", SERVER, str(data), str(video)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout
            assert server.stdout.readline() == "ready\n"
            born_s = time.time()
            time.sleep(2.5 + chance.uniform(0, longest_s))
            os.kill(server.pid, signal.SIGKILL)
            running.append((born_s, time.time()))
        deadline_s = time.monotonic() + 5
        while ffmpegs_of(data) and time.monotonic() < deadline_s:
            time.sleep(0.05)
        assert ffmpegs_of(data) == [], "ffmpeg dies with the process that started it"
    for camera in ("a", "b"):
        segments = list_segments(data / "cameras" / camera / "hls")
        for before, after in itertools.pairwise(segments):
            assert after.start_utc >= before.end_utc
        for born_s, killed_s in running:
            own = [
                s for s in segments if born_s <= s.start_utc.timestamp() + 1 and s.end_utc.timestamp() <= killed_s + 1
            ]
            assert own, "a run of seconds left something"
            lost_s = killed_s - own[-1].end_utc.timestamp()
            assert lost_s < 2.6, "more than the segment being written was lost"
            inside = sum(1 for x, y in itertools.pairwise(own) if y.start_utc - x.end_utc > timedelta(seconds=0.1))
            assert inside == 0, "nothing is missing within a run"
    config = tmp_path / "livemon.toml"
    config.write_text(f'data_dir = "{data}"\n[cameras.a]\nsource = "{video}"\n[cameras.b]\nsource = "test-pattern"\n')
    verified = livemon(data, config, "archive", "verify", "--deep")
    assert verified.returncode == 0, verified.stdout + verified.stderr
