"""Cameras that fail in every way that is known, against a real RTSP server."""

import asyncio
import itertools
import logging
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import av
import pytest

from livemon.base.clock import SystemClock
from livemon.base.stream_types import StreamMode, StreamState
from livemon.stream.live import hls, stall
from livemon.stream.sources.network import UrlSource
from tests.conftest import FAST, make_video
from tests.network_cameras import RtspCamera, WrongClock, http_camera
from tests.ports import free_port
from tests.stream.streaming import Streaming, streaming


@pytest.fixture
def camera() -> Iterator[RtspCamera]:
    made = RtspCamera()
    yield made
    made.off()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in life, only that ffmpeg gives a silent source up after one second, not five."""
    from livemon.stream.sources import network

    quick = replace(network.RTSP, options={**network.RTSP.options, "timeout": 1_000_000})
    monkeypatch.setitem(network.PROTOCOLS, "rtsp", quick)


def no_overlap(stream: Streaming) -> bool:
    return all(after.start_utc >= before.end_utc for before, after in itertools.pairwise(stream.segments))


async def test_a_camera_that_goes_away_and_comes_back_goes_on_with_a_discontinuity(
    camera: RtspCamera, tmp_path: Path
) -> None:
    camera.on()
    async with streaming(camera.url, tmp_path / "hls") as stream:
        await stream.more(2)
        camera.off()
        await stream.until(lambda: stream.generator.status.state is StreamState.RECONNECTING)
        camera.on()
        before = len(stream.segments)
        await stream.more(2)
        assert stream.generator.status.state is StreamState.LIVE
    assert any(entry.discontinuity for entry in stream.playlists[before].entries)
    numbers = [playlist.next_sequence for playlist in stream.playlists]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "the media sequence goes on"
    assert no_overlap(stream)


async def test_a_frozen_camera_is_noticed_although_its_connection_stands(camera: RtspCamera, tmp_path: Path) -> None:
    camera.on()
    async with streaming(camera.url, tmp_path / "hls") as stream:
        await stream.more(2)
        camera.freeze()
        await stream.until(lambda: stream.generator.status.state is StreamState.RECONNECTING)


@pytest.mark.parametrize("comes_back", [{"size": "160x120"}, {"codec": "h265"}], ids=["size", "codec"])
async def test_a_camera_may_come_back_as_another_one(
    camera: RtspCamera, tmp_path: Path, comes_back: dict[str, str]
) -> None:
    camera.on(size="320x240")
    async with streaming(camera.url, tmp_path / "hls") as stream:
        await stream.more(2)
        camera.off()
        camera.on(**comes_back)
        await stream.until(lambda: stream.generator.status.restarts > 0)
        await stream.more(3)
        status = stream.generator.status
    assert status.mode is (StreamMode.TRANSCODE if "codec" in comes_back else StreamMode.COPY)
    with av.open(str(stream.segments[-2].path)) as container:
        picture = next(container.decode(video=0))
    assert (picture.width, picture.height) == ((64, 48) if "codec" in comes_back else (160, 120))
    assert no_overlap(stream)


async def test_a_wrong_password_is_not_tried_again_in_a_storm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    asked: list[float] = []
    prepare = UrlSource.prepare

    async def counted(self: UrlSource, *, may_copy: bool) -> object:
        asked.append(asyncio.get_running_loop().time())
        return await prepare(self, may_copy=may_copy)

    monkeypatch.setattr(UrlSource, "prepare", counted)
    camera = RtspCamera(user="admin", password="right-one", url_password="wr0ng-one").on()
    try:
        async with streaming(camera.url, tmp_path / "hls") as stream:
            await stream.until(lambda: stream.generator.status.state is StreamState.FAILED)
            assert "refuses the user name or password" in stream.generator.status.reason
            await asyncio.sleep(3)
    finally:
        camera.off()
    assert len(asked) == 1, "at least half a minute passes before it is tried again"
    assert hls.ACCESS_BACKOFF_S[0] >= 60
    shown = caplog.text + stream.generator.status.reason
    assert "wr0ng-one" not in shown
    assert "rtsp://127.0.0.1 refuses" in shown


async def test_an_address_where_nobody_answers_is_said_and_tried_again(tmp_path: Path) -> None:
    async with streaming(f"rtsp://user:s3cret@127.0.0.1:{free_port()}/cam", tmp_path / "hls") as stream:
        await stream.until(lambda: stream.generator.status.restarts >= 2)
        assert stream.generator.status.state is StreamState.RECONNECTING
        assert "refuses connections" in stream.generator.status.reason
        assert "s3cret" not in stream.generator.status.reason


@pytest.mark.parametrize(("path", "words"), [("/moved", "redirects"), ("/text", "breaks off"), ("/gone", "404")])
async def test_what_is_no_stream_is_said_in_a_sentence(path: str, words: str, tmp_path: Path) -> None:
    with http_camera() as base:
        async with streaming(base + path, tmp_path / "hls") as stream:
            await stream.until(lambda: stream.generator.status.state is StreamState.RECONNECTING)
            assert words in stream.generator.status.reason


async def test_a_playlist_in_disguise_makes_ffmpeg_open_nothing(tmp_path: Path) -> None:
    with http_camera() as base:
        async with streaming(f"{base}/playlist-in-disguise.ts", tmp_path / "hls") as stream:
            await stream.until(lambda: stream.generator.status.state is StreamState.RECONNECTING)
    assert stream.segments == []


@pytest.mark.parametrize("seconds", [3600, -1800], ids=["forward", "back"])
async def test_a_jump_of_the_timestamps_begins_a_new_run(camera: RtspCamera, tmp_path: Path, seconds: int) -> None:
    clock = WrongClock(camera.on(gop=10))
    async with streaming(clock.url, tmp_path / "hls") as stream:
        await stream.more(2)
        clock.jump_s = seconds
        await stream.until(lambda: "timestamps" in stream.generator.status.reason)
        await stream.more(2)
    assert no_overlap(stream)
    assert sum(segment.duration_s for segment in stream.segments) < 60, "the jump is no footage"
    late_s = abs((SystemClock().now() - stream.segments[-1].end_utc).total_seconds())
    assert late_s < 10, "times are right again"


class SteppedClock(SystemClock):
    """The machine's clock after somebody set it."""

    step = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.step


@pytest.mark.parametrize("step_s", [3600, -3600], ids=["forward", "back"])
async def test_a_step_of_the_clock_never_overlaps_footage(camera: RtspCamera, tmp_path: Path, step_s: int) -> None:
    camera.on(gop=10)
    clock = SteppedClock()
    async with streaming(camera.url, tmp_path / "hls", clock=clock) as stream:
        await stream.more(2)
        before = len(stream.segments)
        clock.step = timedelta(seconds=step_s)
        await stream.until(lambda: "clock was set" in stream.generator.status.reason)
        await stream.more(2)
    assert no_overlap(stream)
    gap_s = (stream.segments[-1].start_utc - stream.segments[before - 1].end_utc).total_seconds()
    if step_s > 0:
        assert gap_s == pytest.approx(3600, abs=30), "the hour that never was is a gap"
    else:
        assert gap_s < 60, "footage goes on where it was, ahead of the clock"


async def test_a_camera_whose_clock_runs_fast_stays_aligned(camera: RtspCamera, tmp_path: Path) -> None:
    clock = WrongClock(camera.on(gop=10), rate=1.04)
    async with streaming(clock.url, tmp_path / "hls", profile=FAST) as stream:
        await stream.more(16)
        late_s = (SystemClock().now() - stream.segments[-1].end_utc).total_seconds()
    first, last = stream.segments[1], stream.segments[-1]
    media_s = sum(segment.media_duration_s for segment in stream.segments[1:])
    wall_s = (last.end_utc - first.start_utc).total_seconds()
    assert media_s / wall_s == pytest.approx(1.04, abs=0.02)
    assert -0.3 < late_s < 1.5
    assert no_overlap(stream)


async def test_a_run_begins_with_its_first_keyframe_and_not_with_the_sound_before_it(tmp_path: Path) -> None:
    picture = make_video(tmp_path / "picture.mp4", duration_s=8, rate="10", gop=10)
    sound, late = tmp_path / "sound.mp4", tmp_path / "late.mkv"
    tone = ["-f", "lavfi", "-i", "sine=duration=9.5:sample_rate=16000", "-c:a", "aac", str(sound)]
    subprocess.run(["ffmpeg", "-v", "error", *tone], check=True)
    inputs = ["-itsoffset", "1.5", "-i", str(picture), "-i", str(sound)]
    subprocess.run(
        ["ffmpeg", "-v", "error", *inputs, "-map", "0:v", "-map", "1:a", "-c", "copy", str(late)], check=True
    )
    async with streaming(late, tmp_path / "hls") as stream:
        await stream.more(2)
        assert stream.generator.status.mode is StreamMode.COPY
    for segment in stream.segments[:2]:
        with av.open(str(segment.path)) as container:
            times = sorted(float(frame.time) for frame in container.decode(video=0))
        assert segment.media_duration_s == pytest.approx(times[-1] - times[0] + 0.1, abs=0.15)


async def test_a_first_segment_that_ffmpeg_held_back_is_dated_when_it_was_shown(tmp_path: Path) -> None:
    # ffmpeg looks at MPEG-TS for five seconds, and then writes all of it at once.
    with http_camera() as base:
        async with streaming(f"{base}/live.ts", tmp_path / "hls") as stream:
            await stream.more(1)
            late_s = (SystemClock().now() - stream.segments[0].end_utc).total_seconds()
            await stream.more(3)
    assert late_s > 2, "it ended long before it was announced"
    assert no_overlap(stream)


async def test_the_next_try_comes_within_ten_seconds_while_a_source_is_newly_away() -> None:
    assert hls.NEWLY_AWAY_BACKOFF_MAX_S <= 10 < hls.BACKOFF_MAX_S
    assert hls.NEWLY_AWAY_S >= 600


async def test_copying_that_gives_nothing_falls_back_to_transcoding(
    camera: RtspCamera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stall, "START_PATIENCE_S", 1.0)
    # A keyframe every two minutes: copied, no segment would ever end.
    camera.on(gop=3000)
    async with streaming(camera.url, tmp_path / "hls") as stream:
        status = lambda: stream.generator.status  # noqa: E731
        await stream.until(lambda: status().mode is StreamMode.TRANSCODE and status().state is StreamState.LIVE)
        assert "copying failed" in str(stream.generator.status.mode_reason)
