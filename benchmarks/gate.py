"""The motion gate alone: how much labelled motion it sees, how much still time it skips, what light and noise do to it.

    python benchmarks/gate.py [FOLDER] [--quick] [--verbose]

FOLDER (or TEST_FOOTAGE) holds `clips/` and `labels/<clip file name>.json` with `duration_s`, `motion_s` ([start, end]
in seconds) and `events` (`start_s`, `end_s`, `type`). The rendered demo clips, with exact labels, are always there.

Every clip goes through livemon's own live command (640x480, 5 fps, H.264) and is decoded as for the gate. *Copied*
decodes only the keyframes of the same segments, two seconds apart, as of a copied camera. The *trials* spoil the demo
clips on purpose before they are encoded. They add sensor noise, darkness, haze, flicker, exposure, gamma, lamps, a poor
encoder, or a scene far away. `--quick` leaves them out.

Scores (pure functions, tests/benchmarks/test_gate_scoring.py), second by second:
- a second is *motion* when at least half of it lies in `motion_s`; it is found when the gate says motion in it;
- a second is *still* when it lies a second or more away from `motion_s` and from events in which somebody moves;
  it is skipped when the gate says no motion in it. A change of light is not motion: its seconds are still;
- the rest is within the labels' tolerance of a second, and counts as neither;
- a clip labelled `camera_motion` is counted apart: what a shaken camera does to the gate is shown, not judged.
A labelled event in which a person moves is *found* when the gate reports motion between its start and its end. A change
of light is *noticed* when the gate reports it within ten seconds, which is worth one look.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from common import demo_clips, record

from livemon.base.datatypes import MotionSample, Segment
from livemon.base.errors import SourceError
from livemon.base.stream_types import StreamProfile
from livemon.cameras.look_planner import GATE_WIDTH
from livemon.detect.motion import MotionGate, light_switched, moving
from livemon.lab.data.clips import START_UTC, cut_clip
from livemon.stream.ffmpeg import local_url
from livemon.stream.files.frames import read_frames

PROFILE = StreamProfile()
TOLERANCE_S = 1.0

LIGHT = "lighting_change"
SHAKE = "camera_motion"
RESTING = {"person_lies", "person_stands", "person_sits", "person_visible", LIGHT, SHAKE}
"""Events that may last while nothing moves."""

MOTION, STILL, UNSURE = "motion", "still", "unsure"

TRIALS = {
    "noise": "noise=c0s=20:c0f=t",
    "much noise": "noise=c0s=50:c0f=t",
    "dark, noise": "lutyuv=y='16+(val-16)*0.3',noise=c0s=20:c0f=t",
    "dark, amplified": "lutyuv=y='40+(val-16)*0.3',noise=c0s=40:c0f=t",
    "very dim": "lutyuv=y='16+(val-16)*0.25'",
    "haze": "lutyuv=y='110+(val-16)*0.3',noise=c0s=8:c0f=t",
    "flicker": "eq=brightness='0.04*sin(2*PI*t*1.7)':eval=frame,noise=c0s=8:c0f=t",
    "gamma drifts": "eq=gamma='1+0.5*sin(2*PI*t/7)':eval=frame,noise=c0s=8:c0f=t",
    "gamma steps": "eq=gamma='if(lt(mod(t,8),4),1,1.8)':eval=frame,noise=c0s=8:c0f=t",
    "exposure steps": "eq=contrast='if(lt(mod(t,8),4),1,0.7)':brightness='if(lt(mod(t,8),4),0,-0.1)':eval=frame,"
    "noise=c0s=8:c0f=t",
    "lamp switches": "vignette=angle='if(lt(mod(t,10),5),PI/6,PI/4.2)':x0=160:y0=160:eval=frame,noise=c0s=8:c0f=t",
    "lamp fades": "vignette=angle='PI/5+PI/25*sin(2*PI*t/10)':x0=160:y0=160:eval=frame,noise=c0s=8:c0f=t",
    "far away": "scale=256:-2,pad=640:480:200:120:0x606060,noise=c0s=8:c0f=t",
    "poor encoder": "noise=c0s=20:c0f=t",
}
"""Distortions of the demo clips before they are encoded; the last comes out of an encoder of 120 kbit/s."""

POOR_ENCODER = "-c:v libx264 -preset veryfast -b:v 120k -g 20 -tune zerolatency -threads 1".split()

Span = tuple[float, float]


@dataclass(slots=True)
class Score:
    """Seconds and events by what the gate made of them."""

    motion: int = 0
    found: int = 0
    still: int = 0
    skipped: int = 0
    events: int = 0
    events_found: int = 0
    lights: int = 0
    lights_noticed: int = 0
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True)
class Clip:
    """A labelled clip; `label` is its label file."""

    path: Path
    label: Mapping[str, Any]

    @property
    def shaken(self) -> bool:
        return any(event["type"] == SHAKE for event in self.label["events"])


def overlap_s(start_s: float, end_s: float, spans: Sequence[Span]) -> float:
    """Return how much of [start, end] lies in `spans`, which do not overlap each other."""
    return sum(max(0.0, min(end_s, last) - max(start_s, first)) for first, last in spans)


def without(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """Return `spans` with `holes` cut out."""
    rest = list(spans)
    for hole_start, hole_end in holes:
        cut = [((a, min(b, hole_start)), (max(a, hole_end), b)) for a, b in rest]
        rest = [part for pair in cut for part in pair if part[1] - part[0] > 1e-6]
    return rest


def spans_of(label: Mapping[str, Any], *types: str) -> list[Span]:
    return [(float(e["start_s"]), float(e["end_s"])) for e in label["events"] if e["type"] in types]


def seconds_of(label: Mapping[str, Any]) -> list[str]:
    """Say of each whole second of a clip whether it is motion, still or unsure."""
    motion = without([(float(a), float(b)) for a, b in label["motion_s"]], spans_of(label, LIGHT))
    busy = [span for e in label["events"] if e["type"] not in RESTING for span in spans_of({"events": [e]}, e["type"])]
    kinds = []
    for second in range(max(1, round(float(label["duration_s"])))):
        if overlap_s(second, second + 1, motion) >= 0.5:
            kinds.append(MOTION)
        elif any(overlap_s(second - TOLERANCE_S, second + 1 + TOLERANCE_S, [span]) > 0 for span in (*motion, *busy)):
            kinds.append(UNSURE)
        else:
            kinds.append(STILL)
    return kinds


def said_spans(samples: Sequence[MotionSample], start_utc: datetime) -> list[Span]:
    """Return the times, in seconds, in which the gate says motion: each sample speaks of the time since the last."""
    flags = moving(samples)
    times_s = [(sample.utc - start_utc).total_seconds() for sample in samples]
    return [(times_s[i - 1], times_s[i]) for i in range(1, len(samples)) if flags[i]]


def score(label: Mapping[str, Any], said: Sequence[Span], lit_s: Sequence[float] = ()) -> Score:
    """Compare what the gate said of a clip with its label.

    Parameters
    ----------
    said
        Times of motion by the gate.
    lit_s
        When it said that light was switched.
    """
    result = Score()
    for second, kind in enumerate(seconds_of(label)):
        # A sample that only touches the second says nothing about it.
        is_said = overlap_s(second, second + 1, said) > 0.05
        result.motion += kind == MOTION
        result.found += kind == MOTION and is_said
        result.still += kind == STILL
        result.skipped += kind == STILL and not is_said
        if kind == MOTION and not is_said:
            result.missed.append(f"{second}")
        if kind == STILL and is_said:
            result.false.append(f"{second}")
    motion = [(float(a), float(b)) for a, b in label["motion_s"]]
    for event in label["events"]:
        start_s, end_s = float(event["start_s"]), float(event["end_s"])
        if event["type"] == LIGHT:
            result.lights += 1
            result.lights_noticed += any(start_s <= moment <= end_s + 10 for moment in lit_s)
        elif event["type"] != SHAKE and overlap_s(start_s, end_s, motion) >= 0.3:
            result.events += 1
            result.events_found += overlap_s(start_s, end_s, said) > 0
    return result


def labelled_clips(footage: Path | None) -> Iterator[Clip]:
    """Yield the clips of a folder that have labels; says on stderr what is left out."""
    if footage is None or not (footage / "clips").is_dir():
        print("No footage: give a folder or set TEST_FOOTAGE. Only the demo clips are scored.", file=sys.stderr)
        return
    for path in sorted((footage / "clips").iterdir()):
        label = footage / "labels" / f"{path.name}.json"
        if label.is_file():
            yield Clip(path, json.loads(label.read_text(encoding="utf-8")))
        else:
            print(f"{path.name}: skipped, it has no label", file=sys.stderr)


def labelled_demo_clips() -> list[Clip]:
    folder = demo_clips()
    labels = {path: folder / "labels" / f"{path.name}.json" for path in sorted(folder.glob("*.mp4"))}
    return [Clip(path, json.loads(label.read_text(encoding="utf-8"))) for path, label in labels.items()]


def live_segments(path: Path, folder: Path) -> list[Segment]:
    """Turn a file into segments as livemon's transcode profile does, the first at START_UTC; none when it cannot be."""
    try:
        return cut_clip(path, folder, PROFILE)
    except SourceError:
        return []


def measure(segments: Sequence[Segment], gate: MotionGate, *, copied: bool = False) -> list[MotionSample]:
    """Decode segments as the looker does and measure them."""
    return [
        gate.measure(frame)
        for segment in segments
        for frame in read_frames("bench", segment, width=GATE_WIDTH, keyframes_only=copied)
    ]


def lit_s(samples: Sequence[MotionSample], start_utc: datetime) -> list[float]:
    """Return the end of each ten-second piece in which light was switched."""
    pieces = [samples[i : i + PROFILE.segment_frames] for i in range(0, len(samples), PROFILE.segment_frames)]
    return [(piece[-1].utc - start_utc).total_seconds() for piece in pieces if light_switched(piece)]


def score_clip(clip: Clip, segments: Sequence[Segment], *, copied: bool = False) -> Score:
    samples = measure(segments, MotionGate(), copied=copied)
    result = score(clip.label, said_spans(samples, START_UTC), lit_s(samples, START_UTC))
    result.missed = [f"{clip.path.stem}:{second}" for second in result.missed]
    result.false = [f"{clip.path.stem}:{second}" for second in result.false]
    return result


def spoiled(path: Path, filters: str, encoder: Sequence[str], target: Path) -> None:
    """Write the clip at the profile's rate and size, with `filters` on its picture."""
    size = f"scale={PROFILE.width}:{PROFILE.height}:force_original_aspect_ratio=decrease:force_divisible_by=2"
    picture = f"fps={PROFILE.fps},{size},format=yuv420p,{filters}"
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", local_url(path), "-an", "-vf", picture, *encoder]
    subprocess.run([*command, local_url(target)], check=True, timeout=600)


def try_out(name: str, clips: Sequence[Clip]) -> Score:
    """Score the clips spoiled as the trial says."""
    total = Score()
    encoder = POOR_ENCODER if name == "poor encoder" else ["-c:v", "ffv1"]
    for clip in clips:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "spoiled.mkv"
            spoiled(clip.path, TRIALS[name], encoder, source)
            total.add(score_clip(clip, live_segments(source, Path(folder))))
    return total


def cpu_ms(size_px: tuple[int, int]) -> float:
    """Return CPU milliseconds a frame of the gate on a noisy picture of that size."""
    from livemon.base.datatypes import Frame

    noise = np.random.default_rng(0)
    width, height = size_px
    pictures = [noise.normal(120, 25, (height, width, 3)).clip(0, 255).astype(np.uint8) for _ in range(10)]
    frames = [Frame("bench", START_UTC, pictures[i % 10]) for i in range(200)]
    gate = MotionGate()
    began_s = time.process_time()
    for frame in frames:
        gate.measure(frame)
    return 1000 * (time.process_time() - began_s) / len(frames)


def rate(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "-"


def row(name: str, total: Score) -> dict[str, str]:
    """Print a line of the report, and return its figures."""
    figures = {
        "motion found": rate(total.found, total.motion),
        "still skipped": rate(total.skipped, total.still),
        "events found": rate(total.events_found, total.events),
        "light noticed": rate(total.lights_noticed, total.lights),
    }
    print(f"{name:16s}", "  ".join(f"{key} {value:15s}" for key, value in figures.items()), flush=True)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=os.environ.get("TEST_FOOTAGE") or None)
    parser.add_argument("--quick", action="store_true", help="without the trials")
    parser.add_argument("--verbose", action="store_true", help="name the seconds that are wrong")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    report: dict[str, object] = {}

    footage, copied, shaken = Score(), Score(), Score()
    for clip in labelled_clips(Path(arguments.folder) if arguments.folder else None):
        with tempfile.TemporaryDirectory() as folder:
            segments = live_segments(clip.path, Path(folder))
            if not segments:
                print(f"{clip.path.name}: skipped, ffmpeg decodes no picture", file=sys.stderr)
                continue
            (shaken if clip.shaken else footage).add(score_clip(clip, segments))
            if not clip.shaken:
                copied.add(score_clip(clip, segments, copied=True))
    demo = labelled_demo_clips()
    rendered = Score()
    for clip in demo:
        with tempfile.TemporaryDirectory() as folder:
            rendered.add(score_clip(clip, live_segments(clip.path, Path(folder))))
    totals = {"footage": footage, "keyframes only": copied, "demo clips": rendered}
    for name, total in totals.items():
        report[name] = row(name, total)
        if arguments.verbose:
            print("   missed", total.missed, "\n   false", total.false)
    report["shaken camera"] = rate(shaken.skipped, shaken.still)
    print(f"shaken camera    still skipped {report['shaken camera']}")
    for name in () if arguments.quick else TRIALS:
        total = try_out(name, demo)
        report[name] = row(name, total)
        if arguments.verbose:
            print("   missed", total.missed, "\n   false", total.false)
    report["cpu_ms_a_frame"] = {f"{w}x{h}": round(cpu_ms((w, h)), 3) for w, h in ((320, 240), (640, 480))}
    if not arguments.quick:
        record("gate", report)
    print(report["cpu_ms_a_frame"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
