"""Clips made into footage, and datasets of them."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from livemon.base.errors import LabError, NotAVideo
from livemon.lab.data.clips import START_UTC
from livemon.monitor.monitor import Monitor
from tests.conftest import make_video
from tests.lab.bench import write_label


def test_a_clip_is_footage_from_a_fixed_moment_on(monitor: Monitor, clips: Path) -> None:
    clip = monitor.lab.clips.bring(clips / "one.mp4")
    segments = monitor.lab.clips.footage(clip.id).segments(clip.start_utc, clip.end_utc)
    assert clip.start_utc == START_UTC
    assert (clip.end_utc - clip.start_utc).total_seconds() == pytest.approx(6, abs=0.3)
    assert [round(one.duration_s, 1) for one in segments] == [1.0] * 6
    frame = monitor.lab.clips.footage(clip.id).frame(START_UTC)
    assert frame.image.shape == (48, 64, 3)


def test_the_same_clip_is_there_once_whatever_it_is_called(monitor: Monitor, clips: Path) -> None:
    first = monitor.lab.clips.bring(clips / "one.mp4")
    made = (monitor.lab.clips.folder(first.id) / "hls").stat().st_mtime_ns
    (clips / "one.mp4").rename(clips / "other.mp4")
    assert monitor.lab.clips.bring(clips / "other.mp4") == first
    assert (monitor.lab.clips.folder(first.id) / "hls").stat().st_mtime_ns == made
    assert monitor.lab.clips.bring(clips / "two.mp4").id != first.id


def test_what_is_no_video_is_refused_and_leaves_nothing_behind(monitor: Monitor, tmp_path: Path) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("no video")
    with pytest.raises(NotAVideo, match=r"text\.mp4"):
        monitor.lab.clips.bring(path)
    left = list((monitor.settings.data_dir / "lab").rglob("*.ts")) + list(
        (monitor.settings.data_dir / "lab").rglob("hls")
    )
    assert left == []
    with pytest.raises(LabError, match="cannot be read"):
        monitor.lab.clips.bring(tmp_path / "none.mp4")


def test_sound_without_a_picture_is_refused_in_plain_words(monitor: Monitor, tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=duration=1", str(path)], check=True)
    with pytest.raises(NotAVideo, match=r"song\.m4a is not a video: it has sound only"):
        monitor.lab.clips.bring(path)


@pytest.mark.parametrize("clip_id", ["clip-0000000000000000", "../secret", "camera-1", "clip-../../x"])
def test_a_clip_that_the_lab_does_not_have_is_refused(monitor: Monitor, clip_id: str) -> None:
    with pytest.raises(LabError, match="does not have the clip"):
        monitor.lab.clips.footage(clip_id)


def test_a_folder_is_a_dataset_and_says_what_was_left_out(monitor: Monitor, clips: Path) -> None:
    (clips / "labels" / "two.mp4.json").unlink()
    (clips / "broken.mp4").write_text("no video")
    write_label(clips, "broken.mp4", cluster="room", tags=["night"])
    write_label(clips, "three.mp4", cluster="room", tags=["night"])
    data = monitor.lab.from_folder(clips, "mine")
    assert [(one.title, one.cluster, one.night) for one in data.items] == [
        ("one", "one", False),
        ("three", "room", True),
    ]
    assert "two.mp4 (no label file)" in data.how
    assert "broken.mp4 (broken.mp4 is not a video" in data.how
    assert monitor.lab.dataset("mine").version == data.version
    assert monitor.lab.dataset(data.version[:6]) == data


def test_a_folder_of_which_nothing_can_be_used_is_refused(monitor: Monitor, clips: Path) -> None:
    for path in (clips / "labels").iterdir():
        path.unlink()
    with pytest.raises(LabError, match="No clip in"):
        monitor.lab.from_folder(clips)
    assert len(monitor.lab.datasets()) == 0


def test_a_single_picture_is_left_out_and_spoils_nothing(monitor: Monitor, clips: Path) -> None:
    make_video(clips / "single.mp4", 0.2)
    write_label(clips, "single.mp4", 0.2, events=[])
    for _ in range(2):
        data = monitor.lab.from_folder(clips)
        assert {item.title for item in data.items} >= {"one", "two", "three"}
    assert "single" in data.how or any(item.title == "single" for item in data.items)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"events": [{"start_s": 100, "end_s": 110, "type": "fall", "severity": "danger"}]}, "until 110 s"),
        ({"duration_s": 400}, "is for 400 s, and the clip has 6.0 s"),
        ({"unsure_s": [[3, 2]]}, "unsure_s"),
        ({"unsure_s": [[-1, 2]]}, "unsure_s"),
    ],
)
def test_a_label_of_another_clip_is_refused(monitor: Monitor, clips: Path, fields: dict[str, Any], said: str) -> None:
    write_label(clips, "one.mp4", **fields)
    with pytest.raises(LabError, match=said):
        monitor.lab.from_folder(clips)


def test_the_same_clip_with_two_labels_is_refused_and_with_one_it_is_there_once(monitor: Monitor, clips: Path) -> None:
    shutil.copy(clips / "one.mp4", clips / "same.mp4")
    write_label(clips, "same.mp4")
    data = monitor.lab.from_folder(clips)
    assert len(data.items) == 3
    assert "same.mp4 (the same clip as one)" in data.how
    write_label(clips, "same.mp4", events=[])
    with pytest.raises(LabError, match="their labels differ"):
        monitor.lab.from_folder(clips)
