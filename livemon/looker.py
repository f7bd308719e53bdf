"""Looker: looks at one camera's finished segments: motion gate, the decision to look, the model, the events.

Wires detect and vlm to the frames and the rows. Streaming and archiving do not belong here (camera.py, archivist.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import replace

from livemon.asker import Asker
from livemon.calls import AnswerStatus, Look, Purpose
from livemon.config import Settings
from livemon.datatypes import Frame, MotionSample, Segment
from livemon.detect.motion import MotionGate
from livemon.detect.realtime import LookPlan, LookPolicy, RealtimeEventDetector
from livemon.recorder import EventRecorder
from livemon.route import Route, Unasked
from livemon.stream.frames import read_frames, scale_down
from livemon.survive import survive
from livemon.vlm.provider import Appetite

log = logging.getLogger(__name__)

QUEUE_S = 120
"""So many seconds of segments may wait for a slow model; then the oldest is dropped and counted."""

NOBODY = Appetite("", 1, 320, free=True)
"""When nobody may look, the gate goes on measuring: how much was not looked at is counted."""

GATE_WIDTH = 320
"""The motion gate measures 160 pixels across; decoding for it needs no more than twice that."""


class Looker:
    """Looks at what one camera recorded. Its coroutine runs on the monitor's engine loop.

    Parameters
    ----------
    camera_id, settings, asker
        Whose footage, when to look, and who puts it to a model.
    recorder
        Commits the events.
    recent
        Receives the segments that evidence may lie in; the recorder reads it.
    waiting
        How many segments may wait for a slow model.
    """

    def __init__(
        self,
        camera_id: str,
        settings: Settings,
        asker: Asker,
        recorder: EventRecorder,
        recent: deque[Segment],
        waiting: int,
    ) -> None:
        self._camera_id = camera_id
        self._settings = settings
        self._asker = asker
        self._recorder = recorder
        self._recent = recent
        self._waiting: asyncio.Queue[tuple[Segment, bool]] = asyncio.Queue(waiting)
        self._dropped = 0
        self._looks = 0
        self._failed_looks = 0
        self.reset()

    @property
    def counters(self) -> dict[str, int]:
        """How often it looked, and what it left out."""
        return {
            "looks": self._looks,
            "failed_looks": self._failed_looks,
            "skipped_still": self._detector.skipped_still,
            "skipped_early": self._detector.skipped_early,
            "skipped_bounded": self._detector.skipped_bounded,
            "dropped_segments": self._dropped,
            "skipped_over_budget": self._asker.over_budget,
            "skipped_unanswered": self._asker.unanswered,
        }

    @property
    def waiting(self) -> int:
        """How many segments wait."""
        return self._waiting.qsize()

    def reset(self) -> None:
        """Begin anew, as with a camera that was away: what was seen before says nothing about now."""
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._gate = MotionGate()
        self._detector = RealtimeEventDetector(self._policy(1.0, free=True), 1)
        self._held: list[Frame] = []
        self._asker.scene.forget()

    def add(self, segment: Segment, *, copied: bool) -> None:
        """Take in a finished segment; never waits, so the stream never does.

        Parameters
        ----------
        copied
            Of a copied stream only keyframes are decoded: each stands alone, and decoding the rest is what a camera
            would cost.
        """
        if self._waiting.full():
            self._waiting.get_nowait()
            self._dropped += 1
            log.warning("camera %s: the model is too slow; a segment was not looked at", self._camera_id)
        self._waiting.put_nowait((segment, copied))

    async def run(self) -> None:
        """Look for ever; an error ends one look and not the looking."""
        while True:
            segment, copied = await self._waiting.get()
            self._recent.append(segment)
            await survive(self._look_at(segment, copied), f"camera {self._camera_id}: looking")

    async def _look_at(self, segment: Segment, copied: bool) -> None:
        """Run the motion gate over a segment, and look when it is time to."""
        route = await asyncio.to_thread(self._asker.route, Purpose.LOOK)
        appetite = route.appetite or NOBODY
        fresh, samples = await asyncio.to_thread(self._measure, segment, copied, appetite.frame_width)
        self._detector.policy = self._policy(route.stretch, free=appetite.free)
        self._detector.frames_per_look = appetite.frames
        plan = self._detector.plan(samples)
        at_hand = [*self._held, *fresh]
        kept = self._detector.kept  # made anew each time it is asked for
        self._held = [frame for frame in at_hand if frame.utc in kept]
        if plan is not None:
            frames = await asyncio.to_thread(self._frames, plan, at_hand, copied, appetite.frame_width)
            await self._look(Look(self._camera_id, plan.reason, frames, self._asker.scene.now()), route)

    async def _look(self, look: Look, route: Route) -> None:
        """Ask, and make events of what was seen."""
        asked = await self._asker.ask(look, route)
        if isinstance(asked, Unasked):
            return
        answer = asked.answer
        self._looks += 1
        self._failed_looks += answer.status is not AnswerStatus.OK
        for seen in answer.observations:
            await asyncio.to_thread(
                self._recorder.observed,
                seen,
                model=answer.model,
                prompt_version=answer.prompt_version,
                call_id=asked.call_id,
            )

    def _policy(self, stretch: float, *, free: bool) -> LookPolicy:
        """Return when to look: a model that is free looks at every burst, one that is paid is asked with care."""
        settings = self._settings
        return LookPolicy(
            settings.look_interval_s * stretch,
            settings.look_floor_s * stretch,
            settings.heartbeat_s,
            looks_per_hour=None if free else settings.looks_per_hour / stretch,
            moments_only=not free,
        )

    def _measure(self, segment: Segment, copied: bool, width: int) -> tuple[list[Frame], list[MotionSample]]:
        """Return a segment's frames, large enough for gate and look, and what the gate says of each."""
        width = max(GATE_WIDTH, width)
        frames = list(read_frames(self._camera_id, segment, width=width, keyframes_only=copied))
        return frames, [self._gate.measure(frame) for frame in frames]

    def _frames(self, plan: LookPlan, at_hand: list[Frame], copied: bool, width: int) -> tuple[Frame, ...]:
        """Return the planned frames, decoding those that are not at hand from the segments that hold them."""
        frames = [frame for frame in at_hand if frame.utc in plan.utcs]
        missing = set(plan.utcs) - {frame.utc for frame in frames}
        for segment in self._recent:
            inside = [utc for utc in missing if segment.start_utc <= utc < segment.end_utc]
            if inside:
                frames.extend(read_frames(self._camera_id, segment, inside, width, keyframes_only=copied))
        frames.sort(key=lambda frame: frame.utc)
        small = [replace(frame, image=scale_down(frame.image, width)) for frame in frames]
        # A camera may come back with another size; a look is at pictures that can be compared.
        return tuple(frame for frame in small if frame.image.shape == small[-1].image.shape)
