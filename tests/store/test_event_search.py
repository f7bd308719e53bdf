"""Looking for events: what is to review, by words, by severity, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.datatypes import EventType, Severity
from livemon.store import event_search, reviews, writes
from livemon.store.event_search import EventSearch, ReviewState
from livemon.store.session import Database
from tests.conftest import MORNING, seen

BOTH = ("camera-1", "hall")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'livemon.db'}")
    yield opened
    opened.close()


@pytest.fixture
def house(database: Database) -> Database:
    """Four events of two cameras; the first of them is found wrong, the second only reviewed."""
    writes.add_missing_cameras(database, {each: each for each in BOTH}, MORNING)
    happened = [
        ("camera-1", Severity.WARNING, EventType.SAFETY, "Climbed the sofa", 0),
        ("hall", Severity.INFO, EventType.ACTIVITY, "Someone passed", 60),
        ("camera-1", Severity.DANGER, EventType.SAFETY, "Fell 100% off_the sofa", 120),
        ("hall", Severity.SAFE, EventType.DEVELOPMENT, "First steps", 180),
    ]
    for camera_id, severity, event_type, title, second in happened:
        observed = seen(second, severity=severity, event_type=event_type, title=title)
        writes.add_event(database, camera_id, observed, MORNING, model="m", prompt_version="look-1")
    reviews.review_events(database, [1], {"label": "wrong", "note": "A blanket"}, MORNING)
    reviews.review_events(database, [2], {"reviewed": True}, MORNING)
    return database


def found(database: Database, **wanted: object) -> list[int]:
    return list(event_search.search(database, EventSearch(**{"cameras": BOTH, **wanted}))["id"])  # type: ignore[arg-type]


def test_the_newest_come_first_or_the_worst(house: Database) -> None:
    assert found(house) == [4, 3, 2, 1]
    assert found(house, worst_first=True) == [3, 1, 2, 4]


@pytest.mark.parametrize(
    ("state", "ids"),
    [
        (ReviewState.OPEN, [4, 3]),
        (ReviewState.REVIEWED, [2, 1]),
        (ReviewState.WRONG, [1]),
        (ReviewState.RIGHT, []),
    ],
)
def test_what_people_said_can_be_asked_for(house: Database, state: ReviewState, ids: list[int]) -> None:
    assert found(house, state=state) == ids


def test_all_words_must_be_there_in_any_case_and_nothing_is_a_wildcard(house: Database) -> None:
    assert found(house, text="SOFA") == [3, 1]
    assert found(house, text="sofa fell") == [3]
    assert found(house, text="blanket") == [1]  # notes are looked through, too
    assert found(house, text="100%") == [3]
    assert found(house, text="f%l") == []
    assert found(house, text="off_the") == [3]
    assert found(house, text="c_imbed") == []


def test_cameras_severities_types_and_times_narrow_it(house: Database) -> None:
    assert found(house, cameras=("hall",)) == [4, 2]
    assert found(house, cameras=()) == []
    assert found(house, severities=("danger", "warning")) == [3, 1]
    assert found(house, event_types=("development",)) == [4]
    minute = timedelta(minutes=1)
    assert found(house, since=MORNING + minute, until=MORNING + 2 * minute) == [2]


def test_a_limit_leaves_out_the_last_and_the_count_counts_them(house: Database) -> None:
    wanted = EventSearch(BOTH, worst_first=True)
    assert list(event_search.search(house, wanted, limit=1)["id"]) == [3]
    assert event_search.count(house, wanted) == {"danger": 1, "warning": 1, "info": 1, "safe": 1}
    assert event_search.count(house, EventSearch(("hall",), state=ReviewState.OPEN)) == {"safe": 1}


def test_one_event_is_found_among_the_cameras_that_may_be_seen(house: Database) -> None:
    event = event_search.found_event(house, ("hall",), 2)
    assert event is not None
    assert event["prompt_version"] == "look-1"
    assert event["evidence_utcs"]
    assert event_search.found_event(house, ("camera-1",), 2) is None
    assert event_search.cameras_of(house, [1, 2, 99]) == {"camera-1", "hall"}


def test_many_are_reviewed_and_taken_back_at_once(house: Database) -> None:
    assert len(reviews.review_events(house, [3, 4, 99], {"label": "right"}, MORNING)) == 2
    assert found(house, state=ReviewState.RIGHT) == [4, 3]
    reviews.review_events(house, [3, 4], {"reviewed": False, "label": None}, MORNING)
    assert found(house, state=ReviewState.OPEN) == [4, 3]


def test_undo_leaves_what_somebody_else_said_since(house: Database) -> None:
    mine = reviews.review_events(house, [3, 4], {"label": "right"}, MORNING)
    reviews.review_events(house, [4], {"label": "wrong"}, MORNING)
    assert reviews.undo_reviews(house, mine, MORNING) == 1
    assert 4 in found(house, state=ReviewState.WRONG)
    assert 3 in found(house, state=ReviewState.OPEN)
    assert reviews.undo_reviews(house, mine, MORNING) == 0, "once"


def test_the_first_judge_is_kept_when_others_judge_and_comes_back_with_undo(house: Database) -> None:
    def judged() -> tuple[object, ...]:
        event = event_search.found_event(house, BOTH, 3)
        assert event is not None
        return tuple(event[name] for name in ("reviewed_by", "first_reviewed_by", "first_reviewed_utc"))

    later = MORNING + timedelta(hours=1)
    reviews.review_events(house, [3], {"note": "a cat"}, MORNING, "Eva")
    assert judged()[:2] == ("", ""), "a note is not a verdict"
    mine = reviews.review_events(house, [3], {"label": "right"}, MORNING, "Ada")
    assert judged() == ("Ada", "Ada", MORNING)
    theirs = reviews.review_events(house, [3], {"label": "wrong"}, later, "Ben")
    assert judged() == ("Ben", "Ada", MORNING)
    assert reviews.undo_reviews(house, mine, later) == 0, "Ben has judged since"
    assert reviews.undo_reviews(house, theirs, later) == 1
    assert judged() == ("Ada", "Ada", MORNING)
    reviews.review_events(house, [3], {"reviewed": False, "label": None}, later, "Ben")
    assert judged() == ("", "Ada", MORNING)


def test_the_person_who_reports_a_missed_event_is_its_first_judge(house: Database) -> None:
    event_id = reviews.add_missed(
        house,
        "hall",
        MORNING,
        "Fell",
        MORNING,
        severity=Severity.DANGER,
        event_type=EventType.SAFETY,
        reviewed_by="Ada",
    )
    event = event_search.found_event(house, BOTH, event_id)
    assert event is not None and (event["first_reviewed_by"], event["first_reviewed_utc"]) == ("Ada", MORNING)
