"""Windows in which nothing moved, or no people were seen, are a row by rule: nothing is asked or judged.

A person may ask about them all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from livemon.base.clock import WINDOW
from livemon.base.datatypes import EventType, Language, Observation, Severity
from livemon.base.detections import Detections, Person, Pet, PetKind
from livemon.base.settings.cameras import CameraSettings
from livemon.cameras.segment_analyzer import Outcome
from livemon.lab.data.sampling import draw, strata_of
from livemon.reports.facts.day import read_day
from livemon.reports.facts.windows import WindowState
from livemon.reports.render.summary import tell
from livemon.reports.render.text import Words
from livemon.store import detections, hours, queries, writes
from livemon.store.tables.jobs import NO_PEOPLE, NOTHING_MOVED
from tests.conftest import MORNING
from tests.detect.bodies import standing
from tests.making import CAM, House, StudyModel

AFTER = MORNING + 11 * WINDOW / 10


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = still_house(tmp_path)
    yield made
    made.database.close()


def still_house(folder: Path, model: StudyModel | None = None, **overrides: Any) -> House:
    """A house whose first window is still."""
    house = House(folder, AFTER, model, **overrides)
    house.record(MORNING)
    house.footage.changed[MORNING] = 0.0
    return house


async def analysed(house: House) -> Any:
    done = await house.analyzer().analyse(house.recorded(MORNING))
    assert done.outcome is Outcome.COMPLETED
    return house.row(MORNING)


async def test_a_still_window_costs_nothing_and_is_never_called_safe(house: House) -> None:
    row = await analysed(house)
    assert (row.status, row.model, row.cost_usd, row.coverage_s) == ("completed", NOTHING_MOVED, 0.0, 600.0)
    assert (row.safety_score, row.incident_count, row.analysis_result, row.vlm_call_id) == (None, None, None, None)
    assert "not judged" in row.summary
    assert house.model.studied == []
    assert len(queries.calls(house.database, CAM)) == 0
    again = await house.analyzer().analyse(house.recorded(MORNING))
    assert again.outcome is Outcome.TAKEN


async def test_in_the_cameras_language(tmp_path: Path) -> None:
    house = still_house(tmp_path)
    house.settings.replace_cameras({CAM: CameraSettings(source="test-pattern", language="ko")})
    assert "움직임이 없었습니다" in (await analysed(house)).summary


async def test_what_moves_has_gaps_or_was_not_measured_is_studied(tmp_path: Path) -> None:
    def moving(house: House) -> None:
        house.footage.changed[MORNING] = 0.3

    def unseen(house: House) -> None:
        house.footage.unseen = {MORNING + timedelta(seconds=n) for n in range(100, 110)}

    for number, change in enumerate((moving, unseen)):
        house = still_house(tmp_path / str(number))
        change(house)
        assert (await analysed(house)).model == "paid-1"
    gappy = House(tmp_path / "gappy", AFTER)
    gappy.record(MORNING, coverage_s=590)
    gappy.footage.changed[MORNING] = 0.0
    assert (await analysed(gappy)).model == "paid-1"


@pytest.mark.parametrize(
    ("ago", "severity", "event_type", "studied"),
    [
        (timedelta(minutes=-5), Severity.INFO, EventType.ACTIVITY, True),
        (timedelta(minutes=5), Severity.DANGER, EventType.SAFETY, True),
        (timedelta(minutes=5), Severity.INFO, EventType.ACTIVITY, False),
        (timedelta(minutes=15), Severity.DANGER, EventType.SAFETY, False),
        (timedelta(minutes=-5), Severity.WARNING, EventType.SYSTEM, False),
    ],
)
async def test_a_window_in_which_a_look_saw_something_is_studied(
    house: House, ago: timedelta, severity: Severity, event_type: EventType, studied: bool
) -> None:
    """Who fell just before, and lies there, does not move."""
    at = MORNING - ago
    seen = Observation("fall", event_type, severity, "A fall", "", 0.9, at, at, (at,))
    writes.add_event(house.database, CAM, seen, AFTER, model="paid-1")
    assert bool((await analysed(house)).model == "paid-1") is studied


async def test_it_is_a_setting_and_only_for_models_that_cost(tmp_path: Path) -> None:
    off = still_house(tmp_path / "off", analysis={"still_by_rule": False})
    assert (await analysed(off)).model == "paid-1"
    free = still_house(tmp_path / "free", StudyModel(bound_usd=0.0))
    assert (await analysed(free)).model == "paid-1"


async def test_a_person_may_ask_for_it_all_the_same(house: House) -> None:
    await analysed(house)
    await house.analyzer().analyse_again(house.recorded(MORNING))
    row = house.row(MORNING)
    assert (row.model, row.safety_score) == ("paid-1", 100.0)


async def test_under_a_prompt_of_their_own_too(house: House) -> None:
    analyzer = house.analyzer()
    await analyzer.analyse_again(house.recorded(MORNING), analyzer.terms(""))
    assert house.row(MORNING).model == "paid-1"


async def test_readers_are_told_what_is_by_rule_and_averages_leave_it_out(house: House) -> None:
    house.record(MORNING + WINDOW)
    house.clock.advance(WINDOW.total_seconds())
    analyzer = house.analyzer()
    for start in (MORNING, MORNING + WINDOW):
        await analyzer.analyse(house.recorded(start))
    day = read_day(house.database, CAM, MORNING.date(), house.settings.zone_named(), house.clock.now())
    assert (day.windows_by_rule, day.windows_completed, day.by_rule_s) == (1, 1, 600.0)
    assert (day.recorded_s, day.analysed_s, day.average_safety_score) == (1200.0, 600.0, 100.0)
    first = day.windows[day.windows["window_start_utc"] == MORNING].iloc[0]
    assert first["state"] == WindowState.BY_RULE.value
    told = tell(day, Words(Language.ENGLISH, day.zone))
    assert "In 1 ten-minute window nothing moved" in told and "not judged" in told
    assert "움직임이 없어" in tell(day, Words(Language.KOREAN, day.zone))
    hours.compute_hour(house.database, CAM, MORNING, house.clock.now())
    (hour,) = hours.hourly_analyses(house.database, CAM).to_dict("records")
    assert (hour["windows_completed"], hour["windows_judged"], hour["analysed_s"]) == (2, 1, 600.0)
    assert (hour["average_safety_score"], hour["summary"]["windows_by_rule"]) == (100.0, 1)


async def test_hours_of_still_windows_have_no_score(house: House) -> None:
    await analysed(house)
    hours.compute_hour(house.database, CAM, MORNING, house.clock.now())
    (hour,) = hours.hourly_analyses(house.database, CAM).to_dict("records")
    assert (hour["windows_completed"], hour["windows_judged"]) == (1, 0)
    assert hour["average_safety_score"] != hour["average_safety_score"], "NaN: not known"


async def test_windows_by_rule_are_drawn_for_labels(house: House) -> None:
    await analysed(house)
    drawn = draw(strata_of(house.database, CAM, MORNING, MORNING + WINDOW), 1)
    assert [one.window.start_utc for one in drawn] == [MORNING]


CAT = Pet(PetKind.CAT, 0.1, 0.1, 0.2, 0.2, 0.4)


def curtain_house(
    folder: Path,
    people: tuple[Person, ...] = (),
    pets: tuple[Pet, ...] | None = (),
    *,
    searched_s: range = range(0, 600, 4),
    language: str = "en",
    wanted: bool = True,
) -> House:
    """A house with a window in which something moves all the time, and what a picture in the middle shows."""
    house = House(folder, AFTER)
    house.record(MORNING)
    camera = CameraSettings.model_validate(
        {"source": "test-pattern", "language": language, "studies_need_people": wanted}
    )
    house.settings.replace_cameras({CAM: camera})
    found = [
        Detections(MORNING + timedelta(seconds=n), people if n == 300 else (), pets if n == 300 or not pets else ())
        for n in searched_s
    ]
    detections.add_detections(house.database, CAM, found)
    return house


async def test_a_window_with_a_curtain_and_no_people_is_left_out_where_that_is_wanted(tmp_path: Path) -> None:
    house = curtain_house(tmp_path)
    row = await analysed(house)
    assert (row.status, row.model, row.cost_usd, row.safety_score) == ("completed", NO_PEOPLE, 0.0, None)
    assert "neither people nor pets" in row.summary and "not judged" in row.summary
    assert house.model.studied == []
    day = read_day(house.database, CAM, MORNING.date(), house.settings.zone_named(), house.clock.now())
    assert day.windows[day.windows["window_start_utc"] == MORNING].iloc[0]["state"] == WindowState.NO_PEOPLE.value
    assert (day.windows_by_rule, day.no_people_s, day.analysed_s) == (0, 600.0, 0.0)
    assert "neither people nor pets were seen" in tell(day, Words(Language.ENGLISH, day.zone))
    assert "사람도 동물도" in tell(day, Words(Language.KOREAN, day.zone))
    await house.analyzer().analyse_again(house.recorded(MORNING))
    assert house.row(MORNING).model == "paid-1", "a person may ask all the same"


@pytest.mark.parametrize(
    "change",
    [
        {"wanted": False},
        {"people": (standing(0.5, score=0.1),)},
        {"pets": (CAT,)},
        {"pets": None},
        {"searched_s": range(0, 500, 4)},
        {"searched_s": range(0, 600, 12)},
        {"searched_s": range(0)},
    ],
    ids=["not wanted", "a person", "a pet", "pets unknown", "unwatched end", "watched rarely", "not watched"],
)
async def test_a_window_that_may_have_had_somebody_in_it_is_studied(tmp_path: Path, change: dict[str, Any]) -> None:
    assert (await analysed(curtain_house(tmp_path, **change))).model == "paid-1"


async def test_a_curtain_in_korean(tmp_path: Path) -> None:
    assert "사람도 동물도" in (await analysed(curtain_house(tmp_path, language="ko"))).summary
