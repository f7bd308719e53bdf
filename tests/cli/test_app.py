"""The command line as a user runs it: real processes."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import make_video
from tests.ports import free_port
from tests.processes import children_named
from tests.waiting import PATIENCE_S, wait_until

COMMAND = [sys.executable, "-m", "livemon"]


def write_config(folder: Path, videos: Path, **more: object) -> Path:
    lines = [f'data_dir = "{folder / "data"}"', *(f"{key} = {value}" for key, value in more.items())]
    path = folder / "livemon.toml"
    path.write_text("\n".join([*lines, "[cameras.camera-1]", f'source = "{videos}"']))
    return path


def run(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({"PATH": path} if path is not None else {})
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, env=environment)


@pytest.mark.parametrize("stop_with", [signal.SIGINT, signal.SIGTERM])
def test_serve_says_when_it_can_be_used_and_leaves_nothing_behind(
    tmp_path: Path, video_folder: Path, stop_with: signal.Signals
) -> None:
    config = write_config(tmp_path, video_folder, port=free_port())
    process = subprocess.Popen([*COMMAND, "serve", "--config", str(config)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert re.search(r"watching 1 camera\(s\): http://127\.0\.0\.1:\d+", line)
        with socket.create_connection(("127.0.0.1", int(line.rsplit(":", 1)[1])), timeout=PATIENCE_S):
            pass
        wait_until(lambda: children_named("ffmpeg", process.pid), "no ffmpeg")
        children = children_named("ffmpeg", process.pid)
        assert len(children) == 1
        process.send_signal(stop_with)
        assert process.wait(PATIENCE_S) == 0
        assert not any(child.is_running() for child in children)
    finally:
        process.kill()


def test_a_port_in_use_is_one_sentence(tmp_path: Path, video_folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", "--config", str(write_config(tmp_path, video_folder, port=port)))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"livemon: Port {port} on 127.0.0.1 is used")
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_one_sentence(tmp_path: Path, video_folder: Path) -> None:
    done = run("serve", "--config", str(write_config(tmp_path, video_folder, prot=1)))
    assert done.returncode == 1
    assert "prot" in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_is_content_with_what_works(tmp_path: Path, video_folder: Path) -> None:
    done = run("doctor", "--config", str(write_config(tmp_path, video_folder, port=free_port())))
    assert done.returncode == 0, done.stdout
    for subject in ("ffmpeg", "player", "database", "model", "port", "camera camera-1"):
        assert re.search(rf"^ok +{subject}:", done.stdout, re.M), subject
    assert re.search(r"^(ok|warning) +disk: \d+ GB", done.stdout, re.M), "the machine's disk may be nearly full"


def test_doctor_says_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    make_video(videos / "good.mp4")
    (videos / "bad.mp4").write_text("no video")
    done = run("doctor", "--config", str(write_config(tmp_path, videos)), path=str(tmp_path))
    assert done.returncode == 1
    assert "failed   ffmpeg: ffmpeg is not installed." in done.stdout or "ffprobe is not installed." in done.stdout
    assert "apt-get install ffmpeg" in done.stdout
    done = run("doctor", "--config", str(write_config(tmp_path, videos)))
    assert "bad.mp4 is not a video" in done.stdout
    assert "1 of 2 files" in done.stdout


def test_without_ffmpeg_the_camera_says_so(tmp_path: Path, video_folder: Path) -> None:
    code = (
        "import livemon, time\n"
        f"cameras = {{'a': {{'source': {str(video_folder)!r}}}}}\n"
        f"m = livemon.Monitor(data_dir={str(tmp_path / 'data')!r}, cameras=cameras)\n"
        "m.start_all()\n"
        "while 'installed' not in m.status('a').reason: time.sleep(0.1)\n"
        "print(m.status('a')); m.close()"
    )
    environment = os.environ | {"PATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S, env=environment
    )
    assert "is not installed" in done.stdout
    assert "apt-get install ffmpeg" in done.stdout


def test_the_demo_leaves_out_the_default_camera_unless_it_has_videos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from livemon.base.settings.settings import Settings
    from livemon.cli import app

    monkeypatch.chdir(tmp_path)

    def watched(**values: Any) -> list[str]:
        settings = Settings(**values)
        app._leave_out_default(settings)
        return list(settings.cameras)

    assert watched() == []
    assert watched(cameras={"hall": {"source": "rtsp://127.0.0.1/hall"}}) == ["hall"]
    folder = tmp_path / "videos" / "camera-1"
    folder.mkdir(parents=True)
    assert watched() == []
    (folder / "holiday.mp4").touch()
    assert watched() == ["camera-1"]


def test_removing_a_demo_that_is_not_there_says_so(tmp_path: Path) -> None:
    done = run("demo", "--remove", "--config", str(write_config(tmp_path, tmp_path / "videos")))
    assert done.returncode == 0, done.stderr
    assert "nothing of the demo" in done.stdout
