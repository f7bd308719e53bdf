"""Days of a fake clock: nothing goes missing, nothing is made twice."""

import asyncio
import errno
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from livemon.base.errors import ReportError
from livemon.base.model_types import Answer, AnswerStatus
from livemon.jobs.report_jobs import ReportJobs, ReportOrder
from livemon.jobs.scheduler import STUDIES_AT_ONCE
from livemon.store import analyses, hours, job_runs, reports, work
from livemon.store.job_runs import DAILY, HOURLY
from livemon.store.tables.jobs import HourlyAnalysis, JobRun, SegmentAnalysis
from livemon.store.work import LEASE
from tests.conftest import MORNING
from tests.found import events_of
from tests.making import CAM, House, StudyModel, answered
from tests.waiting import wait_async

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
BERLIN = {"timezone": "Europe/Berlin"}
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, MORNING)
    yield made
    made.database.close()


def by_status(house: House, table: Any) -> Counter[str]:
    return Counter(row.status for row in house.rows(table))


def test_nothing_is_made_by_a_monitor_that_only_reads(house: House) -> None:
    house.record(MORNING - HOUR)
    house.scheduler()
    assert house.rows(SegmentAnalysis) == []


async def test_a_window_is_studied_half_a_minute_after_it_ended_and_not_before(house: House) -> None:
    house.record(MORNING)
    scheduler = house.scheduler()
    house.clock.advance(10 * 60 + 29)
    await scheduler.tick()
    assert scheduler.studying == []
    house.clock.advance(1)
    await scheduler.tick()
    await scheduler.idle()
    assert house.row(MORNING).status == "completed"


async def test_three_days_with_a_clock_change_are_made_once_each(tmp_path: Path) -> None:
    """24, 25 and 24 hours in Berlin, the camera recording all the time."""
    start = datetime(2026, 10, 23, 22, tzinfo=UTC)
    house = House(tmp_path, start, **BERLIN, budget={"max_calls_per_hour": 1000})
    await house.run(house.scheduler(), 73 * HOUR + 24 * MINUTE, record=True, step_s=120)
    windows = 73 * 6 + 2
    assert len(house.rows(SegmentAnalysis)) == windows
    assert by_status(house, SegmentAnalysis) == {"completed": windows}
    assert len(house.model.studied) == len(set(house.model.studied)) == windows
    made = house.rows(HourlyAnalysis)
    assert [row.hour_start_utc for row in sorted(made, key=lambda row: row.hour_start_utc)] == [
        start + n * HOUR for n in range(73)
    ]
    assert all(row.windows_completed == 6 and row.coverage_s == 3600 for row in made)
    assert house.reporter.made == [(CAM, date(2026, 10, day)) for day in (24, 25, 26)]
    daily = [row for row in house.rows(JobRun) if row.job == DAILY]
    assert [(row.period_end_utc - row.period_start_utc) / HOUR for row in daily] == [24, 25, 24]
    assert [row.status for row in daily] == ["completed"] * 3
    # At five past midnight, give or take a tick.
    assert all(timedelta(minutes=5) <= row.started_utc - row.period_end_utc <= 7 * MINUTE for row in daily)
    house.database.close()


async def test_after_five_hours_of_downtime_the_newest_windows_come_first_and_nothing_is_missing(house: House) -> None:
    house.record(MORNING, 30)
    house.clock.advance(5 * 3600 + 60)
    scheduler = house.scheduler()
    await house.run(scheduler, 20 * MINUTE)
    newest_first = sorted(house.model.studied, reverse=True)
    together = [set(newest_first[n : n + STUDIES_AT_ONCE]) for n in range(0, 30, STUDIES_AT_ONCE)]
    begun = [set(house.model.studied[n : n + STUDIES_AT_ONCE]) for n in range(0, 30, STUDIES_AT_ONCE)]
    assert begun == together
    assert by_status(house, SegmentAnalysis) == {"completed": 30}
    found = hours.hourly_analyses(house.database, CAM)
    assert list(found["windows_completed"]) == [6] * 5


async def test_while_the_provider_is_away_for_five_hours_windows_wait_and_then_all_are_done(house: House) -> None:
    away_until = MORNING + 6 * HOUR

    def reply(prepared: Any) -> Answer:
        if house.clock.now() < away_until:
            return Answer("paid-1", AnswerStatus.UNAVAILABLE, error="no network", cost_usd=0.0)
        return answered(prepared)

    house.model.reply = reply
    scheduler = house.scheduler()
    await house.run(scheduler, HOUR, record=True)
    assert by_status(house, SegmentAnalysis)["completed"] == 0
    assert set(by_status(house, SegmentAnalysis)) == {"pending"}
    await house.run(scheduler, 8 * HOUR, record=True, step_s=60)
    counts = by_status(house, SegmentAnalysis)
    assert counts["failed"] == 0
    assert counts["completed"] >= 9 * 6 - 1
    made = hours.hourly_analyses(house.database, CAM)
    assert (made["windows_completed"] == 6).all(), "hours are made again as their windows land"


async def test_two_processes_share_the_work_and_do_nothing_twice(house: House) -> None:
    house.record(MORNING, 12)
    house.clock.advance(2 * 3600 + 60)
    one, other = house.scheduler(), house.scheduler()
    for _ in range(40):
        house.clock.advance(30)
        await one.tick()
        await other.tick()
        await one.idle()
        await other.idle()
    assert len(house.model.studied) == len(set(house.model.studied)) == 12
    assert [row.attempts for row in house.rows(SegmentAnalysis)] == [1] * 12
    assert all(row.attempts == 1 for row in house.rows(JobRun))


async def test_two_processes_that_come_to_a_report_at_once_make_it_once(house: House) -> None:
    """Both have asked what is due before either begins."""
    run = job_runs.run_of(house.database, DAILY, CAM, MIDNIGHT, MIDNIGHT + DAY)
    desks = [ReportJobs(house.settings, house.database, house.clock, house.reporter) for _ in range(2)]
    await asyncio.gather(*(report_jobs.make_due(ReportOrder(CAM, date(2026, 11, 23)), run) for report_jobs in desks))
    assert house.reporter.made == [(CAM, date(2026, 11, 23))]


async def test_a_crash_in_the_middle_of_a_study_loses_nothing(house: House) -> None:
    house.record(MORNING)
    house.clock.advance(11 * 60)
    row_id = analyses.analysis_id(house.database, CAM, house.recorded(MORNING).window)
    work.claim(house.database, SegmentAnalysis, row_id, "a process that died", house.clock.now())
    scheduler = house.scheduler()
    await scheduler.tick()
    assert scheduler.studying == [], "for all we know it is being studied"
    house.clock.advance(LEASE.total_seconds())
    await scheduler.tick()
    await scheduler.idle()
    assert (house.row(MORNING).status, house.row(MORNING).attempts) == ("completed", 2)


async def test_windows_too_old_are_failed_with_the_reason_and_can_be_asked_for(tmp_path: Path) -> None:
    house = House(tmp_path, MORNING, analysis={"catch_up_hours": 2})
    house.record(MORNING - 5 * HOUR)
    scheduler = house.scheduler()
    await house.run(scheduler, 15 * MINUTE)
    old = house.row(MORNING - 5 * HOUR)
    assert (old.status, house.model.studied) == ("failed", [])
    assert "within 2 hours" in str(old.error)
    await scheduler.study(house.recorded(MORNING - 5 * HOUR))
    await scheduler.stop()
    await house.run(scheduler, MINUTE)
    assert house.row(MORNING - 5 * HOUR).status == "completed"
    house.database.close()


async def test_a_clock_that_is_wrong_at_first_gives_nothing_up(tmp_path: Path) -> None:
    """A board without a battery wakes up days ahead, or in 1970, and is set right a minute later."""
    house = House(tmp_path, MORNING, analysis={"catch_up_hours": 2})
    house.record(MORNING - HOUR)
    house.clock.advance(DAY.total_seconds())
    scheduler = house.scheduler()
    await scheduler.tick()
    assert house.rows(SegmentAnalysis) == []


async def test_with_studies_switched_off_only_what_is_asked_for_is_studied(tmp_path: Path) -> None:
    house = House(tmp_path, MORNING, analysis={"enabled": False})
    house.record(MORNING - HOUR, 2)
    scheduler = house.scheduler()
    await house.run(scheduler, 20 * MINUTE)
    assert house.model.studied == []
    await scheduler.study(house.recorded(MORNING - HOUR))
    await scheduler.stop()
    await house.run(scheduler, MINUTE)
    assert house.model.studied == [MORNING - HOUR]
    house.database.close()


async def test_missed_reports_are_caught_up_the_newest_first_and_no_further_than_set(tmp_path: Path) -> None:
    house = House(tmp_path, MIDNIGHT - 20 * DAY, report={"catch_up_days": 3})
    house.clock.advance((20 * DAY + 6 * MINUTE).total_seconds())
    await house.run(house.scheduler(), 5 * MINUTE)
    assert [day for _, day in house.reporter.made] == [date(2026, 11, day) for day in (22, 21, 20)]
    house.database.close()


async def test_a_full_disk_puts_a_report_off_and_the_next_try_makes_it(house: House) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    house.clock.advance((MIDNIGHT + DAY + 4 * MINUTE - MORNING).total_seconds())
    house.reporter.fail = full
    scheduler = house.scheduler()
    await house.run(scheduler, 2 * MINUTE)
    (run,) = [row for row in house.rows(JobRun) if row.job == DAILY]
    assert (run.status, run.attempts) == ("pending", 1)
    assert "No space left" in str(run.error)
    house.reporter.fail = lambda: None
    await house.run(scheduler, 10 * MINUTE)
    assert house.reporter.made == [(CAM, date(2026, 11, 23))]


async def test_a_report_that_cannot_be_made_is_told_once_and_given_up(house: House) -> None:
    def fail() -> None:
        raise ReportError("Cell 3 failed: NameError. The notebook lies in reports/.")

    house.clock.advance((MIDNIGHT + DAY + 4 * MINUTE - MORNING).total_seconds())
    house.reporter.fail = fail
    await house.run(house.scheduler(), 6 * HOUR)
    (run,) = [row for row in house.rows(JobRun) if row.job == DAILY]
    assert (run.status, run.attempts) == ("failed", 4)
    (event,) = events_of(house.database, CAM).to_dict("records")
    assert (event["kind"], event["title"]) == ("report_failed", "There is no report of 2026-11-23")
    assert "Cell 3" in event["description"]


async def test_a_report_made_while_windows_waited_is_made_again_when_they_have_landed(tmp_path: Path) -> None:
    house = House(tmp_path, MIDNIGHT - HOUR)
    house.record(MIDNIGHT - HOUR, 6)
    house.clock.advance((HOUR + 4 * MINUTE).total_seconds())
    house.model.reply = lambda _: Answer("paid-1", AnswerStatus.UNAVAILABLE, error="no network", cost_usd=0.0)
    scheduler = house.scheduler()
    await house.run(scheduler, 3 * MINUTE)
    day = date(2026, 11, 22)
    assert house.reporter.made == [(CAM, day)]
    reports.upsert_report(house.database, report_row(day, house.clock.now(), waiting=6))
    await house.run(scheduler, 5 * MINUTE)
    assert len(house.reporter.made) == 1, "they wait still"
    house.model.reply = answered
    await house.run(scheduler, 2 * HOUR)
    assert len(house.reporter.made) >= 2
    made = len(house.reporter.made)
    reports.upsert_report(house.database, report_row(day, house.clock.now(), waiting=0))
    await house.run(scheduler, 10 * MINUTE)
    assert len(house.reporter.made) == made
    house.database.close()


async def test_an_hour_in_which_nothing_was_recorded_has_no_row_and_is_not_an_hour_without_events(house: House) -> None:
    await house.run(house.scheduler(), 2 * HOUR + 2 * MINUTE)
    assert house.rows(HourlyAnalysis) == []
    assert [row.status for row in house.rows(JobRun) if row.job == HOURLY] == ["completed"] * 2


async def test_stopping_gives_back_what_is_being_studied(tmp_path: Path) -> None:
    house = House(tmp_path, MORNING + 11 * MINUTE, StudyModel())
    house.record(MORNING)
    house.model.meanwhile = lambda: asyncio.Event().wait()
    scheduler = house.scheduler()
    await scheduler.tick()
    await wait_async(lambda: house.model.studied)
    await scheduler.stop()
    assert (house.row(MORNING).status, scheduler.studying) == ("pending", [])
    house.database.close()


def report_row(day: date, now: datetime, waiting: int) -> dict[str, Any]:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {
        "camera_id": CAM,
        "report_date": day,
        "timezone": "UTC",
        "language": "en",
        "start_utc": start,
        "end_utc": start + DAY,
        "summary": "",
        "average_safety_score": None,
        "lowest_safety_score": None,
        "incident_count": None,
        "event_count": 0,
        "hourly_summary": [],
        "timeline": [],
        "coverage": {},
        "coverage_s": 0.0,
        "analysed_s": 0.0,
        "windows_waiting": waiting,
        "cost_usd": 0.0,
        "calls_of_unknown_cost": 0,
        "report_path": "",
        "pdf_path": "",
        "notebook_path": "",
        "created_utc": now,
    }
