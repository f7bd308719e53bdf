"""Whether a picture lies on its side: people are recognised in it only once it is turned. One picture in, degrees out.

Turning a camera's pictures does not belong here (stream/ffmpeg.py does it, by the setting `rotate`).
"""

from __future__ import annotations

import cv2
import numpy as np

from livemon.base.datatypes import Image
from livemon.base.detections import Detector
from livemon.detect.posture import posture

SURE_SCORE = 0.3
"""A person is clearly seen in the turned picture,"""

CLEARLY = 1.5
"""and by this factor better than in the picture as it is."""

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def turn_needed(image: Image, detector: Detector) -> int:
    """Return by how many degrees clockwise a picture must be turned for people to be upright; 0 for not at all.

    One picture cannot distinguish a sideways camera from a lying person: ask the user to confirm.

    Raises
    ------
    DetectorError
        When the detector cannot be used.
    """
    as_it_is = _best(image, detector)
    found = {
        degrees: _best(np.asarray(cv2.rotate(image, code), dtype=np.uint8), detector)
        for degrees, code in _TURNS.items()
    }
    degrees = max(found, key=lambda one: found[one])
    return degrees if found[degrees] >= max(SURE_SCORE, CLEARLY * as_it_is) else 0


def _best(image: Image, detector: Detector) -> float:
    """Return the confidence that an upright person is seen, 0 for none."""
    height, width = image.shape[:2]
    upright = [one for one in detector.people(image) if not posture(one, width / height).flat]
    return max((one.score for one in upright), default=0.0)
