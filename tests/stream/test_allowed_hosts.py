"""Where a camera that is added over the API may be."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon.base.errors import HostRefused, SourceError, StreamError
from livemon.base.stream_types import ModeSetting
from livemon.stream.sources.allowed_hosts import check_api_source
from livemon.stream.sources.network import UrlSource


def book(*addresses: str) -> Callable[[str], list[str]]:
    return lambda host: list(addresses)


@pytest.mark.parametrize(
    "url", ["rtsp://192.168.1.20/s", "http://10.0.0.7:8080/x.mjpg", "rtsps://u:p@172.16.0.9/1", "rtsp://[fd12::7]/1"]
)
def test_cameras_of_the_house_are_allowed(url: str) -> None:
    check_api_source(url, ())


def test_the_pattern_needs_no_address() -> None:
    check_api_source("test-pattern", ())


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "0.0.0.0", "[::]"),
        *("169.254.169.254", "169.254.1.1", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200", "224.0.0.1"),
        *("[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "255.255.255.255"),
        *("localhost.", "LOCALHOST", "[64:ff9b:1::7f00:1]", "[2001:0:1::80ff:fffe]", "[::127.0.0.1]"),
    ],
)
def test_this_machine_and_clouds_are_refused_however_they_are_spelt(host: str) -> None:
    with pytest.raises(HostRefused):
        check_api_source(f"http://{host}/latest/meta-data", ())


def test_a_name_with_one_bad_address_is_refused() -> None:
    with pytest.raises(HostRefused, match=r"cam\.example is this machine itself"):
        check_api_source("rtsp://cam.example/1", (), book("192.168.1.7", "127.0.0.1"))


def test_a_name_without_an_address_is_refused() -> None:
    def nobody(host: str) -> list[str]:
        raise OSError("Name or service not known")

    with pytest.raises(HostRefused, match="has no address"):
        check_api_source("rtsp://nowhere.example/1", (), nobody)


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.0/8", "relay"])
def test_the_owner_can_allow_a_host_or_a_network(allowed: str) -> None:
    check_api_source("rtsp://relay:8554/1", (allowed,), book("127.0.0.1"))
    with pytest.raises(HostRefused):
        check_api_source("rtsp://relay:8554/1", ("10.0.0.0/8", "other"), book("127.0.0.1"))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "/etc/passwd",
            "videos/camera-1",
            "/dev/sda",
            "/dev/video0/../sda",
            "file:///etc/passwd",
            "concat:a|b",
            "data:video/mp4,x",
        ),
        *("gopher://x/1", "udp://1.2.3.4:5", "lavfi://testsrc", "-i", "rtsp:///nohost", "http://u:p/w@h/"),
        *(
            "http://192.168.1\t.2/",
            "http://192.168.1.2 /",
            "http://192.168.1.2\n/",
            "http://\u24db\u24de\u24d2.example/",
        ),
    ],
)
def test_files_devices_and_other_protocols_are_not_for_the_api(text: str) -> None:
    with pytest.raises(SourceError):
        check_api_source(text, ())


@pytest.mark.parametrize("url", ["http://192.168.1.20/live.m3u8", "https://192.168.1.20/LIVE.M3U8?a=b"])
def test_a_playlist_is_not_for_the_api_because_it_names_other_addresses(url: str) -> None:
    with pytest.raises(HostRefused, match="would send a playlist"):
        check_api_source(url, ())
    check_api_source(url, ("192.168.1.20",))
    check_api_source(url, ("192.168.0.0/16",))


class Camera:
    """Answers a connection's requests with the same text, over and over, and counts the connections."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self.connections = 0
        self._answer = answer

    async def __aenter__(self) -> Camera:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                writer.write(self._answer(await reader.readuntil(b"\r\n\r\n")))
                await writer.drain()
        writer.close()


def refusing(request: bytes) -> bytes:
    return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("path", ["redirect", "playlist", "concat"])
async def test_what_an_http_camera_answers_leads_nowhere_else(path: str) -> None:
    async with Camera(refusing) as inner:
        target = f"http://127.0.0.1:{inner.port}/inner.ts"
        body = {
            "playlist": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{target}\n",
            "concat": f"ffconcat version 1.0\nfile {target}\n",
        }
        text = body.get(path, "")
        head = f"HTTP/1.1 302 Found\r\nLocation: {target}" if path == "redirect" else "HTTP/1.1 200 OK"
        answer = f"{head}\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()
        async with Camera(lambda request: answer) as outer:
            source = UrlSource(f"http://127.0.0.1:{outer.port}/s", ModeSetting.AUTO, keep_audio=False)
            with pytest.raises(StreamError):
                await source.inspect()
            assert outer.connections >= 1
        assert inner.connections == 0


async def test_an_rtsp_camera_of_the_api_that_redirects_is_refused() -> None:
    def redirecting(request: bytes) -> bytes:
        number = next(line for line in request.split(b"\r\n") if line.startswith(b"CSeq"))
        if request.startswith(b"OPTIONS"):
            return b"RTSP/1.0 200 OK\r\n" + number + b"\r\nPublic: DESCRIBE\r\n\r\n"
        return b"RTSP/1.0 302 Moved\r\n" + number + b"\r\nLocation: rtsp://127.0.0.1:9/inner\r\n\r\n"

    async with Camera(redirecting) as camera:
        source = UrlSource(f"rtsp://127.0.0.1:{camera.port}/s", ModeSetting.AUTO, keep_audio=False, vet=lambda: None)
        with pytest.raises(StreamError, match="redirects to another address"):
            await source.inspect()


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(SourceError) as refused:
        check_api_source("ftp://admin:s3cret@192.168.1.2/", ())
    assert "s3cret" not in str(refused.value)


def test_the_address_is_asked_for_again_before_every_connection() -> None:
    """A name may lead to a camera when it is added, and to this machine later (DNS rebinding)."""
    answers = iter([["192.168.1.7"], ["127.0.0.1"]])

    def vet() -> None:
        check_api_source("rtsp://cam.example/1", (), lambda host: next(answers))

    source = UrlSource("rtsp://cam.example/1", ModeSetting.AUTO, keep_audio=False, vet=vet)
    vet()
    with pytest.raises(HostRefused):
        asyncio.run(source.inspect())


def test_a_device_and_what_lies_in_an_allowed_folder_may_be_a_source(tmp_path: Path) -> None:
    (tmp_path / "videos" / "a").mkdir(parents=True)
    (tmp_path / "videos" / "out").symlink_to(tmp_path)
    allowed = [tmp_path / "videos"]
    check_api_source("/dev/video0", [])
    check_api_source(str(tmp_path / "videos" / "a"), [], folders=allowed)
    for wrong in (tmp_path, tmp_path / "videos" / "..", tmp_path / "videos" / "out", tmp_path / "videos2"):
        with pytest.raises(SourceError):
            check_api_source(str(wrong), [], folders=allowed)
