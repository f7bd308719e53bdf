"""What the gate's benchmark counts: motion found, still time skipped, events and light."""

from __future__ import annotations

import importlib
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from livemon.base.datatypes import MotionSample


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    yield importlib.import_module("gate")
    for name in ("gate", "common"):
        sys.modules.pop(name, None)


def label(motion: list[list[float]], *events: tuple[str, float, float], duration_s: float = 20) -> dict[str, Any]:
    rows = [{"type": kind, "start_s": start, "end_s": end} for kind, start, end in events]
    return {"duration_s": duration_s, "motion_s": motion, "events": rows}


def test_seconds_near_motion_are_unsure(gate: Any) -> None:
    kinds = gate.seconds_of(label([[5, 8]], duration_s=12))
    assert kinds[5:8] == [gate.MOTION] * 3
    assert kinds[4] == kinds[8] == gate.UNSURE
    assert kinds[3] == kinds[9] == gate.STILL


def test_half_a_second_of_motion_makes_a_second_motion(gate: Any) -> None:
    assert gate.seconds_of(label([[5.5, 7.4]], duration_s=9))[5:8] == [gate.MOTION, gate.MOTION, gate.UNSURE]


def test_a_change_of_light_is_still_even_where_it_is_labelled_as_motion(gate: Any) -> None:
    assert set(gate.seconds_of(label([[5, 7]], ("lighting_change", 5, 7)))) == {gate.STILL}


def test_motion_during_a_change_of_light_remains_motion(gate: Any) -> None:
    kinds = gate.seconds_of(label([[4, 10]], ("lighting_change", 5, 6)))
    assert kinds[4] == kinds[6] == gate.MOTION
    assert kinds[5] != gate.MOTION


def test_time_in_which_somebody_is_busy_is_not_called_still(gate: Any) -> None:
    assert gate.STILL not in gate.seconds_of(label([], ("child_plays", 0, 20)))
    assert set(gate.seconds_of(label([], ("person_lies", 0, 20)))) == {gate.STILL}


def test_seconds_are_found_and_skipped_by_what_the_gate_said(gate: Any) -> None:
    result = gate.score(label([[5, 8]], ("person_falls", 5, 6), ("person_walks", 6.5, 8)), [(5.2, 5.4), (12, 12.2)])
    assert (result.found, result.motion) == (1, 3)
    assert (result.still - result.skipped, result.false) == (1, ["12"])
    assert (result.events_found, result.events) == (1, 2)
    assert result.missed == ["6", "7"]


def test_a_sample_that_only_touches_a_second_says_nothing_about_it(gate: Any) -> None:
    assert gate.score(label([]), [(9.8, 10.0)]).false == ["9"]


def test_light_is_noticed_within_ten_seconds(gate: Any) -> None:
    lit = label([], ("lighting_change", 3, 4))
    assert gate.score(lit, [], [9.8]).lights_noticed == 1
    assert gate.score(lit, [], [19.8]).lights_noticed == 0


def test_the_gate_says_motion_from_the_frame_before(gate: Any) -> None:
    samples = [
        MotionSample(gate.START_UTC + timedelta(seconds=0.2 * i), 0.1 if 10 <= i < 15 else 0.0, 100, 1)
        for i in range(30)
    ]
    spans = gate.said_spans(samples, gate.START_UTC)
    assert spans[0][0] == pytest.approx(1.8)
    assert spans[-1][1] == pytest.approx(2.8)


def test_scores_add_up(gate: Any) -> None:
    total = gate.Score()
    for _ in range(2):
        total.add(gate.score(label([[5, 8]]), [(5, 8)]))
    assert (total.found, total.motion, total.missed) == (6, 6, [])
