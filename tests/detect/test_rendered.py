"""The real network and the rules on the rendered playroom: the fall in every round, and none where there is none."""

from __future__ import annotations

from datetime import timedelta

import cv2
import numpy as np
import pytest

from livemon.base.datatypes import Frame, MotionSample, Segment
from livemon.base.detections import Sighting
from livemon.base.settings.settings import Settings
from livemon.cameras.look_planner import LookPlanner, Measured
from livemon.detect.people import shared_detector
from livemon.detect.watch_factory import FrameWatcher
from livemon.sim.scenes import draw_frame, scene_clip
from tests.detect.bodies import START


def watched(name: str, since_s: float, until_s: float, offset_s: float = 0.0) -> list[Sighting]:
    """What is seen in a clip at 5 fps, in looks of ten seconds; rounds of the demo begin at another part of a frame."""
    clip, eyes = scene_clip(name), FrameWatcher(shared_detector())
    said: list[Sighting] = []
    times_s = np.arange(since_s + offset_s, until_s, 0.2)
    for start in range(0, len(times_s), 50):
        frames = []
        for time_s in times_s[start : start + 50]:
            picture = cv2.resize(draw_frame(clip, float(time_s)), (320, 240), interpolation=cv2.INTER_AREA)
            utc = START + timedelta(seconds=float(time_s))
            frames.append(Frame("demo", utc, np.asarray(picture, dtype=np.uint8)))
        said += eyes.take(frames)
    return said


@pytest.mark.parametrize(
    "offset_s", [0.0, pytest.param(0.07, marks=pytest.mark.slow), pytest.param(0.13, marks=pytest.mark.slow)]
)
def test_the_fall_of_the_demo_is_found_in_every_round(offset_s: float) -> None:
    falls = [one for one in watched("03_fall", 1, 9.5, offset_s) if one.kind == "possible_fall"]
    assert len(falls) == 1
    assert 4.5 <= (falls[0].start_utc - START).total_seconds() <= 5.8
    assert falls[0].confidence >= 0.6


@pytest.mark.slow
def test_a_nap_is_no_fall() -> None:
    said = [one.kind for one in watched("06_nap", 4, 18)]
    assert "possible_fall" not in said
    assert "person_left" not in said


def test_a_copied_segment_is_decoded_in_full_only_where_it_moves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    asked: list[float] = []

    def read(camera_id: str, segment: Segment, **kwargs: float) -> list[Frame]:
        asked.append(kwargs["every_s"])
        return [keyframe]

    monkeypatch.setattr("livemon.cameras.look_planner.read_frames", read)
    planner = LookPlanner("hall", Settings(), [])
    keyframe = Frame("hall", START, np.zeros((24, 32, 3), np.uint8))
    segment = Segment(START, 10.0, tmp_path / "000000.ts", 10.0)  # type: ignore[operator]
    still = Measured((keyframe,), tuple(MotionSample(START + timedelta(seconds=s), 0.0, 100.0, 1.0) for s in range(10)))
    moves = Measured((keyframe,), tuple(MotionSample(START + timedelta(seconds=s), 0.1, 100.0, 9.0) for s in range(10)))
    assert planner.follow(segment, still) is still
    assert len(planner.follow(segment, moves).samples) == 1
    assert asked == [0.2]
