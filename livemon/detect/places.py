"""Places: whether a person is in a part of the picture, or on which side of a line.

Pure geometry of boxes.

Minimum durations live in zone_rules.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

from livemon.base.datatypes import Box
from livemon.base.detections import Person, Pet
from livemon.detect.rules import EDGE
from livemon.detect.tracks import Track

ENTER_SHARE, STAY_SHARE = 0.5, 0.3
"""Shares of a person's box: so much must lie in a zone to be in it, and to stay in it, so that it does not flicker."""

STAY_MARGIN = 0.03
"""Share of the picture by which the feet may be outside a zone for a person to stay in it."""

CLEAR_OF_LINE = 0.02
"""Heights of the picture: feet nearer to a line are on neither side of it."""

Point = tuple[float, float]
"""y and x, in heights of the picture."""


class ZoneArea:
    """A part of the picture.

    Parameters
    ----------
    boxes
        Its boxes; the whole picture when there is none.
    """

    def __init__(self, boxes: Sequence[Box]) -> None:
        self._boxes = [tuple(mark / 1000 for mark in box) for box in boxes]

    def holds(self, person: Person | Pet, *, was_inside: bool) -> bool:
        """Return whether a person is in it, by the feet or half of the box; with slack for one who was in before."""
        if not self._boxes:
            return True
        margin, least = (STAY_MARGIN, STAY_SHARE) if was_inside else (0.0, ENTER_SHARE)
        area = (person.bottom - person.top) * (person.right - person.left)
        x = (person.left + person.right) / 2
        shared = 0.0
        for top, left, bottom, right in self._boxes:
            if top - margin <= person.bottom <= bottom + margin and left - margin <= x <= right + margin:
                return True
            high = min(person.bottom, bottom) - max(person.top, top)
            wide = min(person.right, right) - max(person.left, left)
            shared = max(shared, max(0.0, high) * max(0.0, wide))
        return area > 0 and shared >= least * area


class CrossingLine:
    """A line between two points of the picture.

    Parameters
    ----------
    marks
        y, x, y, x in thousandths of the picture.
    aspect
        Width of the picture by its height.
    """

    def __init__(self, marks: tuple[int, int, int, int], aspect: float) -> None:
        self._aspect = aspect
        y0, x0, y1, x1 = (mark / 1000 for mark in marks)
        self._start, self._end = (y0, x0 * aspect), (y1, x1 * aspect)

    def foot(self, person: Person) -> Point:
        """Return the standing point of a person: the middle of the box's lower edge."""
        return person.bottom, self._aspect * (person.left + person.right) / 2

    def is_clear(self, point: Point) -> bool:
        """Say whether a point is on one side of the line, and not on it."""
        length = hypot(self._end[0] - self._start[0], self._end[1] - self._start[1])
        return abs(_turn(self._start, self._end, point)) >= CLEAR_OF_LINE * length

    def is_between(self, one: Point, other: Point) -> bool:
        """Say whether the way from one point to the other goes over the line, and not past its ends."""
        return (
            _turn(self._start, self._end, one) * _turn(self._start, self._end, other) < 0
            and _turn(one, other, self._start) * _turn(one, other, self._end) <= 0
        )


def begins_at_edge(track: Track) -> bool:
    """Return whether a person was first seen at the picture's edge, as on entering the picture."""
    box = track.first.person
    return box.left <= EDGE or box.right >= 1 - EDGE or box.bottom >= 1 - EDGE or box.top <= EDGE


def _turn(start: Point, end: Point, point: Point) -> float:
    """Return on which side of the way from start to end a point is: its sign; and by how much, times the length."""
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])
