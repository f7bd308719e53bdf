"""Protocol of transports: each takes a message to an address, or gives the reason of its failure in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from livemon.base.clock import Clock
from livemon.base.secret_key import Secrets
from livemon.base.settings.settings import Settings

SEND_WITHIN_S = 20.0
"""Longest that one transport may take."""

MOST_HANDLE = 200

SHORT_CHARS = 160
"""A text message of the GSM alphabet; 70 in any other (3GPP TS 23.038)."""
SHORT_CHARS_UNICODE = 70


@dataclass(frozen=True, slots=True)
class TransportContext:
    """Services of the installation that transports need."""

    clock: Clock
    settings: Settings
    secrets: Secrets


@dataclass(frozen=True, slots=True)
class AnswerButton:
    """An answer that a person can give: what it is called, and what is posted to `url` for it."""

    said: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class NotificationText:
    """Text of a notification.

    Attributes
    ----------
    id
        The same for every try of a notification, so that who gets it twice can tell.
    short
        One line for a text message; at most `SHORT_CHARS` characters, `SHORT_CHARS_UNICODE` when it needs Unicode.
    picture
        A JPEG file; None when there is none.
    link
        Address to view and answer; empty when livemon has no address that others can open.
    answers
        Buttons for transports that have them; posting to their addresses answers, asking for them changes nothing.
    picture_link
        Address of the picture without a login, for a week; empty without a picture.
    is_update
        Whether it takes the place of what was sent with this id, without a sound.
    document
        A PDF file for transports that take one; None when there is none.
    handle
        Of an update: what `MessageTransport.send` returned for the message that it replaces.
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
    answers: tuple[AnswerButton, ...] = ()
    picture_link: str = ""
    is_update: bool = False
    document: bytes | None = None
    handle: str = ""


class NotDelivered(Exception):
    """A transport did not take a message.

    Parameters
    ----------
    reason
        Why, in a sentence, without a secret.
    for_good
        The same message would be refused again: a wrong address or password.
    retry_after_s
        Wait that the service asks for; None without one.
    gone
        The address does not exist any more; do not send to it again.
    """

    def __init__(
        self, reason: str, *, for_good: bool = False, retry_after_s: float | None = None, gone: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good
        self.retry_after_s = retry_after_s
        self.gone = gone


class MessageTransport(Protocol):
    """Takes messages to one address.

    Attributes
    ----------
    name
        Its address, without a secret.
    updates
        Whether a message that was sent can be changed in its place, without another ring.
    together
        Whether all addresses of this kind get a message, and not only the first that takes it: devices of one person.
    """

    name: str
    updates: bool
    together: bool

    async def send(self, message: NotificationText) -> str:
        """Hand a message over; returns what an update needs to find it, at most `MOST_HANDLE` characters.

        Empty where updates go by the message's id, or do not exist.

        Raises
        ------
        NotDelivered
            When it was not taken.
        """
        ...
