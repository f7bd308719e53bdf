"""The transcode profile against bare ffmpeg doing the same output, side by side, whole process trees.

    python benchmarks/transcode.py [seconds]

Three process trees run at the same time on the same machine, each in real time:

- livemon: a Python process with an HLSStreamGenerator over the demo clips;
- by hand: `ffmpeg -re` over the original clips with the same filters, encoder and segments (what one would type);
- encode only: `ffmpeg -re` over one file that is already in the profile's size and rate.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from common import demo_clips, record, steady_cost

ENCODER = (
    "-an -c:v libx264 -preset veryfast -tune zerolatency -crf 23 -threads 1 -bf 0 -g 10 -sc_threshold 0 -r 5".split()
)
HLS = "-f hls -hls_time 10 -hls_list_size 6 -hls_flags delete_segments+program_date_time+temp_file".split()
FIT = (
    "fps=5,scale=640:480:force_original_aspect_ratio=decrease:force_divisible_by=2,"
    "pad=640:480:(ow-iw)/2:(oh-ih)/2,setsar=1,format=yuv420p"
)
QUIET = ["ffmpeg", "-v", "error", "-nostdin", "-y"]


def livemon_streams(clips: Path, out: Path) -> None:
    """Stream for ever, as a process of its own."""
    from livemon.base.clock import SystemClock
    from livemon.base.stream_types import StreamProfile
    from livemon.stream.live.hls import HLSStreamGenerator
    from livemon.stream.sources.registry import open_source

    profile = StreamProfile()
    source = open_source(str(clips), out / "clips", profile, lambda _name, _why: None)
    asyncio.run(HLSStreamGenerator("bench", source, out / "hls", profile, SystemClock(), lambda _segment: None).run())


def main(measure_s: float) -> None:
    clips = demo_clips()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        listed = folder / "list.ffconcat"
        listed.write_text("ffconcat version 1.0\n" + "".join(f"file '{p}'\n" for p in sorted(clips.glob("*.mp4"))))
        ready = folder / "ready.mp4"
        concat = ["-f", "concat", "-safe", "0", "-i", str(listed)]
        subprocess.run([*QUIET, *concat, "-vf", FIT, *ENCODER, "-crf", "18", str(ready)], check=True)
        for name in ("hand", "encode"):
            (folder / name).mkdir()
        looped = ["-re", "-stream_loop", "-1"]
        processes = [
            subprocess.Popen(
                [sys.executable, __file__, "--stream", str(clips), str(folder)], stderr=subprocess.DEVNULL
            ),
            subprocess.Popen([*QUIET, *looped, *concat, "-vf", FIT, *ENCODER, *HLS, str(folder / "hand" / "i.m3u8")]),
            subprocess.Popen([*QUIET, *looped, "-i", str(ready), *ENCODER, *HLS, str(folder / "encode" / "i.m3u8")]),
        ]
        try:
            # The warm-up covers a whole round of the clips: each is normalised once, and never again.
            ours, hand, encode = steady_cost([p.pid for p in processes], warm_up_s=230, measure_s=measure_s)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()
    percent = {name: round(100 * cost.cpu_s / measure_s, 2) for name, cost in
               (("livemon", ours), ("by_hand", hand), ("encode_only", encode))}  # fmt: skip
    record(
        "transcode",
        {
            "measured_s": measure_s,
            "cpu_percent_of_a_core": percent,
            "ratio_to_by_hand": round(ours.cpu_s / hand.cpu_s, 3),
            "ratio_to_encode_only": round(ours.cpu_s / encode.cpu_s, 3),
            "rss_mb": {"livemon": round(ours.rss_mb), "by_hand": round(hand.rss_mb)},
        },
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--stream"]:
        livemon_streams(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 180.0)
