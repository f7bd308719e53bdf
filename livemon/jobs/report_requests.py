"""ReportRequests: the reports that people asked for while this process runs: how far each is, and how it ended.

Pages and API ask here, so that one begun on a page can be followed by another. Making them does not belong here
(report_jobs.py), nor what is made by itself (scheduler.py).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from livemon.base.errors import LivemonError, ReportError
from livemon.base.messages.message import Told, message

log = logging.getLogger(__name__)

MOST_AT_ONCE = 8
"""So many may be asked for and not done; they are made one after the other."""

MOST_KEPT = 100
"""Number of finished runs that are remembered."""

Key = tuple[str, date, str, str]


WAITS_TO_BEGIN = message("report.waits")


@dataclass(frozen=True, slots=True)
class ReportRun:
    """Progress of a report.

    `fraction` is 0 to 1; `words` say what is being done, `error` why there is none.
    """

    camera_id: str
    day: date
    timezone: str = ""
    language: str = ""
    fraction: float = 0.0
    words: Told = WAITS_TO_BEGIN
    error: Told = ""
    is_done: bool = False


class ReportRequests:
    """Makes reports in the background for its callers.

    Parameters
    ----------
    make
        `Monitor.make_report`: blocks until the report is made.
    """

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make
        self._known: dict[Key, ReportRun] = {}
        self._changing = threading.Lock()
        self._one_at_a_time = threading.Lock()

    def start(self, camera_id: str, day: date, *, timezone: str = "", language: str = "") -> ReportRun:
        """Have a report made; returns at once. One that is being made already is not begun again.

        Raises
        ------
        ReportError
            When too many wait already.
        """
        key = (camera_id, day, timezone, language)
        with self._changing:
            known = self._known.get(key)
            if known is not None and not known.is_done:
                return known
            if sum(not run.is_done for run in self._known.values()) >= MOST_AT_ONCE:
                raise ReportError("report.too_many_wait", limit=MOST_AT_ONCE)
            self._known.pop(key, None)
            self._known[key] = run = ReportRun(*key)
            done = [key for key, one in self._known.items() if one.is_done]
            for old in done[: max(0, len(self._known) - MOST_KEPT)]:
                del self._known[old]
        # A daemon: a report that hangs must not keep the process; the monitor's close stops it.
        threading.Thread(target=self._run, args=(key,), name="livemon-report", daemon=True).start()
        return run

    def of(self, camera_id: str, day: date, timezone: str = "", language: str = "") -> ReportRun | None:
        """Return the run of a report; None when it was not requested since the process began."""
        return self._known.get((camera_id, day, timezone, language))

    def _run(self, key: Key) -> None:
        camera_id, day, timezone, language = key

        def progress(fraction: float, words: Told) -> None:
            self._change(key, fraction=fraction, words=words)

        error: Told = ""
        with self._one_at_a_time:
            try:
                self._make(camera_id, day, timezone=timezone, language=language, on_progress=progress)
            except LivemonError as exc:
                error = exc.said
            except Exception as exc:
                log.exception("camera %s: the report of %s", camera_id, day)
                error = message("report.not_made", kind=type(exc).__name__)
        self._change(key, is_done=True, error=error)

    def _change(self, key: Key, **changes: Any) -> None:
        with self._changing:
            self._known[key] = replace(self._known[key], **changes)
