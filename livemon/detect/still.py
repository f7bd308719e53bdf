"""Whether the gate saw nothing happen in a stretch of time, and saw all of it. Pure: samples in, yes or no out.

The handling of a still window lives in cameras/still_windows.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from livemon.base.datatypes import MotionSample
from livemon.detect.motion import is_burst

MOST_UNSEEN = timedelta(seconds=5)
"""Longest time between two readings, and at either end: the keyframes of most copied cameras lie closer."""


def still_throughout(samples: Sequence[MotionSample], start: datetime, end: datetime) -> bool:
    """Say whether nothing moved and no light was switched in [start, end), all of which was measured.

    A stretch with a gap, or without readings, is not still: what happened in it is not known. `samples` are in time
    order.
    """
    times = [start, *(sample.utc for sample in samples), end]
    if len(samples) < 2 or any(later - earlier > MOST_UNSEEN for earlier, later in pairwise(times)):
        return False
    return not is_burst(samples)
