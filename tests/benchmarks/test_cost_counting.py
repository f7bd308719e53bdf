"""What the cost benchmark counts: events, coverage, tokens and dollars."""

from __future__ import annotations

import importlib
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from livemon.base.datatypes import MotionSample

DAY = date(2026, 11, 23)
LITE = "gemini-3.5-flash-lite"


@pytest.fixture
def cost(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    yield importlib.import_module("cost")
    for name in ("cost", "gate", "common"):
        sys.modules.pop(name, None)


def camera(cost: Any, duration_s: float, moves_s: tuple[float, float] = (0, 0), *events: tuple[float, float]) -> Any:
    step = timedelta(seconds=0.2)
    measured = tuple(
        MotionSample(cost.START_UTC + i * step, 0.1 if moves_s[0] <= i * 0.2 < moves_s[1] else 0.0, 100, 1)
        for i in range(round(duration_s * 5))
    )
    return cost.Camera("drawn", measured, events)


def test_an_event_is_covered_by_a_frame_within_it(cost: Any) -> None:
    assert cost.covered([(1.0, 2.0), (3.0, 4.0), (5.0, 5.5)], [2.0, 2.5, 4.5, 5.0]) == 2
    assert cost.covered([(1.0, 2.0)], []) == 0


def test_events_come_again_with_every_round_and_only_whole_ones_count(cost: Any) -> None:
    looped = camera(cost, 100, (0, 0), (10.0, 20.0))
    round_of = looped.events, looped.duration_s
    assert cost.events_within(*round_of, 0.0, 300.0) == [(10, 20), (110, 120), (210, 220)]
    assert cost.events_within(*round_of, 15.0, 115.0) == [(95, 105)]


def test_looking_blindly_costs_what_the_documented_rules_say(cost: Any) -> None:
    blind = cost.watch_blindly(cost.DAY_S)
    usd = cost.blind_dollars(LITE, blind, DAY)
    assert usd.looks == pytest.approx(1920 * ((2000 + 1120) * 0.30 + 150 * 2.50) / 1e6)
    assert usd.looks + usd.standard == pytest.approx(4.85, abs=0.01)


def test_a_sheet_is_worth_more_the_more_pictures_it_has(cost: Any) -> None:
    assert [cost.pictures_tokens(LITE, n) for n in (1, 4, 9, 16, 25, 26, 50)] == [280, 280, 560, 1120, 1120, 2240, 2240]


def test_a_look_without_an_event_is_answered_briefly(cost: Any) -> None:
    shown = cost.Shown(looks=[(5.0,)])
    quiet = cost.dollars(LITE, shown, [], day=DAY).looks
    told = cost.dollars(LITE, shown, [(4.0, 6.0)], day=DAY).looks
    assert quiet == pytest.approx(((cost.text_of("look_en") + 280) * 0.30 + 50 * 2.50) / 1e6)
    assert told - quiet == pytest.approx(70 * 2.50 / 1e6)


def test_studies_at_flex_and_as_batches_cost_half_and_looks_what_they_always_do(cost: Any) -> None:
    usd = cost.dollars(LITE, cost.Shown(looks=[(5.0,)], studies=[(5.0,)]), [], day=DAY)
    assert usd.flex * 2 == usd.batch * 2 == pytest.approx(usd.standard)
    told = usd.per_day(0.5)
    assert told["looks"] == round(2 * usd.looks, 3)
    assert told["day_flex"] == round(2 * (usd.looks + usd.flex), 3)


def test_a_calmer_camera_moves_for_the_share_that_is_asked_and_has_the_same_events(cost: Any) -> None:
    busy = camera(cost, 100, (10.0, 60.0), (12.0, 20.0))
    calm = cost.calmer(busy, 0.05)
    assert cost.moving_share(calm) == pytest.approx(0.05, rel=0.02)
    assert calm.duration_s == pytest.approx(1000, rel=0.02)
    assert calm.events == busy.events


def test_a_still_camera_is_looked_at_by_the_heartbeat_and_never_studied(cost: Any) -> None:
    shown = cost.watch(camera(cost, 60), cost.WAY, 0.0, 3600.0)
    assert len(shown.looks) == 6
    assert shown.studies == []
    assert all(len(look) == 1 for look in shown.looks)


def test_a_window_in_which_something_moved_is_studied_at_its_moments(cost: Any) -> None:
    shown = cost.watch(camera(cost, 1200, (100.0, 103.0)), cost.WAY, 0.0, 1200.0)
    (study,) = shown.studies
    assert [second for second in study[:-1] if not 99.8 <= second <= 103.4] == []
    assert cost.covered([(100.0, 103.0)], shown.by_looks) == 1


def test_a_way_is_compared_over_all_cameras_per_day(cost: Any) -> None:
    cameras = [camera(cost, 60, (5.0, 9.0), (5.0, 9.0)), camera(cost, 60)]
    results = cost.compare(cameras, [cost.WAY], 7200.0, 1, DAY)
    figures = results["livemon"].figures()
    assert figures["covered"] == 1.0
    assert figures["usd"][LITE]["day_standard"] < results["blind"].figures()["usd"][LITE]["day_standard"] / 4
    assert results["livemon"].days == pytest.approx(2 * 7200 / 86400)
