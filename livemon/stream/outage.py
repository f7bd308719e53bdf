"""OutageWatch: when a camera is offline and when it is back, each said once. Pure: status in, change out.

A short break that the supervision mends by itself is no outage; the archive's gaps show it. Recording the change as
an event does not belong here (camera.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from livemon.streaming import StreamState, StreamStatus

GRACE_S = 15.0
"""A camera that is back within this was not away: a reconnection takes 1 to 3 s, and one that fails is tried again."""

TROUBLED = (StreamState.STALLED, StreamState.RECONNECTING, StreamState.FAILED)


@dataclass(frozen=True, slots=True)
class OutageChange:
    """The camera went offline, or came back.

    Attributes
    ----------
    reason
        Why it is offline; empty when it is back.
    away_s
        How long it was away; 0.0 when it goes offline.
    """

    online: bool
    reason: str = ""
    away_s: float = 0.0

    @property
    def sentence(self) -> str:
        """What to tell people."""
        if not self.online:
            return self.reason
        minutes, seconds = divmod(round(self.away_s), 60)
        return f"back after {f'{minutes} min ' if minutes else ''}{seconds} s, of which nothing was recorded."


class OutageWatch:
    """Follows one camera's status."""

    def __init__(self) -> None:
        self._trouble_since_s: float | None = None
        self._offline = False

    def update(self, status: StreamStatus, monotonic_s: float) -> OutageChange | None:
        """Take in the status of this moment; return what there is to say."""
        if status.state is StreamState.LIVE:
            since_s, self._trouble_since_s = self._trouble_since_s, None
            was_offline, self._offline = self._offline, False
            return OutageChange(online=True, away_s=monotonic_s - (since_s or 0.0)) if was_offline else None
        if status.state not in TROUBLED:
            return None
        if self._trouble_since_s is None:
            self._trouble_since_s = monotonic_s
        # A refused password or a missing file does not mend itself.
        grace_s = 0.0 if status.state is StreamState.FAILED else GRACE_S
        if self._offline or monotonic_s - self._trouble_since_s < grace_s:
            return None
        self._offline = True
        return OutageChange(online=False, reason=status.reason)
