import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from livemon.base.average_score import average_score, lowest_score
from livemon.base.clock import WINDOW
from livemon.reports.facts.day import Day, read_day
from livemon.reports.facts.windows import HOUR_COLUMNS, WINDOW_COLUMNS, WindowState
from livemon.store import pauses
from livemon.stream.segments import segment_name
from livemon.web.pages.parts.day_text import coverage_words
from tests.reports.synthetic import CAM, LATER, MIDNIGHT, SEOUL, SUNDAY, Made, at, doing, incident, marks, observation

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    filled = Made(tmp_path)
    yield filled
    filled.database.close()


def states(day: Day) -> dict[str, int]:
    return {state.value: count for state, count in day.window_counts.items() if count}


@pytest.mark.parametrize(
    ("zone", "day", "hours", "windows"),
    [
        ("Asia/Seoul", date(2026, 11, 22), 24, 144),
        ("America/New_York", date(2026, 11, 1), 25, 150),
        ("America/New_York", date(2026, 3, 8), 23, 138),
        ("Asia/Kathmandu", date(2026, 11, 22), 24, 144),  # UTC+5:45: midnight is no ten-minute mark
        ("Africa/Cairo", date(2026, 4, 24), 23, 138),  # the day begins at 01:00
        ("Australia/Lord_Howe", date(2026, 4, 5), 25, 147),  # half an hour more
    ],
)
def test_a_day_is_as_long_as_its_zone_makes_it(made: Made, zone: str, day: date, hours: int, windows: int) -> None:
    read = made.day(day=day, zone=ZoneInfo(zone))
    assert (len(read.hours), len(read.windows)) == (hours, windows)
    assert read.hours["start_utc"].iloc[0] == read.start_utc
    assert read.hours["end_utc"].iloc[-1] == read.end_utc
    assert read.gaps["duration_s"].sum() == (read.end_utc - read.start_utc).total_seconds()


def test_an_empty_day_has_the_columns_of_a_full_one_and_knows_nothing(made: Made) -> None:
    empty = made.day()
    assert empty.nothing_recorded
    assert (empty.average_safety_score, empty.lowest_safety_score, empty.incident_count) == (None, None, None)
    made.archives(marks(at(0), at(24)))
    made.analyses(
        marks(at(0), at(24)),
        result={
            "incidents": [incident(at(3))],
            "development": [observation(at(3))],
            "activities": [doing(at(3), at(4), "Sleeps")],
        },
    )
    made.events([{"start_utc": at(5)}])
    made.calls([at(5)])
    full = made.day()
    for name in ("windows", "events", "incidents", "development", "activities", "hours", "costs", "answering"):
        assert dict(getattr(empty, name).dtypes) == dict(getattr(full, name).dtypes), name
        assert len(getattr(full, name)), name
    assert list(full.windows) == list(WINDOW_COLUMNS)
    assert list(full.hours) == list(HOUR_COLUMNS)
    assert not full.nothing_recorded


def test_every_window_says_what_is_known_of_it(made: Made) -> None:
    made.archives([at(8), at(8, 10), at(8, 20), at(8, 30)])
    made.analyses([at(8)], safety_score=88.0)
    made.analyses([at(8, 10)], "failed", error="503")
    made.analyses([at(8, 20)], "pending")
    made.events([{"start_utc": at(9, 3)}, {"start_utc": at(9, 15), "event_type": "system"}])
    day = made.day(now=at(10, 4))
    by_start = day.windows.set_index("window_start_utc")["state"]
    assert by_start[at(8)] == "completed"
    assert by_start[at(8, 10)] == "failed"
    assert by_start[at(8, 20)] == by_start[at(8, 30)] == "waiting"
    assert by_start[at(9)] == "not_kept", "something was seen, so the camera ran"
    assert by_start[at(9, 10)] == "not_recorded", "what livemon says about itself is no sign of footage"
    assert by_start[at(9, 50)] == "recording", "its archive may be on its way"
    assert by_start[at(10)] == "recording"
    assert by_start[at(10, 10)] == "to_come"
    assert states(day) == {
        "completed": 1,
        "waiting": 2,
        "failed": 1,
        "not_kept": 1,
        "not_recorded": 54,
        "recording": 2,
        "to_come": 83,
    }
    assert (day.windows_waiting, day.windows_failed, day.windows_completed) == (2, 1, 1)
    assert not day.is_over


def test_an_analysis_outlives_its_footage(made: Made) -> None:
    made.analyses([at(8)])
    day = made.day()
    assert states(day)["completed"] == 1
    assert day.recorded_s == 600.0
    assert not day.nothing_recorded


def test_gaps_are_merged_over_windows_and_end_where_nothing_is_known_yet(made: Made) -> None:
    made.archives([at(0), at(0, 10)])
    made.archives([at(0, 20)], gap=(at(0, 25), at(0, 30)))
    made.archives([at(0, 40)], gap=(at(0, 40), at(0, 41)))
    day = made.day(now=at(1, 3))
    spans = list(zip(day.gaps["start_utc"], day.gaps["end_utc"], strict=True))
    assert spans == [(at(0, 25), at(0, 41))], "00:50 and later may still come"


def test_a_gap_says_who_paused_the_camera_and_only_for_the_time_of_the_pause(made: Made) -> None:
    made.archives([at(0)])
    made.archives([at(0, 10)], gap=(at(0, 15), at(0, 20)))
    made.archives([at(1)])
    pauses.begin(made.database, CAM, None, "Anna", at(0, 15, 20))
    pauses.end(made.database, CAM, at(0, 35))
    pauses.begin(made.database, CAM, at(9), "", at(0, 59, 30))
    pauses.end(made.database, CAM, at(0, 59, 40))
    day = made.day(now=at(1, 20))
    told = [tuple(row) for row in day.gaps[["start_utc", "end_utc", "paused", "paused_by"]].itertuples(index=False)]
    assert told == [
        (at(0, 15), at(0, 35), True, "Anna"),
        (at(0, 35), at(0, 59, 30), False, ""),
        (at(0, 59, 30), at(1), True, ""),
    ]
    assert "00:15-00:35 (paused by Anna)" in coverage_words(day).replace("\N{EN DASH}", "-")


def test_parts_of_an_archive_are_one_window(made: Made) -> None:
    made.archives([at(0)], coverage_s=200.0)
    with made.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO archives (camera_id, window_start_utc, part, start_utc, end_utc, path, frames, bytes, sha256,"
            " coverage_s, gaps, pinned) SELECT camera_id, window_start_utc, 1, start_utc, end_utc, 'second', frames,"
            " bytes, sha256, 300.0, gaps, pinned FROM archives"
        )
    window = made.day().windows.iloc[0]
    assert window["recorded_s"] == 500.0
    assert window["archive_path"].endswith(".mp4"), "the first part's"


def test_the_days_events_are_those_that_began_in_it(made: Made) -> None:
    late = at(24) - timedelta(seconds=1)
    made.events([{"start_utc": at(0) - timedelta(seconds=1)}, {"start_utc": late}, {"start_utc": at(0)}])
    made.events([{"start_utc": at(24)}, {"start_utc": at(3), "event_type": "system"}])
    day = made.day()
    assert list(day.events["start_utc"]) == [at(0), at(3), late]
    assert day.event_count == 2


def test_an_incident_seen_live_and_in_the_study_is_one_and_neither_makes_it_milder(made: Made) -> None:
    made.events(
        [
            {"start_utc": at(9, 0, 10), "event_type": "safety", "severity": "warning", "kind": "possible_fall"},
            {"start_utc": at(9, 3), "event_type": "safety", "severity": "info", "kind": "climbing"},
        ]
    )
    seen = [
        incident(at(9, 0, 35), "danger", "Fell", kind="fall"),
        incident(at(9, 2), "warning", "Fell again", kind="fall"),
        incident(at(9, 0, 12), "info", "A cup", kind="hot_or_sharp"),
    ]
    made.archives([at(9)])
    made.analyses([at(9)], result={"incidents": seen})
    found = made.day().incidents
    assert list(zip(found["kind"], found["severity"], found["source"], strict=True)) == [
        ("possible_fall", "danger", "event"),
        ("hot_or_sharp", "info", "analysis"),
        ("fall", "warning", "analysis"),
    ]
    assert list(found["event_id"].isna()) == [False, True, True]
    assert found["end_utc"].iloc[0] == at(9, 0, 41)


def test_the_incidents_of_an_analysis_that_is_made_again_wait_with_it(made: Made) -> None:
    made.analyses([at(9)], "pending", analysis_result={"incidents": [incident(at(9))]})
    assert len(made.day().incidents) == 0


def test_development_comes_from_analyses_and_from_looks(made: Made) -> None:
    made.analyses([at(9)], result={"development": [observation(at(9, 2), "language", "emerging", "Two words")]})
    made.events(
        [
            {"start_utc": at(8), "event_type": "development", "kind": "gross_motor", "title": "Stands"},
            {"start_utc": at(10), "event_type": "development", "kind": "new_word"},
        ]
    )
    found = made.day().development
    assert list(found["area"]) == ["gross_motor", "language", ""]
    assert list(found["level"]) == ["", "emerging", ""]


def test_an_hour_counts_what_began_in_it(made: Made) -> None:
    made.archives(marks(at(8), at(9)))
    made.analyses([at(8), at(8, 10)], safety_score=80.0)
    made.analyses([at(8, 20)], safety_score=None)
    made.analyses([at(8, 30)], "failed")
    made.events([{"start_utc": at(8, 59, 59)}, {"start_utc": at(8), "event_type": "safety", "severity": "warning"}])
    made.events([{"start_utc": at(9), "event_type": "development"}])
    hours = made.day().hours
    eight, nine = hours.iloc[8], hours.iloc[9]
    assert eight["start_utc"] == at(8)
    assert (eight["recorded_s"], eight["analysed_s"]) == (3600.0, 1800.0)
    assert (eight["windows_completed"], eight["windows_failed"], eight["windows_waiting"]) == (3, 1, 2)
    assert (eight["average_safety_score"], eight["lowest_safety_score"]) == (80.0, 80.0)
    assert (eight["events_activity"], eight["events_safety"], eight["incident_count"]) == (1, 1, 1)
    assert (nine["events_development"], nine["recorded_s"]) == (1, 0.0)
    assert pd.isna(nine["average_safety_score"])


def test_the_hours_of_the_day_the_clocks_go_back_repeat_one(made: Made) -> None:
    made.events(
        [
            {"start_utc": datetime(2026, 11, 1, 5, 30, tzinfo=UTC)},
            {"start_utc": datetime(2026, 11, 1, 6, 30, tzinfo=UTC)},
        ]
    )
    hours = made.day(day=date(2026, 11, 1), zone=NEW_YORK).hours
    ones = hours[[at.hour == 1 for at in hours["start_utc"].dt.tz_convert(NEW_YORK)]]
    assert list(ones["events_activity"]) == [1, 1]


def test_an_average_of_few_windows_is_not_known() -> None:
    assert average_score([40.0], 3) is None, "OpenCV scores only windows with incidents"
    assert average_score([40.0, 60.0], 4) == 50.0
    assert average_score([], 0) is None
    assert lowest_score([40.0, 60.0]) == 40.0
    assert lowest_score([]) is None


def test_nobody_looked_and_nothing_seen_are_told_apart(made: Made) -> None:
    made.archives([at(8)])
    assert made.day().incident_count is None
    made.calls([at(8)], status="unavailable")
    assert made.day().incident_count is None, "a look without an answer saw nothing"
    made.calls([at(8, 1)])
    day = made.day()
    assert day.incident_count == 0
    assert (day.looks_ok, day.looks_failed) == (1, 1)


def test_what_is_known_of_a_day_ends_with_its_last_finished_window(made: Made) -> None:
    assert made.day(now=MIDNIGHT - WINDOW).length_s == 0.0
    made.archives(marks(at(0), at(9)))
    assert made.day(now=at(9, 4)).length_s == 9 * 3600
    assert made.day(now=LATER).length_s == 24 * 3600


def test_costs_are_those_of_the_days_calls(made: Made) -> None:
    made.calls([at(8), at(9)], cost_usd=0.5)
    made.calls([at(10)], cost_usd=None)
    made.calls([at(25)], cost_usd=7.0)
    day = made.day()
    assert (day.cost_usd, day.calls_of_unknown_cost) == (1.0, 1)


def test_a_busy_day_is_read_in_a_moment(made: Made) -> None:
    made.archives(marks(at(0), at(24)))
    made.analyses(marks(at(0), at(24)))
    made.events([{"start_utc": at(0) + timedelta(seconds=43 * n)} for n in range(2000)])
    made.day()
    began = time.process_time()
    assert len(made.day().events) == 2000
    assert time.process_time() - began < 1.0
    assert set(states(made.day())) == {WindowState.COMPLETED.value}


def test_what_is_recorded_and_not_archived_yet_counts_and_the_parts_add_up(made: Made, tmp_path: Path) -> None:
    hls = tmp_path / "hls"
    hls.mkdir()
    now = at(0, 23)
    made.archives([at(0)])
    missing = range(36, 40)  # of the second window, 40 s
    for number in (n for n in range(13 * 6) if n not in missing):
        (hls / segment_name(at(0, 10) + number * timedelta(seconds=10), 10.0, 10.0)).touch()
    day = read_day(made.database, CAM, SUNDAY, SEOUL, now, hls)
    assert day.recorded_s == (10 + 13) * 60 - 40
    assert day.known_until_utc == at(0, 23)
    assert day.recorded_s + day.gaps["duration_s"].sum() == day.length_s == 23 * 60
    assert [row["recorded_s"] for row in day.windows.to_dict("records")[:4]] == [600, 560, 180, 0]
    assert day.hours["recorded_s"].sum() == day.recorded_s
    assert sum(day.window_counts.values()) == len(day.windows)


def test_footage_of_a_window_whose_archive_is_late_waits_and_is_no_gap(made: Made, tmp_path: Path) -> None:
    hls = tmp_path / "hls"
    hls.mkdir()
    for number in range(60):
        (hls / segment_name(at(0) + number * timedelta(seconds=10), 10.0, 10.0)).touch()
    day = read_day(made.database, CAM, SUNDAY, SEOUL, at(2), hls)
    assert (day.windows.iloc[0]["state"], day.windows.iloc[0]["recorded_s"]) == ("waiting", 600.0)
    assert day.recorded_s + day.gaps["duration_s"].sum() == day.length_s
