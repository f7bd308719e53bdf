"""Datasets of what people said: what counts as known, and what each window stands for."""

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from livemon.base.clock import Window
from livemon.base.datatypes import Severity
from livemon.base.errors import LabError, UnknownCamera
from livemon.lab.data.collect import judged
from livemon.lab.data.dataset import Dataset
from livemon.monitor.monitor import Monitor
from livemon.store import archives, writes
from livemon.store.reviews import review_events
from tests import days
from tests.conftest import make_video
from tests.days import CAM, at

WINDOW = Window(at(9))


def label(
    second: float, verdict: str, until: float | None = None, *, by: str = "ann", about: str = "", kind: str = "fall"
) -> dict[str, object]:
    grave = "danger" if verdict in ("right", "missed") else ""
    span = {"start_utc": at(9, 0, 0) + timedelta(seconds=second), "end_utc": None}
    span["end_utc"] = at(9) + timedelta(seconds=second if until is None else until)
    return {**span, "verdict": verdict, "labeller": by, "about": about, "kind": kind, "severity": grave, "note": ""}


def known(*labels: dict[str, object]) -> tuple[list[tuple[str, float, float]], list[tuple[float, float]]]:
    """Kinds and seconds of what happened, and seconds of what is unsure."""
    columns = ["start_utc", "end_utc", "verdict", "labeller", "about", "kind", "severity", "note"]
    table = pd.DataFrame(list(labels), columns=columns)
    for name in columns[:2]:
        table[name] = pd.to_datetime(table[name], utc=True)
    truths, unsure = judged(table, WINDOW.start_utc, WINDOW.end_utc)

    def second(moment: datetime) -> float:
        return (moment - WINDOW.start_utc).total_seconds()

    return (
        [(one.kind, second(one.start_utc), second(one.end_utc)) for one in truths],
        [(second(one.start_utc), second(one.end_utc)) for one in unsure],
    )


def test_of_a_window_that_somebody_watched_all_is_known() -> None:
    assert known(label(0, "watched", 600)) == ([], [])
    assert known(label(0, "watched", 600), label(100, "missed", 105)) == ([("fall", 100, 105)], [])


def test_a_verdict_alone_tells_of_its_own_moment_only() -> None:
    truths, unsure = known(label(100, "right", 105, about="event-1"))
    assert truths == [("fall", 100, 105)]
    assert unsure == [(0, 90), (115, 600)]


def test_what_was_wrong_happened_not() -> None:
    assert known(label(0, "watched", 600), label(100, "wrong", 105, about="event-1")) == ([], [])


def test_what_nobody_can_tell_is_unsure_also_in_a_watched_window() -> None:
    assert known(label(0, "watched", 600), label(100, "unsure", 120))[1] == [(90, 130)]


def test_where_two_people_contradict_each_other_nobody_knows() -> None:
    said = label(100, "right", 105, about="event-1"), label(100, "wrong", 105, about="event-1", by="bob")
    truths, unsure = known(label(0, "watched", 600), *said)
    assert truths == []
    assert set(unsure) == {(90, 115)}


def test_what_two_people_marked_is_one_event() -> None:
    said = label(100, "missed", 105), label(103, "missed", 108, by="bob"), label(300, "missed", 301)
    assert known(label(0, "watched", 600), *said)[0] == [("fall", 100, 108), ("fall", 300, 301)]
    other = label(100, "missed", 105), label(100, "missed", 105, kind="climbing", by="bob")
    assert len(known(label(0, "watched", 600), *other)[0]) == 2


@pytest.fixture
def recorded(monitor: Monitor, tmp_path: Path) -> Monitor:
    """Four archived windows of camera-1."""
    video = make_video(tmp_path / "window.mp4", 2)
    for minute in (0, 10, 20, 30):
        days.archive(monitor, at(9, minute), video)
    return monitor


def collect(monitor: Monitor, **wanted: object) -> Dataset:
    return monitor.lab.from_labels(CAM, at(9), at(10), **wanted)  # type: ignore[arg-type]


def test_labelled_windows_become_a_dataset_and_their_footage_stays(recorded: Monitor) -> None:
    lab = recorded.lab
    lab.label(CAM, at(9), at(9, 10), "watched", by="ann")
    lab.label(CAM, at(9, 1), at(9, 2), "missed", by="ann", kind="fall", severity="danger")
    data = collect(recorded)
    (item,) = data.items
    assert (item.start_utc, item.stratum, item.weight, item.cluster) == (at(9), "quiet", 4.0, "camera-1 2026-11-22")
    assert [truth.kind for truth in item.truths] == ["fall"]
    assert "1 of 4 quiet" in data.how
    assert lab.dataset(data.version) == data
    assert kept(recorded) == [at(9)]


def kept(monitor: Monitor) -> list[datetime]:
    """The windows that retention leaves alone; it is asked to delete all."""
    there = archives.records(monitor.database)
    pinned = [one.start_utc for one in there if one.pinned]
    archives.delete_rows(monitor.database, [one.id for one in there])
    assert [one.start_utc for one in archives.records(monitor.database)] == pinned
    return pinned


def test_a_dataset_that_is_dropped_gives_its_footage_back(recorded: Monitor) -> None:
    lab = recorded.lab
    for minute in (0, 10):
        lab.label(CAM, at(9, minute), at(9, minute + 10), "watched")
    archives.set_pinned(recorded.database, CAM, at(9, 20), at(9, 30), True)
    both, one = collect(recorded), lab.from_labels(CAM, at(9, 10), at(9, 20), "the second")
    lab.drop(both)
    assert lab.datasets()["name"].tolist() == ["the second"]
    assert archives.held_by_datasets(recorded.database, CAM, at(9), at(10)) == 1
    assert kept(recorded) == [at(9, 10), at(9, 20)]
    lab.drop("the second")
    assert kept(recorded) == [at(9, 20)], "somebody pinned it"
    assert len(lab.labels()) == 2
    with pytest.raises(LabError, match="no dataset"):
        lab.drop(one.version)


def test_an_empty_dataset_can_be_kept_and_dropped(monitor: Monitor, dataset: Dataset) -> None:
    empty = monitor.lab.freeze(dataset.only([], "nothing"))
    assert monitor.lab.dataset("nothing") == empty
    monitor.lab.drop("nothing")


def test_a_dataset_with_experiments_is_dropped_with_them_or_not_at_all(monitor: Monitor, dataset: Dataset) -> None:
    lab = monitor.lab
    experiment = lab.experiment(dataset, models="local").run(progress=False)
    with pytest.raises(LabError, match=f"use this dataset: {experiment.id}"):
        lab.drop(dataset)
    assert lab.open(experiment.id).answers()["status"].tolist()
    lab.drop(dataset, with_experiments=True)
    assert lab.datasets().empty
    assert lab.experiments().empty


def test_verdicts_of_the_pages_are_labels(recorded: Monitor) -> None:
    from tests.conftest import MORNING, seen

    shift = at(9, 3) - MORNING
    one = seen(0, 5, kind="fall", severity=Severity.DANGER)
    moved = type(one)(
        one.kind, one.event_type, one.severity, one.title, one.description, 0.5, one.start_utc + shift,
        one.end_utc + shift, (one.start_utc + shift,),
    )  # fmt: skip
    ids = [writes.add_event(recorded.database, CAM, moved, at(9, 4), model="local") for _ in range(2)]
    review_events(recorded.database, [ids[0]], {"label": "right"}, at(10))
    (item,) = collect(recorded).items
    assert [(truth.kind, truth.start_utc) for truth in item.truths] == [("fall", at(9, 3))]
    assert item.stratum == "alerted"
    assert [round((one.end_utc - one.start_utc).total_seconds()) for one in item.unsure] == [170, 405]
    assert item.weight == 0, "an alert is why it is labelled: it is no sample"


def test_only_windows_that_were_watched_whole_stand_for_others(recorded: Monitor) -> None:
    lab = recorded.lab
    lab.label(CAM, at(9), at(9, 6), "watched", by="ann")
    lab.label(CAM, at(9, 5), at(9, 10), "watched", by="bob")
    lab.label(CAM, at(9, 10), at(9, 19), "watched", by="ann")
    lab.label(CAM, at(9, 21), at(9, 21), "missed", by="ann", kind="fall", severity="danger")
    data = collect(recorded)
    assert [item.weight for item in data.items] == [4.0, 0.0, 0.0]
    assert "1 of these 3 were watched whole" in data.how


def test_two_people_who_disagree_on_everything_leave_nothing_known(recorded: Monitor) -> None:
    for by, verdict in (("ann", "right"), ("bob", "wrong")):
        for minute in (1, 11):
            what = {"kind": "fall", "severity": "danger"} if verdict == "right" else {}
            recorded.lab.label(CAM, at(9, minute), at(9, minute), verdict, by=by, about=f"event-{minute}", **what)
    data = collect(recorded)
    assert [(item.truths, item.weight, item.judged_hours) for item in data.items] == [((), 0.0, 0.0)] * 2
    assert "No model can be scored by such labels" in recorded.lab.agreement("ann", "bob").sentence


def test_only_some_labellers_and_windows_that_nobody_labelled(recorded: Monitor) -> None:
    recorded.lab.label(CAM, at(9), at(9, 10), "watched", by="ann")
    recorded.lab.label(CAM, at(9, 10), at(9, 20), "watched", by="bob")
    assert len(collect(recorded).items) == 2
    assert [item.start_utc for item in collect(recorded, labellers=["bob"]).items] == [at(9, 10)]
    every = collect(recorded, unlabelled=True)
    assert len(every.items) == 4
    assert [len(item.unsure) for item in every.items] == [0, 0, 1, 1]
    assert [item.weight for item in every.items] == [2.0, 2.0, 0.0, 0.0]
    assert "2 of these 4 were watched whole" in every.how


def test_nothing_labelled_and_footage_that_is_gone_are_said(recorded: Monitor) -> None:
    with pytest.raises(LabError, match="No recorded window"):
        collect(recorded)
    with pytest.raises(UnknownCamera):
        recorded.lab.from_labels("attic", at(9), at(10))
    for minute in (0, 10):
        recorded.lab.label(CAM, at(9, minute), at(9, minute + 10), "watched")
    archive = recorded.settings.camera_dir(CAM) / "archive"
    sorted(archive.iterdir())[0].unlink()
    data = collect(recorded)
    assert len(data.items) == 1
    assert "footage of 1 labelled windows is gone" in data.how


def test_a_label_that_says_nothing_is_refused(monitor: Monitor) -> None:
    lab = monitor.lab
    with pytest.raises(LabError, match="cannot say this"):
        lab.label(CAM, at(9), at(9), "perhaps")
    with pytest.raises(LabError, match="not what"):
        lab.label(CAM, at(9), at(9), "missed")
    with pytest.raises(LabError, match="'movement' is not scored"):
        lab.label(CAM, at(9), at(9), "missed", kind="movement", severity="info")
    with pytest.raises(LabError, match="no severity 'awful'"):
        lab.label(CAM, at(9), at(9), "missed", kind="fall", severity="awful")
    with pytest.raises(LabError, match="does not have the clip attic"):
        lab.label("attic", at(9), at(9), "watched")
    with pytest.raises(LabError, match="ends before it begins"):
        lab.label(CAM, at(9, 1), at(9), "watched")
    with pytest.raises(LabError, match="naive"):
        lab.label(CAM, at(9).replace(tzinfo=None), at(9), "watched")
    assert len(lab.labels()) == 0


def test_who_says_it_again_or_withdraws_it_is_heard(monitor: Monitor) -> None:
    lab = monitor.lab
    lab.label(CAM, at(9), at(9), "right", by="ann", kind="fall", severity="danger", about="event-1")
    lab.label(CAM, at(9), at(9), "wrong", by="ann", about="event-1")
    lab.label(CAM, at(9), at(9), "right", by="bob", kind="fall", severity="danger", about="event-1")
    gone = lab.label(CAM, at(9), at(9, 10), "watched", by="bob")
    assert lab.labels()["verdict"].tolist() == ["wrong", "right", "watched"]
    lab.label(CAM, at(9), at(9, 10), "withdrawn", by="bob", about=f"label-{gone}")
    assert lab.labels(CAM)["verdict"].tolist() == ["wrong", "right"]
    assert len(lab.labels("attic")) == 0


def test_two_labellers_agree_as_far_as_both_watched(monitor: Monitor) -> None:
    lab = monitor.lab
    for by, second in (("ann", 10), ("bob", 12)):
        lab.label(CAM, at(9), at(9, 10), "watched", by=by)
        lab.label(CAM, at(9, 0, second), at(9, 0, second), "missed", by=by, kind="fall", severity="danger")
    lab.label(CAM, at(9, 20), at(9, 20), "missed", by="ann", kind="fall", severity="danger")
    for by in ("ann", "bob"):
        lab.label(CAM, at(9), at(9), "wrong", by=by, about="event-1")
    made = lab.agreement("ann", "bob")
    assert (made.judged, made.same, made.events_first, made.events_second, made.paired) == (1, 1, 1, 1, 1)
    assert "1 are the same" in made.sentence or "1 is the same" in made.sentence


def test_a_sample_to_label_is_drawn_of_what_was_archived(recorded: Monitor) -> None:
    drawn = recorded.lab.sample(CAM, at(9), at(10), count=2)
    assert len(drawn) == 2
    for count in (0, -1, float("nan"), float("inf")):
        with pytest.raises(LabError, match="windows cannot be drawn"):
            recorded.lab.sample(CAM, at(9), at(10), count=count)  # type: ignore[arg-type]
    with pytest.raises(LabError, match="Nothing was archived"):
        recorded.lab.sample(CAM, at(12), at(13))


def test_people_may_label_clips_again(monitor: Monitor, dataset: Dataset) -> None:
    lab = monitor.lab
    one, two, _ = dataset.items
    lab.label(one.camera_id, one.start_utc, one.end_utc, "watched", by="ann")
    second = two.start_utc + timedelta(seconds=1)
    lab.label(two.camera_id, second, second, "missed", by="ann", kind="climbing", severity="warning")
    again = lab.relabelled(dataset, by=["ann"])
    assert [(item.title, [truth.kind for truth in item.truths]) for item in again.items] == [
        (one.title, []),
        (two.title, ["climbing"]),
    ]
    assert [len(item.unsure) for item in again.items] == [0, 0]
    assert again.items[0].id == one.id
    assert lab.dataset(again.version) == again
    with pytest.raises(LabError, match="has no labelled footage"):
        lab.relabelled(dataset, by=["bob"])


def test_two_labellers_agree_on_a_clip_as_a_whole(monitor: Monitor, dataset: Dataset) -> None:
    lab, item = monitor.lab, dataset.items[0]
    late = item.start_utc + timedelta(minutes=25)
    for by in ("ann", "bob"):
        lab.label(item.camera_id, item.start_utc, late, "watched", by=by)
        lab.label(item.camera_id, late, late, "missed", by=by, kind="fall", severity="danger")
    assert lab.agreement("ann", "bob").paired == 1


def test_one_person_may_mark_two_events_close_together() -> None:
    said = label(100, "missed", 102), label(104, "missed", 106)
    assert len(known(label(0, "watched", 600), *said)[0]) == 2


def test_of_two_people_the_graver_is_heard_and_kinds_of_a_family_are_the_same() -> None:
    mild = label(100, "missed", 105, kind="possible_fall") | {"severity": "info"}
    columns = [*mild]
    table = pd.DataFrame([label(0, "watched", 600), mild, label(101, "missed", 104, by="bob")], columns=columns)
    for name in ("start_utc", "end_utc"):
        table[name] = pd.to_datetime(table[name], utc=True)
    (truth,), _ = judged(table, WINDOW.start_utc, WINDOW.end_utc)
    assert truth.severity is Severity.DANGER


def test_nobody_withdraws_what_somebody_else_said(monitor: Monitor) -> None:
    number = monitor.lab.label(CAM, at(9), at(9, 10), "watched", by="ann")
    with pytest.raises(LabError, match="bob has no label"):
        monitor.lab.label(CAM, at(9), at(9), "withdrawn", by="bob", about=f"label-{number}")
    assert len(monitor.lab.labels()) == 1


def test_unlabelled_windows_are_not_called_labelled(recorded: Monitor) -> None:
    recorded.lab.label(CAM, at(9), at(9, 10), "watched")
    assert collect(recorded, unlabelled=True).how.startswith("Windows, labelled or not: ")
    with pytest.raises(LabError, match="No camera is named"):
        recorded.lab.from_labels([], at(9), at(10))
