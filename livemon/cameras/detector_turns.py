"""DetectorTurns: one detector for all cameras of a monitor: the order of pictures, and their durations.

Each camera has at most one picture here, so that turns are fair; pictures after a sinking go first. The choice of
pictures lives in detect/watch.py, as does the evaluation of detections.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TypeVar

from livemon.base.datatypes import Image
from livemon.base.detections import Detector, Person, Pet
from livemon.detect.pets import PetDetector

Found = TypeVar("Found")


class DetectorTurns:
    """Lets cameras ask a detector, one picture at a time. Used on one loop.

    Parameters
    ----------
    detector, pet_detector
        Asked on a thread of their own, one picture at a time; `pet_detector` is None when pets are not looked for.

    Attributes
    ----------
    detector
        For crops of people, which take no turn: it lets one picture in at a time itself.
    """

    def __init__(self, detector: Detector, pet_detector: PetDetector | None = None) -> None:
        self.detector = detector
        self._pet_detector = pet_detector
        self._thread = ThreadPoolExecutor(1, "detector")
        self._busy = False
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._number = count()

    async def people(self, image: Image, *, urgent: bool) -> tuple[Person, ...]:
        """Return the people in a picture once it is its turn; urgent pictures go first.

        Raises
        ------
        DetectorError
            When the detector cannot be used.
        """
        return await self._ask(self.detector.people, image, urgent=urgent)

    async def pets(self, image: Image) -> tuple[Pet, ...] | None:
        """Return the pets in a picture once it is its turn; None when they are not looked for. Raises as `people`."""
        return None if self._pet_detector is None else await self._ask(self._pet_detector.pets, image, urgent=False)

    async def _ask(self, look: Callable[[Image], Found], image: Image, *, urgent: bool) -> Found:
        loop = asyncio.get_running_loop()
        if self._busy:
            turn: asyncio.Future[None] = loop.create_future()
            heapq.heappush(self._waiting, (not urgent, next(self._number), turn))
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._give_turn()
                raise
        self._busy = True
        try:
            return await loop.run_in_executor(self._thread, look, image)
        finally:
            self._give_turn()

    def _give_turn(self) -> None:
        """Let the next one go; a cancelled waiter has lost its turn."""
        self._busy = False
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._busy = True
                turn.set_result(None)
                return
