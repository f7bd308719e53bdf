"""RealtimeEventDetector: when to look, at which frames, and why a segment is not looked at.

Decisions only: it is given motion samples and returns what to do. Decoding, asking the model and storing are
wired by cameras/looks.py; what of an answer is new is cooldown.py.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, median

from livemon.base.datatypes import LookReason, MotionSample
from livemon.detect.moments import choose_moments, nearest, thin
from livemon.detect.motion import (
    ACTIVE_SHARE,
    BURST_OUT_OF_FRAMES,
    choose_frames,
    is_burst,
    is_still,
    light_switched,
    moving,
)

FRAME_GRACE_S = 0.5
"""Frame times of segments ten seconds apart may differ by a frame or two."""

BURST_WINDOW = timedelta(seconds=10)
"""A burst is judged over this long, however short the segments are."""

QUIET_S = 30.0
"""Motion after this long without any is new: a person came, a child woke up."""

RISE_FACTOR = 3.0
"""Motion this many times as strong as it was lately is something new: a fall in the middle of play."""

LATELY_S = 120.0
SEGMENTS_LATELY = 3
"""The usual amount takes some segments to know."""

SAVED_HOURS = 4
"""Looks that were not made for so long can be made later: a day has still hours and busy ones."""

KEPT_LOOKS = 3
"""Frames of so many looks are kept to choose from: of 320 by 240 pixels and 16 a look, 11 MB a camera."""

RESERVE = 0.25
"""This share of what may be saved up is kept for something new."""


@dataclass(frozen=True, slots=True)
class LookPolicy:
    """When to look, and at what; seconds of frame time. Defaults in `livemon.base.settings.settings.Settings`.

    Attributes
    ----------
    interval_s, floor_s, heartbeat_s
        Interval with motion, minimum interval, and interval without motion.
    looks_per_hour
        Number of looks in the long run besides the heartbeat's; those of four hours can be saved up. The fewer are
        left, the longer the interval, up to the heartbeat's; and only something new brings a look forward. None: as
        many as the rest allows, and every burst brings one forward.
    moments_only
        Show the moments that matter since the last look instead of frames as close together as can be.
    """

    interval_s: float
    floor_s: float
    heartbeat_s: float
    looks_per_hour: float | None = None
    moments_only: bool = False


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
        When to look; may be set anew between two segments.
    frames_per_look
        The most frames a look may carry; likewise.

    Attributes
    ----------
    skipped_still, skipped_early, skipped_bounded
        Segments without a look: because nothing moved, because the last look was just now, or because the looks were
        spent.
    """

    def __init__(self, policy: LookPolicy, frames_per_look: int) -> None:
        self.policy = policy
        self.frames_per_look = frames_per_look
        self.skipped_still = 0
        self.skipped_early = 0
        self.skipped_bounded = 0
        self._last_look_utc: datetime | None = None
        self._moved = False
        self._new = False
        self._novelty = _Novelty()
        self._recent: list[MotionSample] = []
        self._kept: list[MotionSample] = []
        self._spent = 0.0
        self._counted_utc: datetime | None = None

    def plan(self, samples: Sequence[MotionSample], *, told: bool = False) -> LookPlan | None:
        """Take in a segment's samples; return the look to make now, or None.

        `told` says that something is to be told at once: then there is a look as long as there are any left.

        The first segment is always looked at. Then come something new, not more often than the floor; the interval when
        anything moved since the last look; the heartbeat when nothing did. Without `moments_only` a look at the
        interval shows the time since the last look, the others the ten seconds that caused them.
        """
        if not samples:
            return None
        policy, now = self.policy, samples[-1].utc
        reach_s = policy.interval_s if policy.looks_per_hour is None else policy.heartbeat_s
        oldest = now - max(timedelta(seconds=reach_s), BURST_WINDOW)
        self._recent = [sample for sample in (*self._recent, *samples) if sample.utc > oldest]
        latest = [sample for sample in self._recent if sample.utc > now - BURST_WINDOW]
        self._moved = self._moved or not is_still(latest)
        came = self._novelty.came(latest)
        self._new = is_burst(latest) if policy.looks_per_hour is None else self._new or came
        self._regain(now)
        self._keep(samples)
        reason = self._reason(now, told=told)
        if reason is None:
            return None
        shown = self._recent if policy.moments_only or reason is LookReason.INTERVAL else latest
        if policy.moments_only:
            utcs = nearest(choose_moments(shown, self.frames_per_look), self._kept)
        else:
            utcs = choose_frames(shown, self.frames_per_look)
        self._last_look_utc, self._moved, self._new, self._recent, self._kept = now, False, False, [], []
        self._spent += reason is not LookReason.HEARTBEAT
        return LookPlan(reason, utcs)

    @property
    def kept(self) -> frozenset[datetime]:
        """Frame times that a later look may want. The decoder holds these frames: decoding again costs more."""
        return frozenset(sample.utc for sample in self._kept)

    def _keep(self, samples: Sequence[MotionSample]) -> None:
        """Choose from a new segment, and forget some of the older ones when there are too many."""
        if not self.policy.moments_only:
            self._kept = []
            return
        wanted = set(choose_moments(samples, self.frames_per_look))
        fresh = [sample for sample in samples if sample.utc in wanted]
        self._kept = thin([*self._kept, *fresh], KEPT_LOOKS * self.frames_per_look)

    def _reason(self, now: datetime, *, told: bool) -> LookReason | None:
        """Return why to look now; None, counted, when there is no reason."""
        if self._last_look_utc is None:
            return LookReason.INTERVAL
        since_s = (now - self._last_look_utc).total_seconds() + FRAME_GRACE_S
        new = told or (since_s >= self.policy.floor_s and self._new)
        if new and self._spent + 1 <= self._saved:
            return LookReason.MOTION
        if since_s >= self._interval_s and self._moved:
            return LookReason.INTERVAL
        if since_s >= self.policy.heartbeat_s:
            return LookReason.HEARTBEAT
        bounded = self._new and since_s >= self.policy.floor_s
        self.skipped_bounded += bounded
        self.skipped_still += not self._moved and not bounded
        self.skipped_early += self._moved and not bounded
        return None

    def _regain(self, now: datetime) -> None:
        """Take back from the looks that were spent what the time since the last segment gives."""
        passed_s = 0.0 if self._counted_utc is None else (now - self._counted_utc).total_seconds()
        per_hour = math.inf if self.policy.looks_per_hour is None else self.policy.looks_per_hour
        self._spent = max(0.0, self._spent - per_hour * passed_s / 3600) if passed_s > 0 else self._spent
        self._counted_utc = now

    @property
    def _saved(self) -> float:
        """The most looks that can be saved up."""
        return math.inf if self.policy.looks_per_hour is None else self.policy.looks_per_hour * SAVED_HOURS

    @property
    def _interval_s(self) -> float:
        """The interval for as many looks as are left: each look that is spent makes it longer by the same factor."""
        policy = self.policy
        growth = max(1.0, policy.heartbeat_s / policy.interval_s)
        return policy.interval_s * math.pow(growth, min(1.0, self._spent / (self._saved * (1 - RESERVE))))


class _Novelty:
    """Tells motion that is new from motion that goes on: after stillness, much stronger than lately, or a lamp."""

    def __init__(self) -> None:
        self._last_motion_utc: datetime | None = None
        self._lately: deque[tuple[datetime, float]] = deque()
        self._lit = False

    def came(self, latest: Sequence[MotionSample]) -> bool:
        """Say whether something new is in the latest ten seconds; call once for every segment."""
        lit, self._lit = self._lit, light_switched(latest)
        # Each remembers what it saw: none may be left out because another one has said yes.
        after_quiet, stronger = self._after_quiet(latest), self._stronger(latest)
        return after_quiet or stronger or (self._lit and not lit)

    def _after_quiet(self, latest: Sequence[MotionSample]) -> bool:
        times = [sample.utc for sample, moves in zip(latest, moving(latest), strict=True) if moves]
        before, self._last_motion_utc = self._last_motion_utc, times[-1] if times else self._last_motion_utc
        unseen = [utc for utc in times if before is None or utc > before]
        return bool(unseen) and (before is None or (unseen[0] - before).total_seconds() >= QUIET_S)

    def _stronger(self, latest: Sequence[MotionSample]) -> bool:
        now = latest[-1].utc
        while self._lately and (now - self._lately[0][0]).total_seconds() > LATELY_S:
            self._lately.popleft()
        strength = max(
            fmean(sample.changed for sample in latest[first : first + BURST_OUT_OF_FRAMES])
            for first in range(max(1, len(latest) - BURST_OUT_OF_FRAMES + 1))
        )
        if strength < ACTIVE_SHARE:
            return False
        usual = median(past for _, past in self._lately) if len(self._lately) >= SEGMENTS_LATELY else math.inf
        self._lately.append((now, strength))
        return strength >= RISE_FACTOR * usual
