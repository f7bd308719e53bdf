"""How often the `local` model is right: labelled clips in, precision and recall per kind out.

    python benchmarks/local_model.py --clips DIR --labels DIR [--json FILE] [--markdown FILE]

Each clip is decoded to what the stream's transcode profile makes of it (5 fps, 640x480, padded), cut into ten-second
segments, and every segment passes the motion gate; the model looks at the first segment and at each with a motion
burst, as the product does when its look floor is one segment. Each clip is a camera of its own.

A label file is `<clip file name>.json` with `duration_s`, `people_visible_s` ([start, end] in seconds) and `events`
(`start_s`, `end_s`, `type`).

Scoring (pure functions, tests/benchmarks/test_local_model_scoring.py): an observation and a label of the same kind
match when their intervals, the label's widened by the kind's tolerance, overlap; one to one, in time order. An
observation without label is a false alarm, a label without observation a miss. `person_present` is a state, not a
moment: an observation is right when it overlaps a labelled interval; a clip's labelled intervals count as found when
any observation of the kinds that imply it overlaps one. `movement` is not scored, as in the lab
(base/event_families.py).

What the labels cannot tell: people present from the first frame on have no `person_enters`; a black clip has no label
`dark`, so `picture_dark` is scored against the clip's tag `black`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livemon.base.datatypes import Frame, LookReason, Observation
from livemon.base.model_types import Look
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamProfile
from livemon.detect.eyes import watchers
from livemon.detect.motion import MotionGate, choose_frames, is_burst
from livemon.vlm.local import LocalModel
from livemon.vlm.prompt import shipped_prompts
from livemon.vlm.provider import PromptTerms

PROFILE = StreamProfile()
START_UTC = datetime(2026, 1, 1, tzinfo=UTC)

TOLERANCE_S = 2.0
"""Labels are good to a second, and the model works in fifths of a second."""

LIGHT = "lights_changed or picture_dark"

MOMENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "person_came": (("person_came",), ("person_enters",)),
    "person_left": (("person_left",), ("person_leaves",)),
    "possible_fall": (("possible_fall",), ("person_falls",)),
    LIGHT: (("lights_changed", "picture_dark"), ("lighting_change", "dark")),
    "picture_covered": (("picture_covered",), ("covered",)),
    "picture_frozen": (("picture_frozen",), ("frozen",)),
}
"""What is scored as moments: the observation kinds that count for it and the label types that they stand for."""

STATES: Mapping[str, tuple[str, ...]] = {
    "person_present": (
        *("person_present", "person_came", "person_left", "person_lies"),
        *("possible_fall", "lying_after_fall"),
    ),
}
"""Kinds that are states, and the kinds that imply them: who came was visible."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Seconds from the start of a clip."""

    start_s: float
    end_s: float

    def overlaps(self, other: Interval, tolerance_s: float = 0.0) -> bool:
        return self.start_s <= other.end_s + tolerance_s and other.start_s <= self.end_s + tolerance_s


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one kind; precision and recall are None when there is nothing to divide by."""

    kind: str
    true_positives: int = 0
    false_positives: int = 0
    found: int = 0
    missed: int = 0

    @property
    def precision(self) -> float | None:
        said = self.true_positives + self.false_positives
        return self.true_positives / said if said else None

    @property
    def recall(self) -> float | None:
        labelled = self.found + self.missed
        return self.found / labelled if labelled else None

    def plus(self, other: Score) -> Score:
        return Score(
            self.kind,
            self.true_positives + other.true_positives,
            self.false_positives + other.false_positives,
            self.found + other.found,
            self.missed + other.missed,
        )


def match(observed: Sequence[Interval], labelled: Sequence[Interval], tolerance_s: float) -> int:
    """Count pairs of an observation and a label that overlap, one to one; the earliest label first."""
    free = sorted(labelled, key=lambda label: (label.end_s, label.start_s))
    matched = 0
    for interval in sorted(observed, key=lambda one: (one.start_s, one.end_s)):
        hit = next((label for label in free if interval.overlaps(label, tolerance_s)), None)
        if hit is not None:
            free.remove(hit)
            matched += 1
    return matched


def score_moments(kind: str, observed: Sequence[Interval], labelled: Sequence[Interval]) -> Score:
    """Score a kind whose labels are moments, one to one."""
    matched = match(observed, labelled, TOLERANCE_S)
    return Score(kind, matched, len(observed) - matched, matched, len(labelled) - matched)


def score_state(
    kind: str, observed: Sequence[Interval], implying: Sequence[Interval], labelled: Sequence[Interval]
) -> Score:
    """Score a kind whose labels are intervals: several observations may be right about one interval."""
    right = sum(any(one.overlaps(label, 1.0) for label in labelled) for one in observed)
    found = sum(any(one.overlaps(label, 1.0) for one in implying) for label in labelled)
    return Score(kind, right, len(observed) - right, found, len(labelled) - found)


def score_clip(observed: Mapping[str, Sequence[Interval]], label: Mapping[str, Any]) -> list[Score]:
    """Score one clip's observations by kind against its label file."""
    scores = []
    for name, (kinds, _) in MOMENTS.items():
        said = [one for kind in kinds for one in observed.get(kind, ())]
        scores.append(score_moments(name, said, labelled_moments(name, label)))
    for kind, implied_by in STATES.items():
        labelled = [Interval(float(start), float(end)) for start, end in label.get("people_visible_s", ())]
        implying = [one for other in implied_by for one in observed.get(other, ())]
        scores.append(score_state(kind, observed.get(kind, ()), implying, labelled))
    return scores


def labelled_moments(name: str, label: Mapping[str, Any]) -> list[Interval]:
    """Return the intervals that the observations scored as `name` should meet.

    A fall lasts into the lying that follows it: an observation made while the person lies there is right.
    """
    events = sorted(label.get("events", ()), key=lambda event: float(event["start_s"]))
    wanted = []
    for event in events:
        if event["type"] not in MOMENTS[name][1]:
            continue
        start_s, end_s = float(event["start_s"]), float(event["end_s"])
        if name == "possible_fall":
            lying = [e for e in events if e["type"] == "person_lies" and abs(float(e["start_s"]) - end_s) <= 1.0]
            end_s = max([end_s, *(float(e["end_s"]) for e in lying)])
        wanted.append(Interval(start_s, end_s))
    if name == LIGHT and "black" in label.get("tags", ()):
        wanted.append(Interval(0.0, float(label["duration_s"])))
    return wanted


def total(scores: Iterable[Score]) -> dict[str, Score]:
    """Add scores up by kind, in the order in which the kinds are first met."""
    sums: dict[str, Score] = {}
    for score in scores:
        sums[score.kind] = sums.get(score.kind, Score(score.kind)).plus(score)
    return sums


def decode(path: Path, camera_id: str) -> list[Frame]:
    """Decode a clip as the stream's transcode profile does; empty when ffmpeg finds no picture in it."""
    width, height = PROFILE.width, PROFILE.height
    filters = (
        f"fps={PROFILE.fps},scale={width}:{height}:force_original_aspect_ratio=decrease,pad={width}:{height}:-1:-1"
    )
    command = ["ffmpeg", "-v", "error", "-i", f"file:{path}", "-an", "-vf", filters]
    command += ["-pix_fmt", "bgr24", "-f", "rawvideo", "-"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=600)
    size = width * height * 3
    count = len(done.stdout) // size
    pictures = np.frombuffer(done.stdout[: count * size], np.uint8).reshape(count, height, width, 3)
    step = timedelta(seconds=PROFILE.frame_s)
    return [Frame(camera_id, START_UTC + i * step, picture) for i, picture in enumerate(pictures)]


@dataclass(slots=True)
class Cost:
    """What a run took; CPU seconds of this process, without decoding."""

    frames: int = 0
    looks: int = 0
    frames_looked_at: int = 0
    gate_cpu_s: float = 0.0
    look_cpu_s: float = 0.0


async def watch(frames: Sequence[Frame], cost: Cost) -> list[Observation]:
    """Run one clip through the gate and the model, segment by segment."""
    model = LocalModel(watchers(Settings()))
    terms = PromptTerms.of(shipped_prompts()["look_en"])
    appetite = model.appetite(terms)
    gate = MotionGate()
    seen: list[Observation] = []
    size = (appetite.frame_width, round(appetite.frame_width * PROFILE.height / PROFILE.width))
    for start in range(0, len(frames), PROFILE.segment_frames):
        segment = frames[start : start + PROFILE.segment_frames]
        began_s = time.process_time()
        samples = [gate.measure(frame) for frame in segment]
        burst = is_burst(samples)
        cost.gate_cpu_s += time.process_time() - began_s
        cost.frames += len(segment)
        if start > 0 and not burst:
            continue
        chosen = set(choose_frames(samples, appetite.frames))
        shown = tuple(_scaled(frame, size) for frame in segment if frame.utc in chosen)
        began_s = time.process_time()
        answer = await model.ask(model.prepare(Look(frames[0].camera_id, LookReason.MOTION, shown), terms))
        cost.look_cpu_s += time.process_time() - began_s
        cost.looks += 1
        cost.frames_looked_at += len(shown)
        seen.extend(answer.observations)
    await model.close()
    return seen


def _scaled(frame: Frame, size_px: tuple[int, int]) -> Frame:
    image = np.asarray(cv2.resize(frame.image, size_px, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return Frame(frame.camera_id, frame.utc, image)


def intervals_by_kind(observations: Iterable[Observation]) -> dict[str, list[Interval]]:
    """Turn observations into seconds from the start of the clip."""
    result: dict[str, list[Interval]] = {}
    for one in observations:
        interval = Interval((one.start_utc - START_UTC).total_seconds(), (one.end_utc - START_UTC).total_seconds())
        result.setdefault(one.kind, []).append(interval)
    return result


def as_markdown(sums: Mapping[str, Score], cost: Cost, clips: int, hours: float) -> str:
    """Render the totals as a table."""
    lines = [
        f"{clips} clips, {hours * 60:.1f} minutes, {cost.looks} looks.",
        "",
        "| kind | right | false alarms | precision | labelled | found | recall | false alarms per hour |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for score in sums.values():
        lines.append(
            f"| {score.kind} | {score.true_positives} | {score.false_positives} | {_rate(score.precision)} "
            f"| {score.found + score.missed} | {score.found} | {_rate(score.recall)} "
            f"| {score.false_positives / hours:.1f} |"
        )
    lines += [
        "",
        f"CPU: {1000 * cost.look_cpu_s / max(1, cost.looks):.0f} ms a look, "
        f"{1000 * cost.look_cpu_s / max(1, cost.frames_looked_at):.1f} ms a frame looked at; "
        f"gate {1000 * cost.gate_cpu_s / max(1, cost.frames):.2f} ms a frame.",
    ]
    return "\n".join(lines) + "\n"


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--quiet", action="store_true", help="only the totals")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)

    scores: list[Score] = []
    details: list[dict[str, Any]] = []
    cost = Cost()
    clips, seconds = 0, 0.0
    for path in sorted(arguments.clips.iterdir()):
        label_path = arguments.labels / f"{path.name}.json"
        if not label_path.is_file():
            continue
        frames = decode(path, path.stem)
        if not frames:
            print(f"{path.name}: skipped, ffmpeg decodes no picture", file=sys.stderr)
            continue
        label = json.loads(label_path.read_text(encoding="utf-8"))
        observations = asyncio.run(watch(frames, cost))
        clip_scores = score_clip(intervals_by_kind(observations), label)
        scores += clip_scores
        clips += 1
        seconds += len(frames) * PROFILE.frame_s
        details.append(
            {
                "clip": path.name,
                "observations": [
                    {
                        "kind": one.kind,
                        "start_s": round((one.start_utc - START_UTC).total_seconds(), 1),
                        "end_s": round((one.end_utc - START_UTC).total_seconds(), 1),
                        "confidence": one.confidence,
                        "description": one.description,
                    }
                    for one in observations
                ],
                "scores": [asdict(score) for score in clip_scores],
            }
        )
        if not arguments.quiet:
            _print_clip(details[-1], label)
    if not clips:
        print("No labelled clip was found.", file=sys.stderr)
        return 1
    sums = total(scores)
    text = as_markdown(sums, cost, clips, seconds / 3600)
    print(text)
    if arguments.markdown:
        arguments.markdown.write_text(text, encoding="utf-8")
    if arguments.json:
        report = {"totals": [asdict(score) for score in sums.values()], "cost": asdict(cost), "clips": details}
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def _print_clip(detail: Mapping[str, Any], label: Mapping[str, Any]) -> None:
    said = [f"{o['kind']} {o['start_s']}-{o['end_s']} ({o['confidence']})" for o in detail["observations"]]
    wanted = {kind for _, kinds in MOMENTS.values() for kind in kinds}
    true = [f"{e['type']} {e['start_s']}-{e['end_s']}" for e in label.get("events", ()) if e["type"] in wanted]
    print(f"{detail['clip']}\n  said  {'; '.join(said) or '-'}\n  label {'; '.join(true) or '-'}")


if __name__ == "__main__":
    sys.exit(main())
