"""From upright to low, quickly, and staying there. Pure geometry of what moves; no memory of people.

It sees a drop of the moving region, not a fall: who lies down on purpose quickly looks the same, and that is what
the text of the observation says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np

from livemon.vlm.local.moving import Moving
from livemon.vlm.local.picture import Box, ThumbnailSeries, distance

TALL_SHARE = 0.3
"""The upright box is at least this share of the picture's height; smaller is too coarse to judge."""

WHOLE_SHARE = 0.7
"""The box is at least this share of what was seen upright: who falls moves as a whole, not an arm."""

UPRIGHT_RATIO = 1.1
"""Height / width of the box before the drop."""

STANDING_RATIO = 1.8
"""The same for a silhouette: who stands is 2 to 3 times as high as wide, who sits 1.5 times."""

TOP_DROP = 0.45
"""The top of the moving region sinks by this share of the upright height. Sitting down is 0.3, a squat 0.35."""

CENTRE_DROP = 0.3
"""So does its centre, by this share: who bends down keeps the legs where they are."""

FLAT_TOP_DROP = 0.35
"""The same for a silhouette that is then flat: a small child is half as thick as tall."""

FLAT_RATIO = 0.8
"""Height / width of who lies; sitting and kneeling are about as high as wide."""

TRAVEL_SHARE = 0.25
"""Who lies stays in place, within this share of the upright height."""

DROP_MAX_S = 1.6
"""From the first sinking to low. A fall takes 0.5 to 1.5 s; lying down with care takes longer."""

STAY_LOW_S = 2.0
"""Low for this long after it, without rising: picking something up takes less, and who sits down moves."""

BEFORE_S = 2.0
"""How far back the upright box is looked for."""

NEW_SHARE = 0.25
"""Share of the low box that must look different than before: somebody lies there now, nobody walked out."""

CHANGED_LEVEL = 22.0


GONE_SHARE = 0.25
"""Share of the upper part of the upright box that must look different after: nobody stands there any more."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Frames of a drop: the last upright one, the first low one, the last one checked; and how long it took."""

    upright: int
    low: int
    last: int
    drop_s: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An upright box followed by low ones, near each other. Frame numbers, boxes in thumbnail pixels."""

    tall: Box
    upright: int
    low: int
    last: int
    low_line: float
    track: list[Box | None]

    @property
    def after(self) -> list[Box]:
        return [box for box in self.track[self.low : self.last + 1] if box is not None]


def find_drop(
    clip: ThumbnailSeries, moved: list[Moving], silhouettes: list[Moving], content: Box, room_is_known: bool
) -> Drop | None:
    """Return the first upright-to-low drop in `clip`, or None.

    Two kinds of boxes are asked. Those of movement need no empty room, but span where somebody was and where he
    is; silhouettes show the shape, but only as well as the room is known.

    Parameters
    ----------
    moved
        What moves, for each frame.
    silhouettes
        What stands before the empty room, for each frame.
    room_is_known
        The room was learned before this look: a silhouette that still stands, or none at all, refutes a fall.
    """
    for found in _candidates(clip, moved, content, UPRIGHT_RATIO, TOP_DROP):
        if room_is_known and not _is_low(_near(found.tall, silhouettes[found.last]), found):
            continue
        if _sinks(found) and not _left_the_picture(found, content) and _lies_there(clip, found):
            return _drop(clip, found)
    for found in _candidates(clip, silhouettes, content, STANDING_RATIO, FLAT_TOP_DROP):
        if _lies_flat(found) and not _left_the_picture(found, content) and _floor_changed(clip, found):
            return _drop(clip, found)
    return None


def _candidates(
    clip: ThumbnailSeries, boxes: list[Moving], content: Box, upright_ratio: float, top_drop: float
) -> Iterator[_Candidate]:
    for low in range(2, len(clip)):
        last = int(np.searchsorted(clip.times_s, clip.times_s[low] + STAY_LOW_S))
        if last >= len(clip) or clip.times_s[last] - clip.times_s[low] > 2 * STAY_LOW_S:
            continue
        earliest = int(np.searchsorted(clip.times_s, clip.times_s[low] - BEFORE_S))
        for tall_index in range(low - 1, max(0, earliest - 1), -1):
            for box in boxes[tall_index].boxes:
                # Who has left through a side leaves other things moving lower down behind him.
                if box.left <= content.left + 3 or box.right >= content.right - 3:
                    continue
                if box.height < WHOLE_SHARE * TALL_SHARE * content.height:
                    continue
                track = [_near(box, one) for one in boxes[: last + 1]]
                tall = _whole_height(clip, box, track, tall_index)
                if box.height < WHOLE_SHARE * tall.height:
                    continue
                if tall.height < max(TALL_SHARE * content.height, upright_ratio * tall.width):
                    continue
                low_line = tall.top + top_drop * tall.height
                if track[low] is None or any(_top(one) < low_line for one in track[low : last + 1]):
                    continue
                # The sinking starts after the last frame whose top was still near the upright one's.
                near_top = tall.top + 0.15 * tall.height
                upright = max(i for i in range(tall_index, low) if i == tall_index or _top(track[i]) <= near_top)
                if clip.times_s[low] - clip.times_s[upright] <= DROP_MAX_S:
                    yield _Candidate(tall, upright, low, last, low_line, track)


def _whole_height(clip: ThumbnailSeries, box: Box, track: list[Box | None], i: int) -> Box:
    """Return `box` as tall as the moments before showed it: who stands may move only his arms."""
    since = int(np.searchsorted(clip.times_s, clip.times_s[i] - BEFORE_S))
    recent = [one for one in track[since : i + 1] if one is not None]
    return Box(box.left, min(one.top for one in recent), box.right, max(one.bottom for one in recent))


def _drop(clip: ThumbnailSeries, found: _Candidate) -> Drop:
    return Drop(found.upright, found.low, found.last, float(clip.times_s[found.low] - clip.times_s[found.upright]))


def _is_low(box: Box | None, found: _Candidate) -> bool:
    return box is not None and box.top >= found.low_line


def _sinks(found: _Candidate) -> bool:
    centre_y = float(np.median([box.centre_y for box in found.after]))
    return centre_y - found.tall.centre_y >= CENTRE_DROP * found.tall.height


def _lies_flat(found: _Candidate) -> bool:
    """Say whether the silhouette is wider than high and stays where it is; who crawls away does not lie."""
    centres_x = [(box.left + box.right) / 2 for box in found.after[2:]]
    travels = bool(centres_x) and max(centres_x) - min(centres_x) > TRAVEL_SHARE * found.tall.height
    return not travels and float(np.median([box.height / box.width for box in found.after])) <= FLAT_RATIO


def _near(tall: Box, one: Moving) -> Box | None:
    """Box around what is within half a body's length to the left and right of `tall`."""
    reach = tall.height // 2
    near = [box for box in one.boxes if box.right > tall.left - reach and box.left < tall.right + reach]
    return reduce(Box.union, near) if near else None


def _top(box: Box | None) -> float:
    return box.top if box is not None else float("inf")


def _left_the_picture(found: _Candidate, content: Box) -> bool:
    """Say whether the last that was seen before it was quiet was at the edge: gone, not down."""
    return found.track[found.last] is None and found.after[-1].touches_edge_of(content)


def _lies_there(clip: ThumbnailSeries, found: _Candidate) -> bool:
    """Check that nobody stands where somebody stood, and that the floor looks different where it went down."""
    tall = found.tall
    upper = Box(tall.left, tall.top, tall.right, round(found.low_line))
    return _changed_share(clip, found, upper) >= GONE_SHARE and _floor_changed(clip, found)


def _floor_changed(clip: ThumbnailSeries, found: _Candidate) -> bool:
    return _changed_share(clip, found, reduce(Box.union, found.after)) >= NEW_SHARE


def _changed_share(clip: ThumbnailSeries, found: _Candidate, where: Box) -> float:
    before = clip.thumbs[max(0, found.upright - 1)].astype(np.float32)
    now = np.median(clip.thumbs[found.last - 1 : found.last + 2], axis=0).astype(np.float32)
    return float((distance(before, now)[where.slices] > CHANGED_LEVEL).mean())
