"""One camera's memory and how a look changes it: frames in, findings out.

Here the measurements of the other modules are weighed against each other and against what earlier looks knew.
No threads, no words for people, no measuring of pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from livemon.base.datatypes import Frame
from livemon.vlm.local import background, light
from livemon.vlm.local.falls import find_drop
from livemon.vlm.local.health import PictureHealth
from livemon.vlm.local.moving import Moving, blobs, is_busy, is_unsteady, moving
from livemon.vlm.local.people import PeopleWitness
from livemon.vlm.local.picture import Box, Mask, ThumbnailSeries, clip_of, content_box, likeness
from livemon.vlm.local.presence import Presence, crossings, is_person_sized, subjects
from livemon.vlm.local.verdicts import (
    crossing_findings,
    fall_finding,
    lights_finding,
    movement,
    present_finding,
    why_not_followed,
)
from livemon.vlm.local.wording import LocalFinding

TAIL_S = 5.0
"""How much of the last look is kept: a fall at its end is lying at the start of the next."""

TAIL_GAP_S = 1.0
"""The next look continues the last one when it starts within this."""

PRESENT_EVERY = timedelta(minutes=5)
"""Who stays is mentioned again after this."""

FALL_AGAIN = timedelta(seconds=10)
"""Two drops within this are one."""

FURNITURE_AFTER = timedelta(minutes=5)
"""What stands still for this long is no longer told from the room."""

RELEARN_SHARE = 0.5
"""Foreground over half the picture, and nothing moves: not a crowd but a room that was learned wrong."""


@dataclass(slots=True)
class SceneMemory:
    """What is kept of one camera: one small picture, some numbers and five seconds of thumbnails, under 2 MB."""

    health: PictureHealth = field(default_factory=PictureHealth)
    room: NDArray[np.float32] | None = None
    content: Box | None = None
    presence: Presence = Presence.UNKNOWN
    tail: ThumbnailSeries | None = None
    last_seen: Box | None = None
    room_is_known: bool = False
    seen_empty: bool = False
    present_told_utc: datetime | None = None
    fall_told_utc: datetime | None = None
    still_since_utc: datetime | None = None

    def forget_room(self) -> None:
        """Start anew: another scene is before the camera."""
        self.room = None
        self.content = None
        self.presence = Presence.UNKNOWN
        self.last_seen = None
        self.still_since_utc = None
        self.seen_empty = False
        self.tail = None

    def look(self, frames: Sequence[Frame], witness: PeopleWitness) -> list[LocalFinding]:
        """Analyse one look's frames (time order, one size)."""
        clip = clip_of(frames)
        if self.room is not None and self.room.shape != clip.thumbs.shape[1:]:
            self.forget_room()
        self._widen_content(clip)
        pictures = light.greys(clip, self._content(clip))
        findings, usable = self.health.check(clip, pictures)
        for start, end in _scenes(clip, usable):
            part = clip.part(start, end)
            if self.room is not None and _another_place(self.room, part.thumbs[-1]):
                self.forget_room()
                self._widen_content(part)
            findings += self._scene(frames[start:end], part, witness)
        return sorted(findings, key=lambda finding: finding.start_utc)

    def _content(self, clip: ThumbnailSeries) -> Box:
        return self.content or Box(0, 0, clip.thumbs.shape[2], clip.thumbs.shape[1])

    def _widen_content(self, clip: ThumbnailSeries) -> None:
        # A dark scene shows less of the picture than a bright one: the widest seen is the picture.
        seen = content_box(clip.thumbs)
        if seen is not None:
            self.content = seen if self.content is None else self.content.union(seen)

    def _scene(self, frames: Sequence[Frame], clip: ThumbnailSeries, witness: PeopleWitness) -> list[LocalFinding]:
        """Analyse frames of one place in which something can be seen."""
        content = self._content(clip)
        found = moving(clip, content)
        lights = light.lights_changed(clip, light.greys(clip, content), found)
        findings = [lights_finding(clip, change) for change in lights]
        if is_unsteady(found) or is_busy(found):
            self.tail = None
            return findings + movement(clip, found, why_not_followed(found))
        for change in lights:
            found[change.start : change.end + 1] = [Moving()] * (change.end + 1 - change.start)

        masks = self._foreground(clip, found, content)
        drop = self._fall(clip, found, masks, content)
        people = self._people(frames, clip, found, masks, lights, witness)
        if drop is not None:
            # Who falls vanishes from where he stood: that is not leaving.
            people = [one for one in people if one.kind == "person_came"]
        self._remember(clip, found, content)
        specific = ([] if drop is None else [drop]) + people
        return findings + (specific or movement(clip, found, ""))

    def _foreground(self, clip: ThumbnailSeries, found: list[Moving], content: Box) -> list[Mask]:
        """Return what stands before the empty room on each frame; learn the room when there is none."""
        self.room_is_known = self.room is not None
        if self.room is None:
            self.room = self._learn(clip, found, content)
        else:
            self.room = background.absorb_ghosts(self.room, clip.thumbs[0], content, _still(clip, found[:6]))
        masks = [background.foreground(self.room, thumb, content) for thumb in clip.thumbs]
        if self.room_is_known and _covers_much(masks, content):
            # The light or the furniture is not what it was: this look's own guess is better.
            self.room_is_known = self.seen_empty = False
            self.room = self._learn(clip, found, content)
            masks = [background.foreground(self.room, thumb, content) for thumb in clip.thumbs]
        return masks

    def _fall(self, clip: ThumbnailSeries, found: list[Moving], masks: list[Mask], content: Box) -> LocalFinding | None:
        known = 0
        if self.tail is not None and 0 < (clip.utcs[0] - self.tail.utcs[-1]).total_seconds() <= TAIL_GAP_S:
            known = len(self.tail)
            clip = self.tail.joined_to(clip)
            found = moving(clip.part(0, known + 1), content) + found[1:]
            assert self.room is not None
            masks = [background.foreground(self.room, thumb, content) for thumb in self.tail.thumbs] + masks
        rows, columns = content.slices
        silhouettes = [
            Moving(0.0, tuple(box.shifted(content.left, content.top) for box in blobs(mask[rows, columns])))
            for mask in masks
        ]
        drop = find_drop(clip, found, silhouettes, content, self.room_is_known)
        if drop is None:
            return None
        start_utc = clip.utcs[drop.upright]
        if self.fall_told_utc is not None and abs(start_utc - self.fall_told_utc) < FALL_AGAIN:
            return None
        self.fall_told_utc = start_utc
        return fall_finding(clip, drop, known)

    def _people(
        self,
        frames: Sequence[Frame],
        clip: ThumbnailSeries,
        found: list[Moving],
        masks: list[Mask],
        lights: list[light.Lights],
        witness: PeopleWitness,
    ) -> list[LocalFinding]:
        content, trusted = self._content(clip), self.room_is_known
        seen = subjects(masks, content, self.last_seen if trusted else None)
        for change in lights:
            seen[change.start : change.end + 1] = [seen[change.start]] * (change.end + 1 - change.start)
        before = self.presence if trusted else Presence.UNKNOWN
        events, self.presence = crossings(clip, seen, found, content, before, self.last_seen)
        here = self.presence is Presence.PRESENT
        self.last_seen = next((box for box in reversed(seen) if box is not None), self.last_seen) if here else None
        asked = [i for i, m in enumerate(found) if m.box is not None and is_person_sized(m.box, content)]
        recognised = self._recognised(frames, clip, found, asked, witness)
        findings = crossing_findings(clip, events, trusted, self.seen_empty, recognised)
        # Whoever was seen to come came into an empty room.
        came = any(finding.kind == "person_came" for finding in findings)
        self.seen_empty = self.seen_empty or came or (trusted and not any(seen))
        told = clip.utcs[-1]
        if any(finding.kind.startswith("person") for finding in findings):
            self.present_told_utc = told
        elif not findings and asked:
            first = before is Presence.UNKNOWN and recognised
            stays = before is self.presence is Presence.PRESENT and self._not_told_lately(told)
            if first or stays:
                self.present_told_utc = told
                return [present_finding(clip, asked, first)]
        return findings

    def _recognised(
        self,
        frames: Sequence[Frame],
        clip: ThumbnailSeries,
        found: list[Moving],
        asked: list[int],
        witness: PeopleWitness,
    ) -> bool:
        if not asked:
            return False
        where = [box for i in asked if (box := found[i].box) is not None]
        return witness.sees_upright_person([frames[i].image for i in asked], where, clip.thumbs.shape[2])

    def _not_told_lately(self, now_utc: datetime) -> bool:
        return self.present_told_utc is not None and now_utc - self.present_told_utc >= PRESENT_EVERY

    def _learn(self, clip: ThumbnailSeries, found: list[Moving], content: Box) -> NDArray[np.float32]:
        room = background.learn(clip)
        room = background.absorb_ghosts(room, clip.thumbs[0], content, _still(clip, found[:6]))
        return background.absorb_ghosts(room, clip.thumbs[-1], content, _still(clip, found[-5:]))

    def _remember(self, clip: ThumbnailSeries, found: list[Moving], content: Box) -> None:
        if self.room is not None:
            room = background.absorb_ghosts(self.room, clip.thumbs[-1], content, _still(clip, found[-5:]))
            self.room = background.follow(room, clip, content)
        self._take_for_furniture(clip, found)
        since = int(np.searchsorted(clip.times_s, clip.times_s[-1] - TAIL_S))
        tail = clip.part(since, len(clip))
        # A copy: a slice would keep the whole look in memory.
        self.tail = replace(tail, thumbs=tail.thumbs.copy())

    def _take_for_furniture(self, clip: ThumbnailSeries, found: list[Moving]) -> None:
        """Take what has not moved for minutes into the room: a moved chair, or a sleeper, of whom no more is said."""
        here = self.last_seen
        if here is None or any(box.overlaps(here) for m in found for box in m.boxes):
            self.still_since_utc = None
        elif self.still_since_utc is None:
            self.still_since_utc = clip.utcs[0]
        elif clip.utcs[-1] - self.still_since_utc >= FURNITURE_AFTER:
            self.room = np.median(clip.thumbs[-15:], axis=0).astype(np.float32)
            self.presence = Presence.UNKNOWN
            self.last_seen = self.still_since_utc = None


def _scenes(clip: ThumbnailSeries, usable: list[bool]) -> list[tuple[int, int]]:
    """Split the usable frames where the picture changes to another place."""
    parts = []
    for start, end in light.runs(usable):
        cuts = [i for i in range(start + 1, end) if _is_cut(clip, i)]
        edges = [start, *cuts, end]
        parts += [(a, b) for a, b in pairwise(edges) if b - a >= 3]
    return parts


def _is_cut(clip: ThumbnailSeries, i: int) -> bool:
    before, after = clip.thumbs[i - 1], clip.thumbs[i]
    # Most frames are alike: the cheap test first.
    different = np.abs(before.astype(np.int16) - after).max(axis=2) > background.FOREGROUND_LEVEL
    return bool(different.mean() > 0.4) and _another_place(before.astype(np.float32), after)


def _another_place(room: NDArray[np.float32], thumb: NDArray[np.uint8]) -> bool:
    return likeness(room, thumb.astype(np.float32)) < light.SAME_PLACE_LIKENESS


def _still(clip: ThumbnailSeries, found: Sequence[Moving]) -> Mask:
    """Where nothing moved in `found`, (h, w) bool."""
    still = np.ones(clip.thumbs.shape[1:3], bool)
    for m in found:
        for box in m.boxes:
            still[box.slices] = False
    return still


def _covers_much(masks: list[Mask], content: Box) -> bool:
    rows, columns = content.slices
    return float(np.mean([mask[rows, columns].mean() for mask in masks])) > RELEARN_SHARE
