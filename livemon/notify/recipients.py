"""RecipientRegistry: recipients with rules and addresses; read from rows and written to them, addresses sealed.

Deciding about an event does not belong here (policy.py), nor sending (sender.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from livemon.base.clock import Clock
from livemon.base.datatypes import EventType, Severity
from livemon.base.errors import ConfigError, LivemonError
from livemon.base.messages.catalog import ENGLISH, languages
from livemon.base.messages.message import Message, message
from livemon.base.secret_key import Secrets
from livemon.base.settings.settings import Settings
from livemon.notify.policy import Recipient, Rule
from livemon.notify.quiet_hours import EVERY_DAY, QuietHours
from livemon.notify.transports.registry import open_transport
from livemon.notify.transports.transport import TransportContext
from livemon.notify.transports.web_push import endpoint_of, push_address
from livemon.store import notifications, recipients
from livemon.store.session import Database
from livemon.store.tables.notifications import NotificationState

M = TypeVar("M", bound=BaseModel)

MOST_ADDRESSES = 10
MOST_RULES = 50
LONGEST_ADDRESS = 2000
LONGEST_WAIT_S = 24 * 3600


class RuleValues(BaseModel):
    """A rule as people write it: severities, and None for all types, cameras and zones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    severities: tuple[Severity, ...] = Field(min_length=1)
    event_types: tuple[EventType, ...] | None = None
    cameras: tuple[str, ...] | None = None
    zones: tuple[str, ...] | None = None
    after_s: int = Field(0, ge=0, le=LONGEST_WAIT_S)


class QuietValues(BaseModel):
    """Quiet hours as people write them: ``{"start": "22:00", "end": "07:00", "weekdays": [0, 1, 2, 3, 4]}``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: time
    end: time
    weekdays: frozenset[int] = EVERY_DAY

    @field_validator("weekdays")
    @classmethod
    def _are_days(cls, days: frozenset[int]) -> frozenset[int]:
        if not days <= EVERY_DAY:
            raise ValueError("weekdays are 0 (Monday) to 6 (Sunday)")
        return days


DEFAULT_RULES = (RuleValues(severities=(Severity.DANGER,)), RuleValues(severities=(Severity.WARNING,)))
"""Danger at once, always; warnings outside quiet hours; nothing less."""


@dataclass(frozen=True, slots=True)
class RecipientEntry:
    """A recipient as the database has them. `problem` says why nothing can be sent to them; None when it can."""

    id: int
    name: str
    user_name: str | None
    language: str
    zone: ZoneInfo
    quiet: tuple[QuietValues, ...]
    rules: tuple[tuple[int, RuleValues], ...]
    cameras: frozenset[str] | None
    addresses: tuple[str, ...]
    enabled: bool
    reports: bool = False
    problem: Message | None = None

    def is_told(self, severity: Severity) -> bool:
        """Whether a rule is about events of a severity."""
        return any(severity in rule.severities for _, rule in self.rules)

    @property
    def for_policy(self) -> Recipient:
        """The recipient as the policy takes them."""
        rules = tuple(
            Rule(
                number,
                frozenset(rule.severities),
                None if rule.event_types is None else frozenset(one.value for one in rule.event_types),
                None if rule.cameras is None else frozenset(rule.cameras),
                None if rule.zones is None else frozenset(rule.zones),
                timedelta(seconds=rule.after_s),
            )
            for number, rule in self.rules
        )
        quiet = tuple(QuietHours(one.start, one.end, one.weekdays) for one in self.quiet)
        return Recipient(self.id, self.zone, rules, quiet, self.cameras)


class RecipientRegistry:
    """Reads and writes recipients. Its methods block, and may be called from any thread."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self.secrets = Secrets(settings.data_dir)
        self.context = TransportContext(clock, settings, self.secrets)

    def all(self) -> list[RecipientEntry]:
        """Return all recipients by name; one whose row cannot be read is disabled, and says why."""
        return [self._entry(row) for row in recipients.recipients(self._database)]

    def named(self, name: str) -> RecipientEntry:
        """Return a recipient by name; ConfigError when there is none."""
        found = next((entry for entry in self.all() if entry.name == name), None)
        if found is None:
            raise ConfigError("notify.no_recipient", name=name)
        return found

    def put(
        self,
        name: str,
        addresses: Sequence[str] | None = None,
        *,
        language: str | None = None,
        timezone: str | None = None,
        quiet: Sequence[Mapping[str, Any]] | None = None,
        rules: Sequence[Mapping[str, Any]] | None = None,
        user_name: str | None = None,
        enabled: bool | None = None,
        reports: bool | None = None,
    ) -> RecipientEntry:
        """Add a recipient, or change what is given of the one with this name.

        Parameters
        ----------
        addresses
            Addresses: ``mailto://``, ``ntfy://``, ``webhook+https://`` and so on, in the order in which they are tried.
        language, timezone
            Language of their notifications; for a new recipient the settings' when None.
        quiet
            Stretches in which only danger rings; see `QuietValues`.
        rules
            Rules of their notifications; see `RuleValues`. A new recipient has `DEFAULT_RULES`.
        user_name
            Their login: they are notified of the cameras that it may see.
        reports
            Whether the daily reports of these cameras are sent to them; not to a new recipient when None.

        Raises
        ------
        ConfigError
            When a value is wrong; nothing is changed.
        """
        there = {entry.name for entry in self.all()}
        values: dict[str, Any] = {}
        if not name.strip() or len(name) > 100 or not name.isprintable():
            raise ConfigError("notify.wrong_name")
        new = name not in there
        if addresses is not None or new:
            values["sealed_transports"] = self.secrets.seal(json.dumps(self._checked(addresses or ())))
        if language is not None or new:
            values["language"] = _language(language or self._settings.report.language or ENGLISH)
        if timezone is not None or new:
            values["timezone"] = self._settings.zone_named(timezone or "").key
        if quiet is not None or new:
            values["quiet"] = [one.model_dump(mode="json") for one in _validated(QuietValues, quiet or ())]
        if user_name is not None:
            values["user_name"] = user_name or None
        if enabled is not None or new:
            values["enabled"] = enabled is not False
        if reports is not None:
            values["reports"] = reports
        own = _validated(RuleValues, rules) if rules is not None else DEFAULT_RULES if new else None
        dumped = None if own is None else [rule.model_dump(mode="json") for rule in own]
        recipients.put_recipient(self._database, name, values, dumped, self._clock.now())
        return self.named(name)

    def remove(self, name: str) -> None:
        """Remove a recipient; nothing more is sent to them. ConfigError when there is none."""
        if not recipients.remove_recipient(self._database, name):
            raise ConfigError("notify.no_recipient", name=name)

    def test(self, name: str) -> int:
        """Have a test sent to a recipient; returns the id of the notification, whose state tells what became of it."""
        entry, now = self.named(name), self._clock.now()
        row = {"recipient_id": entry.id, "about": "test", "event_id": None, "weight": Severity.INFO.value}
        row |= {"state": NotificationState.PENDING.value, "created_utc": now, "next_try_utc": now}
        return notifications.add_one(self._database, row)

    def add_device(self, name: str, subscription: Mapping[str, Any], device: str) -> RecipientEntry:
        """Tell a recipient on a device, too, first of all; one that is among theirs takes the newer keys.

        Parameters
        ----------
        subscription
            Result of the browser's ``PushSubscription.toJSON()``.
        device
            Name of the device for people.

        Raises
        ------
        ConfigError
            When the recipient is unknown, or the subscription is not of an allowed push service.
        """
        made = push_address(subscription, device)
        entry = self.named(name)
        others = [one for one in entry.addresses if endpoint_of(one) != endpoint_of(made)]
        return self.put(name, [made, *others])

    def remove_device(self, endpoint: str) -> None:
        """Tell a device nothing more, whosever it is."""
        for entry in self.all():
            for address in entry.addresses:
                if endpoint and endpoint_of(address) == endpoint:
                    self.drop_address(entry.name, address)

    def drop_address(self, name: str, address: str) -> None:
        """Take one address away from a recipient; harmless when it is not there."""
        entry = next((entry for entry in self.all() if entry.name == name), None)
        if entry is not None and address in entry.addresses:
            left = [one for one in entry.addresses if one != address]
            values = {"sealed_transports": self.secrets.seal(json.dumps(left))}
            recipients.put_recipient(self._database, name, values, None, self._clock.now())

    def services(self, entry: RecipientEntry) -> list[str]:
        """Return where a recipient is told, without secrets, in the order in which it is tried."""
        return [open_transport(address, self.context).name for address in entry.addresses]

    def told(self, most: int = 100, before_id: int | None = None) -> list[dict[str, Any]]:
        """Return notifications, newest first, each with the name of its recipient and the title of its event."""
        names = {row["id"]: row["name"] for row in recipients.recipients(self._database)}
        rows = notifications.notifications(self._database, most, before_id)
        return [{**row, "recipient": names.get(row["recipient_id"], "")} for row in rows]

    def _checked(self, addresses: Sequence[str]) -> list[str]:
        if len(addresses) > MOST_ADDRESSES:
            raise ConfigError("notify.too_many_addresses", limit=MOST_ADDRESSES)
        for address in addresses:
            if len(address) > LONGEST_ADDRESS:
                raise ConfigError("notify.address_too_long", limit=LONGEST_ADDRESS)
            open_transport(address, self.context)
        return list(addresses)

    def _entry(self, row: Mapping[str, Any]) -> RecipientEntry:
        problem, zone = None, ZoneInfo("UTC")
        addresses: tuple[str, ...] = ()
        try:
            zone = self._settings.zone_named(row["timezone"])
            addresses = tuple(str(one) for one in json.loads(self.secrets.open(row["sealed_transports"])))
            quiet, rules = _validated(QuietValues, row["quiet"]), _validated(RuleValues, map(_rule, row["rules"]))
        except LivemonError as exc:
            problem, quiet, rules = exc.said, (), ()
        except ValueError as exc:
            problem, quiet, rules = message("notify.row_not_readable", reason=exc), (), ()
        return RecipientEntry(
            row["id"],
            row["name"],
            row["user_name"],
            row["language"] if row["language"] in languages() else ENGLISH,
            zone,
            quiet,
            tuple(zip((rule["id"] for rule in row["rules"]), rules, strict=False)),
            None if row["allowed"] is None else frozenset(row["allowed"]),
            addresses,
            bool(row["enabled"]) and not problem,
            bool(row["reports"]),
            problem,
        )


def _rule(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in RuleValues.model_fields}


def _language(text: str) -> str:
    if text not in languages():
        raise ConfigError("notify.unknown_language", language=text, known=languages())
    return text


def _validated(kind: type[M], given: Any) -> tuple[M, ...]:
    """Return values as a model reads them; ConfigError says which is wrong."""
    given = tuple(given)
    if len(given) > MOST_RULES:
        raise ConfigError("notify.too_many_rules", limit=MOST_RULES, count=len(given))
    try:
        return tuple(kind.model_validate(one) for one in given)
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError("notify.wrong_rule", where=where, problem=first["msg"]) from exc
