"""What a run after the first one does: it begins without asking, notices another source, and finds holes."""

from __future__ import annotations

import asyncio
import http.server
import itertools
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import av
import pytest

from livemon.base.stream_types import StreamMode, StreamState
from livemon.stream.live import hls, stall
from livemon.stream.live.unfinished import read_pictures
from livemon.stream.sources.network import UrlSource
from livemon.stream.sources.registry import SourceOptions, open_source
from tests.conftest import FAST
from tests.network_cameras import free_port
from tests.stream.streaming import Streaming, signal_ffmpeg, streaming
from tests.waiting import wait_async

FPS = 10
ASKED, STREAMED = 2, 1
"""Connections: an HTTP camera is asked for its format and for its streams; then it is recorded."""


class Camera(http.server.BaseHTTPRequestHandler):
    """Encodes for each connection what it is told to send."""

    arguments: list[str]
    connections: int

    def do_GET(self) -> None:
        type(self).connections += 1
        self.send_response(200)
        self.send_header("Content-Type", "video/mp2t")
        self.end_headers()
        command = ["ffmpeg", "-v", "error", "-nostdin", *self.arguments, "-g", "10", "-f", "mpegts", "pipe:1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as sending:
            assert sending.stdout
            with suppress(OSError):
                while chunk := sending.stdout.read1(65536):  # type: ignore[attr-defined]
                    self.wfile.write(chunk)
            sending.kill()

    def log_message(self, *_: object) -> None:
        pass


def drawn(size: str) -> list[str]:
    return ["-re", "-f", "lavfi", "-i", f"testsrc=size={size}:rate={FPS}"]


H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "0"]
HEVC = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"]


@contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler], port: int = 0) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/live.ts"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a slow machine for no stall: what is tested here ends by a signal or by the source."""
    monkeypatch.setattr(stall, "STALL_TARGET_DURATIONS", 60)


@pytest.fixture
def camera() -> type[Camera]:
    return type("Handler", (Camera,), {"arguments": [*drawn("160x120"), *H264], "connections": 0})


async def test_a_run_after_the_first_one_begins_without_asking(camera: type[Camera], tmp_path: Path) -> None:
    options = SourceOptions(known_path=tmp_path / "source.json")
    with serving(camera) as url:
        async with streaming(url, tmp_path / "hls", options) as stream:
            await stream.more(2)
            assert camera.connections == ASKED + STREAMED
            await signal_ffmpeg(signal.SIGKILL)
            await stream.until(lambda: stream.generator.status.restarts == 1)
            await stream.more(2)
            assert camera.connections == ASKED + 2 * STREAMED
            media = stream.generator.status.media
        async with streaming(url, tmp_path / "hls", options) as next_process:
            await next_process.until(lambda: next_process.generator.status.state is StreamState.LIVE)
            assert camera.connections == ASKED + 3 * STREAMED
            assert next_process.generator.status.media == media


@pytest.mark.parametrize(
    ("now", "mode", "size"),
    [([*drawn("320x240"), *H264], StreamMode.COPY, 320), ([*drawn("160x120"), *HEVC], StreamMode.TRANSCODE, 160)],
    ids=["larger", "hevc"],
)
async def test_a_source_that_sends_something_else_is_asked_anew(
    now: list[str], mode: StreamMode, size: int, camera: type[Camera], tmp_path: Path
) -> None:
    with serving(camera) as url:
        async with streaming(url, tmp_path / "hls") as stream:
            await stream.more(2)
            camera.arguments = now
            await signal_ffmpeg(signal.SIGKILL)
            await stream.until(lambda: stream.generator.status.media and camera.connections > ASKED + 2 * STREAMED)
            await stream.more(3)
            media = stream.generator.status.media
            assert media is not None and media.width == size
            assert stream.generator.status.mode is mode
            assert camera.connections == 2 * ASKED + 3 * STREAMED
    for segment in stream.segments:
        with av.open(str(segment.path)) as container:
            assert container.streams.video[0].codec_context.name == "h264", "what no browser plays is not listed"


async def test_a_source_that_is_back_is_tried_at_once(
    camera: type[Camera], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only an answer ends the wait.
    monkeypatch.setattr(hls, "BACKOFF_FIRST_S", 3600.0)
    monkeypatch.setattr(hls, "NEWLY_AWAY_BACKOFF_MAX_S", 3600.0)
    port = free_port()
    async with streaming(f"http://127.0.0.1:{port}/live.ts", tmp_path / "hls") as stream:
        await stream.until(lambda: stream.generator.status.state is StreamState.RECONNECTING)
        with serving(camera, port):
            await stream.more(1)


async def test_a_source_that_takes_connections_all_along_is_not_back(
    camera: type[Camera], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered: list[bool] = []
    takes = UrlSource._takes_connections

    async def noted(self: UrlSource) -> bool:
        answered.append(await takes(self))
        return answered[-1]

    monkeypatch.setattr(UrlSource, "_takes_connections", noted)
    with serving(camera) as url:
        source = open_source(url, tmp_path, FAST, lambda _name, _why: None)
        answering = asyncio.create_task(source.answers_again())
        await wait_async(lambda: answered)
        await asyncio.sleep(0)
        assert answered == [True]
        assert not answering.done()
        answering.cancel()
    assert camera.connections == 0, "no stream was asked for"


PAUSE_AT, PAUSE_S = 120, 2.0
"""When the run has finished segments, and too short to be taken for a stall."""
TWO = replace(FAST, segment_s=2)


class Recording:
    """Numbered pictures, each with the bytes that carry it."""

    def __init__(self, path: Path, seconds: int) -> None:
        picture = ["-f", "lavfi", "-i", f"testsrc=size=160x120:rate={FPS}:duration={seconds}"]
        encoded = [*H264, "-g", str(FPS), "-f", "mpegts", "-mpegts_flags", "+pat_pmt_at_frames"]
        subprocess.run(["ffmpeg", "-v", "error", *picture, *encoded, str(path)], check=True)
        data = path.read_bytes()
        with av.open(str(path)) as container:
            starts = [packet.pos for packet in container.demux(video=0) if packet.pos is not None]
        starts = [0, *starts[1:], len(data)]
        self.pictures = [data[begin:end] for begin, end in itertools.pairwise(starts)]


def pausing(
    recording: Recording, *, catches_up: bool, sent: dict[int, float]
) -> type[http.server.BaseHTTPRequestHandler]:
    """A camera that says nothing for a while; its timestamps go on as if nothing had been.

    `sent` has when each picture went out on the connection that was made last.
    """

    class Pausing(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "video/mp2t")
            self.end_headers()
            sent.clear()
            begun_s = time.time()
            with suppress(OSError):
                for number, picture in enumerate(recording.pictures):
                    paused_s = PAUSE_S if number >= PAUSE_AT and not catches_up else 0.0
                    stuck_s = PAUSE_S if number == PAUSE_AT and catches_up else 0.0
                    time.sleep(max(0.0, begun_s + number / FPS + paused_s + stuck_s - time.time()))
                    sent[number] = time.time()
                    self.wfile.write(picture)
                    self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    return Pausing


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return Recording(tmp_path_factory.mktemp("recording") / "a.ts", seconds=60)


def gaps_s(stream: Streaming) -> list[float]:
    return [(b.start_utc - a.end_utc).total_seconds() for a, b in itertools.pairwise(stream.segments)]


def first_number(path: Path, zero_s: float) -> int:
    pictures = read_pictures(path)
    assert pictures is not None
    return round((pictures.first_s - zero_s) * FPS)


def dated_late_s(stream: Streaming, moment_s: Callable[[int], float]) -> list[float]:
    """By how much later than its moment each segment's first picture is dated; ffmpeg's own clock begins at 1.4 s."""
    return [segment.start_utc.timestamp() - moment_s(first_number(segment.path, 1.4)) for segment in stream.segments]


@pytest.mark.slow  # judges when pictures came: a busy machine holds them up itself
async def test_a_hole_in_the_middle_of_a_run_is_a_gap_and_is_not_slewed_away(
    recording: Recording, tmp_path: Path
) -> None:
    sent: dict[int, float] = {}
    with serving(pausing(recording, catches_up=False, sent=sent)) as url:
        async with streaming(url, tmp_path / "hls", profile=TWO) as stream:
            await stream.until(lambda: len(sent) > PAUSE_AT + 8 * FPS)
            await stream.more(2)
    assert stream.generator.status.restarts == 0
    assert max(gaps_s(stream)) == pytest.approx(PAUSE_S, abs=0.9)
    *late_s, latest_s = sorted(dated_late_s(stream, lambda number: sent[number]))
    assert late_s[0] > -0.9 and late_s[-1] < 0.9, late_s
    assert latest_s < PAUSE_S + 0.9, "of the segment with the hole in it, which stands behind the gap"


@pytest.mark.slow  # judges when pictures came: a busy machine holds them up itself
async def test_what_a_network_held_up_keeps_its_time(recording: Recording, tmp_path: Path) -> None:
    sent: dict[int, float] = {}
    with serving(pausing(recording, catches_up=True, sent=sent)) as url:
        async with streaming(url, tmp_path / "hls", profile=TWO) as stream:
            await stream.until(lambda: len(sent) > PAUSE_AT + 8 * FPS)
            await stream.more(2)
    assert stream.generator.status.restarts == 0
    assert max(gaps_s(stream)) < 1.0
    begun = datetime.fromtimestamp(sent[0], UTC).timestamp()
    late_s = dated_late_s(stream, lambda number: begun + number / FPS)
    assert min(late_s) > -0.9 and max(late_s) < 0.9, late_s
