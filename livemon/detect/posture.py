"""Posture: how a body is held in one picture: upright, lying, how high its hips are. Pure: one person in, numbers out.

Changes from picture to picture live in rules.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees, hypot

import numpy as np

from livemon.base.detections import Person

SHOULDERS, HIPS = (5, 6), (11, 12)
"""Numbers of the keypoints."""

POINT_SCORE = 0.15
"""A keypoint that is less sure is a guess."""

LYING_DEGREES = 50.0
"""From upright: further than any chair leans back."""

TORSO_SHARE = 0.25
"""Of the longer side of the box: so much of a body is torso at least, however short it is seen or guessed."""


@dataclass(frozen=True, slots=True)
class Posture:
    """Lengths are in heights of the picture.

    Attributes
    ----------
    hips_y
        Position of the hips; None where they cannot be seen.
    middle_y
        The middle of the box.
    height
        Of the box.
    torso
        Length, from shoulders to hips as it is seen, or as a body of this height has it.
    tilt_degrees
        Of the torso from upright; None where it cannot be seen.
    flat
        Whether the torso leans by more than `LYING_DEGREES`, or the box is wider than high.
    """

    hips_y: float | None
    middle_y: float
    height: float
    torso: float
    tilt_degrees: float | None
    flat: bool

    def sinks_to(self, later: Posture) -> float:
        """Return by how many torsos the body is lower in `later`: its middle, and its hips where both show them."""
        sunk = later.middle_y - self.middle_y
        if self.hips_y is not None and later.hips_y is not None:
            sunk = min(sunk, later.hips_y - self.hips_y)
        return sunk / self.torso


def posture(person: Person, aspect: float) -> Posture:
    """Return a person's posture; `aspect` is the picture's width by its height."""
    height, width = person.bottom - person.top, (person.right - person.left) * aspect
    shoulders, hips = _middle(person, SHOULDERS), _middle(person, HIPS)
    tilt = None
    torso = TORSO_SHARE * max(height, width)
    if shoulders is not None and hips is not None:
        down, across = hips[0] - shoulders[0], (hips[1] - shoulders[1]) * aspect
        torso = max(hypot(down, across), torso)
        tilt = degrees(atan2(abs(across), down))
    flat = width > height or (tilt is not None and tilt > LYING_DEGREES)
    hips_y = None if hips is None else hips[0]
    return Posture(hips_y, (person.top + person.bottom) / 2, height, max(torso, 0.01), tilt, flat)


def _middle(person: Person, numbers: tuple[int, int]) -> tuple[float, float] | None:
    """Return y and x between two keypoints, or of the one that is seen; None for neither."""
    points = person.keypoints[list(numbers)]
    seen = points[points[:, 2] >= POINT_SCORE]
    if not len(seen):
        return None
    y, x = np.mean(seen[:, :2], axis=0)
    return float(y), float(x)
