"""Notifier: turns the queue into notifications and sends those that are due, as long as a monitor runs.

Any number of processes may: a row is claimed with a lease before it is sent. Recipients are chosen in policy.py, texts
in messages.py.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from livemon.base.clock import Clock
from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.errors import LivemonError
from livemon.base.messages.message import Message
from livemon.base.notices import SYSTEM
from livemon.base.settings.settings import Settings
from livemon.base.tasks import run_to_completion, survive
from livemon.notify.expansion import expand
from livemon.notify.messages import message_of, update_of
from livemon.notify.policy import Limits
from livemon.notify.recipients import RecipientEntry, RecipientRegistry
from livemon.notify.transports.registry import open_transport
from livemon.notify.transports.transport import MOST_HANDLE, NotDelivered, NotificationText
from livemon.store import notifications as store
from livemon.store import writes
from livemon.store.notifications import Due, DueUpdate
from livemon.store.session import Database
from livemon.store.tables.notifications import NotificationState
from livemon.store.work import owner_name

log = logging.getLogger(__name__)

POLL_S = 0.4
"""Between two looks into the queue, for what other processes commit; two small queries each."""

MOST_DUE = 100
ALL_WITHIN_S = 75.0
"""Longest that all addresses of a recipient may take together: less than the lease."""

WAITS = tuple(timedelta(seconds=wait_s) for wait_s in (5, 15, 60, 300, 900, 3600))
"""Before the next try; the last holds for all that follow."""

TRIED_FOR = {Severity.DANGER.value: timedelta(hours=24)}
TRIED_FOR_ELSE = timedelta(hours=6)
"""So long it is tried to send a notification, by weight."""

UNDELIVERED = "notification_failed"
"""Kind of the event about a recipient who cannot be reached."""


class Notifier:
    """Sends one database's notifications. Its coroutines run on the monitor's engine loop."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, registry: RecipientRegistry) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._registry = registry
        self._limits = Limits(cooldown=timedelta(seconds=settings.notify.cooldown_s))
        self._owner = owner_name()
        self._committed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        database.on_change(self._on_commit)
        self._task: asyncio.Task[None] | None = None
        self._sending: dict[tuple[int, bool], asyncio.Task[None]] = {}
        self._updating: set[asyncio.Task[None]] = set()
        self._unreachable: set[int] = set()

    async def start(self) -> None:
        """Begin; harmless when begun."""
        if self._task is None:
            self._loop = asyncio.get_running_loop()
            self._task = asyncio.create_task(self._run(), name="notifications")

    async def stop(self) -> None:
        """Stop; what was being sent is sent again when its lease is over."""
        tasks = [task for task in (self._task, *self._sending.values(), *self._updating) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._task = self._loop = None

    async def tick(self) -> None:
        """Decide about all events of the queue, and begin to send what is due."""
        now = self._clock.now()
        queued, due = await asyncio.to_thread(self._look, now)
        if queued:
            while await asyncio.to_thread(self._expand, now):
                pass
            due = await asyncio.to_thread(store.due, self._database, now, MOST_DUE)
        updates = await asyncio.to_thread(store.due_updates, self._database, now, MOST_DUE)
        if not due and not updates:
            return
        entries = {entry.id: entry for entry in await asyncio.to_thread(self._registry.all)}
        for one in due:
            # A danger does not wait behind something else that a slow server takes its time for.
            place = one.recipient_id, one.weight == Severity.DANGER.value
            entry = entries.get(one.recipient_id)
            if entry is not None and place not in self._sending:
                task = asyncio.create_task(survive(self._send(one, entry), f"notification to {entry.name}"))
                self._sending[place] = task
                task.add_done_callback(partial(self._sent, place))
        for update in updates:
            entry = entries.get(update.sent.recipient_id)
            if entry is not None and entry.enabled:
                task = asyncio.create_task(survive(self._update(update, entry), f"update to {entry.name}"))
                self._updating.add(task)
                task.add_done_callback(self._updating.discard)

    async def send_one(self, notification_id: int) -> None:
        """Send one notification, when it is due and no other process has it."""
        due = [one for one in await asyncio.to_thread(self._look_due) if one.id == notification_id]
        entries = {entry.id: entry for entry in await asyncio.to_thread(self._registry.all)}
        for one in due:
            await self._send(one, entries[one.recipient_id])

    async def idle(self) -> None:
        """Wait until nothing is being sent."""
        while running := [*self._sending.values(), *self._updating]:
            await asyncio.wait(running)

    def _sent(self, place: tuple[int, bool], _task: asyncio.Task[None]) -> None:
        self._sending.pop(place, None)

    async def _run(self) -> None:
        while True:
            self._committed.clear()
            await survive(self.tick(), "notifications")
            waits = [asyncio.ensure_future(wait) for wait in (self._clock.sleep(POLL_S), self._committed.wait())]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()

    def _on_commit(self) -> None:
        """Look into the queue at once; called in the thread that committed."""
        if (loop := self._loop) is not None:
            loop.call_soon_threadsafe(self._committed.set)

    def _look_due(self) -> list[Due]:
        return store.due(self._database, self._clock.now(), MOST_DUE)

    def _look(self, now: datetime) -> tuple[bool, list[Due]]:
        return store.has_queued(self._database), store.due(self._database, now, MOST_DUE)

    def _expand(self, now: datetime) -> int:
        recipients = [entry.for_policy for entry in self._registry.all() if entry.enabled]
        return expand(self._database, recipients, now, self._limits)

    async def _send(self, due: Due, entry: RecipientEntry) -> None:
        if not await asyncio.to_thread(store.claim, self._database, due.id, self._owner, self._clock.now()):
            return
        finished = await self._outcome(due, entry)
        await run_to_completion(asyncio.to_thread(self._finish, due.id, finished))

    async def _update(self, update: DueUpdate, entry: RecipientEntry) -> None:
        """Change what was sent, where its transport can; tried once: the ring was what mattered."""
        if not await asyncio.to_thread(store.claim_update, self._database, update, self._clock.now()):
            return
        own = self._settings, self._database, self._registry.secrets
        found = await asyncio.to_thread(update_of, update, entry, *own)
        if found is None:
            return
        message = replace(found, handle=update.handle)
        for address in entry.addresses:
            try:
                transport = open_transport(address, self._registry.context)
                if transport.updates and transport.name in update.transport:
                    async with asyncio.timeout(ALL_WITHIN_S):
                        await transport.send(message)
            except (NotDelivered, LivemonError, TimeoutError) as exc:
                log.warning("%s: %s was not updated: %s", entry.name, update.sent.id, exc)

    def _finish(self, notification_id: int, values: dict[str, Any]) -> None:
        store.finish(self._database, notification_id, self._owner, **values)

    async def _outcome(self, due: Due, entry: RecipientEntry) -> dict[str, Any]:
        """Try to send; returns what becomes of the row."""
        if not entry.enabled:
            return {"state": NotificationState.FAILED, "error": str(entry.problem or Message("notify.switched_off"))}
        if due.event_id is not None and await asyncio.to_thread(store.is_answered, self._database, due.event_id):
            return {"state": NotificationState.WITHDRAWN, "why": "answered"}
        own = self._settings, self._database, self._registry.secrets
        message = await asyncio.to_thread(message_of, due, entry, *own, self._clock.now())
        if message is None:
            return {"state": NotificationState.WITHDRAWN}
        transport, handle, failures = await self._deliver(message, entry)
        now = self._clock.now()
        if transport:
            self._unreachable.discard(entry.id)
            log.info("told %s by %s: %s", entry.name, transport, due.id)
            gone = " ".join(failure.reason for failure in failures if failure.gone)
            sent = {"sent_utc": now, "transport": transport[:100], "handle": handle[:MOST_HANDLE]}
            return {"state": NotificationState.SENT, **sent, "error": gone}
        error = " ".join(failure.reason for failure in failures) or "They have no address."
        log.warning("%s was not told of %s: %s", entry.name, due.id, error)
        if due.about != "test":
            await asyncio.to_thread(self._say_unreachable, due, entry, error)
        over = now - due.created_utc > TRIED_FOR.get(due.weight, TRIED_FOR_ELSE)
        if due.about == "test" or over or all(failure.for_good for failure in failures):
            return {"state": NotificationState.FAILED, "error": error}
        asked_s = min((failure.retry_after_s for failure in failures if failure.retry_after_s is not None), default=0.0)
        wait = max(WAITS[min(due.attempts, len(WAITS) - 1)], timedelta(seconds=asked_s))
        return {"state": NotificationState.PENDING, "next_try_utc": now + wait, "error": error}

    async def _deliver(self, message: NotificationText, entry: RecipientEntry) -> tuple[str, str, list[NotDelivered]]:
        """Try the addresses in order; returns which took it, empty for none, its handle, and why others did not.

        The first that takes it is enough, but a person's devices get it all together.
        """
        failures: list[NotDelivered] = []
        taken: list[str] = []
        handle, together = "", False
        try:
            async with asyncio.timeout(ALL_WITHIN_S):
                for address in entry.addresses:
                    try:
                        transport = open_transport(address, self._registry.context)
                        if taken and not (together and transport.together):
                            continue
                        handle = await transport.send(message) or handle
                        taken.append(transport.name)
                        together = transport.together
                    except NotDelivered as exc:
                        failures.append(exc)
                        if exc.gone:
                            await asyncio.to_thread(self._registry.drop_address, entry.name, address)
                    except LivemonError as exc:
                        failures.append(NotDelivered(str(exc), for_good=True))
        except TimeoutError:
            failures.append(NotDelivered(f"{ALL_WITHIN_S:.0f} s were not enough for all addresses."))
        return ", ".join(taken), handle, failures

    def _say_unreachable(self, due: Due, entry: RecipientEntry, error: str) -> None:
        """Make an event of it, once until they can be reached again."""
        if entry.id in self._unreachable or not due.camera_id:
            return
        self._unreachable.add(entry.id)
        now = self._clock.now()
        title = f"{entry.name} cannot be notified"
        seen = Observation(UNDELIVERED, EventType.SYSTEM, Severity.WARNING, title, error, 1.0, now, now, (), entry.name)
        writes.add_event(self._database, due.camera_id, seen, now, model=SYSTEM)
