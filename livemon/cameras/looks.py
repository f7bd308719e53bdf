"""LookLoop: looks at one camera's finished segments: the plan, the model, the events.

Wires look_planner.py and inference/gateway.py to the rows. Streaming and archiving do not belong here (camera.py,
archive/archiver.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import replace

from livemon.base.clock import Window
from livemon.base.datatypes import Observation, Segment
from livemon.base.detections import Sighting
from livemon.base.model_types import AnswerStatus, Look, Purpose
from livemon.base.tasks import survive
from livemon.cameras.event_recorder import EventRecorder
from livemon.cameras.gate_memory import GateMemory
from livemon.cameras.live_watch import LiveWatch
from livemon.cameras.look_planner import NOBODY, LookPlanner, Measured
from livemon.inference.gateway import ModelGateway
from livemon.inference.pool import LOCAL
from livemon.inference.route import Route, Unasked
from livemon.inference.shadow import Shadow
from livemon.vlm.local.words import GRAVE, observation

log = logging.getLogger(__name__)


def ends_window(segment: Segment) -> bool:
    """Say whether a ten-minute mark is in a segment or at its end: then its window's detections are needed."""
    return Window.containing(segment.start_utc).end_utc <= segment.end_utc


class LookLoop:
    """Looks at what one camera recorded. Its coroutine runs on the monitor's engine loop.

    Parameters
    ----------
    camera_id, gateway, shadow
        The camera's footage, the gateway to the models, and the prompt on trial.
    recorder
        Commits the events.
    recent
        Receives the segments that evidence may lie in; recorder and planner read it.
    planner
        Says when to look, and at what.
    watch
        Looks for people between the looks.
    gate_memory
        Receives the gate's measurements.
    waiting
        Number of segments that may wait for a slow model.
    looks
        Whether the model looks.

    Attributes
    ----------
    looks
        May be changed while it runs. Without, people are followed, and falls and zone rules are told all the same.
    """

    def __init__(
        self,
        camera_id: str,
        gateway: ModelGateway,
        shadow: Shadow,
        recorder: EventRecorder,
        recent: deque[Segment],
        planner: LookPlanner,
        watch: LiveWatch,
        gate_memory: GateMemory,
        waiting: int,
        looks: bool,
    ) -> None:
        self._camera_id = camera_id
        self._gateway = gateway
        self._shadow = shadow
        self._planner = planner
        self._watch = watch
        self._recorder = recorder
        self._recent = recent
        self._gate_memory = gate_memory
        self._waiting: asyncio.Queue[tuple[Segment, bool]] = asyncio.Queue(waiting)
        self.looks = looks
        self._dropped = self._switched_off = 0
        self._looks = 0
        self._failed_looks = 0
        self._told_now: list[Sighting] = []
        self._fired: list[Observation] = []
        self.reset()

    @property
    def counters(self) -> dict[str, int]:
        """Number of looks and of skipped segments."""
        return {
            "looks": self._looks,
            "failed_looks": self._failed_looks,
            "odd_answers": self._gateway.odd_answers,
            **self._planner.skipped,
            **self._watch.counters,
            "dropped_segments": self._dropped,
            "skipped_switched_off": self._switched_off,
            "skipped_over_budget": self._gateway.over_budget,
            "skipped_unanswered": self._gateway.unanswered,
        }

    @property
    def waiting(self) -> int:
        """Number of waiting segments."""
        return self._waiting.qsize()

    def reset(self) -> None:
        """Begin anew, as with a camera that was away: earlier sightings say nothing about now."""
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._planner.reset()
        self._watch.reset()
        self._gateway.scene.forget()

    def add(self, segment: Segment, *, copied: bool) -> None:
        """Take in a finished segment; never waits, so the stream never does.

        Parameters
        ----------
        copied
            Of a copied stream only keyframes are decoded: each stands alone, and decoding the rest costs as much as a
            camera.
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
        route = await asyncio.to_thread(self._gateway.route, Purpose.LOOK)
        appetite = route.appetite or NOBODY
        measured = await asyncio.to_thread(self._planner.measure, segment, appetite, copied=copied)
        self._gate_memory.add(segment, measured.samples, keyframes_only=copied)
        await self._watch_segment(segment, measured, copied=copied)
        grave = [one for one in self._watch.waiting if one.kind in GRAVE]
        told = bool(grave or (appetite.free and self._watch.waiting))
        if not self.looks or route.model is None or route.model.name != LOCAL:
            await self._tell_now(grave)
        planned = await asyncio.to_thread(
            self._planner.plan, measured, appetite, copied=copied, stretch=route.stretch, told=told
        )
        if planned is None:
            if ends_window(segment):
                await self._keep_detections(None)
            return
        look = Look(self._camera_id, planned.reason, planned.frames, self._gateway.scene.now(), self._watch.told())
        if self.looks and (appetite.crops or await self._shadow.wants_crops()):
            look = replace(look, crops=await asyncio.to_thread(self._planner.crops, planned, copied=copied))
        call_id = None
        if self.looks:
            call_id = await self._look(look, route)
        else:
            self._switched_off += 1
        await self._keep_detections(call_id)
        if self.looks:
            await survive(self._shadow.look_along(look), f"camera {self._camera_id}: looking along")

    async def _keep_detections(self, call_id: int | None) -> None:
        await survive(asyncio.to_thread(self._watch.keep, call_id), f"camera {self._camera_id}: keeping detections")

    async def _watch_segment(self, segment: Segment, measured: Measured, *, copied: bool) -> None:
        """Look for people in a segment; of a copied camera in more than its keyframes where a person is there."""
        if copied and (self._watch.somebody or await self._watch.finds_somebody(measured.frames, measured.samples)):
            measured = await asyncio.to_thread(self._planner.follow, segment, measured)
        await self._watch.take(measured.frames, measured.samples, segment.duration_s)
        self._fired += self._watch.fired()
        await survive(self._tell_fired(), f"camera {self._camera_id}: recording what zone rules told")

    async def _tell_fired(self) -> None:
        """Make events of fired zone rules; those that the database refuses are tried again with the next segment."""
        while self._fired:
            await self._record(self._fired[0], model=LOCAL)
            self._fired.pop(0)

    async def _tell_now(self, grave: list[Sighting]) -> None:
        """Make events of sightings that must not wait for a networked model, or for an open circuit breaker."""
        for sighting in grave:
            if sighting not in self._told_now:
                await self._record(observation(sighting), model=LOCAL)
        self._told_now = grave

    async def _look(self, look: Look, route: Route) -> int | None:
        """Ask, and make events of the observations; return the row of the call, None for none."""
        asked = await self._gateway.ask(look, route)
        if isinstance(asked, Unasked):
            return None
        answer = asked.answer
        self._looks += 1
        self._failed_looks += answer.status is not AnswerStatus.OK
        for seen in answer.observations:
            await self._record(seen, model=answer.model, prompt_version=answer.prompt_version, call_id=asked.call_id)
        return asked.call_id

    async def _record(
        self, seen: Observation, *, model: str, prompt_version: str = "", call_id: int | None = None
    ) -> None:
        """Make an event of an observation, with the people, pets and zones around its moment."""
        await asyncio.to_thread(
            self._recorder.observed,
            seen,
            model=model,
            prompt_version=prompt_version,
            call_id=call_id,
            detected=self._watch.around(seen),
        )
