"""People with keypoints by a small network: MoveNet MultiPose Lightning, run by OpenCV's dnn.

Belongs here: the weights, pictures into the network, its heads into people (decode.py). The behaviour of people lives
in tracks.py and rules.py. Licences and origin of the weights: NOTICE.
"""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from livemon.base.datatypes import Image
from livemon.base.detections import Person
from livemon.detect.people.decode import HEADS, people_of
from livemon.detect.weights import Weights, load_network

PEOPLE_WEIGHTS = Weights(
    Path(__file__).with_name("people.onnx"),
    9_513_595,
    "7dd91acc838c8e1dd36f99b5a0e59a7c5761c315821c67b459dde72fbc5731f5",
)

INPUT_PX = 256
"""Width and height of what the network is shown, whatever the picture's aspect: other sizes are worse."""


class PeopleDetector:
    """Finds up to six people in a picture. Loaded at the first picture; from any thread, one picture at a time.

    Parameters
    ----------
    weights
        The ONNX file; tests give others.
    """

    name = "people"

    def __init__(self, weights: Weights = PEOPLE_WEIGHTS) -> None:
        self._weights = weights
        self._network: cv2.dnn.Net | None = None
        self._one_at_a_time = threading.Lock()

    def people(self, image: Image) -> tuple[Person, ...]:
        """Return the people in an (H, W, 3) uint8 BGR picture, surest first; blocks for about 50 ms of one core.

        Raises
        ------
        DetectorError
            When the weights are missing, damaged, or of another network.
        """
        small = cv2.resize(image, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_AREA)
        shown = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)[np.newaxis].astype(np.float32)
        with self._one_at_a_time:
            if self._network is None:
                self._network = load_network(self._weights)
            self._network.setInput(shown)
            heads = self._network.forward(list(HEADS))
        return people_of(*(np.asarray(head[0], dtype=np.float32) for head in heads))


@cache
def shared_detector() -> PeopleDetector:
    """Return the one network of this process: 110 MB, which all cameras of all monitors share."""
    return PeopleDetector()
