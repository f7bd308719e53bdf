"""Camera: wires one source through the stages, and starts and stops them together.

source → HLSStreamGenerator → finished segments → (archives) and (motion gate → look → events). One of the two
places that wire stages together; the stages themselves stand in stream, detect, vlm and store.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import replace
from pathlib import Path

from livemon.archivist import Archivist, survive
from livemon.clock import Clock
from livemon.config import Settings
from livemon.datatypes import (
    Answer,
    AnswerStatus,
    Frame,
    Look,
    MotionSample,
    Segment,
    StreamProfile,
    StreamStatus,
)
from livemon.detect.cooldown import Cooldown
from livemon.detect.motion import MotionGate
from livemon.detect.realtime import LookPlan, LookPolicy, RealtimeEventDetector
from livemon.errors import LivemonError
from livemon.recorder import EventRecorder
from livemon.store import writes
from livemon.store.session import Database
from livemon.stream.frames import read_frames
from livemon.stream.hls import HLSStreamGenerator
from livemon.stream.lock import CameraLock
from livemon.stream.source import open_source
from livemon.vlm.provider import VisionModel

log = logging.getLogger(__name__)

QUEUE_SEGMENTS = 12
"""Two minutes of segments may wait for a slow model; then the oldest is dropped and counted."""

LOOK_TIMEOUT_S = 120.0


class Camera:
    """One camera, live. All coroutines run on the monitor's engine loop.

    Parameters
    ----------
    camera_id
        A key of `settings.cameras`.
    settings, database, model, clock, profile
        Shared with the other cameras of the monitor.
    """

    def __init__(
        self,
        camera_id: str,
        settings: Settings,
        database: Database,
        model: VisionModel,
        clock: Clock,
        profile: StreamProfile,
    ) -> None:
        self.id = camera_id
        self.name = settings.cameras[camera_id].name or camera_id
        self._settings = settings
        self._database = database
        self._model = model
        self._clock = clock
        self._folder = settings.camera_dir(camera_id)
        self.source = open_source(
            settings.cameras[camera_id].source, settings.data_dir / "clips", profile, self._on_skip
        )
        self._generator = HLSStreamGenerator(
            camera_id, self.source, self._folder / "hls", profile, clock, self._on_segment
        )
        self._lock = CameraLock(self._folder)
        self._recent: deque[Segment] = deque(maxlen=QUEUE_SEGMENTS)
        self._recorder = EventRecorder(
            camera_id, database, clock, Cooldown(settings.cooldown_s), self.thumbnails_folder, self._recent
        )
        self._archivist = Archivist(camera_id, settings, database, clock, self._recorder)
        self._waiting: asyncio.Queue[Segment] = asyncio.Queue(QUEUE_SEGMENTS)
        self._tasks: list[asyncio.Task[None]] = []
        # Starting and stopping take a while; those who ask meanwhile wait for their turn.
        self._changing = asyncio.Lock()
        self._dropped = 0
        self._looks = 0
        self._failed_looks = 0
        self._detector = self._new_detector()

    @property
    def running(self) -> bool:
        """Whether the camera is started, live or trying to be."""
        return any(not task.done() for task in self._tasks)

    @property
    def hls_folder(self) -> Path:
        """Holds the live playlist and the segments."""
        return self._generator.folder

    @property
    def thumbnails_folder(self) -> Path:
        """Holds the events' pictures."""
        return self._folder / "thumbnails"

    @property
    def status(self) -> StreamStatus:
        """What the camera is doing, with the counters of its looks."""
        counters = {
            "looks": self._looks,
            "failed_looks": self._failed_looks,
            "skipped_still": self._detector.skipped_still,
            "skipped_early": self._detector.skipped_early,
            "dropped_segments": self._dropped,
        }
        return replace(self._generator.status, counters=counters)

    async def start(self) -> None:
        """Begin to stream, archive and look; harmless when already running.

        Raises
        ------
        CameraBusy
            When another process streams this camera.
        """
        async with self._changing:
            await self._start()

    async def restart(self) -> None:
        """Start afresh, whatever it is doing."""
        async with self._changing:
            await self._stop()
            await self._start()

    async def stop(self) -> None:
        """Stop everything and wait for it; harmless when not running. No ffmpeg is left behind."""
        async with self._changing:
            await self._stop()

    async def _start(self) -> None:
        if self.running:
            return
        await self._stop()  # what has ended by itself is cleared away
        self._lock.acquire(self._clock.now())
        self._detector = self._new_detector()
        self._tasks = [
            asyncio.create_task(self._generator.run(), name=f"{self.id} stream"),
            asyncio.create_task(self._archivist.run(), name=f"{self.id} archive"),
            asyncio.create_task(self._detect_forever(), name=f"{self.id} detect"),
        ]

    async def _stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                log.error("camera %s: ended badly: %r", self.id, result)
        self._lock.release()

    def _new_detector(self) -> RealtimeEventDetector:
        settings = self._settings
        policy = LookPolicy(settings.look_interval_s, settings.look_floor_s, settings.heartbeat_s)
        self._gate = MotionGate()
        return RealtimeEventDetector(policy, self._model.frames_per_look)

    def _on_segment(self, segment: Segment) -> None:
        """Hand a finished segment to the detector; never waits, so the stream never does."""
        if self._waiting.full():
            self._waiting.get_nowait()
            self._dropped += 1
            log.warning("camera %s: the model is too slow; a segment was not looked at", self.id)
        self._waiting.put_nowait(segment)

    def _on_skip(self, name: str, reason: str) -> None:
        """Record that a file of the source cannot be played. Called from a worker thread."""
        try:
            self._recorder.warn("file_skipped", f"{name} is skipped", reason, about=name)
        except LivemonError:
            log.exception("camera %s: could not record that %s is skipped", self.id, name)

    async def _detect_forever(self) -> None:
        while True:
            segment = await self._waiting.get()
            self._recent.append(segment)
            await survive(self._look_at(segment), f"camera {self.id}: looking")

    async def _look_at(self, segment: Segment) -> None:
        """Run the motion gate over a segment, and look when it is time to."""
        samples = await asyncio.to_thread(self._measure, segment)
        plan = self._detector.plan(samples)
        if plan is None:
            return
        frames = await asyncio.to_thread(self._decode, plan)
        look = Look(self.id, plan.reason, frames)
        answer = await self._ask(look)
        self._looks += 1
        call_id = await asyncio.to_thread(writes.add_call, self._database, look, answer, self._clock.now())
        if answer.status is not AnswerStatus.OK:
            self._failed_looks += 1
            reason = f"{answer.model} said nothing usable: {answer.error}. What happened meanwhile is unknown."
            await asyncio.to_thread(self._recorder.warn, "look_failed", "A look failed", reason, call_id=call_id)
        for seen in answer.observations:
            await asyncio.to_thread(
                self._recorder.observed, seen, model=answer.model, prompt_version=answer.prompt_version, call_id=call_id
            )

    def _measure(self, segment: Segment) -> list[MotionSample]:
        return [self._gate.measure(frame) for frame in read_frames(self.id, segment)]

    def _decode(self, plan: LookPlan) -> tuple[Frame, ...]:
        """Decode the planned frames from the segments that hold them."""
        frames: list[Frame] = []
        for segment in self._recent:
            inside = [utc for utc in plan.utcs if segment.start_utc <= utc < segment.end_utc]
            if inside:
                frames.extend(read_frames(self.id, segment, inside, self._model.frame_width))
        return tuple(frames)

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
            log.exception("camera %s: model %s raised", self.id, self._model.name)
            answer = Answer(self._model.name, AnswerStatus.FAILED, error=f"{type(exc).__name__}: {exc}")
        return replace(answer, latency_ms=(self._clock.monotonic_s() - started_s) * 1000)
