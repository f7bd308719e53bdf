"""Leases: one process does a piece of work, whatever becomes of the others."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from livemon.base.clock import Window
from livemon.store import analyses, work, writes
from livemon.store.session import Database
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.store.work import LEASE, LONGEST_WAIT
from tests.conftest import MORNING
from tests.postgres import postgres
from tests.waiting import PATIENCE_S

CAM = "camera-1"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'livemon.db'}")
        writes.upsert_camera(made, CAM, "Playroom", "", MORNING)
        yield made
        made.close()
        return
    with postgres() as url:
        made = Database(url)
        writes.upsert_camera(made, CAM, "Playroom", "", MORNING)
        yield made
        made.close()


def new(database: Database, number: int = 0) -> int:
    return analyses.analysis_id(database, CAM, Window(MORNING + number * timedelta(minutes=10)))


def row(database: Database, row_id: int) -> Any:
    with database.reading() as connection:
        return connection.execute(sa.select(SegmentAnalysis.__table__).where(SegmentAnalysis.id == row_id)).one()


def claim(database: Database, row_id: int, owner: str, after: timedelta = timedelta(0), **kwargs: bool) -> bool:
    return work.claim(database, SegmentAnalysis, row_id, owner, MORNING + after, **kwargs)


def race(url: str, row_id: int, name: str, results: Any, start: Any) -> None:
    database = Database(url)
    start.wait()
    results.put((name, work.claim(database, SegmentAnalysis, row_id, name, MORNING)))
    database.close()


def test_of_four_processes_one_gets_the_work(database: Database) -> None:
    row_id = new(database)
    context = multiprocessing.get_context("spawn")
    results, start = context.Queue(), context.Event()
    racers = [context.Process(target=race, args=(database.url, row_id, f"p{n}", results, start)) for n in range(4)]
    for racer in racers:
        racer.start()
    start.set()
    won = [results.get(timeout=PATIENCE_S)[1] for _ in racers]
    for racer in racers:
        racer.join(PATIENCE_S)
    assert sorted(won) == [False, False, False, True]


def test_a_window_has_one_row_however_often_it_is_asked_for(database: Database) -> None:
    assert new(database) == new(database)
    assert new(database, 1) != new(database)


def test_work_whose_process_died_is_free_when_its_lease_has_run_out(database: Database) -> None:
    row_id = new(database)
    assert claim(database, row_id, "dead")
    assert not claim(database, row_id, "next", LEASE - timedelta(seconds=1))
    assert claim(database, row_id, "next", LEASE)
    assert row(database, row_id).attempts == 2


def test_a_lease_that_is_renewed_does_not_run_out(database: Database) -> None:
    row_id = new(database)
    claim(database, row_id, "alive")
    assert work.renew(database, SegmentAnalysis, row_id, "alive", MORNING + LEASE / 2)
    assert not claim(database, row_id, "next", LEASE)


def test_who_lost_the_lease_writes_nothing(database: Database) -> None:
    row_id = new(database)
    claim(database, row_id, "slow")
    claim(database, row_id, "quick", LEASE)
    assert not work.complete(database, SegmentAnalysis, row_id, "slow", MORNING, summary="late")
    assert not work.renew(database, SegmentAnalysis, row_id, "slow", MORNING)
    assert work.complete(database, SegmentAnalysis, row_id, "quick", MORNING, summary="mine")
    assert (row(database, row_id).summary, row(database, row_id).status) == ("mine", "completed")


def test_what_is_done_is_not_done_again_unless_a_person_asks(database: Database) -> None:
    row_id = new(database)
    claim(database, row_id, "a")
    work.complete(database, SegmentAnalysis, row_id, "a", MORNING, summary="first")
    assert not claim(database, row_id, "b", LEASE)
    assert claim(database, row_id, "b", LEASE, again=True)
    assert row(database, row_id).status == "completed", "it is still what it was"
    work.give_up(database, SegmentAnalysis, row_id, "b", MORNING, "no")
    assert (row(database, row_id).status, row(database, row_id).summary) == ("completed", "first")
    assert row(database, row_id).error == "no"


def test_what_is_put_off_waits_and_counts_as_tried_or_not(database: Database) -> None:
    row_id = new(database)
    claim(database, row_id, "a")
    work.put_off(database, SegmentAnalysis, row_id, "a", MORNING + timedelta(minutes=10), "busy", tried=True)
    assert (row(database, row_id).status, row(database, row_id).attempts) == ("pending", 1)
    assert not claim(database, row_id, "b", timedelta(minutes=9))
    assert claim(database, row_id, "b", timedelta(minutes=10))
    work.put_off(database, SegmentAnalysis, row_id, "b", MORNING, "no money", tried=False)
    assert (row(database, row_id).attempts, row(database, row_id).error) == (1, "no money")


def test_a_person_need_not_wait_but_for_who_works_on_it(database: Database) -> None:
    row_id = new(database)
    claim(database, row_id, "a")
    assert not claim(database, row_id, "b", again=True)
    work.put_off(database, SegmentAnalysis, row_id, "a", MORNING + timedelta(minutes=10), "busy", tried=True)
    assert claim(database, row_id, "b", again=True)


def test_times_of_a_clock_that_was_ahead_keep_nobody_waiting(database: Database) -> None:
    ahead, waits = new(database), new(database, 1)
    claim(database, ahead, "ahead", timedelta(days=1))
    assert claim(database, ahead, "next")
    claim(database, waits, "a")
    later = MORNING + LONGEST_WAIT + timedelta(days=1)
    work.put_off(database, SegmentAnalysis, waits, "a", later, "busy", tried=True)
    assert claim(database, waits, "b")


def test_two_processes_have_two_names() -> None:
    assert work.owner_name() != work.owner_name()
