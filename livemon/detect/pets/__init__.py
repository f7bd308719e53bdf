"""Dogs and cats by a second small network: NanoDet, run by OpenCV's dnn.

Belongs here: the weights, pictures into the network, its heads into pets (decode.py). Whether to believe them does not:
sightings.py. It calls people on the floor dogs, so it never overrules the people detector. Licences and origin: NOTICE.
"""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from livemon.base.datatypes import Image
from livemon.base.detections import Pet
from livemon.detect.pets.decode import HEADS, INPUT_PX, pets_of
from livemon.detect.weights import Weights, load_network

PETS_WEIGHTS = Weights(
    Path(__file__).with_name("pets.onnx"),
    7_596_805,
    "af1162b74033db805b8f2bb801de87f26f035a604630e7451e43b11a6b9e6da3",
)

_MEAN = np.array([103.53, 116.28, 123.675], np.float32)
_SPREAD = np.array([57.375, 57.12, 58.395], np.float32)
"""Of blue, green and red in the pictures that the network was made with."""


class PetDetector:
    """Finds dogs and cats in a picture. Loaded at the first picture; from any thread, one picture at a time.

    Parameters
    ----------
    weights
        The ONNX file; tests give others.
    """

    def __init__(self, weights: Weights = PETS_WEIGHTS) -> None:
        self._weights = weights
        self._network: cv2.dnn.Net | None = None
        self._one_at_a_time = threading.Lock()

    def pets(self, image: Image) -> tuple[Pet, ...]:
        """Return the pets in an (H, W, 3) uint8 BGR picture, surest first; blocks for about 65 ms of one core.

        Raises
        ------
        DetectorError
            When the weights are missing, damaged, or of another network.
        """
        small = cv2.resize(image, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
        shown = np.ascontiguousarray(((small - _MEAN) / _SPREAD).transpose(2, 0, 1)[np.newaxis])
        with self._one_at_a_time:
            if self._network is None:
                self._network = load_network(self._weights)
            self._network.setInput(shown)
            heads = [np.asarray(head[0], np.float32) for head in self._network.forward(list(HEADS))]
        return pets_of(heads[:3], heads[3:])


@cache
def shared_pet_detector() -> PetDetector:
    """Return the one network of this process: 90 MB, which all cameras of all monitors share."""
    return PetDetector()
