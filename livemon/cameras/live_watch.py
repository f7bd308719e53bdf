"""LiveWatch: one live camera's pictures, looked at for people in turn with the other cameras', within a bounded time.

The pictures are those that the motion gate decoded. Choice and meaning of pictures live in detect/watch.py, zone rules
in rule_watch.py, turns in detector_turns.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from livemon.base.clock import Clock
from livemon.base.datatypes import Frame, MotionSample, Observation
from livemon.base.detections import Detections, DetectionSummary, Person, Pet, Sighting
from livemon.base.errors import DetectorError
from livemon.cameras.detector_turns import DetectorTurns
from livemon.cameras.rule_watch import RuleWatch
from livemon.detect.motion import ACTIVE_SHARE
from livemon.detect.summary import RecentDetections
from livemon.detect.tracks import STRONG_SCORE
from livemon.detect.watch import Watch
from livemon.store.camera_leases import HeldLease, without_lease
from livemon.store.detections import add_detections
from livemon.store.session import Database

LONGEST_SHARE = 0.8
"""Of a segment's length: longer its pictures may not take, or segments would wait for one another."""

SLOWEST = 8
"""When the machine cannot keep up, pictures are up to this many times as far apart."""

BUSY_SHARE, ROOMY_SHARE = 0.7, 0.35
"""Above the one the pictures are half as many from now on, below the other twice as many, which then is no more."""


class LiveWatch:
    """Watches one camera. Its coroutines run on the monitor's engine loop.

    Parameters
    ----------
    camera_id, database, turns, clock
        The camera's pictures, the store of detections, the detector, and the time it takes. `turns` is None without a
        detector.
    rules
        The camera's zone rules.
    lease
        The lease under which detections are kept.
    """

    def __init__(
        self,
        camera_id: str,
        database: Database,
        turns: DetectorTurns | None,
        clock: Clock,
        rules: RuleWatch,
        lease: HeldLease = without_lease,
    ) -> None:
        self._camera_id = camera_id
        self._database = database
        self._turns = turns
        self._clock = clock
        self._rules = rules
        self._lease = lease
        self._pets_fail = False
        self._looked_at = self._left_out = self._lag_ms = 0
        self.reset()

    @property
    def counters(self) -> dict[str, int]:
        """Number of pictures searched for people, and of those left out for lack of time; the last segment's time."""
        return {
            "detector_pictures": self._looked_at,
            "detector_left_out": self._left_out,
            "detector_lag_ms": self._lag_ms,
        }

    @property
    def waiting(self) -> tuple[Sighting, ...]:
        """Sightings that are not reported yet."""
        return self._watch.waiting

    @property
    def somebody(self) -> bool:
        """Whether a person may be there."""
        return self._watch.somebody

    def reset(self) -> None:
        """Begin anew, as with a camera that was away."""
        self._watch = Watch()
        self._rules.reset()
        self._recent = RecentDetections(self._rules.zones)
        self._found: list[Detections] = []
        self._fired: list[Observation] = []
        self._slower = 1

    def told(self) -> tuple[Sighting, ...]:
        """Return the sightings since the last call."""
        return self._watch.told()

    def fired(self) -> list[Observation]:
        """Return what zone rules told since the last call."""
        fired, self._fired = self._fired, []
        return fired

    def around(self, seen: Observation) -> DetectionSummary:
        """Return the people, pets and zones of the pictures around an observation."""
        return self._recent.around(seen.start_utc, seen.end_utc, seen.location)

    def keep(self, call_id: int | None) -> None:
        """Keep the people found since the last call, with the call of the look; blocks."""
        found, self._found = self._found, []
        add_detections(self._database, self._camera_id, found, call_id, self._lease())

    async def take(self, frames: Sequence[Frame], samples: Sequence[MotionSample], duration_s: float) -> None:
        """Take in a segment's frames, in time order, and the motion gate's measurements of them."""
        started_s = self._clock.monotonic_s()
        pictures = list(zip(frames, samples, strict=True))
        place = await asyncio.to_thread(self._advance, pictures, -1)
        while place is not None:
            frame = pictures[place][0]
            used_s = self._clock.monotonic_s() - started_s
            people = pets = None
            if used_s < LONGEST_SHARE * duration_s:
                people, pets = await self._people(frame), await self._pets(frame)
            else:
                self._left_out += 1
            place = await asyncio.to_thread(self._advance, pictures, place, people, pets)
        if frames:
            height, width = frames[-1].image.shape[:2]
            await asyncio.to_thread(self._apply_rules, width / height)
        self._pace(self._clock.monotonic_s() - started_s, duration_s)

    async def finds_somebody(self, frames: Sequence[Frame], samples: Sequence[MotionSample]) -> bool:
        """Look for people in some of the frames with motion, the last first; return whether a person is clearly seen.

        For deciding whether a segment is worth decoding: nothing is followed, and nothing told.
        """
        moved = [frame for frame, sample in zip(frames, samples, strict=True) if sample.changed >= ACTIVE_SHARE]
        some = [moved[-1], moved[0], moved[len(moved) // 2]][: len(moved)] if moved else []
        for frame in some:
            people = await self._people(frame)
            if people and people[0].score >= STRONG_SCORE:
                return True
        return False

    async def _people(self, frame: Frame) -> tuple[Person, ...] | None:
        """Return the people in a picture; None when the detector cannot tell."""
        if self._turns is None:
            return None
        try:
            people = await self._turns.people(self._watch.shown(frame.image), urgent=self._watch.urgent)
        except DetectorError as exc:
            self._watch.blind = str(exc)
            logging.getLogger(__name__).error("camera %s: %s", self._camera_id, exc)
            return None
        self._looked_at += 1
        return people

    async def _pets(self, frame: Frame) -> tuple[Pet, ...] | None:
        """Return the pets in a picture; None when it is not searched for pets, or the detector cannot tell."""
        if self._turns is None or self._pets_fail or not self._watch.wants_pets(frame.utc):
            return None
        try:
            return await self._turns.pets(self._watch.shown(frame.image))
        except DetectorError as exc:
            self._pets_fail = True
            logging.getLogger(__name__).error("camera %s: pets are not looked for: %s", self._camera_id, exc)
            return None

    def _advance(
        self,
        pictures: Sequence[tuple[Frame, MotionSample]],
        place: int,
        people: Sequence[Person] | None = None,
        pets: Sequence[Pet] | None = None,
    ) -> int | None:
        """Take in the people found in the picture at `place`; return the place of the next to look at, None for none.

        Place -1 is before the first; `people` is None when the picture was not looked at after all.
        """
        if people is not None:
            self._watch.see(pictures[place][0].utc, people, pets)
        for number in range(place + 1, len(pictures)):
            if self._watch.wants(*pictures[number], slower=self._slower) and self._turns is not None:
                return number
        return None

    def _apply_rules(self, aspect: float) -> None:
        """Give the people found in the last pictures to the zone rules."""
        found = self._watch.found()
        self._found += found
        self._recent.take(found, aspect)
        self._fired += self._rules.take(found, aspect)

    def _pace(self, used_s: float, duration_s: float) -> None:
        """Look at fewer pictures when the machine does not keep up, and at more again when it does."""
        self._lag_ms = round(used_s * 1000)
        if used_s > BUSY_SHARE * duration_s:
            self._slower = min(SLOWEST, self._slower * 2)
        elif used_s < ROOMY_SHARE * duration_s:
            self._slower = max(1, self._slower // 2)
