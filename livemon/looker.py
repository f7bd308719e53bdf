"""Looker: looks at one camera's finished segments: motion gate, the decision to look, the model, the events.

Wires detect and vlm to the frames and the rows. Streaming and archiving do not belong here (camera.py, archivist.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import replace

from livemon.archivist import survive
from livemon.clock import Clock
from livemon.config import Settings
from livemon.datatypes import Answer, AnswerStatus, Frame, Look, MotionSample, Segment
from livemon.detect.motion import MotionGate
from livemon.detect.realtime import LookPlan, LookPolicy, RealtimeEventDetector
from livemon.recorder import EventRecorder
from livemon.store import writes
from livemon.store.session import Database
from livemon.stream.frames import read_frames
from livemon.vlm.provider import VisionModel

log = logging.getLogger(__name__)

QUEUE_S = 120
"""So many seconds of segments may wait for a slow model; then the oldest is dropped and counted."""

GATE_WIDTH = 320
"""The motion gate measures 160 pixels across; decoding for it needs no more than twice that."""

LOOK_TIMEOUT_S = 120.0


class Looker:
    """Looks at what one camera recorded. Its coroutine runs on the monitor's engine loop.

    Parameters
    ----------
    camera_id, settings, database, model, clock
        Whose footage, when to look, where answers go, who answers, and the time.
    recorder
        Commits the events.
    recent
        Receives the segments that evidence may lie in; the recorder reads it.
    """

    def __init__(
        self,
        camera_id: str,
        settings: Settings,
        database: Database,
        model: VisionModel,
        clock: Clock,
        recorder: EventRecorder,
        recent: deque[Segment],
    ) -> None:
        self._camera_id = camera_id
        self._settings = settings
        self._database = database
        self._model = model
        self._clock = clock
        self._recorder = recorder
        self._recent = recent
        self._waiting: asyncio.Queue[tuple[Segment, bool]] = asyncio.Queue(recent.maxlen or 0)
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
            "dropped_segments": self._dropped,
        }

    def reset(self) -> None:
        """Begin anew, as with a camera that was away: what was seen before says nothing about now."""
        policy = LookPolicy(self._settings.look_interval_s, self._settings.look_floor_s, self._settings.heartbeat_s)
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._gate = MotionGate()
        self._detector = RealtimeEventDetector(policy, self._model.frames_per_look)

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
        samples, at_hand = await asyncio.to_thread(self._measure, segment, copied)
        plan = self._detector.plan(samples)
        if plan is None:
            return
        frames = await asyncio.to_thread(self._decode, plan, at_hand, copied)
        look = Look(self._camera_id, plan.reason, frames)
        answer = await self._ask(look)
        self._looks += 1
        call_id = await asyncio.to_thread(writes.add_call, self._database, look, answer, self._clock.now())
        if answer.status is not AnswerStatus.OK:
            self._failed_looks += 1
            error = answer.error.rstrip(".")
            reason = f"{answer.model} said nothing usable: {error}. What happened meanwhile is unknown."
            await asyncio.to_thread(self._recorder.warn, "look_failed", "A look failed", reason, call_id=call_id)
        for seen in answer.observations:
            await asyncio.to_thread(
                self._recorder.observed, seen, model=answer.model, prompt_version=answer.prompt_version, call_id=call_id
            )

    def _measure(self, segment: Segment, copied: bool) -> tuple[list[MotionSample], list[Frame]]:
        """Return the gate's samples, and the few large pictures of a copied segment: a look may come right away."""
        if not copied:
            frames = read_frames(self._camera_id, segment, width=GATE_WIDTH)
            return [self._gate.measure(frame) for frame in frames], []
        pictures = list(read_frames(self._camera_id, segment, width=self._model.frame_width, keyframes_only=True))
        return [self._gate.measure(frame) for frame in pictures], pictures

    def _decode(self, plan: LookPlan, at_hand: list[Frame], copied: bool) -> tuple[Frame, ...]:
        """Return the planned frames, decoding those that are not at hand from the segments that hold them."""
        frames = [frame for frame in at_hand if frame.utc in plan.utcs]
        missing = set(plan.utcs) - {frame.utc for frame in frames}
        for segment in self._recent:
            inside = [utc for utc in missing if segment.start_utc <= utc < segment.end_utc]
            if inside:
                width = self._model.frame_width
                frames.extend(read_frames(self._camera_id, segment, inside, width, keyframes_only=copied))
        frames.sort(key=lambda frame: frame.utc)
        # A camera may come back with another size; a look is at pictures that can be compared.
        return tuple(frame for frame in frames if frame.image.shape == frames[-1].image.shape)

    async def _ask(self, look: Look) -> Answer:
        """Ask the model; whatever goes wrong becomes an answer that says so."""
        started_s = self._clock.monotonic_s()
        try:
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes just as the answer does.
            async with asyncio.timeout(LOOK_TIMEOUT_S):
                answer = await self._model.look(look)
        except TimeoutError:
            answer = Answer(self._model.name, AnswerStatus.FAILED, error=f"no answer within {LOOK_TIMEOUT_S:.0f} s")
        except Exception as exc:  # a plug-in model may raise anything; the failure is stored as what it is
            log.exception("camera %s: model %s raised", self._camera_id, self._model.name)
            answer = Answer(self._model.name, AnswerStatus.FAILED, error=f"{type(exc).__name__}: {exc}")
        return replace(answer, latency_ms=(self._clock.monotonic_s() - started_s) * 1000)
