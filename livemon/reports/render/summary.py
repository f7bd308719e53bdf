"""A day in one paragraph, and in four numbers: composed from its facts, never by a model. Pure.

It says what is not known as plainly as what is. Sections and their drawings do not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from livemon.base.datatypes import Severity
from livemon.reports.facts.day import Day
from livemon.reports.facts.windows import WindowState
from livemon.reports.render.text import UNKNOWN, Words

ALL = 0.998
"""From this share on the whole day was recorded: seconds are lost when ffmpeg starts anew."""


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """A number that stands large at the top, what it counts, and what to know beside it."""

    value: str
    name: str
    note: str


def tell(day: Day, words: Words) -> str:
    """Return the day in a paragraph of plain sentences."""
    if day.now < day.start_utc:
        return words.say("story_to_come")
    if day.nothing_recorded:
        phrase = "story_nothing" if day.is_over else "story_nothing_so_far"
        sentences = [words.say(phrase, time=words.time(day.now))]
        if len(day.incidents):
            sentences.append(_safety(day, words))
        return " ".join(sentences)
    sentences = [_recorded(day, words), _safety(day, words)]
    if day.windows_completed:
        sentences.append(_score(day, words))
    if len(day.development):
        observations = words.say("observations", n=len(day.development))
        areas = words.say("areas", n=day.development["area"].nunique())
        sentences.append(words.say("story_development", observations=observations, areas=areas))
    if day.windows_failed:
        sentences.append(words.say("story_failed", n=day.windows_failed))
    if day.windows_by_rule:
        sentences.append(words.say("story_by_rule", n=day.windows_by_rule))
    if count := day.window_counts[WindowState.NO_PEOPLE]:
        sentences.append(words.say("story_no_people", n=count))
    if day.windows_waiting:
        sentences.append(words.say("story_waiting", n=day.windows_waiting))
    return " ".join(sentences)


def page_title(day: Day, words: Words) -> str:
    """Return what a browser's tab says."""
    return words.say("title", camera=day.camera_name, date=words.day(day.date))


def key_numbers(day: Day, words: Words) -> tuple[KeyNumber, ...]:
    """Return the four numbers at the top; what is not known is a dash and says so."""
    recorded = words.say(
        "key_recorded_note" if day.is_over else "key_recorded_note_so_far", share=words.share(recorded_share(day))
    )
    average, lowest = day.average_safety_score, day.lowest_safety_score
    score_note = (
        words.say("key_score_unknown") if lowest is None else words.say("key_score_note", lowest=words.score(lowest))
    )
    count = day.incident_count
    if count is None:
        incident_note = words.say("key_incidents_unknown")
    elif count == 0:
        incident_note = words.say("key_incidents_none")
    else:
        incident_note = words.say(
            "key_incidents_note",
            danger=words.say("dangers", n=severity_count(day, Severity.DANGER)),
            warning=words.say("warnings", n=severity_count(day, Severity.WARNING)),
        )
    areas = day.development["area"].nunique()
    unstudied = not areas and not day.windows_completed
    if unstudied:
        development_note = words.say("key_incidents_unknown")
    elif areas:
        development_note = words.say("key_development_note", areas=words.say("areas", n=areas))
    else:
        development_note = words.say("key_development_none")
    return (
        KeyNumber(words.duration(day.recorded_s), words.say("key_recorded"), recorded),
        KeyNumber(words.score(average), words.say("key_score"), score_note),
        KeyNumber(UNKNOWN if count is None else words.number(count), words.say("key_incidents"), incident_note),
        KeyNumber(
            UNKNOWN if unstudied else words.number(len(day.development)), words.say("key_development"), development_note
        ),
    )


def recorded_share(day: Day) -> float:
    """Return which part of the day, until now while it is not over, was recorded: 0 to 1."""
    return min(1.0, day.recorded_s / day.length_s) if day.length_s else 0.0


def severity_count(day: Day, severity: Severity) -> int:
    """Return how many incidents of a severity there were."""
    return int((day.incidents["severity"] == severity.value).sum())


def _recorded(day: Day, words: Words) -> str:
    share = recorded_share(day)
    said: dict[str, Any] = {
        "time": words.time(day.now),
        "recorded": words.duration(day.recorded_s),
        "share": words.share(share),
    }
    if day.is_over and share >= ALL:
        sentence = words.say("story_whole", **said)
    else:
        sentence = words.say("story_part" if day.is_over else "story_so_far", **said)
    missing_s = float(day.gaps["duration_s"].sum())
    if missing_s >= 60:
        sentence += " " + words.say("story_missing", missing=words.duration(missing_s))
    if day.window_counts[WindowState.NOT_KEPT]:
        sentence += " " + words.say("story_not_kept")
    return sentence


def _safety(day: Day, words: Words) -> str:
    dangers, warnings = (severity_count(day, one) for one in (Severity.DANGER, Severity.WARNING))
    danger, warning = words.say("dangers", n=dangers), words.say("warnings", n=warnings)
    if dangers:
        phrase = "story_danger" if dangers == 1 else "story_dangers"
        sentence = words.say(phrase, danger=danger, what=_first(day, words, Severity.DANGER))
        if warnings:
            more = words.say("story_and_warning" if warnings == 1 else "story_and_warnings", warning=warning)
            sentence += " " + more
        return sentence
    if warnings:
        phrase = "story_warnings" if warnings == 1 else "story_many_warnings"
        return words.say(phrase, warning=warning, what=_first(day, words, Severity.WARNING))
    if day.incident_count is None:
        return words.say("story_unwatched")
    return words.say("story_calm")


def _first(day: Day, words: Words, severity: Severity) -> str:
    """Return the first incident of a severity, with its time."""
    first = day.incidents[day.incidents["severity"] == severity.value].iloc[0]
    # A title of the model's is a part of our sentence: its own full stop would end it.
    return words.say("at", title=str(first["title"]).rstrip(". "), time=words.time(first["start_utc"]))


def _score(day: Day, words: Words) -> str:
    average, lowest = day.average_safety_score, day.lowest_safety_score
    if lowest is None:
        return words.say("story_no_score")
    said = {"average": words.score(average), "lowest": words.score(lowest), "time": words.time(_lowest_at(day))}
    if average is None:
        return words.say("story_score_few", **said)
    return words.say("story_score_even" if round(average) == round(lowest) else "story_score", **said)


def _lowest_at(day: Day) -> pd.Timestamp:
    """Return when the window with the lowest score began, the first of several."""
    scored = day.windows[day.windows["state"] == WindowState.COMPLETED.value].dropna(subset=["safety_score"])
    at: pd.Timestamp = scored.sort_values("safety_score", kind="stable")["window_start_utc"].iloc[0]
    return at
