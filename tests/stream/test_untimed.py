"""Cameras whose streams carry no times: a picture is dated when it comes, however many come a second."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import itertools
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from livemon.base.datatypes import Image
from livemon.base.stream_types import StreamMode
from livemon.stream.files.frames import read_frames
from tests.conftest import FAST
from tests.stream.streaming import Streaming, streaming

BITS = 16
PICTURES = 1000
"""That many H.264 pictures are encoded; then they come again."""
WIDTH, HEIGHT = 320, 240
EARLIEST_S = -1.5
"""Seen on a busy machine: -1.1 s, right after the start of a stream."""
LATEST_S = 2.5
"""A raw picture's end is known when the next one comes, and how long it lasts one later; the rest is the machine's."""


def numbered(number: int) -> Image:
    """Draw a number's bits as light and dark blocks, with a camera's noise: a picture of some kilobytes."""
    bits = [number >> bit & 1 for bit in range(BITS)]
    rows = 60 + np.array([bits[:8], bits[8:]], np.uint8) * 120
    noise = np.random.default_rng(number).integers(0, 60, (HEIGHT, WIDTH), np.uint8)
    return np.repeat(
        (cv2.resize(rows, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST) + noise)[:, :, None], 3, axis=2
    )


def number_of(image: Image) -> int:
    blocks = cv2.resize(image, (8, 2), interpolation=cv2.INTER_AREA).mean(axis=2) > 150
    return sum(1 << place for place, white in enumerate(blocks.ravel()) if white)


def jpeg_pictures() -> Iterator[bytes]:
    for number in range(2**BITS):
        data = cv2.imencode(".jpg", numbered(number))[1].tobytes()
        yield b"--cut\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(data), data)


@cache
def h264_pictures() -> list[bytes]:
    """Encode as 25 a second, whatever they are sent at; each access unit begins with a delimiter (AUD)."""
    raw = b"".join(numbered(number).tobytes() for number in range(PICTURES))
    source = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{WIDTH}x{HEIGHT}", "-r", "25", "-i", "pipe:0"]
    encode = [
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
        "-g",
        "2",
        "-bf",
        "0",
        "-tune",
        "zerolatency",
    ]
    command = ["ffmpeg", "-v", "error", *source, *encode, "-x264-params", "aud=1", "-f", "h264", "pipe:1"]
    stream = subprocess.run(command, input=raw, capture_output=True, check=True).stdout
    delimiter = b"\x00\x00\x00\x01\x09"
    return [delimiter + unit for unit in stream.split(delimiter) if unit]


SLOW = replace(FAST, segment_s=2)
"""Where a picture a second comes, segments are of two at least."""


class SlowCamera(http.server.BaseHTTPRequestHandler):
    """Sends ``/mjpeg/15`` or ``/h264/15``: fifteen pictures a second, and notes when each one left, without an end."""

    sent: dict[str, dict[int, float]]
    connections: dict[str, int]

    def do_GET(self) -> None:
        kind, rate = self.path.strip("/").split("/")
        pictures = jpeg_pictures() if kind == "mjpeg" else itertools.cycle(h264_pictures())
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace;boundary=cut" if kind == "mjpeg" else "video/h264")
        self.end_headers()
        sent = self.sent[self.path] = {}  # the newest connection's: the first one only asks
        self.connections[self.path] = self.connections.get(self.path, 0) + 1
        begun_s = time.monotonic()
        with contextlib.suppress(OSError):
            for number, picture in enumerate(pictures):
                time.sleep(max(0.0, begun_s + number / float(rate) - time.monotonic()))
                sent.setdefault(number % PICTURES if kind == "h264" else number, time.time())
                self.wfile.write(picture)
                self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def camera() -> Iterator[tuple[str, type[SlowCamera]]]:
    handler = type("Handler", (SlowCamera,), {"sent": {}, "connections": {}})
    h264_pictures()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()


def lateness_s(stream: Streaming, sent: dict[int, float]) -> list[float]:
    """By how much later each picture is dated than it left the camera; it is dated by its first frame."""
    first: dict[int, datetime] = {}
    for segment in stream.segments:
        for frame in read_frames("camera-1", segment):
            first.setdefault(number_of(frame.image), frame.utc)
    return [
        (utc - datetime.fromtimestamp(sent[number], UTC)).total_seconds()
        for number, utc in first.items()
        if number in sent
    ]


@pytest.mark.parametrize(("kind", "mode"), [("mjpeg", StreamMode.TRANSCODE), ("h264", StreamMode.COPY)])
async def test_a_picture_without_a_time_is_dated_when_it_comes(
    kind: str, mode: StreamMode, camera: tuple[str, type[SlowCamera]], tmp_path: Path
) -> None:
    base, handler = camera
    rates = (1, 5, 15, 30)
    async with contextlib.AsyncExitStack() as running:
        streams = [
            await running.enter_async_context(
                streaming(f"{base}/{kind}/{rate}", tmp_path / str(rate) / "hls", profile=SLOW)
            )
            for rate in rates
        ]

        async def check(stream: Streaming, rate: int) -> None:
            await stream.more(3 if rate == 1 else 4)
            path = f"/{kind}/{rate}"
            status = stream.generator.status
            assert (status.mode, status.restarts) == (mode, 0), status
            assert handler.connections[path] == 3, "it was asked twice, and then streamed"
            late_s = lateness_s(stream, handler.sent[path])
            assert len(late_s) >= 3, path
            earliest_s, latest_s = min(late_s), max(late_s)
            assert earliest_s > EARLIEST_S and latest_s < LATEST_S, f"{path}: {earliest_s:.1f} to {latest_s:.1f} s"

        await asyncio.gather(*map(check, streams, rates))
