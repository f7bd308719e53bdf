import json
import subprocess
from datetime import timedelta
from pathlib import Path

import ffmpeg as ffmpeg_python
import pytest

from livemon.clock import Window
from livemon.datatypes import Segment, StreamProfile
from livemon.errors import ArchiveError
from livemon.stream import archive, ffmpeg
from livemon.stream.segments import segment_name
from tests.conftest import MORNING

# Full length and frame rate, small picture: the frame count is what matters.
PROFILE = StreamProfile(width=64, height=48)
WINDOW = Window(MORNING)


@pytest.fixture(scope="module")
def whole_window(tmp_path_factory: pytest.TempPathFactory) -> list[Segment]:
    """Sixty real segments of ten seconds, made by the live command as fast as it can."""
    folder = tmp_path_factory.mktemp("segments")
    source = ffmpeg_python.input("testsrc=size=64x48:rate=5:duration=600", format="lavfi")
    done = subprocess.run(ffmpeg.live_command(source, folder, PROFILE, 0), capture_output=True, text=True, check=True)
    segments = []
    for line in done.stdout.splitlines():
        name, start, end = line.split(",")
        start_utc = MORNING + timedelta(seconds=float(start))
        path = folder / segment_name(start_utc, float(end) - float(start), float(end) - float(start))
        (folder / name).rename(path)
        segments.append(Segment(start_utc, float(end) - float(start), path, float(end) - float(start)))
    return segments


def packets(path: Path) -> list[dict[str, str]]:
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_packets", "-of", "json", str(path)]
    return list(json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["packets"])


def test_segments_have_exactly_fifty_frames_and_open_with_a_keyframe(whole_window: list[Segment]) -> None:
    assert len(whole_window) == 60
    for segment in (whole_window[0], whole_window[31], whole_window[59]):
        found = packets(segment.path)
        assert len(found) == 50
        assert [i for i, p in enumerate(found) if "K" in p["flags"]] == [0, 10, 20, 30, 40]


def test_a_whole_window_has_exactly_3000_frames(whole_window: list[Segment], tmp_path: Path) -> None:
    made = archive.assemble("camera-1", WINDOW, whole_window, tmp_path)
    assert made.path.name == "segment_20261123_080000.mp4"
    assert (made.frames, made.coverage_s, made.gaps) == (3000, 600.0, ())
    found = packets(made.path)
    assert len(found) == 3000
    assert float(found[-1]["pts_time"]) == pytest.approx(599.8, abs=0.001)
    assert made.bytes == made.path.stat().st_size
    head = made.path.read_bytes()[:4096]
    assert b"moov" in head, "faststart: the index stands before the pictures"


def test_a_gap_keeps_its_time_and_is_recorded(whole_window: list[Segment], tmp_path: Path) -> None:
    made = archive.assemble("camera-1", WINDOW, [*whole_window[2:5], *whole_window[9:12]], tmp_path)
    assert made.frames == 300
    assert made.coverage_s == 60.0
    assert [(g.start_utc - MORNING).total_seconds() for g in made.gaps] == [0, 50, 120]
    assert [g.duration_s for g in made.gaps] == [20, 40, 480]
    # The first frame after the gap stands where the wall clock puts it: start + 70 s.
    assert float(packets(made.path)[150]["pts_time"]) == pytest.approx(70.0, abs=0.001)


def test_segments_of_other_windows_are_left_out(whole_window: list[Segment], tmp_path: Path) -> None:
    stranger = Segment(WINDOW.end_utc, 10.0, whole_window[0].path, 10.0)
    assert archive.assemble("camera-1", WINDOW, [*whole_window[:2], stranger], tmp_path).frames == 100


def test_a_failure_leaves_no_file_with_the_final_name(whole_window: list[Segment], tmp_path: Path) -> None:
    broken = tmp_path / whole_window[0].path.name
    broken.write_bytes(b"not a segment")
    with pytest.raises(ArchiveError, match="no readable footage of 2026-11-23 08:00"):
        archive.assemble("camera-1", WINDOW, [Segment(MORNING, 10.0, broken, 10.0)], tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == [], "and the segment is still where it was"
    assert broken.exists()


def test_an_unreadable_segment_is_a_gap_and_does_not_lose_the_rest(whole_window: list[Segment], tmp_path: Path) -> None:
    empty = tmp_path / whole_window[1].path.name
    empty.touch()
    made = archive.assemble(
        "camera-1", WINDOW, [whole_window[0], Segment(whole_window[1].start_utc, 10.0, empty, 10.0)], tmp_path
    )
    assert (made.frames, made.coverage_s) == (50, 10.0)


def test_a_folder_with_a_quote_in_its_name_works(whole_window: list[Segment], tmp_path: Path) -> None:
    odd = tmp_path / "Mum's camera"
    odd.mkdir()
    path = odd / whole_window[0].path.name
    path.write_bytes(whole_window[0].path.read_bytes())
    assert archive.assemble("camera-1", WINDOW, [Segment(MORNING, 10.0, path, 10.0)], odd).frames == 50


def at(start_s: float, duration_s: float = 10.0) -> Segment:
    return Segment(MORNING + timedelta(seconds=start_s), duration_s, Path("unused.ts"), duration_s)


def test_a_window_is_due_when_footage_reaches_its_end_or_it_has_settled() -> None:
    whole, cut = [at(590)], [at(100)]
    end = WINDOW.end_utc
    assert archive.due_windows(whole, end, done=()) == [WINDOW]
    assert archive.due_windows(cut, end, done=()) == []
    assert archive.due_windows(cut, end + timedelta(seconds=archive.SETTLE_S), done=()) == [WINDOW]
    assert archive.due_windows(whole, end, done={WINDOW}) == []


def test_windows_that_closed_while_nothing_ran_are_due_oldest_first() -> None:
    later = MORNING + timedelta(hours=5)
    due = archive.due_windows([at(1300), at(10)], later, done=())
    assert [w.start_utc for w in due] == [MORNING, MORNING + timedelta(minutes=20)]
