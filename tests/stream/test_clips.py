import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import av
import pytest

from livemon.base.datatypes import Image, Segment
from livemon.base.errors import SourceError
from livemon.stream.files.clips import _parameter_sets, _video_kind, clip_name, write_clip
from livemon.stream.segments import segment_name
from tests.conftest import MORNING
from tests.recording import number_at, number_of, probe, record


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> list[Segment]:
    return record(tmp_path_factory.mktemp("recording"), MORNING, 8)


def at(second: float) -> datetime:
    return MORNING + timedelta(seconds=second)


def shown(path: Path) -> Iterator[tuple[float, Image]]:
    """What a player shows: pictures with their times, the edit list obeyed."""
    with av.open(str(path)) as clip:
        for frame in clip.decode(video=0):
            if frame.pts >= 0:
                yield frame.time, frame.to_ndarray(format="bgr24")


def test_a_clip_plays_from_the_moment_asked_for(recording: list[Segment], tmp_path: Path) -> None:
    # In the middle of a GOP, over three segments, to the middle of another.
    clip = write_clip(recording, at(1.4), at(5.6), tmp_path / "clip.mp4")
    pictures = list(shown(clip.path))
    assert [round(time_s * 25) for time_s, _ in pictures[:105]] == list(range(105))
    assert all(number_of(image) == number_at(MORNING, at(1.4 + time_s)) for time_s, image in pictures)
    assert 105 <= len(pictures) <= 107, "pictures that others need may come after the end"
    facts = probe(clip.path, "-show_entries", "stream=codec_type,start_time,duration")["streams"]
    for stream in facts:
        assert float(stream["start_time"]) == pytest.approx(0, abs=0.03)
        assert float(stream["duration"]) == pytest.approx(4.2, abs=0.2)
    assert [stream["codec_type"] for stream in facts] == ["video", "audio"]
    assert clip.bytes == clip.path.stat().st_size
    assert b"moov" in clip.path.read_bytes()[:2000], "the index stands in front"


def test_whole_groups_are_cut_out_exactly(recording: list[Segment], tmp_path: Path) -> None:
    clip = write_clip(recording[1:], at(2), at(5), tmp_path / "clip.mp4")
    assert [round(time_s * 25) for time_s, _ in shown(clip.path)] == list(range(75))


def test_ffmpeg_decodes_a_clip_without_a_complaint(recording: list[Segment], tmp_path: Path) -> None:

    clip = write_clip(recording[1:], at(2.0), at(7.0), tmp_path / "clip.mp4")
    done = subprocess.run(
        ["ffmpeg", "-v", "warning", "-i", str(clip.path), "-f", "null", "-"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_in_a_gap_the_last_picture_stands_still(recording: list[Segment], tmp_path: Path) -> None:
    clip = write_clip([recording[0], recording[3]], at(0), at(8), tmp_path / "clip.mp4")
    pictures = list(shown(clip.path))
    assert len(pictures) == 100
    assert [time_s for time_s, _ in pictures[49:51]] == pytest.approx([1.96, 6.0], abs=0.001)
    assert number_of(pictures[50][1]) == number_at(MORNING, at(6))


def test_a_fast_cameras_clip_runs_by_the_wall_clock(recording: list[Segment], tmp_path: Path) -> None:
    fast = [Segment(at(n * 1.98), 1.98, segment.path, segment.media_duration_s) for n, segment in enumerate(recording)]
    clip = write_clip(fast, at(0), at(7.92), tmp_path / "clip.mp4")
    times_s = [time_s for time_s, _ in shown(clip.path)]
    assert len(times_s) == 200
    assert times_s[150] == pytest.approx(3 * 1.98, abs=0.001)


def test_another_size_is_refused_with_the_moment(recording: list[Segment], tmp_path: Path) -> None:
    larger = record(tmp_path / "larger", at(8), 2, size="96x64")
    with pytest.raises(SourceError, match=r"from 64x48 to 96x64 at 2026-11-23T08:00:08\.000Z"):
        write_clip([*recording, *larger], at(0), at(10), tmp_path / "clips" / "clip.mp4")
    assert list((tmp_path / "clips").iterdir()) == [], "nothing half-made is left"


def test_footage_that_begins_to_be_silent_or_loud_stays_one_clip(recording: list[Segment], tmp_path: Path) -> None:
    silent = record(tmp_path / "silent", at(8), 2, sound=False)
    clip = write_clip([recording[3], *silent], at(6), at(10), tmp_path / "clip.mp4")
    streams = probe(clip.path, "-show_entries", "stream=codec_type,nb_frames")["streams"]
    assert int(streams[0]["nb_frames"]) == 100
    assert streams[1]["codec_type"] == "audio"
    late = write_clip([*silent], at(8), at(10), tmp_path / "late.mp4")
    assert len(probe(late.path, "-show_entries", "stream=codec_type")["streams"]) == 1


def test_an_unreadable_segment_is_a_gap(recording: list[Segment], tmp_path: Path) -> None:
    empty = tmp_path / segment_name(at(2), 2, 2)
    empty.touch()
    clip = write_clip([recording[0], Segment(at(2), 2, empty, 2), recording[2]], at(0), at(6), tmp_path / "clip.mp4")
    assert len(list(shown(clip.path))) == 100
    with pytest.raises(SourceError, match="no picture"):
        write_clip([Segment(at(2), 2, empty, 2)], at(2), at(4), tmp_path / "none.mp4")
    assert not (tmp_path / "none.mp4").exists()


def test_a_clip_is_named_by_its_times() -> None:
    assert clip_name(at(0.25), at(61)) == "clip_20261123T080000.250Z_20261123T080101.000Z.mp4"


def test_a_clip_leaves_the_room_that_recording_needs(recording: list[Segment], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no room"):
        write_clip(recording, at(0), at(8), tmp_path / "clip.mp4", keep_free_bytes=10**18)
    assert list(tmp_path.glob("clip*")) == []


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_a_stream_and_an_archive_of_it_are_of_one_kind(codec: str, tmp_path: Path) -> None:
    kinds = []
    for name in ("stream.ts", "archive.mp4"):
        command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=d=1:s=64x48", "-c:v", codec]
        subprocess.run([*command, str(tmp_path / name)], check=True, capture_output=True)
        with av.open(str(tmp_path / name)) as file:
            kind = _video_kind(file.streams.video[0])
            kinds.append((*kind[:3], kind[3] - {b""}))
    assert kinds[0] == kinds[1]
    assert len(kinds[0][3]) >= 2


@pytest.mark.parametrize("length", range(40))
def test_a_damaged_header_of_a_track_raises_nothing(length: int) -> None:
    for codec in ("h264", "hevc"):
        assert isinstance(_parameter_sets(codec, b"\x01" + b"\xff" * length), list)
