"""FeedbackLinks: a person's answer to a notification, by a signed link that works once and for a week.

The page behind the link lives in web/, the effect of an answer in the policy and the sender.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from livemon.base.clock import Clock
from livemon.base.errors import NotLoggedIn
from livemon.base.messages.catalog import text
from livemon.base.messages.message import message
from livemon.base.secret_key import Secrets
from livemon.base.settings.settings import Settings
from livemon.notify.transports.transport import AnswerButton
from livemon.store import notifications as store
from livemon.store import reviews
from livemon.store.recipients import recipient_name
from livemon.store.session import Database

LINK_LASTS = timedelta(days=7)

SNOOZE = timedelta(hours=1)
"""So long a recipient is not rung for a camera that they snoozed."""


class Feedback(StrEnum):
    """Feedback that a person can give."""

    SEEN = "seen"
    SNOOZE = "snooze"
    """Seen, and this camera does not ring for `SNOOZE`."""
    WRONG = "wrong"
    RIGHT = "right"

    @property
    def verdict(self) -> str | None:
        """Its verdict on the event; None without one."""
        return self.value if self in (Feedback.RIGHT, Feedback.WRONG) else None


def feedback_link(settings: Settings, secrets: Secrets, notification_id: int) -> str:
    """Return where a notification is answered; empty when others cannot reach livemon."""
    public = settings.public_url.rstrip("/")
    return f"{public}/api/live-monitoring/answers/{secrets.sign({'answer': notification_id})}" if public else ""


def answer_buttons(link: str, language: str) -> tuple[AnswerButton, ...]:
    """Return the answers that may be given by a button inside a message, the likeliest first; none without a link."""
    if not link:
        return ()
    return tuple(
        AnswerButton(said.value, text(message(f"notification.{said.value}"), language), f"{link}?said={said.value}")
        for said in Feedback
    )


class FeedbackLinks:
    """Reads and keeps answers. Its methods block."""

    def __init__(self, database: Database, clock: Clock, secrets: Secrets) -> None:
        self._database = database
        self._clock = clock
        self._secrets = secrets

    def opened(self, signed: str) -> dict[str, Any]:
        """Return the notification that a link is about.

        Raises
        ------
        NotLoggedIn
            When livemon did not sign it, it is too old, or what it is about was erased.
        """
        value = self._secrets.verified(signed) or {}
        number = value.get("answer")
        found = store.notification(self._database, number) if isinstance(number, int) else None
        if found is None or self._clock.now() - found["created_utc"] > LINK_LASTS:
            raise NotLoggedIn("notify.link_not_good")
        return found

    def answer(self, signed: str, said: Feedback) -> bool:
        """Keep an answer, and a verdict on the event; False when it was answered before: the first one counts."""
        found = self.opened(signed)
        now = self._clock.now()
        if not store.answer(self._database, found["id"], said.value, now):
            return False
        if found["event_id"] is not None:
            verdict = {"label": said.verdict} if said.verdict else {}
            who = recipient_name(self._database, found["recipient_id"])
            reviews.review_events(self._database, [found["event_id"]], {"reviewed": True, **verdict}, now, who)
        return True
