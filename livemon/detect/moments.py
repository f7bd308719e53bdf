"""Choice of moments: the few frames that show the changes since the last look.

Pure: samples in, times out.

For models that are paid by the picture. A model that follows movement itself wants frames as close together as can
be (`motion.choose_frames`). When to look does not belong here (look_policy.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from livemon.base.datatypes import MotionSample
from livemon.detect.motion import ACTIVE_SHARE, BLACK_OFFSET, moving

JOIN_S = 1.0
"""A shorter rest continues the motion: a person who turns round has not stopped."""

SPACING_S = 0.95
"""Frames closer together show the same thing. With a frame's rounding it is one for every second that moves."""

WIDER = 1.05
"""The spacing grows by this until the frames are few enough."""

LIGHT_WITHIN_S = 1.0
LIGHT_RATIO = 1.08
"""A change of brightness by so much within a second is worth a frame, though it is not motion and brings no look."""


def stretches(samples: Sequence[MotionSample]) -> list[tuple[int, int]]:
    """Return the separate stretches of motion and of changing light: index of first and last sample of each.

    `samples` are in time order.
    """
    changes = np.array(moving(samples), bool) | _light_changes(samples)
    found: list[tuple[int, int]] = []
    for i in np.flatnonzero(changes).tolist():
        if found and (samples[i].utc - samples[found[-1][1]].utc).total_seconds() <= JOIN_S:
            found[-1] = found[-1][0], i
        else:
            found.append((i, i))
    return found


def choose_moments(samples: Sequence[MotionSample], n: int) -> tuple[datetime, ...]:
    """Choose the times of at most `n` frames that tell what happened in `samples`, in time order.

    The choice holds the latest frame, and of each stretch of change the frame that changed most, the strongest
    stretches first. Then come the middles of the equal parts into which the stretches are cut, as short as there is
    room for. Fewer than `n` when little changed: one of a still scene.
    """
    if n <= 0 or not samples:
        return ()
    changed = np.array([sample.changed for sample in samples])
    time_s = _times_s(samples)
    last = len(samples) - 1
    strongest = sorted(stretches(samples), key=lambda run: -float(changed[run[0] : run[1] + 1].sum()))[: n - 1]
    peaks = [first + int(changed[first : end + 1].argmax()) for first, end in strongest]
    chosen = {last, *peaks}
    spacing_s = SPACING_S
    while spacing_s < time_s[-1]:
        spread = [_spread(run, peak, time_s, spacing_s) for run, peak in zip(strongest, peaks, strict=True)]
        if len(filled := {last}.union(*spread)) <= n:
            chosen = filled
            break
        spacing_s *= WIDER
    return tuple(samples[i].utc for i in sorted(chosen))


def _spread(run: tuple[int, int], peak: int, time_s: NDArray[np.float64], spacing_s: float) -> list[int]:
    """Return the samples in the middle of a stretch's equal parts, the one nearest to its peak replaced by that."""
    first_s, end_s = time_s[max(0, run[0] - 1)], time_s[run[1]]
    parts = max(1, math.ceil((end_s - first_s) / spacing_s - 1e-6))
    middles_s = first_s + (end_s - first_s) * (np.arange(parts) + 0.5) / parts
    found = np.searchsorted(time_s, middles_s - 1e-6)
    found[np.abs(time_s[found] - time_s[peak]).argmin()] = peak
    return [int(i) for i in found]


def _light_changes(samples: Sequence[MotionSample]) -> NDArray[np.bool_]:
    """Say of each sample whether the picture is darker or brighter than a second ago."""
    levels = np.array([sample.brightness for sample in samples]) + BLACK_OFFSET
    time_s = _times_s(samples)
    # Keyframes lie farther apart than a second: then against the one before.
    before = np.minimum(np.searchsorted(time_s, time_s - LIGHT_WITHIN_S - 1e-6), np.arange(len(levels)) - 1).clip(0)
    return np.asarray(np.abs(np.log(levels / levels[before])) >= np.log(LIGHT_RATIO), dtype=np.bool_)


def _times_s(samples: Sequence[MotionSample]) -> NDArray[np.float64]:
    return np.array([(sample.utc - samples[0].utc).total_seconds() for sample in samples])


def thin(samples: Sequence[MotionSample], most: int) -> list[MotionSample]:
    """Leave at most `most` samples: those out of which moments are chosen later, when the others are forgotten.

    The one goes first that is nearest to its neighbours and changed least; the first and the last stay.
    """
    left = list(samples)
    while len(left) > max(2, most):

        def worth(i: int) -> float:
            return (left[i + 1].utc - left[i - 1].utc).total_seconds() * (left[i].changed + ACTIVE_SHARE)

        del left[min(range(1, len(left) - 1), key=worth)]
    return left


def nearest(wanted: Sequence[datetime], kept: Sequence[MotionSample]) -> tuple[datetime, ...]:
    """Return for each wanted time the kept one that is nearest, in time order, none twice."""
    times = [sample.utc for sample in kept]
    return tuple(sorted({min(times, key=lambda utc: abs(utc - one)) for one in wanted})) if times else ()
