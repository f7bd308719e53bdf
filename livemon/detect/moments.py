"""Which moments matter: the few frames that tell what changed since the last look. Pure: samples in, times out.

For models that are paid by the picture. A model that follows movement itself wants frames as close together as can
be (`motion.choose_frames`). When to look does not belong here (realtime.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from livemon.datatypes import MotionSample
from livemon.detect.motion import ACTIVE_SHARE, BLACK_OFFSET, moving

JOIN_S = 1.0
"""Motion that rests for less goes on: somebody who turns round has not stopped."""

SPACING_S = 0.9
"""Frames closer together than this show the same thing: a fall takes a second."""

WIDER = 1.05
"""The spacing grows by this until the frames are few enough."""

LIGHT_WITHIN_S = 1.0
LIGHT_RATIO = 1.08
"""Brightness that changes by so much within a second is worth a frame, though it is no motion and brings no look."""


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

    The latest; of each stretch of change the frame that changed most, the strongest stretches first; and from there
    both ways one frame every so many seconds, as close together as there is room for. Fewer than `n` when little
    changed: one of a still scene.
    """
    if n <= 0 or not samples:
        return ()
    changed = np.array([sample.changed for sample in samples])
    time_s = _times_s(samples)
    last = len(samples) - 1
    strongest = sorted(stretches(samples), key=lambda run: -float(changed[run[0] : run[1] + 1].sum()))[: n - 1]
    chosen = {last, *(_peak(changed, run) for run in strongest)}
    spacing_s = SPACING_S
    while spacing_s < time_s[-1]:
        filled = chosen.union(*(_every(spacing_s, time_s, _peak(changed, run), run) for run in strongest))
        if len(filled) <= n:
            chosen = filled
            break
        spacing_s *= WIDER
    return tuple(samples[i].utc for i in sorted(chosen))


def _peak(changed: NDArray[np.float64], run: tuple[int, int]) -> int:
    return run[0] + int(changed[run[0] : run[1] + 1].argmax())


def _every(spacing_s: float, time_s: NDArray[np.float64], peak: int, run: tuple[int, int]) -> set[int]:
    """Return the samples of a stretch, and the one after it, that are whole multiples of a spacing from its peak."""
    first_s, end_s = time_s[run[0]], time_s[min(run[1] + 1, len(time_s) - 1)]
    # Half a spacing farther: what is nearer to the edge than that would be seen from both sides.
    before, after = (int(length_s / spacing_s + 0.5) for length_s in (time_s[peak] - first_s, end_s - time_s[peak]))
    wanted_s = (time_s[peak] + spacing_s * np.arange(-before, after + 1)).clip(first_s, end_s)
    return set(np.searchsorted(time_s, wanted_s - 1e-6).tolist())


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
