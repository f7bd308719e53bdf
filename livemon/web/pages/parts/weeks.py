"""The weeks on the Day page: a heatmap of hours, the score day by day, and the weeks beside each other.

The facts of weeks live in reports/facts/weeks.py.
"""

from __future__ import annotations

from datetime import date
from html import escape
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from livemon.reports.facts.weeks import DAYS, Sums, Weeks, together
from livemon.web.i18n.language import beside, month_day, short_day, tr, tr_options
from livemon.web.pages.parts.day_text import length
from livemon.web.pages.parts.day_timeline import HIGH, LOW

SCORE, EVENTS, RECORDED = "score", "events", "recorded"
METRICS = {"day.lowest_score": SCORE, "page.events": EVENTS, "day.recorded_title": RECORDED}
MANY_EVENTS = 12
"""From so many events in an hour on a field is as dark as it gets."""

AREAS = {
    "gross_motor": "day.gross_motor",
    "fine_motor": "day.fine_motor",
    "cognition": "day.thinking",
    "language": "day.language",
    "social_emotional": "day.social_and_emotional",
    "": "day.other",
}
DASH = "\N{EN DASH}"
NONE = "day.nothing_was_recorded_in"

STYLES = """
h3 { font-size: 15px; margin: 16px 0 6px; } p { margin: 4px 0; line-height: 1.5; }
.heat { display: grid; grid-template-columns: 62px repeat(24, minmax(0, 1fr)); gap: 2px; font-size: 11px;
  max-width: 900px; }
.heat a, .heat span { font-variant-numeric: tabular-nums; white-space: nowrap; overflow: hidden; }
.heat a { color: var(--mui-palette-primary-main, #3448c5); }
.heat i { display: grid; place-content: center; height: 17px; border-radius: 3px; font-style: normal; font-weight: 800;
  color: #fff; box-sizing: border-box; }
.none { border: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
.high { background: #2f9e6b; } .mid { background: #e2a417; color: #3d2a00 !important; } .low { background: #c9251a; }
.unknown { background: #7a8294; }
.much { background: color-mix(in srgb, #3448c5 calc(var(--much) * 1%),
  color-mix(in srgb, currentColor 6%, transparent)); }
.hours { grid-column: 1; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 12px; margin-top: 6px; }
.legend i { display: inline-block; width: 13px; height: 13px; border-radius: 3px; vertical-align: -2px;
  margin-right: 5px; }
svg { width: 100%; max-width: 900px; height: 130px; display: block; overflow: visible; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 4px 12px 4px 0; white-space: nowrap; font-weight: 400; }
th:first-child { text-align: left; white-space: normal; } thead th { opacity: .76; font-size: 12px; }
tbody tr { border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
@media (max-width: 560px) { .heat { grid-template-columns: 44px repeat(24, minmax(0, 1fr)); gap: 1px; font-size: 10px; }
  .heat i { height: 20px; border-radius: 2px; } }
"""


class WeeksCard(pn.viewable.Viewer):
    """The weeks, and what the heatmap is of; `draw` and `show` bring it up to date."""

    def __init__(self) -> None:
        super().__init__()
        self._metric = pmui.RadioButtonGroup(options=tr_options(METRICS), value=SCORE, size="small", margin=(4, 5))
        self._pane = pn.pane.HTML("", stylesheets=[STYLES], sizing_mode="stretch_width")
        self._weeks: Weeks | None = None
        self._html = ""
        self._metric.param.watch(self._on_metric, "value")

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(self._metric, self._pane, sizing_mode="stretch_width", margin=0)

    def draw(self, weeks: Weeks) -> None:
        """Draw these weeks; takes some tens of milliseconds, and nothing when they are drawn."""
        if weeks is not self._weeks:
            self._weeks = weeks
            self._html = weeks_html(weeks, self._metric.value)

    def show(self) -> None:
        """Show the drawing; unchanged parts are not sent."""
        if self._html != self._pane.object:
            self._pane.object = self._html

    async def _on_metric(self, _event: Any) -> None:
        weeks = self._weeks
        if weeks is not None:
            self._html = await beside(lambda: weeks_html(weeks, self._metric.value))
            self.show()


def weeks_html(weeks: Weeks, metric: str) -> str:
    """Return the heatmap, the score by day and the table of weeks; or that there is nothing."""
    if not len(weeks.hours):
        return f"<p>{tr(NONE)}</p>"
    return (
        f"{_heatmap(weeks, metric)}<h3>{tr('day.average_safety_score_by')}</h3>{_trend(weeks)}"
        f"<h3>{tr('day.week_by_week')}</h3>{_table(weeks)}"
    )


def _heatmap(weeks: Weeks, metric: str) -> str:
    by_hour = {key: together(rows) for key, rows in weeks.hours.groupby(["date", "hour"])}
    head = "<span></span>" + "".join(f"<span>{hour if hour % 3 == 0 else ''}</span>" for hour in range(24))
    rows = []
    for day in reversed(weeks.dates):
        address = escape("?" + urlencode({"camera": weeks.camera_id, "date": day.isoformat()}), quote=True)
        cells = "".join(_field(day, hour, by_hour.get((day, hour)), metric) for hour in range(24))
        rows.append(f"<a href='{address}'>{short_day(day)}</a>{cells}")
    words = tr("day.hours_days_newest_day", n=DAYS)
    return f"<div class='heat' role='group' aria-label='{words}'>{head}{''.join(rows)}</div>{_legend(metric)}"


def _field(day: date, hour: int, known: Sums | None, metric: str) -> str:
    when = f"{short_day(day)} {hour:02}:00"
    if known is None or not (known.recorded_s or known.event_count):
        return f"<i class='none' title='{when}: {tr('day.not_recorded_word')}'></i>"
    words = escape(f"{when}: {sums_words(known)}", quote=True)
    if metric == SCORE:
        score = known.lowest_safety_score
        look = "unknown" if score is None else "high" if score >= HIGH else "low" if score <= LOW else "mid"
        sign = {"low": "!", "mid": DASH}.get(look, "")
        return f"<i class='{look}' role='img' aria-label='{words}' title='{words}'>{sign}</i>"
    much = min(1.0, known.event_count / MANY_EVENTS if metric == EVENTS else known.recorded_s / 3600)
    return f"<i class='much' style='--much:{100 * much:.0f}' role='img' aria-label='{words}' title='{words}'></i>"


def _legend(metric: str) -> str:
    if metric == SCORE:
        parts = {
            "high": "day.90_to_100",
            "mid": "day.51_to_89",
            "low": "day.50_or_less",
            "unknown": "page.score_not_known",
        }
        items = [f"<span><i class='{look}'></i>{tr(words)}</span>" for look, words in parts.items()]
    else:
        most = tr("day.events_or_more", n=MANY_EVENTS) if metric == EVENTS else tr("day.all_hour")
        items = [
            f"<span><i class='much' style='--much:0'></i>{tr('day.none')}</span>",
            f"<span><i class='much' style='--much:100'></i>{most}</span>",
        ]
    return f"<div class='legend'>{''.join(items)}<span><i class='none'></i>{tr('day.not_recorded_word')}</span></div>"


def _trend(weeks: Weeks) -> str:
    """Return a line of daily averages; where no score is known there is none."""
    scores = [weeks.of(day, day).average_safety_score for day in weeks.dates]
    runs: list[list[tuple[int, float]]] = [[]]
    for place, score in enumerate(scores):
        if score is None:
            runs.append([])
        else:
            runs[-1].append((place, score))
    step = 900 / (DAYS - 1)
    lines = "".join(
        f"<polyline points='{' '.join(f'{place * step:.0f},{110 - score:.0f}' for place, score in run)}' fill='none'"
        " stroke='#2f9e6b' stroke-width='2.5' vector-effect='non-scaling-stroke' stroke-linecap='round'/>"
        for run in runs
        if run
    )
    dots = "".join(
        f"<circle cx='{place * step:.0f}' cy='{110 - score:.0f}' r='3.500' fill='#2f9e6b'><title>"
        f"{short_day(weeks.dates[place])}: {score:.0f}</title></circle>"
        for place, score in ((n, one) for n, one in enumerate(scores) if one is not None)
    )
    grid = "".join(
        f"<line x1='0' x2='900' y1='{110 - mark}' y2='{110 - mark}' stroke='currentColor' stroke-opacity='.18'"
        f" vector-effect='non-scaling-stroke'/><text x='904' y='{114 - mark}' font-size='11' fill='currentColor'"
        f">{mark}</text>"
        for mark in (0, 50, 100)
    )
    first, last = weeks.dates[0], weeks.dates[-1]
    known = ", ".join(f"{score:.0f}" for score in scores if score is not None) or tr("day.none_known")
    return (
        f"<svg viewBox='0 0 930 130' role='img' aria-label='{tr('day.average_safety_score_by')}: {known}'>"
        f"{grid}{lines}{dots}<text x='0' y='128' font-size='11' fill='currentColor'>{month_day(first)}</text>"
        f"<text x='900' y='128' font-size='11' text-anchor='end' fill='currentColor'>{month_day(last)}</text></svg>"
    )


def _table(weeks: Weeks) -> str:
    made = weeks.weeks
    heads = "".join(f"<th scope='col'>{month_day(first)} {DASH} {month_day(last)}</th>" for first, last, _ in made)
    rows: dict[str, list[str]] = {
        tr("day.average_safety_score_title"): [_number(sums.average_safety_score) for _, _, sums in made],
        tr("day.lowest_title"): [_number(sums.lowest_safety_score) for _, _, sums in made],
        tr("day.incidents_title"): [_number(sums.incident_count) for _, _, sums in made],
        tr("page.events"): [str(sums.event_count) for _, _, sums in made],
        tr("day.recorded_title"): [length(sums.recorded_s) for _, _, sums in made],
        tr("day.analysed"): [length(sums.analysed_s) for _, _, sums in made],
    }
    for area, name in AREAS.items():
        counts = [sums.development.get(area, 0) for _, _, sums in made]
        if any(counts):
            rows[f"{tr('page.development')}: {tr(name)}"] = [str(one) for one in counts]
    body = "".join(
        f"<tr><th scope='row'>{escape(name)}</th>{''.join(f'<td>{value}</td>' for value in values)}</tr>"
        for name, values in rows.items()
    )
    return f"<div class='wide'><table><thead><tr><th></th>{heads}</tr></thead><tbody>{body}</tbody></table></div>"


def sums_words(known: Sums) -> str:
    """Return some hours in words; unknown is not safe."""
    score = known.lowest_safety_score
    parts = [tr("page.score_not_known") if score is None else tr("day.lowest_score_score", score=f"{score:.0f}")]
    if known.incident_count is not None:
        parts.append(tr("day.n_incidents", n=known.incident_count))
    parts.append(tr("day.n_events", n=known.event_count))
    parts.append(tr("day.recorded_length", length=length(known.recorded_s)))
    return ", ".join(parts)


def _number(value: Any) -> str:
    return DASH if value is None or pd.isna(value) else f"{value:.0f}"
