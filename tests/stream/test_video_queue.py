import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from livemon.errors import EmptyFolder, SourceError
from livemon.stream import ffmpeg
from livemon.stream.video_queue import VideoQueue, count_access_units
from tests.conftest import FAST, make_video


class Queue(VideoQueue):
    """A queue that remembers what it skipped."""

    def __init__(self, folder: Path) -> None:
        self.skipped: list[tuple[str, str]] = []
        super().__init__(folder, folder.parent / "clips", FAST, lambda name, why: self.skipped.append((name, why)))


def test_files_play_in_name_order_and_for_ever(video_folder: Path, video: Path) -> None:
    (video_folder / "b.mp4").write_bytes(video.read_bytes())
    queue = Queue(video_folder)
    assert [queue.next_clip().name for _ in range(5)] == ["a.mp4", "b.mp4", "a.mp4", "b.mp4", "a.mp4"]


def test_a_file_added_while_running_joins(video_folder: Path, video: Path) -> None:
    queue = Queue(video_folder)
    assert queue.next_clip().name == "a.mp4"
    (video_folder / "c.mp4").write_bytes(video.read_bytes())
    assert queue.next_clip().name == "c.mp4"


@pytest.mark.parametrize(("size", "rate", "codec"), [("48x64", "30", "mpeg4"), ("320x180", "24000/1001", "libx264")])
def test_any_codec_size_and_rate_becomes_the_profiles(tmp_path: Path, size: str, rate: str, codec: str) -> None:
    make_video(tmp_path / "videos" / "a.mkv", duration_s=2, size=size, rate=rate, codec=codec)
    clip = Queue(tmp_path / "videos").next_clip()
    assert clip.frames == pytest.approx(2 * FAST.fps, abs=1)
    assert clip.frames == count_access_units(clip.path.read_bytes())


def test_a_broken_file_is_skipped_and_said_once(video_folder: Path) -> None:
    (video_folder / "0_text.mp4").write_text("no video at all")
    (video_folder / "1_empty.mp4").touch()
    queue = Queue(video_folder)
    assert [queue.next_clip().name for _ in range(3)] == ["a.mp4"] * 3
    assert [name for name, _ in queue.skipped] == ["0_text.mp4", "1_empty.mp4"]
    assert "0 bytes" in queue.skipped[1][1]


def test_a_repaired_file_is_tried_again(video_folder: Path, video: Path) -> None:
    broken = video_folder / "0.mp4"
    broken.write_text("no video")
    queue = Queue(video_folder)
    queue.next_clip()
    broken.write_bytes(video.read_bytes())
    assert queue.next_clip().name == "0.mp4"


def test_a_clip_is_normalised_once(video_folder: Path) -> None:
    first = Queue(video_folder).next_clip()
    written = first.path.stat().st_mtime_ns
    assert Queue(video_folder).next_clip() == first
    assert first.path.stat().st_mtime_ns == written


def test_stopping_ends_a_conversion_and_does_not_condemn_the_file(
    video_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg, "normalise_command", lambda *_: ["sleep", "60"])
    queue = Queue(video_folder)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(queue.next_clip)
        time.sleep(0.5)
        queue.interrupt()
        with pytest.raises(SourceError, match="stopped"):
            waiting.result(timeout=5)
    assert queue.skipped == []
    assert list((tmp_path / "clips").iterdir()) == []


@pytest.mark.parametrize("prepare", ["missing", "empty", "no video", "only broken"])
def test_nothing_to_play_is_said_with_what_to_do(tmp_path: Path, prepare: str) -> None:
    folder = tmp_path / "videos"
    if prepare != "missing":
        folder.mkdir()
    if prepare == "no video":
        (folder / "notes.txt").write_text("hello")
    if prepare == "only broken":
        (folder / "a.mp4").write_text("hello")
    with pytest.raises(EmptyFolder, match="Put"):
        Queue(folder).next_clip()
