"""Accuracy of the `local` model: labelled clips in, precision and recall per kind out.

    python benchmarks/local_model.py --clips DIR --labels DIR [--changed NAME ...] [--json FILE] [--markdown FILE]

Each clip is decoded to what the stream's transcode profile makes of it (5 fps, 640x480, padded), scaled to what a look
shows, and watched as a live camera is: all of it, segment by segment, at the detector's adaptive rate, with tracks that
go on from segment to segment. Each clip is a camera of its own. `--changed` does the same with the clips mirrored,
darkened, with noise, shrunk, cropped, at half the frame rate, or turned by ten degrees; `all` stands for these.

A label file is `<clip file name>.json` with `duration_s`, `people_visible_s` ([start, end] in seconds) and `events`
(`start_s`, `end_s`, `type`).

Scoring (pure functions, tests/benchmarks/test_local_model_scoring.py): an observation and a label of the same kind
match when their intervals, the label's widened by the kind's tolerance, overlap; one to one, in time order. An
observation without label is a false alarm, a label without observation a miss. `person_present` is a state, not a
moment: an observation is right when it overlaps a labelled interval; a clip's labelled intervals count as found when
any observation of the kinds that imply it overlaps one. `presence by second` asks of each second whether a confirmed
track spans a part of it, and of the label whether somebody is visible in its middle. `movement` is not scored, as in
the lab (base/event_families.py).

What the labels cannot tell: people present from the first frame on have no `person_enters`; a black clip has no label
`dark`, so `picture_dark` is scored against the clip's tag `black`.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livemon.base.datatypes import Frame, Image, Observation
from livemon.base.detections import Detections, Sighting
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamProfile
from livemon.detect.rules import is_confirmed
from livemon.detect.tracks import Tracks
from livemon.detect.watch_factory import FrameWatcher, watchers
from livemon.vlm.local.words import observation

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
"""Kinds scored as moments: the observation kinds that count for it and the label types that they represent."""

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
    """Cost of a run: CPU seconds of this process, without decoding."""

    frames: int = 0
    looked_at: int = 0
    cpu_s: float = 0.0


SECONDS = "presence by second"
NOISE_LEVELS = 6.0
SIZE = (320, 240)

CHANGES: Mapping[str, Callable[[Image], Image]] = {
    "mirrored": lambda image: np.ascontiguousarray(image[:, ::-1]),
    "darkened to 60 %": lambda image: (image * 0.6).astype(np.uint8),
    "noise of 6 levels": lambda image: np.clip(
        image + np.random.default_rng(int(image.sum()) % 2**32).normal(0, NOISE_LEVELS, image.shape), 0, 255
    ).astype(np.uint8),
    "shrunk to 80 %": lambda image: warped(image, 0.8, 0.0),
    "cropped to 84 %": lambda image: warped(image, 1 / 0.84, 0.0),
    "turned by 10 degrees": lambda image: warped(image, 1.0, 10.0),
}
"""Changes of each picture of the clips; `half the frame rate` leaves out every other one instead."""

HALF = "half the frame rate"


def warped(image: Image, scale: float, degrees: float) -> Image:
    """Scale and turn a picture about its middle; what comes in from outside is black."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    return np.asarray(cv2.warpAffine(image, matrix, (width, height)), dtype=np.uint8)


def watch(frames: Sequence[Frame], cost: Cost) -> tuple[list[Observation], list[Interval]]:
    """Watch one clip, segment by segment; return the reports, and the times of presence."""
    eyes = watchers(Settings())()
    assert isinstance(eyes, FrameWatcher)
    said: list[Sighting] = []
    found: list[Detections] = []
    for start in range(0, len(frames), PROFILE.segment_frames):
        began_s = time.process_time()
        said += eyes.take(frames[start : start + PROFILE.segment_frames])
        cost.cpu_s += time.process_time() - began_s
        found += eyes.found
    cost.frames += len(frames)
    cost.looked_at += len(found)
    return [observation(one) for one in said], presence(found, frames[-1].utc)


def presence(found: Sequence[Detections], end_utc: datetime) -> list[Interval]:
    """Return the times of presence: from clearly seen to last seen, also while nothing moved and no look was made."""
    tracks = Tracks(SIZE[0] / SIZE[1])
    spans: dict[int, Interval] = {}
    for detections, after in zip(found, [*found, None][1:], strict=True):
        tracks.take(detections)
        until_utc = end_utc if after is None else detections.utc
        for track in tracks.alive:
            if is_confirmed(track) and track.strong_utc is not None:
                last_utc = track.last.utc if track.unseen else until_utc
                spans[track.number] = Interval(_second(track.strong_utc), _second(last_utc))
    return list(spans.values())


def score_seconds(there: Sequence[Interval], label: Mapping[str, Any], duration_s: float) -> Score:
    """Score each whole second of a clip by presence."""
    counts = [0, 0, 0]
    for second in range(int(duration_s)):
        said = any(one.start_s < second + 1 and one.end_s >= second for one in there)
        true = any(start <= second + 0.5 <= end for start, end in label.get("people_visible_s", ()))
        counts[0] += said and true
        counts[1] += said and not true
        counts[2] += true and not said
    return Score(SECONDS, counts[0], counts[1], counts[0], counts[2])


def _second(utc: datetime) -> float:
    return (utc - START_UTC).total_seconds()


def changed(frames: Sequence[Frame], name: str) -> list[Frame]:
    """Scale frames to what a look shows, and change them as `name` says; as they are when it is empty."""
    change = CHANGES.get(name, lambda image: image)
    return [
        Frame(
            frame.camera_id, frame.utc, change(np.asarray(cv2.resize(frame.image, SIZE, interpolation=cv2.INTER_AREA)))
        )
        for frame in frames[:: 2 if name == HALF else 1]
    ]


def intervals_by_kind(observations: Iterable[Observation]) -> dict[str, list[Interval]]:
    """Turn observations into seconds from the start of the clip."""
    result: dict[str, list[Interval]] = {}
    for one in observations:
        interval = Interval(_second(one.start_utc), _second(one.end_utc))
        result.setdefault(one.kind, []).append(interval)
    return result


def as_markdown(name: str, sums: Mapping[str, Score], cost: Cost, clips: int, hours: float) -> str:
    """Render the totals as a table, with 95 % intervals (Wilson)."""
    lines = [
        f"{name or 'as they are'}: {clips} clips, {hours * 60:.1f} minutes.",
        "",
        "| kind | right | false alarms | precision | labelled | found | recall |",
        "|---|---|---|---|---|---|---|",
    ]
    for score in sums.values():
        said, labelled = score.true_positives + score.false_positives, score.found + score.missed
        lines.append(
            f"| {score.kind} | {score.true_positives} | {score.false_positives} | {rate(score.true_positives, said)} "
            f"| {labelled} | {score.found} | {rate(score.found, labelled)} |"
        )
    per_camera = cost.cpu_s / (hours * 3600)
    lines += [
        "",
        f"Looked at {cost.looked_at / (hours * 3600):.2f} pictures a second; CPU {per_camera:.1%} of a core meanwhile.",
    ]
    return "\n".join(lines) + "\n"


def rate(part: int, whole: int) -> str:
    """Return a share with its 95 % interval by Wilson's score."""
    if not whole:
        return "-"
    share, z = part / whole, 1.96
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return f"{share:.2f} ({max(0.0, middle - half):.2f} to {min(1.0, middle + half):.2f})"


def clips_of(clips: Path, labels: Path) -> Iterator[tuple[str, list[Frame], dict[str, Any]]]:
    """Yield each labelled clip: its name, its frames, its label."""
    for path in sorted(clips.iterdir()):
        label_path = labels / f"{path.name}.json"
        if not label_path.is_file():
            continue
        frames = decode(path, path.stem)
        if frames:
            yield path.name, frames, json.loads(label_path.read_text(encoding="utf-8"))
        else:
            print(f"{path.name}: skipped, ffmpeg decodes no picture", file=sys.stderr)


@dataclass(slots=True)
class Run:
    """Result of all clips under one change."""

    name: str
    scores: list[Score] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)
    cost: Cost = field(default_factory=Cost)
    seconds: float = 0.0

    def add(self, clip: str, frames: Sequence[Frame], label: Mapping[str, Any]) -> None:
        observations, there = watch(changed(frames, self.name), self.cost)
        duration_s = len(frames) * PROFILE.frame_s
        scores = [*score_clip(intervals_by_kind(observations), label), score_seconds(there, label, duration_s)]
        self.scores += scores
        self.seconds += duration_s
        said = [
            {
                "kind": one.kind,
                "start_s": round(_second(one.start_utc), 1),
                "end_s": round(_second(one.end_utc), 1),
                "confidence": one.confidence,
                "description": one.description,
            }
            for one in observations
        ]
        self.details.append({"clip": clip, "observations": said, "scores": [asdict(score) for score in scores]})

    @property
    def markdown(self) -> str:
        return as_markdown(self.name, total(self.scores), self.cost, len(self.details), self.seconds / 3600)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--changed", action="append", default=[], choices=[*CHANGES, HALF, "all"])
    parser.add_argument("--without", action="append", default=[], help="leave out clips with this in their name")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--quiet", action="store_true", help="only the totals")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    names = ["", *([*CHANGES, HALF] if "all" in arguments.changed else arguments.changed)]
    runs = [Run(name) for name in names]
    for clip, frames, label in clips_of(arguments.clips, arguments.labels):
        if any(part in clip for part in arguments.without):
            continue
        for run in runs:
            run.add(clip, frames, label)
        if not arguments.quiet:
            _print_clip(runs[0].details[-1], label)
    if not runs[0].details:
        print("No labelled clip was found.", file=sys.stderr)
        return 1
    text = "\n".join(run.markdown for run in runs)
    print(text)
    if arguments.markdown:
        arguments.markdown.write_text(text, encoding="utf-8")
    if arguments.json:
        first = runs[0]
        totals = [asdict(score) for score in total(first.scores).values()]
        report = {"totals": totals, "cost": asdict(first.cost), "clips": first.details}
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def _print_clip(detail: Mapping[str, Any], label: Mapping[str, Any]) -> None:
    said = [f"{o['kind']} {o['start_s']}-{o['end_s']} ({o['confidence']})" for o in detail["observations"]]
    wanted = {kind for _, kinds in MOMENTS.values() for kind in kinds}
    true = [f"{e['type']} {e['start_s']}-{e['end_s']}" for e in label.get("events", ()) if e["type"] in wanted]
    print(f"{detail['clip']}\n  said  {'; '.join(said) or '-'}\n  label {'; '.join(true) or '-'}")


if __name__ == "__main__":
    sys.exit(main())
