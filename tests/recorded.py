"""Segments as a camera in copy mode leaves them, made in a moment."""

import subprocess
from datetime import datetime, timedelta
from pathlib import Path

from livemon.base.datatypes import Segment
from livemon.stream.segments import segment_name


def record(
    folder: Path,
    start_utc: datetime,
    *,
    segments: int = 4,
    segment_s: int = 1,
    size: str = "64x48",
    rate: int = 5,
    sound: bool = False,
    b_frames: int = 0,
    clock_rate: float = 1.0,
) -> list[Segment]:
    """Write finished segments that begin at `start_utc`.

    `clock_rate` is how fast the camera's own clock runs: at 1.01 its ten seconds are 9.9 on the wall.
    """
    folder.mkdir(parents=True, exist_ok=True)
    length_s = segments * segment_s
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-f",
        "lavfi",
        "-i",
        f"testsrc=size={size}:rate={rate}:duration={length_s}",
    ]
    command += ["-f", "lavfi", "-i", f"anullsrc=r=16000:cl=mono:d={length_s}"] if sound else []
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-pix_fmt", "yuv420p", "-bf", str(b_frames)]
    command += ["-g", str(rate * segment_s), "-sc_threshold", "0", "-c:a", "aac", "-f", "segment"]
    command += ["-segment_format", "mpegts", "-segment_time", str(segment_s), str(folder / "raw_%04d.ts")]
    subprocess.run(command, check=True)
    made = []
    for number in range(segments):
        at = start_utc + timedelta(milliseconds=round(number * segment_s * 1000 / clock_rate))
        after = start_utc + timedelta(milliseconds=round((number + 1) * segment_s * 1000 / clock_rate))
        wall_s = (after - at).total_seconds()
        path = folder / segment_name(at, wall_s, segment_s)
        (folder / f"raw_{number:04d}.ts").rename(path)
        made.append(Segment(at, wall_s, path, segment_s))
    return made
