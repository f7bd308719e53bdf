"""The labels: their form, and that they hold together."""

import pytest

from livemon.sim.scenes import Label, clip_names, ground_truth, scene_clip
from livemon.sim.scenes.actions import Kind, State, state_at
from livemon.sim.scenes.day import clips
from livemon.sim.scenes.stage import SITTING

EXPECTED = {
    "01_play": {"child_plays"},
    "02_walk_and_climb": {"child_climbs", "child_climbs_down", "person_walks", "person_leaves"},
    "03_fall": {"person_enters", "person_stands", "person_falls", "person_lies"},
    "04_grown_up": {"person_enters", "person_plays", "child_plays", "person_leaves"},
    "05_cat_alone": {"animal"},
    "06_nap": {"person_enters", "person_lies", "person_leaves"},
    "07_lights_off": {"lighting_change", "person_enters", "person_leaves"},
    "08_ball_and_cat": {"animal", "person_enters", "child_plays"},
}


@pytest.mark.parametrize("name", clip_names())
def test_a_label_has_the_fields_of_a_label_file_and_sensible_times(name: str, labels: dict[str, Label]) -> None:
    label = labels[name]
    assert list(label) == [
        "clip", "split", "duration_s", "scene", "people_visible_s", "motion_s", "events",
        "label_confidence", "tags", "notes", "label_method", "cluster",
    ]  # fmt: skip
    assert 20 <= label["duration_s"] <= 45
    for start_s, end_s in label["people_visible_s"] + label["motion_s"]:
        assert 0 <= start_s < end_s <= label["duration_s"]
    for event in label["events"]:
        assert list(event) == ["start_s", "end_s", "type", "severity", "description"]
        assert 0 <= event["start_s"] < event["end_s"] <= label["duration_s"]
        assert event["severity"] in ("info", "warning", "danger")


@pytest.mark.parametrize("name", clip_names())
def test_each_clip_shows_what_it_is_named_for(name: str, labels: dict[str, Label]) -> None:
    types = {event["type"] for event in labels[name]["events"]}
    assert types >= EXPECTED[name.removesuffix(".mp4")]


def test_only_the_fall_is_dangerous(labels: dict[str, Label]) -> None:
    dangers = [
        (name, event["type"])
        for name, label in labels.items()
        for event in label["events"]
        if event["severity"] == "danger"
    ]
    assert dangers == [("03_fall.mp4", "person_falls"), ("03_fall.mp4", "person_lies")]


def test_who_enters_a_clip_was_not_there_and_who_leaves_is_gone(labels: dict[str, Label]) -> None:
    for label in labels.values():
        for event in label["events"]:
            if event["type"] == "person_enters":
                assert event["start_s"] > 0
            if event["type"] == "person_leaves":
                assert event["end_s"] < label["duration_s"]


def test_every_clip_begins_and_ends_with_an_empty_room_or_the_child_on_the_rug(labels: dict[str, Label]) -> None:
    toys = {(a.kind, a.name): state_at(a, 0.0).at for a in clips()[0].actors if a.kind in (Kind.BALL, Kind.BLOCK)}
    for clip in clips():
        people = labels[clip.name]["people_visible_s"]
        there_first = bool(people) and people[0][0] == 0
        there_last = bool(people) and people[-1][1] == clip.duration_s
        for time_s, visible in ((0.0, there_first), (clip.duration_s, there_last)):
            for actor in clip.actors:
                state: State = state_at(actor, time_s)
                if actor.kind is Kind.CHILD and visible:
                    assert (state.at, state.facing_deg, state.pose) == (SITTING.at, SITTING.facing_deg, SITTING.pose)
                if (actor.kind, actor.name) in toys:
                    assert state.at == toys[actor.kind, actor.name], (clip.name, actor.name, time_s)


def test_a_part_is_labelled_on_its_own_time(labels: dict[str, Label]) -> None:
    whole = labels["03_fall.mp4"]
    part = ground_truth(scene_clip("03_fall", start_s=4.0, duration_s=4.0))
    fall, fall_in_part = (next(e for e in label["events"] if e["type"] == "person_falls") for label in (whole, part))
    assert fall_in_part["start_s"] == pytest.approx(fall["start_s"] - 4.0, abs=0.002)
    assert part["people_visible_s"] == [[0.0, 4.0]]
    assert max(e["end_s"] for e in part["events"]) == 4.0
