"""ChangeFeed: one reader a process follows the changes; every subscriber takes the same encoded messages from it.

A subscriber is a position in one row of messages, so that none is missed or repeated, and a slow one delays only
itself. Sockets and HTTP live in web/api/push.py, the messages in store/changes.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from livemon.base.clock import Clock, iso
from livemon.base.datatypes import Severity
from livemon.base.errors import StoreError, TooManyRequests
from livemon.store import changes
from livemon.store.changes import Change, ChangeKind
from livemon.store.session import Database

log = logging.getLogger(__name__)

MOST_SUBSCRIBERS = 500
MOST_OF_ONE = 50
"""Of them, so that one who never hangs up leaves places for the others."""
POLL_S = 1.0
"""Commits of other processes are found at most this much later; those of this one are published at once."""
AT_ONCE = 200
MOST_KEPT = 1000
KEPT_S = 30.0
"""Messages stay in memory this long at most, longer than anybody may take to be sent one. Older ones are read again."""
PATIENCE_S = 10.0
RETRY_S = 30.0


@dataclass(frozen=True, slots=True)
class ChangeMessage:
    """A change as it is sent: `text` is JSON. `kept_s` is when it was read, on the monotonic clock."""

    cursor: int
    kind: str
    camera_id: str
    severity: str
    text: str
    kept_s: float


@dataclass(frozen=True, slots=True)
class Subscription:
    """Filter of a subscriber; an empty set is everything. `severity` is the least, and of events only."""

    cameras: frozenset[str] = frozenset()
    kinds: frozenset[ChangeKind] = frozenset()
    severity: Severity | None = None

    def takes(self, message: ChangeMessage) -> bool:
        """Whether a message is among it."""
        if self.cameras and message.camera_id not in self.cameras:
            return False
        if self.kinds and message.kind not in self.kinds:
            return False
        is_event = message.kind == ChangeKind.EVENT
        return self.severity is None or not is_event or Severity.read(message.severity).rank >= self.severity.rank


class ChangeFeed:
    """Reads changes for all subscribers of a process. Lives on the loop of its subscribers, while there are any.

    Attributes
    ----------
    subscribers
        Number of subscribers.
    sent
        Messages sent so far.
    ended
        Subscriptions that livemon ended so far, by reason.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.subscribers = 0
        self.sent = 0
        self.ended: Counter[str] = Counter()
        self._of_each: Counter[str] = Counter()
        self.closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reader: asyncio.Task[None] | None = None
        # Its own thread: the server's are busy with files when many watch.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="livemon-push")
        self._kept: list[ChangeMessage] = []
        self._position = self._floor = 0
        self._news, self._arrived, self._ready = asyncio.Event(), asyncio.Event(), asyncio.Event()
        database.on_change(self._on_change)

    @property
    def full(self) -> bool:
        """Whether there are as many subscribers as livemon keeps."""
        return self.subscribers >= MOST_SUBSCRIBERS

    @property
    def position(self) -> int:
        """The newest change that was read."""
        return self._position

    async def subscribe(
        self, wanted: Subscription, sees: Callable[[str], bool], cursor: int | None, who: str
    ) -> Subscriber:
        """Return a new subscriber, to be given back by `leave`.

        Parameters
        ----------
        sees
            Says which cameras it may be told of.
        cursor
            Previous position; None begins with messages from now on.
        who
            Identity whose share of the places it takes.

        Raises
        ------
        TooManyRequests
            When this one has its share of the places already.
        StoreError
            When the database does not answer.
        """
        if self._of_each[who] >= MOST_OF_ONE:
            raise TooManyRequests("push.too_many_connections", limit=MOST_OF_ONE, wait_s=RETRY_S)
        self.subscribers += 1
        self._of_each[who] += 1
        try:
            if self._reader is None:
                self._loop = asyncio.get_running_loop()
                self._forget()
                self._reader = asyncio.create_task(self._follow(), name="push reader")
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._ready.wait()
            except TimeoutError as exc:
                raise StoreError("store.no_answer") from exc
            return Subscriber(self, wanted, sees, *await self._entry(cursor))
        except BaseException:
            self.leave(who)
            raise

    def leave(self, who: str) -> None:
        """Let a subscriber go; the last one ends the reading."""
        self.subscribers -= 1
        self._of_each -= Counter({who: 1})
        if self.subscribers == 0 and self._reader is not None:
            self._reader.cancel()
            self._reader = None

    async def after(self, position: int) -> tuple[list[ChangeMessage], int]:
        """Return the first messages after a position, and the position behind them."""
        if position >= self._floor:
            start = bisect_right(self._kept, position, key=lambda message: message.cursor)
            found = self._kept[start : start + AT_ONCE]
            return found, found[-1].cursor if found else position
        # Was away, or received nothing for long: read for this subscriber alone.
        found = await self._read(position)
        return found, found[-1].cursor if found else self._floor

    def arrival(self) -> asyncio.Event:
        """Return the event that is set at the next message."""
        return self._arrived

    def close(self) -> None:
        """End all subscriptions; from any thread, harmless when called again."""
        self.closed = True
        self._call(self._announce)
        self._thread.shutdown(wait=False)

    async def _entry(self, cursor: int | None) -> tuple[int, bool]:
        """Return the position that a cursor means, and whether something after it is no longer there."""
        if cursor is None:
            return self._position, False
        oldest, newest = await self._in_thread(changes.kept_ids, self._database)
        if cursor > max(newest, self._position):
            return self._position, True  # it comes from another database
        return cursor, cursor < oldest - 1

    async def _follow(self) -> None:
        """Read new commits, for ever; an unreachable database is asked again."""
        while not self.closed:
            self._news.clear()
            full = False
            try:
                if self._ready.is_set():
                    found = await self._read(self._position)
                    full = len(found) == AT_ONCE
                    self._publish(found)
                else:
                    _, self._position = await self._in_thread(changes.kept_ids, self._database)
                    self._floor = self._position
                    self._ready.set()
            except StoreError as exc:
                log.warning("changes cannot be read: %s", exc)
            if not full:
                with contextlib.suppress(TimeoutError):
                    # Not wait_for: on Python 3.11 it swallows a cancellation now and then.
                    async with asyncio.timeout(POLL_S):
                        await self._news.wait()

    def _publish(self, found: list[ChangeMessage]) -> None:
        kept = [*self._kept, *found]
        old_s = self._clock.monotonic_s() - KEPT_S
        gone = bisect_right(kept, old_s, key=lambda message: message.kept_s)
        gone = max(gone, len(kept) - MOST_KEPT)
        if gone > 0:
            self._floor = kept[gone - 1].cursor
        self._kept = kept[max(gone, 0) :]
        if found:
            self._position = found[-1].cursor
            self._announce()

    def _announce(self) -> None:
        arrived, self._arrived = self._arrived, asyncio.Event()
        arrived.set()

    def _forget(self) -> None:
        self._kept = []
        self._position = self._floor = 0
        self._news, self._arrived, self._ready = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def _read(self, position: int) -> list[ChangeMessage]:
        found: list[ChangeMessage] = await self._in_thread(self._encoded, position)
        return found

    def _encoded(self, position: int) -> list[ChangeMessage]:
        now_s = self._clock.monotonic_s()
        found = changes.read(self._database, position, AT_ONCE)
        return [ChangeMessage(one.id, one.kind, one.camera_id, one.severity, message_text(one), now_s) for one in found]

    async def _in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, function, *args)
        except RuntimeError as exc:
            if not self.closed:
                raise
            raise StoreError("server.stopping_now") from exc

    def _on_change(self) -> None:
        """Wake the reader; called in whatever thread committed."""
        self._call(lambda: self._news.set())

    def _call(self, function: Callable[[], None]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: no subscriber is left
                self._loop.call_soon_threadsafe(function)


class Subscriber:
    """One subscriber of the feed.

    Attributes
    ----------
    position
        Told up to here.
    missed
        Whether something after its cursor could not be told any more.
    wanted
        Filter of its messages; may be replaced at any time.
    """

    def __init__(
        self, feed: ChangeFeed, wanted: Subscription, sees: Callable[[str], bool], position: int, missed: bool
    ) -> None:
        self._feed = feed
        self._sees = sees
        self.wanted = wanted
        self.position = position
        self.missed = missed

    async def take(self, wait_s: float) -> list[ChangeMessage]:
        """Return the messages to send now; waits when there are none, and then may return nothing."""
        arrival = self._feed.arrival()
        found, position = await self._feed.after(self.position)
        if position == self.position and not self._feed.closed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await arrival.wait()
            found, position = await self._feed.after(self.position)
        self.position = position
        return [one for one in found if self._sees(one.camera_id) and self.wanted.takes(one)]


def message_text(change: Change) -> str:
    """Return a change as JSON."""
    about = {"kind": change.kind, "camera_id": change.camera_id, "data": change.payload}
    return json.dumps({"cursor": change.id, "at_utc": iso(change.at_utc), **about}, ensure_ascii=False)
