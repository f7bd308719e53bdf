"""The demo's week: which clips each ten-minute window of a day shows, and what happens in them.

Values only, computed from the scripts of the clips: no time and no box is typed by hand. Files of the windows live in
`window_files`; rows of them in monitor/demo.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, cycle

from livemon.sim.scenes.actions import PEOPLE, Actor, Kind, state_at
from livemon.sim.scenes.clip import SceneClip
from livemon.sim.scenes.day import clips
from livemon.sim.scenes.figures import shape
from livemon.sim.scenes.geometry import HEIGHT_PX, WIDTH_PX
from livemon.sim.scenes.shapes import Box, box_px, in_picture
from livemon.sim.scenes.truth import ground_truth

WINDOW_S = 600.0
WINDOW_MINUTES = 10
DAYS = 7
"""Days of the week before today."""

PLAYS = ("01_play.mp4", "08_ball_and_cat.mp4", "01_play.mp4", "04_grown_up.mp4")
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "play": ((), PLAYS),
    "climb": (("01_play.mp4", "08_ball_and_cat.mp4", "02_walk_and_climb.mp4"), PLAYS),
    "fall": (("01_play.mp4", "08_ball_and_cat.mp4", "01_play.mp4", "03_fall.mp4", "04_grown_up.mp4"), PLAYS),
    "nap": ((), ("06_nap.mp4",)),
    "cat": ((), ("05_cat_alone.mp4",)),
    "evening": (("01_play.mp4", "08_ball_and_cat.mp4", "07_lights_off.mp4"), ("05_cat_alone.mp4",)),
}
"""Clips of each kind of window: those at its beginning, and those that are repeated after them."""

HOURS: tuple[tuple[int, int, str], ...] = (
    (7 * 60, 12 * 60 + 30, "play"),
    (12 * 60 + 30, 14 * 60, "nap"),
    (14 * 60, 16 * 60, "cat"),
    (16 * 60, 19 * 60 + 30, "play"),
    (19 * 60 + 30, 20 * 60, "evening"),
)
"""First minute of the day, the one after the last, and the kind of these windows."""

CLIMBS = {1: (9 * 60 + 20,), 2: (8 * 60 + 10, 17 * 60), 3: (11 * 60,), 5: (10 * 60 + 40,), 6: (18 * 60 + 10,)}
FALLS = {1: (10 * 60 + 20,), 4: (17 * 60 + 40,)}
GAPS = {1: (14 * 60 + 30, 14 * 60 + 50), 3: (16 * 60, 17 * 60)}
"""By the day, counted back from today: at which minutes such a window begins; from when to when nothing is recorded."""

FALL, CLIMB, CAT, GROWN_UP = "fall", "climb", "cat", "grown_up"
MEANING = {"person_falls": FALL, "child_climbs": CLIMB, "animal": CAT}
SETTLES_S = 0.4
"""After this a figure that fell or climbed is where the picture tells best what happened."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A clip, or the first part of one, in a window: from when on, and for how long."""

    clip: SceneClip
    start_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class SceneEvent:
    """Something that happens in a window.

    Attributes
    ----------
    what
        `FALL`, `CLIMB`, `CAT` or `GROWN_UP`.
    start_s, end_s, picture_s
        Seconds of the window: from, to, and of the picture that shows it best.
    clip, clip_s
        Clip of that picture, and its second in it.
    box
        (ymin, xmin, ymax, xmax), each 0 to 1000 of the picture.
    people
        Number of people in that picture.
    has_cat
        Whether the cat is in it.
    """

    what: str
    start_s: float
    end_s: float
    picture_s: float
    clip: SceneClip
    clip_s: float
    box: tuple[int, int, int, int]
    people: int
    has_cat: bool


def day_windows(days_back: int) -> Iterator[tuple[int, str]]:
    """Yield the windows of a day: the minute at which each begins, and its kind. Nothing is recorded in the others."""
    gap = GAPS.get(days_back, (0, 0))
    for first, end, kind in HOURS:
        for minute in range(first, end, WINDOW_MINUTES):
            if gap[0] <= minute < gap[1]:
                continue
            if minute in FALLS.get(days_back, ()):
                yield minute, "fall"
            elif minute in CLIMBS.get(days_back, ()):
                yield minute, "climb"
            else:
                yield minute, kind


@cache
def window_clips(kind: str) -> tuple[Shown, ...]:
    """Return what a kind of window shows, one clip after the other, for ten minutes."""
    by_name = {clip.name: clip for clip in clips()}
    first, repeated = KINDS[kind]
    shown: list[Shown] = []
    at_s = 0.0
    for name in chain(first, cycle(repeated)):
        if at_s >= WINDOW_S:
            break
        clip = by_name[name]
        shown.append(Shown(clip, at_s, min(clip.duration_s, WINDOW_S - at_s)))
        at_s += clip.duration_s
    return tuple(shown)


@cache
def happenings(kind: str) -> tuple[SceneEvent, ...]:
    """Return what happens in a kind of window, the first of its sort only, in time order."""
    found: dict[str, SceneEvent] = {}
    for shown in window_clips(kind):
        for what, start_s, end_s in _told(shown.clip):
            if end_s < shown.duration_s and what not in found:
                found[what] = _happening(shown, what, start_s, end_s)
    return tuple(sorted(found.values(), key=lambda one: one.start_s))


@cache
def _told(clip: SceneClip) -> tuple[tuple[str, float, float], ...]:
    """Return what a clip's labels say of what the week tells: what, from when, to when."""
    found = []
    for event in ground_truth(clip)["events"]:
        what = MEANING.get(event["type"], "")
        if event["type"] == "person_enters" and event["description"].startswith(Kind.ADULT):
            what = GROWN_UP
        if what:
            found.append((what, event["start_s"], event["end_s"]))
    return tuple(found)


def _happening(shown: Shown, what: str, start_s: float, end_s: float) -> SceneEvent:
    actor = next(actor for actor in shown.clip.actors if actor.kind is _whose(what))
    latest_s = shown.duration_s - 1 / shown.clip.fps
    picture_s = (start_s + end_s) / 2 if what == CAT else min(end_s + SETTLES_S, latest_s)
    at_s = shown.start_s
    there = [one.kind for one in shown.clip.actors if in_picture(_box_px(one, shown.clip, picture_s))]
    return SceneEvent(
        what,
        at_s + start_s,
        at_s + end_s,
        at_s + picture_s,
        shown.clip,
        picture_s,
        _box(actor, shown.clip, picture_s),
        people=sum(kind in PEOPLE for kind in there),
        has_cat=Kind.CAT in there,
    )


def _whose(what: str) -> Kind:
    return {CAT: Kind.CAT, GROWN_UP: Kind.ADULT}.get(what, Kind.CHILD)


def _box(actor: Actor, clip: SceneClip, at_s: float) -> tuple[int, int, int, int]:
    """Return where an actor is in the picture, as an event has it."""
    left, top, right, bottom = _box_px(actor, clip, at_s)

    def share(value: float, whole: int) -> int:
        return round(1000 * min(max(value, 0.0), whole) / whole)

    return share(top, HEIGHT_PX), share(left, WIDTH_PX), share(bottom, HEIGHT_PX), share(right, WIDTH_PX)


def _box_px(actor: Actor, clip: SceneClip, at_s: float) -> Box:
    return box_px(shape(actor.kind, state_at(actor, clip.start_s + at_s), actor.name))
