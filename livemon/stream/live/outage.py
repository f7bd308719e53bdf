"""OutageWatch: begin and end of a camera's outage, and its missing footage. Pure: status and footage in.

An outage lies between the end of footage and the beginning of footage. Only a hole worth telling is reported; the
archive's gaps show every one. Recording it as an event does not belong here (cameras/camera.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from livemon.base.datatypes import Segment
from livemon.base.messages.message import Message, message
from livemon.base.stream_types import StreamState, StreamStatus

GRACE_S = 15.0
"""A camera without footage for this long is offline; a reconnection takes 1 to 5 s."""

HOLE_S = 5.0
"""A hole is told from this length on."""

TROUBLED = (StreamState.STALLED, StreamState.RECONNECTING, StreamState.FAILED)
KILLED = message("event.killed")


class OutageKind(StrEnum):
    """Type of an outage; the kind of its event."""

    OFFLINE = "camera_offline"
    ONLINE = "camera_online"
    MISSING = "footage_missing"


@dataclass(frozen=True, slots=True)
class OutageChange:
    """The camera went offline, came back, or footage is missing though it was never told offline.

    Attributes
    ----------
    start_utc, end_utc
        Its interval: from the end of footage to the beginning of footage, or to now where there is none yet.
    reason
        Why; None when there is nothing to say.
    """

    kind: OutageKind
    start_utc: datetime
    end_utc: datetime
    reason: Message | None = None

    @property
    def hole_s(self) -> float:
        """Duration without recording."""
        return (self.end_utc - self.start_utc).total_seconds()

    @property
    def title(self) -> Message:
        """Title for people."""
        return message(f"event.{self.kind.value}")

    @property
    def sentence(self) -> Message:
        """Sentence for people."""
        if self.kind is OutageKind.OFFLINE:
            return self.reason or message("event.no_reason")
        if self.kind is OutageKind.ONLINE and self.hole_s < 1:
            return message("event.back_whole")
        minutes, seconds = divmod(round(self.hole_s), 60)
        lost = (
            message("duration.min_s", minutes=minutes, seconds=seconds) if minutes else message("duration.s", n=seconds)
        )
        if self.kind is OutageKind.ONLINE:
            return message("event.back_after", lost=lost)
        if self.reason is None:
            return message("event.not_recorded", lost=lost)
        return message("event.not_recorded_because", lost=lost, reason=self.reason)


class OutageWatch:
    """Follows one camera's status and footage."""

    def __init__(self) -> None:
        self._footage_until_utc: datetime | None = None
        self._trouble_since_utc: datetime | None = None
        self._trouble_since_s: float | None = None
        self._offline = False
        self._reason: Message | None = None

    def begun(self, footage_until_utc: datetime | None, *, killed: bool) -> None:
        """Take note that the camera is started.

        Parameters
        ----------
        footage_until_utc
            End of the footage that exists.
        killed
            Whether the process that streamed it before ended without stopping it: then what follows is a hole.
        """
        if killed and footage_until_utc is not None and not self._offline:
            self._footage_until_utc, self._reason = footage_until_utc, KILLED

    def stopped(self) -> None:
        """Take note that the camera is stopped: unrecorded time is not an outage now."""
        if not self._offline:
            self._footage_until_utc = self._trouble_since_utc = self._trouble_since_s = None

    def footage(self, segment: Segment) -> OutageChange | None:
        """Take in a finished segment; return the changes to report."""
        since_utc = self._footage_until_utc or self._trouble_since_utc
        was_offline, self._offline = self._offline, False
        reason = self._reason
        self._footage_until_utc, self._trouble_since_utc, self._trouble_since_s = segment.end_utc, None, None
        if since_utc is None:
            return None
        start_utc = max(segment.start_utc, since_utc)
        if was_offline:
            return OutageChange(OutageKind.ONLINE, since_utc, start_utc)
        if (start_utc - since_utc).total_seconds() >= HOLE_S:
            return OutageChange(OutageKind.MISSING, since_utc, start_utc, reason)
        return None

    def update(self, status: StreamStatus, now: datetime, monotonic_s: float) -> OutageChange | None:
        """Take in the status of this moment; return the changes to report."""
        if status.state not in TROUBLED:
            self._reason = None if status.state is StreamState.LIVE else self._reason
            return None
        self._reason = status.said
        if self._trouble_since_s is None:
            self._trouble_since_s, self._trouble_since_utc = monotonic_s, now
        # A refused password or a missing file does not mend itself.
        grace_s = 0.0 if status.state is StreamState.FAILED else GRACE_S
        if self._offline or monotonic_s - self._trouble_since_s < grace_s:
            return None
        self._offline = True
        since_utc = self._footage_until_utc or self._trouble_since_utc or now
        return OutageChange(OutageKind.OFFLINE, min(since_utc, now), now, status.said)
