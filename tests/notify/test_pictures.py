"""Pictures of events as they are sent: small enough, and none where there is none."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import cv2
import numpy as np

from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.settings.settings import Settings
from livemon.notify.pictures import PICTURE_BYTES, PICTURE_WIDTH, picture_of
from livemon.store import writes
from tests.notify.test_sender import CAM, House


def event_with_picture(house: House, severity: Severity, at: datetime, thumbnail: str) -> None:
    seen = Observation("fire", EventType.SAFETY, severity, "It burns", "", 0.9, at, at, ())
    writes.add_event(house.database, CAM, seen, at, model="local", thumbnail=thumbnail)


def test_a_picture_of_four_megabytes_is_made_small_enough(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, cameras={CAM: {"source": "x"}})
    folder = settings.camera_dir(CAM) / "thumbnails"
    folder.mkdir(parents=True)
    noise = np.random.default_rng(1).integers(0, 255, (1600, 1600, 3), dtype=np.uint8)
    cv2.imwrite(str(folder / "large.jpg"), noise, [cv2.IMWRITE_JPEG_QUALITY, 100])
    assert (folder / "large.jpg").stat().st_size > 4_000_000
    sent = picture_of(settings, CAM, "large.jpg")
    assert sent is not None and len(sent) <= PICTURE_BYTES
    assert cv2.imdecode(np.frombuffer(sent, np.uint8), cv2.IMREAD_COLOR).shape[1] == PICTURE_WIDTH


def test_a_picture_that_is_none_is_left_out(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, cameras={CAM: {"source": "x"}})
    folder = settings.camera_dir(CAM) / "thumbnails"
    folder.mkdir(parents=True)
    (folder / "broken.jpg").write_bytes(b"x" * (PICTURE_BYTES + 1))
    assert picture_of(settings, CAM, "") is None
    assert picture_of(settings, CAM, "gone.jpg") is None
    assert picture_of(settings, CAM, "broken.jpg") is None
