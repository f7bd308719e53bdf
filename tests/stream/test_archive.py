import json
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import ffmpeg as ffmpeg_python
import pytest

from livemon.base.clock import Window
from livemon.base.datatypes import Archive, Gap, Segment
from livemon.base.errors import ArchiveError
from livemon.base.stream_types import StreamProfile
from livemon.stream.files import archive
from livemon.stream.files.archive_check import picture_times_s, read_archive, without_pictures
from livemon.stream.segments import segment_name
from tests.conftest import MORNING, transcode_command
from tests.recorded import record

# Full length and frame rate, small picture: the frame count is what matters.
PROFILE = StreamProfile(width=64, height=48)
WINDOW = Window(MORNING)


@pytest.fixture(scope="module")
def whole_window(tmp_path_factory: pytest.TempPathFactory) -> list[Segment]:
    """Sixty real segments of ten seconds, made by the live command as fast as it can."""
    folder = tmp_path_factory.mktemp("segments")
    source = ffmpeg_python.input("testsrc=size=64x48:rate=5:duration=600", format="lavfi")
    done = subprocess.run(transcode_command(source, folder, PROFILE), capture_output=True, text=True, check=True)
    segments = []
    for line in done.stdout.splitlines():
        name, start, end = line.split(",")
        start_utc = MORNING + timedelta(seconds=float(start))
        path = folder / segment_name(start_utc, float(end) - float(start), float(end) - float(start))
        (folder / name).rename(path)
        segments.append(Segment(start_utc, float(end) - float(start), path, float(end) - float(start)))
    return segments


def packets(path: Path, stream: str = "v") -> list[dict[str, str]]:
    command = ["ffprobe", "-v", "error", "-select_streams", stream, "-show_packets", "-of", "json", str(path)]
    return list(json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["packets"])


def test_segments_have_exactly_fifty_frames_and_open_with_a_keyframe(whole_window: list[Segment]) -> None:
    assert len(whole_window) == 60
    for segment in (whole_window[0], whole_window[31], whole_window[59]):
        found = packets(segment.path)
        assert len(found) == 50
        assert [i for i, p in enumerate(found) if "K" in p["flags"]] == [0, 10, 20, 30, 40]


def test_a_whole_window_has_exactly_3000_frames(whole_window: list[Segment], tmp_path: Path) -> None:
    (made,) = archive.assemble("camera-1", WINDOW, whole_window, tmp_path)
    assert made.path.name == "segment_20261123_080000.mp4"
    assert (made.frames, made.coverage_s, made.gaps) == (3000, 600.0, ())
    found = packets(made.path)
    assert len(found) == 3000
    assert float(found[-1]["pts_time"]) == pytest.approx(599.8, abs=0.001)
    assert made.bytes == made.path.stat().st_size
    head = made.path.read_bytes()[:4096]
    assert b"moov" in head, "faststart: the index stands before the pictures"


def test_a_gap_keeps_its_time_and_is_recorded(whole_window: list[Segment], tmp_path: Path) -> None:
    (made,) = archive.assemble("camera-1", WINDOW, [*whole_window[2:5], *whole_window[9:12]], tmp_path)
    assert made.frames == 300
    assert made.coverage_s == 60.0
    assert [(g.start_utc - MORNING).total_seconds() for g in made.gaps] == [0, 50, 120]
    assert [g.duration_s for g in made.gaps] == [20, 40, 480]
    # The first frame after the gap stands where the wall clock puts it: start + 70 s.
    assert float(packets(made.path)[150]["pts_time"]) == pytest.approx(70.0, abs=0.001)


def test_segments_of_other_windows_are_left_out(whole_window: list[Segment], tmp_path: Path) -> None:
    stranger = Segment(WINDOW.end_utc, 10.0, whole_window[0].path, 10.0)
    assert archive.assemble("camera-1", WINDOW, [*whole_window[:2], stranger], tmp_path)[0].frames == 100


def test_a_failure_leaves_no_file_with_the_final_name(whole_window: list[Segment], tmp_path: Path) -> None:
    broken = tmp_path / whole_window[0].path.name
    broken.write_bytes(b"not a segment")
    with pytest.raises(ArchiveError, match="no readable footage of 2026-11-23 08:00"):
        archive.assemble("camera-1", WINDOW, [Segment(MORNING, 10.0, broken, 10.0)], tmp_path / "out")
    assert list(tmp_path.glob("out/*")) == [], "and the segment is still where it was"
    assert broken.exists()


def test_an_unreadable_segment_is_a_gap_and_does_not_lose_the_rest(whole_window: list[Segment], tmp_path: Path) -> None:
    empty = tmp_path / whole_window[1].path.name
    empty.touch()
    (made,) = archive.assemble(
        "camera-1", WINDOW, [whole_window[0], Segment(whole_window[1].start_utc, 10.0, empty, 10.0)], tmp_path
    )
    assert (made.frames, made.coverage_s) == (50, 10.0)


def test_a_folder_with_a_quote_in_its_name_works(whole_window: list[Segment], tmp_path: Path) -> None:
    odd = tmp_path / "Mum's camera"
    odd.mkdir()
    path = odd / whole_window[0].path.name
    path.write_bytes(whole_window[0].path.read_bytes())
    assert archive.assemble("camera-1", WINDOW, [Segment(MORNING, 10.0, path, 10.0)], odd)[0].frames == 50


def test_a_camera_whose_clock_runs_fast_stays_on_the_wall_clock(tmp_path: Path) -> None:
    """Ten minutes of a camera one per cent fast, with B-frames and sound: every picture within 50 ms of the truth."""
    recorded = record(
        tmp_path / "hls", MORNING, segments=60, segment_s=10, rate=10, sound=True, b_frames=2, clock_rate=1.01
    )
    (made,) = archive.assemble("camera-1", WINDOW, recorded, tmp_path)
    times = sorted(float(p["pts_time"]) for p in packets(made.path))
    assert len(times) == made.frames == 6000
    assert times[0] == 0
    assert max(abs(t - n / 10 / 1.01) for n, t in enumerate(times)) < 0.005
    assert [round(g.duration_s, 2) for g in made.gaps] == [5.94], "the camera's 600 s are 594.06 s on the wall"
    sound = [float(p["pts_time"]) for p in packets(made.path, "a")]
    assert max(abs(t - n * 1024 / 16000 / 1.01) for n, t in enumerate(sound)) < 0.15
    assert len(picture_times_s(made.path)) == 6000


def test_sound_is_kept_where_there_is_some(tmp_path: Path) -> None:
    with_sound = record(tmp_path / "a", MORNING, sound=True)
    (made,) = archive.assemble("camera-1", WINDOW, with_sound, tmp_path)
    assert packets(made.path, "a")


def test_another_picture_size_begins_another_file_and_nothing_is_lost(tmp_path: Path) -> None:
    small = record(tmp_path / "a", MORNING + timedelta(seconds=100))
    large = record(tmp_path / "b", MORNING + timedelta(seconds=104), size="128x96")
    again = record(tmp_path / "c", MORNING + timedelta(seconds=110))
    made = archive.assemble("camera-1", WINDOW, [*small, *large, *again], tmp_path)
    assert [m.path.name for m in made] == [
        "segment_20261123_080000.mp4",
        "segment_20261123_080000_2.mp4",
        "segment_20261123_080000_3.mp4",
    ]
    assert [len(picture_times_s(m.path)) for m in made] == [20, 20, 20]
    assert [(m.start_utc - MORNING).total_seconds() for m in made] == [100, 104, 110]
    assert [m.coverage_s for m in made] == [4, 4, 4]
    assert {m.gaps for m in made} == {made[0].gaps}
    assert [g.duration_s for g in made[0].gaps] == [100, 2, 486], "the gaps are the window's"


def test_footage_that_overlaps_goes_into_a_part_of_its_own(tmp_path: Path) -> None:
    first = record(tmp_path / "a", MORNING + timedelta(seconds=10))
    set_back = record(tmp_path / "b", MORNING + timedelta(seconds=11, milliseconds=700))
    made = archive.assemble("camera-1", WINDOW, [*first, *set_back], tmp_path)
    assert [m.frames for m in made] == [20, 20]
    assert sum(m.coverage_s for m in made) == pytest.approx(5.7)


def test_what_reaches_over_a_window_counts_and_is_cut_at_its_end(tmp_path: Path) -> None:
    own = record(tmp_path / "a", MORNING + timedelta(seconds=3))
    before = Segment(MORNING - timedelta(seconds=7), 10.0, tmp_path / "deleted.ts", 10.0)
    (made,) = archive.assemble("camera-1", WINDOW, [before, *own], tmp_path)
    assert made.coverage_s == 7
    assert [(g.start_utc - MORNING).total_seconds() for g in made.gaps] == [7]
    last = at(595, 10)
    assert archive.find_gaps(WINDOW, [at(0, 595), last]) == ()
    assert archive.covered_s(WINDOW, [last]) == 5


def test_timestamps_that_jump_do_not_lead_out_of_their_segment(tmp_path: Path) -> None:
    jumping = tmp_path / "jump.ts"
    pieces = []
    for name, offset in (("x", "0"), ("y", "5000")):
        source = record(tmp_path / name, MORNING, segments=1)[0].path
        moved = tmp_path / f"{name}.ts"
        command = [
            "ffmpeg",
            "-v",
            "error",
            "-y",
            "-i",
            str(source),
            "-c",
            "copy",
            "-output_ts_offset",
            offset,
            str(moved),
        ]
        subprocess.run(command, check=True)
        pieces.append(moved.read_bytes())
    jumping.write_bytes(b"".join(pieces))
    after = record(tmp_path / "z", MORNING + timedelta(seconds=2), segments=1)
    (made,) = archive.assemble("camera-1", WINDOW, [Segment(MORNING, 2.0, jumping, 2.0), *after], tmp_path)
    times = [float(p["pts_time"]) for p in packets(made.path)]
    assert len(times) == 15
    assert times[10] == pytest.approx(2.0, abs=0.01), "what follows stands where the wall clock puts it"


def test_sound_whose_times_stand_still_does_not_lose_the_window(tmp_path: Path) -> None:
    # Of this second only a fifth is footage: the rest of its sound has no time of its own.
    jumped, after = record(tmp_path / "hls", MORNING, segments=2, sound=True)
    jumped = replace(jumped, duration_s=0.2, media_duration_s=0.2)
    made = archive.assemble("camera-1", WINDOW, [jumped, after], tmp_path / "out")
    assert sum(part.frames for part in made) == 10


def test_an_archive_says_itself_which_footage_it_is(tmp_path: Path) -> None:
    recorded = record(tmp_path / "a", MORNING + timedelta(seconds=33))
    (made,) = archive.assemble("camera-1", WINDOW, [recorded[0], recorded[3]], tmp_path)
    assert read_archive(made.path) == made


def test_a_damaged_archive_and_a_strangers_file_are_told(tmp_path: Path, video: Path) -> None:
    (made,) = archive.assemble("camera-1", WINDOW, record(tmp_path / "a", MORNING), tmp_path)
    whole = made.path.read_bytes()
    made.path.write_bytes(whole[:-100])
    with pytest.raises(ArchiveError, match="not as long as it says"):
        read_archive(made.path)
    made.path.write_bytes(video.read_bytes())
    with pytest.raises(ArchiveError, match="not written by livemon"):
        read_archive(made.path)
    holiday = tmp_path / "holiday.mp4"
    holiday.write_bytes(whole)
    with pytest.raises(ArchiveError, match="not named like an archive"):
        read_archive(holiday)


def at(start_s: float, duration_s: float = 10.0) -> Segment:
    return Segment(MORNING + timedelta(seconds=start_s), duration_s, Path(f"{start_s}.ts"), duration_s)


def test_footage_that_is_told_and_has_no_picture_is_found() -> None:
    start_utc = MORNING
    gap = Gap(MORNING + timedelta(seconds=10), MORNING + timedelta(seconds=30))
    times_s = [n / 5 for n in range(50)] + [30 + n / 5 for n in range(50)]
    end_utc = MORNING + timedelta(seconds=40)
    made = Archive("a", MORNING, start_utc, end_utc, Path("a.mp4"), 100, 1, "", 20.0, (gap,))
    assert without_pictures(made, times_s) == []
    untold = replace(made, gaps=())
    assert without_pictures(untold, times_s) == [gap]
    assert [empty.end_utc for empty in without_pictures(made, times_s[:70])] == [end_utc]
