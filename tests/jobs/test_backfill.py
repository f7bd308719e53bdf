"""Studying the past because a person asks: what it costs first, then on until it is done or there is no money."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.clock import WINDOW
from livemon.base.engine import Engine
from livemon.base.errors import ConfigError, NoFootage, UnknownCamera, UnknownPrompt
from livemon.base.model_types import Answer, AnswerStatus
from livemon.cameras.segment_analyzer import Outcome
from livemon.jobs.backfill import STOP_AFTER, Backfill, Plan, Progress
from livemon.store import work
from livemon.store.analyses import analysis_id
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.vlm.prompt import shipped_prompts
from tests.conftest import MORNING
from tests.making import CAM, House, StudyModel, result

LATER = MORNING + timedelta(days=3)
END = MORNING + timedelta(hours=1)


class Desk:
    """A backfill over a house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.engine = Engine()
        self.scheduler = house.scheduler()
        self.backfill = Backfill(
            house.settings,
            house.database,
            house.clock,
            house.pool,
            self.engine,
            {CAM: house.analyzer()},
            self.scheduler,
        )

    def plan(self, prompt: str = "") -> Plan:
        return self.backfill.plan(CAM, MORNING, END, prompt)

    def close(self) -> None:
        self.engine.call(self.scheduler.stop())
        self.engine.close()
        self.house.database.close()


@pytest.fixture
def report_jobs(tmp_path: Path) -> Iterator[Desk]:
    house = House(tmp_path, LATER)
    house.record(MORNING, 6)
    made = Desk(house)
    yield made
    made.close()


def own_prompt(report_jobs: Desk) -> str:
    folder = report_jobs.house.settings.prompts_dir
    folder.mkdir(exist_ok=True)
    prompt = shipped_prompts()["study_en"].model_copy(update={"template": "Look closely. $pictures"})
    (folder / "mine.toml").write_text(prompt.to_toml())
    return "mine"


def test_a_plan_says_what_there_is_to_do_and_the_most_it_costs(report_jobs: Desk) -> None:
    plan = report_jobs.plan()
    assert [one.window.start_utc for one in plan.windows] == [MORNING + n * WINDOW for n in range(5, -1, -1)]
    assert plan.done == 0
    priced = replace(plan, per_window=replace(plan.per_window, model="big", input_tokens=18000, cost_usd=0.006))
    assert str(priced) == (
        "6 windows of camera-1 to study (0 are done); about 18,000 tokens each at most, on big: $0.04 at most."
    )
    assert priced.cost_usd == pytest.approx(0.036)


def test_a_time_within_a_window_means_the_whole_window(report_jobs: Desk) -> None:
    plan = report_jobs.backfill.plan(CAM, MORNING + timedelta(minutes=15), MORNING + timedelta(minutes=25))
    assert [one.window.start_utc for one in plan.windows] == [MORNING + 2 * WINDOW, MORNING + WINDOW]


def test_a_price_that_is_not_known_is_said_and_not_zero(report_jobs: Desk) -> None:
    plan = report_jobs.plan()
    assert plan.cost_usd is None
    assert "its price is not known" in str(plan)


def test_old_windows_are_studied_and_each_is_told(report_jobs: Desk) -> None:
    told: list[int] = []
    progress = report_jobs.backfill.run(report_jobs.plan(), lambda now: told.append(now.taken_up))
    assert (progress.completed, progress.failed, progress.waiting, progress.stopped) == (6, 0, 0, "")
    assert told == [1, 2, 3, 4, 5, 6]
    assert [row.status for row in report_jobs.house.rows(SegmentAnalysis)] == ["completed"] * 6


def test_begun_again_it_goes_on_where_it_was(report_jobs: Desk) -> None:
    first = replace(report_jobs.plan(), windows=report_jobs.plan().windows[:2])
    report_jobs.backfill.run(first)
    rest = report_jobs.plan()
    assert (rest.done, len(rest.windows)) == (2, 4)
    report_jobs.backfill.run(rest)
    assert len(set(report_jobs.house.model.studied)) == len(report_jobs.house.model.studied) == 6


def test_windows_that_failed_are_taken_up_again(report_jobs: Desk) -> None:
    report_jobs.house.footage.lost.add(MORNING)
    assert report_jobs.backfill.run(report_jobs.plan()).failed == 1
    report_jobs.house.footage.lost.clear()
    assert len(report_jobs.plan().windows) == 1
    assert report_jobs.backfill.run(report_jobs.plan()).completed == 1


def test_with_another_prompt_windows_are_studied_again_and_only_once(report_jobs: Desk) -> None:
    report_jobs.backfill.run(report_jobs.plan())
    before = {row.prompt_version for row in report_jobs.house.rows(SegmentAnalysis)}
    name = own_prompt(report_jobs)
    plan = report_jobs.plan(name)
    assert (plan.done, len(plan.windows)) == (0, 6)
    report_jobs.house.model.reply = lambda p: Answer("paid-1", AnswerStatus.OK, result=result(summary="Closely."))
    report_jobs.backfill.run(plan)
    rows = report_jobs.house.rows(SegmentAnalysis)
    assert {row.summary for row in rows} == {"Closely."}
    assert {row.prompt_version for row in rows}.isdisjoint(before)
    assert report_jobs.plan(name).windows == ()


def test_a_model_that_answers_badly_is_not_paid_for_all_windows(report_jobs: Desk) -> None:
    report_jobs.house.model.reply = lambda _: Answer("paid-1", AnswerStatus.UNPARSABLE, error="garbled", cost_usd=0.001)
    progress = report_jobs.backfill.run(report_jobs.plan())
    assert STOP_AFTER <= progress.taken_up < 6
    assert "garbled" in str(progress.stopped)
    assert set(progress.reasons.values()) == {progress.stopped}


def test_without_money_it_stops_and_says_why(tmp_path: Path) -> None:
    house = House(tmp_path, LATER, StudyModel(0.3), budget={"camera_usd_per_day": 0.4})
    house.record(MORNING, 6)
    report_jobs = Desk(house)
    progress = report_jobs.backfill.run(report_jobs.plan(own_prompt(report_jobs)))
    assert (progress.completed, len(house.model.studied)) == (1, 1)
    assert "$0.40" in str(progress.stopped)
    report_jobs.close()


def test_windows_that_another_process_has_are_left_to_it(report_jobs: Desk) -> None:
    plan = report_jobs.plan()
    now = report_jobs.house.clock.now()
    for recorded in plan.windows[:4]:
        row_id = analysis_id(report_jobs.house.database, CAM, recorded.window)
        work.claim(report_jobs.house.database, SegmentAnalysis, row_id, "another", now)
    progress = report_jobs.backfill.run(plan)
    assert (progress.completed, progress.waiting, progress.stopped) == (2, 4, "")
    assert set(progress.reasons.values()) == {"another process has it, or it is done"}


def test_what_cannot_be_planned_is_said(report_jobs: Desk) -> None:
    with pytest.raises(ConfigError, match="ends before it begins"):
        report_jobs.backfill.plan(CAM, END, MORNING)
    with pytest.raises(UnknownCamera):
        report_jobs.backfill.plan("nobody", MORNING, END)
    with pytest.raises(UnknownPrompt):
        report_jobs.plan("no such prompt")
    with pytest.raises(ConfigError, match="look"):
        report_jobs.plan("look_en")


def test_a_model_without_prompts_takes_none(tmp_path: Path) -> None:
    house = House(tmp_path, LATER, StudyModel(0.0))
    report_jobs = Desk(house)
    with pytest.raises(ConfigError, match="takes no prompt"):
        report_jobs.plan("study_en")
    assert str(report_jobs.plan()) == "0 windows of camera-1 to study (0 are done), by paid, for nothing."
    report_jobs.close()


def test_a_retry_studies_a_window_soon_whatever_became_of_it(report_jobs: Desk) -> None:
    report_jobs.house.footage.lost.add(MORNING)
    report_jobs.backfill.run(report_jobs.plan())
    report_jobs.house.footage.lost.clear()
    report_jobs.backfill.retry(CAM, MORNING + timedelta(minutes=3))
    for _ in range(200):
        if report_jobs.house.row(MORNING).status == Outcome.COMPLETED.value:
            break
        report_jobs.engine.call(report_jobs.scheduler.tick())
        report_jobs.engine.call(report_jobs.scheduler.idle())
    assert report_jobs.house.row(MORNING).status == "completed"
    with pytest.raises(NoFootage, match="no archive of 2026-11-25"):
        report_jobs.backfill.retry(CAM, MORNING + timedelta(days=2))


def test_progress_counts_what_was_taken_up() -> None:
    assert Progress(9, completed=2, failed=1, waiting=3).taken_up == 6
