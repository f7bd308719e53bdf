"""What `check` says of addresses, against the real ffmpeg: what streams is promised, what does not is named rightly."""

from __future__ import annotations

import functools
import http.server
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from livemon.base.errors import AccessDenied, StreamError
from livemon.base.stream_types import StreamMode
from livemon.stream.sources.check import SourceReport, check_source
from livemon.stream.sources.registry import open_source
from tests.conftest import FAST
from tests.network_cameras import free_port, http_camera
from tests.stream.streaming import streaming

PICTURE = ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=6"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "0"]


async def check(url: str, tmp_path: Path) -> SourceReport:
    return await check_source(open_source(url, tmp_path / "clips", FAST, lambda _name, _why: None))


@contextmanager
def serving(handler: object) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)  # type: ignore[arg-type]
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/nowhere.ts", r"has no stream at this path \(404\)"),
        ("/moved", "redirects to another address"),
        ("/text", "is not a video|breaks off"),  # by its type it is MPEG-TS that ends
        ("/playlist-in-disguise.ts", "sends a format that is not allowed"),
        ("/text.m3u8", r"has no stream at this path \(404\)"),
        ("/nowhere.jpg", r"has no stream at this path \(404\)"),
    ],
)
async def test_what_ffmpeg_says_is_understood(path: str, words: str, tmp_path: Path) -> None:
    with http_camera() as base, pytest.raises(StreamError, match=words):
        await check(base + path, tmp_path)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Refusing(Quiet):
    def do_GET(self) -> None:
        self.send_error(int(self.path.strip("/")))


async def test_who_is_not_there_or_not_willing_is_said(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match="refuses connections"):
        await check(f"http://127.0.0.1:{free_port()}/live.ts", tmp_path)
    with pytest.raises(StreamError, match="name that cannot be resolved"):
        await check("http://nowhere.invalid/live.ts", tmp_path)
    with serving(Refusing) as base:
        for code in (401, 403):
            with pytest.raises(AccessDenied):
                await check(f"{base}/{code}", tmp_path)
        for code in (500, 503):
            with pytest.raises(StreamError, match="answers with a server error"):
                await check(f"{base}/{code}", tmp_path)


@pytest.mark.parametrize("kind", ["jpg", "cgi"])
async def test_a_snapshot_address_is_promised(kind: str, tmp_path: Path) -> None:
    with http_camera() as base:
        report = await check(f"{base}/live.{kind}", tmp_path)
    assert report.mode is StreamMode.TRANSCODE
    assert "one picture a request" in str(report.reason)
    assert report.picture.startswith(b"\xff\xd8")


@pytest.mark.parametrize("sound", ["libmp3lame", "ac3", "aac"])
async def test_hls_with_any_sound_rendition_streams(sound: str, tmp_path: Path) -> None:
    folder = tmp_path / "served"
    folder.mkdir()
    command = ["ffmpeg", "-v", "error", *PICTURE, "-f", "lavfi", "-i", "sine=duration=6"]
    hls = ["-f", "hls", "-hls_time", "1", "-hls_list_size", "0"]
    subprocess.run([*command, "-map", "0:v", *H264, "-g", "10", *hls, str(folder / "v.m3u8")], check=True)
    raw = folder / {"libmp3lame": "a.mp3", "ac3": "a.ac3", "aac": "a.aac"}[sound]
    subprocess.run([*command, "-map", "1:a", "-c:a", sound, str(raw)], check=True)
    head = "#EXTM3U\n#EXT-X-VERSION:3\n"
    listed = f"{head}#EXT-X-TARGETDURATION:6\n#EXTINF:6.0,\n{raw.name}\n#EXT-X-ENDLIST\n"
    (folder / "a.m3u8").write_text(listed)
    media = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",DEFAULT=YES,URI="a.m3u8"\n'
    variant = '#EXT-X-STREAM-INF:BANDWIDTH=500000,AUDIO="a"\nv.m3u8\n'
    (folder / "master.m3u8").write_text(head + media + variant)
    with serving(functools.partial(Quiet, directory=str(folder))) as base:
        report = await check(f"{base}/master.m3u8", tmp_path)
        assert report.media is not None
        assert report.media.codec == "h264"
        async with streaming(f"{base}/master.m3u8", tmp_path / "hls") as stream:
            await stream.more(2)


@pytest.mark.slow
async def test_a_camera_whose_keyframe_is_far_away_is_promised(tmp_path: Path) -> None:
    whole, late = tmp_path / "whole.ts", tmp_path / "late.ts"
    picture = ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=24"]
    keys = ["-g", "1000", "-sc_threshold", "0", "-force_key_frames", "0,15"]
    subprocess.run(["ffmpeg", "-v", "error", *picture, *H264, *keys, str(whole)], check=True)
    rest = ["-c", "copy", "-copyinkf", "-bsf:v", r"noise=drop=eq(n\,0)"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(whole), *rest, str(late)], check=True)
    data = late.read_bytes()

    class Paced(Quiet):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            for at in range(0, len(data), len(data) // 240):
                self.wfile.write(data[at : at + len(data) // 240])
                time.sleep(0.1)

    with serving(Paced) as base:
        report = await check(f"{base}/live.ts", tmp_path)
    assert report.media is not None
    assert (report.media.width, report.media.height) == (160, 120)
