"""Two sections about what was seen: the incidents with their pictures and clips, and the child's development.

The others stand in sections.py; which incidents are the gravest, and their pictures, come from evidence.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from livemon.datatypes import Severity
from livemon.reports.day import Day
from livemon.reports.evidence import Evidence
from livemon.reports.markup import Column, chip, paragraph, section, table
from livemon.reports.words import Words
from livemon.vlm.reading import AREAS

MOST_OTHERS = 60
"""Incidents in the table of those without a picture: a page and a half."""

MOST_SKILLS = 6
"""Of an area; what was seen most often comes first."""

MOST_TIMES = 6
AREA_ORDER = ("gross_motor", "fine_motor", "cognition", "language", "social_emotional", "")
LEVEL_ORDER = ("", "emerging", "practising", "secure")


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a report; Jupyter shows it as HTML."""

    name: str
    html: str

    def _repr_html_(self) -> str:
        return self.html


def incidents(day: Day, words: Words, evidence: Mapping[int, Evidence]) -> Section:
    """Return the gravest incidents with picture and clip, dangers first; the others as a table."""
    heading, count = words.say("incidents"), len(day.incidents)
    if not count:
        said = "incidents_unknown" if day.incident_count is None else "incidents_none"
        return Section("incidents", section("incidents", heading, paragraph(words.say(said))))
    shown = day.incidents[day.incidents.index.isin(list(evidence))]
    others = day.incidents[~day.incidents.index.isin(list(evidence))]
    intro = ""
    if len(shown) and len(others):
        intro = paragraph(words.say("incidents_shown", shown=len(shown), n=count), "intro")
    cards = "".join(_card(row, evidence[label], words) for label, row in _worst_first(shown))
    return Section("incidents", section("incidents", heading, intro, cards, _others(others, words)))


def development(day: Day, words: Words) -> Section:
    """Return what was seen of the child's development, by area; the same thing seen again is told once."""
    heading = words.say("development")
    if not len(day.development):
        models = set(day.windows["model"]) - {""}
        said = "development_none_local" if models == {"local"} else "development_none"
        return Section("development", section("development", heading, paragraph(words.say(said))))
    known = day.development["area"].where(day.development["area"].isin(AREAS), "")
    areas = "".join(_area(area, day.development[known == area], words) for area in AREA_ORDER if (known == area).any())
    note = paragraph(words.say("development_note"), "note")
    return Section("development", section("development", heading, f'<div class="areas">{areas}</div>', note))


def _card(row: dict[Any, Any], evidence: Evidence, words: Words) -> str:
    what = escape(row["title"])
    picture = (
        f'<img src="{escape(evidence.picture)}" alt="{what}">'
        if evidence.picture
        else f'<div class="no-picture">{escape(words.say("picture_missing"))}</div>'
    )
    seen = words.say("seen_live" if row["source"] == "event" else "seen_study")
    sure = words.say("sure", share=words.share(row["confidence"]))
    if evidence.clip:
        clip_words = escape(words.say("clip", duration=words.duration(evidence.clip_s)))
        clip = f'<p class="clip"><a href="{escape(evidence.clip)}">{clip_words}</a></p>'
    else:
        clip = paragraph(words.say("clip_missing"), "clip")
    return (
        f'<article class="incident {escape(row["severity"])}"><div class="picture">{picture}</div><div>'
        f'<p class="when">{escape(words.time_s(row["start_utc"]))} '
        f"{chip(row['severity'], words.say(row['severity']))}</p>"
        f"<h3>{what}</h3>{paragraph(row['text'])}"
        f'<p class="note">{escape(seen)}, {escape(sure)}</p>{clip}</div></article>'
    )


def _others(others: pd.DataFrame, words: Words) -> str:
    if not len(others):
        return ""
    columns = [
        Column(words.say("head_time")),
        Column(words.say("head_severity")),
        Column(words.say("head_what"), "what"),
    ]
    listed = others[:MOST_OTHERS]
    rows = [
        (
            escape(words.time(row["start_utc"])),
            chip(row["severity"], words.say(row["severity"])),
            escape(row["title"]),
        )
        for _, row in _rows(listed)
    ]
    cut = words.say("incidents_more", n=len(others), shown=len(listed)) if len(others) > len(listed) else ""
    return table(columns, rows, "others") + paragraph(cut, "note")


def _area(area: str, seen: pd.DataFrame, words: Words) -> str:
    skills = sorted(seen.groupby("title", sort=False), key=lambda pair: -len(pair[1]))
    items = "".join(_skill(str(name), rows, words) for name, rows in skills[:MOST_SKILLS])
    more = len(skills) - MOST_SKILLS
    rest = paragraph(words.say("development_more", n=more), "note") if more > 0 else ""
    return f'<div class="area"><h3>{escape(words.say(f"area_{area}"))}</h3><ul>{items}</ul>{rest}</div>'


def _skill(name: str, rows: pd.DataFrame, words: Words) -> str:
    """Return a skill with the highest level that was seen, its evidence, and when it was seen."""
    best = max(rows["level"], key=lambda level: LEVEL_ORDER.index(level) if level in LEVEL_ORDER else 0)
    level = words.say(f"level_{best}") if best in LEVEL_ORDER else best
    badge = f' <span class="level">{escape(level)}</span>' if level else ""
    times = ", ".join(words.time(at) for at in rows["at_utc"][:MOST_TIMES])
    often = f"{words.say('times', n=len(rows))}: {times} ..." if len(rows) > MOST_TIMES else times
    evidence = paragraph(str(rows["evidence"].iloc[0]))
    return f'<li><b>{escape(name)}</b>{badge} <span class="when">{escape(often)}</span>{evidence}</li>'


def _worst_first(shown: pd.DataFrame) -> list[tuple[int, dict[Any, Any]]]:
    """Return dangers before warnings before notes, each in the order of the day."""
    return sorted(_rows(shown), key=lambda pair: -Severity.read(pair[1]["severity"]).rank)


def _rows(frame: pd.DataFrame) -> list[tuple[int, dict[Any, Any]]]:
    return [(int(label), row) for label, row in zip(frame.index, frame.to_dict("records"), strict=True)]
