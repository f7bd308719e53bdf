"""Daily reports over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from livemon.base.clock import FakeClock
from livemon.base.errors import ReportError
from livemon.base.settings.settings import Settings
from livemon.jobs.report_requests import ReportRequests
from livemon.monitor.monitor import Monitor
from tests.conftest import FAST, MORNING
from tests.days import CAM, report
from tests.waiting import PATIENCE_S, wait_until
from tests.web.api.test_api import Client

ADDRESS = f"/daily-report/{CAM}?date=2026-11-22"


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, clock=FakeClock(MORNING), profile=FAST) as made:
        yield made


@pytest.fixture
def api(monitor: Monitor) -> Client:
    return Client(monitor.serve().url)


class Press:
    """Makes reports when a test lets it."""

    def __init__(self, monitor: Monitor, error: str = "") -> None:
        self.go, self.begun = threading.Event(), threading.Event()
        self.made: list[tuple[Any, ...]] = []
        self.error = error
        monitor.report_requests = ReportRequests(self.make)

    def make(self, camera_id: str, day: Any, *, timezone: str, language: str, on_progress: Any) -> None:
        self.made.append((camera_id, day.isoformat(), timezone, language))
        on_progress(0.5, "drawing")
        self.begun.set()
        assert self.go.wait(PATIENCE_S)
        if self.error:
            raise ReportError(self.error)


def test_a_report_is_told_with_addresses_that_answer(api: Client, monitor: Monitor) -> None:
    page = report(monitor)
    told = api(ADDRESS).json
    assert (told["report_date"], told["summary"], told["incident_count"]) == ("2026-11-22", "A quiet day.", 1)
    assert told["being_made"] is False
    assert api(told["html_url"]).body == page.read_bytes()
    assert api(told["pdf_url"]).headers["Content-Type"] == "application/pdf"
    assert api(told["notebook_url"]).headers["Content-Type"] == "application/x-ipynb+json"
    (clip,) = told["clip_urls"]
    part = api(clip, Range="bytes=2-4")
    assert (part.status, part.body, part.headers["Content-Type"]) == (206, b"234", "video/mp4")


def test_a_report_without_a_pdf_says_so(api: Client, monitor: Monitor) -> None:
    report(monitor)
    with monitor.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE daily_reports SET pdf_path = ''")
    assert api(ADDRESS).json["pdf_url"] is None


def test_a_page_of_a_report_can_do_nothing(api: Client, monitor: Monitor) -> None:
    report(monitor)
    url = f"/daily-reports/{CAM}/files/2026-11-22.en.html"
    headers = api(url).headers
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "sandbox" in policy and "script" not in policy
    assert headers["Content-Disposition"] is None
    kept = api(f"{url}?download=1").headers["Content-Disposition"]
    assert kept == f'attachment; filename="livemon-{CAM}-2026-11-22.en.html"'


@pytest.mark.parametrize(
    "path",
    ["../archive/segment_20261122_140000.mp4", "%2e%2e/%2e%2e/livemon.db", "2026-11-22/../../x.html", ".hidden.html"],
)
def test_nothing_but_reports_is_served(api: Client, monitor: Monitor, path: str) -> None:
    report(monitor)
    assert api(f"/daily-reports/{CAM}/files/{path}").status in (403, 404)


def test_reports_are_listed_by_day(api: Client, monitor: Monitor) -> None:
    report(monitor)
    report(monitor, language="ko")
    report(monitor, MORNING.date())
    listed = api(f"/daily-reports/{CAM}/list").json["reports"]
    assert [(one["report_date"], one["language"]) for one in listed] == [
        ("2026-11-23", "en"),
        ("2026-11-22", "en"),
        ("2026-11-22", "ko"),
    ]
    assert len(api(f"/daily-reports/{CAM}/list?limit=1").json["reports"]) == 1


def test_without_a_report_the_answer_says_how_to_have_one_made(api: Client) -> None:
    missing = api(ADDRESS)
    assert missing.status == 404
    assert "no report" in missing.json["detail"] and "POST" in missing.json["hint"]


def test_a_report_is_made_beside_the_request_and_only_once(api: Client, monitor: Monitor) -> None:
    press = Press(monitor)
    first = api(f"{ADDRESS}&language=ko", "POST")
    assert (first.status, first.json["being_made"]) == (202, True)
    assert press.begun.wait(PATIENCE_S)
    assert api(f"{ADDRESS}&language=ko", "POST").json["doing"] == "drawing", "the one that is being made"
    during = api(f"{ADDRESS}&language=ko").json
    assert (during["being_made"], during["progress"]) == (True, 0.5)
    press.go.set()
    assert press.made == [(CAM, "2026-11-22", "", "ko")]


def test_why_a_report_failed_is_told(api: Client, monitor: Monitor) -> None:
    press = Press(monitor, "The disk is full.")
    press.go.set()
    api(ADDRESS, "POST")
    wait_until(lambda: api(ADDRESS).status == 404)
    reply = api(ADDRESS)
    assert "The last attempt failed: The disk is full." in reply.json["detail"]
    report(monitor)
    told = api(ADDRESS).json
    assert (told["summary"], told["error"]) == ("A quiet day.", "The disk is full."), "the one before is still there"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "'date' is missing"),
        ("?date=2026-11-24", "in the future"),
        ("?date=2026-11-22&language=fr", "must be one of"),
        ("?date=2026-11-22&timezone=Mars/Base", "not an IANA time zone"),
    ],
)
def test_what_cannot_be_made_is_refused_at_once(api: Client, query: str, said: str) -> None:
    reply = api(f"/daily-report/{CAM}{query}", "POST")
    assert reply.status == 400
    assert said in reply.json["detail"]


@pytest.mark.parametrize("path", ["daily-report/nobody?date=2026-11-22", "daily-reports/nobody/list"])
def test_an_unknown_camera_is_a_problem(api: Client, path: str) -> None:
    assert api(f"/{path}").status == 404
