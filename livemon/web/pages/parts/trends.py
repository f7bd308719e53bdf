"""The curves of the System page: use by cameras on each of the last days, a small chart each.

The counts live in store/daily_use.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

from livemon.base.clock import MIDNIGHT, at_local, local_day
from livemon.base.roles import Role
from livemon.store.daily_use import DailyUse, use_by_day
from livemon.vlm.budget_ladder import dollars
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import month_day, tr

DAYS = 14
STEP, BAR, HIGH = 10, 8, 40
"""Of a chart's drawing: from bar to bar, a bar's width, the highest bar's height."""

STYLES = """
.trends { display: grid; gap: 10px 22px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 200px), 1fr)); }
.trends figure { margin: 0; min-width: 0; } .trends figcaption { font-size: 12px; opacity: .8; }
.trends b { font-size: 17px; font-variant-numeric: tabular-nums; }
.trends svg { display: block; width: 100%; height: 48px; margin: 3px 0;
  fill: var(--mui-palette-primary-main, #3448c5); }
.trends .rest { fill: color-mix(in srgb, currentColor 22%, transparent); }
.trends small { display: flex; justify-content: space-between; font-size: 11px; opacity: .8; }
"""


@dataclass(frozen=True, slots=True)
class Curve:
    """One chart: its words, what it shows of a day, None when that is not known, and how that is written."""

    code: str
    value: Callable[[DailyUse], float | None]
    text: Callable[[float], str]


CURVES = (
    Curve("trends.cost", lambda use: use.cost_usd, dollars),
    Curve("trends.looks", lambda use: use.looks, lambda value: f"{value:.0f}"),
    Curve("trends.failed", lambda use: use.failed, lambda value: f"{value:.0f}"),
    Curve("trends.look_s", lambda use: use.look_s, lambda value: tr("trends.seconds", n=f"{value:.1f}")),
    Curve("trends.archived", lambda use: use.archived_bytes / 1e9, lambda value: tr("trends.gb", n=f"{value:.2f}")),
)


def read_trends(monitor: AuthorizedMonitor) -> list[tuple[date, DailyUse]]:
    """Return the last days of the cameras that the visitor may see, oldest first. Blocks.

    Raises
    ------
    NotLoggedIn, StoreError
        When the login has ended, or the database refuses.
    """
    camera_ids = list(monitor.cameras)
    if not camera_ids:
        return []
    house = monitor.check(Role.VIEWER, camera_ids[0])
    zone = house.settings.zone
    today = local_day(house.clock.now(), zone)[0]
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    bounds = [(at_local(day, MIDNIGHT, zone), at_local(day + timedelta(days=1), MIDNIGHT, zone)) for day in days]
    return list(zip(days, use_by_day(house.database, camera_ids, bounds), strict=True))


def trends_html(days: Sequence[tuple[date, DailyUse]]) -> str:
    """Return the charts; a sentence when there is nothing to show yet."""
    if all(use == DailyUse() for _, use in days):
        shown = f"<p>{tr('trends.nothing_yet')}</p>"
    else:
        shown = f"<div class='trends'>{''.join(_figure(curve, days) for curve in CURVES)}</div>"
    return f"<section style='margin-top:14px'><h2>{tr('trends.title', n=DAYS)}</h2>{shown}</section>"


def _figure(curve: Curve, days: Sequence[tuple[date, DailyUse]]) -> str:
    values = [curve.value(use) for _, use in days]
    highest = max((value for value in values if value is not None), default=0.0)
    places = enumerate(zip(days, values, strict=True))
    bars = "".join(_bar(curve, place, day, value, highest) for place, ((day, _), value) in places)
    today = tr("page.not_known") if values[-1] is None else curve.text(values[-1])
    most = curve.text(highest)
    said = f"{tr(curve.code)}. {tr('trends.today_and_most', today=today, most=most)}"
    scale = "".join(
        f"<span>{escape(word)}</span>"
        for word in (month_day(days[0][0]), tr("trends.most", most=most), tr("review.today"))
    )
    box = f"viewBox='0 0 {STEP * len(days)} {HIGH}' preserveAspectRatio='none'"
    return (
        f"<figure><figcaption>{escape(tr(curve.code))}</figcaption><b>{escape(today)}</b>"
        f"<svg {box} role='img' aria-label='{escape(said, quote=True)}'>{bars}</svg><small>{scale}</small></figure>"
    )


def _bar(curve: Curve, place: int, day: date, value: float | None, highest: float) -> str:
    height = max(1.0, HIGH * value / highest) if value and highest else 1.0
    look = "" if value else " class='rest'"
    said = tr("page.not_known") if value is None else curve.text(value)
    return (
        f"<rect{look} x='{place * STEP + 1}' y='{HIGH - height:.1f}' width='{BAR}' height='{height:.1f}'>"
        f"<title>{escape(month_day(day))}: {escape(said)}</title></rect>"
    )
