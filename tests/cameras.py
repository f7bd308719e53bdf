"""Cameras to test against: a real RTSP server (GStreamer's) and an HTTP server, both on loopback."""

from __future__ import annotations

import http.server
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

SERVER = Path(__file__).with_name("rtsp_server.py")
NEEDS = "needs GStreamer's RTSP server: apt-get install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-ugly"


def free_port() -> int:
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        return int(probing.getsockname()[1])


@cache
def python_with_gi() -> str:
    """The Python that has GStreamer's bindings: they are a Debian package, not on PyPI."""
    check = "import gi; gi.require_version('GstRtspServer', '1.0')"
    for python in (sys.executable, "/usr/bin/python3"):
        if shutil.which(python) and subprocess.run([python, "-c", check], capture_output=True).returncode == 0:
            return python
    pytest.skip(NEEDS)


class RtspCamera:
    """A camera that can be switched off, frozen, and brought back as another one."""

    def __init__(self, *, port: int | None = None, user: str = "", password: str = "", url_password: str = "") -> None:
        self.port = port or free_port()
        self._credentials = ["--user", user, "--password", password] if user else []
        login = f"{user}:{url_password or password}@" if user else ""
        self.url = f"rtsp://{login}127.0.0.1:{self.port}/cam"
        self._process: subprocess.Popen[str] | None = None

    def on(self, **options: object) -> RtspCamera:
        """Switch it on; `codec="h265"`, `size="320x240"`, `gop=25`, `clock_rate=1.01` and so on."""
        flags = [part for key, value in options.items() for part in (f"--{key.replace('_', '-')}", str(value))]
        self._process = subprocess.Popen(
            [python_with_gi(), str(SERVER), "--port", str(self.port), *self._credentials, *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"
        return self

    def off(self) -> None:
        """Cut the power."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def freeze(self) -> None:
        """It keeps its connections and says nothing any more."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def jump(self, seconds: float) -> None:
        """Its clock is set: all timestamps from now on are shifted."""
        assert self._process and self._process.stdin
        self._process.stdin.write(f"jump {seconds}\n")
        self._process.stdin.flush()


@contextmanager
def http_camera() -> Iterator[str]:
    """Serve ``/live.ts`` (H.264 and AAC), ``/live.mjpeg``, ``/live.m3u8``, ``/text`` and ``/moved``; yields the base URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _HttpCamera)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


PICTURE = ["-re", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=10"]
SOUND = ["-f", "lavfi", "-i", "sine=frequency=300:sample_rate=16000"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10", "-bf", "0"]
SENDS = {
    "/live.ts": ("video/mp2t", [*PICTURE, *SOUND, *H264, "-c:a", "aac", "-f", "mpegts"]),
    "/live.mjpeg": ("multipart/x-mixed-replace;boundary=ffmpeg", [*PICTURE, "-c:v", "mjpeg", "-f", "mpjpeg"]),
}


class _HttpCamera(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path in SENDS:
            kind, arguments = SENDS[self.path]
            self._answer(kind)
            command = ["ffmpeg", "-v", "error", "-nostdin", *arguments, "pipe:1"]
            with subprocess.Popen(command, stdout=subprocess.PIPE) as sending:
                assert sending.stdout
                try:
                    while chunk := sending.stdout.read1(65536):  # type: ignore[attr-defined]
                        self.wfile.write(chunk)
                except OSError:
                    pass  # who watched has gone
                sending.kill()
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/live.ts")
            self.end_headers()
        elif self.path == "/text":
            self._answer("video/mp2t")
            self.wfile.write(b"this is no video\n" * 1000)
        elif self.path == "/playlist-in-disguise.ts":
            self._answer("video/mp2t")
            self.wfile.write(b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n/live.ts\n")
        else:
            self.send_error(404)

    def _answer(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass
