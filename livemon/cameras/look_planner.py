"""LookPlanner: finished segments in, looks to make out: the motion gate, the decision to look, and the frames of it.

The same for a camera that is live (looks.py) and for footage that the lab shows again (lab/experiments/live_plan.py).
Asking a model does not belong here.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from livemon.base.datatypes import Frame, LookReason, MotionSample, Segment
from livemon.base.detections import Detector
from livemon.base.errors import SourceError
from livemon.base.model_types import Crop
from livemon.base.settings.settings import Settings
from livemon.cameras.people_crops import cut_crops
from livemon.detect.look_policy import LookPlan, LookPolicy, RealtimeEventDetector
from livemon.detect.motion import MotionGate, is_still
from livemon.stream.files.frames import read_frames, scale_down
from livemon.vlm.provider import InputSpec

log = logging.getLogger(__name__)

QUEUE_S = 120
"""So many seconds of segments may wait for a slow model; then the oldest is dropped and counted."""

NOBODY = InputSpec("", 1, 320, free=True)
"""Without a model to look, the gate goes on measuring: the time that was not looked at is counted."""

GATE_WIDTH = 320
"""The motion gate measures 160 pixels across; decoding for it needs no more than twice that."""


FOLLOW_EVERY_S = 0.2
"""A fall is seen in pictures so close together."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A segment's frames, and the motion gate's measurement of each."""

    frames: tuple[Frame, ...]
    samples: tuple[MotionSample, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A look to make: why, and the frames to show, in time order and of one size."""

    reason: LookReason
    frames: tuple[Frame, ...]


def recent_segments(settings: Settings, segment_s: float) -> deque[Segment]:
    """Return an empty memory of as many segments as a look may reach back to: to the one before, a heartbeat ago."""
    waiting = int(QUEUE_S // segment_s)
    return deque(maxlen=waiting + math.ceil(settings.heartbeat_s / segment_s))


class LookPlanner:
    """Plans the looks at one camera's segments. `take` blocks: it decodes.

    Parameters
    ----------
    recent
        The previous segments, which a look may reach back to; the caller adds to it before `take`.
    detector
        Finds the people of `crops`; None when they are not looked for.
    """

    def __init__(
        self, camera_id: str, settings: Settings, recent: Iterable[Segment], detector: Detector | None = None
    ) -> None:
        self._camera_id = camera_id
        self._settings = settings
        self._recent = recent
        self._people_detector = detector
        self.reset()

    @property
    def skipped(self) -> dict[str, int]:
        """Number of segments without a look, by reason."""
        return {
            "skipped_still": self._detector.skipped_still,
            "skipped_early": self._detector.skipped_early,
            "skipped_bounded": self._detector.skipped_bounded,
        }

    def reset(self) -> None:
        """Begin anew, as with a camera that was away: earlier sightings say nothing about now."""
        self._gate = MotionGate()
        self._close_gate = MotionGate()
        self._detector = RealtimeEventDetector(self._policy(1.0, free=True), 1)
        self._held: list[Frame] = []

    def take(
        self, segment: Segment, appetite: InputSpec, *, copied: bool = False, stretch: float = 1.0
    ) -> Planned | None:
        """Take in a segment; return the look to make now, or None.

        Parameters
        ----------
        copied
            Of a copied stream only keyframes are decoded: each stands alone, and decoding the rest costs as much as a
            camera.
        stretch
            By how much looks are further apart than set, for want of money.

        Raises
        ------
        SourceError
            When a segment is gone or cannot be decoded.
        """
        return self.plan(self.measure(segment, appetite, copied=copied), appetite, copied=copied, stretch=stretch)

    def measure(self, segment: Segment, appetite: InputSpec, *, copied: bool = False) -> Measured:
        """Take in a segment: return its frames, large enough for gate and look, and the gate's measurement of each.

        Raises
        ------
        SourceError
            As `take`.
        """
        width = max(GATE_WIDTH, appetite.frame_width)
        frames = list(read_frames(self._camera_id, segment, width=width, keyframes_only=copied))
        return Measured(tuple(frames), tuple(self._gate.measure(frame) for frame in frames))

    def follow(self, segment: Segment, measured: Measured) -> Measured:
        """Return a copied segment's frames close together, for tracking a person, where its keyframes show motion.

        Raises
        ------
        SourceError
            As `take`.
        """
        if is_still(measured.samples):
            return measured
        width = max(measured.frames[0].image.shape[1], 1)
        frames = tuple(read_frames(self._camera_id, segment, width=width, every_s=FOLLOW_EVERY_S))
        return Measured(frames, tuple(self._close_gate.measure(frame) for frame in frames))

    def plan(
        self,
        measured: Measured,
        appetite: InputSpec,
        *,
        copied: bool = False,
        stretch: float = 1.0,
        told: bool = False,
    ) -> Planned | None:
        """Return the look to make after a measured segment, or None; `told` asks for one at once.

        Raises
        ------
        SourceError
            As `take`.
        """
        fresh, samples = measured.frames, measured.samples
        self._detector.policy = self._policy(stretch, free=appetite.free)
        self._detector.frames_per_look = appetite.frames
        plan = self._detector.plan(samples, told=told)
        at_hand = [*self._held, *fresh]
        kept = self._detector.kept  # made anew at each access
        self._held = [frame for frame in at_hand if frame.utc in kept]
        return None if plan is None else Planned(plan.reason, self._frames(plan, at_hand, copied, appetite.frame_width))

    def crops(self, planned: Planned, *, copied: bool) -> tuple[Crop, ...]:
        """Return crops of the people in a look's frames; blocks: it decodes. Empty when a segment is gone."""
        try:
            return cut_crops(self._people_detector, self._recent, planned.frames, keyframes_only=copied)
        except SourceError as exc:
            log.warning("camera %s: a look goes without crops: %s", self._camera_id, exc)
            return ()

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

    def _frames(self, plan: LookPlan, at_hand: list[Frame], copied: bool, width: int) -> tuple[Frame, ...]:
        """Return the planned frames, decoding those that are not at hand from the segments that hold them."""
        frames = [frame for frame in at_hand if frame.utc in plan.utcs]
        missing = set(plan.utcs) - {frame.utc for frame in frames}
        for segment in self._recent:
            inside = [utc for utc in missing if segment.start_utc <= utc < segment.end_utc]
            if inside:
                # As large as those at hand were decoded: what scales a picture decides its pixels.
                large = max(GATE_WIDTH, width)
                frames.extend(read_frames(self._camera_id, segment, inside, large, keyframes_only=copied))
        frames.sort(key=lambda frame: frame.utc)
        small = [replace(frame, image=scale_down(frame.image, width)) for frame in frames]
        # A camera may come back with another size; a look is at pictures that can be compared.
        return tuple(frame for frame in small if frame.image.shape == small[-1].image.shape)
