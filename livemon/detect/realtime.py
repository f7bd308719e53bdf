"""RealtimeEventDetector: when to look, at which frames, and why a segment is not looked at.

Decisions only: it is given motion samples and returns what to do. Decoding, asking the model and storing are
wired by camera.py; what of an answer is new is cooldown.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from livemon.datatypes import LookReason, MotionSample
from livemon.detect.motion import choose_frames, is_burst, is_still

FRAME_GRACE_S = 0.5
"""Frame times of segments ten seconds apart may differ by a frame or two."""

BURST_WINDOW = timedelta(seconds=10)
"""What counts as a burst is judged over this long, however short the segments are."""


@dataclass(frozen=True, slots=True)
class LookPolicy:
    """When to look; seconds of frame time. Defaults in `livemon.config.Settings`."""

    interval_s: float
    floor_s: float
    heartbeat_s: float


@dataclass(frozen=True, slots=True)
class LookPlan:
    """A look to make: why, and the frame times to show, in time order."""

    reason: LookReason
    utcs: tuple[datetime, ...]


class RealtimeEventDetector:
    """Plans one camera's looks from its motion samples.

    Parameters
    ----------
    policy
        When to look.
    frames_per_look
        The most frames a look may carry.

    Attributes
    ----------
    policy, frames_per_look
        As given; may be set anew between segments, as when money runs short.
    skipped_still, skipped_early
        Segments that were not looked at, because nothing moved or because the last look was just now.
    """

    def __init__(self, policy: LookPolicy, frames_per_look: int) -> None:
        self.policy = policy
        self.frames_per_look = frames_per_look
        self._last_look_utc: datetime | None = None
        self._moved = False
        self._recent: list[MotionSample] = []
        self.skipped_still = 0
        self.skipped_early = 0

    def plan(self, samples: Sequence[MotionSample]) -> LookPlan | None:
        """Take in a segment's samples; return the look to make now, or None.

        The first segment is always looked at. Then: on a motion burst, not more often than the floor; at the
        interval when anything moved since the last look; at the heartbeat when nothing did. A look at the
        interval shows the time since the last look, the others the ten seconds that caused them.
        """
        if not samples:
            return None
        now = samples[-1].utc
        oldest = now - max(timedelta(seconds=self.policy.interval_s), BURST_WINDOW)
        self._recent = [sample for sample in (*self._recent, *samples) if sample.utc > oldest]
        latest = [sample for sample in self._recent if sample.utc > now - BURST_WINDOW]
        self._moved = self._moved or not is_still(latest)
        reason = self._reason(latest, now)
        if reason is None:
            self.skipped_still += not self._moved
            self.skipped_early += self._moved
            return None
        shown = self._recent if reason is LookReason.INTERVAL else latest
        self._last_look_utc, self._moved, self._recent = now, False, []
        return LookPlan(reason, choose_frames(shown, self.frames_per_look))

    def _reason(self, samples: Sequence[MotionSample], now: datetime) -> LookReason | None:
        if self._last_look_utc is None:
            return LookReason.INTERVAL
        since_s = (now - self._last_look_utc).total_seconds() + FRAME_GRACE_S
        if since_s >= self.policy.floor_s and is_burst(samples):
            return LookReason.MOTION
        if since_s >= self.policy.interval_s and self._moved:
            return LookReason.INTERVAL
        return LookReason.HEARTBEAT if since_s >= self.policy.heartbeat_s else None
