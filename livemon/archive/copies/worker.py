"""CopyWorker: keeps a bucket up to date while livemon runs: chooses, queues, sends, lists, and reports errors.

One process of a data folder does it. Two lanes send, so that an event never waits behind an archive. Sending one file
lives in sender.py, the choice in choice.py.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import IO

from livemon.archive.copies import prune
from livemon.archive.copies.address import bucket_label, open_vault
from livemon.archive.copies.choice import LATE, URGENT, CopyChoice
from livemon.archive.copies.copy_notices import CopyNotices
from livemon.archive.copies.copy_queue import CopyQueue
from livemon.archive.copies.key_store import KeyStore
from livemon.archive.copies.layout import outgoing_folder
from livemon.archive.copies.manifest import MOST_PARTS, compact
from livemon.archive.copies.send_rate import SendRate
from livemon.archive.copies.sender import CopySender, InProgress
from livemon.archive.copies.vault import SEALED, Vault
from livemon.base.clock import Clock
from livemon.base.errors import BucketError, LivemonError
from livemon.base.file_lock import try_lock
from livemon.base.private_files import make_folder, open_private
from livemon.base.settings.hours import is_within
from livemon.base.settings.settings import Settings
from livemon.base.tasks import run_to_completion, survive
from livemon.store import copies
from livemon.store.session import Database

log = logging.getLogger(__name__)

PLAN_EVERY_S = 2.0
SLOW_PLAN_EVERY_S = 30.0
"""Archives, reports and rows are looked for less often than events."""
IDLE_S = 0.5
PRUNE_EVERY_S = 3600.0
FIRST_REST_S = 2.0
LONGEST_REST_S = 300.0
ALL_RANKS = (0, 1, 2, 3)
OPENER = Callable[[], Vault]


class CopyWorker:
    """Copies for one data folder; does nothing, and imports nothing, when the settings have no address.

    Parameters
    ----------
    settings, database, clock
        The rules, the rows, the time.
    opener
        Opens the vault; that of the settings when None.

    Attributes
    ----------
    bucket
        The address as rows have it.
    """

    def __init__(self, settings: Settings, database: Database, clock: Clock, opener: OPENER | None = None) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._opener = opener or (lambda: open_vault(settings, KeyStore(settings.data_dir).keys()))
        self.bucket = bucket_label(settings)
        self._queue = CopyQueue(settings, database, self.bucket)
        sealed = SEALED if settings.copies.encrypt else ""
        self._choice = CopyChoice(settings, database, self.bucket, lambda name: name + sealed)
        self._rate = SendRate(settings.copies.max_mbit_s)
        self._notices = CopyNotices(settings, database, self.bucket)
        self._sender: CopySender | None = None
        self._connecting = threading.Lock()
        self._sending = InProgress()
        self._lock: IO[str] | None = None
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._rest_until_s = 0.0
        self._chosen_utc: datetime | None = None
        self._chosen_all_s: float | None = None
        self._pruned_s: float | None = None

    @property
    def enabled(self) -> bool:
        """Whether anything is copied."""
        return self._settings.copies.enabled

    async def start(self) -> None:
        """Begin; harmless when begun."""
        if self.enabled and self._task is None:
            self._task = asyncio.create_task(self._run(), name="copies")

    async def stop(self) -> None:
        """End running transfers, which are repeated after the next start."""
        if self._task is None:
            return
        if self._sender is not None:
            self._sender.vault.bucket.stop()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        self._sender = None
        self.release()

    async def _run(self) -> None:
        while not await asyncio.to_thread(self.claim):
            await self._clock.sleep(SLOW_PLAN_EVERY_S)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._plan())
            tasks.create_task(self._send(URGENT))
            tasks.create_task(self._send(ALL_RANKS))

    async def _plan(self) -> None:
        while True:
            await survive(run_to_completion(asyncio.to_thread(self.plan)), "copies: choosing")
            await self._clock.sleep(PLAN_EVERY_S)

    async def _send(self, ranks: tuple[int, ...]) -> None:
        while True:
            await survive(self._send_and_wait(ranks), "copies: sending")

    async def _send_and_wait(self, ranks: tuple[int, ...]) -> None:
        """Send one file when the rate allows it, else wait; for a while also when nothing was sent."""
        urgent = ranks == URGENT
        wait_s = self._rate.wait_s(self._clock.monotonic_s(), urgent=urgent)
        try:
            if wait_s:
                return
            wait_s = IDLE_S
            # To its end, also when the task is cancelled meanwhile: `stop` ends what is under way.
            size = await run_to_completion(asyncio.to_thread(self.send, ranks))
            if size is not None:
                self._rate.sent(size, self._clock.monotonic_s(), urgent=urgent)
                wait_s = 0.0
        finally:
            await self._clock.sleep(wait_s)

    def claim(self) -> bool:
        """Take the copies of the data folder for this process; False while another has them."""
        if self._lock is None:
            make_folder(self._settings.data_dir)
            file = open_private(self._settings.data_dir / "copies.lock", "a")
            if not try_lock(file):
                file.close()
                return False
            self._lock = file
            for left in outgoing_folder(self._settings).glob("*"):
                left.unlink(missing_ok=True)  # by a kill: nothing of this process is being sent yet
        return True

    def release(self) -> None:
        """Leave the copies to another process."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def plan(self) -> None:
        """Choose and queue new files, list sent ones, and report errors. Blocks."""
        now = self._clock.now()
        # After a pause of livemon as far back as there are segments; then only what is new or late.
        since = now - timedelta(seconds=self._settings.time_shift_s) if self._chosen_utc is None else now - LATE
        self._queue.add(self._choice.events(since), now)
        self._chosen_utc = now
        if self._chosen_all_s is None or self._clock.monotonic_s() - self._chosen_all_s >= SLOW_PLAN_EVERY_S:
            if self._chosen_all_s is None:
                self._queue.tidy()
            self._chosen_all_s = self._clock.monotonic_s()
            self._queue.add([*self._choice.rows(), *self._choice.reports(now), *self._choice.archives(now)], now)
            self._queue.resume(now)
            given_up = self._queue.bound()
            self._notices.check(now, given_up)
        if self._sender is not None and not self._rests():
            self._attempt(self._sender.list_sent)
            self._attempt(lambda: self._prune(now))

    def send(self, ranks: tuple[int, ...]) -> int | None:
        """Send one file; returns its bytes, None when nothing is due or the bucket is being waited for. Blocks."""
        if self._rests():
            return None
        if not self._may_send_archives():
            ranks = tuple(rank for rank in ranks if rank in URGENT)
        sender = self._sender or self._connected()
        return None if sender is None else self._attempt(lambda: sender.send_next(ranks))

    def _connected(self) -> CopySender | None:
        """Open the bucket; None when the other lane is at it."""
        if not self._connecting.acquire(blocking=False):
            return None
        try:
            self._attempt(self._connect)
        finally:
            self._connecting.release()
        return self._sender

    def _prune(self, now: datetime) -> None:
        """Delete expired copies, once an hour, and erased ones, at once."""
        sender = self._sender
        if sender is None:
            return
        if self._pruned_s is None or self._clock.monotonic_s() - self._pruned_s >= PRUNE_EVERY_S:
            self._pruned_s = self._clock.monotonic_s()
            prune.expire(self._settings, self._database, self.bucket, now)
            compact(sender.vault, above=MOST_PARTS)
        sender.remove_marked(now)

    def _connect(self) -> None:
        sender = CopySender(self._settings, self._database, self._clock, self._opener(), self._queue, self._sending)
        lost = sender.connect()
        self._sender = sender
        if lost:
            self._notices.lost(self._clock.now(), lost)

    def _attempt(self, step: Callable[[], int | None]) -> int | None:
        """Do what needs the bucket; when it refuses, wait longer and longer and open it anew."""
        try:
            done = step()
        except LivemonError as exc:
            if not isinstance(exc, BucketError) and self._sender is not None:
                raise
            self._failures += 1
            longest_s = min(LONGEST_REST_S, FIRST_REST_S * 2 ** min(self._failures - 1, 10))
            self._rest_until_s = self._clock.monotonic_s() + longest_s * random.uniform(0.5, 1)  # noqa: S311 - spreads retries
            if self._sender is None:  # it was not even opened: what is next says why it waits
                self._say_on_next(exc)
            self._sender = None
            self._notices.failed(exc.said)
            raise
        if done is not None and self._failures:
            self._failures = 0
        return done

    def _say_on_next(self, exc: LivemonError) -> None:
        now = self._clock.now()
        row = copies.next_due(self._database, self.bucket, now, ALL_RANKS)
        if row is not None:
            copies.fail(self._database, row.id, exc.said, now)

    def _rests(self) -> bool:
        return self._clock.monotonic_s() < self._rest_until_s

    def _may_send_archives(self) -> bool:
        local = self._clock.now().astimezone(self._settings.zone)
        return is_within(self._settings.copies.hours, local.time())
