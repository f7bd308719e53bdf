"""Where a camera that is added over the API may be."""

import asyncio
from collections.abc import Callable

import pytest

from livemon.errors import HostRefused, SourceError
from livemon.stream.host_check import check_api_source
from livemon.stream.url_source import UrlSource
from livemon.streaming import ModeSetting


def book(*addresses: str) -> Callable[[str], list[str]]:
    return lambda host: list(addresses)


@pytest.mark.parametrize(
    "url", ["rtsp://192.168.1.20/s", "http://10.0.0.7:8080/x.m3u8", "rtsps://u:p@172.16.0.9/1", "rtsp://[fd12::7]/1"]
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
        *("localhost.", "LOCALHOST"),
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
        *("/etc/passwd", "videos/camera-1", "/dev/video0", "file:///etc/passwd", "concat:a|b", "data:video/mp4,x"),
        *("gopher://x/1", "udp://1.2.3.4:5", "lavfi://testsrc", "-i", "rtsp:///nohost", "http://u:p/w@h/"),
    ],
)
def test_files_devices_and_other_protocols_are_not_for_the_api(text: str) -> None:
    with pytest.raises(SourceError):
        check_api_source(text, ())


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
