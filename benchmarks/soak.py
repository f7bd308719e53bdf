"""An hour of `livemon serve` with every kind of stream: memory, open files and threads must stay flat.

    python benchmarks/soak.py [minutes]

Cameras: RTSP copied (GStreamer's server), HTTP copied with 2 s segments, the same transcoded, the folder of demo clips,
all looked at by the local model. Playlist, status and events are asked for every second, as pages do.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
from common import ROOT, demo_clips, record
from network_camera import NetworkCamera

PORT = 8770
API = f"http://127.0.0.1:{PORT}/api/live-monitoring"
RTSP_PORT = 8771


def numbers(pid: int) -> dict[str, float]:
    """The server's memory, open files and threads, and those of its ffmpegs together."""
    server = psutil.Process(pid)
    children = server.children(recursive=True)
    return {
        "rss_mb": server.memory_info().rss / 1e6,
        "ffmpeg_rss_mb": sum(child.memory_info().rss for child in children) / 1e6,
        "fds": server.num_fds(),
        "threads": server.num_threads(),
        "processes": len(children),
    }


def ask(path: str) -> None:
    with urllib.request.urlopen(f"{API}/{path}", timeout=30) as answer:
        answer.read()


def main(minutes: float) -> None:
    camera = NetworkCamera(8794)
    rtsp_camera = ["/usr/bin/python3", str(ROOT / "tests" / "rtsp_server.py"), "--port", str(RTSP_PORT)]
    looks = ["--size", "640x480", "--gop", "50", "--audio", "aac"]
    rtsp = subprocess.Popen([*rtsp_camera, *looks], stdout=subprocess.PIPE)
    assert rtsp.stdout
    rtsp.stdout.readline()
    seen: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        config = Path(temporary) / "livemon.toml"
        config.write_text(
            f'data_dir = "{temporary}/data"\nport = {PORT}\n'
            f'[cameras.rtsp]\nsource = "rtsp://127.0.0.1:{RTSP_PORT}/cam"\n'
            f'[cameras.low]\nsource = "{camera.url}"\nlatency = "low"\n'
            f'[cameras.transcoded]\nsource = "{camera.url}"\nmode = "transcode"\n'
            f'[cameras.clips]\nsource = "{demo_clips()}"\n'
        )
        server = subprocess.Popen([sys.executable, "-m", "livemon", "serve", "--config", str(config)])
        try:
            time.sleep(60)
            until_s = time.monotonic() + minutes * 60
            while time.monotonic() < until_s:
                for path in ("hls/low/index.m3u8", "stream-status/rtsp", "events/clips?limit=20", "cameras"):
                    ask(path)
                if len(seen) < (minutes * 60 - (until_s - time.monotonic())) / 60:
                    seen.append(numbers(server.pid))
                    print(f"{len(seen):3d} min", {k: round(v) for k, v in seen[-1].items()}, flush=True)
                time.sleep(1)
        finally:
            server.terminate()
            server.wait()
            camera.close()
            rtsp.kill()
            rtsp.wait()
    fifth = max(1, len(seen) // 5)

    def mean(part: list[dict[str, float]], key: str) -> int:
        return round(sum(entry[key] for entry in part) / len(part))

    # The first minutes fill caches; what grows after them is a leak.
    early, late = seen[fifth : 2 * fifth], seen[-fifth:]
    record(
        "soak",
        {
            "minutes": minutes,
            **{key: {"second_fifth": mean(early, key), "last_fifth": mean(late, key)} for key in seen[0]},
            "most_fds": max(entry["fds"] for entry in seen),
            "most_threads": max(entry["threads"] for entry in seen),
        },
    )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
