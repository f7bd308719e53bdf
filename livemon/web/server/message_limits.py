"""Limits of a browser's WebSocket messages: known messages of limited size, with changes of known kinds.

Bokeh keeps every piece of a message until it is whole, and obeys it, even if it replaces the page. Access to the
WebSocket is decided in route_guard.py.
"""

from __future__ import annotations

import json
from typing import Any

MOST_MESSAGE_BYTES = 1_000_000
"""A page of livemon sends some kilobytes at most; videos are brought over HTTP."""
MOST_BUFFERS = 16
MOST_PULLS = 20
"""Of a connection: a browser pulls the page once."""
MESSAGES = frozenset({"ACK", "ERROR", "OK", "PATCH-DOC", "PULL-DOC-REQ", "SERVER-INFO-REQ"})
CHANGES = frozenset({"ColumnDataChanged", "ColumnsPatched", "ColumnsStreamed", "MessageSent", "ModelChanged"})
"""Kinds of changes that a browser makes. Roots are put in and taken out by the server alone."""
HEADER, METADATA, CONTENT = range(3)


class MessageLimits:
    """Follows one connection, fragment by fragment: header, metadata, content, and two for each buffer."""

    def __init__(self) -> None:
        self._place = HEADER
        self._last = CONTENT
        self._bytes = 0
        self._kind = ""
        self._pulls = 0

    def check(self, fragment: str | bytes) -> None:
        """Take the next fragment.

        Raises
        ------
        ValueError
            When it breaks a limit; the sentence says which.
        """
        self._bytes += len(fragment)
        if self._bytes > MOST_MESSAGE_BYTES:
            raise ValueError(f"a message has more than {MOST_MESSAGE_BYTES} bytes")
        if self._place == HEADER:
            self._read_header(fragment)
        elif self._place == CONTENT and self._kind == "PATCH-DOC":
            _check_changes(fragment)
        if self._place >= self._last:
            self._place, self._bytes = HEADER, 0
        else:
            self._place += 1

    def _read_header(self, fragment: str | bytes) -> None:
        header = _parsed(fragment)
        buffers = header.get("num_buffers", 0)
        if not isinstance(buffers, int) or not 0 <= buffers <= MOST_BUFFERS:
            raise ValueError(f"a message has more than {MOST_BUFFERS} buffers")
        self._kind = str(header.get("msgtype"))
        if self._kind not in MESSAGES:
            raise ValueError("a message is of a kind that browsers do not send")
        self._pulls += self._kind == "PULL-DOC-REQ"
        if self._pulls > MOST_PULLS:
            raise ValueError(f"the page was pulled more than {MOST_PULLS} times")
        self._last = CONTENT + 2 * buffers


def _check_changes(fragment: str | bytes) -> None:
    events = _parsed(fragment).get("events")
    if not isinstance(events, list):
        raise ValueError("a message is not as Bokeh writes it")
    kinds = [event.get("kind") if isinstance(event, dict) else None for event in events]
    if not all(isinstance(kind, str) and kind in CHANGES for kind in kinds):
        raise ValueError("a change is of a kind that browsers do not make")


def _parsed(fragment: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(fragment)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError("a message is not as Bokeh writes it")
    return found
