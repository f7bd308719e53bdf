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
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.waiting import wait_until

SERVER = Path(__file__).with_name("rtsp_server.py")
NEEDS = "needs GStreamer's RTSP server: apt-get install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-ugly"


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


class WrongClock:
    """A proxy that makes an RTSP camera's timestamps run wrong, or jump. RTSP over TCP only.

    RTP packets come interleaved, ``$ channel length`` before each (RFC 2326 section 10.12); their timestamps stand in
    bytes 4 to 8 (RFC 3550 section 5.1). Sender reports carry the same clock and are left out.
    """

    def __init__(self, camera: RtspCamera, *, rate: float = 1.0) -> None:
        self._camera = camera
        self._rate = rate
        self.jump_s = 0.0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self._listening.getsockname()[1]}/cam"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._camera.port))
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()
            threading.Thread(target=self._falsify, args=(server, client), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := client.recv(65536):
                server.sendall(data)
        except OSError:
            pass
        server.close()

    def _falsify(self, server: socket.socket, client: socket.socket) -> None:
        first: int | None = None
        reader = server.makefile("rb")
        try:
            while head := reader.read(1):
                if head != b"$":
                    client.sendall(head + reader.readline())
                    continue
                header = reader.read(3)
                packet = bytearray(reader.read(int.from_bytes(header[1:], "big")))
                if header[0] % 2:
                    continue
                stamp = int.from_bytes(packet[4:8], "big")
                first = stamp if first is None else first
                passed = (stamp - first) % 2**32
                stamp = first + round(passed * self._rate) + round(self.jump_s * 90_000)
                packet[4:8] = (stamp % 2**32).to_bytes(4, "big")
                client.sendall(b"$" + header + packet)
        except OSError:
            pass
        client.close()


@contextmanager
def http_camera() -> Iterator[str]:
    """Serve ``/live.ts`` (H.264 and AAC), ``/live.mjpeg``, ``/text`` and ``/moved``; yields the base URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _HttpCamera)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def rtmp_camera() -> Iterator[str]:
    """Serve RTMP: ffmpeg listens for one viewer only, so each gets one of its own behind a port; yields the URL."""
    listening = socket.create_server(("127.0.0.1", 0))
    sending: list[subprocess.Popen[bytes]] = []

    def welcome() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            port = free_port()
            output = ["-c:a", "aac", "-f", "flv", "-listen", "1", f"rtmp://127.0.0.1:{port}/live/cam"]
            sending.append(subprocess.Popen(["ffmpeg", "-v", "error", "-nostdin", *PICTURE, *SOUND, *H264, *output]))
            server = _connected(port)
            threading.Thread(target=_pump, args=(client, server), daemon=True).start()
            threading.Thread(target=_pump, args=(server, client), daemon=True).start()

    threading.Thread(target=welcome, daemon=True).start()
    try:
        yield f"rtmp://127.0.0.1:{listening.getsockname()[1]}/live/cam"
    finally:
        listening.close()
        for process in sending:
            process.kill()
            process.wait()


def _connected(port: int) -> socket.socket:
    """Connect as soon as somebody listens."""
    made: list[socket.socket] = []

    def listened() -> bool:
        with suppress(ConnectionRefusedError):
            made.append(socket.create_connection(("127.0.0.1", port)))
        return bool(made)

    wait_until(listened, f"nothing listens on {port}")
    return made[0]


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    source.close()
    target.close()


PICTURE = ["-re", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=10"]
SOUND = ["-f", "lavfi", "-i", "sine=frequency=300:sample_rate=16000"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10", "-bf", "0"]
SENDS = {
    "/live.ts": ("video/mp2t", [*PICTURE, *SOUND, *H264, "-c:a", "aac", "-f", "mpegts"]),
    "/live.mjpeg": ("multipart/x-mixed-replace;boundary=ffmpeg", [*PICTURE, "-c:v", "mjpeg", "-f", "mpjpeg"]),
}


ONE_JPEG = ["ffmpeg", "-v", "error", *PICTURE[1:], "-frames:v", "1", "-f", "image2pipe", "-c:v", "mjpeg", "pipe:1"]


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
        elif self.path in ("/live.jpg", "/live.cgi"):
            self._answer("image/jpeg")
            self.wfile.write(subprocess.run(ONE_JPEG, capture_output=True, check=True).stdout)
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
