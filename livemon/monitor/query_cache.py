"""QueryCache: database readings of pages, made once for all viewers of the same data.

A reading is kept until any process commits a published row (store/changes.py). The queries live in the pages, the
notification of programs in change_feed.py.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from livemon.base.clock import Clock
from livemon.store import changes
from livemon.store.session import Database

POLL_S = 1.0
"""Commits of other processes are found at most this much later; those of this one are known at once."""

FRESH_S = 30.0
"""Longest time that a reading serves without a change: sums move with the clock, and some rows are not published."""

MOST_KEPT = 64

T = TypeVar("T")


@dataclass(slots=True)
class _Kept:
    """A reading, and which change was the newest when it was made."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    version: int = -1
    read_s: float = 0.0
    value: Any = None


class QueryCache:
    """Keeps readings for all sessions of a process. Its methods may be called from any thread.

    Attributes
    ----------
    made
        Number of reads from the database so far.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.made = 0
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._version = 0
        self._asked_s = float("-inf")
        self._told = True
        database.on_change(self._on_change)

    def is_old(self, version: int) -> bool:
        """Whether something may have changed since `version`.

        Does not query the database: a page may call it often.
        """
        return self._told or self._version != version or self._due

    def version(self) -> int:
        """Return the number of the newest change; reads it at most once a second, and after each commit of our own.

        Raises
        ------
        StoreError
            When the database refuses.
        """
        with self._asking:
            if self._told or self._due:
                self._told = False  # before reading: commits made meanwhile are read the next time
                self._version = changes.kept_ids(self._database)[1]
                self._asked_s = self._clock.monotonic_s()
            return self._version

    def get(self, key: Hashable, read: Callable[[], T], *, fresh_s: float = FRESH_S) -> T:
        """Return the result of `read`, or the one cached since the newest change.

        Parameters
        ----------
        key
            Identifies the query; equal keys must mean equal readings for all callers.
        read
            Called by one thread at a time; its result is shared and must not be changed.
        fresh_s
            Longest time that it may serve without a change.
        """
        version = self.version()
        with self._lock:
            kept = self._kept.setdefault(key, _Kept())
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        with kept.lock:
            now_s = self._clock.monotonic_s()
            if kept.version < version or now_s - kept.read_s >= fresh_s:
                kept.value = read()
                kept.version, kept.read_s = version, now_s
                self.made += 1
            return cast("T", kept.value)

    def forget(self, name: str) -> None:
        """Discard readings whose key begins with this name, after a change that is not published."""
        with self._lock:
            for key in [key for key in self._kept if isinstance(key, tuple) and key[0] == name]:
                del self._kept[key]

    @property
    def _due(self) -> bool:
        return self._clock.monotonic_s() - self._asked_s >= POLL_S

    def _on_change(self) -> None:
        self._told = True
