"""From upright to low, quickly, and staying there. Pure geometry of what moves; no memory of people.

It sees a drop of the moving region, not a fall: who lies down on purpose quickly looks the same, and that is what
the text of the observation says.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np

from livemon.vlm.local.moving import Moving
from livemon.vlm.local.picture import Box, Clip, distance

TALL_SHARE = 0.3
"""The upright box is at least this share of the picture's height; smaller is too coarse to judge."""

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


def find_drop(clip: Clip, found: list[Moving], content: Box, flat: bool = False) -> Drop | None:
    """Return the first upright-to-low drop in `clip`, or None.

    Parameters
    ----------
    found
        For each frame the boxes of what moves, or of what stands before the empty room.
    flat
        The boxes are silhouettes of what stands before the room: ask for a standing one that lies flat then.
        Boxes of movement span where it was and where it is, so their shape says less.
    """
    for low in range(2, len(clip)):
        last = int(np.searchsorted(clip.times_s, clip.times_s[low] + STAY_LOW_S))
        if last >= len(clip) or clip.times_s[last] - clip.times_s[low] > 2 * STAY_LOW_S:
            continue
        earliest = int(np.searchsorted(clip.times_s, clip.times_s[low] - BEFORE_S))
        for tall_index in range(low - 1, max(0, earliest - 1), -1):
            for tall in found[tall_index].boxes:
                drop = _drop(clip, found, content, tall, tall_index, low, last, flat)
                if drop is not None:
                    return drop
    return None


def _drop(
    clip: Clip, found: list[Moving], content: Box, tall: Box, tall_index: int, low: int, last: int, flat: bool
) -> Drop | None:
    # Who has left through a side leaves other things moving lower down behind him.
    if tall.left <= content.left + 3 or tall.right >= content.right - 3:
        return None
    track = [_near(tall, m) for m in found]
    # Who stands and only moves his arms is as tall as the moments before showed.
    since = int(np.searchsorted(clip.times_s, clip.times_s[tall_index] - BEFORE_S))
    recent = [box for box in track[since : tall_index + 1] if box is not None]
    tall = Box(tall.left, min(box.top for box in recent), tall.right, max(box.bottom for box in recent))
    height = tall.height
    if height < TALL_SHARE * content.height or height < (STANDING_RATIO if flat else UPRIGHT_RATIO) * tall.width:
        return None
    low_line = tall.top + (FLAT_TOP_DROP if flat else TOP_DROP) * height
    after = [box for box in track[low : last + 1] if box is not None]
    if track[low] is None or any(box.top < low_line for box in after):
        return None
    # The sinking starts after the last frame whose top was still near the upright one's.
    near_top = tall.top + 0.15 * height
    upright = max(i for i in range(tall_index, low) if i == tall_index or _top(track[i]) <= near_top)
    drop_s = float(clip.times_s[low] - clip.times_s[upright])
    sunk = float(np.median([box.centre_y for box in after])) - tall.centre_y
    if drop_s > DROP_MAX_S:
        return None
    if not _lies_flat(after, height) if flat else sunk < CENTRE_DROP * height:
        return None
    if _left_the_picture(track[low : last + 1], content) or not _lies_there(clip, tall, after, upright, last):
        return None
    return Drop(upright, low, last, drop_s)


def _lies_flat(after: list[Box], height: int) -> bool:
    """Say whether the silhouette is wider than high and stays where it is; who crawls away does not lie."""
    centres_x = [(box.left + box.right) / 2 for box in after[2:]]
    travels = bool(centres_x) and max(centres_x) - min(centres_x) > TRAVEL_SHARE * height
    return not travels and float(np.median([box.height / box.width for box in after])) <= FLAT_RATIO


def _near(tall: Box, m: Moving) -> Box | None:
    """Box around what moves within a body's length to the left and right of `tall`."""
    reach = tall.height // 2
    near = [box for box in m.boxes if box.right > tall.left - reach and box.left < tall.right + reach]
    return reduce(Box.union, near) if near else None


def _top(box: Box | None) -> float:
    return box.top if box is not None else float("inf")


def _left_the_picture(track: list[Box | None], content: Box) -> bool:
    """Say whether the last that moved before it was quiet was at the edge: gone, not down."""
    if track[-1] is not None:
        return False
    moved = [box for box in track if box is not None]
    return moved[-1].touches_edge_of(content)


def _lies_there(clip: Clip, tall: Box, after: list[Box], upright: int, last: int) -> bool:
    """Check that nobody stands where somebody stood, and that the floor looks different where it went down."""
    before = clip.thumbs[max(0, upright - 1)].astype(np.float32)
    now = np.median(clip.thumbs[last - 1 : last + 2], axis=0).astype(np.float32)
    changed = distance(before, now) > CHANGED_LEVEL
    upper = Box(tall.left, tall.top, tall.right, round(tall.top + TOP_DROP * tall.height))
    lower = reduce(Box.union, after)
    return bool(changed[upper.slices].mean() >= GONE_SHARE and changed[lower.slices].mean() >= NEW_SHARE)
