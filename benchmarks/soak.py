"""Three hours of `livemon serve` with every kind of stream: memory, files, threads, database and disk stay flat.

    python benchmarks/soak.py [minutes]        or: make soak

Cameras: RTSP copied (GStreamer's server), HTTP copied with short segments, the same transcoded, the folder of demo
clips, all looked at by the local model. Footage is kept for 25 minutes, so that the disk is full after half an hour.
Playlist, status, events and costs are asked for every second, a frame, a clip and a search every minute, as pages do.
A Chromium has Live open and loads it anew every five minutes. Flat means: the mean of the last quarter is at most 10 %
above that of the first one, both after the first half hour (after a third, when it runs for less). Ends with 1, and
says what grows, if not.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from common import ROOT, demo_clips, record
from network_camera import NetworkCamera
from playwright.sync_api import sync_playwright

PORT = 8770
API = f"http://127.0.0.1:{PORT}/api/live-monitoring"
RTSP_PORT = 8771
SETTLED_MIN, QUARTERS, MOST_GROWTH = 30.0, 4, 1.10
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]


def numbers(pid: int, data: Path) -> dict[str, float]:
    """Return the server's memory, open files and threads, those of its ffmpegs together, and what is on the disk."""
    server = psutil.Process(pid)
    children = server.children(recursive=True)
    return {
        "rss_mb": server.memory_info().rss / 1e6,
        "ffmpeg_rss_mb": sum(child.memory_info().rss for child in children) / 1e6,
        "fds": server.num_fds(),
        "threads": server.num_threads(),
        "processes": len(children),
        "database_mb": sum(size(path) for path in data.glob("livemon.db*")) / 1e6,
        "disk_mb": sum(size(path) for path in data.rglob("*")) / 1e6,
    }


def size(path: Path) -> int:
    """Return a file's size; 0 for a folder, and for one that is deleted meanwhile."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0


def ask(path: str) -> None:
    with urllib.request.urlopen(f"{API}/{path}", timeout=30) as answer:
        answer.read()


def ask_now_and_then() -> None:
    """Ask for what costs more: a picture, a clip and a search of the last minutes."""
    until = datetime.now(UTC) - timedelta(seconds=30)
    start, end = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (until - timedelta(seconds=20), until))
    for path in (
        f"frames/low.jpg?at={start}",
        f"clips/rtsp.mp4?start={start}&end={end}",
        "events?text=person&limit=20",
    ):
        with suppress(urllib.error.HTTPError):  # a camera that begins has no footage of it yet
            ask(path)


def grown(seen: list[dict[str, float]], minutes: float) -> tuple[dict[str, object], list[str]]:
    """Return the means of the first and the last quarter after the start, and the names of what grew."""
    settled = seen[round(min(SETTLED_MIN, minutes / 3)) :]
    quarter = max(1, len(settled) // QUARTERS)
    means = {
        key: [sum(one[key] for one in part) / len(part) for part in (settled[:quarter], settled[-quarter:])]
        for key in seen[0]
    }
    names = [key for key, (first, last) in means.items() if last > MOST_GROWTH * first + 1]
    return {key: {"first": round(first, 1), "last": round(last, 1)} for key, (first, last) in means.items()}, names


def watch(server: subprocess.Popen[bytes], data: Path, minutes: float) -> list[dict[str, float]]:
    """Use the server for so long; returns its numbers of each minute."""
    seen: list[dict[str, float]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_page()
        begun_s = time.monotonic()
        while (passed_s := time.monotonic() - begun_s) < minutes * 60:
            for path in ("hls/low/index.m3u8", "stream-status/rtsp", "events/clips?limit=20", "cameras", "costs"):
                ask(path)
            if len(seen) <= passed_s / 60:
                if len(seen) % 5 == 0:
                    page.goto(f"http://127.0.0.1:{PORT}/")
                ask_now_and_then()
                seen.append(numbers(server.pid, data))
                print(f"{len(seen):3d} min", {k: round(v) for k, v in seen[-1].items()}, flush=True)
            time.sleep(1)
        browser.close()
    return seen


def main(minutes: float) -> int:
    """Run it; returns the exit code."""
    camera = NetworkCamera(8794)
    rtsp_camera = ["/usr/bin/python3", str(ROOT / "tests" / "rtsp_server.py"), "--port", str(RTSP_PORT)]
    looks = ["--size", "640x480", "--gop", "50", "--audio", "aac"]
    rtsp = subprocess.Popen([*rtsp_camera, *looks], stdout=subprocess.PIPE)
    assert rtsp.stdout
    rtsp.stdout.readline()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        config = Path(temporary) / "livemon.toml"
        config.write_text(
            f'data_dir = "{temporary}/data"\nport = {PORT}\nretention_days = {25 / 1440}\ntime_shift_s = 900\n'
            f'[cameras.rtsp]\nsource = "rtsp://127.0.0.1:{RTSP_PORT}/cam"\n'
            f'[cameras.low]\nsource = "{camera.url}"\nlatency = "low"\n'
            f'[cameras.transcoded]\nsource = "{camera.url}"\nmode = "transcode"\n'
            f'[cameras.clips]\nsource = "{demo_clips()}"\n'
        )
        server = subprocess.Popen([sys.executable, "-m", "livemon", "serve", "--config", str(config)])
        try:
            time.sleep(60)
            seen = watch(server, Path(temporary) / "data", minutes)
        finally:
            server.terminate()
            server.wait()
            camera.close()
            rtsp.kill()
            rtsp.wait()
    means, names = grown(seen, minutes)
    most = {f"most_{key}": max(entry[key] for entry in seen) for key in ("fds", "threads")}
    record("soak", {"minutes": minutes, **means, **most, "grew": names})
    if names:
        print(f"These grew by more than {MOST_GROWTH - 1:.0%}: {', '.join(names)}", file=sys.stderr)
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 180.0))
