"""SendRate: the average rate of all lanes together, as a leaky bucket. Pure: the time is given.

Sending does not belong here (worker.py).
"""

from __future__ import annotations


class SendRate:
    """Says how long a lane waits before its next file.

    Every byte that was sent counts against one rate. The lane of events waits for its own bytes only, so that an event
    never waits behind an archive. The other lane waits for all bytes, and so pays for those of events, too.

    Parameters
    ----------
    mbit_s
        Megabits in a second; 0 for unlimited.
    """

    def __init__(self, mbit_s: float) -> None:
        self._bytes_s = mbit_s * 1e6 / 8
        self._free_s = 0.0
        self._urgent_free_s = 0.0

    def sent(self, size: int, now_s: float, *, urgent: bool) -> None:
        """Count a file of `size` bytes that was sent."""
        if self._bytes_s:
            takes_s = size / self._bytes_s
            self._free_s = max(self._free_s, now_s) + takes_s
            if urgent:
                self._urgent_free_s = max(self._urgent_free_s, now_s) + takes_s

    def wait_s(self, now_s: float, *, urgent: bool) -> float:
        """Return after how many seconds the next file may begin; 0 when at once."""
        return max(0.0, (self._urgent_free_s if urgent else self._free_s) - now_s)
