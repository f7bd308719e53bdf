"""GateMemory: the motion gate's readings of one camera's last segments, so that windows need no second decoding.

Measuring lives in look_planner.py, the meaning of a window's readings in rule_windows.py. Pictures are not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from livemon.base.clock import WINDOW
from livemon.base.datatypes import MotionSample, Segment

KEPT = 2 * WINDOW + timedelta(minutes=5)
"""A window is studied half a minute after its end; one that waits longer is decoded."""

Reading = tuple[bool, tuple[MotionSample, ...]]


class GateMemory:
    """Remembers readings by segment. One thread adds, any may read."""

    def __init__(self) -> None:
        self._readings: dict[datetime, Reading] = {}

    def add(self, segment: Segment, samples: Sequence[MotionSample], *, keyframes_only: bool) -> None:
        """Take in the measurements of a segment, and forget old ones."""
        oldest = segment.start_utc - KEPT
        kept = {start: reading for start, reading in self._readings.items() if start >= oldest}
        self._readings = {**kept, segment.start_utc: (keyframes_only, tuple(samples))}

    def of(self, segment: Segment, *, keyframes_only: bool) -> tuple[MotionSample, ...] | None:
        """Return the measurements of a segment, of the same pictures; None when unknown."""
        reading = self._readings.get(segment.start_utc)
        return reading[1] if reading is not None and reading[0] == keyframes_only else None
