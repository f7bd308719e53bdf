"""Analyses, hours and files over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from livemon.base.clock import FakeClock
from livemon.base.errors import NoFootage
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import hours
from tests.conftest import FAST, MORNING
from tests.days import CAM, analysis, archive, at, incident
from tests.web.api.test_api import Client


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, clock=FakeClock(MORNING), profile=FAST) as made:
        yield made


@pytest.fixture
def api(monitor: Monitor) -> Client:
    return Client(monitor.serve().url)


def test_analyses_are_told_newest_first_with_their_parts_and_videos(api: Client, monitor: Monitor) -> None:
    archive(monitor, at(14))
    analysis(monitor, at(14), incidents=[incident(at(14, 2))], score=88.0)
    analysis(monitor, at(14, 10), "failed", error="The model does not answer.", attempts=3)
    later, first = api(f"/segment-analyses/{CAM}").json["segment_analyses"]
    assert (first["window_start_utc"], first["window_end_utc"]) == (
        "2026-11-22T14:00:00.000Z",
        "2026-11-22T14:10:00.000Z",
    )
    assert (first["safety_score"], first["incident_count"], first["cost_usd"]) == (88.0, 1, 0.002)
    assert first["incidents"][0]["title"] == "Climbed the sofa"
    assert [one["area"] for one in first["development"]] == ["gross_motor"]
    assert [one["what"] for one in first["activities"]] == ["Playing with blocks"]
    assert first["video_urls"] == [f"{api.url}/api/live-monitoring/archives/{CAM}/segment_20261122_140000.mp4"]
    assert (later["status"], later["error"], later["attempts"]) == ("failed", "The model does not answer.", 3)
    assert later["safety_score"] is None and later["cost_usd"] is None, "unknown is null"
    assert later["video_urls"] == [] and later["incidents"] == []


def test_analyses_are_chosen_by_day_time_status_and_number(api: Client, monitor: Monitor) -> None:
    for hour, status in ((1, "completed"), (2, "failed"), (3, "completed")):
        analysis(monitor, at(hour), status)
    analysis(monitor, MORNING)

    def starts(query: str) -> list[str]:
        found = api(f"/segment-analyses/{CAM}?{query}").json["segment_analyses"]
        return [one["window_start_utc"][5:16] for one in found]

    assert starts("date=2026-11-22") == ["11-22T03:00", "11-22T02:00", "11-22T01:00"]
    assert starts("since=2026-11-22T02:00:00Z&until=2026-11-22T03:00:00Z") == ["11-22T02:00"]
    assert starts("status=failed") == ["11-22T02:00"]
    assert starts("limit=1") == ["11-23T08:00"]


def test_one_analysis_is_told_with_everything(api: Client, monitor: Monitor) -> None:
    analysis(monitor, at(14))
    one = api(f"/segment-analyses/{CAM}/2026-11-22T14:00:00Z").json
    assert (one["summary"], one["model"], one["prompt_version"]) == (
        "Played on the mat.",
        "paid-1",
        "abcdef0123456789",
    )
    missing = api(f"/segment-analyses/{CAM}/2026-11-22T14:10:00Z")
    assert missing.status == 404 and "retry" in missing.json["hint"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/segment-analyses/{}/2026-11-22T14:05:00Z", "beginning of a ten-minute window"),
        ("/segment-analyses/{}/2026-11-22T14:00:00", "beginning of a ten-minute window"),
        ("/segment-analyses/{}?date=yesterday", "must be a date"),
        ("/segment-analyses/{}?date=0001-01-01", "must be a date"),
        ("/segment-analyses/{}?status=perhaps", "must be one of pending"),
        ("/hourly-analyses/{}?date=2026-11-22&since=2026-11-22T00:00:00Z", "cannot be combined"),
        ("/list-segment-files/{}?date=2026-02-30", "must be a date"),
        ("/day/{}?date=22.11.2026", "must be a date"),
        ("/day/{}?timezone=Mars/Base", "not an IANA time zone"),
    ],
)
def test_what_cannot_be_understood_is_a_sentence(api: Client, path: str, said: str) -> None:
    reply = api(path.format(CAM))
    assert reply.status == 400
    assert said in reply.json["detail"]


def test_a_window_can_be_analysed_again(api: Client, monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, datetime]] = []
    monkeypatch.setattr(monitor.backfill, "retry", lambda camera_id, window: asked.append((camera_id, window)))
    reply = api(f"/segment-analyses/{CAM}/2026-11-22T14:00:00Z/retry", "POST")
    assert (reply.status, reply.json["status"]) == (202, "pending")
    assert asked == [(CAM, at(14))]

    def refuse(*_: object) -> None:
        raise NoFootage("There is no archive. Only what was recorded can be studied.")

    monkeypatch.setattr(monitor.backfill, "retry", refuse)
    assert api(f"/segment-analyses/{CAM}/2026-11-22T14:00:00Z/retry", "POST").status == 404


def test_hours_are_told_newest_first(api: Client, monitor: Monitor) -> None:
    for hour in (14, 15):
        archive(monitor, at(hour))
        analysis(monitor, at(hour), score=None if hour == 15 else 88.0)
        hours.compute_hour(monitor.database, CAM, at(hour), monitor.clock.now())
    later, first = api(f"/hourly-analyses/{CAM}?date=2026-11-22").json["hourly_analyses"]
    assert (first["hour_start_utc"], first["average_safety_score"]) == ("2026-11-22T14:00:00.000Z", 88.0)
    assert later["average_safety_score"] is None, "unknown is null"


def test_files_are_listed_with_their_score_and_by_the_hour(api: Client, monitor: Monitor) -> None:
    for minute in (0, 10):
        archive(monitor, at(14, minute))
    archive(monitor, at(16))
    analysis(monitor, at(14), score=88.0)
    hours.compute_hour(monitor.database, CAM, at(14), monitor.clock.now())
    files = api(f"/list-segment-files/{CAM}?date=2026-11-22").json["files"]
    assert [file["name"] for file in files] == [
        "segment_20261122_160000.mp4",
        "segment_20261122_141000.mp4",
        "segment_20261122_140000.mp4",
    ]
    assert [(file["status"], file["safety_score"]) for file in files] == [
        (None, None),
        (None, None),
        ("completed", 88.0),
    ]
    later, first = api(f"/list-hourly-files/{CAM}?date=2026-11-22").json["hours"]
    assert (later["hour_start_utc"], later["analysis"]) == ("2026-11-22T16:00:00.000Z", None)
    assert (first["coverage_s"], len(first["files"]), first["analysis"]["windows_completed"]) == (1200.0, 2, 1)
    assert api(f"/list-segment-files/{CAM}").json["files"] == [], "today, without a date"


def test_a_day_is_told_window_by_window(api: Client, monitor: Monitor) -> None:
    archive(monitor, at(14))
    analysis(monitor, at(14), incidents=[incident(at(14, 2))], score=88.0)
    archive(monitor, at(14, 10))
    day = api(f"/day/{CAM}?date=2026-11-22").json
    assert (day["date"], day["timezone"], day["recorded_s"], day["incident_count"]) == ("2026-11-22", "UTC", 1200.0, 1)
    assert len(day["windows"]) == 144 and len(day["hours"]) == 24
    assert [day["windows"][n]["state"] for n in (83, 84, 85)] == ["not_recorded", "completed", "waiting"]
    assert day["windows"][85]["safety_score"] is None
    assert day["windows_by_state"]["waiting"] == 1
    assert [gap["duration_s"] for gap in day["gaps"]] == [14 * 3600.0, 35000.0 + 1000 - 1200]


@pytest.mark.parametrize(
    "path", ["segment-analyses", "hourly-analyses", "list-segment-files", "list-hourly-files", "day"]
)
def test_an_unknown_camera_is_a_problem(api: Client, path: str) -> None:
    assert api(f"/{path}/nobody").status == 404
