"""The days that the lab tries prompts on: enough dangers on enough days, and pictures that show what the labels say."""

from collections import Counter

import pytest

from livemon.sim.scenes import ground_truth
from livemon.sim.scenes.clip import SceneClip
from livemon.sim.scenes.lab_days import CLIP_S, FALLS_OFF, LAB_FPS, VARIANTS, lab_clips

CLIPS = lab_clips()


def by_kind(clip: SceneClip, severity: str) -> list[str]:
    return [event["type"] for event in ground_truth(clip)["events"] if event["severity"] == severity]


def test_every_day_has_both_falls_and_a_climb() -> None:
    dangers, warnings = Counter[str](), Counter[str]()
    for clip in CLIPS:
        dangers.update({f"{clip.cluster} {kind}" for kind in by_kind(clip, "danger")})
        warnings.update(f"{clip.cluster} {kind}" for kind in by_kind(clip, "warning"))
    days = [variant.cluster for variant in VARIANTS]
    assert dangers == {f"{day} {kind}": 1 for day in days for kind in ("person_falls", FALLS_OFF)}
    assert warnings == {f"{day} child_climbs": 2 for day in days}


def test_names_are_in_the_order_of_the_days() -> None:
    names = [clip.name for clip in CLIPS]
    assert names == sorted(set(names))


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
def test_a_clip_is_one_segment_with_the_child_in_it(clip: SceneClip) -> None:
    label = ground_truth(clip)
    assert label["duration_s"] == CLIP_S
    assert label["cluster"] == clip.cluster
    assert label["people_visible_s"] == [[0.0, CLIP_S]]
    for event in label["events"]:
        assert 0 <= event["start_s"] < event["end_s"] <= CLIP_S
        assert event["start_s"] * LAB_FPS == pytest.approx(round(event["start_s"] * LAB_FPS), abs=0.01)


def test_what_is_graver_than_info_begins_early_enough_to_be_looked_at() -> None:
    for clip in CLIPS:
        grave = [event for event in ground_truth(clip)["events"] if event["severity"] != "info"]
        assert all(event["start_s"] <= CLIP_S - 3 for event in grave), clip.name


def test_no_two_clips_are_alike() -> None:
    seen = [(clip.light, [(one.start, one.actions) for one in clip.actors]) for clip in CLIPS]
    assert all(one not in seen[:place] for place, one in enumerate(seen))
