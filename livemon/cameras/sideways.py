"""Messages about a picture that lies on its side, for `check`, `doctor` and the Cameras page.

The detection lives in detect/sideways.py, the setting `rotate` in base/settings/cameras.py.
"""

from __future__ import annotations

import cv2
import numpy as np

from livemon.base.errors import DetectorError
from livemon.base.messages.message import Message, message
from livemon.detect.registry import DETECTORS
from livemon.detect.sideways import turn_needed


def degrees_to_turn(jpeg: bytes) -> int:
    """Return by how many degrees clockwise a JPEG must be turned for people to be recognised; 0 when nothing tells."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if image is None:
        return 0
    try:
        return turn_needed(np.asarray(image, dtype=np.uint8), DETECTORS["people"]())
    except DetectorError:
        return 0  # doctor says it, by itself


def sideways_message(jpeg: bytes, rotate: int = 0) -> Message | None:
    """Return the message when people are recognised only once the picture is turned; None otherwise.

    Parameters
    ----------
    rotate
        Degrees clockwise by which the camera's pictures are turned already.
    """
    degrees = degrees_to_turn(jpeg)
    return None if degrees in (0, rotate) else message("check.sideways", degrees=degrees)
