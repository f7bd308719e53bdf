import subprocess
from datetime import timedelta
from pathlib import Path

import cv2
import ffmpeg as ffmpeg_python
import pytest

from livemon.datatypes import Segment
from livemon.errors import SourceError
from livemon.stream import ffmpeg
from livemon.stream.frames import read_frames, scale_down, write_thumbnail
from tests.conftest import FAST, MORNING


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> Segment:
    """The second segment of a stream: its timestamps do not begin at zero."""
    folder = tmp_path_factory.mktemp("segment")
    # Frame n has brightness 10 n, so that a picture says which frame it is.
    source = ffmpeg_python.input(
        "color=black:size=64x48:rate=5:duration=3,geq=lum='16+10*N':cb=128:cr=128", format="lavfi"
    )
    subprocess.run(ffmpeg.live_command(source, folder, FAST, 0), capture_output=True, check=True)
    return Segment(MORNING, 1.0, folder / "000001.ts", 1.0)


def luma(image: object) -> float:
    return float(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).mean())  # type: ignore[call-overload]


def test_each_frame_has_its_own_wall_clock_time(segment: Segment) -> None:
    frames = list(read_frames("camera-1", segment))
    assert [f.utc - MORNING for f in frames] == [timedelta(seconds=s) for s in (0, 0.2, 0.4, 0.6, 0.8)]
    assert [f.image.shape for f in frames] == [(48, 64, 3)] * 5
    levels = [luma(f.image) for f in frames]
    assert levels == sorted(levels)
    assert levels[4] - levels[0] > 30


def test_only_the_wanted_frames_are_given(segment: Segment) -> None:
    everything = list(read_frames("camera-1", segment))
    wanted = [everything[3].utc, everything[1].utc, MORNING - timedelta(seconds=5)]
    found = list(read_frames("camera-1", segment, wanted, width=32))
    assert [f.utc for f in found] == [everything[1].utc, everything[3].utc]
    assert found[0].image.shape == (24, 32, 3)
    assert luma(found[0].image) == pytest.approx(luma(everything[1].image), abs=2)


def test_a_deleted_segment_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.ts"):
        list(read_frames("camera-1", Segment(MORNING, 1.0, tmp_path / "gone.ts", 1.0)))


def test_a_picture_is_never_scaled_up(segment: Segment) -> None:
    frame = next(read_frames("camera-1", segment))
    assert scale_down(frame.image, 640) is frame.image


def test_a_thumbnail_is_named_by_its_time(segment: Segment, tmp_path: Path) -> None:
    frame = list(read_frames("camera-1", segment))[1]
    path = write_thumbnail(frame, tmp_path)
    assert path == tmp_path / "20261123" / "20261123T080000.200Z.jpg"
    assert cv2.imread(str(path)).shape == (48, 64, 3)
    assert not list(tmp_path.rglob("*.part"))
