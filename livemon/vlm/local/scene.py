"""One camera's memory and how a look changes it: frames in, findings out.

Here the measurements of the other modules are weighed against each other and against what earlier looks knew.
No threads, no words for people, no measuring of pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from livemon.datatypes import Frame
from livemon.vlm.local import background, light
from livemon.vlm.local.falls import Drop, find_drop
from livemon.vlm.local.moving import Moving, is_busy, is_unsteady, moving
from livemon.vlm.local.people import PeopleWitness
from livemon.vlm.local.picture import (
    Box,
    Clip,
    Luma,
    Mask,
    clip_of,
    content_box,
    edge_strength,
    texture,
)
from livemon.vlm.local.presence import Crossing, Presence, crossings, is_person_sized, settle, subjects
from livemon.vlm.local.wording import Finding

TAIL_S = 5.0
"""How much of the last look is kept: a fall at its end is lying at the start of the next."""

TAIL_GAP_S = 1.0
"""The next look continues the last one when it starts within this."""

SAME_ROOM_CORRELATION = 0.3
"""Edges of two pictures of one room correlate above 0.6 under any light; of two rooms, below 0.2."""

PRESENT_EVERY = timedelta(minutes=5)
"""Who stays is mentioned again after this."""

PASSING_S = 6.0
"""In and out again within this, without a person recognised: a car, a bird, somebody walking by."""

ACTIVE_SHARE = 0.003
FALL_AGAIN = timedelta(seconds=10)
STILL_ROOM_AFTER = timedelta(minutes=2)


@dataclass(slots=True)
class Memory:
    """What is kept of one camera between looks: one small picture, some numbers and five seconds of thumbnails."""

    room: NDArray[np.float32] | None = None
    content: Box | None = None
    presence: Presence = Presence.UNKNOWN
    usual_texture: float = 0.0
    noisy: bool = False
    dark: bool = False
    covered: bool = False
    frozen: bool = False
    tail: Clip | None = None
    present_told_utc: datetime | None = None
    fall_told_utc: datetime | None = None
    still_since_utc: datetime | None = None

    def forget_room(self) -> None:
        """Start anew: another scene is before the camera."""
        self.room = None
        self.content = None
        self.presence = Presence.UNKNOWN
        self.usual_texture = 0.0
        self.tail = None
        self.still_since_utc = None


def look_at(memory: Memory, frames: Sequence[Frame], witness: PeopleWitness) -> list[Finding]:
    """Analyse one look's frames (time order, one size) and bring `memory` up to date."""
    if memory.room is not None and memory.room.shape != clip_of(frames[:1]).thumbs.shape[1:]:
        memory.forget_room()
    clip = clip_of(frames)
    whole = Box(0, 0, clip.thumbs.shape[2], clip.thumbs.shape[1])
    content = content_box(clip.thumbs) or memory.content or whole
    if memory.content is not None:
        content = content.union(memory.content)
    findings: list[Finding] = []
    pictures = light.greys(clip, content)
    dark = light.dark_frames(pictures)
    findings += _state(memory, "dark", "picture_dark", clip, dark, _dark_words(pictures))
    if not memory.usual_texture:
        memory.usual_texture = _usual_texture(pictures, dark)
    covered = [c and not d for c, d in zip(light.covered_frames(pictures, memory.usual_texture), dark, strict=True)]
    findings += _state(memory, "covered", "picture_covered", clip, covered, "")
    findings += _frozen(memory, clip, dark)
    usable = [not d and not c for d, c in zip(dark, covered, strict=True)]
    for start, end in _scenes(memory, clip, usable):
        if start > 0 or _is_another_room(memory, clip.thumbs[start]):
            if _is_another_room(memory, clip.thumbs[start]):
                memory.forget_room()
        part_content = content_box(clip.thumbs[start:end]) or content
        if memory.content is not None:
            part_content = part_content.union(memory.content)
        memory.content = part_content
        findings += _scene(memory, frames[start:end], clip.part(start, end), part_content, witness)
        memory.usual_texture = _usual_texture(pictures[start:end], [False] * (end - start))
    return findings
