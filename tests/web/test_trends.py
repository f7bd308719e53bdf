"""The curves of the System page: of the cameras that a visitor sees, and a sentence when there is nothing to show."""

from __future__ import annotations

from datetime import date, timedelta

from livemon.base.roles import Role
from livemon.store.daily_use import DailyUse
from livemon.web.pages.parts.trends import CURVES, DAYS, read_trends, trends_html
from tests.days import CAM
from tests.spent import spend
from tests.web.api.houses import House
from tests.web.test_login import house
from tests.web.test_pages_of_viewers import OTHER, visit

__all__ = ["house"]  # the fixture

TODAY = date(2026, 11, 23)


def days(*uses: DailyUse) -> list[tuple[date, DailyUse]]:
    return [(TODAY - timedelta(days=len(uses) - 1 - n), use) for n, use in enumerate(uses)]


def test_each_day_has_a_bar_and_each_chart_says_its_figures() -> None:
    html = trends_html(days(DailyUse(looks=4, cost_usd=0.5, look_s=2.0), DailyUse(), DailyUse(looks=2, cost_usd=0.25)))
    assert html.count("<rect") == 3 * len(CURVES)
    assert "Looks. Today 2, most 4." in html
    assert "Seconds per look. Today not known, most 2.0 s." in html, "a day without a look has no time, and not 0 s"
    assert "$0.25" in html and "21 Nov" in html


def test_without_any_use_a_sentence_stands_there() -> None:
    html = trends_html(days(DailyUse(), DailyUse()))
    assert "<svg" not in html and "Nothing was looked at or archived yet." in html


def test_a_visitor_s_curves_are_of_their_cameras(house: House) -> None:
    monitor = house.monitor
    house.add_user("ada", Role.ADMIN)
    house.add_user("otto", Role.VIEWER, frozenset({CAM}))
    now = monitor.clock.now()
    for camera_id in (CAM, OTHER, OTHER):
        spend(monitor.database, now, 0.25, camera_id=camera_id)
    every, own = (read_trends(visit(house, name)) for name in ("ada", "otto"))
    assert (len(every), every[-1][1].looks, own[-1][1].looks) == (DAYS, 3, 1)
    assert own[-1][1].cost_usd == 0.25
