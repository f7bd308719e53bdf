import errno
import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from livemon.base.errors import EmptyFolder, SourceError
from livemon.stream import ffmpeg
from livemon.stream.sources import video_queue
from livemon.stream.sources.video_queue import VideoQueue, count_access_units
from tests.conftest import FAST, make_video
from tests.processes import children_named
from tests.waiting import PATIENCE_S, wait_until


class Queue(VideoQueue):
    """A queue that remembers what it skipped."""

    def __init__(self, folder: Path, shuffle: int | None = None) -> None:
        self.skipped: list[tuple[str, str]] = []
        clips = folder.parent / "clips"
        super().__init__(folder, clips, FAST, lambda name, why: self.skipped.append((name, str(why))), shuffle)


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


def test_what_is_hidden_or_half_downloaded_is_not_played_and_not_said(video_folder: Path, video: Path) -> None:
    for name in (".trashed-1700000000-VID.mp4", ".pending-1700000000-VID.mp4", "._a.mp4", ".b.mp4"):
        (video_folder / name).write_bytes(b"no video")
    for name in ("c.mp4.part", "c.mp4.crdownload", "c.mp4.tmp"):
        (video_folder / name).write_bytes(video.read_bytes())
    queue = Queue(video_folder)
    assert names(queue, 3) == ["a.mp4"] * 3
    assert queue.skipped == []


@pytest.mark.parametrize("shuffle", [None, 1])
def test_a_name_that_is_not_utf8_is_said_once_and_the_others_play(video_folder: Path, shuffle: int | None) -> None:
    make_video(video_folder / "other.mp4", size="80x60").rename(os.fsdecode(bytes(video_folder) + b"/caf\xe9.mp4"))
    queue = Queue(video_folder, shuffle)
    assert names(queue, 3) == ["a.mp4"] * 3
    [(name, why)] = queue.skipped
    assert name == "caf\\udce9.mp4"
    assert "not UTF-8" in why
    why.encode()


def test_a_file_that_vanishes_while_it_is_read_is_nothing_to_report(
    video_folder: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = video_folder / "0.mp4"
    gone.write_bytes(video.read_bytes())
    normalise = video_queue.normalise

    def vanishing(path: Path, *arguments: Any, **options: Any) -> int:
        gone.unlink(missing_ok=True)
        return normalise(path, *arguments, **options)

    monkeypatch.setattr(video_queue, "normalise", vanishing)
    queue = Queue(video_folder)
    assert names(queue, 2) == ["a.mp4"] * 2
    assert queue.skipped == []


def test_a_file_that_cannot_be_read_is_said_once_and_the_others_play(
    video_folder: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = video_folder / "0.mp4"
    bad.write_bytes(video.read_bytes())
    open_ = Path.open

    def failing(path: Path, *arguments: Any, **options: Any) -> Any:
        if path == bad:
            raise OSError(errno.EIO, "Input/output error")
        return open_(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", failing)
    queue = Queue(video_folder)
    assert names(queue, 4) == ["a.mp4"] * 4
    assert queue.skipped == [("0.mp4", "0.mp4 cannot be read: Input/output error. Check its rights and its disk.")]


def test_a_file_that_is_being_written_waits_until_it_is_whole(
    video_folder: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue(video_folder)
    queue.next_clip()
    growing, data = video_folder / "0.mp4", video.read_bytes()
    growing.write_bytes(data[:100])
    versions = itertools.count()

    def grow(_seconds: float) -> bool:
        growing.write_bytes(data[: 200 + next(versions)])
        return False

    with monkeypatch.context() as written:
        written.setattr(queue._stop, "wait", grow)
        assert names(queue, 3) == ["a.mp4"] * 3
    growing.write_bytes(data)
    assert names(queue, 2) == ["0.mp4", "a.mp4"]
    assert queue.skipped == []


def test_a_repaired_file_is_tried_again(video_folder: Path, video: Path) -> None:
    broken = video_folder / "0.mp4"
    broken.write_text("no video")
    queue = Queue(video_folder)
    queue.next_clip()
    broken.write_bytes(video.read_bytes())
    assert queue.next_clip().name == "0.mp4"


def test_a_clip_is_normalised_once(video_folder: Path) -> None:
    first = Queue(video_folder).next_clip()
    file = first.path.stat().st_ino
    assert Queue(video_folder).next_clip() == first
    assert first.path.stat().st_ino == file, "the same file, not one like it"


def test_stopping_ends_a_conversion_and_does_not_condemn_the_file(
    video_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg, "normalise_command", lambda *_: ["sleep", "60"])
    queue = Queue(video_folder)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(queue.next_clip)
        wait_until(lambda: children_named("sleep"))
        queue.interrupt()
        with pytest.raises(SourceError, match="stopped"):
            waiting.result(PATIENCE_S)
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


def names(queue: VideoQueue, count: int) -> list[str]:
    return [queue.next_clip().name for _ in range(count)]


def shuffled(folder: Path, seed: int) -> VideoQueue:
    return VideoQueue(folder, folder.parent / "clips", FAST, lambda _name, _why: None, shuffle=seed)


def test_a_shuffled_round_has_every_file_once_and_none_twice_in_a_row(video_folder: Path, video: Path) -> None:
    for letter in "bcde":
        (video_folder / f"{letter}.mp4").write_bytes(video.read_bytes())
    played = names(shuffled(video_folder, 7), 100)
    rounds = [played[at : at + 5] for at in range(0, 100, 5)]
    assert all(sorted(one) == [f"{letter}.mp4" for letter in "abcde"] for one in rounds)
    assert len({tuple(one) for one in rounds}) > 10
    assert all(one != after for one, after in itertools.pairwise(played))
    assert played == names(shuffled(video_folder, 7), 100)
    assert played != names(shuffled(video_folder, 8), 100)


def test_a_file_added_while_running_joins_a_shuffled_round(video_folder: Path, video: Path) -> None:
    (video_folder / "b.mp4").write_bytes(video.read_bytes())
    queue = shuffled(video_folder, 1)
    first = names(queue, 1)
    (video_folder / "c.mp4").write_bytes(video.read_bytes())
    assert sorted(first + names(queue, 2)) == ["a.mp4", "b.mp4", "c.mp4"]


def test_the_cache_is_bounded_and_keeps_what_plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        make_video(tmp_path / "videos" / f"{number}.mp4", duration_s=1 + number / 5)
    monkeypatch.setattr(video_queue, "MAX_CACHE_BYTES", 1)
    queue = Queue(tmp_path / "videos")
    clips = [queue.next_clip() for _ in range(5)]
    assert [clip.path.exists() for clip in clips] == [False, False, False, True, True], "playing, and the next one"
    assert queue.next_clip().name == "0.mp4", "and converts again what it forgot"


def test_what_a_dead_process_left_in_the_cache_is_removed(video_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "x_1_2.part").write_text("half a clip")
    Queue(video_folder).next_clip()
    assert list((tmp_path / "clips").glob("*.part")) == []
