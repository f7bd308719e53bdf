"""StallWatch: whether footage stopped coming. Pure: the time, bytes and segments in, a reason out.

Reading the folder and ending ffmpeg do not belong here (hls.py).
"""

from __future__ import annotations

from livemon.base.datatypes import Segment
from livemon.base.messages.message import Message, message

STALL_TARGET_DURATIONS = 3
START_PATIENCE_S = 15.0
"""ffmpeg looks at a source for up to five seconds before it writes, and some cameras think first."""


class StallWatch:
    """Watches one run of ffmpeg, on a clock that never steps.

    Parameters
    ----------
    now_s
        When the run began, in seconds of that clock.
    segment_s
        Duration of a segment, as wanted.
    last
        The last segment of the runs before.
    """

    def __init__(self, now_s: float, segment_s: float, last: Segment | None) -> None:
        self._segment_s = segment_s
        self._last = last
        self._written = 0
        self._bytes_at_s = self._segment_at_s = now_s
        self._begun = False

    def take(self, now_s: float, written: int, last: Segment | None, target_duration_s: float) -> Message | None:
        """Take in the bytes of unfinished segments and the last finished one; return why it stalls, or None."""
        if written != self._written:
            self._written, self._bytes_at_s = written, now_s
        if last is not self._last:
            self._last, self._bytes_at_s, self._segment_at_s, self._begun = last, now_s, now_s, True
        if not self._begun:
            self._segment_at_s = now_s  # before the first bytes no segment can be finished
            self._begun = written > 0
        limit_s = STALL_TARGET_DURATIONS * target_duration_s
        if not self._begun:
            limit_s = max(limit_s, START_PATIENCE_S)
        if now_s - self._bytes_at_s > limit_s:
            return message("stream.nothing_came", silent_s=now_s - self._bytes_at_s)
        # Bytes without a segment: no keyframe comes, or the timestamps stand still.
        if now_s - self._segment_at_s > limit_s + self._segment_s:
            return message("stream.no_segment", silent_s=now_s - self._segment_at_s)
        return None
