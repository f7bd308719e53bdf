"""HouseholdLinks: a recipient's page of a household's day, by a signed link that works for a week, with verdicts.

Its content lives in reports/render/household.py, its route in web/.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from livemon.base.clock import Clock, local_day
from livemon.base.errors import NotAllowed, NotLoggedIn
from livemon.base.secret_key import Secrets
from livemon.base.settings.settings import Settings
from livemon.notify.recipients import RecipientEntry, RecipientRegistry
from livemon.store import notifications as store
from livemon.store import reviews
from livemon.store.session import Database

if TYPE_CHECKING:
    from livemon.reports.facts.household import Household

LINK_LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class OpenedDay:
    """Recipient and day of the page that a link opens."""

    recipient: RecipientEntry
    day: date


def household_link(settings: Settings, secrets: Secrets, notification_id: int) -> str:
    """Return where a recipient reads about the household's day; empty when others cannot reach livemon."""
    public = settings.public_url.rstrip("/")
    signed = secrets.sign({"household": notification_id})
    return f"{public}/api/live-monitoring/household-reports/{signed}" if public else ""


def seen_cameras(settings: Settings, recipient: RecipientEntry) -> list[str]:
    """Return the ids of the cameras of which a recipient is told, in the order of the settings."""
    return [one for one in settings.cameras if recipient.cameras is None or one in recipient.cameras]


class HouseholdLinks:
    """Reads the links and keeps the verdicts. Its methods block."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, registry: RecipientRegistry) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._registry = registry

    def opened(self, signed: str) -> OpenedDay:
        """Return what a link opens.

        Raises
        ------
        NotLoggedIn
            When livemon did not sign it, it is too old, or its recipient is gone.
        """
        value = self._registry.secrets.verified(signed) or {}
        number = value.get("household")
        found = store.notification(self._database, number) if isinstance(number, int) else None
        if found is None or found["camera_id"] or self._clock.now() - found["created_utc"] > LINK_LASTS:
            raise NotLoggedIn("notify.link_not_good")
        recipient = next((one for one in self._registry.all() if one.id == found["recipient_id"]), None)
        if recipient is None or not recipient.enabled:
            raise NotLoggedIn("notify.link_not_good")
        return OpenedDay(recipient, date.fromisoformat(found["topic"]))

    def read(self, opened: OpenedDay) -> Household:
        """Return the day of the cameras that the recipient is told of, in the recipient's time zone."""
        from livemon.reports.facts.household import read_household  # loads pandas

        cameras = seen_cameras(self._settings, opened.recipient)
        zone = self._settings.zone_named("")
        return read_household(self._settings, self._database, cameras, opened.day, zone, self._clock.now())

    def judge(self, signed: str, event_id: int, label: str) -> None:
        """Keep a verdict on an event of the day; the last one counts.

        Raises
        ------
        NotLoggedIn
            As `opened`.
        NotAllowed
            When the event is of another day, or of a camera that the recipient is not told of.
        """
        opened = self.opened(signed)
        event = store.event_told(self._database, event_id)
        zone = self._settings.zone_named("")
        mine = event is not None and event["camera_id"] in seen_cameras(self._settings, opened.recipient)
        if event is None or not mine or local_day(event["start_utc"], zone)[0] != opened.day:
            raise NotAllowed("notify.not_of_this_day", event=event_id, date=opened.day.isoformat())
        said = {"reviewed": True, "label": label}
        reviews.review_events(self._database, [event_id], said, self._clock.now(), opened.recipient.name)
