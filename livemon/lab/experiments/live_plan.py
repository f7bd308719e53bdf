"""Watching: an item shown to a model as a live camera would have been: the same plan, frames, scene and cooldown.

Plans are kept beside the footage, so that asking again decodes nothing. Asking lives in ask_item.py.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from livemon.archive.footage import Footage
from livemon.base.clock import iso, require_utc
from livemon.base.datatypes import Frame, LookReason, MotionSample, Observation, Segment
from livemon.base.detections import Detector
from livemon.base.errors import LabError, NoFootage
from livemon.base.model_types import Crop, Look, Question, Scene, Study
from livemon.base.private_files import make_folder, open_private, write_text
from livemon.base.settings.settings import Settings
from livemon.cameras.look_planner import GATE_WIDTH, LookPlanner, recent_segments
from livemon.cameras.people_crops import cut_crops
from livemon.cameras.questions import Notes, QuestionBuilder
from livemon.detect.cooldown import Cooldown
from livemon.detect.motion import MotionGate
from livemon.lab.data.dataset import Item
from livemon.stream.files.frames import read_frames, scale_down
from livemon.vlm.options import StudyInput
from livemon.vlm.provider import InputSpec, PromptTerms

REACH = timedelta(seconds=1)
"""Of less than this an archive may be taken for what its live segments hold all of (archive/footage.py, MISSING_S)."""


@dataclass(frozen=True, slots=True)
class ClipNotes:
    """Context of a clip for a model: only that it is a clip."""

    title: str
    language: str = "en"

    def then(self, moment: datetime) -> Scene:
        """Return that."""
        del moment
        return Scene(camera=self.title, zone=UTC, language=self.language)


@dataclass(frozen=True, slots=True)
class Place:
    """Place of an item's footage, its context, the folder of its plans, and what finds people for crops."""

    footage: Footage
    notes: Notes
    plans: Path
    keyframes_only: bool = False
    detector: Detector | None = None


@dataclass(frozen=True, slots=True)
class PlannedQuestion:
    """One question of a plan: the frames by time and content hash, and when it could be asked at the earliest.

    `width` is what the frames were scaled to when they were hashed.
    """

    number: int
    reason: str
    told_utc: datetime
    utcs: tuple[datetime, ...]
    hashes: tuple[str, ...]
    width: int


def plan_looks(item: Item, place: Place, appetite: InputSpec, settings: Settings) -> tuple[PlannedQuestion, ...]:
    """Return the looks that a live camera would have made at an item's footage; blocks: it decodes, the first time.

    A plan begins afresh with the item: what moved before it is not known to the gate.

    Raises
    ------
    NoFootage
        When its footage is gone.
    """
    settings = settings.of_camera(item.camera_id)
    policy = {
        name: getattr(settings, name) for name in ("look_interval_s", "look_floor_s", "heartbeat_s", "looks_per_hour")
    }
    told = {"item": item.id, "appetite": [appetite.frames, appetite.frame_width, appetite.free], "policy": policy}
    return _kept(place.plans, told, lambda: _planned(item, place, appetite, settings))


def plan_study(item: Item, place: Place, appetite: InputSpec, terms: PromptTerms) -> tuple[PlannedQuestion, ...]:
    """Return the one study of an item; as `plan_looks`.

    Raises
    ------
    NoFootage
        When its footage is gone.
    LabError
        When the prompt studies videos, of which nothing is planned.
    """
    if terms.options.study_input is StudyInput.VIDEO:
        raise LabError("lab.no_video_studies")

    def planned() -> Iterator[PlannedQuestion]:
        questions = QuestionBuilder(item.camera_id, place.footage, place.notes)
        study = questions.study(item.start_utc, item.end_utc, appetite, terms, keyframes_only=place.keyframes_only)
        yield _planned_question(0, "study", item.end_utc, study.frames)

    told = {"item": item.id, "study": [appetite.frames, appetite.frame_width]}
    return _kept(place.plans, told, planned)


def show(
    item: Item, place: Place, planned: PlannedQuestion, terms: PromptTerms, scene: Scene, camera_id: str, *, crops: bool
) -> Question:
    """Return a planned question with its pictures; blocks: it decodes.

    Parameters
    ----------
    camera_id
        Identity of the item for a model with a memory: every showing has its own.
    crops
        Show crops of the people in the pictures, too.

    Raises
    ------
    NoFootage
        When a picture is gone.
    """
    frames = frames_of(camera_id, place, planned.utcs, planned.width)
    cut: tuple[Crop, ...] = ()
    if crops and frames:
        segments = place.footage.segments(planned.utcs[0], planned.utcs[-1] + REACH)
        cut = cut_crops(place.detector, segments, frames, keyframes_only=place.keyframes_only)
    if terms.prompt.purpose.value == "study":
        return Study(camera_id, item.start_utc, item.duration_s, frames, scene=scene, crops=cut)
    return Look(camera_id, LookReason(planned.reason), frames, scene, crops=cut)


def frames_of(camera_id: str, place: Place, utcs: Sequence[datetime], width: int) -> tuple[Frame, ...]:
    """Return the frames of exactly these times; blocks.

    Raises
    ------
    NoFootage
        When one is gone.
    """
    segments = place.footage.segments(utcs[0], utcs[-1] + REACH) if utcs else []
    frames: list[Frame] = []
    for segment in segments:
        inside = [utc for utc in utcs if segment.start_utc <= utc < segment.end_utc]
        if inside:
            # As the planner decodes them: what scales a picture decides its pixels.
            large = max(GATE_WIDTH, width)
            for frame in read_frames(camera_id, segment, inside, large, keyframes_only=place.keyframes_only):
                frames.append(replace(frame, image=scale_down(frame.image, width)))
    if len(frames) < len(utcs):
        raise NoFootage("lab.pictures_gone", gone=len(utcs) - len(frames), all=len(utcs), start=iso(utcs[0]))
    return tuple(frames)


def motion_of(item: Item, place: Place) -> list[MotionSample]:
    """Return what the motion gate says of each frame of an item; blocks: it decodes, the first time.

    Raises
    ------
    NoFootage
        When its footage is gone.
    """
    path = place.plans / f"motion-{item.id}{'-keyframes' if place.keyframes_only else ''}.npy"
    try:
        kept = np.load(path)
    except (OSError, ValueError):
        gate = MotionGate()
        samples = [
            gate.measure(frame)
            for segment in _segments(item, place)
            for frame in read_frames(item.camera_id, segment, width=GATE_WIDTH, keyframes_only=place.keyframes_only)
            if item.start_utc <= frame.utc < item.end_utc
        ]
        kept = np.array([(one.utc.timestamp(), one.changed, one.brightness, one.difference) for one in samples])
        make_folder(path.parent)
        partial = _partial(path)
        with open_private(partial, "wb") as file:
            np.save(file, kept)
        partial.replace(path)
    return [MotionSample(datetime.fromtimestamp(at_s, UTC), *measured) for at_s, *measured in kept.tolist()]


def told_events(questions: Iterable[tuple[int, Sequence[Observation]]], cooldown_s: float) -> list[dict[str, Any]]:
    """Return what a live camera would have told of, the questions of one item in order: repetitions are folded.

    Parameters
    ----------
    questions
        Number of each question, and what was seen.

    Returns
    -------
    list of dict
        ``number`` of the question, ``observation``, and ``end_utc``, when it was last seen.
    """
    cooldown = Cooldown(cooldown_s)
    told: list[dict[str, Any]] = []
    for number, seen in questions:
        for one in seen:
            repeats = cooldown.consider(one)
            if repeats is not None:
                told[repeats.event_id]["end_utc"] = repeats.last_seen_utc
                continue
            cooldown.remember(len(told), one)
            told.append({"number": number, "observation": one, "end_utc": one.end_utc})
    return told


def _planned(item: Item, place: Place, appetite: InputSpec, settings: Settings) -> Iterator[PlannedQuestion]:
    segments = _segments(item, place)
    recent = recent_segments(settings, max(1.0, segments[0].duration_s))
    planner = LookPlanner(item.camera_id, settings, recent)
    number = 0
    for segment in segments:
        recent.append(segment)
        planned = planner.take(segment, appetite, copied=place.keyframes_only)
        if planned is not None:
            yield _planned_question(number, planned.reason.value, segment.end_utc, planned.frames)
            number += 1


def _segments(item: Item, place: Place) -> list[Segment]:
    segments = place.footage.segments(item.start_utc, item.end_utc)
    if not segments:
        raise NoFootage("lab.footage_gone", title=item.title or item.id)
    return segments


def _planned_question(number: int, reason: str, told_utc: datetime, frames: Sequence[Frame]) -> PlannedQuestion:
    width = frames[0].image.shape[1]
    hashes = tuple(frame.sha256 for frame in frames)
    return PlannedQuestion(number, reason, told_utc, tuple(frame.utc for frame in frames), hashes, width)


def _kept(folder: Path, told: dict[str, Any], make: Any) -> tuple[PlannedQuestion, ...]:
    """Return a plan from its file, or make it and keep it; a file that cannot be read is made anew."""
    name = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:24]
    path = folder / f"{name}.json"
    try:
        return tuple(_question(one) for one in json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError):
        made = tuple(make())
    make_folder(folder)
    partial = _partial(path)
    write_text(partial, json.dumps([asdict(one) for one in made], default=lambda moment: moment.isoformat()))
    partial.replace(path)
    return made


def _partial(path: Path) -> Path:
    """Return where a file is written before it takes its name; another thread or process may write the same one."""
    return path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")


def _question(content: dict[str, Any]) -> PlannedQuestion:
    utcs = tuple(require_utc(datetime.fromisoformat(text)) for text in content["utcs"])
    told_utc = require_utc(datetime.fromisoformat(content["told_utc"]))
    return PlannedQuestion(**{**content, "told_utc": told_utc, "utcs": utcs, "hashes": tuple(content["hashes"])})


def footage_hash(segments_or_files: Iterable[str]) -> str:
    """Return the content hash of footage, of its files' own hashes in order."""
    return hashlib.sha256("".join(segments_or_files).encode()).hexdigest()
