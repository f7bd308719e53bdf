"""Wall-clock times of a run's segments: pure, a segment's timestamps in, its UTC interval out.

Two ways: counted frames for sources that livemon paces itself (Grid), and arrival times for cameras with a clock of
their own (Arrival). Segments of a camera never overlap and never go back (docs/time.md). Reading a clock does not
belong here.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

SLEW = 0.05
"""At most this share of a segment's length is taken to correct it: 5 % follows any clock that is worth its name."""

TRUSTED_S = 0.1
"""Smaller differences are jitter of network and machine; correcting them would only add it to the times."""

REMEMBERED_S = 60.0
"""The least delay of this long is taken for the delay of the way; what is later than that was held up."""

HOLE_S = 1.0
"""So much later than usual a segment comes when footage is missing before it, though its timestamps go on."""

JUMP_S = 5.0
"""A difference that slewing would need minutes for: the timestamps jumped, or footage is missing."""

BURST_S = 15.0
"""So much more than the time that passed may arrive at once: what a network or an HLS camera had kept back.

With rarer keyframes, a segment and a half.
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """A segment's place on the wall clock."""

    start_utc: datetime
    duration_s: float
    media_duration_s: float
    broken: bool = False
    """Its timestamps jumped within it; they cannot be trusted further on."""


class Timeline(Protocol):
    """Places the segments of one run, in order."""

    def place(self, start_s: float, end_s: float, heard_utc: datetime) -> Placed | None:
        """Place a segment by its own timestamps and the moment it was announced; None when it holds no time."""
        ...


class Grid:
    """Timestamps are the wall clock already, counted from a grid mark: livemon paces the source itself.

    Parameters
    ----------
    grid_utc
        Wall-clock time of timestamp 0.
    first_utc
        Time of the first frame. ffmpeg reports 0 as the first segment's start, whatever its first timestamp.
    """

    def __init__(self, grid_utc: datetime, first_utc: datetime) -> None:
        self._grid_utc = grid_utc
        self._first_utc = first_utc

    def place(self, start_s: float, end_s: float, heard_utc: datetime) -> Placed | None:
        """Place a segment; when it was heard does not matter."""
        start_utc = max(self._first_utc, self._grid_utc + timedelta(seconds=start_s))
        duration_s = round((self._grid_utc + timedelta(seconds=end_s) - start_utc).total_seconds(), 3)
        return Placed(start_utc, duration_s, duration_s) if duration_s > 0 else None


class Arrival:
    """Timestamps are a camera's own clock; the wall clock is learned from when segments arrive.

    A segment cannot be heard before it ended, so the smallest delay of the last minute is that of the path itself. A
    segment that is up to `HOLE_S` later was held up, and is not dated later for it. A later one lies behind a hole; a
    caller that knows of a hold-up passes an earlier moment (hls.py). Drift of the camera's clock is corrected by making
    segments a little shorter or longer, at most 5 %.

    Parameters
    ----------
    not_before_utc
        End of the footage that exists; nothing is placed before it.
    begun_utc
        When the run began: its first segment was recorded since.
    ended_utc
        End of that footage by the clock as it is set now; None when not known. A hole after it keeps its length,
        though footage lies ahead of the clock.
    """

    def __init__(self, not_before_utc: datetime | None, begun_utc: datetime, ended_utc: datetime | None = None) -> None:
        self._end_utc = not_before_utc
        self._ended_utc = ended_utc
        self._delays: deque[tuple[datetime, float]] = deque()
        self._first_utc: datetime | None = None
        self._heard_utc = begun_utc
        self._longest_s = 0.0

    def late_s(self, end_s: float, heard_utc: datetime) -> float | None:
        """Return how much later than usual a segment is heard of; None for the first one."""
        if self._first_utc is None:
            return None
        delay_s = (heard_utc - self._first_utc).total_seconds() - end_s
        return delay_s - min((least_s for _, least_s in self._delays), default=delay_s)

    def place(self, start_s: float, end_s: float, heard_utc: datetime) -> Placed | None:
        """Place a segment; `start_s` and `end_s` are seconds on the camera's clock."""
        media_s = round(end_s - start_s, 3)
        if media_s <= 0:
            return None
        if media_s > (heard_utc - self._heard_utc).total_seconds() + max(BURST_S, 1.5 * self._longest_s):
            # A jump within the segment: only the time that passed is known.
            start_utc = self._end_utc or self._heard_utc
            if self._first_utc is None:
                start_utc = max(start_utc, self._heard_utc)
            wall_s = round(max((heard_utc - start_utc).total_seconds(), 0.001), 3)
            return self._placed(start_utc, wall_s, wall_s, heard_utc, broken=True)
        self._longest_s = max(self._longest_s, media_s)
        first = self._first_utc is None
        late_s = self.late_s(end_s, heard_utc) or 0.0
        if late_s > HOLE_S:
            self._delays.clear()  # those before the hole tell nothing of what comes after it
        self._first_utc = self._first_utc or heard_utc
        true_end_utc = self._first_utc + timedelta(seconds=end_s + self._least_delay_s(end_s, heard_utc))
        if first or self._end_utc is None:
            start_utc = true_end_utc - timedelta(seconds=media_s)
            if self._end_utc is not None:
                hole = max(start_utc - self._ended_utc, timedelta(0)) if self._ended_utc else timedelta(0)
                start_utc = max(start_utc, self._end_utc + hole)
            return self._placed(start_utc, media_s, media_s, heard_utc)
        error_s = (true_end_utc - self._end_utc).total_seconds() - media_s
        if late_s > HOLE_S or error_s > JUMP_S:
            # A hole keeps its length where footage lies ahead of the clock, too.
            behind_s = max(late_s if late_s > HOLE_S else 0.0, error_s)
            return self._placed(self._end_utc + timedelta(seconds=behind_s), media_s, media_s, heard_utc)
        if abs(error_s) <= TRUSTED_S:
            error_s = 0.0
        limit_s = SLEW * media_s
        return self._placed(self._end_utc, media_s + min(max(error_s, -limit_s), limit_s), media_s, heard_utc)

    def _least_delay_s(self, end_s: float, heard_utc: datetime) -> float:
        assert self._first_utc is not None
        self._delays.append((heard_utc, (heard_utc - self._first_utc).total_seconds() - end_s))
        while (heard_utc - self._delays[0][0]).total_seconds() > REMEMBERED_S:
            self._delays.popleft()
        return min(delay_s for _, delay_s in self._delays)

    def _placed(
        self, start_utc: datetime, wall_s: float, media_s: float, heard_utc: datetime, *, broken: bool = False
    ) -> Placed:
        # Names and playlists carry milliseconds; rounding here keeps one segment's end the next one's start.
        start_utc = start_utc.replace(microsecond=start_utc.microsecond // 1000 * 1000)
        placed = Placed(start_utc, round(wall_s, 3), media_s, broken)
        self._end_utc = start_utc + timedelta(seconds=placed.duration_s)
        self._heard_utc = heard_utc
        return placed
