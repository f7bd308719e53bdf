"""Pictures that lie on their side, and how they are noticed, turned and shown."""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from livemon.base.datatypes import Image, encode_jpeg
from livemon.base.settings.cameras import CameraSettings
from livemon.base.stream_types import ModeSetting, StreamProfile
from livemon.cameras.sideways import sideways_message
from livemon.cli.app import app
from livemon.detect.people import shared_detector
from livemon.detect.sideways import turn_needed
from livemon.sim.scenes import draw_frame, scene_clip
from livemon.stream.sources.video_queue import normalise

CODES = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


@pytest.fixture(scope="module")
def child() -> Image:
    return draw_frame(scene_clip("03_fall"), 3.5)


def sideways(image: Image, degrees: int) -> Image:
    """The picture of a camera whose pictures must be turned by so many degrees clockwise."""
    return np.asarray(cv2.rotate(image, CODES[degrees]), dtype=np.uint8) if degrees else image


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_picture_on_its_side_is_noticed_and_an_upright_one_is_not(child: Image, degrees: int) -> None:
    assert turn_needed(sideways(child, degrees), shared_detector()) == degrees


def test_an_empty_picture_is_not_on_its_side() -> None:
    assert turn_needed(np.full((240, 320, 3), 120, np.uint8), shared_detector()) == 0
    assert sideways_message(b"") is None
    assert sideways_message(b"no picture") is None


def test_what_is_said_names_the_setting_and_is_silent_when_it_is_set(child: Image) -> None:
    jpeg = encode_jpeg(sideways(child, 90))
    assert "rotate = 90" in str(sideways_message(jpeg))
    assert sideways_message(jpeg, rotate=90) is None


def test_a_turned_camera_is_transcoded_and_a_copied_one_cannot_be_turned() -> None:
    turned = CameraSettings(source="rtsp://10.0.0.7/live", rotate=90)
    assert (turned.stream_mode, turned.profile(StreamProfile()).rotate) == (ModeSetting.TRANSCODE, 90)
    assert CameraSettings(source="rtsp://10.0.0.7/live").stream_mode is ModeSetting.AUTO
    with pytest.raises(ValidationError, match="a copied picture cannot be turned"):
        CameraSettings(source="rtsp://10.0.0.7/live", rotate=90, mode=ModeSetting.COPY)
    with pytest.raises(ValidationError):
        CameraSettings(source="rtsp://10.0.0.7/live", rotate=45)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_the_stream_shows_the_picture_turned(child: Image, degrees: int, tmp_path: Path) -> None:
    film = write_film(tmp_path, sideways(child, degrees))
    made = tmp_path / "clip.h264"
    normalise(film, made, StreamProfile(rotate=degrees), limit_s=2)
    capture = cv2.VideoCapture(str(made))
    there, shown = capture.read()
    capture.release()
    assert there
    upright = cv2.resize(child, (shown.shape[1], shown.shape[0]), interpolation=cv2.INTER_AREA)
    assert np.abs(shown.astype(int) - upright).mean() < 12


def test_check_says_that_a_file_lies_on_its_side(child: Image, tmp_path: Path) -> None:
    film = write_film(tmp_path, sideways(child, 90))
    said = CliRunner().invoke(app, ["check", str(film)])
    assert said.exit_code == 0, said.output
    assert "rotate = 90" in said.output


def write_film(folder: Path, image: Image) -> Path:
    """Two seconds of one picture."""
    film = folder / "film.mp4"
    height, width = image.shape[:2]
    raw = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-r", "5", "-i", "-"]
    command = ["ffmpeg", "-v", "error", *raw, "-pix_fmt", "yuv420p", "-c:v", "libx264", str(film)]
    subprocess.run(command, input=image.tobytes() * 10, check=True)
    return film
