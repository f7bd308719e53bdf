"""A camera's copied footage for tests: 25 fps, B-frames, sound; each picture's brightness says which one it is."""

import json
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from livemon.base.datatypes import Image, Segment
from livemon.stream.segments import segment_name

FPS = 25
LEVELS = 50
"""Pictures are numbered modulo this: two seconds."""


def record(
    folder: Path,
    start_utc: datetime,
    duration_s: float = 8,
    *,
    segment_s: int = 2,
    size: str = "64x48",
    sound: bool = True,
    x264: str = "bframes=2:keyint=25:min-keyint=25:scenecut=0",
) -> list[Segment]:
    """Write segments as copy mode does; picture n is shown at `start_utc` + n/25 s and has brightness n mod 50."""
    folder.mkdir(parents=True, exist_ok=True)
    picture = f"color=black:size={size}:rate={FPS}:duration={duration_s},geq=lum='16+4*mod(N,{LEVELS})':cb=128:cr=128"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", picture]
    if sound:
        command += ["-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=48000:duration={duration_s}", "-c:a", "aac"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-crf", "10", "-x264-params", x264, "-pix_fmt", "yuv420p"]
    command += ["-f", "segment", "-segment_format", "mpegts", "-segment_time", str(segment_s), str(folder / "%03d.ts")]
    subprocess.run(command, check=True)
    segments = []
    for number, path in enumerate(sorted(folder.glob("[0-9][0-9][0-9].ts"))):
        length_s = min(segment_s, duration_s - number * segment_s)
        begin = start_utc + timedelta(seconds=number * segment_s)
        named = path.rename(folder / segment_name(begin, length_s, length_s))
        segments.append(Segment(begin, length_s, named, length_s))
    return segments


def number_of(image: Image) -> int:
    """Return a picture's number modulo `LEVELS`."""
    # Grey in BGR is the luma's limited range (16 to 235) stretched to 0 to 255.
    return round((float(image.mean()) * 219 / 255) / 4) % LEVELS


def number_at(start_utc: datetime, utc: datetime) -> int:
    """Return the number of the picture shown at a moment of a recording."""
    return int((utc - start_utc).total_seconds() * FPS + 1e-6) % LEVELS


def probe(path: Path, *entries: str) -> Any:
    """Ask ffprobe; the answer as JSON."""
    command = ["ffprobe", "-v", "error", *entries, "-of", "json", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
