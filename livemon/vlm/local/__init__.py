"""`local`, the vision model that needs no key and no network: it puts a watcher's sightings into words.

This file is the VisionModel: its thread, one watcher per camera, sightings to an Answer. Words are in words.py; finding
people, following them and the rules are in livemon/detect. docs/local-model.md says what the model can and cannot see.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import cv2

from livemon.base.datatypes import Frame
from livemon.base.detections import NewWatcher, Sighting, Watcher
from livemon.base.messages.message import Message, message
from livemon.base.model_types import Answer, AnswerStatus, Look, Purpose, Question, Study
from livemon.vlm.local.study import study_result
from livemon.vlm.local.words import observation
from livemon.vlm.provider import InputSpec, PreparedCall, PromptTerms

FRAMES = 50
STUDY_FRAMES = 300
"""Of ten minutes: a fall needs pictures close together. 69 MB of them at 320x240."""

FRAME_WIDTH = 320
MAX_CAMERAS = 64
"""Watchers kept; the camera not looked at for longest is forgotten first."""


class LocalModel:
    """Says what was seen. One instance serves many cameras; frames are watched one look at a time.

    A live camera is watched while it streams, and its looks carry what was seen. Frames that were not watched before
    are watched here; successive looks of a camera must then come in time order.

    Parameters
    ----------
    new_watcher
        Makes what watches a camera's frames.
    """

    name = "local"

    def __init__(self, new_watcher: NewWatcher) -> None:
        self._new_watcher = new_watcher
        self._watchers: OrderedDict[str, Watcher] = OrderedDict()
        # One of its own: watchers are not shared between threads, and a waiting caller delays no other work.
        self._thread = ThreadPoolExecutor(1, "local-model")

    def appetite(self, terms: PromptTerms) -> InputSpec:
        """Return that it takes many frames, small ones, for nothing; whatever the terms."""
        frames = STUDY_FRAMES if terms.prompt.purpose is Purpose.STUDY else FRAMES
        return InputSpec(self.name, frames, FRAME_WIDTH, free=True)

    def prepare(self, question: Question, terms: PromptTerms) -> PreparedCall:
        """Return the question as it is; no prompt tells this model anything."""
        digest = hashlib.sha256("".join(frame.sha256 for frame in question.frames).encode())
        return PreparedCall(question, terms, self.name, 0.0, digest.hexdigest())

    async def ask(self, prepared: PreparedCall) -> Answer:
        """Answer about the frames; a picture that OpenCV refuses is an Answer that says so."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._ask, prepared.question)

    async def close(self) -> None:
        """Forget everything."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._watchers.clear()

    def _ask(self, question: Question) -> Answer:
        started_s = time.perf_counter()
        if not question.frames:
            return Answer(self.name, AnswerStatus.FAILED, error=Message("answer.nothing_to_see"), attempts=0)
        if len({frame.image.shape for frame in question.frames}) > 1:
            return Answer(self.name, AnswerStatus.FAILED, error=Message("answer.sizes_differ"))
        try:
            sightings = self._sightings(question)
        except cv2.error as exc:
            return Answer(self.name, AnswerStatus.FAILED, error=message("answer.opencv_failed", reason=exc))
        seen = tuple(observation(sighting) for sighting in sightings)
        latency_ms = (time.perf_counter() - started_s) * 1000
        if isinstance(question, Study):
            result = study_result(seen, question)
            return Answer(self.name, AnswerStatus.OK, result=result, scene=result["summary"], latency_ms=latency_ms)
        return Answer(self.name, AnswerStatus.OK, observations=seen, latency_ms=latency_ms)

    def _sightings(self, question: Question) -> tuple[Sighting, ...]:
        """Return the sightings: those of the camera's watcher, or those found now in the frames."""
        # Questions about the past must not change the memory of the looks.
        live = isinstance(question, Look) and question.reason.is_live
        if isinstance(question, Look) and question.sightings is not None:
            return question.sightings
        watcher = self._watcher(question.camera_id) if live else self._new_watcher()
        return tuple(_within(question.frames, one) for one in watcher.take(question.frames))

    def _watcher(self, camera_id: str) -> Watcher:
        watcher = self._watchers.pop(camera_id, None) or self._new_watcher()
        self._watchers[camera_id] = watcher
        while len(self._watchers) > MAX_CAMERAS:
            self._watchers.popitem(last=False)
        return watcher


def _within(frames: Sequence[Frame], sighting: Sighting) -> Sighting:
    """Return the sighting with times of these frames: what began in the look before is told in this one."""
    first, last = frames[0].utc, frames[-1].utc

    def inside(utc: datetime) -> datetime:
        return min(max(utc, first), last)

    evidence = tuple(dict.fromkeys(inside(utc) for utc in sighting.evidence_utcs))
    box = sighting.box if sighting.evidence_utcs[0] == evidence[0] else None
    start, end = inside(sighting.start_utc), inside(sighting.end_utc)
    return replace(sighting, start_utc=start, end_utc=end, evidence_utcs=evidence, box=box)
