"""The cost card: a camera's model and prompt, today's cost, and a day's forecast.

Numbers come from inference/costs.py; when the page asks for them, and where the card stands, is web/pages/live.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd
import panel as pn

from livemon.base.messages.catalog import has_text
from livemon.base.messages.message import Message
from livemon.base.model_types import Purpose
from livemon.inference.budget import Balance
from livemon.inference.forecast import ForecastDay
from livemon.monitor.monitor import Monitor
from livemon.vlm.budget_ladder import DegradationStep, Line, dollars
from livemon.web.i18n.language import tr, tr_message

STYLES = """
.head { display: flex; flex-wrap: wrap; gap: 3px 8px; align-items: baseline; font-size: 14px; }
.who { font-weight: 600; overflow-wrap: anywhere; }
.quiet { opacity: .74; font-size: 13px; overflow-wrap: anywhere; }
.chip { color: #fff; border-radius: 999px; padding: 1px 9px; font-size: 12px; font-weight: 600; background: #b54708; }
.line { margin-top: 8px; font-size: 13px; }
.line div { display: flex; justify-content: space-between; gap: 8px; font-variant-numeric: tabular-nums; }
progress { appearance: none; width: 100%; height: 7px; border: 0; border-radius: 4px; overflow: hidden; color: #5468d4;
  background: color-mix(in srgb, currentColor 18%, transparent); }
progress.high { color: #c4600c; }
progress::-webkit-progress-bar { background: transparent; }
progress::-webkit-progress-value { background: currentColor; }
progress::-moz-progress-bar { background: currentColor; }
"""

HIGH = 0.7
"""Share of a cap from which its bar is amber."""

SKIPPED = {
    "skipped_still": "system.nothing_moved",
    "skipped_early": "system.looked_just_before",
    "skipped_bounded": "system.enough_early_looks_hour",
    "skipped_over_budget": "system.no_money",
    "skipped_switched_off": "system.looks_switched_off",
    "skipped_unanswered": "system.nobody_answered",
    "dropped_segments": "system.model_was_too_slow",
}


@dataclass(frozen=True, slots=True)
class CostReading:
    """Data of the card; `forecast` is None for a model that is free."""

    model: str
    prompt: str
    free: bool
    balance: Balance
    spent: pd.DataFrame
    forecast: pd.DataFrame | None
    notice: Message | None


def read_costs(monitor: Monitor, camera_id: str) -> CostReading:
    """Read the card's data; blocks for some milliseconds."""
    live, wrong = monitor.prompts.in_use(camera_id, Purpose.LOOK)
    table = monitor.costs.forecast(camera_id)
    free = monitor.pool.is_free(live.prompt)
    return CostReading(
        model=str(table["model"].iloc[0]),
        prompt="" if free else f"{live.name}, version {live.prompt.version[:8]}",
        free=free,
        balance=monitor.costs.balance(camera_id),
        spent=monitor.costs.spent(camera_id=camera_id),
        forecast=None if free else table,
        notice=wrong or monitor.pool.notice,
    )


class CostCard(pn.viewable.Viewer):
    """Model, budget and forecast of one camera; `update` brings it up to date."""

    def __init__(self) -> None:
        super().__init__()
        self._pane = pn.pane.HTML("", stylesheets=[STYLES], sizing_mode="stretch_width")

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    def update(self, html: str) -> None:
        """Show what `costs_html` returns; what did not change is not sent."""
        if self._pane.object != html:
            self._pane.object = html


def costs_html(reading: CostReading, counters: Mapping[str, int], *, shared: bool) -> str:
    """Return the card; caps of all cameras only when `shared`: who sees some of them only is not told."""
    parts = [f"<div class='head'><span class='who'>{escape(reading.model)}</span>"]
    if reading.balance.step is not DegradationStep.NORMAL and not reading.free:
        parts.append(f"<span class='chip'>{tr('system.budget_step_4', n=reading.balance.step.value)}</span>")
    said = f"{tr('page.prompt')} {reading.prompt}" if reading.prompt else tr("system.needs_no_key_and")
    parts.append(f"<span class='quiet'>{escape(said)}</span></div>")
    if reading.notice:
        parts.append(f"<div class='quiet' style='color:#b54708;opacity:1'>{escape(tr_message(reading.notice))}</div>")
    if not reading.free:
        parts += _money(reading, shared)
    skipped = ", ".join(f"{tr(words)}: {counters[name]}" for name, words in SKIPPED.items() if counters.get(name))
    if skipped:
        parts.append(f"<div class='line quiet'>{tr('system.not_looked_at_since')}: {escape(skipped)}</div>")
    return "".join(parts)


def _money(reading: CostReading, shared: bool) -> list[str]:
    parts = []
    if reading.balance.step is not DegradationStep.NORMAL:
        reason, step = reading.balance.said or "", reading.balance.step.said
        parts.append(f"<div class='line'>{escape(tr('budget.camera_looks', reason=reason, step=step))}</div>")
    for line in reading.balance.lines:
        if line.is_shared and not shared:
            continue
        high = " class='high'" if line.share >= HIGH else ""
        name = escape(tr(line.code))
        parts.append(
            f"<div class='line'><div><span>{name}</span>"
            f"<span>{_part(line)}</span></div>"
            f"<progress{high} max='1' value='{min(1.0, line.share):.3f}' aria-label='{name}'></progress>"
            "</div>"
        )
    unknown = int(reading.spent["unknown_cost"].sum())
    if unknown:
        parts.append(f"<div class='line'>{tr('system.calls_unknown_cost_today')}: {unknown}</div>")
    if reading.forecast is not None:
        parts.append(f"<div class='line quiet'>{escape(_forecast_words(reading.forecast))}</div>")
    return parts


def _part(line: Line) -> str:
    return tr("system.of", spent=dollars(line.spent_usd), cap=dollars(line.cap_usd))


def _day_words(day: str) -> str:
    code = f"forecast.{day.replace(' ', '_')}"
    return tr(code) if has_text(code) else day


def _forecast_words(table: pd.DataFrame) -> str:
    by_day = table.set_index("day")["usd_per_day"]
    if math.isnan(by_day.iloc[0]):
        return tr("system.what_day_costs_not")
    days = ", ".join(f"{_day_words(str(day))} {dollars(usd)}" for day, usd in by_day.items())
    measured = table.loc[table["day"] == ForecastDay.AS_MEASURED.value, "based_on"]
    based_on = f" ({tr_message(measured.iloc[0])})" if len(measured) else ""
    return f"{tr('system.day_without_budget')}: {days}{based_on}"
