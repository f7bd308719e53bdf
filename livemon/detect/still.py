"""Whether nothing moved in a stretch of time, or no people were seen in it, and all of it was watched. Pure.

The handling of such windows lives in cameras/rule_windows.py.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from livemon.base.datatypes import MotionSample
from livemon.base.detections import Detections
from livemon.detect.motion import ACTIVE_SHARE, is_burst, light_switched

MOST_UNSEEN = timedelta(seconds=5)
"""Longest time between two readings, and at either end: the keyframes of most copied cameras lie closer."""

MOST_UNSEARCHED = timedelta(seconds=75)
"""While nothing moves a picture a minute is searched for people (detect/watch.py), give or take a segment."""


def still_throughout(samples: Sequence[MotionSample], start: datetime, end: datetime) -> bool:
    """Say whether nothing moved and no light was switched in [start, end), all of which was measured.

    A stretch with a gap, or without readings, is not still: what happened in it is not known. `samples` are in time
    order.
    """
    return _was_measured(samples, start, end) and not is_burst(samples)


def no_people_throughout(
    samples: Sequence[MotionSample], found: Sequence[Detections], start: datetime, end: datetime
) -> bool:
    """Say whether neither people nor pets were seen in [start, end), all of which was watched.

    Watched means: the gate measured all of it, pictures were searched for people all the time, and near each motion for
    people and pets. One pet, or one person of the weakest score, is enough to say no. So is a light that was switched:
    the hand may have been out of sight. `samples` and `found` are in time order.
    """
    if not _was_measured(samples, start, end) or light_switched(samples):
        return False
    if any(one.people or one.pets for one in found) or not _is_covered(found, start, end, MOST_UNSEARCHED):
        return False
    for_people = [one.utc for one in found]
    for_pets = [one.utc for one in found if one.pets is not None]
    moved = [sample.utc for sample in samples if sample.changed >= ACTIVE_SHARE]
    return all(_is_near(searched, utc) for searched in (for_people, for_pets) for utc in moved)


def _was_measured(samples: Sequence[MotionSample], start: datetime, end: datetime) -> bool:
    return len(samples) >= 2 and _is_covered(samples, start, end, MOST_UNSEEN)


def _is_covered(
    readings: Sequence[MotionSample] | Sequence[Detections], start: datetime, end: datetime, apart: timedelta
) -> bool:
    times = [start, *(one.utc for one in readings), end]
    return all(later - earlier <= apart for earlier, later in pairwise(times))


def _is_near(times: Sequence[datetime], utc: datetime) -> bool:
    """Say whether one of the times, which rise, is at most `MOST_UNSEEN` from `utc`."""
    place = bisect_left(times, utc - MOST_UNSEEN)
    return place < len(times) and times[place] <= utc + MOST_UNSEEN
