"""QueryCache: one for all who ask the same, anew as soon as something is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from livemon.base.clock import FakeClock
from livemon.monitor.query_cache import FRESH_S, POLL_S, QueryCache
from livemon.store import writes
from livemon.store.session import Database
from tests.conftest import MORNING, seen
from tests.waiting import PATIENCE_S


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'livemon.db'}")
    yield opened
    opened.close()


def happen(database: Database) -> None:
    writes.add_missing_cameras(database, {"camera-1": "Camera"}, MORNING)
    writes.add_event(database, "camera-1", seen(0), MORNING, model="m")


def test_ten_who_ask_at_once_cost_one_reading(database: Database) -> None:
    readings = QueryCache(database, FakeClock(MORNING))
    together = threading.Barrier(10)

    def ask(_number: int) -> object:
        together.wait(PATIENCE_S)
        return readings.get("events", object)

    with ThreadPoolExecutor(10) as threads:
        answers = set(threads.map(ask, range(10)))
    assert len(answers) == readings.made == 1
    assert readings.get("costs", object) not in answers


def test_a_commit_makes_readings_old_at_once(database: Database) -> None:
    readings = QueryCache(database, FakeClock(MORNING))
    first = readings.get("events", object)
    version = readings.version()
    assert not readings.is_old(version)
    happen(database)
    assert readings.is_old(version)
    assert readings.get("events", object) is not first
    assert not readings.is_old(readings.version())


def test_what_another_process_commits_is_found_within_a_second(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    mine, theirs = Database(url), Database(url)
    clock = FakeClock(MORNING)
    readings = QueryCache(mine, clock)
    first = readings.get("events", object)
    version = readings.version()
    happen(theirs)
    assert not readings.is_old(version)
    clock.advance(POLL_S)
    assert readings.is_old(version)
    assert readings.get("events", object) is not first
    mine.close()
    theirs.close()


def test_a_reading_that_nobody_made_old_is_made_again_after_a_while(database: Database) -> None:
    clock = FakeClock(MORNING)
    readings = QueryCache(database, clock)
    first = readings.get("costs", object)
    clock.advance(FRESH_S - 1)
    assert readings.get("costs", object) is first
    clock.advance(1)
    assert readings.get("costs", object) is not first


def test_what_fails_is_not_kept(database: Database) -> None:
    readings = QueryCache(database, FakeClock(MORNING))

    def fail() -> int:
        raise RuntimeError("no disk")

    with pytest.raises(RuntimeError):
        readings.get("events", fail)
    assert readings.get("events", lambda: 7) == 7
