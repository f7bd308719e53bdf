"""Reports that people ask for, one after the other."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest

from livemon.base.errors import ReportError
from livemon.jobs.report_requests import MOST_AT_ONCE, MOST_KEPT, ReportRequests, ReportRun
from tests.waiting import PATIENCE_S, wait_until

DAY = date(2026, 11, 22)


def ended(runs: ReportRequests, day: date = DAY) -> ReportRun:
    def made() -> ReportRun | None:
        run = runs.of("camera-1", day)
        return run if run is not None and run.is_done else None

    wait_until(made, "the report was not made")
    run = made()
    assert run is not None
    return run


def test_a_bug_is_told_as_a_failure_and_ends_nothing() -> None:
    def make(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    runs = ReportRequests(make)
    runs.start("camera-1", DAY)
    assert str(ended(runs).error) == "The report could not be made: ZeroDivisionError."
    assert not runs.start("camera-1", DAY).is_done, "it may be asked for again"


def test_reports_are_made_one_at_a_time_and_not_too_many_wait() -> None:
    at_once, most = 0, 0
    go, changing = threading.Event(), threading.Lock()

    def make(*_: Any, **__: Any) -> None:
        nonlocal at_once, most
        with changing:
            at_once += 1
            most = max(most, at_once)
        assert go.wait(PATIENCE_S)
        with changing:
            at_once -= 1

    runs = ReportRequests(make)
    days = [DAY + timedelta(days=n) for n in range(MOST_AT_ONCE + 1)]
    for day in days[:-1]:
        runs.start("camera-1", day)
    with pytest.raises(ReportError, match="wait to be made"):
        runs.start("camera-1", days[-1])
    go.set()
    assert [ended(runs, day).error for day in days[:-1]] == [""] * MOST_AT_ONCE
    assert most == 1


def test_how_the_oldest_ended_is_forgotten() -> None:
    runs = ReportRequests(lambda *_, **__: None)
    days = [DAY + timedelta(days=n) for n in range(MOST_KEPT + 2)]
    for day in days:
        runs.start("camera-1", day)
        ended(runs, day)
    assert [runs.of("camera-1", day) is None for day in days] == [True] * 2 + [False] * MOST_KEPT
