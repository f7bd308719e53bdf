"""`local`, the vision model that needs no key and no network: OpenCV on small pictures.

This file is the VisionModel: threads, one memory per camera, findings to an Answer. What is measured is in the
modules beside it; docs/local-model.md says what the model can and cannot see.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict

import cv2

from livemon.datatypes import Answer, AnswerStatus, Look
from livemon.vlm.local.people import PeopleWitness
from livemon.vlm.local.scene import SceneMemory
from livemon.vlm.local.wording import observation

MAX_CAMERAS = 64
"""Memories kept; the camera not looked at for longest is forgotten first."""


class LocalModel:
    """Looks at frames with OpenCV. One instance serves many cameras; looks are analysed one at a time.

    Successive looks of a camera must come in time order: what is new is told against what was there before.
    """

    name = "local"
    frames_per_look = 50
    frame_width = 320

    def __init__(self) -> None:
        self._memories: OrderedDict[str, SceneMemory] = OrderedDict()
        self._witness: PeopleWitness | None = None
        # One at a time: memories are not shared between threads, and two cores are not starved by ten cameras.
        self._one_at_a_time = threading.Lock()

    async def look(self, look: Look) -> Answer:
        """Answer about `look.frames`; a picture that OpenCV refuses is an Answer that says so."""
        return await asyncio.to_thread(self._look, look)

    async def close(self) -> None:
        """Forget everything."""
        self._memories.clear()
        self._witness = None

    def _look(self, look: Look) -> Answer:
        started_s = time.perf_counter()
        with self._one_at_a_time:
            if not look.frames:
                return Answer(self.name, AnswerStatus.FAILED, error="The look carries no frames.")
            if len({frame.image.shape for frame in look.frames}) > 1:
                return Answer(self.name, AnswerStatus.FAILED, error="The frames of the look differ in size.")
            try:
                findings = self._memory(look.camera_id).look(look.frames, self._hog())
            except cv2.error as exc:
                return Answer(self.name, AnswerStatus.FAILED, error=f"OpenCV could not analyse the frames: {exc}")
        return Answer(
            model=self.name,
            status=AnswerStatus.OK,
            observations=tuple(observation(finding) for finding in findings),
            latency_ms=(time.perf_counter() - started_s) * 1000,
        )

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
