"""The weeks as HTML."""

from collections.abc import Iterator

import pytest

from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.web.pages.parts.weeks import EVENTS, RECORDED, SCORE, WeeksCard, weeks_html
from tests.conftest import FAST
from tests.reports.test_weeks import hour, weeks_of


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, profile=FAST) as made:
        yield made


def test_an_hour_with_a_danger_is_red_and_an_unknown_one_is_not_green(monitor: Monitor) -> None:
    hour(monitor, 0, 9, 40, incidents=1)
    hour(monitor, 0, 10, None)
    html = weeks_html(weeks_of(monitor), SCORE)
    assert html.count("class='low' role") == 1
    assert "Sun 22 Nov 09:00: lowest score 40, 1 incident, 0 events, recorded 10 min" in html
    assert html.count("class='unknown' role") == 1
    assert "class='high' role" not in html
    assert "Development: Gross motor" in html
    assert "?camera=camera-1&amp;date=2026-11-22" in html


@pytest.mark.parametrize("metric", [EVENTS, RECORDED])
def test_other_measures_are_shades(monitor: Monitor, metric: str) -> None:
    hour(monitor, 0, 9, 40)
    assert f"--much:{0 if metric == EVENTS else 17}' role='img'" in weeks_html(weeks_of(monitor), metric)


def test_nothing_recorded_is_said(monitor: Monitor) -> None:
    assert "Nothing was recorded in these four weeks" in weeks_html(weeks_of(monitor), SCORE)


async def test_a_card_draws_the_same_weeks_once(monitor: Monitor) -> None:
    hour(monitor, 0, 9, 40)
    card, weeks, sent = WeeksCard(), weeks_of(monitor), list[object]()
    card.draw(weeks)
    card.show()
    card._pane.param.watch(sent.append, "object")
    card.draw(weeks)
    card.show()
    assert sent == []
    await card._on_metric(None)
    assert sent == [], "nothing was chosen"
    card._metric.param.update(value=EVENTS)
    await card._on_metric(None)
    assert len(sent) == 1
