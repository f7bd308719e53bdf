"""The day page: what the strip, the window and the shelf show of a day, in words and places."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from livemon.base.clock import FakeClock, iso
from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.settings.settings import Settings
from livemon.jobs.report_requests import ReportRun
from livemon.monitor.monitor import Monitor
from livemon.reports.facts.day import Day
from livemon.reports.facts.windows import WindowState
from livemon.store import writes
from livemon.store.tables.jobs import NOTHING_MOVED
from livemon.web.auth.session_monitor import of_session
from livemon.web.pages.day import DayPage
from livemon.web.pages.parts.day_data import DayReading, worth_seeing
from livemon.web.pages.parts.day_drawing import DrawnDay, facts_html
from livemon.web.pages.parts.day_text import coverage_words, length, local_time, span
from livemon.web.pages.parts.day_timeline import timeline
from livemon.web.pages.parts.report_shelf import ShelfReading, list_html, preview_html, progress_html
from livemon.web.pages.parts.window_view import draw_window, moments_of, parts_of
from livemon.web.pages.parts.window_view import facts_html as window_html
from livemon.web.pages.shell.nav import DAY as DAY_PAGE
from livemon.web.pages.shell.nav import Nav
from tests.conftest import FAST, MORNING
from tests.days import CAM, DAY, analysis, archive, at, incident, report

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, clock=FakeClock(MORNING), profile=FAST) as made:
        yield made


@pytest.fixture
def page(monitor: Monitor) -> DayPage:
    visited = of_session(monitor, "")
    made = DayPage(visited, Nav(DAY_PAGE, "./", visited))
    made._date = DAY
    return made


def event(monitor: Monitor, moment: datetime, severity: Severity, event_type: EventType, title: str = "Seen") -> None:
    seen = Observation("climbing", event_type, severity, title, "<b>words</b>", 0.5, moment, moment, (moment,), "")
    writes.add_event(monitor.database, CAM, seen, moment, model="local")


def cell(day: Day, moment: datetime) -> dict[str, Any]:
    return next(one for one in timeline(day)["cells"] if one["start"] == iso(moment))


def read(page: DayPage, window: datetime | None = None) -> DayReading:
    page._window = iso(window) if window else ""
    drawn = page.read()
    assert isinstance(drawn, DrawnDay)
    return drawn.reading


class TestStrip:
    @pytest.mark.parametrize(
        ("score", "look"),
        [(100.0, "high"), (90.0, "high"), (88.0, "mid"), (51.0, "mid"), (50.0, "low"), (0.0, "low"), (None, "unknown")],
    )
    def test_a_window_looks_as_its_score_and_never_green_without_one(
        self, monitor: Monitor, score: float | None, look: str
    ) -> None:
        archive(monitor, at(9))
        analysis(monitor, at(9), score=score)
        shown = cell(monitor.day(CAM, DAY), at(9))
        assert (shown["look"], shown["summary"]) == (look, "Played on the mat.")

    def test_every_state_looks_like_itself_and_says_why(self, monitor: Monitor) -> None:
        archive(monitor, at(8))
        archive(monitor, at(9))
        analysis(monitor, at(9), "failed", error="the reply ended too early")
        day = monitor.day(CAM, DAY)
        assert cell(day, at(8))["look"] == "waiting"
        assert cell(day, at(9))["look"] == "failed"
        assert "the reply ended too early" in cell(day, at(9))["words"]
        assert cell(day, at(10))["look"] == "not_recorded"
        assert "not known" in cell(day, at(10))["words"]
        assert [one["words"] for one in timeline(day)["legend"]] == ["waiting", "failed", "not recorded"]
        today = monitor.day(CAM)
        assert cell(today, MORNING + timedelta(hours=1))["off"], "what is to come cannot be chosen"

    def test_a_window_by_rule_looks_like_itself_and_is_never_green(self, monitor: Monitor) -> None:
        archive(monitor, at(9))
        analysis(monitor, at(9), score=None, model=NOTHING_MOVED, analysis_result=None, summary="Nothing moved.")
        day = monitor.day(CAM, DAY)
        shown = cell(day, at(9))
        assert (shown["look"], shown["state"]) == ("by_rule", "by_rule")
        assert "not judged" in shown["words"]
        assert "nothing moved, not judged" in [one["words"] for one in timeline(day)["legend"]]
        assert "nothing moved, not judged 10 min" in coverage_words(day)

    def test_marks_are_ranked_and_what_was_seen_twice_is_marked_once(self, monitor: Monitor) -> None:
        archive(monitor, at(9))
        analysis(monitor, at(9), score=50.0, incidents=[incident(at(9, 1), "danger")])
        event(monitor, at(9, 1, 2), Severity.WARNING, EventType.SAFETY)  # the same, seen live
        event(monitor, at(9, 2), Severity.INFO, EventType.ACTIVITY)
        event(monitor, at(9, 3), Severity.WARNING, EventType.SYSTEM)
        shown = cell(monitor.day(CAM, DAY), at(9))
        assert shown["marks"] == ["system", "info", "danger"], "the gravest nearest to the strip"
        assert shown["happened"] == "danger: 1, information: 1, about livemon: 1"

    @pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
    def test_a_day_of_other_length_has_its_hours_where_the_clocks_show_them(
        self, monitor: Monitor, day: date, hours: int
    ) -> None:
        shown = timeline(monitor.day(CAM, day, "Europe/Berlin"))
        assert len(shown["cells"]) == hours * 6
        assert [tick["at"] for tick in shown["ticks"]] == [6.0 * n for n in range(hours)]
        labels = [tick["label"] for tick in shown["ticks"]]
        assert ("02:00" in labels) is False
        if hours == 25:
            assert labels[2:4] == ["02:00 CEST", "02:00 CET"]

    def test_where_midnight_is_no_ten_minute_mark_places_are_shifted(self, monitor: Monitor) -> None:
        event(monitor, datetime(2026, 11, 21, 18, 16, tzinfo=UTC), Severity.INFO, EventType.ACTIVITY)
        shown = timeline(monitor.day(CAM, DAY, "Asia/Kathmandu"))
        assert shown["cells"][0]["at"] == 0.5
        assert shown["cells"][0]["marks"] == ["info"], "what began before the first mark is not lost"


class TestWords:
    def test_nothing_recorded_is_not_nothing_happened(self, monitor: Monitor) -> None:
        html = facts_html(monitor.day(CAM, DAY))
        assert "Nothing was recorded" in html and "does not mean that nothing happened" in html
        assert "<dl>" not in html, "there are no numbers of what nobody knows"

    def test_coverage_is_told_in_hours_with_the_times_that_are_missing(self, monitor: Monitor) -> None:
        for n in range(144):
            if not 13 <= n < 17:
                archive(monitor, at(0) + n * timedelta(minutes=10))
        analysis(monitor, at(9))
        analysis(monitor, at(10), "failed", error="no")
        words = coverage_words(monitor.day(CAM, DAY))
        assert words == (
            "Recorded 23 h 20 min of 24 h, analysed 10 min, 138 windows wait for analysis, "
            "1 window could not be analysed. Not recorded 02:10\N{EN DASH}02:50."
        )

    def test_a_day_to_come_and_one_that_goes_on(self, monitor: Monitor) -> None:
        assert coverage_words(monitor.day(CAM, date(2026, 12, 1))) == "This day is still to come."
        archive(monitor, MORNING - timedelta(hours=1))
        words = coverage_words(monitor.day(CAM))
        assert words.startswith("Recorded 10 min of 7 h") and " so far, nothing analysed yet" in words

    def test_times(self) -> None:
        midnight = datetime(2026, 11, 22, 23, tzinfo=UTC)
        assert span(midnight - timedelta(minutes=10), midnight, BERLIN) == "23:50\N{EN DASH}24:00"
        assert local_time(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), BERLIN) == "02:30 CET"
        assert [length(s) for s in (5, 60, 3599, 3600, 48_000)] == ["5 s", "1 min", "1 h", "1 h", "13 h 20 min"]


class TestWindow:
    def test_an_analysed_window_has_footage_and_moments_to_jump_to(self, monitor: Monitor, page: DayPage) -> None:
        archive(monitor, at(9))
        analysis(monitor, at(9), score=88.0, incidents=[incident(at(9, 3), title="<b>Climbed</b>")])
        event(monitor, at(9, 2), Severity.INFO, EventType.ACTIVITY)
        window = read(page, at(9)).window
        assert window is not None
        (part,) = parts_of(window)
        assert part["src"] == "api/live-monitoring/archives/camera-1/segment_20261122_090000.mp4"
        assert part["at_s"] == 0
        told = [(one["group"], one["at_s"], one["time"]) for one in moments_of(window)]
        assert told == [
            ("Incidents", 180, "09:03:00"),
            ("Seen live", 120, "09:02:00"),
            ("Development", 30, "09:00:30"),
            ("Activities", 0, "09:00:00"),
        ]
        html = window_html(window)
        assert "safety score 88 of 100, 1 incident" in html
        assert "paid-1, prompt version abcdef01, cost $0.0020" in html

    def test_what_is_not_known_is_said(self, monitor: Monitor, page: DayPage) -> None:
        archive(monitor, at(9))
        analysis(monitor, at(9), score=None, cost_usd=None)
        window = read(page, at(9)).window
        assert window is not None
        html = window_html(window)
        assert "safety score not known" in html and "cost not known" in html and "incident" not in html

    def test_of_a_window_by_rule_it_says_what_was_seen_and_offers_to_have_it_analysed(
        self, monitor: Monitor, page: DayPage
    ) -> None:
        archive(monitor, at(9))
        analysis(
            monitor,
            at(9),
            score=None,
            model=NOTHING_MOVED,
            analysis_result=None,
            summary="Nothing moved.",
            cost_usd=0.0,
        )
        window = read(page, at(9)).window
        html = window_html(window)
        assert "By rule: the motion gate saw nothing move in 10 min of footage." in html
        assert "safe" not in html
        drawn = draw_window(window)
        assert drawn.ask == {"visible": True, "label": "Let the model analyse it"}
        assert drawn.video["empty"] == ""

    def test_a_failed_window_says_why_and_text_is_escaped(self, monitor: Monitor, page: DayPage) -> None:
        archive(monitor, at(9))
        analysis(monitor, at(9), "failed", error="it said <script>", attempts=5)
        window = read(page, at(9)).window
        assert window is not None
        assert "it said &lt;script&gt; (after 5 tries)" in window_html(window)
        page._window_view.show(draw_window(window))
        assert (page._window_view._ask.label, page._window_view._ask.visible) == ("Retry", True)

    def test_only_recorded_footage_can_be_asked_for(self, monitor: Monitor, page: DayPage) -> None:
        analysis(monitor, at(9), "failed", error="gone")
        page._window_view.show(draw_window(read(page, at(9)).window))
        assert not page._window_view._ask.visible

    def test_the_window_with_the_lowest_score_is_shown_first(self, monitor: Monitor) -> None:
        assert worth_seeing(monitor.day(CAM, DAY)) is None
        archive(monitor, at(11))
        chosen = worth_seeing(monitor.day(CAM, DAY))
        assert chosen is not None and chosen["state"] == WindowState.WAITING
        for hour, score in ((8, 100.0), (9, 48.0), (10, 100.0)):
            analysis(monitor, at(hour), score=score)
        chosen = worth_seeing(monitor.day(CAM, DAY))
        assert chosen is not None and chosen["window_start_utc"] == at(9)


class TestShelf:
    def shelf(self, monitor: Monitor, run: ReportRun | None = None) -> ShelfReading:
        return ShelfReading(CAM, DAY, True, False, monitor.reports(CAM), run, UTC)

    def test_a_report_is_shown_in_a_frame_that_may_do_nothing(self, monitor: Monitor) -> None:
        report(monitor)
        reading = self.shelf(monitor)
        html = preview_html(reading, reading.reports.to_dict("records")[0])
        assert "sandbox='allow-same-origin allow-popups allow-downloads'" in html
        assert "src='api/live-monitoring/daily-reports/camera-1/files/2026-11-22.en.html?made=" in html
        assert "2026-11-22.en.pdf?download=1" in html

    def test_the_list_leads_to_each_day(self, monitor: Monitor) -> None:
        report(monitor)
        report(monitor, DAY - timedelta(days=1))
        html = list_html(self.shelf(monitor))
        assert "All reports (2)" in html
        assert html.index("Sun 22 Nov 2026") < html.index("?camera=camera-1&amp;date=2026-11-21")
        assert html.count("aria-current") == 1

    def test_no_report_says_what_becomes_of_it(self, monitor: Monitor) -> None:
        reading = self.shelf(monitor)
        assert "No report of this day" in preview_html(reading, None)
        assert list_html(reading) == ""

    def test_progress_and_failure_are_told(self, monitor: Monitor) -> None:
        assert progress_html(None) == ""
        assert "drawing &lt;charts&gt;" in progress_html(ReportRun(CAM, DAY, fraction=0.5, words="drawing <charts>"))
        assert "No disk." in progress_html(ReportRun(CAM, DAY, error="No disk.", is_done=True))
        assert progress_html(ReportRun(CAM, DAY, is_done=True)) == ""


class TestAddress:
    def test_an_address_names_camera_day_and_window(self, page: DayPage) -> None:
        assert page._take_address({"camera": CAM, "date": "2026-11-20", "window": iso(at(9))}) == ""
        assert (page._date, page._window) == (date(2026, 11, 20), iso(at(9)))

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ({"camera": "nobody"}, "no camera 'nobody'"),
            ({"date": "yesterday"}, "'yesterday' is not a day"),
            ({"window": "noon"}, "No window begins at 'noon'"),
            ({"window": "2026-11-22T09:00:00"}, "No window begins at"),
        ],
    )
    def test_what_an_address_names_wrongly_is_said(
        self, page: DayPage, monitor: Monitor, asked: dict[str, str], said: str
    ) -> None:
        wrong = page._take_address({"camera": "", "date": "", "window": ""} | asked)
        assert said in wrong
        assert "role='alert'" in facts_html(monitor.day(CAM, DAY), wrong)

    async def test_going_to_a_day_and_a_window_is_written_into_the_address(self, page: DayPage) -> None:
        page.show(page.read())
        await page._on_back(None)
        assert page.nav.lifeline.address == "?camera=camera-1&date=2026-11-21"
        page._strip.selected = iso(at(9) - timedelta(days=1))
        await page._on_window(type("Event", (), {"new": page._strip.selected}))
        assert page.nav.lifeline.address.endswith("&window=2026-11-21T09%3A00%3A00.000Z")
        await page._on_today(None)
        assert page.nav.lifeline.address == "?camera=camera-1", "today stays today tomorrow"


class TestRefresh:
    async def test_only_a_day_that_goes_on_is_read_again(
        self, page: DayPage, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reads: list[date | None] = []
        read_day = monitor.day

        def counted(camera_id: str, day: date | None = None, timezone: str = "") -> Day:
            reads.append(day)
            return read_day(camera_id, day, timezone)

        monkeypatch.setattr(monitor, "day", counted)
        clock = monitor.clock
        assert isinstance(clock, FakeClock)
        page.show(page.read())
        for _ in range(3):
            clock.advance(6)
            await page.tick()
        assert reads == [DAY]
        await page.go(None)
        clock.advance(6)
        await page.tick()
        await page.tick()
        assert reads == [DAY, None, None]

    async def test_it_is_drawn_beside_the_loop(
        self, page: DayPage, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        archive(monitor, at(9))
        report(monitor)
        drew: list[bool] = []

        def noted(draw: Callable[..., Any]) -> Callable[..., Any]:
            def drawn(*args: Any) -> Any:
                drew.append(threading.current_thread() is threading.main_thread())
                return draw(*args)

            return drawn

        for where, name in (
            ("day_drawing", "facts_html"),
            ("window_view", "facts_html"),
            ("window_view", "moments_of"),
            ("window_view", "parts_of"),
            ("report_shelf", "preview_html"),
            ("report_shelf", "list_html"),
        ):
            module = import_module(f"livemon.web.pages.parts.{where}")
            monkeypatch.setattr(module, name, noted(getattr(module, name)))
        await page.go(DAY)
        assert drew == [False] * 6
        assert "09:00" in page._window_view._facts.object

    async def test_nothing_is_sent_when_nothing_changed(self, page: DayPage, monitor: Monitor) -> None:
        archive(monitor, at(9))
        analysis(monitor, at(9), incidents=[incident(at(9, 1))])
        report(monitor)
        page.show(page.read())
        sent: list[str] = []
        parts = {
            page._facts: ["object"],
            page._strip: ["day", "selected"],
            page.nav.lifeline: ["address"],
            page._picker: ["value"],
            page._window_view._facts: ["object"],
            page._window_view._video: ["parts", "moments", "empty", "notice", "visible"],
            page._window_view._ask: ["label", "visible"],
            page._shelf._preview: ["object"],
            page._shelf._list: ["object"],
            page._shelf._make: ["label", "disabled"],
        }
        for part, names in parts.items():
            part.param.watch(lambda event: sent.append(event.name), names, onlychanged=False)
        await page.refresh()
        assert sent == []
