"""What decodes waits in a pool of its own: others are answered meanwhile, and nobody takes all places."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from livemon.archive.footage import Footage
from livemon.base import decoding
from livemon.base.errors import NoFootage
from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from tests.conftest import FAST
from tests.days import CAM
from tests.web.api.houses import House, with_a_login

STRETCH = "start=2026-11-22T14:00:00Z&end=2026-11-22T14:00:10Z"
SHEET = f"/sheets/{CAM}.jpg?{STRETCH}"


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    with Monitor(with_a_login(settings), profile=FAST) as monitor:
        yield House(monitor)


class Gate:
    """Decoding that goes on when a test says so."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.begun = threading.Semaphore(0)

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        self.begun.release()
        assert self.open.wait(60)
        raise NoFootage("Nothing was recorded.")


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate()
    for name in ("sheet", "frame", "clip"):
        monkeypatch.setattr(Footage, name, made)
    yield made
    made.open.set()


def test_sheets_that_take_long_keep_nobody_waiting(house: House, gate: Gate) -> None:
    names = [
        house.monitor.authenticator.new_token(name, Role.VIEWER, None, None)[1] for name in ("anna", "ben", "cleo")
    ]
    with ThreadPoolExecutor(18) as callers:
        waiting = [callers.submit(house.ask, SHEET, "GET", token) for token in names for _ in range(6)]
        for _ in range(decoding.THREADS):
            assert gate.begun.acquire(timeout=60)
        assert house.ask("/readyz").status == 200
        assert house.ask(f"/stream-status/{CAM}", token=names[0]).status == 200
        assert house.ask(f"/events/{CAM}", token=names[0]).status == 200
        assert not any(one.done() for one in waiting)
        gate.open.set()
        assert {one.result().status for one in waiting} == {404}


def test_one_who_asks_for_too_much_is_told_when_to_come_back_and_others_are_not(house: House, gate: Gate) -> None:
    anna, ben = (house.monitor.authenticator.new_token(name, Role.VIEWER, None, None)[1] for name in ("anna", "ben"))
    kinds = (SHEET, f"/frames/{CAM}.jpg?at=2026-11-22T14:00:00Z", f"/clips/{CAM}.mp4?{STRETCH}")
    with ThreadPoolExecutor(18) as callers:
        mine = [callers.submit(house.ask, kind, "GET", anna) for kind in kinds * 4]
        refused = [one for one in mine if one_done(one, mine)]
        first = next(one.result() for one in refused)
        assert first.status == 429 and int(first.headers["Retry-After"]) >= 1
        assert "being made for you" in first.json["detail"]
        other = callers.submit(house.ask, SHEET, "GET", ben)
        gate.open.set()
        assert other.result().status == 404
        assert sorted(one.result().status for one in mine) == [404] * decoding.MOST_OF_ONE + [429] * (
            len(mine) - decoding.MOST_OF_ONE
        )
    assert house.ask(SHEET, token=anna).status == 404, "places are given back"


def one_done(one: Any, among: list[Any]) -> bool:
    """Whether a request was answered before decoding began to go on; waits until those beyond the share are."""
    while sum(each.done() for each in among) < len(among) - decoding.MOST_OF_ONE:
        threading.Event().wait(0.01)
    return bool(one.done())
