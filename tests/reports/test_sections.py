import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from livemon.base.datatypes import Language
from livemon.reports.facts.day import Day
from livemon.reports.render import sections
from livemon.reports.render.evidence import Evidence, gravest
from livemon.reports.render.figure import Axis
from livemon.reports.render.text import Words
from tests.reports.synthetic import SEOUL, Made, at, doing, incident, marks, observation

ENGLISH = Words(Language.ENGLISH, SEOUL)
DAY = marks(at(0), at(24))
EVIL = '<script>alert("x")</script> & "co"'
VOID = {"img", "br", "meta"}


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    filled = Made(tmp_path)
    yield filled
    filled.database.close()


def page(day: Day, words: Words = ENGLISH, evidence: dict[int, Evidence] | None = None) -> dict[str, str]:
    shown = evidence if evidence is not None else {label: Evidence() for label in gravest(day)}
    made = [
        sections.title(day, words),
        sections.safety(day, words),
        sections.incidents(day, words, shown),
        sections.development(day, words),
        sections.activity(day, words),
        sections.coverage(day, words),
        sections.costs(day, words),
        sections.models(day, words),
    ]
    return {one.name: one._repr_html_() for one in made}


class Balanced(HTMLParser):
    """Fails at a tag that is not closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [str(value) for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def busy(made: Made) -> Day:
    made.archives(DAY[:100])
    made.archives([DAY[100]], gap=(at(16, 42), at(16, 45)))
    made.analyses(
        DAY[:90],
        result={
            "incidents": [incident(at(9), "danger", EVIL), incident(at(10), "info", kind="other_risk")],
            "development": [observation(at(9)), observation(at(9, 2), "mood", "unheard_of", EVIL)],
            "activities": [doing(at(9), at(9, 10), EVIL)],
        },
    )
    made.analyses(DAY[90:95], "failed", error=EVIL)
    made.events([{"start_utc": at(9, n), "event_type": "development", "kind": "fine_motor"} for n in range(9)])
    made.events([{"start_utc": at(9), "event_type": "system", "severity": "warning", "title": EVIL}])
    made.calls([at(9), at(9, 1)], model=EVIL)
    made.calls([at(9, 2)], cost_usd=None, status="failed")
    return made.day()


def test_the_page_is_well_formed_and_no_model_writes_html_into_it(made: Made) -> None:
    for words in (ENGLISH, Words(Language.KOREAN, SEOUL)):
        html = "".join(page(busy(made) if words is ENGLISH else made.day(), words).values())
        parser = Balanced()
        parser.feed(html)
        assert parser.open == []
        assert len(parser.ids) == len(set(parser.ids)), "patterns of two drawings would be mixed up"
        assert "<script" not in html
        assert html.count("&lt;script&gt;") >= 6
        assert "http://" not in re.sub(r'xmlns(:xlink)?="[^"]*"', "", html)


def test_drawings_are_xml_with_real_text_in_the_pages_font(made: Made) -> None:
    drawn = re.findall(r"<svg role.*?</svg>", "".join(page(busy(made)).values()), re.S)
    assert len(drawn) == 6, "three, for wide and for narrow pages"
    for one in drawn:
        ElementTree.fromstring(one)
        assert "<text" in one
        assert "font-family" not in one
        assert len(one) < 60_000


def test_a_line_is_drawn_only_where_there_is_a_score(made: Made) -> None:
    made.archives(DAY)
    made.analyses([*marks(at(1), at(2)), *marks(at(5), at(6))], safety_score=90.0)
    made.analyses(marks(at(3), at(4)), safety_score=None)
    wide = page(made.day())["safety"].split('class="chart narrow"')[0]
    lines = re.findall(r'<path d="([^"]*)"[^>]*style="fill: none; stroke: #1d4f91', wide)
    assert len(lines) == 2
    safety = page(made.day())["safety"]
    assert "analysed, no score" in safety
    assert "recorded, not analysed" in safety


def test_incidents_are_shown_worst_first_with_what_there_is_of_them(made: Made) -> None:
    seen = [incident(at(9, n), title=f"Climb {n}") for n in range(5)]
    seen += [incident(at(9, 7), "danger", "A fall", kind="fall")]
    made.analyses([at(9)], result={"incidents": seen})
    day = made.day()
    evidence = {
        label: Evidence("data:image/jpeg;base64,AA" if n == 0 else "", "2026-11-22/090700.mp4" if n == 0 else "", 26.0)
        for n, label in enumerate(gravest(day)[:3])
    }
    html = page(day, evidence=evidence)["incidents"]
    assert "The 3 most severe of 6, the worst first." in html
    assert re.findall(r"<h3>(.*?)</h3>", html)[0] == "A fall"
    assert html.count("<article") == 3
    assert '<a href="2026-11-22/090700.mp4">Watch the clip (26 s)</a>' in html
    assert html.count("There is no clip of it.") == 2
    assert html.count("<tr>") == 1 + 3


def test_a_table_of_very_many_incidents_says_how_many_it_leaves_out(made: Made) -> None:
    made.events(
        [
            {"start_utc": at(9, 0, n), "event_type": "safety", "severity": "warning", "title": f"Thing{n}"}
            for n in range(90)
        ]
    )
    html = page(made.day())["incidents"]
    assert "The first 60 of 78 others are listed." in html


def test_a_skill_seen_again_is_told_once(made: Made) -> None:
    html = page(busy(made))["development"]
    assert html.count("Plays with blocks") == 1
    assert "9 times: 09:00, 09:01" in html
    assert "Fine motor" in html
    assert "Other" in html, "an area that nobody knows"


def test_an_empty_day_has_no_empty_charts_and_says_why(made: Made) -> None:
    html = page(made.day())
    assert "chart" not in html["safety"] + html["activity"]
    assert "How safe it was is not known." in html["safety"]
    assert "not known whether anything happened" in html["incidents"]
    assert "Nothing of this day was recorded." in html["coverage"]
    assert "No model was asked" in html["costs"]


def test_what_was_not_seen_is_said_in_sentences(made: Made) -> None:
    made.archives([one for one in DAY if not at(2, 10) <= one < at(2, 50)])
    made.analyses(DAY[:3], "failed", error="The model was not available.")
    made.analyses(DAY[20:], safety_score=None)
    made.calls([at(9), at(9, 1)], status="truncated")
    html = page(made.day())["coverage"]
    assert "02:10\N{EN DASH}02:50 was not recorded (40 min)." in html
    assert "3 windows could not be analysed: The model was not available." in html
    assert "10 windows wait" not in html
    assert "124 analysed windows have no safety score" in html
    assert "2 looks of 2 got no answer." in html


def test_a_day_that_was_seen_in_full_says_so(made: Made) -> None:
    made.archives(DAY)
    made.analyses(DAY)
    assert "The whole day was recorded and analysed." in page(made.day())["coverage"]


def test_hours_to_come_are_not_in_the_table(made: Made) -> None:
    made.archives(marks(at(0), at(14)))
    html = page(made.day(now=at(14, 5)))
    assert html["activity"].count("<tr>") == 1 + 15
    assert "So far, until 14:05" in html["title"]


def test_an_hour_that_nobody_saw_has_dashes_and_no_zeros(made: Made) -> None:
    made.archives(marks(at(9), at(10)))
    made.analyses(marks(at(9), at(10)))
    rows = re.findall(r"<tr><td>(\d\d:00)</td>(.*?)</tr>", page(made.day())["activity"])
    told = {hour: re.findall(r">([^<]*)</td>", cells) for hour, cells in rows}
    assert told["08:00"] == ["\N{EN DASH}"] * 5
    assert told["09:00"] == ["100%", "100", "100", "0", "0"]


def test_costs_that_nobody_knows_are_not_nothing(made: Made) -> None:
    made.calls([at(9)], cost_usd=None, model="mystery")
    html = page(made.day())["costs"]
    assert "The cost of 1 call is not known." in html
    assert '<td class="n">\N{EN DASH}</td>' in html
    made.calls([at(9)], cost_usd=0.25)
    assert "$0.25 for 2 calls." in page(made.day())["costs"]


def test_the_axis_names_the_hour_after_the_clocks_changed(made: Made) -> None:
    zone = ZoneInfo("America/New_York")
    autumn = Axis(made.day(day=date(2026, 11, 1), zone=zone)).ticks(3)
    spring = Axis(made.day(day=date(2026, 3, 8), zone=zone)).ticks(3)
    assert autumn[:3] == [(0.0, "00"), (2.0, "01 EST"), (4.0, "03")]
    assert autumn[-1] == (25.0, "24")
    assert spring[:3] == [(0.0, "00"), (2.0, "03 EDT"), (5.0, "06")]
    assert spring[-1] == (23.0, "24")
