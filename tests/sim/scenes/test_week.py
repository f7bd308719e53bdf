"""The demo's week: whole windows, and happenings that lie in them, with boxes that lie in the picture."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from livemon.sim.scenes.day import clips
from livemon.sim.scenes.week import (
    CAT,
    CLIMB,
    CLIMBS,
    DAYS,
    FALL,
    FALLS,
    GAPS,
    KINDS,
    WINDOW_MINUTES,
    WINDOW_S,
    day_windows,
    happenings,
    window_clips,
)
from livemon.sim.scenes.window_files import FRAMES, write_window_files


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_is_filled_without_a_hole(kind: str) -> None:
    shown = window_clips(kind)
    assert shown[0].start_s == 0
    assert all(one.start_s + one.duration_s == other.start_s for one, other in pairwise(shown))
    assert shown[-1].start_s + shown[-1].duration_s == WINDOW_S


@pytest.mark.parametrize("kind", KINDS)
def test_what_happens_lies_in_the_window_and_its_box_in_the_picture(kind: str) -> None:
    for one in happenings(kind):
        assert 0 <= one.start_s < one.end_s <= WINDOW_S
        assert 0 <= one.clip_s < one.clip.duration_s
        top, left, bottom, right = one.box
        assert 0 <= top < bottom <= 1000
        assert 0 <= left < right <= 1000


@pytest.mark.parametrize("kind", KINDS)
def test_the_picture_of_what_happens_shows_who_did_it(kind: str) -> None:
    for one in happenings(kind):
        assert one.has_cat if one.what == CAT else one.people


def test_a_cat_is_alone_while_the_child_sleeps_elsewhere() -> None:
    assert [(one.people, one.has_cat) for one in happenings("cat")] == [(0, True)]


def test_only_the_windows_that_say_so_have_a_fall_or_a_climb() -> None:
    grave = {kind: {one.what for one in happenings(kind)} & {FALL, CLIMB} for kind in KINDS}
    assert grave == {kind: {kind} & {FALL, CLIMB} for kind in KINDS}


@pytest.mark.parametrize("days_back", range(DAYS + 1))
def test_a_day_has_its_falls_climbs_and_gaps(days_back: int) -> None:
    windows = dict(day_windows(days_back))
    assert all(minute % WINDOW_MINUTES == 0 for minute in windows)
    for kind, minutes in (("fall", FALLS), ("climb", CLIMBS)):
        assert {minute for minute, shown in windows.items() if shown == kind} == set(minutes.get(days_back, ()))
    first, end = GAPS.get(days_back, (0, 0))
    assert not [minute for minute in windows if first <= minute < end]


def test_yesterday_has_a_fall_a_climb_and_a_gap() -> None:
    assert FALLS[1] and CLIMBS[1] and GAPS[1]


def test_the_files_of_windows_have_as_many_pictures_as_recorded_ones(tmp_path: Path) -> None:
    ffmpeg = shutil.which("ffmpeg")
    assert ffmpeg is not None
    made, source = tmp_path / "made", tmp_path / "clips"
    made.mkdir()
    source.mkdir()
    for clip in clips():
        colour = f"color=size=64x48:rate={clip.fps}:duration={clip.duration_s}"
        command = [ffmpeg, "-v", "error", "-f", "lavfi", "-i", colour, "-c:v", "libx264", "-preset", "ultrafast"]
        subprocess.run([*command, str(source / clip.name)], check=True)
    files = write_window_files(source, made)
    assert files.keys() == KINDS.keys()
    probe = ["ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets,duration"]
    shown = subprocess.run([*probe, "-of", "json", str(files["fall"])], check=True, capture_output=True)
    stream = json.loads(shown.stdout)["streams"][0]
    assert int(stream["nb_read_packets"]) == FRAMES
    assert float(stream["duration"]) == pytest.approx(WINDOW_S, abs=0.05)
