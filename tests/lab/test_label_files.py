"""Label files: what is read, joined and refused."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from livemon.base.datatypes import Severity
from livemon.base.errors import LabError
from livemon.lab.data.dataset import Stretch
from livemon.lab.data.label_files import labelled_clips, read_label_file
from tests.conftest import MORNING
from tests.lab.bench import write_label


def event(start_s: float, end_s: float, kind: str, severity: str = "danger") -> dict[str, Any]:
    return {"start_s": start_s, "end_s": end_s, "type": kind, "severity": severity, "description": kind}


def read(folder: Path, *events: dict[str, Any], **fields: Any) -> Any:
    return read_label_file(write_label(folder, "a.mp4", events=events, **fields))


def test_events_stand_at_the_times_of_the_footage(tmp_path: Path) -> None:
    label = read(tmp_path, event(1.5, 2.0, "child_climbs", "warning"), unsure_s=[[3, 4]], scene="A room", extra=1)
    (truth,) = label.truths(MORNING)
    assert (truth.start_utc, truth.kind, truth.severity) == (
        MORNING + timedelta(seconds=1.5),
        "child_climbs",
        Severity.WARNING,
    )
    assert label.unsure(MORNING) == (Stretch(MORNING + timedelta(seconds=3), MORNING + timedelta(seconds=4)),)


def test_who_lies_after_a_fall_is_that_falls_end(tmp_path: Path) -> None:
    label = read(tmp_path, event(1, 2, "person_falls"), event(2.5, 9, "person_lies"))
    (truth,) = label.truths(MORNING)
    assert (truth.kind, truth.end_utc) == ("person_falls", MORNING + timedelta(seconds=9))


def test_lying_in_danger_without_a_fall_may_be_told_of_as_anything(tmp_path: Path) -> None:
    label = read(tmp_path, event(0, 9, "person_lies"), event(20, 30, "person_lies", "info"))
    assert [truth.kind for truth in label.truths(MORNING)] == ["missed", "person_lies"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"events": [event(3, 2, "fall")]}, "end_s is before start_s"),
        ({"events": [event(0, 1, "fall", "awful")]}, "events.0.severity"),
        ({"events": [{"start_s": 0}]}, "events.0.end_s"),
        ({"duration_s": 0}, "duration_s"),
    ],
)
def test_a_wrong_label_says_which_field(tmp_path: Path, fields: dict[str, Any], said: str) -> None:
    path = write_label(tmp_path, "a.mp4")
    path.write_text(json.dumps({"duration_s": 5, "events": [], **fields}))
    with pytest.raises(LabError, match=r"a.mp4.json is wrong") as caught:
        read_label_file(path)
    assert said in caught.value.message


def test_a_label_that_is_no_json_or_not_there_is_refused(tmp_path: Path) -> None:
    path = write_label(tmp_path, "a.mp4")
    path.write_text("{")
    with pytest.raises(LabError, match="is wrong"):
        read_label_file(path)
    with pytest.raises(LabError, match="cannot be read"):
        read_label_file(tmp_path / "none.json")


@pytest.mark.parametrize("inside", ["", "clips"])
def test_clips_lie_in_the_folder_or_in_its_clips(tmp_path: Path, inside: str) -> None:
    (tmp_path / inside).mkdir(exist_ok=True)
    for name in ("b.mkv", "a.mp4", "notes.txt"):
        (tmp_path / inside / name).write_text("")
    found = list(labelled_clips(tmp_path))
    assert [path.name for path, _ in found] == ["a.mp4", "b.mkv"]
    assert found[0][1] == tmp_path / "labels" / "a.mp4.json"


def test_a_folder_without_clips_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no clip"):
        list(labelled_clips(tmp_path))
    with pytest.raises(LabError, match="no clip"):
        list(labelled_clips(tmp_path / "none"))
