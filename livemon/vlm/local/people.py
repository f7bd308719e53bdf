"""The one supporting witness: OpenCV's HOG people detector, asked about a few frames.

It misses most people (partly seen, sitting, lying, seen from above, small), and seldom takes something else for
one. So a yes counts and a no means nothing. Its cost is bounded by the number of frames it is asked about.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from livemon.base.datatypes import Image
from livemon.vlm.local.picture import Box

ASKED_FRAMES = 8
"""Frames per question: about 6 ms each at 320x240."""

SURE_WEIGHT = 1.0
"""SVM distance that one frame needs; below it, garden chairs and lorries appear."""


class PeopleWitness:
    """Wraps the detector; not shared between threads."""

    def __init__(self) -> None:
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(np.array(cv2.HOGDescriptor.getDefaultPeopleDetector(), dtype=np.float32))

    def sees_upright_person(self, images: Sequence[Image], where: Sequence[Box], thumb_width_px: int) -> bool:
        """Say whether one of `images` shows a standing person in the box of the same place in `where`.

        Parameters
        ----------
        images
            Frames as they came with the look; at most `ASKED_FRAMES` are looked at, spread.
        where
            In thumbnail pixels, one for each image.
        thumb_width_px
            Width of the thumbnails that `where` refers to.
        """
        asked = np.unique(np.linspace(0, len(images) - 1, min(ASKED_FRAMES, len(images))).round().astype(int))
        return any(self._sees(images[i], where[i], images[i].shape[1] / thumb_width_px) for i in asked)

    def _sees(self, image: Image, box: Box, scale: float) -> bool:
        if image.shape[0] < self._hog.winSize[1] or image.shape[1] < self._hog.winSize[0]:
            return False  # OpenCV reads beyond a picture that is smaller than its window, and the process dies
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        found, weights = self._hog.detectMultiScale(grey, winStride=(8, 8), padding=(8, 8), scale=1.1)
        for (left, top, width, height), weight in zip(found, np.ravel(weights), strict=True):
            x, y = (left + width / 2) / scale, (top + height / 2) / scale
            inside = box.left - 2 <= x <= box.right + 2 and box.top - 2 <= y <= box.bottom + 2
            # As high as what moves, within a factor of two: not the whole room, not a sleeve.
            similar = 0.5 <= (height / scale) / max(1, box.height) <= 2.5
            if weight >= SURE_WEIGHT and inside and similar:
                return True
        return False
