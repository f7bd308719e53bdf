import asyncio
import errno
import gc
import itertools
import signal
import weakref
from dataclasses import replace
from pathlib import Path

import pytest

from livemon.base.clock import SystemClock
from livemon.base.datatypes import Segment
from livemon.base.stream_types import StreamState
from livemon.stream.live.live_playlist import LivePlaylist
from livemon.stream.playlist import parse_playlist
from livemon.stream.process import LiveProcess
from tests.conftest import FAST, make_video
from tests.stream.streaming import own_ffmpegs, signal_ffmpeg, streaming
from tests.waiting import PATIENCE_S


async def test_segments_lie_on_the_wall_clock_grid_and_are_all_listed(video_folder: Path, tmp_path: Path) -> None:
    async with streaming(video_folder, tmp_path / "hls") as stream:
        await stream.until(lambda: len(stream.segments) >= 4)
        assert stream.generator.status.state is StreamState.LIVE
    full = stream.segments[1:4]
    assert [s.duration_s for s in full] == [1.0, 1.0, 1.0]
    assert all(s.start_utc.microsecond == 0 for s in full)
    assert all(after.start_utc == before.end_utc for before, after in itertools.pairwise(full))
    for playlist, segment in zip(stream.playlists, stream.segments, strict=True):
        assert playlist.entries[-1].uri == segment.path.name
        assert playlist.entries[-1].program_date_time == segment.start_utc
        assert segment.path.is_file()
    sequences = [p.media_sequence for p in stream.playlists]
    assert sequences == sorted(sequences)


async def test_a_folder_plays_as_fast_as_the_clock_and_no_faster(tmp_path: Path) -> None:
    make_video(tmp_path / "videos" / "a.mp4", duration_s=20, size="640x480")
    clock = SystemClock()
    ahead_s: list[float] = []
    profile = replace(FAST, width=640, height=480)
    async with streaming(tmp_path / "videos", tmp_path / "hls", profile=profile, clock=clock) as stream:
        while len(stream.segments) < 4:
            await stream.more(1)
            ahead_s.append((stream.segments[-1].end_utc - clock.now()).total_seconds())
    assert max(ahead_s) < 0.5, "a picture's time is when it is shown"


async def test_stopping_leaves_no_ffmpeg_and_nothing_half_written(video_folder: Path, tmp_path: Path) -> None:
    async with streaming(video_folder, tmp_path / "hls") as stream:
        await stream.until(lambda: len(stream.segments) >= 1)
        assert len(own_ffmpegs()) == 1
    assert own_ffmpegs() == []
    assert stream.generator.status.state is StreamState.STOPPED
    listed = {e.uri for e in parse_playlist(stream.playlist_path.read_text()).entries}
    assert listed <= {p.name for p in (tmp_path / "hls").glob("seg_*.ts")}


async def test_a_killed_ffmpeg_is_replaced_with_a_discontinuity(video_folder: Path, tmp_path: Path) -> None:
    async with streaming(video_folder, tmp_path / "hls") as stream:
        await stream.until(lambda: len(stream.segments) >= 2)
        before = len(stream.segments)
        await signal_ffmpeg(signal.SIGKILL)
        await stream.until(lambda: stream.generator.status.state is StreamState.RECONNECTING)
        await stream.until(lambda: len(stream.segments) >= before + 2)
        assert stream.generator.status.restarts == 1
    seams = [e for p in stream.playlists for e in p.entries if e.discontinuity]
    assert seams, "the first segment of the new ffmpeg says that timestamps do not continue"
    numbers = [p.next_sequence for p in stream.playlists]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_the_media_sequence_goes_on_after_a_restart_of_the_process(video_folder: Path, tmp_path: Path) -> None:
    async with streaming(video_folder, tmp_path / "hls") as first:
        await first.until(lambda: len(first.segments) >= 2)
    last = parse_playlist(first.playlist_path.read_text())
    async with streaming(video_folder, tmp_path / "hls") as second:
        # What was listed before the restart is not offered as live while the new stream starts.
        await second.until(lambda: bool(second.segments) or not second.playlist_path.exists())
        await second.until(lambda: len(second.segments) >= 1)
    assert second.playlists[0].next_sequence == last.next_sequence + 1
    assert second.playlists[0].entries[-1].discontinuity


async def test_a_missing_folder_fails_with_its_sentence_and_recovers(video: Path, tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    async with streaming(videos, tmp_path / "hls") as stream:
        await stream.until(lambda: stream.generator.status.state is StreamState.FAILED)
        assert "does not exist" in stream.generator.status.reason
        videos.mkdir()
        (videos / "a.mp4").write_bytes(video.read_bytes())
        await stream.until(lambda: len(stream.segments) >= 1)


async def test_a_source_that_gives_nothing_is_a_stall(
    video_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with streaming(video_folder, tmp_path / "hls") as stream:
        await stream.until(lambda: len(stream.segments) >= 1)
        await signal_ffmpeg(signal.SIGSTOP)
        await stream.until(lambda: stream.generator.status.state is StreamState.RECONNECTING)
        assert "gave nothing" in stream.generator.status.reason
        count = len(stream.segments)
        await stream.until(lambda: len(stream.segments) > count)


async def test_stopping_waits_for_an_ffmpeg_that_is_being_ended_already(
    video_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = asyncio.Event()
    end = LiveProcess.end

    async def slowly(self: LiveProcess) -> None:
        ending.set()
        await asyncio.sleep(0.2)
        await end(self)

    monkeypatch.setattr(LiveProcess, "end", slowly)
    async with streaming(video_folder, tmp_path / "hls") as stream:
        await stream.more(1)
        await signal_ffmpeg(signal.SIGSTOP)
        await asyncio.wait_for(ending.wait(), PATIENCE_S)
    assert own_ffmpegs() == []
    assert stream.generator.status.state is StreamState.STOPPED


async def test_a_segment_that_the_disk_does_not_let_us_list_is_told_all_the_same(
    video_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = LivePlaylist.add

    def refuse_once(self: LivePlaylist, segment: Segment) -> None:
        monkeypatch.setattr(LivePlaylist, "add", add)
        raise OSError(errno.ENOSPC, "No space left on device")

    async with streaming(video_folder, tmp_path / "hls") as stream:
        await stream.more(1)
        monkeypatch.setattr(LivePlaylist, "add", refuse_once)
        await stream.more(3)
    assert {path.name for path in (tmp_path / "hls").glob("seg_*.ts")} == {s.path.name for s in stream.segments}


async def test_a_disk_that_refuses_at_the_start_is_said_and_tried_again(video_folder: Path, tmp_path: Path) -> None:
    in_the_way = tmp_path / "hls" / "index.m3u8"
    in_the_way.mkdir(parents=True)
    async with streaming(video_folder, tmp_path / "hls") as stream:
        await stream.until(lambda: "directory" in stream.generator.status.reason)
        assert stream.generator.status.state is StreamState.RECONNECTING
        in_the_way.rmdir()
        await stream.more(1)


async def test_the_media_sequence_goes_on_after_another_process_streamed_meanwhile(
    video_folder: Path, tmp_path: Path
) -> None:
    async with streaming(video_folder, tmp_path / "hls") as first:
        await first.more(1)
    async with streaming(video_folder, tmp_path / "hls") as meanwhile:
        await meanwhile.more(2)
    last = parse_playlist(first.playlist_path.read_text())
    task = asyncio.create_task(first.generator.run())
    try:
        await first.more(1)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert first.playlists[-1].next_sequence > last.next_sequence


async def test_who_waits_for_a_segment_is_told_and_who_gives_up_is_forgotten(
    video_folder: Path, tmp_path: Path
) -> None:
    async with streaming(video_folder, tmp_path / "hls") as stream:
        waiting, given_up = stream.generator.next_segment(), stream.generator.next_segment()
        gone = weakref.ref(given_up)
        given_up.cancel()
        del given_up
        gc.collect()
        assert gone() is None, "a camera that is away for a day is asked for its playlist each second"
        await asyncio.wait_for(asyncio.wrap_future(waiting), PATIENCE_S)
        assert stream.segments
