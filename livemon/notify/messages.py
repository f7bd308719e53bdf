"""From a notification to a transport's input: words, picture and link. Blocks: it reads rows and files.

Words live in wording.py, pictures in pictures.py, reports in daily_reports.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from livemon.base.clock import require_utc
from livemon.base.secret_key import Secrets
from livemon.base.settings.settings import Settings
from livemon.notify import wording
from livemon.notify.daily_reports import report_message
from livemon.notify.feedback import answer_buttons, feedback_link
from livemon.notify.pictures import picture_of
from livemon.notify.recipients import RecipientEntry
from livemon.notify.transports.transport import NotificationText
from livemon.store import notifications as store
from livemon.store.day_queries import camera_names
from livemon.store.notifications import Due, DueUpdate
from livemon.store.session import Database


def message_of(
    due: Due, recipient: RecipientEntry, settings: Settings, database: Database, secrets: Secrets, now: datetime
) -> NotificationText | None:
    """Return what a recipient is told; None when there is nothing to tell any more."""
    if due.about == "report":
        return report_message(due, recipient, settings, database, secrets, now)
    if due.about == "test":
        said = wording.say_test(recipient.language)
        return _text(due, said, due.created_utc)
    if due.about == "digest":
        return _digest(due, recipient, settings, database)
    return _event(due, recipient, settings, database, secrets)


def update_of(
    update: DueUpdate, recipient: RecipientEntry, settings: Settings, database: Database, secrets: Secrets
) -> NotificationText | None:
    """Return what takes the place of a notification that was sent; None when there is nothing to tell any more."""
    event = store.event_told(database, update.event_id)
    if event is None:
        return None
    due = update.sent
    camera = camera_names(database).get(due.camera_id, due.camera_id)
    said = wording.say_update(event, due.weight, camera, recipient.language, recipient.zone)
    made = _text(due, said, event["start_utc"], event["id"], picture_of(settings, due.camera_id, event["thumbnail"]))
    return _answerable(replace(made, is_update=True), due, recipient, settings, secrets)


def _event(
    due: Due, recipient: RecipientEntry, settings: Settings, database: Database, secrets: Secrets
) -> NotificationText | None:
    event = store.event_told(database, due.event_id or 0)
    if event is None:
        return None
    camera = camera_names(database).get(due.camera_id, due.camera_id)
    said = wording.say_event(event, due.weight, camera, recipient.language, recipient.zone)
    picture = picture_of(settings, due.camera_id, event["thumbnail"])
    made = _text(due, said, event["start_utc"], due.event_id, picture)
    return _answerable(made, due, recipient, settings, secrets)


def _digest(due: Due, recipient: RecipientEntry, settings: Settings, database: Database) -> NotificationText | None:
    events = store.count_in_digest(database, due.id, recipient.id, due.weight)
    if not events:
        return None
    said = wording.say_digest(events, due.weight, camera_names(database), recipient.language, recipient.zone)
    picture = picture_of(settings, events[0]["camera_id"], events[0]["thumbnail"])
    return _text(due, said, events[-1]["start_utc"], None, picture)


def _text(
    due: Due, said: wording.Said, at: datetime, event_id: int | None = None, picture: bytes | None = None
) -> NotificationText:
    words = (f"livemon-{due.id}", said.title, said.text, said.short)
    return NotificationText(*words, due.weight, due.camera_id, event_id, require_utc(at), picture)


def _answerable(
    made: NotificationText, due: Due, recipient: RecipientEntry, settings: Settings, secrets: Secrets
) -> NotificationText:
    """Return a message with the link to its answers, and with buttons for them."""
    link = feedback_link(settings, secrets, due.id)
    picture_link = f"{link}/picture.jpg" if link and made.picture else ""
    return replace(made, link=link, answers=answer_buttons(link, recipient.language), picture_link=picture_link)
