"""Notices: reports of livemon about itself, as events of a camera that no model made.

Every package may give a notice; making a row of it does not belong here (cameras/event_recorder.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from livemon.base.messages.message import Message

SYSTEM = "livemon"
"""The `model` of such events."""


class Notices(Protocol):
    """Takes the notices of one camera. Its methods block, and may be called from any worker thread."""

    def warn(
        self,
        kind: str,
        title: Message,
        reason: Message,
        *,
        about: str = "",
        call_id: int | None = None,
        when: tuple[datetime, datetime] | None = None,
    ) -> None:
        """Report a fault. `about` tells two of a kind apart; `when` is now when None."""
        ...

    def inform(
        self, kind: str, title: Message, text: Message, *, when: tuple[datetime, datetime] | None = None
    ) -> None:
        """Report a recovery; `when` is now when None."""
        ...
