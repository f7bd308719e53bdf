"""Live cameras share one detector: fairly, what is urgent first, within a bounded time, and the stream never waits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from livemon.base.clock import FakeClock
from livemon.base.datatypes import Frame, Image, MotionSample, Segment
from livemon.base.detections import Person
from livemon.base.errors import DetectorError
from livemon.base.model_types import Purpose
from livemon.base.settings.cameras import CameraSettings
from livemon.cameras.detector_turns import DetectorTurns
from livemon.cameras.gate_memory import GateMemory
from livemon.cameras.live_watch import SLOWEST, LiveWatch
from livemon.cameras.look_planner import Measured
from livemon.cameras.looks import LookLoop
from livemon.cameras.rule_watch import RuleWatch
from livemon.store import writes
from livemon.store.detections import detections_between
from livemon.store.session import Database
from tests.detect.bodies import START, at, lying, standing

NO_RULES = RuleWatch(CameraSettings(source=""), None)
ROOM = np.random.default_rng(1).integers(60, 200, (24, 32, 3)).astype(np.uint8).repeat(10, 0).repeat(10, 1)


def moving(start_s: float, count: int = 50, changed: float = 0.05) -> tuple[list[Frame], list[MotionSample]]:
    """A segment at 5 fps in which something moves all the time."""
    utcs = [at(start_s + i / 5) for i in range(count)]
    return [Frame("hall", utc, ROOM) for utc in utcs], [MotionSample(utc, changed, 130.0, 1.0) for utc in utcs]


class Scripted:
    """A detector that says what it is told to, counts, and takes its time by the clock."""

    name = "scripted"

    def __init__(self, clock: FakeClock | None = None, takes_s: float = 0.0, people: tuple[Person, ...] = ()) -> None:
        self.asked: list[Image] = []
        self._clock, self._takes_s, self.says = clock, takes_s, people

    def people(self, image: Image) -> tuple[Person, ...]:
        self.asked.append(image)
        if self._clock is not None:
            self._clock.advance(self._takes_s)
        return self.says


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'livemon.db'}")
    writes.upsert_camera(made, "hall", "Hall", "videos", START)
    yield made
    made.close()


async def test_motion_is_looked_at_about_twice_a_second_and_stillness_hardly(
    clock: FakeClock, database: Database
) -> None:
    detector = Scripted()
    watch = LiveWatch("hall", database, DetectorTurns(detector), clock, NO_RULES)
    await watch.take(*moving(0), 10)
    assert 17 <= len(detector.asked) <= 26
    before = len(detector.asked)
    await watch.take(*moving(10, changed=0.0), 10)
    await watch.take(*moving(20, changed=0.0), 10)
    assert len(detector.asked) - before <= 4
    assert watch.counters["detector_pictures"] == len(detector.asked)


async def test_after_a_quick_sinking_every_picture_is_looked_at(clock: FakeClock, database: Database) -> None:
    detector = Scripted(people=(standing(0.5),))
    watch = LiveWatch("hall", database, DetectorTurns(detector), clock, NO_RULES)
    await watch.take(*moving(0, 25), 5)
    quiet, detector.says = len(detector.asked), (lying(0.45),)
    await watch.take(*moving(5, 15), 3)
    assert len(detector.asked) - quiet >= 13
    assert [one.kind for one in watch.waiting] == ["person_present", "possible_fall"]


async def test_what_was_found_is_kept_with_the_look(clock: FakeClock, database: Database) -> None:
    watch = LiveWatch("hall", database, DetectorTurns(Scripted(people=(standing(0.5),))), clock, NO_RULES)
    await watch.take(*moving(0), 10)
    assert [one.kind for one in watch.told()] == ["person_present"]
    await asyncio.to_thread(watch.keep, None)
    kept = detections_between(database, "hall", at(0), at(60))
    assert len(kept) == watch.counters["detector_pictures"]
    assert all(len(one.people) == 1 for one in kept)


async def test_a_slow_machine_looks_at_fewer_pictures_and_says_so(clock: FakeClock, database: Database) -> None:
    detector = Scripted(clock, takes_s=1.0)
    watch = LiveWatch("hall", database, DetectorTurns(detector), clock, NO_RULES)
    for segment in range(6):
        started_s = clock.monotonic_s()
        await watch.take(*moving(10 * segment), 10)
        assert clock.monotonic_s() - started_s <= 9, "never longer than the segment itself"
    assert watch.counters["detector_left_out"] > 0
    assert watch.counters["detector_lag_ms"] > 0
    last = len(detector.asked)
    await watch.take(*moving(60), 10)
    assert len(detector.asked) - last <= 50 / 2 / SLOWEST * 2.5


async def test_cameras_take_turns_and_what_is_urgent_goes_first() -> None:
    """Each asks again at once: while one is looked at, the others wait in line."""
    order: list[str] = []
    looked = asyncio.Event()

    class Noted:
        name = "noted"

        def people(self, image: Image) -> tuple[Person, ...]:
            order.append(str(image[0, 0, 0]))
            return ()

    turns = DetectorTurns(Noted())
    pictures = {name: np.full((2, 2, 3), name, np.uint8) for name in (1, 2, 3)}

    async def camera(name: int, *, urgent: bool = False) -> None:
        for _ in range(4):
            await turns.people(pictures[name], urgent=urgent)
            looked.set()

    await asyncio.gather(camera(1), camera(2))
    assert sorted(order[:4]) == ["1", "1", "2", "2"], "neither goes twice before the other"
    order.clear()
    await asyncio.gather(camera(1), camera(2), camera(3, urgent=True))
    assert [name for name in order if name == "3"] == ["3"] * 4
    assert order.index("3") <= 1
    assert order[-1] != "3"


async def test_a_camera_that_stops_while_it_waits_gives_its_turn_away() -> None:
    detector = Scripted()
    turns = DetectorTurns(detector)
    tasks = [asyncio.create_task(turns.people(ROOM, urgent=False)) for _ in range(5)]
    await asyncio.sleep(0)
    for task in tasks[1:4]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await turns.people(ROOM, urgent=True) == ()
    assert len(detector.asked) == 3


async def test_a_detector_that_cannot_be_used_is_told_once_and_motion_goes_on(
    clock: FakeClock, database: Database
) -> None:
    class Broken:
        name = "broken"

        def people(self, image: Image) -> tuple[Person, ...]:
            raise DetectorError("detector.weights_missing", path="people.onnx")

    watch = LiveWatch("hall", database, DetectorTurns(Broken()), clock, NO_RULES)
    await watch.take(*moving(0), 10)
    assert [one.kind for one in watch.told()] == ["people_unseen"]
    await watch.take(*moving(10), 10)
    assert [one.kind for one in watch.told()] == ["movement"]


async def test_without_a_detector_motion_is_watched(clock: FakeClock, database: Database) -> None:
    watch = LiveWatch("hall", database, None, clock, NO_RULES)
    await watch.take(*moving(0), 10)
    assert [one.kind for one in watch.told()] == ["movement"]


async def test_somebody_in_keyframes_that_moved_is_noticed_before_anything_is_followed(
    clock: FakeClock, database: Database
) -> None:
    """A copied segment in which somebody is seen for the first time is decoded in full: the first fall is in it."""
    detector = Scripted(people=(standing(0.5),))
    watch = LiveWatch("hall", database, DetectorTurns(detector), clock, NO_RULES)
    assert await watch.finds_somebody(*moving(0, 5))
    assert len(detector.asked) == 1
    assert (watch.somebody, watch.waiting) == (False, ())
    detector.says = (standing(0.5, score=0.15),)
    assert not await watch.finds_somebody(*moving(0, 5))
    assert len(detector.asked) == 4
    assert not await watch.finds_somebody(*moving(0, 5, changed=0.0)), "nothing moved"
    assert not await watch.finds_somebody([], [])
    assert len(detector.asked) == 4


@pytest.mark.parametrize(("start_s", "kept"), [(0, False), (590, True)])
async def test_the_first_segment_of_a_copied_camera_is_watched_in_full(
    clock: FakeClock, database: Database, start_s: int, kept: bool
) -> None:
    """Two keyframes show somebody who stands; the pictures between them show the fall.

    What was found is kept at a window's end, even without a look: a rule for the window asks for it.
    """
    planned = asyncio.Event()
    frames, samples = moving(start_s, 50)
    segment = Segment(at(start_s), 10.0, Path("000000.ts"), 10.0)

    class Planner:
        skipped: ClassVar[dict[str, int]] = {}

        def reset(self) -> None:
            pass

        def measure(self, segment: Segment, appetite: Any, *, copied: bool) -> Measured:
            return Measured((frames[0], frames[10]), (samples[0], samples[10]))

        def follow(self, segment: Segment, measured: Measured) -> Measured:
            return Measured(tuple(frames), tuple(samples))

        def plan(self, measured: Measured, appetite: Any, **_more: Any) -> None:
            loop.call_soon_threadsafe(planned.set)

    class Gateway:
        scene = SimpleNamespace(forget=lambda: None)
        odd_answers = over_budget = unanswered = 0

        def route(self, purpose: Purpose) -> Any:
            return SimpleNamespace(appetite=None, model=None, stretch=1.0)

    loop = asyncio.get_running_loop()
    detector = Scripted(people=(standing(0.5),))
    watch = LiveWatch("hall", database, DetectorTurns(detector), clock, NO_RULES)
    made: Any = (Gateway(), None, SimpleNamespace(), deque(), Planner(), watch, GateMemory(), 3, True)
    looks = LookLoop("hall", *made)
    running = asyncio.create_task(looks.run())
    looks.add(segment, copied=True)
    await planned.wait()
    planned.clear()
    looks.add(Segment(at(start_s + 10), 9.0, Path("000001.ts"), 9.0), copied=True)
    await planned.wait()  # with the second one's the first one's turn is over
    running.cancel()
    assert bool(detections_between(database, "hall", at(start_s), at(600))) is kept
    assert len(detector.asked) > 10
    assert watch.counters["detector_pictures"] == len(detector.asked)
