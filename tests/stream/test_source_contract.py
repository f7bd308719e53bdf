"""One contract for every source: it says what it is, streams, can be decoded, and leaves nothing behind."""

import itertools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from livemon.base.stream_types import ModeSetting, StreamMode, StreamState
from livemon.stream.sources.registry import SourceOptions
from tests.conftest import make_video
from tests.network_cameras import RtspCamera, http_camera, rtmp_camera
from tests.stream.streaming import own_ffmpegs, streaming
from tests.waiting import wait_until

PASSWORD = "s3cr:t@/ä"
ESCAPED = "s3cr%3at%40%2f%c3%a4"

SOURCES = {
    "folder": StreamMode.TRANSCODE,
    "file": StreamMode.COPY,
    "short-file": StreamMode.TRANSCODE,
    "file-with-transcode": StreamMode.TRANSCODE,
    "rtsp": StreamMode.COPY,
    "rtsp-with-password": StreamMode.COPY,
    "rtsp-hevc": StreamMode.TRANSCODE,
    "http-ts": StreamMode.COPY,
    "http-mjpeg": StreamMode.TRANSCODE,
    "http-jpg": StreamMode.TRANSCODE,
    "http-cgi": StreamMode.TRANSCODE,
    "http-hls": StreamMode.COPY,
    "rtmp": StreamMode.COPY,
    "device": StreamMode.TRANSCODE,
    "test-pattern": StreamMode.TRANSCODE,
}


@pytest.fixture
def named(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, SourceOptions]]:
    """The setting's text for a kind of source, with that source there."""
    kind = request.param
    options = SourceOptions(ModeSetting.TRANSCODE if kind.endswith("transcode") else ModeSetting.AUTO)
    if kind == "folder":
        make_video(tmp_path / "v" / "a.mp4")
        yield str(tmp_path / "v"), options
    elif kind in ("file", "file-with-transcode"):
        yield str(make_video(tmp_path / "a.mp4", duration_s=6, rate="10", gop=10)), options
    elif kind == "short-file":
        yield str(make_video(tmp_path / "a.mp4", duration_s=1)), options
    elif kind.startswith("rtsp"):
        protected = {"user": "admin", "password": PASSWORD, "url_password": ESCAPED} if "password" in kind else {}
        camera = RtspCamera(**protected)
        camera.on(codec="h265" if "hevc" in kind else "h264", size="160x120", gop=25, audio="aac")
        try:
            yield camera.url, options
        finally:
            camera.off()
    elif kind == "http-hls":
        with _hls_server(tmp_path / "served") as url:
            yield url, options
    elif kind.startswith("http"):
        with http_camera() as base:
            yield f"{base}/live.{kind.removeprefix('http-')}", options
    elif kind == "rtmp":
        with rtmp_camera() as url:
            yield url, options
    elif kind == "device":
        if not os.path.exists("/dev/video0"):  # noqa: PTH110
            pytest.skip("there is no capture device /dev/video0 on this machine")
        yield "/dev/video0", options
    else:
        yield kind, options


class _hls_server:  # noqa: N801 - a context manager
    """Another server's live playlist, made by ffmpeg and served by Python."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        encode = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10", "-bf", "0"]
        hls = ["-f", "hls", "-hls_time", "1", "-hls_list_size", "5", "-hls_flags", "delete_segments+temp_file"]
        source = ["-re", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=10"]
        self._folder = folder
        self._encoder = subprocess.Popen(["ffmpeg", "-v", "error", *source, *encode, *hls, str(folder / "live.m3u8")])

    def __enter__(self) -> str:
        import functools
        import http.server
        import threading

        handler = functools.partial(_QuietFiles, directory=str(self._folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        wait_until((self._folder / "live.m3u8").exists, "no playlist")
        return f"http://127.0.0.1:{self._server.server_port}/live.m3u8"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._encoder.kill()
        self._encoder.wait()


def _quiet() -> type:
    import http.server

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    return Quiet


_QuietFiles = _quiet()


@pytest.mark.parametrize(("named", "mode"), SOURCES.items(), indirect=["named"], ids=list(SOURCES))
async def test_every_source_keeps_the_contract(
    named: tuple[str, SourceOptions], mode: StreamMode, tmp_path: Path
) -> None:
    text, options = named
    async with streaming(text, tmp_path / "hls", options) as stream:
        stream.source.check()
        assert "s3cr" not in stream.source.label
        await stream.more(3)
        # A busy machine may take longer for a second of video than the watchdog allows: then it is begun again.
        await stream.until(lambda: stream.generator.status.state is StreamState.LIVE and len(own_ffmpegs()) == 1)
        status = stream.generator.status
        assert status.mode is mode, status.mode_reason
        assert status.mode_reason
    assert own_ffmpegs() == []
    assert all(after.start_utc >= before.end_utc for before, after in itertools.pairwise(stream.segments))
    for segment in stream.segments[:3]:
        with av.open(str(segment.path)) as container:
            frames = list(container.decode(video=0))
        assert frames[0].key_frame, "each segment can be decoded by itself"
        span_s = float(frames[-1].time - frames[0].time)
        assert -0.3 < span_s - segment.media_duration_s < 0.05, "its pictures fill the time that it says"
