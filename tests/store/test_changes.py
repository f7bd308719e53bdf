"""Changes: told in the transaction of what they tell of, in the order of commits, kept for a while."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from livemon.base.clock import Window
from livemon.base.errors import StoreError
from livemon.base.messages.message import Message
from livemon.base.stream_types import StreamMode, StreamState, StreamStatus
from livemon.store import analyses, changes, hours, reviews, work, writes
from livemon.store.changes import ChangeKind
from livemon.store.event_columns import EVENT_COLUMNS
from livemon.store.session import Database
from livemon.store.tables.jobs import SegmentAnalysis
from tests.conftest import MORNING, seen
from tests.postgres import postgres

CAM = "camera-1"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'livemon.db'}")
    writes.upsert_camera(made, CAM, "Playroom", "", MORNING)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, database: Database) -> Iterator[Database]:
    if request.param == "sqlite":
        yield database
        return
    with postgres() as url:
        made = Database(url)
        writes.upsert_camera(made, CAM, "Playroom", "", MORNING)
        yield made
        made.close()


def told(database: Database, after_id: int = 0) -> list[changes.Change]:
    return changes.read(database, after_id, 1000)


def add(database: Database, second: int = 0) -> int:
    return writes.add_event(database, CAM, seen(second), MORNING, model="local")


def test_an_event_is_told_when_it_is_new_repeated_and_reviewed(either: Database) -> None:
    event_id = add(either)
    writes.fold_event(either, event_id, seen(0, 9).end_utc, MORNING)
    reviews.review_events(either, [event_id], {"label": "wrong"}, MORNING)
    new, repeated, reviewed = told(either)
    assert [one.payload["is_new"] for one in (new, repeated, reviewed)] == [True, False, False]
    assert set(new.payload) == {*EVENT_COLUMNS, "is_new"}
    assert (new.payload["id"], new.payload["suppressed"], new.payload["label"]) == (event_id, 0, None)
    assert new.payload["start_utc"] == "2026-11-23T08:00:00.000Z"
    assert (repeated.payload["suppressed"], repeated.payload["last_seen_utc"]) == (1, "2026-11-23T08:00:09.000Z")
    assert (reviewed.payload["label"], reviewed.severity, reviewed.camera_id) == ("wrong", "info", CAM)


def test_an_analysis_is_told_when_it_is_completed_or_given_up_and_not_before(either: Database) -> None:
    done, failed = (analyses.analysis_id(either, CAM, Window(MORNING + n * timedelta(minutes=10))) for n in (0, 1))
    for row_id in (done, failed):
        work.claim(either, SegmentAnalysis, row_id, "me", MORNING)
    work.put_off(either, SegmentAnalysis, failed, "me", MORNING, "no money", tried=True)
    work.claim(either, SegmentAnalysis, failed, "me", MORNING)
    assert told(either) == []
    work.complete(either, SegmentAnalysis, done, "me", MORNING, safety_score=90.0, summary="All well.")
    work.give_up(either, SegmentAnalysis, failed, "me", MORNING, "The model failed.")
    assert not work.complete(either, SegmentAnalysis, done, "another", MORNING), "it has no lease"
    first, second = told(either)
    assert (first.kind, first.payload["status"], first.payload["safety_score"]) == ("analysis", "completed", 90.0)
    assert (second.payload["status"], second.payload["error"]) == ("failed", "The model failed.")
    assert "analysis_result" not in first.payload


def test_windows_that_grew_too_old_are_told_as_given_up(database: Database) -> None:
    for number in range(3):
        analyses.analysis_id(database, CAM, Window(MORNING + number * timedelta(minutes=10)))
    assert analyses.give_up_old(database, CAM, MORNING + timedelta(minutes=20), MORNING, "too old") == 2
    assert [(one.payload["window_start_utc"], one.payload["error"]) for one in told(database)] == [
        ("2026-11-23T08:00:00.000Z", "too old"),
        ("2026-11-23T08:10:00.000Z", "too old"),
    ]


def test_an_hour_and_a_status_are_told(database: Database) -> None:
    add(database)
    hours.compute_hour(database, CAM, MORNING, MORNING)
    broken = "gone \x00\ud800"
    status = StreamStatus(CAM, StreamState.RECONNECTING, Message(broken), MORNING, mode=StreamMode.COPY)
    writes.tell_status(database, status, MORNING)
    _, hour, state = told(database)
    assert (hour.kind, hour.payload["event_count"], hour.payload["hour_start_utc"]) == (
        "hour",
        1,
        "2026-11-23T08:00:00.000Z",
    )
    assert state.payload == {
        "state": "reconnecting",
        "reason": "gone ?",
        "since_utc": "2026-11-23T08:00:00.000Z",
        "mode": "copy",
        "looks": True,
    }


def test_what_is_not_committed_is_not_told_and_wakes_nobody(database: Database) -> None:
    woken: list[int] = []
    database.on_change(lambda: woken.append(len(told(database))))
    with pytest.raises(StoreError):
        writes.add_event(database, "no-such-camera", seen(0), MORNING, model="local")
    with pytest.raises(ZeroDivisionError), database.writing() as session:
        changes.tell(session, ChangeKind.STATUS, CAM, MORNING, {})
        raise ZeroDivisionError
    writes.upsert_camera(database, CAM, "Nursery", "", MORNING)
    assert (told(database), woken) == ([], [])
    add(database)
    assert woken == [1], "the row is there before anybody is told"


def test_one_number_is_enough_to_know_what_was_told_while_many_write(either: Database) -> None:
    writers, each = 4, 15

    def slowly(session: Session) -> None:
        changes.tell(session, ChangeKind.STATUS, CAM, MORNING, {})
        time.sleep(random.uniform(0, 0.01))  # another writer's commit comes between number and commit, if it can

    def write() -> None:
        for _ in range(each):
            with either.writing() as session:
                slowly(session)

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    got: list[int] = []
    while len(got) < writers * each:
        alive = any(thread.is_alive() for thread in threads)
        got += [one.id for one in told(either, got[-1] if got else 0)]
        if not alive:
            got += [one.id for one in told(either, got[-1])]
            break
    for thread in threads:
        thread.join()
    assert got == [one.id for one in told(either)]
    assert len(got) == writers * each


def test_old_changes_go_and_the_newest_stays(either: Database) -> None:
    ids = []
    for day in range(4):
        writes.tell_status(
            either, StreamStatus(CAM, StreamState.LIVE, Message(str(day)), MORNING), MORNING + timedelta(days=day)
        )
        ids.append(told(either)[-1].id)
    assert changes.forget_old(either, MORNING + timedelta(days=2)) == 2
    assert changes.kept_ids(either) == (ids[2], ids[3])
    assert changes.forget_old(either, MORNING + timedelta(days=9)) == 1
    assert changes.kept_ids(either) == (ids[3], ids[3])
    assert changes.forget_old(either, MORNING + timedelta(days=9)) == 0


def test_numbers_are_never_given_twice(database: Database) -> None:
    add(database)
    before = changes.kept_ids(database)[1]
    with database.writing() as session:
        session.execute(changes.ChangeRow.__table__.delete())  # type: ignore[attr-defined]
    assert changes.kept_ids(database) == (0, 0)
    add(database)
    assert changes.kept_ids(database)[1] > before
