"""Crops: the parts of a question's frames that are cut out around people. Pure: boxes in, boxes out.

Finding people and cutting pixels live in cameras/people_crops.py, arranging crops on a sheet in vlm/crop_sheet.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from livemon.base.datatypes import Box

MOST_CROPS = 2
"""Of one frame. More would each be smaller than half of a sheet allows; near people share a crop."""

MARGIN = 0.1
"""Of a person's longer side, on each side: detected boxes often lack hands and feet."""

LEAST_SIDE = 0.2
"""Of the frame's height, in pixels alike both ways: what is smaller shows noise, and not where it is."""

NARROWEST, WIDEST = 0.5, 2.0
"""Width by height of the crops of a question: from standing to lying."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a frame, in units of the frame's height both ways: `right` is at most the frame's aspect."""

    top: float
    left: float
    bottom: float
    right: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def width(self) -> float:
        return self.right - self.left

    def with_(self, other: _Part) -> _Part:
        return _Part(
            *(min(self.top, other.top), min(self.left, other.left)),
            *(max(self.bottom, other.bottom), max(self.right, other.right)),
        )

    def meets(self, other: _Part) -> bool:
        return (
            self.top < other.bottom and other.top < self.bottom and self.left < other.right and other.left < self.right
        )

    def at_least(self, height: float, width: float, aspect: float) -> _Part:
        """Return the part widened about its middle to a size, moved to lie in the frame, and never larger than it."""
        top, bottom = _stretched(self.top, self.bottom, height, 1.0)
        left, right = _stretched(self.left, self.right, width, aspect)
        return _Part(top, left, bottom, right)


def choose_crops(people: Sequence[Sequence[Box]], aspect: float) -> tuple[tuple[Box, ...], ...]:
    """Choose the parts to cut out of the frames of one question: all of one shape, so that they stand side by side.

    Each person is in one of the parts of its frame, with a margin. Near people share a part.

    Parameters
    ----------
    people
        Boxes of the people in each frame, in thousandths; empty where there is none.
    aspect
        Width of the frames by their height, in pixels.

    Returns
    -------
    tuple
        For each frame at most `MOST_CROPS` boxes in thousandths, from left to right.
    """
    chosen = [_merged([_grown(box, aspect) for box in boxes]) for boxes in people]
    every = [part for parts in chosen for part in parts]
    if not every:
        return tuple(() for _ in people)
    shape = min(WIDEST, max(NARROWEST, median(part.width / part.height for part in every)))
    return tuple(
        tuple(sorted((_shaped(part, shape, aspect) for part in parts), key=lambda box: (box[1], box[0])))
        for parts in chosen
    )


def _grown(box: Box, aspect: float) -> _Part:
    """Return a person's box with its margin, inside the frame."""
    top, left, bottom, right = (edge / 1000 for edge in box)
    part = _Part(top, left * aspect, bottom, right * aspect)
    margin = MARGIN * max(part.height, part.width)
    return _Part(
        *(max(0.0, part.top - margin), max(0.0, part.left - margin)),
        *(min(1.0, part.bottom + margin), min(aspect, part.right + margin)),
    )


def _merged(parts: Sequence[_Part]) -> list[_Part]:
    """Join parts that meet; then, while there are too many, the two whose union is smallest."""
    left = list(parts)
    while pair := _to_join(left):
        one, other = pair
        left = [part for place, part in enumerate(left) if place not in pair] + [left[one].with_(left[other])]
    return left


def _to_join(parts: Sequence[_Part]) -> tuple[int, int] | None:
    pairs = [(one, other) for one in range(len(parts)) for other in range(one + 1, len(parts))]
    meeting = next(((one, other) for one, other in pairs if parts[one].meets(parts[other])), None)
    if meeting is not None or len(parts) <= MOST_CROPS:
        return meeting

    def size(pair: tuple[int, int]) -> float:
        both = parts[pair[0]].with_(parts[pair[1]])
        return both.height * both.width

    return min(pairs, key=size)


def _shaped(part: _Part, shape: float, aspect: float) -> Box:
    """Return a part, at least as large as is useful, widened to a shape (width by height)."""
    part = part.at_least(LEAST_SIDE, LEAST_SIDE, aspect)
    part = part.at_least(part.width / shape, part.height * shape, aspect)
    return (
        *(int(1000 * part.top), int(1000 * part.left / aspect)),
        *(min(1000, round(1000 * part.bottom + 0.5)), min(1000, round(1000 * part.right / aspect + 0.5))),
    )


def _stretched(first: float, last: float, length: float, most: float) -> tuple[float, float]:
    """Return [first, last] made so long about its middle, inside [0, most]."""
    length = min(most, max(length, last - first))
    begin = min(max(0.0, (first + last - length) / 2), most - length)
    return begin, begin + length
