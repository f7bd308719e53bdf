"""Limits of the log, in number and length: errors in a loop, or an attacker's text, must not fill the disk.

The destination and the format of log lines live in cli/app.py.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
PERIOD_S = 60.0
PER_PERIOD = 20
"""Lines of one kind in a period; the next one says how many were left out."""
MOST_LINES = 600
"""Lines of all kinds in a period: texts that differ each time are of as many kinds."""
MOST_KINDS = 1_000
MOST_CHARACTERS = 4_000
"""Of a line with its traceback; hostile values are logged by the libraries that refuse them."""


@dataclass(slots=True)
class _Count:
    since_s: float
    lines: int = 0
    dropped: int = 0


class ShortFormatter(logging.Formatter):
    """A formatter that cuts the middle out of long lines and tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with its beginning and its end."""
        line = super().format(record)
        if len(line) <= MOST_CHARACTERS:
            return line
        half = MOST_CHARACTERS // 2
        return f"{line[:half]} ... ({len(line) - 2 * half:,} characters left out) ... {line[-half:]}"


class RepeatLimit(logging.Filter):
    """Pass a limited number of lines of each kind: of one logger, level and message before its values are put in."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[tuple[str, int, str], _Count] = {}
        self._all = _Count(time.monotonic())
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
            if now_s - self._all.since_s >= PERIOD_S:
                self._all = _Count(now_s)
            self._all.lines += count.lines <= PER_PERIOD
            if count.lines > PER_PERIOD or self._all.lines > MOST_LINES:
                count.dropped += 1
                return False
        if dropped:
            record.msg = f"{record.getMessage()} (and {dropped} such lines that were not logged)"
            record.args = ()
        return True


def limit_log() -> None:
    """Limit every handler that there is now; libraries such as Panel have handlers of their own."""
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    limit, formatter = RepeatLimit(), ShortFormatter(LOG_FORMAT)
    for handler in {handler for logger in loggers for handler in logger.handlers}:
        if not any(isinstance(one, RepeatLimit) for one in handler.filters):
            handler.addFilter(limit)
            handler.setFormatter(formatter)
