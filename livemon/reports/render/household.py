"""A household's day as one page: a paragraph, a table of cameras, what was new, and the incidents. Pure.

Facts live in facts/household.py; addresses of pictures and of answers are given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from livemon.base.datatypes import Severity
from livemon.reports.facts.day import Day
from livemon.reports.facts.household import BEFORE, Household, Usual
from livemon.reports.render.html import Column, chip, paragraph, section, table, whole_page
from livemon.reports.render.text import UNKNOWN, Words
from livemon.store.events_said import DESCRIPTION, TITLE, event_text

MOST_INCIDENTS, MOST_PICTURES = 60, 20
MOST_NEW, MOST_NEW_SAID = 12, 3
"""In the list, and in the paragraph."""

STYLE = """
.house-incident { display: grid; grid-template-columns: 168px minmax(0, 1fr); gap: 4px 14px; padding: 12px 0;
  border-top: 1px solid #d5dae2; break-inside: avoid; }
.house-incident img { width: 168px; border-radius: 6px; grid-row: span 3; }
.house-incident h3, .house-incident p { margin: 0; }
.house-incident form { display: inline; }
.house-incident button { min-height: 40px; min-width: 64px; font: inherit; border: 1px solid #9aa4b2;
  border-radius: 8px; background: transparent; color: inherit; cursor: pointer; }
.house-incident button[aria-pressed=true] { background: #dff3e7; color: #14532d; font-weight: 700; }
@media (max-width: 560px) { .house-incident { grid-template-columns: minmax(0, 1fr); }
  .house-incident img { width: 100%; } .sideways { overflow-x: auto; } }
@media print { .house-incident form { display: none; } }
"""

THUMB = (
    "M1 21h4V9H1v12zm22-11c0-1.100-.9-2-2-2h-6.310l.95-4.570.03-.32c0-.41-.17-.79-.44-1.060L14.170 1 7.590 7.590C7.220"
    " 7.950 7 8.450 7 9v10c0 1.100.9 2 2 2h9c.83 0 1.540-.5 1.840-1.220l3.020-7.050c.09-.23.14-.47.14-.73v-2z"
)
"""A thumb up: fonts without pictures have none."""

PictureOf = Callable[[str, str], str]
"""Returns a picture's address, given camera and thumbnail; empty for none."""


def household_title(household: Household, words: Words) -> str:
    """Return the heading."""
    return words.say("house_title", date=words.day(household.date))


def household_summary(household: Household, words: Words) -> str:
    """Return the day in a paragraph; it says what is not known, and never that all is well."""
    sentences = [
        words.say("house_recorded", n=len(household.days), recorded=words.duration(household.recorded_s)),
        _incidents_sentence(household, words),
        _events_sentence(household, words),
    ]
    if household.new:
        kinds = ", ".join(_title(row, words) for row in household.new[:MOST_NEW_SAID])
        sentences.append(words.say("house_new_sentence", kinds=kinds, days=BEFORE))
    for day in household.unrecorded:
        sentences.append(words.say("house_unrecorded", camera=day.camera_name))
    for day in household.unwatched:
        sentences.append(words.say("house_unwatched", camera=day.camera_name))
    return " ".join(sentences)


def household_html(
    household: Household, words: Words, *, picture_of: PictureOf, answer_address: str = "", link_note: str = ""
) -> str:
    """Return the page.

    Parameters
    ----------
    picture_of
        Returns the address of an event's picture.
    answer_address
        Where verdicts are posted to, with ``?event=`` and ``said=``; empty leaves out the buttons.
    link_note
        A sentence at the end, about the link that led here; empty for none.
    """
    incidents = [(day, row) for day in household.days for row in day.incidents.to_dict("records")]
    incidents.sort(key=lambda one: (-Severity.read(one[1]["severity"]).rank, one[1]["start_utc"]))
    title = household_title(household, words)
    parts = [
        f'<header class="lm-report"><h1>{escape(title)}</h1></header>',
        section("summary", words.say("house_summary"), paragraph(household_summary(household, words))),
        section("cameras", words.say("house_cameras"), _cameras(household, words)),
        section("new", words.say("house_new", days=BEFORE), _new(household, words)),
        section(
            "incidents",
            words.say("incidents"),
            *[
                _incident(day, row, words, picture_of if place < MOST_PICTURES else None, answer_address)
                for place, (day, row) in enumerate(incidents[:MOST_INCIDENTS])
            ],
            paragraph(_incidents_note(household, len(incidents), words)),
        ),
        f'<footer class="lm-report">{paragraph(link_note, "note")}</footer>',
    ]
    return whole_page(title, words.language, parts, STYLE)


def _cameras(household: Household, words: Words) -> str:
    columns = (
        Column(words.say("house_camera"), "what"),
        Column(words.say("key_recorded"), "n"),
        Column(words.say("key_score"), "n"),
        Column(words.say("key_incidents"), "n"),
        Column(words.say("house_events"), "n"),
    )
    rows = [_camera_row(day, household.usual[day.camera_id], words) for day in household.days]
    note = words.say("house_usual_note", days=BEFORE) if household.is_comparable else words.say("house_no_usual")
    return f"<div class='sideways'>{table(columns, rows)}</div>{paragraph(note, 'note')}"


def _camera_row(day: Day, usual: Usual, words: Words) -> list[str]:
    def beside(value: str, before: str | None) -> str:
        return escape(value) if before is None else f"{escape(value)} <small>({escape(before)})</small>"

    def number(value: float | None) -> str | None:
        return None if value is None else f"{value:.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")

    incidents = UNKNOWN if day.incident_count is None else words.number(day.incident_count)
    return [
        escape(day.camera_name),
        beside(words.duration(day.recorded_s), None if usual.recorded_s is None else words.duration(usual.recorded_s)),
        beside(
            words.score(day.average_safety_score),
            None if usual.average_safety_score is None else words.score(usual.average_safety_score),
        ),
        beside(incidents, number(usual.incident_count)),
        beside(words.number(day.event_count), number(usual.event_count)),
    ]


def _new(household: Household, words: Words) -> str:
    if not household.is_comparable:
        return paragraph(words.say("house_no_usual"))
    if not household.new:
        return paragraph(words.say("house_nothing_new", days=BEFORE))
    names = {day.camera_id: day.camera_name for day in household.days}
    lines = "".join(
        f"<li>{chip(row['severity'], words.say(row['severity']))} {escape(_title(row, words))}"
        f" <small>{escape(names[row['camera_id']])}, {escape(words.time(row['start_utc']))}</small></li>"
        for row in household.new[:MOST_NEW]
    )
    return f"<ul>{lines}</ul>"


def _incident(day: Day, row: dict[Any, Any], words: Words, picture_of: PictureOf | None, answer_address: str) -> str:
    event = _event_of(day, row)
    title = _title(event, words) if event is not None else str(row["title"])
    text = event_text(event, DESCRIPTION, words.language) if event is not None else str(row["text"])
    address = picture_of(day.camera_id, row["thumbnail"]) if picture_of and row["thumbnail"] else ""
    picture = f"<img src='{escape(address, quote=True)}' alt=''>" if address else ""
    head = f"{words.time_s(row['start_utc'])}, {day.camera_name}"
    buttons = _buttons(event, words, answer_address) if event is not None and answer_address else ""
    return (
        f"<article class='house-incident'>{picture}<p class='when'>{escape(head)}"
        f" {chip(row['severity'], words.say(row['severity']))}</p>"
        f"<div><h3>{escape(title)}</h3>{paragraph(text)}</div>{buttons}</article>"
    )


def _buttons(event: Mapping[Any, Any], words: Words, address: str) -> str:
    """Return a thumb up and a thumb down; the one that was given is pressed."""
    made = ""
    for said, turned in (("right", ""), ("wrong", " transform='rotate(180 12 12)'")):
        action = escape(f"{address}?event={event['id']}&said={said}", quote=True)
        pressed = str(event["label"] == said).lower()
        name = escape(words.say(f"house_{said}"), quote=True)
        made += (
            f"<form method='post' action='{action}'><button aria-label='{name}' title='{name}'"
            f" aria-pressed='{pressed}'><svg viewBox='0 0 24 24' width='22' height='22' aria-hidden='true'>"
            f"<path{turned} fill='currentColor' d='{THUMB}'/></svg></button></form> "
        )
    return f"<div>{made}</div>"


def _event_of(day: Day, incident: Mapping[Any, Any]) -> Mapping[Any, Any] | None:
    """Return the event that an incident is; None for one that only a study found."""
    found = day.events[day.events["id"] == incident["event_id"]] if incident["source"] == "event" else day.events[:0]
    rows = found.to_dict("records")
    return rows[0] if rows else None


def _title(event: Mapping[Any, Any], words: Words) -> str:
    return event_text(event, TITLE, words.language).rstrip(". ")


def _incidents_sentence(household: Household, words: Words) -> str:
    dangers, warnings = (household.severity_count(one) for one in (Severity.DANGER, Severity.WARNING))
    if not dangers and not warnings:
        return words.say("house_no_incidents")
    danger, warning = words.say("dangers", n=dangers), words.say("warnings", n=warnings)
    return words.say("house_incidents", danger=danger, warning=warning)


def _events_sentence(household: Household, words: Words) -> str:
    usual = household.usual_event_count
    said = words.say("house_n_events", n=household.event_count)
    return f"{said}." if usual is None else words.say("house_events_usually", events=said, usual=words.number(usual))


def _incidents_note(household: Household, count: int, words: Words) -> str:
    if not count:
        return _incidents_sentence(household, words)
    return words.say("house_more", n=count - MOST_INCIDENTS) if count > MOST_INCIDENTS else ""
