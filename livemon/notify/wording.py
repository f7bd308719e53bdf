"""What notifications say, in English and Korean. Who is told does not belong here, nor how it is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from livemon.base.datatypes import Language
from livemon.notify.transports.transport import SHORT_CHARS, SHORT_CHARS_UNICODE

LINES = 12
"""Kinds of events that a digest names; the others are counted."""

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic alphabet of text messages (3GPP TS 23.038, 6.2.1)."""

PHRASES: Mapping[Language, Mapping[str, str]] = {
    Language.ENGLISH: {
        "danger": "Danger",
        "warning": "Warning",
        "info": "Information",
        "safe": "All well",
        "at": "{camera}, {time}.",
        "more_danger": "{n} more dangers since {time}",
        "more_warning": "{n} more warnings since {time}",
        "more_info": "{n} more events since {time}",
        "more_safe": "{n} more events since {time}",
        "others": "and {n} others",
        "test": "Test from livemon",
        "test_text": "This is how livemon tells you of an event. Nothing has happened.",
    },
    Language.KOREAN: {
        "danger": "위험",
        "warning": "경고",
        "info": "알림",
        "safe": "이상 없음",
        "at": "{camera}, {time}.",
        "more_danger": "{time} 이후 위험 {n}건 더",
        "more_warning": "{time} 이후 경고 {n}건 더",
        "more_info": "{time} 이후 이벤트 {n}건 더",
        "more_safe": "{time} 이후 이벤트 {n}건 더",
        "others": "그 밖에 {n}건",
        "test": "livemon 시험 알림",
        "test_text": "이벤트가 생기면 이렇게 알려 드립니다. 아무 일도 일어나지 않았습니다.",
    },
}


@dataclass(frozen=True, slots=True)
class Said:
    """Title, text and the one line of a text message."""

    title: str
    text: str
    short: str


def say_event(event: Mapping[str, Any], weight: str, camera: str, language: Language, zone: ZoneInfo) -> Said:
    """Return what is said of an event, a row with title, description and start_utc."""
    words = PHRASES[language]
    at = words["at"].format(camera=camera, time=f"{event['start_utc'].astimezone(zone):%H:%M:%S}")
    title = f"{words[weight]}: {event['title']}"
    return Said(title, "\n".join(filter(None, (event["description"], at))), short(f"{title} - {at}"))


def say_digest(
    events: Sequence[Mapping[str, Any]],
    weight: str,
    cameras: Mapping[str, str],
    language: Language,
    zone: ZoneInfo,
) -> Said:
    """Return what is said of the events that a digest counts, at least one, oldest first."""
    words = PHRASES[language]
    since = events[0]["start_utc"].astimezone(zone)
    title = words[f"more_{weight}"].format(n=f"{len(events):,}", time=f"{since:%H:%M}")
    counted = Counter((event["title"], cameras.get(event["camera_id"], event["camera_id"])) for event in events)
    most = counted.most_common(LINES)
    lines = [f"{count}x {said} ({camera})" for (said, camera), count in most]
    rest = len(events) - sum(count for _, count in most)
    if rest:
        lines.append(words["others"].format(n=rest))
    return Said(title, "\n".join(lines), short(f"{title}: {lines[0]}"))


def say_test(language: Language) -> Said:
    """Return what a test says."""
    words = PHRASES[language]
    return Said(words["test"], words["test_text"], short(f"{words['test']}. {words['test_text']}"))


def short(text: str) -> str:
    """Return one line that fits into one text message."""
    line = " ".join(text.split())
    most = SHORT_CHARS if set(line) <= GSM else SHORT_CHARS_UNICODE
    return line if len(line) <= most else line[: most - 3].rstrip() + "..."
