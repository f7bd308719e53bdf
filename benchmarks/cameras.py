"""CPU and memory of `livemon serve` with 1, 2 and 4 cameras, everything on: streams, gate, looks, archives.

python benchmarks/cameras.py [seconds]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from common import Cost, demo_clips, record, steady_cost

from livemon.base.stream_types import StreamProfile
from livemon.stream.sources.video_queue import VideoQueue

COUNTS = (1, 2, 4)


def serve_cost(cameras: int, clips: Path, measure_s: float) -> Cost:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        config = folder / "livemon.toml"
        sections = "".join(f'[cameras.c{i}]\nsource = "{clips}"\n' for i in range(cameras))
        config.write_text(f'data_dir = "{folder / "data"}"\nport = {8700 + cameras}\n{sections}')
        # Converting the clips happens once in a folder's life; it is not what a running camera costs.
        queue = VideoQueue(clips, folder / "data" / "clips", StreamProfile(), lambda _name, _why: None)
        for _ in queue.scan():
            queue.next_clip()
        process = subprocess.Popen([sys.executable, "-m", "livemon", "serve", "--config", str(config)])
        try:
            return steady_cost([process.pid], warm_up_s=60, measure_s=measure_s)[0]
        finally:
            process.terminate()
            process.wait()


def main(measure_s: float) -> None:
    clips = demo_clips()
    costs = {count: serve_cost(count, clips, measure_s) for count in COUNTS}
    added = COUNTS[-1] - COUNTS[0]
    first, last = costs[COUNTS[0]], costs[COUNTS[-1]]
    record(
        "cameras",
        {
            "measured_s": measure_s,
            "cpu_percent_of_a_core": {c: round(100 * cost.cpu_s / measure_s, 1) for c, cost in costs.items()},
            "rss_mb": {c: round(cost.rss_mb) for c, cost in costs.items()},
            "added_camera_cpu_percent": round(100 * (last.cpu_s - first.cpu_s) / measure_s / added, 1),
            "added_camera_rss_mb": round((last.rss_mb - first.rss_mb) / added),
        },
    )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 100.0)
