"""The pictures of the stop that is labelled, and those of the next one before anybody asks: decoded beside the kernel.

The current stop is chosen in labeller.py. Pictures are JPEGs in memory; nothing is written.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from livemon.archive.footage import Footage
from livemon.base.datatypes import encode_jpeg
from livemon.base.errors import LivemonError, NoFootage
from livemon.base.stream_types import StreamProfile
from livemon.stream.playlist import parse_playlist
from livemon.web.widgets.label_choices import LabelStop, evenly, thinned

MOST_PICTURES = 12
WIDTH = 320
"""Pixels."""
QUALITY = 75
KEPT = 16
"""Strips that are kept: who goes back a few stops waits for nothing. About 200 kB each."""

FIND = Callable[[LabelStop], Footage]
"""Returns where a stop's footage is; LabError when there is no such camera or clip."""


@dataclass(frozen=True, slots=True)
class LabelPicture:
    """A picture as a browser shows it, and when it was taken."""

    utc: datetime
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Strip:
    """Pictures of a stop in time order; `problem` says why there are none. A picture stands for `frame_s` seconds."""

    pictures: tuple[LabelPicture, ...]
    problem: str = ""
    frame_s: float = StreamProfile().frame_s


def read_strip(stop: LabelStop, find: FIND, frame_s: Callable[[LabelStop], float | None] = lambda _: None) -> Strip:
    """Return the pictures of a stop: those that a model was shown, else some at equal distances; blocks: it decodes.

    Parameters
    ----------
    frame_s
        Returns how long a picture of a stop stands, in seconds; None when that is not known: then as livemon records.
    """
    pictures: dict[datetime, LabelPicture] = {}
    problem = ""
    try:
        footage = find(stop)
        for moment in thinned(stop.frames, MOST_PICTURES) or evenly(_recorded(stop, footage), MOST_PICTURES):
            try:
                frame = footage.frame(moment, WIDTH)
            except NoFootage as exc:  # a gap; what is left is shown
                problem = problem or str(exc)
                continue
            pictures.setdefault(frame.utc, LabelPicture(frame.utc, encode_jpeg(frame.image, QUALITY)))
    except LivemonError as exc:
        problem = problem or str(exc)
    return Strip(tuple(pictures.values()), "" if pictures else problem, frame_s(stop) or StreamProfile().frame_s)


def warm(stop: LabelStop, find: FIND) -> None:
    """Take apart the archive that a player will ask for first, so that it need not wait for it; blocks."""
    with suppress(LivemonError):
        find(stop).segments(stop.start_utc, stop.start_utc + timedelta(seconds=1))


def _recorded(stop: LabelStop, footage: Footage) -> list[tuple[datetime, datetime]]:
    """Return the parts of a stop that were recorded, in time order; NoFootage when there is none."""
    entries = parse_playlist(footage.playlist(stop.start_utc, stop.end_utc)).entries
    parts = [(max(one.program_date_time, stop.start_utc), min(one.end_utc, stop.end_utc)) for one in entries]
    return [(start, end) for start, end in parts if start < end]


class PicturesAhead:
    """Strips by the number of their stop.

    Parameters
    ----------
    stops
        The stops to show.
    read
        Returns a stop's strip; called in a thread.
    warm
        Makes ready what the player will ask for first; called in a thread.
    on_ready
        Called with a stop's number when its strip is there; from a thread of its own.
    """

    def __init__(
        self,
        stops: tuple[LabelStop, ...],
        read: Callable[[LabelStop], Strip],
        on_ready: Callable[[int], None],
        warm: Callable[[LabelStop], None] = lambda _: None,
    ) -> None:
        self._stops = stops
        self._read = read
        self._warm = warm
        self._on_ready = on_ready
        self._lock = threading.Lock()
        self._strips: OrderedDict[int, Future[Strip]] = OrderedDict()
        self._shown = 0
        # Two: the current stop does not wait for one that was skipped.
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="livemon-labeller")

    def show(self, number: int) -> Strip | None:
        """Return a stop's strip when it is there; it is on its way otherwise, and the next stop's after it."""
        with self._lock:
            self._shown = number
            for other, future in list(self._strips.items()):
                if other not in (number, number + 1) and future.cancel():
                    del self._strips[other]
            for wanted in (number, number + 1):
                self._ask(wanted)
            while len(self._strips) > KEPT:
                self._strips.popitem(last=False)
        return self.get(number)

    def get(self, number: int) -> Strip | None:
        """Return a stop's strip when it is there."""
        future = self._strips.get(number)
        return future.result() if future is not None and future.done() and not future.cancelled() else None

    def later(self, work: Callable[[], None]) -> None:
        """Do something beside the kernel."""
        with suppress(RuntimeError):  # it was closed
            self._pool.submit(work)

    def close(self) -> None:
        """Decode nothing any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, number: int) -> None:
        if number >= len(self._stops):
            return
        if number not in self._strips:
            with suppress(RuntimeError):  # it was closed
                self._strips[number] = future = self._pool.submit(self._read, self._stops[number])
                future.add_done_callback(lambda done: None if done.cancelled() else self._on_ready(number))
                self._pool.submit(self._prepare, number)
        if number in self._strips:
            self._strips.move_to_end(number)

    def _prepare(self, number: int) -> None:
        if number in (self._shown, self._shown + 1):
            self._warm(self._stops[number])
