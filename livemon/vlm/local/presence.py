"""Whether somebody person-sized is in the room, and the moments when that changes. Pure: masks in, moments out.

What to make of the moments, and what earlier looks knew, is decided in scene.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from livemon.vlm.local.light import runs
from livemon.vlm.local.moving import Moving, blobs
from livemon.vlm.local.picture import Box, Clip, Mask

PERSON_HEIGHT_SHARE = 0.25
"""Person-sized is at least a quarter of the picture's height: smaller is a pet, a toy or too far to tell."""

PERSON_AREA_SHARE = 0.01
PERSON_MAX_WIDTH_SHARE = 0.75

UPRIGHT_RATIO = 1.0
"""Height / width that a person who walks in shows most of the time; most animals are longer than high."""

SETTLED_S = 0.8
"""Absent or present for this long before and after, so that a flicker of the mask is no coming and going."""


class Presence(StrEnum):
    """What is known of the room."""

    UNKNOWN = "unknown"
    ABSENT = "absent"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class Crossing:
    """Somebody came or left: the frames around the moment, and how it looked.

    Attributes
    ----------
    came
        True for coming, False for leaving.
    start, end
        First and last frame of the movement.
    at_edge
        It went over the picture's edge, not through a door inside the picture.
    upright
        Most of the time the box was higher than wide.
    settled
        The room was seen without (came) or with (left) somebody just before, in this look.
    """

    came: bool
    start: int
    end: int
    at_edge: bool
    upright: bool
    settled: bool


def subjects(masks: Sequence[Mask], content: Box) -> list[Box | None]:
    """Box around the largest person-sized part of each foreground mask."""
    return [_subject(mask, content) for mask in masks]


def is_person_sized(box: Box, content: Box) -> bool:
    """Say whether a person could be as large as `box`."""
    return (
        box.height >= PERSON_HEIGHT_SHARE * content.height
        and box.width <= PERSON_MAX_WIDTH_SHARE * content.width
        and box.width * box.height >= PERSON_AREA_SHARE * content.width * content.height
    )


def settle(clip: Clip, seen: Sequence[Box | None]) -> list[bool]:
    """Presence per frame without flicker: gaps, and then appearances, shorter than `SETTLED_S` are dropped."""
    flags = [box is not None for box in seen]
    for value in (False, True):
        for start, end in runs([flag is value for flag in flags]):
            inner = start > 0 and end < len(flags)
            if inner and (end - start < 3 or clip.times_s[end] - clip.times_s[start] < SETTLED_S):
                flags[start:end] = [not value] * (end - start)
    return flags


def crossings(
    clip: Clip, seen: Sequence[Box | None], found: Sequence[Moving], content: Box
) -> list[Crossing]:
    """Find where presence changes within `clip` and something moves at that moment."""
    flags = settle(clip, seen)
    result = []
    for i in np.flatnonzero(np.diff(np.array(flags, dtype=np.int8))) + 1:
        came = flags[i]
        before = _stays(clip, flags, int(i) - 1, -1)
        after = _stays(clip, flags, int(i), 1)
        if after < SETTLED_S or not _moves(found, int(i)):
            continue
        start, end = _movement_around(clip, found, int(i), came)
        near = [box for box in seen[max(0, i - 4) : i + 4] if box is not None]
        moving_near = [m.box for m in found[max(0, i - 3) : i + 4] if m.box is not None]
        own = [box for box in seen[start : end + 1] if box is not None]
        upright = sum(box.height >= UPRIGHT_RATIO * box.width for box in own) * 2 > len(own)
        at_edge = any(box.touches_edge_of(content) for box in (*near, *moving_near))
        result.append(Crossing(came, start, end, at_edge, upright, before >= SETTLED_S))
    return result


def _subject(mask: Mask, content: Box) -> Box | None:
    rows, columns = content.slices
    boxes = [box.shifted(content.left, content.top) for box in blobs(mask[rows, columns], PERSON_AREA_SHARE / 2)]
    return next((box for box in boxes if is_person_sized(box, content)), None)


def _stays(clip: Clip, flags: list[bool], i: int, step: int) -> float:
    j = i
    while 0 <= j + step < len(flags) and flags[j + step] is flags[i]:
        j += step
    return float(abs(clip.times_s[j] - clip.times_s[i])) + 0.2


def _moves(found: Sequence[Moving], i: int) -> bool:
    return any(m.box is not None for m in found[max(1, i - 3) : i + 4])


def _movement_around(clip: Clip, found: Sequence[Moving], i: int, came: bool) -> tuple[int, int]:
    """Extend from frame `i` over the movement that belongs to it, at most three seconds to the person's side."""
    start = end = i
    while start > 1 and found[start - 1].box is not None and clip.times_s[i] - clip.times_s[start - 1] <= (
        1.0 if came else 3.0
    ):
        start -= 1
    while (
        end + 1 < len(found)
        and found[end + 1].box is not None
        and clip.times_s[end + 1] - clip.times_s[i] <= (3.0 if came else 1.0)
    ):
        end += 1
    return start, end
