"""What a brought video's clip is called, and how it gets into a camera's folder."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from livemon.base.errors import UploadRefused
from livemon.stream.files import upload_place
from livemon.stream.files.upload_place import CLIP_SUFFIX, NAME_AT_MOST, publish, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd.mp4"),
        ("C:\\videos\\Emma's 1st step.MOV", "Emma-s-1st-step.mp4"),
        (".hidden.mp4", "hidden.mp4"),
        ("-rf.mp4", "rf.mp4"),
        ("%03d.ts", "03d.mp4"),
        ("x:y.mp4", "x-y.mp4"),
        ("걸음마.mp4", "video.mp4"),
        ("", "video.mp4"),
        ("a" * 300 + ".mp4", "a" * 76 + ".mp4"),
        ("nul\0byte.mp4", "byte.mp4"),
        ("...", "video.mp4"),
    ],
)
def test_a_name_is_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe
    assert len(safe) <= 80 and safe.endswith(CLIP_SUFFIX)


def test_a_clip_replaces_nothing_and_appears_whole(tmp_path: Path, video: Path) -> None:
    folder = tmp_path / "queue"
    names = [publish(video, folder, "step.mp4") for _ in range(3)]
    assert names == ["step.mp4", "step-2.mp4", "step-3.mp4"]
    outside = tmp_path / "outside.mp4"
    (folder / "link.mp4").symlink_to(outside)
    assert publish(video, folder, "link.mp4") == "link-2.mp4"
    assert not outside.exists(), "a link in the folder leads nowhere"
    assert sorted(path.name for path in folder.iterdir()) == [
        "link-2.mp4",
        "link.mp4",
        "step-2.mp4",
        "step-3.mp4",
        "step.mp4",
    ]


def test_a_long_name_with_a_number_is_not_longer(tmp_path: Path, video: Path) -> None:
    name = safe_name("a" * 300)
    names = [publish(video, tmp_path, name) for _ in range(2)]
    assert len(set(names)) == 2 and {len(one) for one in names} == {NAME_AT_MOST}


def test_a_folder_behind_a_link_or_not_there_yet_takes_clips(tmp_path: Path, video: Path) -> None:
    (tmp_path / "drive").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "drive")
    assert publish(video, tmp_path / "link" / "new", "a.mp4") == "a.mp4"
    assert (tmp_path / "drive" / "new" / "a.mp4").read_bytes() == video.read_bytes()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, video: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UploadRefused, match="cannot be written"):
        publish(video, tmp_path / "file" / "folder", "a.mp4")


def test_a_drive_without_hard_links_takes_clips_all_the_same(
    tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(upload_place.os, "link", refuse)
    assert [publish(video, tmp_path, "a.mp4") for _ in range(2)] == ["a.mp4", "a-2.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "a-2.mp4").read_bytes() == video.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-2.mp4", "a.mp4"]


def test_a_full_disk_leaves_nothing(tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(upload_place.shutil, "copyfile", full)
    with pytest.raises(UploadRefused, match="No space left"):
        publish(video, tmp_path, "a.mp4")
    assert list(tmp_path.iterdir()) == []
