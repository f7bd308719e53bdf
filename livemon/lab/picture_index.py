"""Recogniser: which moment of a dataset a picture shows, by its likeness.

For the stand-in of the lab: a live camera that plays the dataset's clips shows pictures that are known, at times that
are not. The events of a moment are in the labels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from livemon.base.datatypes import Image
from livemon.lab.data.dataset import Dataset, Item
from livemon.lab.experiments.live_plan import Place
from livemon.sim.servers.scripted_answers import Moment
from livemon.stream.files.frames import read_frames

SIZE_PX = (40, 30)
"""Size of compared pictures, width and height: noise and JPEG are gone, and a child's position can be seen."""
LIKE_LEVELS = 12.0
"""Pictures that differ by more, root mean square of 255 levels, do not show the same."""
EVERY = 2
"""Every other frame is known: a moment is met to a fraction of a second."""


class Recogniser:
    """Knows a dataset's pictures; they are decoded when it learns them, or is first asked.

    Parameters
    ----------
    dataset
        The dataset of the pictures.
    place
        The footage of an item.
    """

    def __init__(self, dataset: Dataset, place: Callable[[Item], Place]) -> None:
        self._dataset = dataset
        self._place = place

    def learn(self) -> None:
        """Decode the pictures now: who is asked over HTTP should not keep a client waiting."""
        _ = self._known

    def __call__(self, pictures: Sequence[bytes]) -> list[Moment | None]:
        """Return the item and the second of the day that each JPEG picture shows; None of one that is not known."""
        return [self._moment(picture) for picture in pictures]

    def _moment(self, picture: bytes) -> Moment | None:
        image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
        moments, known = self._known
        if image is None or not moments:
            return None
        small = _small(image.astype(np.uint8, copy=False))
        squares = self._squares - 2 * (known @ small) + small @ small
        best = int(np.argmin(squares))
        return moments[best] if squares[best] <= len(small) * LIKE_LEVELS**2 else None

    @cached_property
    def _squares(self) -> NDArray[np.float32]:
        known = self._known[1]
        squares: NDArray[np.float32] = (known**2).sum(axis=1)
        return squares

    @cached_property
    def _known(self) -> tuple[list[Moment], NDArray[np.float32]]:
        """The moments, and what each looks like, (moments, pixels)."""
        moments: list[Moment] = []
        looks: list[NDArray[np.float32]] = []
        for item in self._dataset.items:
            for segment in self._place(item).footage.segments(item.start_utc, item.end_utc):
                for frame in list(read_frames(item.camera_id, segment, width=4 * SIZE_PX[0]))[::EVERY]:
                    at = frame.utc
                    second = at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6
                    moments.append((item.title or item.camera_id, second))
                    looks.append(_small(frame.image))
        return moments, np.array(looks, np.float32).reshape(len(moments), -1)


def _small(image: Image) -> NDArray[np.float32]:
    grey = cv2.cvtColor(cv2.resize(image, SIZE_PX, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    return grey.astype(np.float32).reshape(-1)
