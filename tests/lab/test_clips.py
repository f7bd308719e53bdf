"""Clips made into footage, and datasets of them."""

from pathlib import Path

import pytest

from livemon.errors import LabError, NotAVideo
from livemon.lab.clips import START_UTC
from livemon.monitor import Monitor
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
    assert "broken.mp4 (broken.mp4 cannot be made into footage" in data.how
    assert monitor.lab.dataset("mine").version == data.version
    assert monitor.lab.dataset(data.version[:6]) == data


def test_a_folder_of_which_nothing_can_be_used_is_refused(monitor: Monitor, clips: Path) -> None:
    for path in (clips / "labels").iterdir():
        path.unlink()
    with pytest.raises(LabError, match="No clip in"):
        monitor.lab.from_folder(clips)
    assert len(monitor.lab.datasets()) == 0
