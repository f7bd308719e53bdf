"""Two sections of a report: the incidents with their pictures and clips, and the child's development.

The others live in sections.py; the choice of the gravest incidents, and their pictures, in evidence.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

import pandas as pd

from livemon.base.datatypes import Severity
from livemon.reports.facts.day import Day
from livemon.reports.facts.groups import Evidence, IncidentGroup, incident_groups
from livemon.reports.render.html import Column, bullets, chip, paragraph, section, table
from livemon.reports.render.text import UNKNOWN, Words
from livemon.vlm.interpret import AREAS

MOST_OTHERS = 60
"""Groups in the table of those without a picture: a page and a half."""

MOST_GROUPED = 12
"""Times of a group."""

MOST_REPEATS = 12
"""Maximum number of listed events in a group."""

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
    groups = incident_groups(day.incidents)
    shown = [group for group in groups if group.gravest in evidence]
    others = [group for group in groups if group.gravest not in evidence]
    intro = ""
    if len(groups) < count:
        intro += paragraph(words.say("incidents_grouped", groups=len(groups), n=count), "intro")
    if shown and others:
        intro += paragraph(words.say("incidents_shown", shown=len(shown), n=len(groups)), "intro")
    rows = dict(_rows(day.incidents))
    order = sorted(shown, key=lambda group: (-Severity.read(rows[group.gravest]["severity"]).rank, group.first))
    cards = "".join(_card(group, rows, evidence, words) for group in order)
    if any(evidence[group.gravest].clip for group in shown):
        cards += paragraph(words.say("clips_on_page"), "note paper-only")
    told = _others(sorted(others, key=lambda group: group.first), rows, words)
    return Section("incidents", section("incidents", heading, intro, cards, told))


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


def _card(
    group: IncidentGroup, rows: Mapping[int, dict[Any, Any]], evidence: Mapping[int, Evidence], words: Words
) -> str:
    """Return a group: its gravest incident with picture and clip, the first one where that is another, all times."""
    row = rows[group.gravest]
    pictures = "".join(_picture(label, group, rows, evidence, words) for label in group.shown)
    seen = words.say("seen_live" if row["source"] == "event" else "seen_study")
    sure = words.say("sure", share=words.share(row["confidence"]))
    often = paragraph(_often(group, rows, words), "often") if len(group.labels) > 1 else ""
    return (
        f'<article class="incident {escape(row["severity"])}"><div class="picture">{pictures}</div><div>'
        f'<p class="when">{escape(words.time_s(row["start_utc"]))} '
        f"{chip(row['severity'], words.say(row['severity']))}</p>"
        f"<h3>{escape(row['title'])}</h3>{paragraph(row['text'])}{often}{_again(group, rows, words)}"
        f'<p class="note">{escape(seen)}, {escape(sure)}</p>{_clip(evidence[group.gravest], words)}</div></article>'
    )


def _picture(
    label: int,
    group: IncidentGroup,
    rows: Mapping[int, dict[Any, Any]],
    evidence: Mapping[int, Evidence],
    words: Words,
) -> str:
    found = evidence.get(label, Evidence())
    missing = f'<div class="no-picture">{escape(words.say("picture_missing"))}</div>'
    if not found.picture and label != group.gravest:
        return ""
    what = escape(rows[label]["title"])
    drawn = f'<img src="{escape(found.picture)}" alt="{what}">' if found.picture else missing
    if len(group.shown) == 1:
        return drawn
    said = words.say("picture_gravest" if label == group.gravest else "picture_first")
    return drawn + paragraph(f"{said}, {words.time_s(rows[label]['start_utc'])}", "caption")


def _clip(found: Evidence, words: Words) -> str:
    if not found.clip:
        return paragraph(words.say("clip_missing"), "clip")
    said = escape(words.say("clip", duration=words.duration(found.clip_s)))
    return f'<p class="clip"><a href="{escape(found.clip)}">{said}</a></p>'


def _often(group: IncidentGroup, rows: Mapping[int, dict[Any, Any]], words: Words) -> str:
    """Return how often, and when."""
    times = ", ".join(words.time(rows[label]["start_utc"]) for label in group.labels[:MOST_GROUPED])
    more = " ..." if len(group.labels) > MOST_GROUPED else ""
    return f"{words.say('times', n=len(group.labels))}: {times}{more}"


def _again(group: IncidentGroup, rows: Mapping[int, dict[Any, Any]], words: Words) -> str:
    """Return the dangers and warnings that were folded into the group's events: each time, and its words."""
    said = [one for label in group.labels for one in rows[label]["repeats"]]
    lines = []
    for one in said[:MOST_REPEATS]:
        try:
            time = words.time_s(datetime.fromisoformat(str(one.get("start_utc"))))
        except ValueError:
            time = UNKNOWN
        title, text = (str(one.get(name, "")).rstrip(". ") for name in ("title", "description"))
        lines.append(f"{time} {title}: {text}" if text else f"{time} {title}")
    if len(said) > MOST_REPEATS:
        lines.append(words.say("again_more", n=len(said) - MOST_REPEATS))
    return f'<p class="note">{escape(words.say("again"))}</p>{bullets(lines)}' if lines else ""


def _others(groups: list[IncidentGroup], rows: Mapping[int, dict[Any, Any]], words: Words) -> str:
    if not groups:
        return ""
    columns = [
        Column(words.say("head_time")),
        Column(words.say("head_severity")),
        Column(words.say("head_what"), "what"),
    ]
    listed = groups[:MOST_OTHERS]
    cells = []
    for group in listed:
        row = rows[group.gravest]
        often = f'<br><span class="when">{escape(_often(group, rows, words))}</span>' if len(group.labels) > 1 else ""
        cells.append(
            (
                escape(words.time(rows[group.first]["start_utc"])),
                chip(row["severity"], words.say(row["severity"])),
                f"{escape(row['title'])}{often}{_again(group, rows, words)}",
            )
        )
    cut = words.say("incidents_more", n=len(groups), shown=len(listed)) if len(groups) > len(listed) else ""
    return table(columns, cells, "others") + paragraph(cut, "note")


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


def _rows(frame: pd.DataFrame) -> list[tuple[int, dict[Any, Any]]]:
    return [(int(label), row) for label, row in zip(frame.index, frame.to_dict("records"), strict=True)]
