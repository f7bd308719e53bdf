"""The benchmark's scoring: what counts as right, as a false alarm and as a miss."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from livemon.base.event_families import UNSCORED


def _load() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "local_model.py"
    spec = importlib.util.spec_from_file_location("local_model_benchmark", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


bench: Any = _load()
Interval = bench.Interval


def test_an_observation_within_the_tolerance_matches() -> None:
    assert bench.match([Interval(5, 6)], [Interval(8, 9)], 2.0) == 1
    assert bench.match([Interval(5, 6)], [Interval(8.1, 9)], 2.0) == 0


def test_matching_is_one_to_one() -> None:
    assert bench.match([Interval(5, 6), Interval(5, 7)], [Interval(5, 6)], 2.0) == 1
    assert bench.match([Interval(5, 6)], [Interval(5, 6), Interval(6, 7)], 2.0) == 1


def test_matching_gives_each_observation_the_earliest_label_it_can_have() -> None:
    observed = [Interval(0, 10), Interval(9, 10)]
    assert bench.match(observed, [Interval(1, 2), Interval(9, 11)], 0.0) == 2


def test_a_repeated_observation_is_a_false_alarm() -> None:
    score = bench.score_moments("person_came", [Interval(5, 6), Interval(5.5, 6)], [Interval(5, 6)])
    assert (score.true_positives, score.false_positives, score.missed) == (1, 1, 0)
    assert (score.precision, score.recall) == (0.5, 1.0)


def test_a_rate_without_anything_to_count_is_unknown() -> None:
    score = bench.score_moments("person_left", [], [])
    assert score.precision is None
    assert score.recall is None


def test_a_state_may_be_told_more_than_once() -> None:
    score = bench.score_state("person_present", [Interval(0, 2), Interval(3, 4)], [Interval(0, 2)], [Interval(0, 5)])
    assert (score.true_positives, score.false_positives, score.found, score.missed) == (2, 0, 1, 0)


def test_lying_after_a_fall_belongs_to_the_fall() -> None:
    label = {
        "events": [
            {"type": "person_falls", "start_s": 1.0, "end_s": 2.0},
            {"type": "person_lies", "start_s": 2.0, "end_s": 12.0},
            {"type": "person_lies", "start_s": 30.0, "end_s": 40.0},
        ]
    }
    assert bench.labelled_moments("possible_fall", label) == [Interval(1.0, 12.0)]


def test_lying_down_on_purpose_makes_a_possible_fall_a_false_alarm() -> None:
    label = {"events": [{"type": "person_lies", "start_s": 2.0, "end_s": 12.0}], "duration_s": 12}
    scores = {one.kind: one for one in bench.score_clip({"possible_fall": [Interval(2, 4)]}, label)}
    assert scores["possible_fall"].false_positives == 1


def test_dark_counts_for_a_labelled_change_of_light() -> None:
    label = {"events": [{"type": "lighting_change", "start_s": 8.0, "end_s": 9.0}], "duration_s": 20}
    scores = {one.kind: one for one in bench.score_clip({"picture_dark": [Interval(8.4, 10)]}, label)}
    assert scores[bench.LIGHT].true_positives == 1


def test_a_clip_without_labels_is_a_negative() -> None:
    observed = {"person_came": [Interval(0, 1)], "person_present": [Interval(0, 1)]}
    scores = {one.kind: one for one in bench.score_clip(observed, {"events": [], "duration_s": 5})}
    assert scores["person_came"].false_positives == 1
    assert scores["person_present"].false_positives == 1


def test_movement_is_not_scored_as_in_the_lab() -> None:
    scores = bench.score_clip({kind: [Interval(0, 1)] for kind in UNSCORED}, {"events": [], "motion_s": [[5, 6]]})
    assert not UNSCORED & {one.kind for one in scores}
    assert not any(one.false_positives or one.missed for one in scores)


def test_coming_implies_that_somebody_was_visible() -> None:
    label = {"events": [], "duration_s": 9, "people_visible_s": [[1, 9]]}
    scores = {one.kind: one for one in bench.score_clip({"person_came": [Interval(1, 3)]}, label)}
    assert scores["person_present"].recall == 1.0


def test_totals_add_up_by_kind() -> None:
    one = bench.Score("person_present", 1, 2, 3, 4)
    assert bench.total([one, one])["person_present"] == bench.Score("person_present", 2, 4, 6, 8)


@pytest.mark.parametrize("labelled", [[], [Interval(0, 1)]])
def test_table_shows_rates_or_a_dash(labelled: list[Any]) -> None:
    sums = bench.total([bench.score_moments("person_came", labelled, labelled)])
    text = bench.as_markdown("", sums, bench.Cost(), clips=1, hours=1.0)
    assert ("1.00 (0.21 to 1.00)" if labelled else "| - |") in text


def test_presence_by_second_counts_what_is_said_and_what_is_true() -> None:
    label = {"people_visible_s": [[1.0, 4.0]]}
    score = bench.score_seconds([Interval(2.2, 5.5)], label, 8.0)
    assert (score.true_positives, score.false_positives, score.missed) == (2, 2, 1)


def test_a_rate_has_wilsons_interval() -> None:
    assert bench.rate(6, 7) == "0.86 (0.49 to 0.97)"
    assert bench.rate(0, 0) == "-"


def test_every_change_keeps_the_size_of_a_picture() -> None:
    picture = np.full((240, 320, 3), 90, np.uint8)
    assert {change(picture).shape for change in bench.CHANGES.values()} == {(240, 320, 3)}
