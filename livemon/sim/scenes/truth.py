"""Ground truth of a clip, computed from the same actors that are painted: no time in it was typed by a person.

Times are seconds from the clip's start, on frame boundaries. The format is the label files' (one JSON a clip):
who is visible when, when something moves, and what happens. Pixels are not looked at here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypedDict

from livemon.sim.scenes.actions import PEOPLE, Actor, Kind, state_at, walk_through
from livemon.sim.scenes.clip import SceneClip
from livemon.sim.scenes.figures import shape
from livemon.sim.scenes.geometry import HEIGHT_PX, WIDTH_PX, project
from livemon.sim.scenes.shapes import Box, Shape, box_px, in_picture

MOVES_PX = 0.6
"""A figure moves when any part of it moves by this much between two frames; breathing does not."""
Span = tuple[int, int]
"""First frame and the one after the last."""


class EventLabel(TypedDict):
    """An event with its begin and end."""

    start_s: float
    end_s: float
    type: str
    severity: str
    description: str


class Label(TypedDict):
    """A clip's label file."""

    clip: str
    split: str
    duration_s: float
    scene: str
    people_visible_s: list[list[float]]
    motion_s: list[list[float]]
    events: list[EventLabel]
    label_confidence: str
    tags: list[str]
    notes: str
    label_method: str
    cluster: str


def ground_truth(clip: SceneClip) -> Label:
    """Return the label of a clip or of a part of one."""
    people: set[int] = set()
    moving: set[int] = set()
    events: list[EventLabel] = []
    for actor in clip.actors:
        shapes = [
            shape(actor.kind, state_at(actor, clip.start_s + i / clip.fps), actor.name) for i in range(clip.frames)
        ]
        boxes = [box_px(figure) for figure in shapes]
        seen = [in_picture(box) for box in boxes]
        moving.update(i + 1 for i, pair in enumerate(pairwise(shapes)) if seen[i + 1] and _moved_px(*pair) > MOVES_PX)
        if actor.kind in PEOPLE:
            people.update(i for i, visible in enumerate(seen) if visible)
            events += _comings_and_goings(clip, actor, boxes, seen)
            events += _doings(clip, actor, seen)
        elif actor.kind is Kind.CAT:
            events += [_event(clip, span, "animal", "info", "cat in the room") for span in _spans(seen)]
    for span, description in _light_changes(clip):
        moving.update(range(*span))
        events.append(_event(clip, span, "lighting_change", "info", description))
    events.sort(key=lambda event: (event["start_s"], event["end_s"]))
    return Label(
        clip=clip.name,
        split="dev",
        duration_s=round(clip.duration_s, 3),
        scene=clip.scene,
        people_visible_s=_stretches(clip, people),
        motion_s=_stretches(clip, moving),
        events=events,
        label_confidence="high",
        tags=[*clip.tags, "rendered", "no_audio"],
        notes="Rendered scene; people seen only in part at the picture's edge count as visible.",
        label_method="computed from the script that the clip was rendered from; exact to a frame",
        cluster=clip.cluster,
    )


def _stretches(clip: SceneClip, frames: set[int]) -> list[list[float]]:
    spans = _joined(list(_spans([i in frames for i in range(clip.frames)])), clip.fps // 2)
    return [_seconds(clip, span) for span in spans]


def _comings_and_goings(
    clip: SceneClip, actor: Actor, boxes: Sequence[Box], seen: Sequence[bool]
) -> Iterator[EventLabel]:
    """Yield enters, from the first sight of a person until they are wholly in the picture, and leaves, the reverse."""
    for first, end in _joined(list(_spans(seen)), clip.fps // 2):
        whole = [
            i for i in range(first, end) if boxes[i][0] >= 0 and boxes[i][2] <= WIDTH_PX and boxes[i][3] <= HEIGHT_PX
        ]
        if first > 0:
            span = first, (whole[0] + 1 if whole else end)
            yield _event(clip, span, "person_enters", "info", f"{actor.kind} comes in from the {_side(boxes[first])}")
        if end < len(seen):
            span = (whole[-1] if whole else first), end
            yield _event(clip, span, "person_leaves", "info", f"{actor.kind} leaves to the {_side(boxes[end - 1])}")


def _side(box: Box) -> str:
    return "left" if box[0] + box[2] < WIDTH_PX else "right"


def _doings(clip: SceneClip, actor: Actor, seen: Sequence[bool]) -> Iterator[EventLabel]:
    """Yield the events that the actions say they are, one for actions in a row that say the same."""
    said: list[tuple[Span, str, str, str]] = []
    clock_s = -clip.start_s
    for _, action, duration_s in walk_through(actor):
        first, end = round(clock_s * clip.fps), round((clock_s + duration_s) * clip.fps)
        clock_s += duration_s
        if action.said is None:
            continue
        words = action.said.type, action.said.severity, action.said.description
        if said and said[-1][0][1] == first and said[-1][1:] == words:
            said[-1] = ((said[-1][0][0], end), *words)
        else:
            said.append(((first, end), *words))
    for (first, end), kind, severity, description in said:
        visible = [i for i in range(max(0, first), min(end, clip.frames)) if seen[i]]
        if visible:
            yield _event(clip, (visible[0], visible[-1] + 1), kind, severity, description)


def _light_changes(clip: SceneClip) -> Iterator[tuple[Span, str]]:
    for switch in clip.switches:
        first = round((switch.at_s - clip.start_s) * clip.fps)
        end = round((switch.at_s + switch.fade_s - clip.start_s) * clip.fps)
        if end > 0 and first < clip.frames:
            yield (max(0, first), min(end, clip.frames)), switch.description


def _moved_px(before: Shape, after: Shape) -> float:
    """Return how far the part that moved most did, in pixels."""
    pairs = [(project(a), project(b)) for (a, _), (b, _) in zip(before.balls, after.balls, strict=True)]
    return max(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in pairs)


def _spans(flags: Sequence[bool]) -> Iterator[Span]:
    """Yield the runs of True as (first, one after the last)."""
    first = None
    for i, flag in enumerate([*flags, False]):
        if flag and first is None:
            first = i
        elif not flag and first is not None:
            yield first, i
            first = None


def _joined(spans: list[Span], gap: int) -> list[Span]:
    """Join spans with at most `gap` frames (half a second) between: a foot at rest or out of sight ends nothing."""
    joined: list[Span] = []
    for span in spans:
        if joined and span[0] - joined[-1][1] <= gap:
            joined[-1] = joined[-1][0], span[1]
        else:
            joined.append(span)
    return joined


def _seconds(clip: SceneClip, span: Span) -> list[float]:
    return [round(span[0] / clip.fps, 3), round(span[1] / clip.fps, 3)]


def _event(clip: SceneClip, span: Span, kind: str, severity: str, description: str) -> EventLabel:
    start_s, end_s = _seconds(clip, span)
    return EventLabel(start_s=start_s, end_s=end_s, type=kind, severity=severity, description=description)
