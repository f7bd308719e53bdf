"""A detector of your own: people in the picture of a thermal camera, where a person is a bright blob.

    python examples/own_detector.py

A detector is an object with `name` and `people` (livemon.base.detections.Detector). One serves all cameras of a
process, from any thread, so it keeps nothing between pictures. Enter it before cameras start, and set
`detector = "warm"`.
"""

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from livemon.base.datatypes import Frame
from livemon.base.detections import KEYPOINTS, Person
from livemon.detect.registry import DETECTORS, open_detector
from livemon.detect.watch_factory import FrameWatcher

WARM = 200
SMALLEST_SHARE = 0.01
"""Of the picture; smaller blobs are lamps and cups."""


class WarmDetector:
    """Finds people as bright blobs; without keypoints the box is judged."""

    name = "warm"

    def people(self, image: np.ndarray) -> tuple[Person, ...]:
        """Return the blobs in an (H, W, 3) uint8 picture, the largest first."""
        height, width = image.shape[:2]
        warm = (image.max(axis=2) >= WARM).astype(np.uint8)
        _, _, blobs, _ = cv2.connectedComponentsWithStats(warm)
        found = [
            Person(top / height, left / width, (top + tall) / height, (left + wide) / width, 0.9, NO_KEYPOINTS)
            for left, top, wide, tall, area in blobs[1:]
            if area >= SMALLEST_SHARE * height * width
        ]
        return tuple(sorted(found, key=lambda one: (one.bottom - one.top) * (one.right - one.left), reverse=True))


NO_KEYPOINTS = np.zeros((KEYPOINTS, 3), np.float32)
DETECTORS[WarmDetector.name] = WarmDetector


def main() -> None:
    """Let a blob walk through a drawn picture, and print what livemon makes of it."""
    begin = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    frames = []
    for number in range(20):
        image = np.full((240, 320, 3), 40, np.uint8)
        image[60:200, 10 + 12 * number : 50 + 12 * number] = 230
        frames.append(Frame("hall", begin + timedelta(seconds=number / 5), image))
    detector = open_detector("warm")
    assert detector is not None
    print(detector.people(frames[0].image)[0].box)
    print([sighting.kind for sighting in FrameWatcher(detector).take(frames)])


if __name__ == "__main__":
    main()
