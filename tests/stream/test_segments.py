from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.datatypes import Segment
from livemon.stream.segments import delete_segments, follows, list_segments, parse_segment, segment_name
from tests.conftest import MORNING


def put(folder: Path, start_s: float, duration_s: float = 10.0) -> Path:
    path = folder / segment_name(MORNING + timedelta(seconds=start_s), duration_s, duration_s)
    path.write_bytes(b"x")
    return path


def test_a_name_carries_start_and_duration(tmp_path: Path) -> None:
    path = put(tmp_path, 3.4, 6.6)
    assert path.name == "seg_20261123T080003.400Z_6600ms.ts"
    assert parse_segment(path) == Segment(MORNING + timedelta(seconds=3.4), 6.6, path, 6.6)


@pytest.mark.parametrize("name", ["index.m3u8", "000001.ts", "seg_20261123T080003.400Z_6600ms.ts.part", "seg_x.ts"])
def test_other_files_are_not_segments(name: str) -> None:
    assert parse_segment(Path(name)) is None


def test_segments_are_listed_in_time_order(tmp_path: Path) -> None:
    later, earlier = put(tmp_path, 10), put(tmp_path, 0)
    (tmp_path / "index.m3u8").write_text("")
    assert [s.path for s in list_segments(tmp_path)] == [earlier, later]
    assert list_segments(tmp_path / "missing") == []


def test_deleting_removes_only_what_was_named(tmp_path: Path) -> None:
    put(tmp_path, 0)
    put(tmp_path, 10)
    old, kept = list_segments(tmp_path)
    delete_segments([old, old])
    assert list_segments(tmp_path) == [kept]


def test_a_missing_frame_breaks_continuity(tmp_path: Path) -> None:
    first = Segment(MORNING, 10.0, tmp_path, 10.0)
    assert follows(Segment(first.end_utc, 10.0, tmp_path, 10.0), first)
    assert not follows(Segment(first.end_utc + timedelta(seconds=0.2), 10.0, tmp_path, 10.0), first)
