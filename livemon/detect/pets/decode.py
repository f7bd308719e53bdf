"""From the heads of NanoDet to pets: scores of classes, and distances to a box's edges. Pure: arrays in, values out."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from livemon.base.detections import Pet, PetKind

INPUT_PX = 416
"""Width and height of what the network is shown, whatever the picture's aspect."""

HEADS = ("Identity", "Identity_1", "Identity_2", "Identity_3", "Identity_4", "Identity_5")
"""Outputs of the network: scores at three strides, then distances at the same."""

STRIDES_PX = (8, 16, 32)
BINS = 11
"""A distance is the mean of so many bins, in strides."""

CLASSES = {PetKind.CAT: 15, PetKind.DOG: 16}
"""Places of the animals among the 80 classes of COCO."""

LEAST_SCORE = 0.3
SAME_OVERLAP = 0.5
"""Boxes that share so much of their union are one animal, found twice."""


def pets_of(scores: Sequence[NDArray[np.float32]], distances: Sequence[NDArray[np.float32]]) -> tuple[Pet, ...]:
    """Return the pets, surest first; of one animal only the surer kind.

    Parameters
    ----------
    scores
        By stride, (n, 80): how surely each cell shows each class, 0 to 1.
    distances
        By stride, (n, 44): logits of the distances to left, top, right and bottom, in 11 bins each.
    """
    found: list[Pet] = []
    for of_cells, of_edges, stride in zip(scores, distances, STRIDES_PX, strict=True):
        across = INPUT_PX // stride
        for kind, place in CLASSES.items():
            for cell in np.flatnonzero(of_cells[:, place] >= LEAST_SCORE).tolist():
                bins = of_edges[cell].reshape(4, BINS)
                shares = np.exp(bins - bins.max(axis=1, keepdims=True))
                left, top, right, bottom = stride * (shares @ np.arange(BINS)) / shares.sum(axis=1)
                y, x = (cell // across + 0.5) * stride, (cell % across + 0.5) * stride
                y0, x0, y1, x1 = np.clip(np.array([y - top, x - left, y + bottom, x + right]) / INPUT_PX, 0, 1).tolist()
                found.append(Pet(kind, y0, x0, y1, x1, float(of_cells[cell, place])))
    return _without_doubles(found)


def _without_doubles(found: Sequence[Pet]) -> tuple[Pet, ...]:
    boxes = [(one.left, one.top, one.right - one.left, one.bottom - one.top) for one in found]
    kept = cv2.dnn.NMSBoxes(boxes, [one.score for one in found], LEAST_SCORE, SAME_OVERLAP) if found else ()
    return tuple(sorted((found[place] for place in np.ravel(kept).tolist()), key=lambda one: -one.score))
