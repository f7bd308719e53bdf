"""From something happening in a rendered clip to its event in the database, against the clips' exact ground truth.

    python benchmarks/event_delay.py [seconds]

An event counts for a labelled happening when it began within five seconds of it; the first such row decides. Open
pages ask for new rows once a second, so the screen is at most that much later.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from datetime import timedelta

from common import demo_clips, record

from livemon import Monitor

LOOKED_FOR = {"person_enters", "person_leaves", "person_falls", "lighting_change"}
NEAR_S = 5.0
SETTLE_S = 60.0


def main(watch_s: float) -> None:
    clips = demo_clips()
    cameras = {"demo": {"source": str(clips)}}
    with tempfile.TemporaryDirectory() as data_dir, Monitor(data_dir=data_dir, cameras=cameras) as monitor:
        monitor.start("demo")
        time.sleep(watch_s + SETTLE_S)
        events = monitor.events("demo", limit=1000)
        starts = list(monitor.camera("demo").source.clip_starts)
        ended = monitor.clock.now() - timedelta(seconds=SETTLE_S)
    delays, missed = [], []
    for clip_start_utc, name in starts:
        label = json.loads((clips / "labels" / f"{name}.json").read_text())
        for happening in (e for e in label["events"] if e["type"] in LOOKED_FOR):
            moment = clip_start_utc + timedelta(seconds=happening["start_s"])
            if moment > ended:
                continue
            near = events[(events["start_utc"] - moment).abs() <= timedelta(seconds=NEAR_S)]
            if near.empty:
                missed.append(f"{name} {happening['type']} at {happening['start_s']} s")
            else:
                delays.append((near["created_utc"].min() - moment).total_seconds())
    record(
        "event_delay",
        {
            "watched_s": watch_s,
            "happenings": len(delays) + len(missed),
            "with_an_event": len(delays),
            "delay_s": {"median": round(statistics.median(delays), 1), "max": round(max(delays), 1)},
            "without": missed,
        },
    )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 240.0)
