"""Crops of people: finds people in the frames of a question, and cuts them out of the recorded pictures.

The same for live looks, questions about the past and the lab. Blocks: it decodes. The choice of the parts is pure
(detect/crops.py); drawing them belongs to vlm/pictures.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt

from livemon.base.datatypes import Box, Frame, Image, Segment
from livemon.base.detections import Detector
from livemon.base.errors import DetectorError
from livemon.base.model_types import Crop
from livemon.detect.crops import choose_crops
from livemon.detect.tracks import STRONG_SCORE
from livemon.stream.files.frames import read_frames, scale_down

MOST_PIXELS = 2.0
"""Of a crop, in those of a frame: what a sheet has room for, and 400 crops of a study in memory."""


def cut_crops(
    detector: Detector | None, segments: Iterable[Segment], frames: Sequence[Frame], *, keyframes_only: bool
) -> tuple[Crop, ...]:
    """Return crops of the people in frames of one size, in the frames' order; empty without people or detector.

    Parameters
    ----------
    segments
        Recorded pictures, of which the frames are smaller copies.
    keyframes_only
        The frames are keyframes; the others need not be decoded.

    Raises
    ------
    SourceError
        When a segment is gone or cannot be decoded.
    """
    chosen = _parts(detector, frames)
    places = {frame.utc: place for place, frame in enumerate(frames) if chosen[place]}
    crops: list[Crop] = []
    for segment in segments:
        inside = [utc for utc in places if segment.start_utc <= utc < segment.end_utc]
        if not inside:
            continue
        for large in read_frames(frames[0].camera_id, segment, inside, keyframes_only=keyframes_only):
            place = places.get(large.utc)
            if place is not None:
                most = MOST_PIXELS * frames[place].image.shape[0] * frames[place].image.shape[1]
                crops += [Crop(place, box, _cut(large.image, box, most)) for box in chosen[place]]
    return tuple(sorted(crops, key=lambda crop: (crop.frame, crop.box[1])))


def _parts(detector: Detector | None, frames: Sequence[Frame]) -> Sequence[Sequence[Box]]:
    """Return the parts of each frame to cut out; none when the detector cannot be used, which its owner reports."""
    if detector is None or not frames:
        return [()] * len(frames)
    try:
        people = [[one.box for one in detector.people(frame.image) if one.score >= STRONG_SCORE] for frame in frames]
    except DetectorError:
        return [()] * len(frames)
    height, width = frames[0].image.shape[:2]
    return choose_crops(people, width / height)


def _cut(image: Image, box: Box, most_pixels: float) -> Image:
    """Return a part of a picture, scaled down to so many pixels when it has more."""
    height, width = image.shape[:2]
    top, left, bottom, right = box
    part = image[top * height // 1000 : -(-bottom * height // 1000), left * width // 1000 : -(-right * width // 1000)]
    share = sqrt(most_pixels / (part.shape[0] * part.shape[1]))
    return scale_down(part, max(1, int(part.shape[1] * share))) if share < 1 else part.copy()
