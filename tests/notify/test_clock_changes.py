"""A clock that was wrong and is set right: no danger waits for a time that was never to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.notify.expansion import expand
from livemon.notify.policy import Limits
from livemon.store import notifications
from tests.notify.test_sender import House, Post, post

__all__ = ["post"]

AHEAD = timedelta(days=3)


@pytest.fixture
def house(tmp_path: Path, post: Post) -> Iterator[House]:
    made = House(f"sqlite:///{tmp_path / 'livemon.db'}", tmp_path)
    yield made
    made.database.close()


async def test_a_danger_told_in_a_time_to_come_keeps_no_danger_of_today_from_ringing(house: House, post: Post) -> None:
    house.registry.put("Mother", ["phone"])
    house.clock.advance(AHEAD.total_seconds())
    for _ in range(14):
        house.happen(title="Then")
        await house.work(after=timedelta(minutes=3))
    post.taken.clear()
    house.clock.advance(-AHEAD.total_seconds())
    house.happen(title="Now")
    await house.work()
    assert post.titles[0] == "Danger: Now"


async def test_what_waits_for_its_next_try_does_not_wait_for_the_wrong_time(house: House, post: Post) -> None:
    house.registry.put("Mother", ["bad phone"])
    house.clock.advance(AHEAD.total_seconds())
    house.happen()
    await house.work()
    assert house.rows(about="event")[0]["state"] == "pending"
    house.clock.advance(-AHEAD.total_seconds())
    post.works_again = True
    await house.work()
    assert "Danger: The curtain burns" in post.titles


async def test_what_fails_again_after_the_clock_was_set_right_waits_as_usual(house: House, post: Post) -> None:
    house.registry.put("Mother", ["bad phone"])
    house.clock.advance(AHEAD.total_seconds())
    house.happen()
    await house.work()
    house.clock.advance(-AHEAD.total_seconds())
    for _ in range(5):
        await house.work()
    assert house.rows(about="event")[0]["attempts"] == 2


async def test_a_lease_of_the_wrong_time_holds_nothing_up(house: House, post: Post) -> None:
    house.registry.put("Mother", ["phone"])
    house.clock.advance(AHEAD.total_seconds())
    house.happen()
    now = house.clock.now()
    expand(house.database, [one.for_policy for one in house.registry.all()], now, Limits())
    (due,) = notifications.due(house.database, now, 10)
    assert notifications.claim(house.database, due.id, "a process that died", now)
    house.clock.advance(-AHEAD.total_seconds())
    await house.work()
    assert post.titles == ["Danger: The curtain burns"]
