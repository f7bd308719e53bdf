"""Notifications of daily reports: to their recipients, once a day and camera, and the reason if not sent.

Making a report does not belong here (reports/, jobs/report_jobs.py), nor sending (sender.py).
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from livemon.base.clock import Clock, require_utc
from livemon.base.messages.message import Message
from livemon.base.secret_key import Secrets
from livemon.base.settings.settings import Settings
from livemon.notify import wording
from livemon.notify.household_links import household_link, seen_cameras
from livemon.notify.pictures import picture_of
from livemon.notify.policy import Why
from livemon.notify.quiet_hours import quiet_until
from livemon.notify.recipients import RecipientEntry, RecipientRegistry
from livemon.notify.transports.transport import NotificationText
from livemon.store import links
from livemon.store import notifications as store
from livemon.store.day_queries import camera_names
from livemon.store.notifications import Due
from livemon.store.session import Database
from livemon.store.tables.notifications import NotificationState

NEWS_FOR = timedelta(hours=36)
"""The report of a day that ended longer ago was made late, after livemon did not run: it notifies no one."""

MOST_PDF_BYTES = 8_000_000
"""Mail servers refuse larger ones; the link leads to it all the same."""

LINK_LASTS = timedelta(days=7)

OTHERS_WITHIN = timedelta(minutes=15)
"""The reports of a household's other cameras are made by then; what is not, its page still tells."""


class DailyReports:
    """Orders that reports are told. Its methods block."""

    def __init__(self, database: Database, clock: Clock, registry: RecipientRegistry) -> None:
        self._database = database
        self._clock = clock
        self._registry = registry

    def tell(self, camera_id: str, day: date, end_utc: datetime, problem: Message | None) -> None:
        """Have a day's report told at the end of each recipient's quiet hours; harmless when it was told before.

        A recipient of several cameras who can open links gets one message about all of them.

        Parameters
        ----------
        end_utc
            When the day ended.
        problem
            Why there is no report; None when there is one.
        """
        now, settings = self._clock.now(), self._registry.context.settings
        rows = []
        for entry in self._registry.all():
            sees = entry.cameras is None or camera_id in entry.cameras
            if not entry.reports or not entry.enabled or not sees:
                continue
            together = bool(settings.public_url) and len(seen_cameras(settings, entry)) > 1
            ready_utc = now + OTHERS_WITHIN if together else now
            policy = entry.for_policy
            due_utc = quiet_until(policy.quiet, policy.zone, ready_utc) or ready_utc
            no_report = problem is not None and not together
            why = Why.NO_REPORT if no_report else Why.LATE if now - end_utc > NEWS_FOR else Why.NONE
            state = NotificationState.HELD if why else NotificationState.PENDING
            row = {"recipient_id": entry.id, "about": "report", "camera_id": "" if together else camera_id}
            row |= {"topic": day.isoformat(), "event_id": None, "weight": "info", "state": state.value}
            row |= {"why": why.value, "error": str(problem) if no_report else ""}
            row |= {"created_utc": now, "next_try_utc": due_utc}
            rows.append(row)
        if rows:
            store.add_reports(self._database, rows)


def report_message(
    due: Due, recipient: RecipientEntry, settings: Settings, database: Database, own: Secrets, now: datetime
) -> NotificationText | None:
    """Return what a recipient is told of a day: its first paragraph, a picture, the PDF, and a link to all of it."""
    from livemon.store import reports  # loads pandas

    if not due.camera_id:
        return _household_message(due, recipient, settings, database, own, now)
    found = reports.report(database, due.camera_id, date.fromisoformat(due.topic))
    if found is None:
        return None
    camera = camera_names(database).get(due.camera_id, due.camera_id)
    said = wording.say_report(found["summary"], camera, due.topic, recipient.language)
    thumbnail = store.picture_of_day(database, due.camera_id, found["start_utc"], found["end_utc"])
    made = NotificationText(
        *(f"livemon-{due.id}", said.title, said.text, said.short, due.weight, due.camera_id, None),
        require_utc(found["created_utc"]),
        picture_of(settings, due.camera_id, thumbnail),
    )
    link = _link(settings, database, own, due.camera_id, found["report_path"], now)
    return replace(made, link=link, document=_pdf(settings, found["pdf_path"]))


def _household_message(
    due: Due, recipient: RecipientEntry, settings: Settings, database: Database, own: Secrets, now: datetime
) -> NotificationText:
    """Return a household's day: its paragraph, a picture, and a link to its page with a verdict for each incident."""
    from livemon.reports.facts.household import read_household  # loads pandas
    from livemon.reports.render.household import household_summary, household_title
    from livemon.reports.render.text import Words

    zone, day = settings.zone_named(""), date.fromisoformat(due.topic)
    cameras = seen_cameras(settings, recipient)
    household = read_household(settings, database, cameras, day, zone, now)
    words = Words(recipient.language, zone)
    title, summary = household_title(household, words), household_summary(household, words)
    start, end = household.days[0].start_utc, household.days[0].end_utc
    pictures = (picture_of(settings, one, store.picture_of_day(database, one, start, end)) for one in cameras)
    return NotificationText(
        *(f"livemon-{due.id}", title, summary, wording.short(f"{title}. {summary}"), due.weight, "", None, end),
        picture=next((one for one in pictures if one), None),
        link=household_link(settings, own, due.id),
    )


def _pdf(settings: Settings, path: str) -> bytes | None:
    """Return a report's PDF; None when there is none, or it is too large to be sent."""
    if not path:
        return None
    try:
        found: Path = settings.data_dir / path
        return found.read_bytes() if found.stat().st_size <= MOST_PDF_BYTES else None
    except OSError:
        return None


def _link(settings: Settings, database: Database, own: Secrets, camera_id: str, path: str, now: datetime) -> str:
    """Return where the report can be read without a login, for a week; empty when others cannot reach livemon."""
    public = settings.public_url.rstrip("/")
    if not public or not path:
        return ""
    below = f"daily-reports/{camera_id}/files/{Path(path).name}"
    until = now + min(LINK_LASTS, timedelta(days=settings.access.link_days))
    day = below.partition(".")[0]
    made = links.Link(secrets.token_hex(8), camera_id, f"{day}*", "livemon", "local", now, until)
    links.add_link(database, made)
    return f"{public}/api/live-monitoring/links/{own.sign({'link': made.id})}/{below}"
