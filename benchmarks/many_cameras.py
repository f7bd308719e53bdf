"""Number of 1280x720 25 fps H.264 cameras that one livemon copies on this machine with no late segment.

    python benchmarks/many_cameras.py [cameras] [seconds]

All cameras are `network_camera.py` over HTTP, whose sending counts as load too, because no other machine does it here.
Gate, looks (of a model that answers nothing) and archives are on. A segment is late when its file is finished more than
two seconds after its own end. Missing footage, reconnections and segments without a look count as well.
"""

from __future__ import annotations

import itertools
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import record, tree_cost
from network_camera import NetworkCamera

from livemon.base.datatypes import Segment
from livemon.stream.segments import list_segments

LATE_S = 2.0


def main(cameras: int, measure_s: float) -> None:
    camera = NetworkCamera(8793)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        watching = [sys.executable, str(Path(__file__).parent / "watching.py")]
        process = subprocess.Popen([*watching, temporary, camera.url, str(cameras), "auto"])
        try:
            time.sleep(60 + cameras / 2)
            before, began_s = tree_cost(process.pid), time.time()
            time.sleep(measure_s)
            after, ended_s = tree_cost(process.pid), time.time()
            late = missing = segments = 0
            longest_s = 0.0
            for n in range(cameras):
                own = list_segments(Path(temporary) / "cameras" / f"c{n}" / "hls")
                own = [s for s in own if began_s <= s.start_utc.timestamp() and s.end_utc.timestamp() < ended_s - 15]
                delays_s = [delay_s(segment) for segment in own]
                late += sum(delay > LATE_S for delay in delays_s)
                longest_s = max(longest_s, *delays_s, 0.0)
                segments += len(own)
                gaps = sum((b.start_utc - a.end_utc).total_seconds() > 0.1 for a, b in itertools.pairwise(own))
                expected = (measure_s - 40) / 10.5
                missing += gaps + (len(own) < expected)
        finally:
            process.terminate()
            process.wait()
            camera.close()
        with sqlite3.connect(f"{temporary}/livemon.db") as database:
            looks = database.execute("select count(*) from vlm_calls").fetchone()[0]
    record(
        "many_cameras",
        {
            "cameras": cameras,
            "measured_s": measure_s,
            "segments": segments,
            "late_segments": late,
            "gaps_or_missing": missing,
            "longest_delay_s": round(longest_s, 2),
            "looks": looks,
            "cpu_percent_of_a_core": round(100 * (after.cpu_s - before.cpu_s) / measure_s),
            "rss_mb": round(after.rss_mb),
        },
    )


def delay_s(segment: Segment) -> float:
    """Delay from a segment's end to its finished file."""
    return segment.path.stat().st_mtime - segment.end_utc.timestamp()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100, float(sys.argv[2]) if len(sys.argv) > 2 else 300.0)
