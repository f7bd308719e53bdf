"""A Watcher of frames at hand: motion gate, detector and Watch in one, one picture after the other.

For looks whose frames were not watched before: questions about the past, the lab, benchmarks. Live cameras wait for
their turn at the detector instead (cameras/live_watch.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from livemon.base.datatypes import Frame
from livemon.base.detections import Detections, Detector, NewWatcher, Pet, Sighting
from livemon.base.errors import DetectorError
from livemon.base.settings.settings import Settings
from livemon.detect.motion import MotionGate
from livemon.detect.pets import PetDetector
from livemon.detect.registry import open_detector, open_pet_detector
from livemon.detect.watch import Watch


class FrameWatcher:
    """Watches one camera's frames; remembers from one call to the next.

    Parameters
    ----------
    detector, pet_detector
        Find people, and pets; None when they are not to be looked for.

    Attributes
    ----------
    found
        People found in the frames of the last call.
    """

    def __init__(self, detector: Detector | None, pet_detector: PetDetector | None = None) -> None:
        self._detector = detector
        self._pet_detector = pet_detector
        self._gate = MotionGate()
        self._watch = Watch()
        self.found: tuple[Detections, ...] = ()

    @property
    def blind(self) -> str:
        """Why people cannot be seen, in a sentence; empty when they can."""
        return self._watch.blind

    def take(self, frames: Sequence[Frame]) -> tuple[Sighting, ...]:
        """Take in frames, in time order and of one size; return the sightings to report; blocks."""
        for frame in frames:
            wanted = self._watch.wants(frame, self._gate.measure(frame))
            if not wanted or self._detector is None:
                continue
            try:
                people = self._detector.people(self._watch.shown(frame.image))
            except DetectorError as exc:
                self._watch.blind = str(exc)
                continue
            self._watch.see(frame.utc, people, self._pets(frame))
        self.found = self._watch.found()
        return self._watch.told()

    def _pets(self, frame: Frame) -> tuple[Pet, ...] | None:
        if self._pet_detector is None or not self._watch.wants_pets(frame.utc):
            return None
        try:
            return self._pet_detector.pets(self._watch.shown(frame.image))
        except DetectorError:
            self._pet_detector = None  # doctor says why
            return None


def watchers(settings: Settings) -> NewWatcher:
    """Return what makes watchers as the settings have it.

    Raises
    ------
    ConfigError
        When there is no such detector.
    """
    detector = open_detector(settings.detector)
    pet_detector = open_pet_detector(settings.detector, wanted=settings.pets)
    return lambda: FrameWatcher(detector, pet_detector)
