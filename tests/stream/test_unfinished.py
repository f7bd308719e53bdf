"""What a killed ffmpeg leaves: its whole pictures are kept, each once, with the right times."""

import itertools
import os
import signal
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import av
import pytest

from livemon.base.clock import SystemClock
from livemon.base.datatypes import Segment
from livemon.base.stream_types import StreamState
from livemon.stream.live.unfinished import find_unfinished, newest_picture_s, read_pictures
from livemon.stream.segments import list_segments, segment_name
from tests.conftest import FAST, MORNING
from tests.network_cameras import RtspCamera
from tests.stream.streaming import Streaming, signal_ffmpeg, streaming

LONG = replace(FAST, segment_s=10)


def cut_up(folder: Path, *, b_frames: int = 0) -> Path:
    """Ten pictures a second for ten seconds, in files of four; the last one holds two seconds."""
    incoming = folder / "incoming"
    incoming.mkdir(parents=True)
    picture = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=10", "-pix_fmt", "yuv420p"]
    coded = ["-c:v", "libx264", "-g", "20", "-bf", str(b_frames), "-f", "segment", "-segment_time", "4"]
    subprocess.run(["ffmpeg", "-v", "error", *picture, *coded, str(incoming / "%06d.ts")], check=True)
    return incoming


def listed(folder: Path, path: Path) -> Segment:
    target = folder / segment_name(MORNING, 4.0, 4.0)
    path.rename(target)
    return Segment(MORNING, 4.0, target, 4.0)


def pictures_in(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.parametrize("b_frames", [0, 2])
def test_files_that_continue_the_newest_segment_begin_at_its_end(tmp_path: Path, b_frames: int) -> None:
    incoming = cut_up(tmp_path, b_frames=b_frames)
    listed(tmp_path, incoming / "000000.ts")
    whole, cut = find_unfinished(tmp_path, incoming, SystemClock().now())
    assert whole.placed.start_utc == MORNING + timedelta(seconds=4)
    assert whole.placed.duration_s == pytest.approx(4.0, abs=0.002)
    assert abs(cut.placed.start_utc - MORNING - timedelta(seconds=8)) < timedelta(milliseconds=2)
    assert cut.placed.duration_s == pytest.approx(1.9, abs=0.1 if b_frames else 0.002)
    assert (pictures_in(whole.path), pictures_in(cut.path)) == (40, 19)


@pytest.mark.parametrize("lost_bytes", [1, 100, 188, 500])
def test_a_picture_that_is_there_in_part_is_left_out(tmp_path: Path, lost_bytes: int) -> None:
    incoming = cut_up(tmp_path)
    listed(tmp_path, incoming / "000000.ts")
    (incoming / "000002.ts").unlink()
    path = incoming / "000001.ts"
    os.truncate(path, path.stat().st_size - lost_bytes)
    (found,) = find_unfinished(tmp_path, incoming, SystemClock().now())
    count = pictures_in(found.path)
    assert count in (38, 39)
    assert found.placed.duration_s == pytest.approx(count / 10, abs=0.002)


def test_a_run_that_listed_nothing_ended_when_it_was_written_last(tmp_path: Path) -> None:
    incoming = cut_up(tmp_path)
    listed(tmp_path, incoming / "000001.ts")  # of an earlier run: 000000.ts never continues
    (incoming / "000002.ts").unlink()
    written_utc = MORNING + timedelta(minutes=3)
    os.utime(incoming / "000000.ts", (written_utc.timestamp(), written_utc.timestamp()))
    (found,) = find_unfinished(tmp_path, incoming, SystemClock().now())
    assert found.placed.start_utc == written_utc - timedelta(seconds=3.9)
    assert found.written_utc == written_utc


def test_nothing_is_placed_before_the_footage_that_exists(tmp_path: Path) -> None:
    incoming = cut_up(tmp_path)
    newest = listed(tmp_path, incoming / "000001.ts")
    (incoming / "000002.ts").unlink()
    written_utc = newest.end_utc + timedelta(seconds=1)
    os.utime(incoming / "000000.ts", (written_utc.timestamp(), written_utc.timestamp()))
    (found,) = find_unfinished(tmp_path, incoming, SystemClock().now())
    assert found.placed.start_utc == newest.end_utc


def test_what_holds_no_whole_picture_is_no_footage(tmp_path: Path) -> None:
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    (incoming / "000000.ts").write_bytes(b"")
    (incoming / "000001.ts").write_bytes(b"no video" * 1000)
    assert find_unfinished(tmp_path, incoming, SystemClock().now()) == []
    assert find_unfinished(tmp_path, tmp_path / "none", SystemClock().now()) == []


def test_how_far_the_newest_picture_is_ahead_of_a_file(tmp_path: Path) -> None:
    incoming = cut_up(tmp_path)
    assert newest_picture_s(incoming, "000000.ts") == pytest.approx(6.0, abs=0.01)
    assert newest_picture_s(incoming, "000002.ts") == 0.0


def held(stream: Streaming, folder: Path, seconds: float) -> bool:
    """Whether the file that is being written holds so much."""
    paths = sorted((folder / "incoming").glob("*.ts"))
    pictures = read_pictures(paths[-1]) if paths else None
    return pictures is not None and pictures.duration_s >= seconds


async def test_what_a_killed_ffmpeg_left_is_the_next_segment(tmp_path: Path) -> None:
    camera = RtspCamera().on(gop=10)
    try:
        async with streaming(camera.url, tmp_path / "hls", profile=LONG) as stream:
            await stream.until(lambda: held(stream, tmp_path / "hls", 2.0))
            await signal_ffmpeg(signal.SIGKILL)
            await stream.until(lambda: len(stream.segments) == 1)
            await stream.until(lambda: held(stream, tmp_path / "hls", 1.0))
    finally:
        camera.off()
    assert stream.segments[0].duration_s > 1.5
    assert pictures_in(stream.segments[0].path) == pytest.approx(stream.segments[0].duration_s * 25, abs=2)
    for before, after in itertools.pairwise(list_segments(tmp_path / "hls")):
        assert after.start_utc >= before.end_utc


async def test_what_a_killed_process_left_is_kept_and_not_offered_as_live(video_folder: Path, tmp_path: Path) -> None:
    incoming = cut_up(tmp_path / "hls")
    newest = listed(tmp_path / "hls", incoming / "000000.ts")
    told: list[Segment] = []
    async with streaming(video_folder, tmp_path / "hls") as stream:
        stream.generator._on_segment = told.append  # before the playlist is there, which `Streaming` reads
        await stream.until(lambda: stream.generator.status.state is StreamState.LIVE)
    kept = [segment for segment in told if segment.start_utc < newest.end_utc + timedelta(minutes=1)]
    assert [segment.start_utc for segment in kept][:1] == [newest.end_utc]
    assert len(kept) == 2
    assert {segment.path.name for segment in told} <= {path.name for path in (tmp_path / "hls").glob("seg_*.ts")}
    text = stream.playlist_path.read_text()
    assert not any(segment.path.name in text for segment in kept)
