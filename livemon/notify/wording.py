"""Wording of notifications, in the recipient's language.

Recipients are chosen in policy.py; sending lives in sender.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from livemon.base.messages.catalog import text
from livemon.base.messages.message import message
from livemon.notify.transports.transport import SHORT_CHARS, SHORT_CHARS_UNICODE
from livemon.store.events_said import DESCRIPTION, TITLE, event_text

LINES = 12
"""Kinds of events that a digest names; the others are counted."""

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic alphabet of text messages (3GPP TS 23.038, 6.2.1)."""


@dataclass(frozen=True, slots=True)
class Said:
    """Title, text and the one line of a text message."""

    title: str
    text: str
    short: str


def say_event(event: Mapping[str, Any], weight: str, camera: str, language: str, zone: ZoneInfo) -> Said:
    """Return what is said of an event, a row with title, description and start_utc."""
    at = _say("at", language, camera=camera, time=f"{event['start_utc'].astimezone(zone):%H:%M:%S}")
    title = f"{_say(weight, language)}: {event_text(event, TITLE, language)}"
    return Said(
        title, "\n".join(filter(None, (event_text(event, DESCRIPTION, language), at))), short(f"{title} - {at}")
    )


def say_update(event: Mapping[str, Any], weight: str, camera: str, language: str, zone: ZoneInfo) -> Said:
    """Return what is said anew: the words of an event, or of its newest repetition, and when it was seen last."""
    newest = event["repeats"][-1] if event["repeats"] else event
    said = say_event({**event, **_words(newest)}, weight, camera, language, zone)
    seen = f"{event['last_seen_utc'].astimezone(zone):%H:%M:%S}"
    return Said(said.title, f"{said.text}\n{_say('last_seen', language, time=seen)}", said.short)


def _words(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"title": row["title"], "description": row["description"], "said": row.get("said")}


def say_digest(
    events: Sequence[Mapping[str, Any]],
    weight: str,
    cameras: Mapping[str, str],
    language: str,
    zone: ZoneInfo,
) -> Said:
    """Return what is said of the events that a digest counts, at least one, oldest first."""
    since = events[0]["start_utc"].astimezone(zone)
    title = _say(f"more_{weight}", language, n=len(events), time=f"{since:%H:%M}")
    told = ((event_text(event, TITLE, language), event["camera_id"]) for event in events)
    counted = Counter((said, cameras.get(camera_id, camera_id)) for said, camera_id in told)
    most = counted.most_common(LINES)
    lines = [f"{count}x {said} ({camera})" for (said, camera), count in most]
    rest = len(events) - sum(count for _, count in most)
    if rest:
        lines.append(_say("others", language, n=rest))
    return Said(title, "\n".join(lines), short(f"{title}: {lines[0]}"))


def say_report(summary: str, camera: str, day: str, language: str) -> Said:
    """Return what is said of a day's report: its first paragraph, in the language of the report."""
    title = _say("report", language, camera=camera, date=day)
    return Said(title, summary, short(f"{title}. {summary}"))


def say_test(language: str) -> Said:
    """Return what a test says."""
    title, told = _say("test", language), _say("test_text", language)
    return Said(title, told, short(f"{title}. {told}"))


def _say(phrase: str, language: str, **values: object) -> str:
    return text(message(f"notification.{phrase}", **values), language)


def short(said: str) -> str:
    """Return one line that fits into one text message."""
    line = " ".join(said.split())
    most = SHORT_CHARS if set(line) <= GSM else SHORT_CHARS_UNICODE
    return line if len(line) <= most else line[: most - 3].rstrip() + "..."
