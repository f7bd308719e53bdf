"""What `livemon check` and `livemon doctor` say of a picture that lies on its side. Finding out: detect/sideways.py."""

from __future__ import annotations

import cv2
import numpy as np

from livemon.base.errors import DetectorError
from livemon.base.messages.message import Message, message
from livemon.detect.registry import DETECTORS
from livemon.detect.sideways import turn_needed


def sideways_message(jpeg: bytes, rotate: int = 0) -> Message | None:
    """Return what there is to say when people are recognised only once the picture is turned; None otherwise.

    Parameters
    ----------
    rotate
        Degrees clockwise by which the camera's pictures are turned already.
    """
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if image is None:
        return None
    try:
        degrees = turn_needed(np.asarray(image, dtype=np.uint8), DETECTORS["people"]())
    except DetectorError:
        return None  # doctor says it, by itself
    if degrees in (0, rotate):
        return None
    return message("check.sideways", degrees=degrees)
