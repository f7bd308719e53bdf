"""What every transport is: it takes a message to an address, or says in a sentence why it could not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

SEND_WITHIN_S = 20.0
"""Longest that one transport may take."""

SHORT_CHARS = 160
"""A text message of the GSM alphabet; 70 in any other (3GPP TS 23.038)."""
SHORT_CHARS_UNICODE = 70


@dataclass(frozen=True, slots=True)
class NotificationText:
    """What a recipient is told.

    Attributes
    ----------
    id
        The same for every try of a notification, so that who gets it twice can tell.
    short
        One line for a text message; at most `SHORT_CHARS` characters, `SHORT_CHARS_UNICODE` when it needs Unicode.
    picture
        A JPEG file; None when there is none.
    link
        Where to look and answer; empty when livemon has no address that others can open.
    """

    id: str
    title: str
    text: str
    short: str
    severity: str
    camera_id: str
    event_id: int | None
    at_utc: datetime
    picture: bytes | None = None
    link: str = ""


class NotDelivered(Exception):
    """A transport did not take a message.

    Parameters
    ----------
    reason
        Why, in a sentence, without a secret.
    for_good
        The same message would be refused again: a wrong address or password.
    retry_after_s
        How long it asks to be left alone; None when it does not say.
    """

    def __init__(self, reason: str, *, for_good: bool = False, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good
        self.retry_after_s = retry_after_s


class MessageTransport(Protocol):
    """Takes messages to one address. `name` says where to without a secret."""

    name: str

    async def send(self, message: NotificationText) -> None:
        """Hand a message over.

        Raises
        ------
        NotDelivered
            When it was not taken.
        """
        ...
