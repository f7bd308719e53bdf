"""What is taken for a video, and what becomes of it: real ffmpeg, within limits."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from livemon.base.errors import SourceError, UploadRefused
from livemon.stream.ffmpeg import probe
from livemon.stream.files.uploads import UploadLimits, check, convert, sniff
from livemon.stream.sandbox import ProcessLimits, limited, without_network
from tests.conftest import FAST, make_video

LIMITS = UploadLimits(duration_s=60, pixels=640 * 480, memory_mb=1024, timeout_s=30)
LONG = UploadLimits(duration_s=3600, pixels=640 * 480, memory_mb=1024, timeout_s=60)


def long_video(tmp_path: Path) -> Path:
    """Ten minutes that take seconds to convert, and nothing to make."""
    once, again = make_video(tmp_path / "once.mp4", size="640x480", duration_s=2, rate="25"), tmp_path / "v.mp4"
    command = ["ffmpeg", "-v", "error", "-stream_loop", "299", "-i", str(once), "-c", "copy", str(again)]
    subprocess.run(command, check=True)
    return again


def taken(path: Path, target: Path, limits: UploadLimits = LIMITS, stop: threading.Event | None = None) -> int:
    container, media = check(path, limits)
    return convert(path, target, container, media, FAST, limits, lambda _: None, stop or threading.Event())


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts", "m2ts", "webm", "flv", "mov", "mpg"])
def test_every_container_that_is_known_by_its_content_becomes_a_clip_of_ours(tmp_path: Path, suffix: str) -> None:
    codec = {"webm": "libvpx", "mpg": "mpeg2video", "avi": "mpeg4"}.get(suffix, "libx264")
    rate = "25" if suffix == "mpg" else "5"
    video = make_video(tmp_path / f"v.{suffix}", codec=codec, rate=rate).rename(tmp_path / "name-tells-nothing.txt")
    frames = taken(video, tmp_path / "clip.mp4")
    media = probe(tmp_path / "clip.mp4")
    assert (media.codec, media.width, media.height, media.fps) == ("h264", FAST.width, FAST.height, FAST.fps)
    assert 9 <= frames <= 11 and media.frames == frames


def test_what_its_maker_wrote_into_it_does_not_come_along(tmp_path: Path, video: Path) -> None:
    told = tmp_path / "told.mp4"
    command = ["ffmpeg", "-v", "error", "-i", str(video), "-c", "copy", "-metadata", "title=my street 5", str(told)]
    subprocess.run(command, check=True)
    assert b"my street 5" in told.read_bytes()
    taken(told, tmp_path / "clip.mp4")
    assert b"my street 5" not in (tmp_path / "clip.mp4").read_bytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:///etc/passwd\n", "playlist"),
        (b"ffconcat version 1.0\nfile other.ts\n", "playlist"),
        (b"\xef\xbb\xbf \n#EXTM3U\n", "playlist"),
        (b"<?xml version='1.0'?><MPD></MPD>", "XML"),
        (b"<html><script>", "web page"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"PK\x03\x04" + b"\0" * 100, "compressed archive"),
        (b"hello, I am a video" * 50, "any video that livemon knows"),
    ],
)
def test_what_is_no_video_is_refused_by_its_content(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "video.mp4").write_bytes(content)
    with pytest.raises(UploadRefused, match=said):
        check(tmp_path / "video.mp4", LIMITS)


def test_a_playlist_behind_a_videos_first_bytes_opens_nothing(tmp_path: Path, video: Path) -> None:
    secret = make_video(tmp_path / "other-camera.ts")
    for head in (b"\x00\x00\x00\x18ftypisom", b"\x47" + b"\0" * 187 + b"\x47", b"RIFF\0\0\0\0AVI "):
        disguised = tmp_path / "v.mp4"
        disguised.write_bytes(head + b"\n#EXTM3U\n#EXTINF:2,\n" + str(secret).encode() + b"\n")
        with pytest.raises(UploadRefused):
            taken(disguised, tmp_path / "clip.mp4")


def test_too_long_too_large_and_soundless_pictures_are_refused(tmp_path: Path) -> None:
    video = make_video(tmp_path / "v.mp4", duration_s=3)
    with pytest.raises(UploadRefused, match="minutes long"):
        check(video, UploadLimits(2, 640 * 480, 1024, 30))
    with pytest.raises(UploadRefused, match="64x48 is too large"):
        check(video, UploadLimits(60, 1000, 1024, 30))
    sound = tmp_path / "sound.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=duration=1", str(sound)], check=True)
    with pytest.raises(UploadRefused, match="sound only"):
        check(sound, LIMITS)


def test_a_truncated_video_is_taken_as_far_as_it_goes_or_refused(tmp_path: Path) -> None:
    video = make_video(tmp_path / "v.ts", duration_s=4)
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    assert 0 < taken(video, tmp_path / "clip.mp4") < 20
    whole = make_video(tmp_path / "v.mp4")
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(UploadRefused):
        taken(whole, tmp_path / "clip.mp4")


def test_a_decoder_that_wants_more_memory_than_it_may_have_is_refused(tmp_path: Path) -> None:
    video = make_video(tmp_path / "v.mp4", size="1920x1080", duration_s=1)
    with pytest.raises(UploadRefused):
        taken(video, tmp_path / "clip.mp4", UploadLimits(60, 1920 * 1080, 60, 30))


def test_a_conversion_that_takes_too_long_or_is_stopped_leaves_nothing_running(tmp_path: Path) -> None:
    video = long_video(tmp_path)
    container, media = check(video, LONG)
    slow = UploadLimits(3600, 640 * 480, 1024, 0.3)
    with pytest.raises(UploadRefused, match="took longer than"):
        convert(video, tmp_path / "clip.mp4", container, media, FAST, slow, lambda _: None, threading.Event())
    stop = threading.Event()
    with pytest.raises(SourceError, match="cancelled"):
        convert(video, tmp_path / "clip.mp4", container, media, FAST, LONG, lambda _: stop.set(), stop)
    assert subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True).stdout == b""


def test_a_decoder_that_is_stopped_is_ended_when_its_time_is_over(tmp_path: Path) -> None:
    video = long_video(tmp_path)
    container, media = check(video, LONG)
    stopped: list[int] = []

    def stop_it(_: float) -> None:
        if not stopped:
            stopped.extend(map(int, subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True).stdout.split()))
            os.kill(stopped[0], signal.SIGSTOP)

    short = UploadLimits(3600, 640 * 480, 1024, 5)  # a busy machine tells of the first progress after a second
    with pytest.raises(UploadRefused, match="took longer than"):
        convert(video, tmp_path / "clip.mp4", container, media, FAST, short, stop_it, threading.Event())
    assert stopped and not Path(f"/proc/{stopped[0]}").exists()


def test_what_watches_the_progress_can_end_it(tmp_path: Path) -> None:
    video = long_video(tmp_path)
    container, media = check(video, LONG)

    def full(_: float) -> None:
        raise UploadRefused("The disk is full.")

    with pytest.raises(UploadRefused, match="disk is full"):
        convert(video, tmp_path / "clip.mp4", container, media, FAST, LONG, full, threading.Event())
    assert subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True).stdout == b""


def test_a_decoder_dies_with_its_server_and_can_gain_no_rights(tmp_path: Path) -> None:
    own = limited(
        ["/bin/sh", "-c", "grep NoNewPrivs /proc/self/status; exec sleep 3600"], ProcessLimits(2**29, 10**6, 10, 10)
    )
    script = f"import subprocess, sys; subprocess.run({own!r}, stdout=sys.stdout)"
    server = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    assert server.stdout.readline().split() == ["NoNewPrivs:", "1"]
    server.kill()
    # The pipe ends when the last process that holds it has ended.
    assert server.stdout.read() == ""
    server.wait()


def test_a_limited_process_has_no_network_no_secrets_and_little_of_all_else() -> None:
    within = limited(
        ["/bin/sh", "-c", "ulimit -d; ulimit -n; nice; ls /sys/class/net"], ProcessLimits(2**29, 10**6, 10, 10)
    )
    said = subprocess.run(within, capture_output=True, text=True, check=True, env={}).stdout.split()
    assert said[:3] == [str(2**19), "64", str(min(19, os.nice(0) + 10))]
    if not without_network():
        pytest.skip("this kernel lets nobody take the network from a process")
    script = "import socket; socket.create_connection(('127.0.0.1', 22), 1)"
    refused = subprocess.run(
        limited(["/usr/bin/env", "python3", "-c", script], ProcessLimits(2**30, 10, 10**6)),
        capture_output=True,
        env={"PATH": "/usr/bin"},
    )
    assert b"Network is unreachable" in refused.stderr


def mutated(kind: int, whole: bytes, chance: random.Random) -> bytes:
    """A video with bytes changed, cut, moved, doubled, or put behind a video's first bytes."""
    data = bytearray(whole)
    if kind % 5 == 0:
        for _ in range(chance.randint(1, 60)):
            data[chance.randrange(len(data))] = chance.randrange(256)
    elif kind % 5 == 1:
        del data[chance.randrange(len(data)) :]
    elif kind % 5 == 2:
        at = chance.randrange(len(data))
        data[at : at + chance.randint(1, 500)] = chance.randbytes(chance.randint(0, 500))
    elif kind % 5 == 3:
        data[: chance.randint(1, 64)] = chance.randbytes(chance.randint(1, 64))
    else:
        data[12:] = chance.randbytes(chance.randint(0, 3000))
    return bytes(data)


def feed_mutants(tmp_path: Path, count: int) -> tuple[int, int]:
    """Bring so many mutated videos; returns how many were taken, and how many refused."""
    seeds = [make_video(tmp_path / f"s.{suffix}", duration_s=1).read_bytes() for suffix in ("mp4", "mkv", "ts", "flv")]
    chance = random.Random(6)
    brought, clip = tmp_path / "brought.part", tmp_path / "clip.mp4"
    took = refused = 0
    for kind in range(count):
        brought.write_bytes(mutated(kind, chance.choice(seeds), chance))
        try:
            taken(brought, clip)
        except UploadRefused:
            refused += 1
            continue
        media = probe(clip)
        assert (media.codec, media.width, media.height) == ("h264", FAST.width, FAST.height)
        took += 1
    return took, refused


def test_a_hundred_mutated_videos_are_taken_or_refused_and_nothing_else(tmp_path: Path) -> None:
    took, refused = feed_mutants(tmp_path, 100)
    assert took + refused == 100
    assert took > 5 and refused > 20, "the mutants are of both kinds"


def test_ten_thousand_heads_are_told_apart_without_a_process() -> None:
    chance = random.Random(7)
    known = 0
    for _ in range(10_000):
        head = chance.randbytes(chance.randrange(600))
        try:
            assert sniff(head) in {"mov", "matroska", "avi", "mpegts", "mpeg", "flv", "ogg", "asf"}
            known += 1
        except UploadRefused as exc:
            assert str(exc)
    assert known < 100
