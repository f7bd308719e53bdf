"""The sections of a report: a day's facts in their order on the page, each an object that shows itself in a notebook.

Sentences live in summary.py, drawings in charts.py, incidents and development in seen.py, looks in style.css.
Everything takes a `Day` and `Words`; nothing is read here.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from importlib import metadata
from pathlib import Path

import pandas as pd

from livemon.base.datatypes import EventType, Severity
from livemon.base.messages.catalog import told
from livemon.base.messages.message import Told
from livemon.base.model_types import AnswerStatus
from livemon.reports.facts.day import Day
from livemon.reports.facts.windows import WindowState
from livemon.reports.render.charts import BACKGROUND, UNSCORED, coverage_chart, hours_chart, safety_chart
from livemon.reports.render.figure import SCORE, STATE_FILLS, TYPE_COLOURS
from livemon.reports.render.html import Column, bullets, legend, mark, paragraph, section, swatch, table
from livemon.reports.render.seen import Section, development, incidents
from livemon.reports.render.summary import ALL, key_numbers, recorded_share, severity_count, tell
from livemon.reports.render.text import UNKNOWN, Words
from livemon.store.events_said import event_text
from livemon.vlm.budget_ladder import dollars

__all__ = [
    "Section",
    "activity",
    "costs",
    "coverage",
    "development",
    "incidents",
    "models",
    "safety",
    "title",
]

MOST_GAPS, MOST_REASONS, MOST_SYSTEM = 8, 5, 8
"""The longest and most frequent of the missing parts are listed; the others are counted."""

MOST_ACTIVITIES = 4
"""Of an hour."""

LONGEST_REASON = 240


def title(day: Day, words: Words) -> Section:
    """Return camera, date, the day in a paragraph, four numbers; it carries the style of all sections."""
    style = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    tiles = "".join(
        f'<div class="tile"><dt>{escape(one.name)}</dt><dd>{escape(one.value)}</dd><dd class="note">'
        f"{escape(one.note)}</dd></div>"
        for one in key_numbers(day, words)
    )
    so_far = "" if day.is_over else paragraph(words.say("so_far", time=words.time(day.now)), "so-far")
    html = (
        f'<style>{style}</style><section class="lm-report lm-title">'
        f'<p class="kicker">{escape(words.say("kicker", camera=day.camera_name))}</p>'
        f"<h1>{escape(words.day(day.date))}</h1>{so_far}{paragraph(tell(day, words), 'story')}"
        f'<dl class="tiles">{tiles}</dl></section>'
    )
    return Section("title", html)


def safety(day: Day, words: Words) -> Section:
    """Return the safety score through the day, and why it is not known where it is not."""
    if day.nothing_recorded and not len(day.incidents):
        return Section("safety", section("safety", words.say("safety"), paragraph(words.say("safety_nothing"))))
    unscored = day.lowest_safety_score is None
    entries = [] if unscored else [(swatch("lg-score", "#e4e9f1", line=SCORE), words.say("key_score"))]
    reasons = {
        UNSCORED: "state_unscored",
        WindowState.BY_RULE.value: "state_by_rule",
        WindowState.NO_PEOPLE.value: "state_no_people",
        WindowState.WAITING.value: "not_analysed",
        WindowState.NOT_RECORDED.value: "state_not_recorded",
    }
    shown = set(day.windows["state"])
    if (day.windows["safety_score"].isna() & (day.windows["state"] == WindowState.COMPLETED.value)).any():
        shown.add(UNSCORED)
    if shown & {WindowState.FAILED.value, WindowState.NOT_KEPT.value}:
        shown.add(WindowState.WAITING.value)
    entries += [
        (swatch(f"lg-{kind}", *BACKGROUND[kind]), words.say(phrase))
        for kind, phrase in reasons.items()
        if kind in shown
    ]
    entries += [
        (mark(severity), words.say(severity.value))
        for severity in (Severity.DANGER, Severity.WARNING, Severity.INFO)
        if severity_count(day, severity)
    ]
    return Section(
        "safety",
        section(
            "safety",
            words.say("safety"),
            safety_chart(day, words),
            legend(entries),
            paragraph(words.say("safety_nothing") if unscored else ""),
            paragraph(words.say("safety_note"), "note"),
        ),
    )


def activity(day: Day, words: Words) -> Section:
    """Return the events of each hour, on top of what was recorded of it; the hours as a table."""
    if day.nothing_recorded and not day.event_count:
        return Section("activity", section("activity", words.say("hours"), paragraph(words.say("hours_nothing"))))
    colours = [
        (swatch(f"lg-{kind.value}", colour), words.say(f"type_{kind.value}")) for kind, colour in TYPE_COLOURS.items()
    ]
    columns = [
        Column(words.say("head_hour")),
        Column(words.say("head_recorded"), "n"),
        Column(words.say("head_score"), "n"),
        Column(words.say("head_lowest"), "n"),
        Column(words.say("head_incidents"), "n"),
        Column(words.say("head_events"), "n"),
    ]
    told = bool(len(day.activities))
    if told:
        columns.append(Column(words.say("head_went_on"), "what"))
    rows = []
    for hour in day.hours.to_dict("records"):
        start, end = hour["start_utc"], min(hour["end_utc"], pd.Timestamp(day.now))
        if end <= start:
            break
        length_s = (end - start).total_seconds()
        looked = hour["windows_completed"] or hour["incident_count"]
        events = sum(hour[f"events_{one.value}"] for one in EventType if one is not EventType.SYSTEM)
        row = [
            escape(words.time(start)),
            words.share(min(1.0, hour["recorded_s"] / length_s)) if hour["recorded_s"] else UNKNOWN,
            words.score(hour["average_safety_score"]),
            words.score(hour["lowest_safety_score"]),
            words.number(hour["incident_count"]) if looked or events else UNKNOWN,
            words.number(events) if hour["recorded_s"] or events else UNKNOWN,
        ]
        rows.append([*row, escape(_went_on(day.activities, start, end))] if told else row)
    kind = "hours told" if told else "hours"
    chart = (
        hours_chart(day, words) + legend(colours) if day.event_count else paragraph(words.say("hours_quiet"), "intro")
    )
    return Section(
        "activity",
        section(
            "activity",
            words.say("hours"),
            chart,
            table(columns, rows, kind),
            paragraph(words.say("hours_note"), "note"),
        ),
    )


def coverage(day: Day, words: Words) -> Section:
    """Return what was not recorded, analysed, judged or answered, and what livemon said about itself."""
    present = [state for state in WindowState if day.window_counts[state] and state is not WindowState.TO_COME]
    if len(day.gaps) and WindowState.NOT_RECORDED not in present:
        present.append(WindowState.NOT_RECORDED)
    entries = [(swatch(f"cv-{one.value}", *STATE_FILLS[one]), words.say(f"state_{one.value}")) for one in present]
    system = day.events[
        (day.events["event_type"] == EventType.SYSTEM.value)
        & day.events["severity"].isin([Severity.WARNING, Severity.DANGER])
    ]
    said = [
        f"{words.time(event['start_utc'])} {event_text(event, 'title', words.language)}"
        for event in system.to_dict("records")
    ]
    about_itself = f"<h3>{escape(words.say('system'))}</h3>{bullets(said[:MOST_SYSTEM])}" if said else ""
    return Section(
        "coverage",
        section(
            "coverage",
            words.say("coverage"),
            coverage_chart(day, words),
            legend(entries),
            bullets(_not_seen(day, words)),
            about_itself,
        ),
    )


def costs(day: Day, words: Words) -> Section:
    """Return what the calls of the day cost."""
    calls = words.say("calls", n=int(day.costs["calls"].sum()))
    unknown = day.calls_of_unknown_cost
    if not len(day.costs):
        return Section("costs", section("costs", words.say("costs"), paragraph(words.say("costs_none"))))
    free = not unknown and not day.cost_usd
    sentence = words.say("costs_free" if free else "costs_total", calls=calls, cost=dollars(day.cost_usd))
    if unknown:
        sentence += " " + words.say("costs_unknown", n=unknown)
    columns = [
        Column(words.say("head_model"), "what"),
        Column(words.say("head_purpose")),
        Column(words.say("head_calls"), "n"),
        Column(words.say("head_tokens"), "n wide-only"),
        Column(words.say("head_cost"), "n"),
    ]
    rows = [
        (
            escape(row["model"]),
            escape(words.say(f"purpose_{row['purpose']}")),
            words.number(row["calls"]),
            f"{words.number(row['input_tokens'])} / {words.number(row['output_tokens'])}",
            UNKNOWN if row["unknown_cost"] == row["calls"] else dollars(row["cost_usd"]),
        )
        for row in day.costs.to_dict("records")
    ]
    return Section("costs", section("costs", words.say("costs"), paragraph(sentence), table(columns, rows)))


def models(day: Day, words: Words) -> Section:
    """Return which models and prompts answered; when and by what the report was made."""
    columns = [
        Column(words.say("head_model"), "what"),
        Column(words.say("head_purpose")),
        Column(words.say("head_prompt"), "what"),
        Column(words.say("head_calls"), "n"),
        Column(words.say("head_failed"), "n"),
    ]
    rows = []
    asked = day.answering.assign(failed=day.answering["calls"].where(day.answering["status"] != AnswerStatus.OK, 0))
    groups = asked.groupby(["purpose", "model", "prompt_version", "prompt_name"], as_index=False)
    for row in groups[["calls", "failed"]].sum().to_dict("records"):
        version = row["prompt_version"]
        prompt = f"{row['prompt_name']} {version[:8]}".strip() if version else words.say("no_prompt")
        calls, failed = words.number(row["calls"]), words.number(row["failed"])
        rows.append(
            (escape(row["model"]), escape(words.say(f"purpose_{row['purpose']}")), escape(prompt), calls, failed)
        )
    made = words.say(
        "made",
        version=metadata.version("livemon"),
        date=words.day(day.now.astimezone(day.zone).date()),
        time=words.time(day.now),
        zone=day.zone.key,
    )
    body = table(columns, rows) if rows else paragraph(words.say("models_none"))
    note = paragraph(words.say("models_note")) if rows else ""
    return Section("models", section("models", words.say("models"), note, body, paragraph(made, "made")))


def _went_on(activities: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> str:
    """Return what went on in an hour, each thing once."""
    inside = activities[(activities["start_utc"] < end) & (activities["end_utc"] > start)]
    things = list(dict.fromkeys(what.rstrip(". ") for what in inside["what"]))
    return ", ".join(things[:MOST_ACTIVITIES]) + (" ..." if len(things) > MOST_ACTIVITIES else "")


def _not_seen(day: Day, words: Words) -> list[str]:
    """Return what was not seen, in sentences; that all was is said, too."""
    if day.nothing_recorded:
        return [words.say("coverage_nothing")]
    longest = day.gaps.sort_values("duration_s", ascending=False, kind="stable").index[:MOST_GAPS]
    longer = day.gaps[day.gaps.index.isin(longest)]
    sentences = [
        words.say(
            "gap" if not gap["paused"] else "gap_paused_by" if gap["paused_by"] else "gap_paused",
            span=words.span(gap["start_utc"], gap["end_utc"], day.date),
            duration=words.duration(gap["duration_s"]),
            by=gap["paused_by"],
        )
        for gap in longer.to_dict("records")
    ]
    shorter = day.gaps[~day.gaps.index.isin(longest)]
    if len(shorter):
        total = words.duration(float(shorter["duration_s"].sum()))
        sentences.append(words.say("gaps_more", n=len(shorter), duration=total))
    failed = day.windows[day.windows["state"] == WindowState.FAILED.value]
    for reason, count in Counter[Told](failed["error"]).most_common(MOST_REASONS):
        why = told(reason, words.language)[:LONGEST_REASON] or words.say("reason_unknown")
        sentences.append(words.say("failed", n=count, reason=why))
    for state in (WindowState.BY_RULE, WindowState.NO_PEOPLE, WindowState.WAITING, WindowState.NOT_KEPT):
        if day.window_counts[state]:
            sentences.append(words.say(state.value, n=day.window_counts[state]))
    unscored = int(day.windows.loc[day.windows["state"] == WindowState.COMPLETED.value, "safety_score"].isna().sum())
    if not sentences and recorded_share(day) >= ALL:
        sentences.append(words.say("coverage_all" if day.is_over else "coverage_all_so_far"))
    if unscored:
        sentences.append(words.say("no_score", n=unscored))
    return [*sentences, _looks(day, words)]


def _looks(day: Day, words: Words) -> str:
    looks = day.looks_ok + day.looks_failed
    if day.looks_failed:
        return words.say("looks_failed", n=day.looks_failed, looks=words.number(looks))
    return words.say("looks_all", n=looks) if looks else words.say("looks_none")
