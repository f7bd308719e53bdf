"""Drawing of the Day page's data, done with the reading: beside the server's loop, which it would hold up.

Putting it on the page, what did not change left out, is web/pages/day.py's.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from livemon.reports.facts.day import Day
from livemon.web.i18n.language import long_day, tr
from livemon.web.pages.parts.day_data import DayReading
from livemon.web.pages.parts.day_text import coverage_words, day_numbers
from livemon.web.pages.parts.report_shelf import DrawnShelf, draw_shelf
from livemon.web.pages.parts.window_view import DrawnWindow, draw_window


@dataclass(frozen=True, slots=True)
class DrawnDay:
    """A reading and its drawing for the page."""

    reading: DayReading
    facts: str
    window: DrawnWindow
    shelf: DrawnShelf


def draw_day(reading: DayReading, wrong: str, *, operates: bool) -> DrawnDay:
    """Draw all of a reading but its weeks; takes some ten milliseconds.

    Parameters
    ----------
    wrong
        Error in the page's address; empty without one.
    operates
        Whether the user may have windows analysed, reports made, and missed events kept.
    """
    return DrawnDay(
        reading=reading,
        facts=facts_html(reading.day, wrong),
        window=draw_window(reading.window, tr("day.there_nothing_day_to"), may_ask=operates),
        shelf=draw_shelf(reading.shelf, may_make=operates),
    )


def facts_html(day: Day, wrong: str = "") -> str:
    """Return a day in words and numbers."""
    parts = [f"<p role='alert'>{escape(wrong)}</p>"] if wrong else []
    parts.append(f"<h2>{long_day(day.date)}</h2><p>{escape(coverage_words(day))}</p>")
    if not day.nothing_recorded:
        cells = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for value, name in day_numbers(day))
        parts.append(f"<dl>{cells}</dl>")
    return "".join(parts)
