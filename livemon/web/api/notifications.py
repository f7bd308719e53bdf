"""Notifications over HTTP: recipients, the outcome of each notification, and the page that answers one.

Recipients and times are decided in livemon.notify. Addresses hold secrets: they are never returned.
"""

from __future__ import annotations

from datetime import datetime
from html import escape
from http import HTTPStatus
from typing import Any

from pydantic import Field

from livemon.base.clock import iso
from livemon.base.messages.catalog import text, whole_text
from livemon.base.messages.message import message
from livemon.base.roles import Role
from livemon.base.texts import Named
from livemon.notify.feedback import Feedback, FeedbackLinks
from livemon.notify.pictures import picture_of
from livemon.notify.recipients import MOST_ADDRESSES, MOST_RULES, QuietValues, RecipientEntry, RuleValues
from livemon.store import notifications as store
from livemon.store.events_said import TITLE, event_text
from livemon.web.api.base import ApiHandler, NotThere
from livemon.web.api.operation import RequestModel, ResponseModel, Scope, operation
from livemon.web.api.rows import Utc
from livemon.web.i18n.language import LANGUAGE_COOKIE, choose_language

MOST_TOLD = 500
FEEDBACK_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>livemon</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ font: 18px/1.5 system-ui, sans-serif; max-width: 420px; margin: 10vh auto; padding: 0 16px; }}
  button {{ display: block; width: 100%; margin: 12px 0; padding: 14px; font: inherit; border-radius: 10px;
    border: 1px solid #8a90a3; cursor: pointer; }}
</style>
</head>
<body><h1>{title}</h1>{content}</body>
</html>
"""


class RecipientValues(RequestModel):
    """Rules and addresses of a recipient.

    Omitted fields stay as they are, or take the defaults of a new one.
    """

    addresses: list[str] | None = Field(
        None,
        max_length=MOST_ADDRESSES,
        description="Apprise's addresses, or webhook+https://:SECRET@host/path, in the order in which they are tried.",
        repr=False,
    )
    language: str | None = Field(None, max_length=16, description="en, ko ...: one that has a catalog.")
    timezone: str | None = Field(None, max_length=64, description="IANA time zone of the recipient's day.")
    quiet: list[QuietValues] | None = Field(None, max_length=MOST_RULES, description="Only danger rings in it.")
    rules: list[RuleValues] | None = Field(None, max_length=MOST_RULES)
    user_name: str | None = Field(None, max_length=200, description="Whose login it is; empty: nobody's.")
    enabled: bool | None = None
    reports: bool | None = Field(None, description="Whether daily reports are sent to them; a new one gets none.")


class NewRecipient(RecipientValues):
    """A person to notify."""

    name: Named = Field(max_length=100)


class RecipientTold(ResponseModel):
    """A recipient, with the names of their services and none of their addresses."""

    name: str
    user_name: str | None
    language: str
    timezone: str
    quiet: list[QuietValues]
    rules: list[RuleValues]
    services: list[str] = Field(description="Where to, without secrets, in the order in which they are tried.")
    enabled: bool
    reports: bool = Field(description="Whether daily reports are sent to them.")
    problem: str = Field(description="Why nothing can be sent to them; empty when it can.")


class RecipientsTold(ResponseModel):
    """All recipients, by name."""

    recipients: list[RecipientTold]


class NotificationTold(ResponseModel):
    """A notification to a recipient, sent or not, with the reason."""

    id: int
    recipient: str
    about: str = Field(description="event, digest, report or test.")
    event_id: int | None
    camera_id: str
    title: str | None = Field(description="Of the event; null: of none, or erased.")
    weight: str = Field(description="The severity by which it was decided.")
    state: str = Field(description="pending, sending, sent, failed, held or withdrawn.")
    why: str = Field(
        description="Why it is held or withdrawn: quiet, cap, cooldown, same, late, snoozed, no_report, answered."
    )
    created_utc: Utc
    next_try_utc: Utc
    sent_utc: Utc | None
    transport: str
    attempts: int
    error: str
    updated_utc: Utc | None = Field(description="When what was sent was changed last.")
    answer: str | None = Field(description="seen, snooze, wrong or right.")
    answered_utc: Utc | None


class NotificationsTold(ResponseModel):
    """Notifications, newest first."""

    notifications: list[NotificationTold]


class NotificationsQuery(RequestModel):
    """Filter of notifications."""

    limit: int = Field(100, ge=1, le=MOST_TOLD)
    before_id: int | None = Field(None, ge=1, description="Only older ones: the id of the last of the page before.")


class TestTold(ResponseModel):
    """A test that is on its way."""

    notification_id: int


class FeedbackQuery(RequestModel):
    """A person's feedback."""

    said: Feedback


class RecipientsHandler(ApiHandler):
    """/recipients."""

    @operation("Who is told", Role.ADMIN, scope=Scope.ALL, answer=RecipientsTold)
    async def get(self) -> None:
        """Answer with all recipients."""
        found = await self.blocking(self.monitor.notify.all)
        self.tell(RecipientsTold, {"recipients": [self._told(one) for one in found]})

    @operation(
        "Add a recipient, or change one",
        Role.ADMIN,
        scope=Scope.ALL,
        body=NewRecipient,
        answer=RecipientTold,
    )
    async def put(self) -> None:
        """Add a recipient, or change what is given of the one with this name."""
        asked = self.body(NewRecipient)
        values = asked.model_dump(mode="json", exclude_unset=True)
        self.deed_detail = f"put recipient {values.pop('name')}"
        made = await self.blocking(self.monitor.notify.put, asked.name, **values)
        self.tell(RecipientTold, self._told(made))

    def _told(self, entry: RecipientEntry) -> dict[str, Any]:
        return {
            "name": entry.name,
            "user_name": entry.user_name,
            "language": entry.language,
            "timezone": entry.zone.key,
            "quiet": entry.quiet,
            "rules": [rule for _, rule in entry.rules],
            "services": self.monitor.notify.services(entry),
            "enabled": entry.enabled,
            "reports": entry.reports,
            "problem": "" if entry.problem is None else whole_text(entry.problem, self.language),
        }


class _OneRecipient(ApiHandler):
    async def known(self, name: str) -> str:
        """Return the name of a recipient; NotThere when it is unknown."""
        if name not in [one.name for one in await self.blocking(self.monitor.notify.all)]:
            raise NotThere("notify.no_recipient_api", name=name)
        return name


class OneRecipientHandler(_OneRecipient):
    """/recipients/{recipient}."""

    @operation("Remove a recipient", Role.ADMIN, scope=Scope.ALL, status=HTTPStatus.NO_CONTENT)
    async def delete(self, name: str) -> None:
        """Tell them nothing more."""
        self.deed_detail = f"remove recipient {name}"
        await self.blocking(self.monitor.notify.remove, await self.known(name))
        self.set_status(HTTPStatus.NO_CONTENT)


class RecipientTestHandler(_OneRecipient):
    """/recipients/{recipient}/test."""

    @operation("Send a test", Role.ADMIN, scope=Scope.ALL, answer=TestTold, status=HTTPStatus.ACCEPTED)
    async def post(self, name: str) -> None:
        """Send a test; its notification says what became of it."""
        self.deed_detail = f"test recipient {name}"
        number = await self.blocking(self.monitor.notify.test, await self.known(name))
        self.set_status(HTTPStatus.ACCEPTED)
        self.tell(TestTold, {"notification_id": number})


class NotificationsHandler(ApiHandler):
    """/notifications."""

    @operation("What was told", Role.ADMIN, scope=Scope.ALL, query=NotificationsQuery, answer=NotificationsTold)
    async def get(self) -> None:
        """Answer with notifications, those that were held back too."""
        asked = self.query(NotificationsQuery)
        rows = await self.blocking(self.monitor.notify.told, asked.limit, asked.before_id)
        fields = NotificationTold.model_fields
        told = [{name: _plain(value) for name, value in row.items() if name in fields} for row in rows]
        self.tell(NotificationsTold, {"notifications": told})


class _AnsweringHandler(ApiHandler):
    @property
    def links(self) -> FeedbackLinks:
        """Reader and writer of answers."""
        return FeedbackLinks(self.monitor.database, self.monitor.clock, self.monitor.notify.secrets)


class FeedbackPictureHandler(_AnsweringHandler):
    """/answers/{reply}/picture.jpg: what a message shows, for devices that are not logged in."""

    media = "image/jpeg"

    @operation("The picture of a notification", None, scope=Scope.OWN, media="image/jpeg")
    async def get(self, signed: str) -> None:
        """Answer with the picture of the event, for as long as its link is good."""
        found = await self.blocking(self.links.opened, signed)
        event = await self.blocking(store.event_told, self.monitor.database, found["event_id"] or 0)
        own = self.monitor.settings, found["camera_id"], event["thumbnail"] if event else ""
        picture = await self.blocking(picture_of, *own)
        if picture is None:
            raise NotThere("notify.no_picture")
        self.set_header("Content-Type", "image/jpeg")
        self.set_header("Cache-Control", "private, max-age=3600")
        self.write(picture)


class FeedbackHandler(_AnsweringHandler):
    """/answers/{reply}: a page with one question. Opening it changes nothing: mail scanners open links."""

    @operation("The page that answers a notification", None, scope=Scope.OWN, media="text/html")
    async def get(self, signed: str) -> None:
        """Answer with the page."""
        found = await self.blocking(self.links.opened, signed)
        event = await self.blocking(store.event_told, self.monitor.database, found["event_id"] or 0)
        buttons = "".join(
            f"<form method='post' action='?said={feedback.value}'>"
            f"<button>{self._say(f'notification.{feedback.value}')}</button></form>"
            for feedback in Feedback
        )
        at = "" if event is None else self._at(event["start_utc"])
        title = "livemon" if event is None else escape(event_text(event, TITLE, self._language))
        content = (
            self._say("notification.already")
            if found["answer"]
            else f"<p>{at}</p><p>{self._say('notification.question')}</p>{buttons}"
        )
        self._page(title, content)

    @operation("Answer a notification", None, scope=Scope.OWN, query=FeedbackQuery, media="text/html")
    async def post(self, signed: str) -> None:
        """Keep the answer; the first one counts."""
        first = await self.blocking(self.links.answer, signed, self.query(FeedbackQuery).said)
        said = self._say("notification.thanks" if first else "notification.already")
        self._page("livemon", f"<p role='status'>{said}</p>")

    @property
    def _language(self) -> str:
        accepted = self.request.headers.get("Accept-Language", "")
        return choose_language("", self.get_cookie(LANGUAGE_COOKIE) or "", accepted)

    def _say(self, code: str) -> str:
        return escape(text(message(code), self._language))

    def _at(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.monitor.settings.zone_named()):%Y-%m-%d %H:%M:%S}"

    def _page(self, title: str, content: str) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", FEEDBACK_POLICY)
        self.set_header("Cache-Control", "no-store")
        self.write(PAGE.format(language=self._language, title=title, content=content))


def _plain(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else value
