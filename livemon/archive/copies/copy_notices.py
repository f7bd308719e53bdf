"""CopyNotices: events about the copies: a day behind, the queue full, copies lost by the bucket; and all well again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.messages.message import Message, message
from livemon.base.notices import SYSTEM
from livemon.base.settings.settings import Settings
from livemon.store import copies, writes
from livemon.store.copy_sources import COPIES
from livemon.store.session import Database

log = logging.getLogger(__name__)

BEHIND = timedelta(days=1)
CAUGHT_UP = timedelta(hours=1)


class CopyNotices:
    """Says each thing once until it is over. Its methods block."""

    def __init__(self, settings: Settings, database: Database, bucket: str) -> None:
        self._settings = settings
        self._database = database
        self._bucket = bucket
        self._behind = False
        self._failure: Message | None = None

    def failed(self, said: Message) -> None:
        """Remember why the bucket is not reached."""
        self._failure = said

    def check(self, now: datetime, given_up: int) -> None:
        """Say when copies fall a day behind or footage was given up, and when they have caught up."""
        if given_up:
            self._say(
                now, Severity.WARNING, message("event.copies_full"), message("event.copies_full_text", n=given_up)
            )
        totals = copies.totals(self._database, self._bucket)
        waits = now - totals.waiting_since_utc if totals.waiting_since_utc else timedelta()
        count = totals.counts.get("waiting", 0)
        if waits >= BEHIND and not self._behind:
            self._behind = True
            why = self._failure or message("copies.slow_line")
            text = message("event.copies_behind_text", n=count, since=totals.waiting_since_utc, why=why)
            self._say(now, Severity.WARNING, message("event.copies_behind"), text)
        elif self._behind and waits < CAUGHT_UP:
            self._behind = False
            self._say(now, Severity.INFO, message("event.copies_caught_up"), message("event.copies_caught_up_text"))

    def lost(self, now: datetime, count: int) -> None:
        """Report that the bucket has lost copies."""
        text = message("event.copies_lost_text", n=count, bucket=self._bucket)
        self._say(now, Severity.WARNING, message("event.copies_lost"), text)

    def _say(self, now: datetime, severity: Severity, title: Message, text: Message) -> None:
        log.log(logging.INFO if severity is Severity.INFO else logging.WARNING, "copies: %s", text)
        seen = Observation(
            *(COPIES, EventType.SYSTEM, severity, str(title), str(text), 1.0, now, now),
            evidence_utcs=(),
            said=(title, text),
        )
        for camera_id in self._settings.cameras:
            writes.add_event(self._database, camera_id, seen, now, model=SYSTEM)
