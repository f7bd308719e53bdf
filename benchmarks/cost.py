"""Cost of one camera's day, and the share of the events that the model is shown, against blind looks.

    python benchmarks/cost.py [FOLDER] [--days N] [--frontier]

The labelled clips of FOLDER (or TEST_FOOTAGE; see gate.py), one after the other and round and round, are one camera for
a day: *all clips*. Each clip round and round is a camera of its own, for some hours: *each clip*, the mean of all. *20
% motion* and *5 % motion* are all clips with a still time after each round, so that this share of a day moves by the
gate's measure. Every camera begins at random moments. The gate measures the frames that livemon's live command makes of
the clips, and livemon's own detector plans the looks; no model is asked.

*Blind* looks every 45 s at the latest frame and studies every ten minutes as a video of one frame a second. *livemon*
looks as planned, at one contact sheet of the moments that matter. It studies ten-minute windows as sheets of their
moments, except those that the rule for still windows takes. `--frontier` compares other settings.

Tokens are counted by the rules of livemon/vlm/catalog.toml and the assumptions below, prices are those of the day on
which this runs. Looks cost the standard price; studies are given at it (*standard*), in the flex tier as livemon ships
(*flex*), and as batches. An event is *covered* when a frame that the model is shown lies between its start and its end.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from common import record
from gate import SHAKE, START_UTC, Clip, labelled_clips, live_segments, measure

from livemon.base.datatypes import Frame, LookReason, MotionSample
from livemon.base.model_types import Look, Purpose, Scene, Study, Usage, Zone
from livemon.base.settings.models import ServiceTier
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamProfile
from livemon.detect.look_policy import LookPolicy, RealtimeEventDetector
from livemon.detect.moments import choose_moments
from livemon.detect.motion import MotionGate, moving
from livemon.detect.still import still_throughout
from livemon.lab.cadence import events_within
from livemon.stream.files.frames import read_frames
from livemon.vlm.catalog import Catalog
from livemon.vlm.options import MOST_ON_A_SHEET, MediaResolution, ModelOptions
from livemon.vlm.prompt import shipped_prompts
from livemon.vlm.request import make_request
from livemon.vlm.tokens import image_tokens, video_tokens

PROFILE = StreamProfile()
DAY_S = 86_400.0
EACH_S = 14_400.0
WINDOW_S = 600.0
MODELS = ("gemini-3.5-flash-lite", "gemini-3.1-flash-lite")

TYPICAL = Scene(
    "Playroom", "first floor", UTC, "en", 27, (Zone("stairs", (0, 0, 500, 200), "gate"),), "A child plays.", START_UTC
)
"""Context for a model beside the prompt."""

QUIET_OUTPUT_TOKENS, EVENT_OUTPUT_TOKENS = 50, 120
STUDY_OUTPUT_TOKENS = 350
CALMER = (0.2, 0.05)
"""Shares of a day that move in homes calmer than the clips."""

BLIND_INTERVAL_S = 45.0
BLIND_TEXT_TOKENS, BLIND_OUTPUT_TOKENS, BLIND_STUDY_OUTPUT_TOKENS = 2000, 150, 1200

PROMPTS = shipped_prompts()
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Way:
    """A way of watching."""

    name: str
    looks_per_hour: float = Settings.model_fields["looks_per_hour"].default
    frames: int = PROMPTS["look_en"].options.frames
    study_frames: int = PROMPTS["study_en"].options.frames
    still_by_rule: bool = True

    @property
    def policy(self) -> LookPolicy:
        return LookPolicy(45, 10, 600, looks_per_hour=self.looks_per_hour, moments_only=True)


WAY = Way("livemon")
FRONTIER = (
    Way("80 looks an hour: 45 s whenever anything moves", looks_per_hour=80),
    Way("20 looks an hour", looks_per_hour=20),
    Way("6 looks an hour", looks_per_hour=6),
    Way("looks of 4 frames", frames=4),
    Way("looks of 25 frames", frames=25),
    Way("no studies", study_frames=0),
    Way("no studies, looks of 25 frames", frames=25, study_frames=0),
    Way("studies of 16 frames", study_frames=16),
    Way("studies of 25 frames", study_frames=25),
    Way("studies of 100 frames", study_frames=100),
    Way("studies of 200 frames", study_frames=200),
    Way("still windows studied, too", still_by_rule=False),
)


@dataclass(frozen=True, slots=True)
class Camera:
    """Footage that goes round and round; `measured` is what the gate said of each frame, `events` are in seconds."""

    name: str
    measured: tuple[MotionSample, ...]
    events: tuple[Span, ...]

    @property
    def duration_s(self) -> float:
        return len(self.measured) * PROFILE.frame_s


@dataclass(slots=True)
class Shown:
    """The frames of each look and study, in seconds since the camera began, and what was asked how often."""

    looks: list[tuple[float, ...]] = field(default_factory=list)
    studies: list[tuple[float, ...]] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)

    @property
    def by_looks(self) -> list[float]:
        return [moment for look in self.looks for moment in look]

    @property
    def by_all(self) -> list[float]:
        return sorted(self.by_looks + [moment for study in self.studies for moment in study])


def covered(events: Sequence[Span], shown_s: Sequence[float]) -> int:
    """Count the events within which at least one of the frames lies; `shown_s` is in time order."""
    return sum((i := bisect_left(shown_s, start)) < len(shown_s) and shown_s[i] <= end for start, end in events)


def watch(camera: Camera, way: Way, phase_s: float, watched_s: float) -> Shown:
    """Let the detector plan the looks of a camera, and choose what its studies show."""
    detector = RealtimeEventDetector(way.policy, way.frames)
    shown = Shown()
    frame = timedelta(seconds=PROFILE.frame_s)
    first = round(phase_s * PROFILE.fps)
    window: list[MotionSample] = []
    for begin in range(0, round(watched_s * PROFILE.fps), PROFILE.segment_frames):
        samples = [
            replace(camera.measured[(first + i) % len(camera.measured)], utc=START_UTC + i * frame)
            for i in range(begin, begin + PROFILE.segment_frames)
        ]
        plan = detector.plan(samples)
        if plan is not None:
            shown.looks.append(tuple((utc - START_UTC).total_seconds() for utc in plan.utcs))
        window += samples
        if len(window) >= WINDOW_S * PROFILE.fps:
            end = samples[-1].utc + frame
            by_rule = way.still_by_rule and still_throughout(window, window[0].utc, end)
            if way.study_frames and not by_rule:
                utcs = choose_moments(window, way.study_frames)
                shown.studies.append(tuple((utc - START_UTC).total_seconds() for utc in utcs))
            window = []
    shown.skipped = {
        "still": detector.skipped_still,
        "early": detector.skipped_early,
        "bounded": detector.skipped_bounded,
    }
    return shown


def watch_blindly(watched_s: float) -> Shown:
    """A frame every 45 s, and every second of every window."""
    looks = [(n * BLIND_INTERVAL_S,) for n in range(int(watched_s / BLIND_INTERVAL_S))]
    windows = [range(int(n * WINDOW_S), int((n + 1) * WINDOW_S)) for n in range(int(watched_s / WINDOW_S))]
    return Shown(looks, [tuple(map(float, window)) for window in windows])


def pictures_tokens(model: str, pictures: int) -> int:
    """Return what so many pictures are worth on contact sheets."""
    entry = Catalog().entry(model)
    sheets = math.ceil(pictures / MOST_ON_A_SHEET)
    resolution = ModelOptions().resolution_for(min(pictures, MOST_ON_A_SHEET))
    return sheets * image_tokens(entry, resolution)


@cache
def text_of(prompt: str) -> int:
    """Return the tokens of a question's words, schema and context, as the client counts them, without pictures."""
    frame = Frame("c", START_UTC, np.zeros((48, 64, 3), np.uint8))
    wanted = PROMPTS[prompt]
    question = Look("c", LookReason.INTERVAL, (frame,), TYPICAL)
    if wanted.purpose is Purpose.STUDY:
        question = Study("c", START_UTC, WINDOW_S, (frame,), scene=TYPICAL)
    entry = Catalog().entry(MODELS[0])
    request = make_request(question, wanted, wanted.options, entry.name)
    return request.input_tokens(entry) - image_tokens(entry, request.resolution)


def look_usage(model: str, pictures: int, *, quiet: bool) -> Usage:
    """Return the tokens of a look at one contact sheet."""
    return Usage(
        text_of("look_en") + pictures_tokens(model, pictures), QUIET_OUTPUT_TOKENS if quiet else EVENT_OUTPUT_TOKENS
    )


def study_usage(model: str, pictures: int) -> Usage:
    """Return the tokens of a study of one contact sheet."""
    return Usage(text_of("study_en") + pictures_tokens(model, pictures), STUDY_OUTPUT_TOKENS)


def price(model: str, usage: Usage, day: date, factor: float = 1.0) -> float:
    """Return dollars at that day's price."""
    terms = Catalog().entry(model).price(day)
    if terms is None:
        raise SystemExit(f"The catalog has no price of {model} for {day}.")
    return terms.cost_usd(usage, factor)


@dataclass(frozen=True, slots=True)
class Dollars:
    """Cost of looks and studies; studies at standard, in the flex tier, and as batches."""

    looks: float = 0.0
    standard: float = 0.0
    flex: float = 0.0
    batch: float = 0.0

    def __add__(self, other: Dollars) -> Dollars:
        return Dollars(
            self.looks + other.looks,
            self.standard + other.standard,
            self.flex + other.flex,
            self.batch + other.batch,
        )

    def per_day(self, days: float) -> dict[str, float]:
        """Return looks and studies apart, and the day as livemon watches it, at standard, and with batches."""
        studies = {"standard": self.standard, "flex": self.flex, "batch": self.batch}
        return {
            "looks": round(self.looks / days, 3),
            **{f"studies_{name}": round(usd / days, 3) for name, usd in studies.items()},
            **{f"day_{name}": round((self.looks + usd) / days, 3) for name, usd in studies.items()},
        }


def dollars(model: str, shown: Shown, events: Sequence[Span], *, day: date) -> Dollars:
    """Return what the looks and the studies cost. A look that shows no event is answered briefly."""
    starts = sorted(events)
    looks = 0.0
    for look in shown.looks:
        # Events are short beside their number: those that begin an hour or more before the look have ended.
        nearby = starts[bisect_left(starts, (look[0] - 3600, 0.0)) : bisect_left(starts, (look[-1] + 1e-6, 0.0))]
        looks += price(model, look_usage(model, len(look), quiet=not covered(nearby, look)), day)
    entry = Catalog().entry(model)
    factors = (1.0, entry.tier_factor(ServiceTier.FLEX), entry.batch_factor)
    usages = [study_usage(model, len(study)) for study in shown.studies]
    return Dollars(looks, *(sum(price(model, usage, day, factor) for usage in usages) for factor in factors))


def blind_dollars(model: str, shown: Shown, day: date) -> Dollars:
    entry = Catalog().entry(model)
    look = Usage(BLIND_TEXT_TOKENS + image_tokens(entry, MediaResolution.HIGH), BLIND_OUTPUT_TOKENS)
    video = video_tokens(entry, WINDOW_S, 1.0, MediaResolution.MEDIUM, sound=False)
    study = Usage(BLIND_TEXT_TOKENS + video, BLIND_STUDY_OUTPUT_TOKENS)
    factors = (1.0, entry.tier_factor(ServiceTier.FLEX), entry.batch_factor)
    studies = (len(shown.studies) * price(model, study, day, factor) for factor in factors)
    return Dollars(len(shown.looks) * price(model, look, day), *studies)


@dataclass(slots=True)
class Result:
    """Of one way, per camera-day; shares are over all events of all cameras and days."""

    usd: dict[str, Dollars] = field(default_factory=lambda: dict.fromkeys(MODELS, Dollars()))
    days: float = 0.0
    looks: float = 0.0
    frames: float = 0.0
    studies: float = 0.0
    events: int = 0
    covered_by_looks: int = 0
    covered: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    def add(self, shown: Shown, events: Sequence[Span], usd: dict[str, Dollars], watched_s: float) -> None:
        self.usd = {model: self.usd[model] + usd[model] for model in usd}
        self.days += watched_s / DAY_S
        self.looks += len(shown.looks)
        self.frames += len(shown.by_looks)
        self.studies += len(shown.studies)
        self.events += len(events)
        self.covered_by_looks += covered(events, shown.by_looks)
        self.covered += covered(events, shown.by_all)
        for why, count in shown.skipped.items():
            self.skipped[why] = self.skipped.get(why, 0) + count

    def figures(self) -> dict[str, object]:
        return {
            "usd": {model: parts.per_day(self.days) for model, parts in self.usd.items()},
            "covered": round(self.covered / max(1, self.events), 4),
            "covered_by_looks": round(self.covered_by_looks / max(1, self.events), 4),
            "looks_a_day": round(self.looks / self.days),
            "frames_a_look": round(self.frames / max(1.0, self.looks), 1),
            "studies_a_day": round(self.studies / self.days),
            "segments_skipped_a_day": {why: round(n / self.days) for why, n in self.skipped.items()},
        }


def compare(
    cameras: Sequence[Camera], ways: Sequence[Way], watched_s: float, days: int, day: date
) -> dict[str, Result]:
    """Watch every camera blindly and in each way, beginning at `days` random moments each."""
    results = {"blind": Result(), **{way.name: Result() for way in ways}}
    chance = random.Random(7)
    for camera in cameras:
        for _ in range(days):
            phase_s = chance.randrange(len(camera.measured)) * PROFILE.frame_s
            events = events_within(camera.events, camera.duration_s, phase_s, watched_s)
            blind = watch_blindly(watched_s)
            usd = {model: blind_dollars(model, blind, day) for model in MODELS}
            results["blind"].add(blind, events, usd, watched_s)
            for way in ways:
                shown = watch(camera, way, phase_s, watched_s)
                usd = {model: dollars(model, shown, events, day=day) for model in MODELS}
                results[way.name].add(shown, events, usd, watched_s)
    return results


def moving_share(camera: Camera) -> float:
    """Return which share of a camera's time moves, as the gate tells it."""
    return sum(moving(camera.measured)) / len(camera.measured)


def calmer(camera: Camera, share: float) -> Camera:
    """Return a camera of whose time only that share moves: after each round of its footage nothing does."""
    frames = round(len(camera.measured) * (moving_share(camera) / share - 1))
    if frames < 0:
        raise SystemExit(f"The footage moves for less than {share:.0%} of its time.")
    last = camera.measured[-1]
    resting = replace(last, changed=0.0)
    return Camera(f"{share:.0%} motion", (*camera.measured, *[resting] * frames), camera.events)


def as_cameras(clips: Sequence[Clip]) -> tuple[Camera, list[Camera]]:
    """Return all clips one after the other as one camera, and each as a camera of its own."""
    together = MotionGate()
    all_samples: list[MotionSample] = []
    all_events: list[Span] = []
    each = []
    first_frame = None
    for clip in clips:
        with tempfile.TemporaryDirectory() as folder:
            segments = live_segments(clip.path, Path(folder))
            if not segments:
                print(f"{clip.path.name}: skipped, ffmpeg decodes no picture", file=sys.stderr)
                continue
            opening = next(iter(read_frames("bench", segments[0], width=320)))
            first_frame = first_frame or opening
            start_s = len(all_samples) * PROFILE.frame_s
            all_samples += measure(segments, together)
            alone = MotionGate()
            own = measure(segments, alone)
            # A round ends where it began: the first frame is compared with the last.
            own[0] = alone.measure(opening)
        spans = [(float(e["start_s"]), float(e["end_s"])) for e in clip.label["events"] if e["type"] != SHAKE]
        all_events += [(start_s + start, start_s + end) for start, end in spans]
        each.append(Camera(clip.path.stem, tuple(own), tuple(spans)))
    if first_frame is not None:
        all_samples[0] = together.measure(first_frame)
    return Camera("all clips", tuple(all_samples), tuple(all_events)), each


def show(results: dict[str, Result]) -> dict[str, object]:
    figures: dict[str, object] = {}
    for name, result in results.items():
        figures[name] = result.figures()
        print(f"  {name:60s}", result.figures(), flush=True)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=os.environ.get("TEST_FOOTAGE") or None)
    parser.add_argument("--days", type=int, default=3, help="camera-days of the camera that shows all clips")
    parser.add_argument("--frontier", action="store_true", help="compare other settings too")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    together, each = as_cameras(list(labelled_clips(Path(arguments.folder) if arguments.folder else None)))
    if not each:
        print("Nothing was measured: there are no labelled clips.", file=sys.stderr)
        return 1
    day = datetime.now(UTC).date()
    ways = [WAY, *(FRONTIER if arguments.frontier else ())]
    print(f"all clips, {together.duration_s:.0f} s, {len(together.events)} events")
    report: dict[str, object] = {"moving share": round(moving_share(together), 3)}
    report["all clips"] = show(compare([together], ways, DAY_S, arguments.days, day))
    for share in CALMER:
        print(f"{share:.0%} of the day moves")
        camera = calmer(together, share)
        report[camera.name] = show(compare([camera], [WAY], DAY_S, arguments.days, day))
    print(f"each clip, {len(each)} cameras")
    report["each clip"] = show(compare(each, [WAY], EACH_S, 1, day))
    record("cost", report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
