from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.clock import Window
from livemon.base.datatypes import Archive, Segment
from livemon.base.errors import ArchiveError
from livemon.stream.files.archive import assemble
from livemon.stream.files.frames import read_frames
from livemon.stream.files.split import expand, pieces
from livemon.stream.segments import list_segments
from tests.conftest import MORNING
from tests.recording import number_at, number_of, probe, record

START = MORNING + timedelta(seconds=3.24)
"""Not on any grid: copied footage begins when the camera's keyframe comes."""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> list[Segment]:
    return record(tmp_path_factory.mktemp("recording"), START, 26)


def archive_of(segments: Sequence[Segment], folder: Path) -> Archive:
    return assemble("camera-1", Window(MORNING), segments, folder)[0]


def test_pieces_are_cut_at_keyframes_and_lose_no_picture(recording: list[Segment], tmp_path: Path) -> None:
    archive = archive_of(recording, tmp_path)
    told = pieces(archive, tmp_path / "pieces")
    assert [(p.start_utc - START).total_seconds() for p in told] == [0, 10, 20]
    assert [p.duration_s for p in told] == [10, 10, 6]
    expand(archive, tmp_path / "pieces")
    assert list_segments(tmp_path / "pieces") == list(told)
    frames = [frame for piece in told for frame in read_frames("camera-1", piece)]
    assert [frame.utc for frame in frames] == [START + timedelta(milliseconds=40 * n) for n in range(26 * 25)]
    assert all(number_of(frame.image) == number_at(START, frame.utc) for frame in frames)


def test_the_sound_is_kept_and_timestamps_go_on_through_the_pieces(recording: list[Segment], tmp_path: Path) -> None:
    archive = archive_of(recording, tmp_path)
    expand(archive, tmp_path / "pieces")
    ends, sounds = [], 0
    for piece in pieces(archive, tmp_path / "pieces"):
        streams = probe(piece.path, "-show_entries", "stream=codec_type,start_time")["streams"]
        starts = {stream["codec_type"]: float(stream["start_time"]) for stream in streams}
        sounds += "audio" in starts
        if ends:
            assert starts["video"] == pytest.approx(ends[-1], abs=0.001)
        ends.append(starts["video"] + piece.duration_s)
    assert sounds == 3


def test_no_piece_reaches_into_a_gap(recording: list[Segment], tmp_path: Path) -> None:
    # 4 s, then 6 s missing, then 8 s, then 4 s missing, and the rest.
    archive = archive_of([*recording[:2], *recording[5:9], *recording[11:]], tmp_path)
    told = pieces(archive, tmp_path / "pieces")
    assert [((p.start_utc - START).total_seconds(), p.duration_s) for p in told] == [(0, 4), (10, 8), (22, 4)]
    expand(archive, tmp_path / "pieces")
    for piece in told:
        frames = list(read_frames("camera-1", piece))
        assert len(frames) == piece.duration_s * 25
        assert all(number_of(frame.image) == number_at(START, frame.utc) for frame in frames)


def test_taking_apart_twice_is_harmless(recording: list[Segment], tmp_path: Path) -> None:
    archive = archive_of(recording, tmp_path)
    expand(archive, tmp_path / "pieces")
    expand(archive, tmp_path / "pieces")
    assert len(list_segments(tmp_path / "pieces")) == 3
    assert {path.name for path in tmp_path.iterdir()} == {archive.path.name, "pieces"}, "nothing temporary is left"


def test_a_damaged_archive_is_an_error_that_names_it(recording: list[Segment], tmp_path: Path) -> None:
    archive = archive_of(recording, tmp_path)
    archive.path.write_bytes(archive.path.read_bytes()[:500])
    with pytest.raises(ArchiveError, match="segment_20261123_080000"):
        pieces(archive, tmp_path / "pieces")
    with pytest.raises(ArchiveError, match="gone"):
        expand(replace(archive, path=tmp_path / "gone.mp4"), tmp_path / "pieces")
    assert not (tmp_path / "pieces").exists()
