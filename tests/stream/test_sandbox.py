"""Every ffmpeg runs within limits, without our environment, and opens nothing but its source."""

import asyncio
import ctypes
import dataclasses
import os
import subprocess
from pathlib import Path

import pytest

from livemon.base.errors import NotAVideo, SourceError, StreamError
from livemon.base.stream_types import ModeSetting
from livemon.stream import ffmpeg, landlock, sandbox
from livemon.stream.ffmpeg import local_url
from livemon.stream.process import spawn
from livemon.stream.sandbox import LIVE, limited, without_network
from livemon.stream.sources.network import UrlSource
from livemon.stream.tools import find_tool
from tests.conftest import make_video
from tests.stream.streaming import own_ffmpegs, streaming
from tests.stream.test_allowed_hosts import Camera

SAY = "cat /proc/self/limits /proc/self/status; tr '\\0' '\\n' < /proc/self/environ; umask"


LANDLOCKED = ctypes.CDLL(None).syscall(landlock.CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1)) > 0


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("GEMINI_API_KEY", "Zq7-key")
    monkeypatch.setenv("LIVEMON_CAMERAS__hall__SOURCE", "rtsp://u:Zq7-pass@cam/s")
    return "Zq7"


def check_limits(said: str) -> None:
    lines = {line[:26].strip(): line[26:].split() for line in said.splitlines()}
    assert lines["Max data size"][0] == str(LIVE.memory_bytes)
    assert lines["Max open files"][0] == "64"
    assert lines["Max core file size"][0] == "0"
    assert lines["Max file size"][0] != "unlimited"


async def test_what_a_camera_starts_runs_within_limits_and_without_secrets(key: str) -> None:
    process = await spawn(["sh", "-c", SAY])
    said = (await process.communicate())[0].decode()
    check_limits(said)
    assert key not in said
    assert "NoNewPrivs:\t1" in said
    assert said.rstrip().endswith("077")


def test_a_finite_command_runs_within_limits_and_without_secrets_or_network(key: str) -> None:
    said = ffmpeg.run(["sh", "-c", f"({SAY}; echo; cat /proc/net/dev) >&2"], 20)
    check_limits(said)
    assert key not in said
    if without_network():
        assert "eth" not in said.partition("Inter-|")[2]


@pytest.mark.parametrize("kind", ["folder", "file", "test-pattern"])
async def test_a_live_ffmpeg_runs_within_limits(kind: str, tmp_path: Path, key: str) -> None:
    named = {"folder": tmp_path / "videos", "file": tmp_path / "videos" / "a.mp4"}.get(kind, kind)
    make_video(tmp_path / "videos" / "a.mp4", duration_s=6, rate="10", gop=10)
    async with streaming(named, tmp_path / "hls") as stream:
        await stream.more(1)
        (running,) = own_ffmpegs()
        check_limits(Path(f"/proc/{running.pid}/limits").read_text())
        assert key not in Path(f"/proc/{running.pid}/environ").read_text()
        assert running.nice() == min(os.nice(0) + LIVE.niceness, 19), "nicer than livemon, however nice that is"


async def test_memory_beyond_the_limit_is_refused() -> None:
    little = dataclasses.replace(LIVE, memory_bytes=30 * 2**20)
    command = limited([find_tool("sh"), "-c", "head -c 100000000 /dev/zero | tail -c 100000000 | wc -c"], little)
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    assert done.stdout.strip() != "100000000"


def test_a_machine_without_the_tools_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SourceError.__base__, match="apt-get install util-linux"):
        sandbox.limited(["ffmpeg"], LIVE)


@pytest.mark.skipif(not LANDLOCKED, reason="this kernel has no Landlock")
def test_a_command_opens_only_the_files_that_it_names(tmp_path: Path) -> None:
    video, other = make_video(tmp_path / "in" / "a.mp4"), make_video(tmp_path / "in" / "b.mp4")
    (tmp_path / "out").mkdir()

    def copied(source: Path, target: Path) -> list[str]:
        return [find_tool("ffmpeg"), "-v", "error", "-i", local_url(video), "-i", str(source), "-y", local_url(target)]

    ffmpeg.run(copied(video, tmp_path / "out" / "a.mp4"), 20)
    for command in (
        copied(other, tmp_path / "out" / "b.mp4"),
        copied(Path("/etc/passwd"), tmp_path / "out" / "b.mp4"),
        [find_tool("ffmpeg"), "-v", "error", "-i", local_url(video), str(tmp_path / "unnamed.mp4")],
    ):
        with pytest.raises(SourceError, match="Permission denied"):
            ffmpeg.run(command, 20)


def test_a_kernel_without_landlock_runs_the_command_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    class OldKernel:
        def syscall(self, *_arguments: object) -> int:
            return -1

    monkeypatch.setattr(landlock.ctypes, "CDLL", lambda *_names, **_options: OldKernel())
    landlock.restrict(["/usr/bin/ffmpeg"])
    Path("/etc/passwd").read_text()


def test_what_a_command_names_is_told_from_what_it_writes(tmp_path: Path) -> None:
    (tmp_path / "there.part").write_bytes(b"")
    command = ["/usr/bin/ffmpeg", "-i", "file:/v/a.mp4", "-y", "file:/data/50%%/incoming/%06d.ts"]
    assert list(landlock.named(command)) == [(Path("/v/a.mp4"), False), (Path("/data/50%/incoming"), True)]
    written = ["/usr/bin/ffmpeg", "-i", "pipe:0", f"file:{tmp_path}/there.part"]
    assert list(landlock.named(written)) == [(tmp_path / "there.part", True)]
    assert list(landlock.named(["/usr/bin/ffprobe", "-v", "error", "file:/v/a.mp4"])) == [(Path("/v/a.mp4"), False)]
    assert list(landlock.named(["/usr/bin/ffmpeg", "-i", "rtsp://cam/s", "-f", "null", "-"])) == []


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{target}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile {target}\n",
    ],
    ids=["playlist", "concat"],
)
def test_a_file_that_names_other_files_is_no_video(tmp_path: Path, text: str) -> None:
    other = make_video(tmp_path / "elsewhere" / "a.ts")
    for target in (str(other), f"file:{other}", "elsewhere/a.ts"):
        path = tmp_path / "video.mp4"
        path.write_text(text.format(target=target))
        with pytest.raises(NotAVideo):
            ffmpeg.probe(path)


@pytest.mark.parametrize("path", ["live.m3u8", "s", "redirect"])
async def test_a_network_source_reads_no_local_file(tmp_path: Path, path: str) -> None:
    other = make_video(tmp_path / "a.ts")
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:{other}\n#EXT-X-ENDLIST\n"
    head = f"HTTP/1.1 302 Found\r\nLocation: file://{other}" if path == "redirect" else "HTTP/1.1 200 OK"
    answer = f"{head}\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()
    async with Camera(lambda request: answer) as camera:
        source = UrlSource(f"http://127.0.0.1:{camera.port}/{path}", ModeSetting.AUTO, keep_audio=False)
        with pytest.raises(StreamError):
            await source.inspect()
        assert camera.connections >= 1
