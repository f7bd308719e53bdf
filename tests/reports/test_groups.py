"""Incidents that are nearly the same are one group, and what was folded into an event keeps its words in the report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.clock import iso
from livemon.base.datatypes import Language
from livemon.reports.facts.groups import incident_groups
from livemon.reports.render.evidence import Evidence, gravest
from livemon.reports.render.seen import incidents
from livemon.reports.render.text import Words
from tests.reports.synthetic import SEOUL, Made, at, event, incident


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    one = Made(tmp_path)
    yield one
    one.database.close()


def climbing(minute: int, **values: object) -> dict[str, object]:
    row = {"event_type": "safety", "severity": "warning", "kind": "climbing", "title": "Child climbs the sofa"}
    return event(at(9, minute), **{**row, **values})


def test_twelve_that_are_nearly_the_same_are_one_group_with_a_count_and_the_first_and_gravest_picture(
    made: Made,
) -> None:
    titles = ("Child climbs the sofa", "A child is climbing the sofa", "child climbed the sofa.")
    made.events([climbing(n, title=titles[n % 3], severity="danger" if n == 7 else "warning") for n in range(12)])
    made.events([climbing(30, kind="fall", title="Falls off the chair")])
    day = made.day()
    groups = incident_groups(day.incidents)
    assert [(len(group.labels), group.first, group.gravest) for group in groups] == [(12, 0, 7), (1, 12, 12)]
    shown = gravest(day)
    assert shown == [7, 0, 12]
    evidence = {label: Evidence(f"data:image/jpeg;base64,{label:04}", f"x/{label}.mp4", 20.0) for label in shown}
    html = incidents(day, Words(Language.ENGLISH, SEOUL), evidence).html
    assert html.count("<article") == 2
    assert "12 times: 09:00, 09:01" in html
    assert html.index("base64,0007") < html.index("base64,0000")
    assert "The worst, 09:07:00" in html
    assert "The first, 09:00:00" in html
    assert "13 incidents, 2 listed." in html


def test_another_kind_and_other_words_are_no_group(made: Made) -> None:
    made.events([climbing(0), climbing(1, kind="fall"), climbing(2, title="Reaches for the kettle")])
    made.analyses([at(12)], result={"incidents": [incident(at(12), title="Child climbs the sofa", kind="climbing")]})
    assert sorted(len(group.labels) for group in incident_groups(made.day().incidents)) == [1, 1, 2]


def test_a_day_without_incidents_has_no_groups(made: Made) -> None:
    assert incident_groups(made.day().incidents) == []


def test_a_second_danger_in_the_cooldown_is_in_the_report_with_its_time_and_words(made: Made) -> None:
    later = at(9, 0) + timedelta(seconds=20)
    again = {
        "start_utc": iso(later),
        "end_utc": iso(later),
        "severity": "danger",
        "title": "Hangs from the railing",
        "description": "One <b>hand</b> slips.",
    }
    made.events([climbing(0, severity="danger", suppressed=1, repeats=[again])])
    day, words = made.day(), Words(Language.ENGLISH, SEOUL)
    for evidence in ({}, {0: Evidence()}):
        html = incidents(day, words, evidence).html
        assert "09:00:20 Hangs from the railing: One &lt;b&gt;hand&lt;/b&gt; slips" in html


def test_repetitions_that_cannot_be_read_break_no_report(made: Made) -> None:
    made.events([climbing(0, repeats=[{"title": 3}, {"start_utc": "never", "title": "x"}])])
    assert "x" in incidents(made.day(), Words(Language.ENGLISH, SEOUL), {}).html
