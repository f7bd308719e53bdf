from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.base.average_score import average_score, lowest_score
from livemon.base.clock import WINDOW, Window
from livemon.base.datatypes import Archive, EventType, LookReason, Severity
from livemon.base.model_types import Answer, AnswerStatus, Look
from livemon.store import analyses, archives, hours, work, writes
from livemon.store.hours import HourFacts, WindowFacts, aggregate
from livemon.store.session import Database
from livemon.store.tables.jobs import SegmentAnalysis
from tests.conftest import MORNING, seen

CAM = "camera-1"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'livemon.db'}")
    writes.upsert_camera(made, CAM, "Playroom", "", MORNING)
    yield made
    made.close()


def window(
    number: int, status: str = "completed", score: float | None = 100.0, incidents: int | None = 0
) -> WindowFacts:
    return WindowFacts(MORNING + number * WINDOW, status, score, incidents, f"Window {number}.", 600.0)


def facts(*windows: WindowFacts, recorded: int = 6) -> HourFacts:
    return HourFacts({MORNING + n * WINDOW: 600.0 for n in range(recorded)}, windows, {}, 0.0)


def test_an_hour_is_the_sum_of_its_windows_and_events() -> None:
    found = aggregate(
        HourFacts(
            {MORNING: 600.0, MORNING + WINDOW: 240.0},
            [window(1, score=40.0, incidents=2), window(0), window(2, "failed", None, None)],
            {("safety", "warning"): 2, ("activity", "info"): 5, ("system", "warning"): 3},
            0.01,
        )
    )
    assert (found["windows_recorded"], found["windows_completed"], found["windows_failed"]) == (2, 2, 1)
    assert (found["average_safety_score"], found["lowest_safety_score"], found["incident_count"]) == (70.0, 40.0, 2)
    assert (found["event_count"], found["coverage_s"], found["analysed_s"]) == (7, 840.0, 1200.0)
    assert found["summary"]["events"]["safety"] == {"warning": 2}
    assert [one["summary"] for one in found["summary"]["windows"]] == ["Window 0.", "Window 1."]


def test_what_no_window_says_is_unknown_and_not_zero() -> None:
    found = aggregate(facts(window(0, "pending", None, None), window(1, "failed", None, None)))
    assert found["average_safety_score"] is None
    assert found["lowest_safety_score"] is None
    assert found["incident_count"] is None


def test_scores_of_few_windows_do_not_speak_for_the_hour() -> None:
    """The local model scores only windows with an incident."""
    found = aggregate(facts(window(0, score=50.0, incidents=1), *[window(n, score=None) for n in range(1, 6)]))
    assert (found["average_safety_score"], found["lowest_safety_score"], found["windows_judged"]) == (None, 50.0, 1)


@given(st.lists(st.floats(0, 100), max_size=12), st.integers(0, 24))
def test_an_average_lies_between_its_scores_and_needs_half_of_the_windows(scores: list[float], others: int) -> None:
    average = average_score(scores, len(scores) + others)
    assert (average is not None) == bool(scores and others <= len(scores))
    if average is not None:
        assert min(scores) - 1e-9 <= average <= max(scores) + 1e-9
        assert lowest_score(scores) == min(scores)


def test_an_hour_is_computed_from_rows_and_again_when_a_window_lands(database: Database, tmp_path: Path) -> None:
    for number in range(2):
        start = MORNING + number * WINDOW
        path = tmp_path / f"{number}.mp4"
        archives.add_archive(
            database, Archive(CAM, start, start, start + WINDOW, path, 3000, 1, "x", 600.0, ()), tmp_path
        )
    writes.add_event(database, CAM, seen(90, event_type=EventType.SAFETY, severity=Severity.DANGER), MORNING, model="m")
    look = Look(CAM, LookReason.MOTION, ())
    writes.add_call(database, look, Answer("m", AnswerStatus.OK, cost_usd=0.02), MORNING + WINDOW)
    land(database, 0, score=100.0)
    assert hours.compute_hour(database, CAM, MORNING, MORNING + timedelta(hours=1))
    (row,) = hours.hourly_analyses(database, CAM).to_dict("records")
    assert (row["windows_recorded"], row["windows_completed"], row["event_count"]) == (2, 1, 1)
    assert (row["coverage_s"], row["average_safety_score"], row["cost_usd"]) == (1200.0, 100.0, 0.02)
    land(database, 1, score=60.0)
    hours.compute_hour(database, CAM, MORNING, MORNING + timedelta(hours=2))
    (row,) = hours.hourly_analyses(database, CAM).to_dict("records")
    assert (row["windows_completed"], row["average_safety_score"]) == (2, 80.0)
    assert row["computed_utc"] == MORNING + timedelta(hours=2)


def test_a_cost_that_is_not_known_makes_the_hours_cost_unknown(database: Database) -> None:
    look = Look(CAM, LookReason.MOTION, ())
    writes.add_event(database, CAM, seen(1), MORNING, model="m")
    for cost in (0.02, None):
        writes.add_call(database, look, Answer("m", AnswerStatus.OK, cost_usd=cost), MORNING)
    hours.compute_hour(database, CAM, MORNING, MORNING)
    assert hours.hourly_analyses(database, CAM)["cost_usd"].isna().all()


def test_an_hour_with_nothing_at_all_has_no_row(database: Database) -> None:
    assert not hours.compute_hour(database, CAM, MORNING, MORNING)
    assert hours.hourly_analyses(database, CAM).empty


def test_what_is_read_has_the_same_types_when_empty(database: Database) -> None:
    for table, columns in (
        (hours.hourly_analyses(database, CAM), hours.HOUR_COLUMNS),
        (analyses.segment_analyses(database, CAM), analyses.ANALYSIS_COLUMNS),
    ):
        assert [str(kind) for kind in table.dtypes] == list(columns.values())


def land(database: Database, number: int, score: float) -> None:
    row_id = analyses.analysis_id(database, CAM, Window(MORNING + number * WINDOW))
    work.claim(database, SegmentAnalysis, row_id, "me", MORNING)
    work.complete(
        database, SegmentAnalysis, row_id, "me", MORNING, safety_score=score, incident_count=0, coverage_s=600.0
    )
