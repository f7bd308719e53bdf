"""From the heads of MoveNet MultiPose to people: centres, boxes and keypoints. Pure: arrays in, values out.

A centre's peak says where a person is; regressed from it are the box and about where each keypoint lies. The keypoint
itself is the best place of its heat map near there, inside the box.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from livemon.base.detections import KEYPOINTS, Keypoints, Person

Head = NDArray[np.float32]
"""(h, w, channels) float32; h and w are 64."""

_PREFIX = "StatefulPartitionedCall/"
HEADS = tuple(
    _PREFIX + name
    for name in (
        "center_0/conv2d_4/BiasAdd",
        "kpt_heatmap_0/conv2d_7/BiasAdd",
        "kpt_regress_0/conv2d_8/BiasAdd",
        "kpt_offset_0/conv2d_9/BiasAdd",
        "box_scale_0/conv2d_5/BiasAdd",
        "box_offset_0/conv2d_6/BiasAdd",
    )
)
"""Outputs of the network in the order of the arguments of `people_of`."""

MOST_PEOPLE = 6
"""So many the network was made for."""

LEAST_SCORE = 0.05
"""Far below what begins or carries on a track: what is less is not worth keeping."""

_KEYPOINT_SCORE = 0.12695312
"""Keypoints above it count for the score of a person; a constant of the network."""

_SPREAD = 0.30004883
"""Variance of where keypoints lie around their regressed place, as a share of the map; a constant of the network."""


def people_of(
    centre: Head, heat: Head, regress: Head, offset: Head, scale: Head, box_offset: Head
) -> tuple[Person, ...]:
    """Return the people, surest first.

    Parameters
    ----------
    centre
        (h, w, 1) logits: here is a person's centre.
    heat
        (h, w, 17) logits: a person's keypoint is here.
    regress
        (h, w, 34): from a centre to its keypoints, y and x, in cells.
    offset
        (h, w, 34): from a cell to the keypoint in it, y and x.
    scale, box_offset
        (h, w, 2): height and width of the box; from a cell to the box's centre, y and x.
    """
    height, width = centre.shape[:2]
    sure = _sigmoid(centre[:, :, 0])
    peak = np.where(sure >= cv2.dilate(sure, np.ones((3, 3), np.uint8)) - 1e-6, sure, 0.0)
    heat, offset = _sigmoid(heat), offset.reshape(height, width, KEYPOINTS, 2)
    best = np.argsort(-peak, axis=None, kind="stable")[:MOST_PEOPLE]
    found = []
    for y, x in zip(*np.unravel_index(best, peak.shape), strict=True):
        if peak[y, x] < LEAST_SCORE:
            break
        middle = np.array([y, x]) + box_offset[y, x]
        half = np.maximum(scale[y, x], 0.0) / 2
        top, left = np.clip(middle - half, 0, (height, width)).tolist()
        bottom, right = np.clip(middle + half, 0, (height, width)).tolist()
        expected = regress[y, x].reshape(KEYPOINTS, 2) + np.array([y, x])
        points = _keypoints(heat, offset, expected, (top, left, bottom, right))
        good = points[:, 2] > _KEYPOINT_SCORE
        score = float(peak[y, x] * points[good, 2].mean()) if good.any() else 0.0
        if score >= LEAST_SCORE:
            found.append(Person(top / height, left / width, bottom / height, right / width, score, points))
    return tuple(sorted(found, key=lambda one: -one.score))


def _keypoints(
    heat: Head, offset: NDArray[np.float32], expected: NDArray[np.float32], box: tuple[float, float, float, float]
) -> Keypoints:
    """Return the keypoints of one person: the best cell of each heat map, weighted by nearness, inside the box."""
    height, width = heat.shape[:2]
    top, left, bottom, right = box
    rows, columns = (
        np.arange(int(np.ceil(top)), int(np.ceil(bottom))),
        np.arange(int(np.ceil(left)), int(np.ceil(right))),
    )
    points = np.zeros((KEYPOINTS, 3), np.float32)
    if not len(rows) or not len(columns):
        return points
    spread = min(height, width) * _SPREAD
    # A Gaussian of two coordinates is one of each, multiplied.
    near_y = np.exp(-((rows[:, np.newaxis] - expected[:, 0]) ** 2) / spread)
    near_x = np.exp(-((columns[:, np.newaxis] - expected[:, 1]) ** 2) / spread)
    part = heat[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    weighted = part * near_y[:, np.newaxis] * near_x[np.newaxis]
    at = weighted.reshape(-1, KEYPOINTS).argmax(axis=0)
    y, x = rows[at // len(columns)], columns[at % len(columns)]
    each = np.arange(KEYPOINTS)
    points[:, :2] = (np.stack([y, x], axis=1) + offset[y, x, each]) / (height, width)
    points[:, 2] = weighted.reshape(-1, KEYPOINTS)[at, each]
    return points


def _sigmoid(logits: Head) -> Head:
    return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)
