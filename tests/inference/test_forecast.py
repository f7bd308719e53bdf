"""What a day will cost follows from settings, prompt and price; what is not known stays unknown."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest

from livemon.base.clock import FakeClock, Window
from livemon.base.datatypes import Frame, LookReason, MotionSample
from livemon.base.model_types import Purpose, Study
from livemon.base.settings.settings import Settings
from livemon.detect.look_policy import LookPolicy, RealtimeEventDetector
from livemon.inference.forecast import OUTPUT_TOKENS, USUAL_MOVING, USUAL_MOVING_WINDOWS, forecast, per_study
from livemon.inference.pool import ModelPool
from livemon.inference.prompts import PromptRegistry
from livemon.store import work, writes
from livemon.store.analyses import analysis_id
from livemon.store.session import Database
from livemon.store.tables.jobs import NOTHING_MOVED, SegmentAnalysis
from livemon.vlm.catalog import Catalog
from livemon.vlm.options import ModelOptions
from livemon.vlm.prompt import shipped_prompts
from livemon.vlm.provider import PromptTerms
from tests.conftest import MORNING
from tests.spent import spend

CAM = "camera-1"


class House:
    """One camera under settings of a test's choice; looks every 60 s while something moves, else every 600 s."""

    def __init__(self, folder: Path, *, now: datetime = MORNING, camera: dict[str, Any] | None = None, **more: Any):
        given: dict[str, Any] = {
            "model": "gemini",
            "gemini_api_key": "k",
            "gemini": {"tier": "paid", **more.pop("gemini", {})},
            "look_interval_s": 60,
            "looks_per_hour": 100,
            "heartbeat_s": 600,
            "timezone": "UTC",
            "analysis": {"enabled": False},
        }
        self.settings = Settings(
            data_dir=folder,
            prompts_dir=folder / "prompts",
            cameras={CAM: {"source": "test-pattern", **(camera or {})}},
            **{**given, **more},
        )
        self.clock = FakeClock(now)
        self.database = Database(self.settings.database)
        writes.add_missing_cameras(self.database, {CAM: ""}, now)

    def table(self) -> pd.DataFrame:
        """The forecast by kind of day."""
        book = PromptRegistry(self.settings, self.database, self.clock)
        model = ModelPool(self.settings, self.clock).main
        return forecast(CAM, self.settings, model, book, self.database, self.clock).set_index("day")

    def per_look(self, column: str) -> Any:
        """What every row says of one look."""
        (value,) = set(self.table()[column])
        return value


def with_options(folder: Path, **options: Any) -> dict[str, Any]:
    """Write a prompt with these options; returns the camera's setting that names it."""
    (folder / "prompts").mkdir(exist_ok=True)
    prompt = shipped_prompts()["look_en"].model_copy(update={"options": ModelOptions(**options)})
    (folder / "prompts" / "mine.toml").write_text(prompt.to_toml())
    return {"look_prompt": "mine"}


def test_a_camera_with_a_rarer_heartbeat_of_its_own_is_reckoned_with_it(tmp_path: Path) -> None:
    usual = House(tmp_path / "a").table()["looks"]
    own = House(tmp_path / "b", camera={"heartbeat_s": 1200}).table()["looks"]
    assert (usual["still"], own["still"]) == (144, 72)


def test_looks_follow_from_the_intervals_and_from_how_much_moves(tmp_path: Path) -> None:
    looks = House(tmp_path).table()["looks"]
    assert (looks["still"], looks["busy"]) == (144, 1440)
    assert looks["usual"] == round(USUAL_MOVING * 1440 + (1 - USUAL_MOVING) * 144)
    rarer = House(tmp_path, look_interval_s=90, heartbeat_s=1200).table()["looks"]
    assert (rarer["still"], rarer["busy"]) == (72, 960)


def test_a_model_that_costs_looks_no_more_often_than_allowed(tmp_path: Path) -> None:
    looks = House(tmp_path, looks_per_hour=12).table()["looks"]
    assert (looks["still"], looks["usual"], looks["busy"]) == (144, 288, 288)
    local = House(tmp_path, looks_per_hour=12, model="local").table()["looks"]
    assert local["busy"] == 1440
    own = House(
        tmp_path,
        looks_per_hour=12,
        model="openai_compat",
        openai_compat={"model": "qwen2.5vl:7b"},
        prices={"qwen2.5vl:7b": {"input": 0, "output": 0}},
    )
    assert own.table()["looks"]["busy"] == 288, "it costs nothing, and is asked as one that does"


def test_a_day_costs_its_looks_at_the_price_of_the_model(tmp_path: Path) -> None:
    table = House(tmp_path).table()
    assert set(table["model"]) == {"gemini-3.5-flash-lite"}
    for day in ("still", "busy"):
        row = table.loc[day]
        look_usd = (row["input_tokens"] * 0.30 + OUTPUT_TOKENS * 2.50) / 1e6
        assert row["usd_per_day"] == pytest.approx(row["looks"] * look_usd)
        assert row["usd_per_month"] == pytest.approx(30 * row["usd_per_day"])


def test_a_day_costs_its_studies_too_and_still_windows_cost_less(tmp_path: Path) -> None:
    """With a study of every window, still ones too."""
    with_studies = House(tmp_path, analysis={"enabled": True, "still_by_rule": False}).table()
    without = House(tmp_path).table()
    assert set(with_studies["studies"]) == {144}
    for day in ("still", "usual", "busy"):
        row = with_studies.loc[day]
        assert row["looks_usd"] == pytest.approx(without.loc[day, "usd_per_day"])
        assert row["usd_per_day"] == pytest.approx(row["looks_usd"] + row["studies_usd"])
    assert with_studies["studies_usd"].is_monotonic_increasing
    assert without["studies_usd"].eq(0).all()


def test_a_usual_day_costs_half_without_studies_of_still_windows_and_with_flex(tmp_path: Path) -> None:
    """With the settings that livemon ships with: 0.63, 0.50 by the rule for still windows, 0.31 with flex too."""
    shipped = {name: Settings.model_fields[name].default for name in ("look_interval_s", "looks_per_hour")}
    costs = [
        House(tmp_path, **shipped, gemini={"study_tier": tier}, analysis={"still_by_rule": by_rule})
        .table()
        .loc["usual", "usd_per_day"]
        for tier, by_rule in (("standard", False), ("standard", True), ("flex", True))
    ]
    assert [round(usd, 2) for usd in costs] == [0.63, 0.50, 0.31]


def test_still_windows_are_not_counted_as_studies(tmp_path: Path) -> None:
    studies = House(tmp_path, analysis={"enabled": True}).table()["studies"]
    assert (studies["still"], studies["usual"], studies["busy"]) == (0, round(144 * USUAL_MOVING_WINDOWS), 144)


def test_a_study_at_flex_is_forecast_at_its_price(tmp_path: Path) -> None:
    flex, standard = (
        House(tmp_path, analysis={"enabled": True}, gemini={"study_tier": tier}).table()["studies_usd"]
        for tier in ("flex", "standard")
    )
    assert flex["busy"] == pytest.approx(standard["busy"] / 2)


def test_sheets_that_are_not_drawn_are_counted(tmp_path: Path) -> None:
    """As many tokens as the request of a real question would have."""
    house = House(tmp_path)
    model = ModelPool(house.settings, house.clock).main
    terms = PromptTerms.of(shipped_prompts()["study_en"])
    blank = np.zeros((240, 320, 3), np.uint8)
    frames = tuple(Frame(CAM, MORNING, blank) for _ in range(400))
    request = model.prepare(Study(CAM, MORNING, 600.0, frames), terms).request
    assert request is not None
    forecast_tokens = per_study(CAM, house.settings, model, terms, house.clock).input_tokens
    assert forecast_tokens == pytest.approx(request.input_tokens(Catalog().entry("gemini-3.5-flash-lite")), rel=0.05)


def test_the_price_is_that_of_the_day(tmp_path: Path) -> None:
    costs = [
        House(tmp_path, now=now, gemini={"model": "gemini-3.8-flash"}).table().loc["busy", "usd_per_day"]
        for now in (datetime(2026, 12, 31, 12, tzinfo=UTC), datetime(2027, 1, 1, 12, tzinfo=UTC))
    ]
    assert costs[1] == pytest.approx(2 * costs[0])


def test_the_owners_price_wins(tmp_path: Path) -> None:
    table = House(tmp_path, prices={"gemini-3.5-flash-lite": {"input": 1, "output": 0}}).table()
    assert table.loc["busy", "usd_per_day"] == pytest.approx(1440 * table.loc["busy", "input_tokens"] / 1e6)


def test_a_price_that_nobody_knows_makes_the_cost_unknown_and_never_nothing(tmp_path: Path) -> None:
    table = House(tmp_path, model="openai_compat", openai_compat={"model": "qwen2.5vl:7b"}).table()
    assert table[["usd_per_day", "usd_per_month"]].isna().all(axis=None)
    assert (table["input_tokens"] > 0).all()
    free = {"qwen2.5vl:7b": {"input": 0, "output": 0}}
    table = House(tmp_path, model="openai_compat", openai_compat={"model": "qwen2.5vl:7b"}, prices=free).table()
    assert (table["usd_per_day"] == 0).all()


def test_the_local_model_costs_nothing(tmp_path: Path) -> None:
    table = House(tmp_path, model="local").table()
    assert (table["usd_per_day"] == 0).all()
    assert set(table["model"]) == {"local"}


def test_the_prompts_options_decide_what_a_look_is(tmp_path: Path) -> None:
    def tokens(**options: Any) -> int:
        return int(House(tmp_path, camera=with_options(tmp_path, **options)).per_look("input_tokens"))

    nine = tokens(frames=9)
    assert nine - tokens(frames=4) == pytest.approx(560 - 280, abs=3), "a sheet of four goes at low resolution"
    assert tokens(frames=9, media_resolution="high") - nine == 1120 - 560
    assert tokens(frames=9, layout="parts") - nine > 9 * 280 - 560, "nine images, and their labels"
    other = House(tmp_path, camera=with_options(tmp_path, model="gemini-3.1-flash-lite"))
    assert other.per_look("model") == "gemini-3.1-flash-lite"


def test_a_nominal_picture_is_a_tenth_one_on_the_sheet(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "room.png"), np.zeros((48, 64, 3), np.uint8))
    nine = with_options(tmp_path, frames=9)
    plain = House(tmp_path, camera=nine).per_look("input_tokens")
    with_nominal = House(tmp_path, camera={**nine, "nominal": tmp_path / "room.png"}).per_look("input_tokens")
    assert with_nominal - plain > 1120 - 560, "more than nine pictures go at high resolution"


@pytest.mark.parametrize(
    ("camera", "budget", "cap_usd"),
    [
        ({}, {}, 0.8),
        ({"usd_per_day": 0.25}, {}, 0.25),
        ({"usd_per_day": 0}, {}, 0.0),
        ({}, {"camera_usd_per_day": None}, math.nan),
        ({}, {"camera_usd_per_day": math.inf}, math.nan),
        ({"usd_per_day": math.inf}, {}, math.nan),
    ],
)
def test_the_cap_stands_beside_it(
    tmp_path: Path, camera: dict[str, Any], budget: dict[str, Any], cap_usd: float
) -> None:
    assert House(tmp_path, camera=camera, budget=budget).table()["cap_usd"]["usual"] == pytest.approx(
        cap_usd, nan_ok=True
    )


def test_a_camera_that_has_run_is_forecast_by_its_last_day(tmp_path: Path) -> None:
    house = House(tmp_path)
    assert "as measured" not in house.table().index
    for minute in range(0, 120, 6):
        spend(house.database, MORNING - timedelta(minutes=120 - minute), 0.001)
    table = house.table()
    assert table.loc["as measured", "looks"] == 240, "20 in two hours"
    assert table.loc["as measured", "usd_per_day"] == pytest.approx(240 / 1440 * table.loc["busy", "usd_per_day"])


def spend_as_planned(house: House, hours: int) -> float:
    """Let a scene that never rests be looked at for hours, as the detector plans it; returns looks per day of that."""
    settings = house.settings
    policy = LookPolicy(
        settings.look_interval_s,
        settings.look_floor_s,
        settings.heartbeat_s,
        looks_per_hour=settings.looks_per_hour,
        moments_only=True,
    )
    detector = RealtimeEventDetector(policy, 1)
    begin, looks = house.clock.now() - timedelta(hours=hours, seconds=10), 0
    for segment in range(hours * 360 + 1):
        start = begin + timedelta(seconds=10 * segment)
        samples = [MotionSample(start + timedelta(seconds=0.2 * n), 0.05, 100.0, 5.0) for n in range(50)]
        plan = detector.plan(samples)
        if plan is not None:
            looks += 1
            spend(house.database, samples[-1].utc, 0.001, reason=plan.reason)
    return looks * 24 / hours


def test_the_looks_saved_up_before_the_first_hour_are_not_taken_for_a_days(tmp_path: Path) -> None:
    """The first hour of a camera spends four hours of them; multiplied by 24 it would be a day that never comes."""
    shipped = {name: Settings.model_fields[name].default for name in ("look_interval_s", "looks_per_hour")}
    first_hour, house = House(tmp_path / "first", **shipped), House(tmp_path / "day", **shipped)
    multiplied = spend_as_planned(first_hour, 1)
    true = spend_as_planned(house, 24)
    told = first_hour.table().loc["as measured"]
    assert multiplied > 2 * true
    assert told["looks"] == pytest.approx(true, rel=0.2)
    assert str(told["based_on"]).startswith(f"{round(multiplied / 24)} looks in 1.0 h")
    assert house.table().loc["as measured", "looks"] == pytest.approx(true, rel=0.2)


def test_looks_at_a_still_scene_are_not_limited(tmp_path: Path) -> None:
    house = House(tmp_path, looks_per_hour=7, heartbeat_s=300)
    for minute in range(5, 121, 5):
        spend(house.database, MORNING - timedelta(minutes=minute), 0.001, reason=LookReason.HEARTBEAT)
    assert house.table().loc["as measured", "looks"] == 288


def test_windows_that_were_analysed_say_how_many_move(tmp_path: Path) -> None:
    house = House(tmp_path, analysis={"enabled": True})
    for minute in range(0, 120, 6):
        spend(house.database, MORNING - timedelta(minutes=120 - minute), 0.001)
    assert "assumed" in str(house.table().loc["as measured", "based_on"])
    for number in range(12):
        start = MORNING - timedelta(minutes=10 * (number + 1))
        row_id = analysis_id(house.database, CAM, Window(start))
        work.claim(house.database, SegmentAnalysis, row_id, "me", MORNING)
        model = NOTHING_MOVED if number < 9 else "gemini-3.5-flash-lite"
        work.complete(house.database, SegmentAnalysis, row_id, "me", MORNING, model=model)
    table = house.table()
    assert table.loc["as measured", "studies"] == 36, "a quarter moved"
    assert "12 windows" in str(table.loc["as measured", "based_on"])


def test_too_short_a_time_free_looks_and_studies_say_nothing_about_a_day(tmp_path: Path) -> None:
    house = House(tmp_path)
    for minute in range(1, 50):
        spend(house.database, MORNING - timedelta(minutes=minute), 0.001)
    spend(house.database, MORNING - timedelta(hours=5), 0.0, model="local")
    spend(house.database, MORNING - timedelta(hours=5), 0.01, purpose=Purpose.STUDY)
    spend(house.database, MORNING - timedelta(hours=25), 0.001)
    assert "as measured" not in house.table().index
