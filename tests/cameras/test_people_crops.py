"""Crops of people out of recorded pictures, as live looks, questions about the past and the lab make them."""

from collections import deque
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from livemon.base.datatypes import Image, LookReason, Segment
from livemon.base.detections import Person
from livemon.base.errors import DetectorError, SourceError
from livemon.base.settings.settings import Settings
from livemon.cameras.look_planner import LookPlanner, Planned
from livemon.cameras.people_crops import MOST_PIXELS, cut_crops
from livemon.stream.files.frames import read_frames
from tests.detect.bodies import START, standing

WIDTH, HEIGHT = 640, 480


class Eyes:
    """A detector that finds the same person in every picture."""

    name = "eyes"

    def __init__(self, *people: Person, broken: bool = False) -> None:
        self._people = people
        self._broken = broken

    def people(self, image: Image) -> tuple[Person, ...]:
        if self._broken:
            raise DetectorError("detector.weights_missing", path=Path("people.onnx"))
        return self._people


@pytest.fixture
def segment(tmp_path: Path) -> Segment:
    """Ten pictures with stripes one pixel wide at the right, which a smaller copy does not show."""
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    picture[:, WIDTH // 2 :: 2] = 220
    path = tmp_path / "one.mp4"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=5, options={"qp": "4", "g": "5"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return Segment(START, 2.0, path, 2.0)


def small(segment: Segment) -> tuple[Any, ...]:
    return tuple(read_frames("cam", segment, width=160))[::4]


def test_a_crop_has_the_pixels_of_the_source(segment: Segment) -> None:
    frames = small(segment)
    crops = cut_crops(Eyes(standing(0.75, height=0.3)), [segment], frames, keyframes_only=False)
    assert [crop.frame for crop in crops] == [0, 1, 2]
    top, left, bottom, right = crops[0].box
    assert crops[0].image.shape[:2] == pytest.approx(((bottom - top) * 0.48, (right - left) * 0.64), abs=2)
    assert np.abs(np.diff(crops[0].image[..., 1].astype(int), axis=1)).mean() > 80


def test_a_large_crop_is_scaled_down_so_that_many_fit_in_memory(segment: Segment) -> None:
    frames = small(segment)
    (crop, *_) = cut_crops(Eyes(standing(0.5, height=0.85)), [segment], frames, keyframes_only=False)
    assert crop.image.shape[0] * crop.image.shape[1] <= MOST_PIXELS * 160 * 120


@pytest.mark.parametrize("eyes", [None, Eyes(), Eyes(standing(0.5, score=0.1)), Eyes(standing(0.5), broken=True)])
def test_without_people_or_detector_there_is_no_crop(segment: Segment, eyes: Eyes | None) -> None:
    assert cut_crops(eyes, [segment], small(segment), keyframes_only=False) == ()


def test_a_look_whose_segment_is_gone_goes_without_crops(segment: Segment, tmp_path: Path) -> None:
    planner = LookPlanner("cam", Settings(data_dir=tmp_path), deque([segment]), Eyes(standing(0.5)))
    planned = Planned(LookReason.MOTION, small(segment))
    assert len(planner.crops(planned, copied=False)) == 3
    segment.path.unlink()
    assert planner.crops(planned, copied=False) == ()
    with pytest.raises(SourceError):
        cut_crops(Eyes(standing(0.5)), [segment], planned.frames, keyframes_only=False)


def test_only_keyframes_are_decoded_of_a_copied_camera(segment: Segment) -> None:
    frames = tuple(read_frames("cam", segment, width=160, keyframes_only=True))
    crops = cut_crops(Eyes(standing(0.5)), [segment], frames, keyframes_only=True)
    assert [crop.frame for crop in crops] == list(range(len(frames)))
    assert frames[-1].utc >= START + timedelta(seconds=1)
