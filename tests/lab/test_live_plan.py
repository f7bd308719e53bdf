"""Items shown as a live camera would have shown them."""

from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.datatypes import Observation
from livemon.base.errors import NoFootage
from livemon.base.model_types import Look
from livemon.base.private_files import exposed
from livemon.cameras.look_planner import LookPlanner, recent_segments
from livemon.lab.data.dataset import Dataset
from livemon.lab.experiments.live_plan import frames_of, motion_of, plan_looks, show, told_events
from livemon.monitor.monitor import Monitor
from livemon.vlm.prompt import Prompt
from livemon.vlm.provider import InputSpec, PromptTerms
from tests.conftest import seen

APPETITE = InputSpec("paid-1", 4, 32, free=False)


def place(monitor: Monitor, dataset: Dataset, number: int = 0):  # type: ignore[no-untyped-def]
    one = dataset.items[number]
    return one, monitor.lab.places.place(one.camera_id, one.start_utc, one.end_utc, one.title)


def test_the_looks_are_those_of_a_live_camera(monitor: Monitor, dataset: Dataset) -> None:
    item, where = place(monitor, dataset)
    recent = recent_segments(monitor.settings, 1.0)
    planner = LookPlanner("live", monitor.settings, recent)
    live = []
    for segment in where.footage.segments(item.start_utc, item.end_utc):
        recent.append(segment)
        if (planned := planner.take(segment, APPETITE)) is not None:
            live.append((planned.reason.value, [frame.utc for frame in planned.frames], segment.end_utc))
    made = plan_looks(item, where, APPETITE, monitor.settings)
    assert [(one.reason, list(one.utcs), one.told_utc) for one in made] == live
    assert len(made) >= 3
    assert [one.number for one in made] == list(range(len(made)))


def test_a_plan_is_kept_and_asking_again_decodes_nothing(monitor: Monitor, dataset: Dataset) -> None:
    item, where = place(monitor, dataset)
    first = plan_looks(item, where, APPETITE, monitor.settings)
    for path in (monitor.lab.clips.folder(item.camera_id) / "hls").iterdir():
        path.unlink()
    assert plan_looks(item, where, APPETITE, monitor.settings) == first
    with pytest.raises(NoFootage):
        plan_looks(item, where, InputSpec("paid-1", 3, 32, free=False), monitor.settings)


def test_other_settings_make_another_plan(monitor: Monitor, dataset: Dataset) -> None:
    item, where = place(monitor, dataset)
    often = plan_looks(item, where, APPETITE, monitor.settings)
    rarely = monitor.settings.model_copy(update={"look_interval_s": 600.0, "looks_per_hour": 1})
    assert len(plan_looks(item, where, APPETITE, rarely)) < len(often)


def test_a_plan_that_cannot_be_read_is_made_anew(monitor: Monitor, dataset: Dataset) -> None:
    item, where = place(monitor, dataset)
    first = plan_looks(item, where, APPETITE, monitor.settings)
    (kept,) = where.plans.glob("*.json")
    kept.write_text("[{")
    assert plan_looks(item, where, APPETITE, monitor.settings) == first


def test_the_pictures_shown_are_the_pictures_planned(monitor: Monitor, dataset: Dataset, falls: Prompt) -> None:
    item, where = place(monitor, dataset)
    planned = plan_looks(item, where, APPETITE, monitor.settings)[1]
    question = show(
        item, where, planned, PromptTerms.of(falls), where.notes.then(planned.told_utc), "memory", crops=False
    )
    assert isinstance(question, Look)
    assert tuple(frame.sha256 for frame in question.frames) == planned.hashes
    assert {frame.camera_id for frame in question.frames} == {"memory"}
    assert question.scene.camera == item.title


def test_a_picture_that_is_gone_is_said_to_be(monitor: Monitor, dataset: Dataset) -> None:
    item, where = place(monitor, dataset)
    with pytest.raises(NoFootage, match="1 of 2 pictures"):
        frames_of("x", where, [item.start_utc, item.end_utc + timedelta(hours=1)], 32)


def test_motion_is_measured_once(monitor: Monitor, dataset: Dataset) -> None:
    item, where = place(monitor, dataset)
    samples = motion_of(item, where)
    assert len(samples) == 30
    assert samples[0].utc == item.start_utc
    plan_looks(item, where, APPETITE, monitor.settings)
    assert list(exposed(monitor.settings.data_dir)) == [], "other users see none of the lab's footage"
    for path in (monitor.lab.clips.folder(item.camera_id) / "hls").iterdir():
        path.unlink()
    assert motion_of(item, where) == samples


def test_repetitions_are_folded_as_live_and_an_escalation_is_not() -> None:
    from livemon.base.datatypes import Severity

    def look(start_s: float, severity: Severity = Severity.WARNING) -> list[Observation]:
        return [seen(start_s, start_s + 5, kind="climbing", severity=severity)]

    told = told_events([(0, look(0)), (1, look(10)), (2, look(20, Severity.DANGER)), (3, look(60))], cooldown_s=10)
    assert [(one["number"], one["observation"].severity.value) for one in told] == [
        (0, "warning"),
        (2, "danger"),
        (3, "warning"),
    ]
    assert told[0]["end_utc"] == look(10)[0].end_utc


def test_footage_of_a_clip_is_of_that_clip(monitor: Monitor, dataset: Dataset, tmp_path: Path) -> None:
    widths = set()
    for number in range(3):
        item, where = place(monitor, dataset, number)
        widths.add(where.footage.frame(item.start_utc).image.shape[1])
        assert where.plans.is_relative_to(monitor.settings.data_dir)
    assert widths == {64}  # the profile's
