"""Whether somebody person-sized is in the room, and the moments when that changes. Pure: masks in, moments out.

What to make of the moments, and what earlier looks knew, is decided in scene.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from livemon.vlm.local.light import runs
from livemon.vlm.local.moving import Moving, blobs
from livemon.vlm.local.picture import Box, Mask, ThumbnailSeries

PERSON_HEIGHT_SHARE = 0.25
"""Person-sized is at least a quarter of the picture's height: smaller is a pet, a toy or too far to tell."""

PERSON_AREA_SHARE = 0.01
PERSON_MAX_WIDTH_SHARE = 0.75

FOLLOWED_SHARE = 0.25
"""Who lies down or crouches still fills this share of the box that showed him standing."""

UPRIGHT_RATIO = 1.0
"""Height / width that a person who walks in shows most of the time; most animals are longer than high."""

SETTLED_S = 0.8
"""Absent or present for this long before and after, so that a flicker of the mask is no coming and going."""


SHAPE_FRAMES = 15
"""Frames before and after that the shape is judged on: three seconds at 5 fps."""

FRAME_S = 0.2


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
    """

    came: bool
    start: int
    end: int
    at_edge: bool
    upright: bool


def subjects(masks: Sequence[Mask], content: Box, last: Box | None) -> list[Box | None]:
    """Box around the largest person-sized part of each foreground mask, or around what became of it.

    `last` is where somebody was when the look before ended. Who is there may lie down and be small: then whatever
    is left in the same place still counts, so that lying down is not leaving; a chair pushed aside is too small.
    """
    result: list[Box | None] = []
    least_px = 0.0 if last is None else FOLLOWED_SHARE * last.area_px
    for mask in masks:
        sized, others = _parts(mask, content)
        if sized is not None:
            least_px = FOLLOWED_SHARE * sized.area_px
            last = sized
        elif last is not None:
            last = next((box for box in others if box.overlaps(last) and box.area_px >= least_px), None)
        result.append(last)
    return result


def is_person_sized(box: Box, content: Box) -> bool:
    """Say whether a person could be as large as `box`."""
    return (
        box.height >= PERSON_HEIGHT_SHARE * content.height
        and box.width <= PERSON_MAX_WIDTH_SHARE * content.width
        and box.area_px >= PERSON_AREA_SHARE * content.width * content.height
    )


def settle(clip: ThumbnailSeries, seen: Sequence[Box | None]) -> list[bool]:
    """Presence per frame without flicker: gaps, and then appearances, shorter than `SETTLED_S` are dropped."""
    flags = [box is not None for box in seen]
    for value in (False, True):
        for start, end in runs([flag is value for flag in flags]):
            inner = start > 0 and end < len(flags)
            if inner and (end - start < 3 or clip.times_s[end] - clip.times_s[start] < SETTLED_S):
                flags[start:end] = [not value] * (end - start)
    return flags


def crossings(
    clip: ThumbnailSeries,
    seen: Sequence[Box | None],
    found: Sequence[Moving],
    content: Box,
    before: Presence,
    last_seen: Box | None,
) -> tuple[list[Crossing], Presence]:
    """Find where presence changes, and say what is known at the end.

    Parameters
    ----------
    seen
        The person-sized foreground of each frame.
    before
        What the look before ended with; a change at the seam of two looks belongs to this one.
    last_seen
        Where somebody was when the look before ended.
    """
    flags = settle(clip, seen)
    spans = _spans(flags)
    # Too short to be settled at either end: what was known goes on.
    now = before
    result = []
    for start, end in spans:
        state = Presence.PRESENT if flags[start] else Presence.ABSENT
        if clip.times_s[end - 1] - clip.times_s[start] + FRAME_S < SETTLED_S:
            continue
        if now not in (Presence.UNKNOWN, state):
            at_seam = start == 0
            if at_seam or _moves(found, start):
                result.append(
                    _crossing(
                        clip,
                        seen,
                        found,
                        content,
                        start,
                        at_seam and last_seen is not None and last_seen.touches_edge_of(content),
                    )
                )
        now = state
    return result, now


def _spans(flags: list[bool]) -> list[tuple[int, int]]:
    """Return [start, end) of each run of equal flags."""
    edges = [0, *(i for i in range(1, len(flags)) if flags[i] is not flags[i - 1]), len(flags)]
    return list(pairwise(edges))


def _crossing(
    clip: ThumbnailSeries,
    seen: Sequence[Box | None],
    found: Sequence[Moving],
    content: Box,
    i: int,
    was_at_edge: bool,
) -> Crossing:
    came = seen[i] is not None
    start, end = _movement_around(clip, found, i, came)
    near = [box for box in seen[max(0, i - 4) : i + 4] if box is not None]
    near += [m.box for m in found[max(0, i - 3) : i + 4] if m.box is not None]
    # Half over the edge, everything is narrow: judge the shape where it is wholly in view, if it ever is.
    around = [box for box in seen[max(0, i - SHAPE_FRAMES) : i + SHAPE_FRAMES] if box is not None]
    whole = [box for box in around if box.left > content.left + 3 and box.right < content.right - 3]
    shapes = whole or around
    upright = sum(box.height >= UPRIGHT_RATIO * box.width for box in shapes) * 2 >= len(shapes)
    at_edge = was_at_edge or any(box.touches_edge_of(content) for box in near)
    return Crossing(came, start, end, at_edge, upright)


def _parts(mask: Mask, content: Box) -> tuple[Box | None, list[Box]]:
    """Return the largest person-sized part, and all parts."""
    rows, columns = content.slices
    boxes = [box.shifted(content.left, content.top) for box in blobs(mask[rows, columns], PERSON_AREA_SHARE / 2)]
    return next((box for box in boxes if is_person_sized(box, content)), None), boxes


def _moves(found: Sequence[Moving], i: int) -> bool:
    return any(m.box is not None for m in found[max(1, i - 3) : i + 4])


def _movement_around(clip: ThumbnailSeries, found: Sequence[Moving], i: int, came: bool) -> tuple[int, int]:
    """Extend from frame `i` over the movement that belongs to it, at most three seconds to the person's side."""
    start = end = i
    while (
        start > 1
        and found[start - 1].box is not None
        and clip.times_s[i] - clip.times_s[start - 1] <= (1.0 if came else 3.0)
    ):
        start -= 1
    while (
        end + 1 < len(found)
        and found[end + 1].box is not None
        and clip.times_s[end + 1] - clip.times_s[i] <= (3.0 if came else 1.0)
    ):
        end += 1
    return start, end
