"""What `livemon check` and `livemon doctor` say of a picture that lies on its side. Finding out: detect/sideways.py."""

from __future__ import annotations

import cv2
import numpy as np

from livemon.base.errors import DetectorError
from livemon.detect.registry import DETECTORS
from livemon.detect.sideways import turn_needed


def said_of_sideways(jpeg: bytes, rotate: int = 0) -> str:
    """Return a sentence when people are recognised only once the picture is turned; empty otherwise.

    Parameters
    ----------
    rotate
        Degrees clockwise by which the camera's pictures are turned already.
    """
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if image is None:
        return ""
    try:
        degrees = turn_needed(np.asarray(image, dtype=np.uint8), DETECTORS["people"]())
    except DetectorError:
        return ""  # doctor says it, by itself
    if degrees in (0, rotate):
        return ""
    return (
        f"The picture may lie on its side: people are recognised when it is turned by {degrees} degrees. "
        f"Unless somebody lies there, set rotate = {degrees} for this camera."
    )
