"""Measures of the picture itself: dark, covered, frozen, light switched. Nothing about who is in it; no memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livemon.vlm.local.moving import Moving
from livemon.vlm.local.picture import Box, Luma, ThumbnailSeries, gain, likeness, luma, texture

DARK_LEVEL = 18.0
"""Mean luma of a picture in which nothing can be made out; video black is 16, an infrared night view is over 35."""

DARK_PEAK_LEVEL = 60.0
"""In a dark picture even the brightest hundredth stays below: a lit window would be something to see."""

COVERED_TEXTURE_SHARE = 0.3
"""Covered is less than this share of the fine detail that the camera shows otherwise."""

SUSTAINED_S = 1.0
"""A second of it, so that a hand passing the lens is nothing."""

SUDDEN_GAIN = 1.25
"""A lamp in a room; from one second to the next."""

GRADUAL_GAIN = 1.12
"""Automatic exposure or daylight within two seconds; only believed when nothing moves that could cause it."""

FROZEN_SHARE = 0.3
"""Share of identical frames of a repeated picture. 1 when segments are copied; a transcode refines a picture after
each keyframe and leaves 0.2 to 0.5, so that some are missed there."""

NOISY_SHARE = 0.02
"""A camera's noise leaves no two frames alike. One that repeats frames by itself (1 fps shown as 5) is not noisy."""

FROZEN_MIN_S = 5.0


SAME_PLACE_LIKENESS = 0.3
"""Edges of two pictures of one place correlate above 0.5 in any light; of two places, below 0.2."""


@dataclass(frozen=True, slots=True)
class Lights:
    """A change of light: first and last frame that show it and the brightness ratio."""

    start: int
    end: int
    ratio: float


def greys(clip: ThumbnailSeries, content: Box) -> list[Luma]:
    """Luma of each frame inside `content`."""
    rows, columns = content.slices
    return [luma(np.ascontiguousarray(thumb[rows, columns])) for thumb in clip.thumbs]


def dark_frames(pictures: list[Luma]) -> list[bool]:
    """Say for each frame whether it is too dark to see anything."""
    return [bool(picture.mean() < DARK_LEVEL and np.percentile(picture, 99) < DARK_PEAK_LEVEL) for picture in pictures]


def covered_frames(pictures: list[Luma], usual_texture: float) -> list[bool]:
    """Say for each frame whether the detail that this camera usually shows is gone.

    `usual_texture` is 0.0 while unknown: then nothing is called covered.
    """
    return [texture(picture) < COVERED_TEXTURE_SHARE * usual_texture for picture in pictures]


def identical_share(clip: ThumbnailSeries) -> float:
    """Share of frames that repeat the frame before them, pixel for pixel."""
    if len(clip) < 2:
        return 0.0
    same = [bool(np.array_equal(a, b)) for a, b in zip(clip.thumbs[:-1], clip.thumbs[1:], strict=True)]
    return sum(same) / len(same)


def lights_changed(clip: ThumbnailSeries, pictures: list[Luma], found: list[Moving]) -> list[Lights]:
    """Find where the brightness of the whole picture steps or drifts, in time order, not overlapping."""
    changes: list[Lights] = []
    last_end = -1
    for i in range(len(clip)):
        if i <= last_end:
            continue
        change = _sudden(clip, pictures, i) or _gradual(clip, pictures, found, i)
        if change is not None:
            changes.append(change)
            last_end = change.end
    return changes


def runs(flags: list[bool]) -> list[tuple[int, int]]:
    """Return [start, end) of each run of True."""
    edges = np.flatnonzero(np.diff(np.array([False, *flags, False]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _sudden(clip: ThumbnailSeries, pictures: list[Luma], i: int) -> Lights | None:
    # From frame i to the frame after next: a lamp that warms up, a frame that straddles the switch.
    j = i + 2
    if i < 1 or j + 3 >= len(clip) or clip.times_s[j] - clip.times_s[i] > 1.0:
        return None
    ratio = gain(pictures[i], pictures[j])
    if abs(np.log(ratio)) <= np.log(SUDDEN_GAIN):
        return None
    steady = abs(np.log(gain(pictures[j], pictures[j + 3]))) < 0.1
    before = abs(np.log(gain(pictures[i - 1], pictures[i]))) < 0.1
    same_place = likeness(_thumb(clip, i), _thumb(clip, j)) > SAME_PLACE_LIKENESS
    return Lights(i, j + 3, ratio) if steady and before and same_place else None


def _gradual(clip: ThumbnailSeries, pictures: list[Luma], found: list[Moving], i: int) -> Lights | None:
    j = int(np.searchsorted(clip.times_s, clip.times_s[i] + 2.0))
    if j >= len(clip) or clip.times_s[j] - clip.times_s[i] > 3.0:
        return None
    ratio = gain(pictures[i], pictures[j])
    # A person in a light shirt makes the camera stop down: then it is the person that matters, not the light.
    if any(m.box is not None for m in found[max(1, i - 5) : j + 1]):
        return None
    return Lights(i, j, ratio) if abs(np.log(ratio)) > np.log(GRADUAL_GAIN) else None


def _thumb(clip: ThumbnailSeries, i: int) -> NDArray[np.float32]:
    return np.asarray(clip.thumbs[i], dtype=np.float32)
