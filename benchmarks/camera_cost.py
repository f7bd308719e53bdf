"""CPU seconds per camera-minute of a 1280x720 25 fps H.264 camera: livemon, bare ffmpeg, and the naive way.

    python benchmarks/camera_cost.py [seconds]

One network camera, many viewers of it at the same time; each viewer is a whole process tree. livemon runs four cameras
in one process, as it is meant to, and is divided by four. "Bare ffmpeg" does the same output as livemon: segments, an
archive, and pictures ready for looking, in one process.

The default of 1,200 s holds two whole windows: their archives and studies are in it. livemon runs without the detector
or the studies to measure their costs; the scene moves and is without people.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from common import record, steady_cost
from network_camera import NetworkCamera

CAMERAS = 4
QUIET = ["ffmpeg", "-v", "error", "-nostdin", "-y"]
TS = "-f segment -segment_format mpegts -segment_time 10".split()
MP4 = "-f segment -segment_format mp4 -segment_time 600".split()
FIT = "fps=5,scale=640:480:force_original_aspect_ratio=decrease,pad=640:480:(ow-iw)/2:(oh-ih)/2,format=yuv420p"
H264 = "-c:v libx264 -preset veryfast -tune zerolatency -crf 23 -threads 1 -bf 0 -g 10 -sc_threshold 0".split()


def bare_copy(url: str, folder: Path) -> list[str]:
    copied = ["-map", "0:v", "-c", "copy"]
    copies = [*copied, *TS, f"{folder}/s%d.ts", *copied, *MP4, f"{folder}/a%d.mp4"]
    pictures = ["-map", "0:v", "-vf", "scale=640:-2", "-vsync", "passthrough", "-q:v", "4", f"{folder}/k%d.jpg"]
    return [*QUIET, "-skip_frame", "nokey", "-i", url, *copies, *pictures]


def bare_transcode(url: str, folder: Path) -> list[str]:
    segments = f"[f=segment:segment_format=mpegts:segment_time=10]{folder}/s%d.ts"
    outputs = f"{segments}|[f=segment:segment_time=600]{folder}/a%d.mp4"
    filters = f"[0:v]{FIT},split[v][w];[w]scale=160:120,format=gray[g]"
    encoded = ["-filter_complex", filters, "-map", "[v]", *H264, "-flags", "+global_header", "-f", "tee", outputs]
    return [*QUIET, "-i", url, *encoded, "-map", "[g]", "-f", "rawvideo", "/dev/null"]


def bare_copy_only(url: str, folder: Path) -> list[str]:
    return [*QUIET, "-i", url, "-map", "0:v", "-c", "copy", *TS, f"{folder}/s%d.ts"]


def main(measure_s: float) -> None:
    camera = NetworkCamera(8790)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        root = Path(temporary)

        def folder(name: str) -> Path:
            (root / name).mkdir()
            return root / name

        here = str(Path(__file__).parent)
        watching = [sys.executable, f"{here}/watching.py"]
        commands = {
            "livemon_copy": [*watching, str(folder("lc")), camera.url, str(CAMERAS), "auto"],
            "livemon_copy_without_detector": [
                *watching,
                str(folder("ld")),
                camera.url,
                str(CAMERAS),
                "auto",
                "detector",
            ],
            "livemon_copy_without_studies": [*watching, str(folder("ls")), camera.url, str(CAMERAS), "auto", "studies"],
            "ffmpeg_copy_and_keyframes": bare_copy(camera.url, folder("bc")),
            "ffmpeg_copy_only": bare_copy_only(camera.url, folder("bo")),
            "livemon_transcode": [*watching, str(folder("lt")), camera.url, str(CAMERAS), "transcode"],
            "ffmpeg_transcode": bare_transcode(camera.url, folder("bt")),
            "naive": [sys.executable, f"{here}/naive_camera.py", camera.url, str(folder("n"))],
        }
        processes = {name: subprocess.Popen(command) for name, command in commands.items()}
        try:
            costs = steady_cost([p.pid for p in processes.values()], warm_up_s=40, measure_s=measure_s)
        finally:
            for process in processes.values():
                process.terminate()
            for process in processes.values():
                process.wait()
            camera.close()
    per_minute = {
        name: cost.cpu_s * 60 / measure_s / (CAMERAS if name.startswith("livemon") else 1)
        for name, cost in zip(processes, costs, strict=True)
    }
    record(
        "camera_cost",
        {
            "measured_s": measure_s,
            "cpu_s_per_camera_minute": {name: round(value, 3) for name, value in per_minute.items()},
            "parts_of_copy": {
                part: round(per_minute["livemon_copy"] - per_minute[f"livemon_copy_without_{part}"], 3)
                for part in ("detector", "studies")
            },
            "copy_to_naive": f"1/{per_minute['naive'] / per_minute['livemon_copy']:.1f}",
            "copy_to_ffmpeg": round(per_minute["livemon_copy"] / per_minute["ffmpeg_copy_and_keyframes"], 2),
            "transcode_to_ffmpeg": round(per_minute["livemon_transcode"] / per_minute["ffmpeg_transcode"], 2),
            "rss_mb": {name: round(cost.rss_mb) for name, cost in zip(processes, costs, strict=True)},
        },
    )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1200.0)
