"""What every detector owes its callers; runs over all of `DETECTORS`, with their real weights."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon.base.datatypes import Image
from livemon.base.detections import KEYPOINTS, Detections, Detector, read_row
from livemon.base.errors import ConfigError, DetectorError
from livemon.detect.people import PEOPLE_WEIGHTS, PeopleDetector
from livemon.detect.pets import PETS_WEIGHTS, PetDetector
from livemon.detect.registry import DETECTORS, open_detector
from livemon.detect.weights import Weights
from livemon.sim.scenes import draw_frame, scene_clip
from tests.detect.bodies import START


@pytest.fixture(params=sorted(DETECTORS))
def detector(request: pytest.FixtureRequest) -> Iterator[Detector]:
    opened = open_detector(request.param)
    assert opened is not None
    yield opened


@pytest.fixture(scope="module")
def child() -> Image:
    """A child in the rendered playroom."""
    return draw_frame(scene_clip("01_play"), 1.0)


def test_a_detector_describes_itself(detector: Detector) -> None:
    assert isinstance(detector, Detector)
    assert detector.name in DETECTORS


def test_it_finds_somebody_and_says_where(detector: Detector, child: Image) -> None:
    people = detector.people(child)
    assert people
    assert [one.score for one in people] == sorted((one.score for one in people), reverse=True)
    for one in people:
        assert 0 <= one.top <= one.bottom <= 1 and 0 <= one.left <= one.right <= 1 and 0 < one.score <= 1
        assert one.keypoints.shape == (KEYPOINTS, 3)
        top, left, bottom, right = one.box
        assert 0 <= top <= bottom <= 1000 and 0 <= left <= right <= 1000
    assert people[0].score > 0.2


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2000, 1), (127, 384), (480, 640)])
def test_an_empty_picture_of_any_size_shows_nobody(detector: Detector, size: tuple[int, int]) -> None:
    assert all(one.score < 0.2 for one in detector.people(np.full((*size, 3), 128, np.uint8)))


def test_the_same_picture_gives_the_same_people_from_any_thread(detector: Detector, child: Image) -> None:
    alone = [(one.box, one.score) for one in detector.people(child)]
    together: list[object] = []
    threads = [
        threading.Thread(target=lambda: together.append([(one.box, one.score) for one in detector.people(child)]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == [alone] * 4


def test_detections_are_kept_in_few_numbers_and_come_back(detector: Detector, child: Image) -> None:
    people = detector.people(child)
    kept = Detections(START, people).to_row(START)
    again = read_row(kept, START)
    assert [one.box for one in again.people] == [one.box for one in people]
    for one, other in zip(again.people, people, strict=True):
        assert np.abs(one.keypoints - other.keypoints).max() <= 0.0006


def test_all_cameras_of_a_process_share_one_network() -> None:
    assert open_detector("people") is open_detector("people")


def test_an_unknown_detector_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="people"):
        open_detector("crystal-ball")
    assert open_detector("none") is None


NETWORKS = [(PEOPLE_WEIGHTS, PeopleDetector, "people"), (PETS_WEIGHTS, PetDetector, "pets")]


@pytest.mark.parametrize("damage", ["missing", "cut off", "another network", "a bit"])
@pytest.mark.parametrize(("weights", "opened", "method"), NETWORKS, ids=["people", "pets"])
def test_weights_that_are_not_right_are_one_clear_error(
    weights: Weights, opened: Any, method: str, damage: str, tmp_path: Path
) -> None:
    path, right = tmp_path / "network.onnx", weights.path.read_bytes()
    if damage == "cut off":
        path.write_bytes(right[:-1000])
    elif damage == "another network":
        path.write_bytes(right + b"more")
    elif damage == "a bit":
        path.write_bytes(right[:5000] + bytes([right[5000] ^ 1]) + right[5001:])
    said = {"missing": "missing", "cut off": "cut off", "another network": "sha256", "a bit": "sha256"}
    with pytest.raises(DetectorError, match=said[damage]) as raised:
        getattr(opened(replace(weights, path=path)), method)(np.zeros((10, 10, 3), np.uint8))
    assert "Install livemon again" in raised.value.hint


@pytest.mark.parametrize(("weights", "opened", "method"), NETWORKS, ids=["people", "pets"])
def test_the_weights_come_with_their_origin_and_licences(weights: Weights, opened: Any, method: str) -> None:
    notice = weights.path.with_name("NOTICE").read_text(encoding="utf-8")
    assert weights.sha256 in notice
    script = (Path(__file__).parents[2] / "scripts" / "network_weights.py").read_text(encoding="utf-8")
    assert weights.sha256 in script, "the script makes another file"
    licences = sorted(weights.path.parent.glob("LICENSE-*"))
    assert len(licences) == 2
    for path in licences:
        assert path.name in notice
        assert path.stat().st_size > 500
