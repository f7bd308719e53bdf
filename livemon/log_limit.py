"""Limit how often the same line is logged: what fails in a loop must not fill the disk.

Where log lines go and how they look does not belong here (cli.py).
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

PERIOD_S = 60.0
PER_PERIOD = 20
"""Lines of one kind in a period; the next one says how many were left out."""
MOST_KINDS = 1_000


@dataclass(slots=True)
class _Count:
    since_s: float
    lines: int = 0
    dropped: int = 0


class RepeatLimit(logging.Filter):
    """Pass a limited number of lines of each kind: of one logger, level and message before its values are put in."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[tuple[str, int, str], _Count] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a line is written; of a kind that was limited, the next line also says how many were not."""
        kind = (record.name, record.levelno, str(record.msg)[:200])
        now_s = time.monotonic()
        with self._lock:
            count = self._counts.get(kind)
            if count is None or now_s - count.since_s >= PERIOD_S:
                if len(self._counts) >= MOST_KINDS:
                    self._counts.clear()
                dropped = count.dropped if count else 0
                count = self._counts[kind] = _Count(now_s)
            else:
                dropped = 0
            count.lines += 1
            if count.lines > PER_PERIOD:
                count.dropped += 1
                return False
        if dropped:
            record.msg = f"{record.getMessage()} (and {dropped} such lines that were not logged)"
            record.args = ()
        return True
