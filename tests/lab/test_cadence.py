"""What ways of watching show, by hand-made motion."""

import math
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.clock import FakeClock
from livemon.base.datatypes import MotionSample
from livemon.base.errors import LabError
from livemon.base.model_types import Purpose
from livemon.base.settings.models import ServiceTier
from livemon.base.settings.settings import Settings
from livemon.inference.pool import ModelPool
from livemon.inference.prompts import PromptRegistry
from livemon.lab.cadence import _BEGIN as BEGIN
from livemon.lab.cadence import Round, Way, cadence, events_within, first_shown, watch
from livemon.lab.data.dataset import Dataset
from livemon.lab.experiments.arms import Arms
from livemon.monitor.monitor import Monitor
from livemon.store.session import Database
from tests.conftest import MORNING


def still_but(
    moves: tuple[float, float], length_s: float = 600.0, events: tuple[tuple[float, float], ...] = ()
) -> Round:
    """A round in which something moves between two moments only."""
    samples = tuple(
        MotionSample(BEGIN + timedelta(seconds=n * 0.2), 0.2 if moves[0] <= n * 0.2 < moves[1] else 0.0, 100, 1)
        for n in range(round(length_s * 5))
    )
    return Round(samples, (moves,), length_s)


def test_by_the_clock_it_looks_at_stillness_too() -> None:
    played = still_but((100, 110))
    looks = watch(played, Way("", 45, 1), Settings(), 0.0, 3600)
    assert [look[0] for look in looks[:3]] == [45, 90, 135]
    assert len(looks) == 79
    several = watch(played, Way("", 120, 4), Settings(), 0.0, 600)
    assert several[0] == (30, 60, 90, 120)


def test_gated_it_looks_when_something_moves_and_rarely_else() -> None:
    played = still_but((100, 110))
    looks = watch(played, Way("", 45, 8, 60), Settings(), 0.0, 3600)
    assert len(looks) < 20
    assert any(100 <= at_s <= 110 for look in looks for at_s in look)


def test_a_rarer_heartbeat_looks_at_stillness_more_rarely() -> None:
    played = still_but((700, 700))
    often = watch(played, Way("", 45, 8, 7), Settings(), 0.0, 6 * 3600)
    rarely = watch(played, Way("", 45, 8, 7, heartbeat_s=3600), Settings(), 0.0, 6 * 3600)
    assert len(often) > 4 * len(rarely) > 0


def test_it_may_begin_anywhere_in_the_round() -> None:
    played = still_but((100, 110))
    at_once = watch(played, Way("", 45, 8, 60), Settings(), 95.0, 300)
    assert any(5 <= at_s <= 15 for look in at_once for at_s in look)
    assert events_within(played.events, 600, 95.0, 700) == [(5, 15), (605, 615)]
    assert events_within(played.events, 600, 105.0, 300) == []


def test_an_event_is_shown_when_a_frame_lies_in_it_and_late_when_the_look_is() -> None:
    looks = [(10.0, 20.0, 30.0), (40.0, 50.0)]
    delays = first_shown([(15, 25), (31, 39), (38, 41), (10, 10)], looks)
    assert delays[0] == 15
    assert math.isnan(delays[1])
    assert delays[2] == 12
    assert delays[3] == 20


def test_ways_are_priced_by_their_looks_and_the_cheapest_comes_first(monitor: Monitor, dataset: Dataset) -> None:
    def place(item):  # type: ignore[no-untyped-def]
        return monitor.lab.places.place(item.camera_id, item.start_utc, item.end_utc)

    ways = (Way("often", 2, 1), Way("rarely", 6, 1), Way("many", 2, 2))
    table = cadence(dataset, ways, monitor.settings, place, lambda frames: 0.01 * frames, hours=0.05).set_index("way")
    assert list(table.index) == ["rarely", "often", "many"]
    assert table.loc["often", "usd_per_day"] == pytest.approx(table.loc["often", "looks_per_day"] * 0.01)
    assert table.loc["many", "usd_per_day"] == pytest.approx(2 * table.loc["often", "usd_per_day"])
    assert table.loc["rarely", "share"] < table.loc["many", "share"] <= 1.0
    assert table["events"].nunique() == 1
    with_studies = cadence(dataset, ways, monitor.settings, place, lambda _: 0.01, studies_usd=0.3, hours=0.05)
    assert (with_studies["usd_per_day"] - with_studies["looks_usd"]).tolist() == pytest.approx([0.3] * 3)


def test_the_lab_compares_the_usual_ways(monitor: Monitor, dataset: Dataset) -> None:
    table = monitor.lab.cadence(dataset, hours=0.1)
    assert len(table) == len(Way.usual(monitor.settings, 4))
    assert (table["looks_usd"] > 0).all()
    assert (table["studies_usd"] > 0).all(), "windows are studied, however it looks"
    assert table["usd_per_day"].tolist() == pytest.approx((table["looks_usd"] + table["studies_usd"]).tolist())
    none = monitor.lab.cadence(dataset.only(dataset.items, "x"), least="danger", hours=0.02)
    assert (none["events"] > 0).all()


def test_studies_are_priced_in_the_tier_that_is_set(tmp_path: Path) -> None:
    def study_usd(tier: ServiceTier) -> float:
        gemini = {"tier": "paid", "study_tier": tier}
        settings = Settings(data_dir=tmp_path, model="gemini", gemini_api_key="k", gemini=gemini)
        clock = FakeClock(MORNING)
        pool, book = ModelPool(settings, clock, None), PromptRegistry(settings, Database(settings.database), clock)
        arms = Arms(settings, clock, pool, book)
        return arms.study_cost(arms.one("study_en", "", Purpose.STUDY))

    assert study_usd(ServiceTier.FLEX) == pytest.approx(study_usd(ServiceTier.STANDARD) / 2)


def test_what_cannot_be_watched_is_refused(monitor: Monitor, dataset: Dataset) -> None:
    for frames, interval_s in ((0, 45), (4, 0), (4, float("nan"))):
        with pytest.raises(LabError, match="never looks"):
            Way("z", interval_s, frames)
    for per_hour in (0, -1, float("nan"), float("inf")):
        with pytest.raises(LabError, match="must be above 0 looks an hour"):
            Way("z", 45, 4, per_hour)
    for hours in (0, -1, float("nan")):
        with pytest.raises(LabError, match="nothing to watch"):
            monitor.lab.cadence(dataset, hours=hours)
    with pytest.raises(LabError, match="nothing to watch"):
        monitor.lab.cadence(dataset.only([]))
    with pytest.raises(LabError, match="no severity 'grave'"):
        monitor.lab.cadence(dataset, least="grave")
