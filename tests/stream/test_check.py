from pathlib import Path

import cv2
import numpy as np
import pytest

from livemon.base.errors import EmptyFolder, SourceError, StreamError
from livemon.base.stream_types import StreamMode
from livemon.stream.sources.check import SourceReport, check_source
from livemon.stream.sources.registry import open_source
from tests.conftest import FAST, make_video
from tests.network_cameras import RtspCamera
from tests.ports import free_port


async def check(text: str | Path, tmp_path: Path) -> SourceReport:
    return await check_source(open_source(str(text), tmp_path / "clips", FAST, lambda _name, _why: None))


def size(picture: bytes) -> tuple[int, int]:
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image.shape[1], image.shape[0]


async def test_a_camera_is_described_with_a_picture_and_without_its_password(tmp_path: Path) -> None:
    camera = RtspCamera(user="admin", password="s3cret").on(size="320x240", audio="aac")
    try:
        report = await check(camera.url, tmp_path)
    finally:
        camera.off()
    assert report.media is not None
    assert (report.media.codec, report.media.audio_codec, report.media.fps) == ("h264", "aac", 25)
    assert report.mode is StreamMode.COPY
    assert size(report.picture) == (320, 240)
    assert "h264 320x240, 25 fps, aac" in str(report)
    assert "s3cret" not in str(report)


async def test_a_folder_is_judged_by_its_first_video(tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    make_video(folder / "b.mp4", size="96x64")
    (folder / "a.mp4").write_bytes(b"no video")
    report = await check(folder, tmp_path)
    assert size(report.picture) == (96, 64)
    assert not (tmp_path / "clips").exists(), "nothing is converted only to be looked at"


async def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match=r"^rtsp://127.0.0.1 refuses connections"):
        await check(f"rtsp://admin:s3cret@127.0.0.1:{free_port()}/cam", tmp_path)
    with pytest.raises(EmptyFolder, match="does not exist"):
        await check(tmp_path / "nowhere", tmp_path)
    with pytest.raises(SourceError, match="not a source that can be read"):
        await check("gopher://cam/1", tmp_path)
    with pytest.raises(SourceError, match="Write / in a password as %2F"):
        await check("rtsp://admin:a/b@cam/1", tmp_path)
    with pytest.raises(SourceError, match=r"'rtsp://…' is not a source"):
        await check("rtsp:/admin:s3cret@cam/1", tmp_path)
    with pytest.raises(SourceError, match=r"'…' is not a source"):
        await check("admin:s3cret@cam/1", tmp_path)
    with pytest.raises(SourceError, match="no capture device"):
        await check("/dev/video99", tmp_path)
