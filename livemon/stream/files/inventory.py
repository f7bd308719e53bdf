"""Inventory: finished segments of a camera, and the work due for them. Pure; it opens no file.

A window's segments wait until it is archived, then they are kept for a while and go. Asking costs next to nothing
when nothing is due, however many segments there are: windows are counted, not segments.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from livemon.base.clock import WINDOW, Window
from livemon.base.datatypes import Segment

SETTLE_S = 15.0
"""Wait for a late segment after a window's end: a segment and a half."""


class Inventory:
    """A camera's finished segments.

    Parameters
    ----------
    segments
        Files found on the disk.
    archived
        The windows that need no archive any more.
    """

    def __init__(self, segments: Iterable[Segment] = (), archived: Collection[Window] = ()) -> None:
        self._waiting: dict[Window, list[Segment]] = {}
        self._archived: deque[Segment] = deque()
        for segment in sorted({segment.path.name: segment for segment in segments}.values()):
            if Window.containing(segment.start_utc) in archived:
                self._archived.append(segment)
            else:
                self.add(segment)

    def add(self, segment: Segment) -> None:
        """Take note of a finished segment."""
        insort(self._waiting.setdefault(Window.containing(segment.start_utc), []), segment)

    def due(self, now: datetime) -> list[Window]:
        """Return the closed windows that wait for their archive, oldest first.

        A window is closed when footage reaches its end, or when `SETTLE_S` have passed since. A segment belongs to
        the window that its first frame lies in; the last one may reach into the next.
        """
        settled_utc = now - timedelta(seconds=SETTLE_S)
        return sorted(
            window
            for window, segments in self._waiting.items()
            if settled_utc >= window.end_utc or max(s.end_utc for s in segments[-2:]) >= window.end_utc
        )

    def touching(self, window: Window) -> list[Segment]:
        """Return all segments of a window, and those of the one before that reach into it, in time order.

        With those that are archived already: when a segment comes late, the archive is made again of all of them.
        """
        before = self._waiting.get(Window(window.start_utc - WINDOW), [])
        reaching = [segment for segment in before if segment.end_utc > window.start_utc]
        kept = [segment for segment in self._archived if window.start_utc <= segment.start_utc < window.end_utc]
        return [*reaching, *sorted((*kept, *self._waiting.get(window, [])))]

    def archived(self, window: Window, segments: Collection[Segment]) -> None:
        """Take note that a window's archive is on the disk and its row written; `segments` are those it was made of."""
        taken, waiting = set(segments), self._waiting.pop(window, [])
        # Windows are archived oldest first but for one that failed, so sorting finds almost nothing to do.
        self._archived = deque(sorted((*self._archived, *(s for s in waiting if s in taken))))
        if late := [segment for segment in waiting if segment not in taken]:
            self._waiting[window] = late

    def take_old(self, keep_from: datetime) -> list[Segment]:
        """Give up the archived segments that ended before `keep_from`; they may be deleted now."""
        old = []
        while self._archived and self._archived[0].end_utc <= keep_from:
            old.append(self._archived.popleft())
        return old
