"""One rate limit over all hosts of a database, by the database's clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from livemon.base.clock import FakeClock
from livemon.base.errors import StoreError
from livemon.inference import shared_rate
from livemon.inference.shared_rate import SharedRate
from livemon.store.rate_limits import take_token
from livemon.store.session import Database
from tests.conftest import MORNING
from tests.postgres import database_of


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with database_of(request.param, tmp_path) as made:
        yield made


def test_a_bucket_holds_a_minute_of_tokens_and_says_when_the_next_one_comes(database: Database) -> None:
    assert [take_token(database, "gemini", 3) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 15 < take_token(database, "gemini", 3) <= 20, "three a minute: one each 20 s"
    assert take_token(database, "another", 3) == 0.0


async def test_two_hosts_wait_for_the_same_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bucket's answers are scripted: empty for one of them, and a token later."""
    answers = iter([0.0, 20.0, 3.0, 0.0])
    monkeypatch.setattr(shared_rate, "take_token", lambda *_: next(answers))
    with database_of("sqlite", tmp_path) as database:
        clocks = FakeClock(MORNING), FakeClock(MORNING)
        first, second = (SharedRate(database, clock, "gemini", 3) for clock in clocks)
        async with first:
            pass
        async with second:
            pass
    assert clocks[0].monotonic_s() == 0.0
    assert 23.0 <= clocks[1].monotonic_s() <= 34.5


async def test_without_the_database_a_request_is_let_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> float:
        raise StoreError("store.unreachable")

    monkeypatch.setattr(shared_rate, "take_token", refuse)
    with database_of("sqlite", tmp_path) as database:
        async with SharedRate(database, FakeClock(MORNING), "gemini", 3):
            pass
