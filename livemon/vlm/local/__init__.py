"""`local`, the vision model that needs no key and no network: OpenCV on small pictures.

This file is the VisionModel: threads, one memory per camera, findings to an Answer. What is measured is in the
modules beside it; docs/local-model.md says what the model can and cannot see.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections import OrderedDict

import cv2

from livemon.base.model_types import Answer, AnswerStatus, Look, Purpose, Question, Study
from livemon.vlm.local.people import PeopleWitness
from livemon.vlm.local.scene import SceneMemory
from livemon.vlm.local.study import study_result
from livemon.vlm.local.wording import observation
from livemon.vlm.provider import InputSpec, PreparedCall, PromptTerms

FRAMES = 50
STUDY_FRAMES = 300
"""Of ten minutes: a fall needs pictures close together. 69 MB of them at 320x240."""

FRAME_WIDTH = 320
MAX_CAMERAS = 64
"""Memories kept; the camera not looked at for longest is forgotten first."""


class LocalModel:
    """Looks at frames with OpenCV. One instance serves many cameras; looks are analysed one at a time.

    Successive looks of a camera must come in time order: what is new is told against what was there before.
    """

    name = "local"

    def __init__(self) -> None:
        self._memories: OrderedDict[str, SceneMemory] = OrderedDict()
        self._witness: PeopleWitness | None = None
        # One at a time: memories are not shared between threads, and two cores are not starved by ten cameras.
        self._one_at_a_time = threading.Lock()

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
        return await asyncio.to_thread(self._ask, prepared.question)

    async def close(self) -> None:
        """Forget everything."""
        self._memories.clear()
        self._witness = None

    def _ask(self, question: Question) -> Answer:
        started_s = time.perf_counter()
        with self._one_at_a_time:
            if not question.frames:
                return Answer(self.name, AnswerStatus.FAILED, error="There is nothing to look at.", attempts=0)
            if len({frame.image.shape for frame in question.frames}) > 1:
                return Answer(self.name, AnswerStatus.FAILED, error="The frames of the look differ in size.")
            # What is asked of the past must not change what the looks remember.
            live = isinstance(question, Look) and question.reason.is_live
            memory = self._memory(question.camera_id) if live else SceneMemory()
            try:
                findings = memory.look(question.frames, self._hog())
            except cv2.error as exc:
                return Answer(self.name, AnswerStatus.FAILED, error=f"OpenCV could not analyse the frames: {exc}")
        seen = tuple(observation(finding) for finding in findings)
        latency_ms = (time.perf_counter() - started_s) * 1000
        if isinstance(question, Study):
            result = study_result(seen, question)
            return Answer(self.name, AnswerStatus.OK, result=result, scene=result["summary"], latency_ms=latency_ms)
        return Answer(self.name, AnswerStatus.OK, observations=seen, latency_ms=latency_ms)

    def _memory(self, camera_id: str) -> SceneMemory:
        memory = self._memories.pop(camera_id, None) or SceneMemory()
        self._memories[camera_id] = memory
        while len(self._memories) > MAX_CAMERAS:
            self._memories.popitem(last=False)
        return memory

    def _hog(self) -> PeopleWitness:
        if self._witness is None:
            self._witness = PeopleWitness()
        return self._witness
