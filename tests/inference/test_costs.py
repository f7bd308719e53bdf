"""What was spent and how the budgets stand, as readers are told it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from livemon.base.clock import FakeClock
from livemon.base.errors import UnknownCamera
from livemon.base.model_types import AnswerStatus, Purpose
from livemon.base.settings.settings import Settings
from livemon.inference.costs import CostQueries
from livemon.inference.pool import ModelPool
from livemon.inference.prompts import PromptRegistry
from livemon.store import ledger, writes
from livemon.store.session import Database
from livemon.store.tables.recordings import VlmReservation
from livemon.vlm.budget_ladder import DegradationStep
from tests.conftest import MORNING
from tests.spent import spend

HOUR = timedelta(hours=1)


class House:
    """Two cameras, their accounts, and a clock to turn."""

    def __init__(self, folder: Path, *, now: datetime = MORNING, zone: str = "UTC", **budget: Any) -> None:
        cameras = {"camera-1": {"source": "test-pattern"}, "hall": {"source": "test-pattern", "usd_per_day": 0.25}}
        settings = Settings(
            data_dir=folder, prompts_dir=folder / "prompts", timezone=zone, cameras=cameras, budget=budget
        )
        self.clock = FakeClock(now)
        self.database = Database(settings.database)
        writes.add_missing_cameras(self.database, dict.fromkeys(cameras, ""), now)
        book = PromptRegistry(settings, self.database, self.clock)
        self.costs = CostQueries(settings, self.database, ModelPool(settings, self.clock), book, self.clock)

    def spend(self, cost_usd: float | None, ago: timedelta = timedelta(0), **more: Any) -> int:
        """Record a call so long ago."""
        return spend(self.database, self.clock.now() - ago, cost_usd, **more)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.database.close()


def test_what_was_spent_is_added_up_by_camera_model_and_purpose(house: House) -> None:
    house.spend(0.01)
    house.spend(0.02, status=AnswerStatus.BLOCKED)
    house.spend(0.5, purpose=Purpose.STUDY)
    house.spend(0.1, camera_id="hall")
    spent = house.costs.spent().set_index(["camera_id", "purpose"])
    looks = spent.loc[("camera-1", "look")]
    assert (looks["calls"], looks["failed"], looks["cost_usd"]) == (2, 1, pytest.approx(0.03))
    assert (looks["input_tokens"], looks["output_tokens"]) == (2000, 200)
    assert spent.loc[("camera-1", "study"), "cost_usd"] == 0.5
    assert list(house.costs.spent(camera_id="hall")["cost_usd"]) == [0.1]


def test_nothing_spent_is_a_table_without_rows(house: House) -> None:
    spent = house.costs.spent()
    assert len(spent) == 0
    assert spent["cost_usd"].sum() == 0


def test_a_day_begins_at_midnight_where_the_camera_is(tmp_path: Path) -> None:
    # 08:00 UTC is 17:00 in Seoul, where the day began at 15:00 UTC.
    house = House(tmp_path, zone="Asia/Seoul")
    house.spend(0.01, 16.9 * HOUR)
    house.spend(0.02, 17.1 * HOUR)
    assert house.costs.spent()["cost_usd"].sum() == 0.01
    assert house.costs.spent(days=2)["cost_usd"].sum() == pytest.approx(0.03)


def test_a_day_of_25_hours_is_one_day(tmp_path: Path) -> None:
    # In Berlin 2026-10-25 began at 22:00 UTC the day before and had 25 hours.
    house = House(tmp_path, zone="Europe/Berlin", now=datetime(2026, 10, 26, 11, tzinfo=UTC))
    spend(house.database, datetime(2026, 10, 24, 22, 30, tzinfo=UTC), 0.01)
    spend(house.database, datetime(2026, 10, 24, 21, 30, tzinfo=UTC), 0.02)
    assert house.costs.spent(days=2)["cost_usd"].sum() == 0.01
    assert house.costs.spent(days=3)["cost_usd"].sum() == pytest.approx(0.03)


def test_what_was_spent_between_two_moments(house: House) -> None:
    for hours in (1, 2, 3):
        house.spend(0.01 * hours, hours * HOUR)
    since, until = MORNING - 3 * HOUR, MORNING - HOUR
    assert house.costs.between(since, until)["cost_usd"].sum() == pytest.approx(0.05), "the last moment is left out"


def test_a_call_is_told_with_all_that_is_kept_of_it(house: House) -> None:
    first, second = house.spend(0.01), house.spend(None)
    calls = house.costs.calls("camera-1")
    assert list(calls["id"]) == [second, first]
    assert math.isnan(calls["cost_usd"].iloc[0]), "unknown is not nothing"
    assert list(house.costs.calls("camera-1", limit=1)["id"]) == [second]
    call = house.costs.call(first)
    assert call is not None
    assert (call["model"], call["raw_text"], call["bound_usd"]) == ("gemini-3.5-flash-lite", "{}", 0.01)
    assert len(call["frames"][0]["sha256"]) == 64
    assert house.costs.call(4711) is None


def test_each_cap_says_how_it_stands_and_where_it_ends_like_this(tmp_path: Path) -> None:
    house = House(tmp_path, usd_per_day=2.0, camera_usd_per_day=0.6, usd_total=30.0)
    house.spend(0.10, 0.5 * HOUR)
    house.spend(0.20, 2 * HOUR)
    house.spend(0.04, 0.5 * HOUR, camera_id="hall")
    house.spend(5.0, 48 * HOUR)
    budget = house.costs.budget("camera-1").set_index("of")
    assert list(budget["cap_usd"]) == [0.6, 2.0, 30.0]
    assert list(budget["spent_usd"]) == pytest.approx([0.30, 0.34, 5.34])
    # Sixteen hours are left of the day, each like the last one; what has no midnight looks a day ahead.
    assert list(budget["projected_usd"]) == pytest.approx([0.30 + 16 * 0.10, 0.34 + 16 * 0.14, 5.34 + 24 * 0.14])
    assert house.costs.budget("hall")["cap_usd"].iloc[0] == 0.25, "its own"


@pytest.mark.parametrize("without", [None, math.inf])
def test_without_caps_there_is_nothing_to_stand(tmp_path: Path, without: float | None) -> None:
    house = House(tmp_path, usd_per_day=without, camera_usd_per_day=without)
    house.spend(100.0)
    assert len(house.costs.budget("camera-1")) == 0
    assert house.costs.balance("camera-1").step is DegradationStep.NORMAL


def test_an_unknown_cost_and_a_call_under_way_count_at_their_bound(house: House) -> None:
    house.spend(None, bound_usd=0.04)
    with house.database.writing() as session:
        session.add(VlmReservation(camera_id="camera-1", model="m", bound_usd=0.03, reserved_utc=MORNING))
    assert house.costs.budget("camera-1")["spent_usd"].iloc[0] == pytest.approx(0.07)
    (spent,) = house.costs.spent().to_dict("records")
    assert (spent["cost_usd"], spent["unknown_cost"], spent["at_most_usd"]) == (0.0, 1, 0.04)


def test_reading_a_balance_takes_no_step(house: House) -> None:
    house.spend(0.6)
    balance = house.costs.balance("camera-1")
    assert (balance.before, balance.step) == (DegradationStep.NORMAL, DegradationStep.LOW_RESOLUTION)
    assert "$0.60 of the $0.80" in balance.reason
    assert ledger.budget_state(house.database, "camera-1") is None


def test_a_camera_that_nobody_knows_is_refused(house: House) -> None:
    for ask in (house.costs.calls, house.costs.balance, house.costs.budget, house.costs.forecast):
        with pytest.raises(UnknownCamera, match="hall"):
            ask("attic")
