"""The feed: one reader, many subscribers, each told everything once, in order."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.clock import FakeClock, SystemClock
from livemon.base.datatypes import Severity
from livemon.base.messages.message import Message
from livemon.base.stream_types import StreamState, StreamStatus
from livemon.monitor import change_feed
from livemon.monitor.change_feed import ChangeFeed, Subscriber, Subscription
from livemon.store import changes, writes
from livemon.store.changes import ChangeKind
from livemon.store.session import Database
from tests.conftest import MORNING, seen
from tests.waiting import PATIENCE_S, wait_async

EVERYTHING = Subscription()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'livemon.db'}"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    made = Database(url)
    for camera_id in ("a", "b"):
        writes.upsert_camera(made, camera_id, camera_id, "", MORNING)
    yield made
    made.close()


@pytest.fixture
async def feed(database: Database) -> AsyncIterator[ChangeFeed]:
    made = ChangeFeed(database, SystemClock())
    yield made
    made.close()


def add(database: Database, camera_id: str = "a", severity: Severity = Severity.INFO) -> int:
    """Add an event; returns its change's number."""
    writes.add_event(database, camera_id, seen(0, severity=severity), MORNING, model="local")
    return changes.kept_ids(database)[1]


@asynccontextmanager
async def subscribed(
    feed: ChangeFeed, wanted: Subscription = EVERYTHING, cursor: int | None = None, sees: str = "ab"
) -> AsyncIterator[Subscriber]:
    subscriber = await feed.subscribe(wanted, lambda camera_id: camera_id in sees, cursor, "anna")
    try:
        yield subscriber
    finally:
        feed.leave("anna")


async def taken(subscriber: Subscriber, count: int) -> list[int]:
    """Take so many messages, and make sure that no more are there; returns their cursors."""
    got: list[int] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(got) < count:
            got += [message.cursor for message in await subscriber.take(PATIENCE_S)]
    assert await subscriber.take(0.01) == []
    return got


async def test_what_is_committed_here_is_told_at_once(
    feed: ChangeFeed, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_feed, "POLL_S", 60.0)
    add(database)
    async with subscribed(feed) as subscriber:
        cursor = await asyncio.to_thread(add, database)
        (message,) = await asyncio.wait_for(subscriber.take(PATIENCE_S), PATIENCE_S)
    assert message.cursor == cursor == 2
    told = json.loads(message.text)
    assert (told["cursor"], told["kind"], told["camera_id"], told["at_utc"]) == (
        2,
        "event",
        "a",
        "2026-11-23T08:00:00.000Z",
    )
    assert told["data"]["title"] == "Something moved"


async def test_what_another_process_commits_is_found(
    feed: ChangeFeed, url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_feed, "POLL_S", 0.02)
    other = Database(url)
    async with subscribed(feed) as subscriber:
        assert await taken(subscriber, 0) == []
        cursors = [add(other), add(other)]
        assert await taken(subscriber, 2) == cursors
    other.close()


async def test_who_comes_back_with_a_cursor_misses_nothing_and_is_told_nothing_twice(
    feed: ChangeFeed, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_feed, "AT_ONCE", 3)
    cursors = [add(database) for _ in range(10)]
    async with subscribed(feed), subscribed(feed, cursor=cursors[1]) as subscriber:
        writer = asyncio.create_task(asyncio.to_thread(lambda: [add(database) for _ in range(20)]))
        got = await taken(subscriber, 28)
        assert got == cursors[2:] + await writer
        assert not subscriber.missed
        assert subscriber.position == got[-1]


async def test_who_falls_behind_is_served_from_the_database_and_keeps_nobody_waiting(
    feed: ChangeFeed, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_feed, "MOST_KEPT", 5)
    async with subscribed(feed) as slow, subscribed(feed) as quick:
        cursors = []
        for _ in range(20):
            cursors.append(await asyncio.to_thread(add, database))
            assert await taken(quick, 1) == cursors[-1:]
        assert len(feed._kept) == 5
        assert await taken(slow, 20) == cursors


async def test_messages_are_not_kept_in_memory_for_long(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is erased from the database must not go on living here."""
    monkeypatch.setattr(change_feed, "POLL_S", 0.02)
    clock = FakeClock(MORNING)
    feed = ChangeFeed(database, clock)
    async with subscribed(feed) as slow, subscribed(feed) as quick:
        cursor = add(database)
        assert await taken(quick, 1) == [cursor]
        clock.advance(change_feed.KEPT_S)
        await wait_async(lambda: not feed._kept)
        with database.writing() as session:
            session.execute(changes.ChangeRow.__table__.delete())  # type: ignore[attr-defined]
        assert await slow.take(0.01) == []
        later = add(database)
        assert await taken(slow, 1) == [later]
    feed.close()


async def test_each_message_is_read_and_encoded_once_for_all(
    feed: ChangeFeed, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[int] = []
    real = change_feed.message_text
    monkeypatch.setattr(change_feed, "message_text", lambda change: (encoded.append(change.id), real(change))[1])
    async with subscribed(feed) as one, subscribed(feed) as two:
        cursors = [add(database), add(database)]
        assert await taken(one, 2) == await taken(two, 2) == cursors
    assert encoded == cursors


async def test_only_what_is_wanted_and_allowed_is_told(feed: ChangeFeed, database: Database) -> None:
    graver = Subscription(severity=Severity.WARNING)
    only_b = Subscription(cameras=frozenset({"b"}))
    only_status = Subscription(kinds=frozenset({ChangeKind.STATUS}))
    async with (
        subscribed(feed, graver) as severe,
        subscribed(feed, only_b) as of_b,
        subscribed(feed, only_status) as states,
        subscribed(feed, sees="b") as stranger,
        subscribed(feed, only_b, sees="a") as outsider,
    ):
        info, danger = add(database), add(database, "b", Severity.DANGER)
        writes.tell_status(database, StreamStatus("a", StreamState.LIVE, Message("stream.streaming"), MORNING), MORNING)
        status = danger + 1
        assert info == danger - 1
        assert await taken(severe, 2) == [danger, status], "a severity is of events only"
        assert await taken(of_b, 1) == [danger]
        assert await taken(states, 1) == [status]
        assert await taken(stranger, 1) == [danger]
        assert await taken(outsider, 0) == []
        assert outsider.position == status, "what was not for it was told of, too, as far as its cursor goes"


async def test_who_was_away_too_long_is_told_so_and_gets_the_rest(feed: ChangeFeed, database: Database) -> None:
    for day in range(4):
        writes.add_event(database, "a", seen(0), MORNING + timedelta(days=day), model="local")
    changes.forget_old(database, MORNING + timedelta(days=2))
    async with subscribed(feed, cursor=1) as subscriber:
        assert subscriber.missed
        assert await taken(subscriber, 2) == [3, 4]
    async with subscribed(feed, cursor=2) as subscriber:
        assert not subscriber.missed
        assert await taken(subscriber, 2) == [3, 4]


async def test_a_cursor_of_another_database_is_not_waited_for(feed: ChangeFeed, database: Database) -> None:
    add(database)
    async with subscribed(feed, cursor=5000) as subscriber:
        assert subscriber.missed
        assert await taken(subscriber, 0) == []
        cursor = add(database)
        assert await taken(subscriber, 1) == [cursor]


async def test_nobody_reads_when_nobody_listens(feed: ChangeFeed, database: Database) -> None:
    async with subscribed(feed) as first:
        assert await taken(first, 0) == []
        assert feed.subscribers == 1
    assert feed.subscribers == 0
    assert feed._reader is None
    add(database)
    async with subscribed(feed) as second:
        assert await taken(second, 0) == [], "it begins with what comes from now on"
        assert second.position == 1


async def test_closing_from_another_thread_ends_the_waiting(feed: ChangeFeed, database: Database) -> None:
    async with subscribed(feed) as subscriber:
        waiting = asyncio.create_task(subscriber.take(60))
        await asyncio.sleep(0.05)
        threading.Thread(target=feed.close).start()
        assert await asyncio.wait_for(waiting, PATIENCE_S) == []
        assert feed.closed


async def test_an_unreachable_database_is_asked_again(
    feed: ChangeFeed, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_feed, "POLL_S", 0.02)
    async with subscribed(feed) as subscriber:
        database.engine.dispose()
        real, failures = changes.read, []

        def broken(*args: object) -> list[changes.Change]:
            failures.append(args)
            raise change_feed.StoreError("gone")

        monkeypatch.setattr(changes, "read", broken)
        cursor = add(database)
        await wait_async(lambda: len(failures) >= 2)
        monkeypatch.setattr(changes, "read", real)
        assert await taken(subscriber, 1) == [cursor]
