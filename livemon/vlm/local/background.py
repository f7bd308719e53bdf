"""The empty room: how it looks, what stands before it, and how it is learned.

One picture per camera. It is learned from the first look, corrected where a part of it turns out to be somebody
who has gone since, and follows slow change of light. Who the foreground is, is decided in presence.py.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from livemon.vlm.local.moving import blobs
from livemon.vlm.local.picture import Box, Mask, ThumbnailSeries, distance, edge_strength, strongest

FOREGROUND_LEVEL = 22.0
"""Levels by which a pixel must differ from the empty room; above the soft shadows that a person throws."""

FOLLOW_RATE = 0.2
"""How far one look moves the room towards what it saw where nothing stood: daylight within minutes."""

_SURROUNDING_SIGMAS_PX = (4, 8, 16, 32)


def learn(clip: ThumbnailSeries) -> NDArray[np.float32]:
    """Guess the empty room, (h, w, 3) float32, from one look in which somebody may stand.

    Each pixel is taken from the first frames, the last ones or the median of all. Where these disagree, the one
    that goes on from its undisturbed surroundings is the room; a person is not like the wall around him.
    """
    some = min(5, max(1, len(clip) // 6))
    candidates = np.stack(
        [
            np.median(clip.thumbs[:some], axis=0),
            np.median(clip.thumbs, axis=0),
            np.median(clip.thumbs[-some:], axis=0),
        ]
    ).astype(np.float32)
    middle = candidates[1]
    disagreement = strongest(candidates.max(axis=0) - candidates.min(axis=0)) > FOREGROUND_LEVEL * 0.8
    disturbed = cv2.dilate(disagreement.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    if not disturbed.any() or disturbed.all():
        return np.asarray(middle, dtype=np.float32)
    expected = _surroundings(middle, ~disturbed)
    error = np.abs(candidates - expected).max(axis=3)
    # Blurred, so that neighbours decide alike and the room is not patched from single pixels.
    error = np.stack([cv2.GaussianBlur(one, (0, 0), 3) for one in error])
    best = error.argmin(axis=0)
    chosen = np.take_along_axis(candidates, best[np.newaxis, ..., np.newaxis], axis=0)[0]
    return np.asarray(np.where(disturbed[..., np.newaxis], chosen, middle), dtype=np.float32)


def foreground(room: NDArray[np.float32], picture: NDArray[np.uint8], content: Box) -> Mask:
    """Return where `picture` is not the empty room, (h, w) bool, nothing outside `content`."""
    mask = np.zeros(picture.shape[:2], bool)
    rows, columns = content.slices
    inside = distance(room[rows, columns], picture[rows, columns].astype(np.float32))
    mask[rows, columns] = inside > FOREGROUND_LEVEL
    return mask


def is_ghost(room: NDArray[np.float32], picture: NDArray[np.uint8], part: Mask) -> bool:
    """Say whether `part` is a hole in the room rather than a thing in the picture.

    A thing has an outline where it ends. When the outline is stronger in the learned room than in the picture,
    somebody was learned as furniture and has left.
    """
    outline = cv2.morphologyEx(part.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    if not outline.any():
        return False
    in_room = float(edge_strength(room)[outline].mean())
    in_picture = float(edge_strength(picture.astype(np.float32))[outline].mean())
    return in_room > 1.2 * in_picture


def absorb_ghosts(
    room: NDArray[np.float32], picture: NDArray[np.uint8], content: Box, still: Mask
) -> NDArray[np.float32]:
    """Return `room` with the holes filled that `picture` shows to be empty.

    `still` says where nothing has moved for the last second: only there can a hole be told from a person.
    """
    mask = foreground(room, picture, content)
    rows, columns = content.slices
    for box in blobs(mask[rows, columns]):
        part = np.zeros_like(mask)
        inside = (
            slice(box.top + content.top, box.bottom + content.top),
            slice(box.left + content.left, box.right + content.left),
        )
        part[inside] = mask[inside]
        if still[part].mean() > 0.9 and is_ghost(room, picture, part):
            filled = cv2.dilate(part.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
            room = np.where(filled[..., np.newaxis], picture.astype(np.float32), room)
    return room


def follow(room: NDArray[np.float32], clip: ThumbnailSeries, content: Box) -> NDArray[np.float32]:
    """Return `room` moved a little towards what the look shows where nobody stood."""
    seen = np.median(clip.thumbs[-15:], axis=0).astype(np.uint8)
    occupied = foreground(room, seen, content)
    occupied = cv2.dilate(occupied.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
    moved = room + FOLLOW_RATE * (seen.astype(np.float32) - room)
    return np.where(occupied[..., np.newaxis], room, moved)


def _surroundings(picture: NDArray[np.float32], known: Mask) -> NDArray[np.float32]:
    """Fill the unknown part from the known part around it, the nearest weighing most."""
    weight = known.astype(np.float32)
    total = np.zeros_like(picture)
    weights = np.zeros_like(weight)
    for sigma_px in _SURROUNDING_SIGMAS_PX:
        importance = 1e-3 / sigma_px**2
        total += importance * cv2.GaussianBlur(picture * weight[..., np.newaxis], (0, 0), sigma_px)
        weights += importance * cv2.GaussianBlur(weight, (0, 0), sigma_px)
    return np.asarray(total / np.maximum(weights, 1e-9)[..., np.newaxis], dtype=np.float32)
