"""Formatting of a report: phrases, dates, times, durations, amounts, in the language and zone of the report.

Pure.

The phrases are in the catalogs (base/messages/locale); the sentences on a day live in summary.py and sections.py. All
times are told on 24 hours, in every language, as on the axes of the charts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from livemon.base.messages.catalog import day_text, duration_text, number_text, text
from livemon.base.messages.message import message

DASH = "\u2013"
UNKNOWN = DASH
"""Stands in a table where something is not known."""


@dataclass(frozen=True, slots=True)
class Words:
    """A language and a zone."""

    language: str
    zone: tzinfo

    def say(self, phrase: str, **values: Any) -> str:
        """Return a phrase with its places filled; `n` chooses between one and more."""
        return text(message(f"day_report.{phrase}", **values), self.language).strip()

    def day(self, day: date) -> str:
        """Return a date: ``Sunday, 22 November 2026``."""
        return day_text(day, "date.report", self.language)

    def time(self, moment: datetime) -> str:
        """Return a time of day, ``14:05``; where clocks show it twice, with the zone's name at that moment."""
        local = moment.astimezone(self.zone)
        return f"{local:%H:%M}{self._which(local)}"

    def time_s(self, moment: datetime) -> str:
        """Return a time of day to the second, ``14:05:09``."""
        local = moment.astimezone(self.zone)
        return f"{local:%H:%M:%S}{self._which(local)}"

    def until(self, moment: datetime, day: date) -> str:
        """Return the time at which a stretch of a day ends; its last midnight is 24:00."""
        local = moment.astimezone(self.zone)
        return "24:00" if local.date() > day else self.time(moment)

    def span(self, start: datetime, end: datetime, day: date) -> str:
        """Return a stretch of time within a day: from 02:10 to 02:50."""
        return f"{self.time(start)}{DASH}{self.until(end, day)}"

    def duration(self, duration_s: float) -> str:
        """Return a length of time: ``2 h 10 min``, ``45 s``."""
        return duration_text(duration_s, self.language)

    def number(self, value: float) -> str:
        """Return a number with its thousands apart."""
        return number_text(value, ",.0f", self.language)

    def score(self, score: float | None) -> str:
        """Return a safety score; a dash when it is not known."""
        return UNKNOWN if score is None or score != score else f"{score:.0f}"

    def share(self, part: float) -> str:
        """Return a share as a percentage: all and nothing are said of all and nothing only."""
        if 0 < part < 0.01:
            return "<1%"
        return ">99%" if 0.99 < part < 0.9995 else f"{part:.0%}"

    def _which(self, local: datetime) -> str:
        first, second = local.replace(fold=0), local.replace(fold=1)
        twice = first.utcoffset() != second.utcoffset() and _exists(first) and _exists(second)
        return f" {local:%Z}" if twice else ""


def _exists(local: datetime) -> bool:
    """Whether the clocks ever show this time: they skip an hour in spring."""
    utc_and_back = datetime.fromtimestamp(local.timestamp(), local.tzinfo)
    return utc_and_back.replace(tzinfo=None) == local.replace(tzinfo=None)
