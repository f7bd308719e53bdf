import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cv2
import ffmpeg as ffmpeg_python
import numpy as np
import pytest

from livemon.base.datatypes import Segment
from livemon.base.errors import SourceError
from livemon.stream.files.frames import frame_at, read_frames, scale_down, write_thumbnail
from tests.conftest import FAST, MORNING, transcode_command
from tests.recording import number_at, number_of, record


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> Segment:
    """The second segment of a stream: its timestamps do not begin at zero."""
    folder = tmp_path_factory.mktemp("segment")
    # Frame n has brightness 10 n, so that a picture says which frame it is.
    source = ffmpeg_python.input(
        "color=black:size=64x48:rate=5:duration=3,geq=lum='16+10*N':cb=128:cr=128", format="lavfi"
    )
    subprocess.run(transcode_command(source, folder, FAST), capture_output=True, check=True)
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


def test_frames_are_given_no_closer_than_asked(segment: Segment) -> None:
    every = [frame.utc - MORNING for frame in read_frames("camera-1", segment, every_s=0.4)]
    assert every == [timedelta(seconds=s) for s in (0, 0.4, 0.8)]
    assert len(list(read_frames("camera-1", segment, every_s=0.2))) == 5


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


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Segment:
    """The second of two segments as a camera sends them: 25 fps, B-frames, sound, a keyframe every second."""
    return record(tmp_path_factory.mktemp("copied"), MORNING, 4)[1]


def test_copied_footage_has_exact_times_through_b_frames(copied: Segment) -> None:
    frames = list(read_frames("camera-1", copied))
    assert [f.utc for f in frames] == [copied.start_utc + timedelta(milliseconds=40 * n) for n in range(50)]
    assert [number_of(f.image) for f in frames] == list(range(50))


def test_a_fast_cameras_timestamps_are_mapped_to_the_wall_clock(copied: Segment) -> None:
    fast = replace(copied, duration_s=1.98)
    last = list(read_frames("camera-1", fast))[-1]
    assert last.utc - copied.start_utc == timedelta(seconds=1.94), "1.96 s of its own time at rate 0.99"


def test_keyframes_alone_cost_no_other_decoding(copied: Segment) -> None:
    frames = list(read_frames("camera-1", copied, keyframes_only=True))
    assert [f.utc - copied.start_utc for f in frames] == [timedelta(0), timedelta(seconds=1)]
    assert [number_of(f.image) for f in frames] == [0, 25]
    wanted = list(read_frames("camera-1", copied, [frames[1].utc], keyframes_only=True))
    assert [f.utc for f in wanted] == [frames[1].utc]


def test_wanted_frames_are_found_in_any_group(copied: Segment) -> None:
    utcs = [copied.start_utc + timedelta(milliseconds=40 * n) for n in (0, 3, 24, 25, 26, 49)]
    frames = list(read_frames("camera-1", copied, utcs))
    assert [f.utc for f in frames] == utcs
    assert [number_of(f.image) for f in frames] == [0, 3, 24, 25, 26, 49]


@pytest.mark.parametrize("ms", [0, 39, 40, 999, 1000, 1079, 1960, 5000])
def test_the_frame_shown_at_a_moment_is_the_last_one_before_it(copied: Segment, ms: int) -> None:
    at = copied.start_utc + timedelta(milliseconds=ms)
    frame = frame_at("camera-1", copied, at)
    assert frame is not None
    number = min(ms // 40, 49)
    assert frame.utc == copied.start_utc + timedelta(milliseconds=40 * number)
    assert number_of(frame.image) == number


def test_before_the_first_frame_nothing_is_shown(copied: Segment) -> None:
    assert frame_at("camera-1", copied, copied.start_utc - timedelta(milliseconds=1)) is None


def test_pictures_that_need_the_group_before_are_found(tmp_path: Path) -> None:
    """Open GOPs: the pictures shown just before a keyframe are decoded after it."""
    open_gop = record(
        tmp_path, MORNING, 4, segment_s=4, x264="open-gop=1:bframes=3:b-adapt=0:keyint=25:min-keyint=25:scenecut=0"
    )[0]
    for number in (23, 24, 25, 48, 49, 50, 74, 75):
        utc = MORNING + timedelta(milliseconds=40 * number)
        frame = frame_at("camera-1", open_gop, utc)
        assert frame is not None
        assert (frame.utc, number_of(frame.image)) == (utc, number % 50)
        assert [number_of(f.image) for f in read_frames("camera-1", open_gop, [utc])] == [number % 50]


def test_a_damaged_group_leaves_the_picture_before_it(copied: Segment, tmp_path: Path) -> None:
    data = bytearray(copied.path.read_bytes())
    # The second half loses its pictures' packets but the file stays a transport stream.
    for packet in range(len(data) // 2 // 188 * 188, len(data), 188):
        data[packet + 12 : packet + 188] = bytes(176)
    damaged = tmp_path / copied.path.name
    damaged.write_bytes(data)
    frame = frame_at("camera-1", replace(copied, path=damaged), copied.end_utc)
    assert frame is not None
    assert copied.start_utc < frame.utc < copied.end_utc


@pytest.mark.parametrize("cut", [0, 100, 188 * 3, 188 * 20])
def test_a_file_that_was_cut_off_gives_what_it_has_or_says_so(copied: Segment, tmp_path: Path, cut: int) -> None:
    path = tmp_path / copied.path.name
    path.write_bytes(copied.path.read_bytes()[:cut])
    try:
        frames = list(read_frames("camera-1", replace(copied, path=path)))
    except SourceError as exc:
        assert path.name in str(exc)
    else:
        assert frames
        assert [number_of(f.image) for f in frames] == [number_at(copied.start_utc, f.utc) for f in frames]


def test_noise_is_no_picture_and_no_foreign_error(copied: Segment, tmp_path: Path) -> None:
    path = tmp_path / copied.path.name
    path.write_bytes(bytes(range(256)) * 500)
    with pytest.raises(SourceError, match="seg_2026"):
        list(read_frames("camera-1", replace(copied, path=path)))


def test_a_frame_shows_itself_in_a_notebook(copied: Segment) -> None:
    frame = next(read_frames("camera-1", copied))
    shown = cv2.imdecode(np.frombuffer(frame._repr_jpeg_(), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape == frame.image.shape
