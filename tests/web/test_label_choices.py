"""The labelling widget's Python side: what stops are made of, what each message writes, and what is refused."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from livemon.base.clock import Window
from livemon.base.datatypes import Severity
from livemon.base.errors import LabError, StoreError, UnknownCamera
from livemon.base.model_types import AnswerStatus
from livemon.base.settings.settings import Settings
from livemon.lab.data.sampling import QUIET, Stratum
from livemon.monitor.monitor import Monitor
from livemon.web.widgets.label_choices import LabelStop, evenly, next_open, thinned, word
from livemon.web.widgets.label_pictures import MOST_PICTURES, PicturesAhead, Strip, read_strip, warm
from livemon.web.widgets.label_stops import stops_of
from livemon.web.widgets.labeller import LabelWidget
from tests.conftest import MORNING, seen
from tests.days import CAM
from tests.waiting import PATIENCE_S
from tests.web.labelled import clips, experiment, labelled_house, look, say, shown

WINDOW = Stratum(CAM, Window(MORNING), QUIET)
HOUR = timedelta(hours=1)


@pytest.fixture
def house(settings: Settings) -> Iterator[Monitor]:
    with labelled_house(settings) as made:
        yield made


def ms(second: float) -> float:
    return (MORNING.timestamp() + second) * 1000


def rows(widget: LabelWidget) -> list[tuple[Any, ...]]:
    """What was said: verdict, about, kind, severity, seconds of the morning."""
    table = widget.labels
    times = [[(at - MORNING).total_seconds() for at in table[name]] for name in ("start_utc", "end_utc")]
    return list(zip(table["verdict"], table["about"], table["kind"], table["severity"], *times, strict=True))


class TestStops:
    def test_a_window_has_what_was_told_live_and_who_said_so(self, house: Monitor) -> None:
        (stop,) = stops_of(house, house.lab.sample(CAM, MORNING, MORNING + HOUR))
        assert (stop.start_utc, stop.end_utc) == (MORNING, MORNING + timedelta(minutes=10))
        assert [(one.about, one.kind, one.who) for one in stop.said] == [
            ("event-1", "climbing", "m look_en-"),
            ("event-2", "fall", "m look_en-"),
        ]
        assert stop.title == "Playroom 2026-11-23 08:00\u201308:10"

    def test_a_dataset_shows_nothing_of_what_is_known(self, house: Monitor) -> None:
        stops = stops_of(house, clips(house, 2, 3))
        assert [(stop.title, stop.said, stop.is_clip) for stop in stops] == [("2 s", (), True), ("3 s", (), True)]

    def test_an_experiments_answers_are_known_by_their_place_and_repetitions_are_folded(self, house: Monitor) -> None:
        data = clips(house, 3, 2)
        start = (data.items[0].start_utc - MORNING).total_seconds()
        fall = seen(start + 1, kind="fall", severity=Severity.DANGER, title="A fall")
        again = seen(start + 2, kind="fall", severity=Severity.DANGER, title="A fall")
        climb = seen(start + 1, kind="climbing", severity=Severity.WARNING, title="A climb")
        made = experiment(house, data, fall, again, climb)
        first, second = stops_of(house, made)
        number = int(made.answers()["id"].iloc[0])
        assert [(one.about, one.kind) for one in first.said] == [
            (f"result-{number}-0", "fall"),
            (f"result-{number}-2", "climbing"),
        ]
        assert first.said[0].end_utc - first.said[0].start_utc == timedelta(seconds=1), "as long as it was seen"
        assert first.said[0].who == "local gemini-3.5-flash-lite look_en-"
        assert second.said == ()

    def test_a_look_has_its_pictures_and_its_answer(self, house: Monitor) -> None:
        event = {
            "evidence": "Lies.",
            "frames": [1],
            "box_2d": [],
            "location": "",
            "kind": "fall",
            "title": "Lies on the floor",
            "confidence": 0.9,
            "severity": "danger",
        }
        call = look(house, 2, json.dumps({"view": "clear", "scene": "A child lies.", "events": [event]}))
        look(house, 9, "", AnswerStatus.UNAVAILABLE)
        first, second = stops_of(house, (CAM, MORNING, MORNING + HOUR))
        assert first.frames == tuple(MORNING + timedelta(seconds=n) for n in (2, 3, 4))
        assert [(one.about, one.title) for one in first.said] == [(f"call-{call}-0", "Lies on the floor")]
        assert first.scene == "A child lies."
        assert (second.said, second.scene) == ((), "No answer: unavailable."), "unknown is not nothing"

    def test_what_cannot_be_labelled_is_refused(self, house: Monitor) -> None:
        with pytest.raises(UnknownCamera):
            house.view.labeller(("garage", MORNING, MORNING + HOUR))
        with pytest.raises(LabError, match="int cannot be labelled"):
            house.view.labeller([1])  # type: ignore[list-item]
        with pytest.raises(LabError, match="labeller's name"):
            house.view.labeller([WINDOW], by=" ")


class TestMessages:
    @pytest.fixture
    def widget(self, house: Monitor) -> Iterator[LabelWidget]:
        made = house.view.labeller([WINDOW], by="mia")
        yield made
        made.close()

    def test_verdicts_on_what_was_said(self, widget: LabelWidget) -> None:
        say(widget, "right", about="event-1")
        say(widget, "wrong", about="event-2")
        assert rows(widget) == [
            ("right", "event-1", "climbing", "warning", 3.0, 5.0),
            ("wrong", "event-2", "", "", 8.0, 10.0),
        ]
        say(widget, "unsure", about="event-2")
        assert [row[0] for row in rows(widget)] == ["right", "unsure"], "the last word counts"
        assert widget.told["text"] == "Kept: unsure."
        assert [one["verdict"] for one in widget.stop["labels"]] == ["right", "unsure"]

    def test_right_may_say_when_and_what_it_really_was(self, widget: LabelWidget) -> None:
        say(widget, "right", about="event-1", kind="Possible fall", severity="danger", start_ms=ms(4), end_ms=ms(4.5))
        assert rows(widget) == [("right", "event-1", "possible_fall", "danger", 4.0, 4.5)]

    def test_what_was_missed(self, widget: LabelWidget) -> None:
        say(widget, "missed", about="", kind="water", severity="danger", start_ms=ms(11), end_ms=ms(12.5))
        assert rows(widget) == [("missed", "", "water", "danger", 11.0, 12.5)]
        assert widget.position == 0 and not widget.stop["done"]

    def test_unsure_of_a_stretch_or_of_all(self, widget: LabelWidget) -> None:
        say(widget, "unsure", about="event-1", start_ms=ms(1), end_ms=ms(2))
        say(widget, "unsure")
        assert [row[:2] + row[4:] for row in rows(widget)] == [("unsure", "", 1.0, 2.0), ("unsure", "", 0.0, 600.0)]
        assert widget.stop["done"]

    def test_undo_takes_back_one_after_the_other_and_says_when_there_is_nothing_left(self, widget: LabelWidget) -> None:
        say(widget, "right", about="event-1")
        say(widget, "wrong", about="event-1")
        say(widget, "undo")
        assert [row[0] for row in rows(widget)] == ["right"], "what was said before counts again"
        say(widget, "undo")
        assert rows(widget) == []
        say(widget, "undo")
        assert widget.told["bad"] and "nothing to undo" in widget.told["text"]

    def test_a_label_of_another_day_can_be_taken_back_but_nobody_elses(
        self, house: Monitor, widget: LabelWidget
    ) -> None:
        say(widget, "watched")
        other = house.lab.label(CAM, MORNING, MORNING + timedelta(minutes=10), "watched", by="jun")
        again = house.view.labeller([WINDOW], by="mia")
        assert again.stop["done"] and again.progress == {"count": 1, "done": 1}
        say(again, "withdraw", label=other)
        assert again.told["bad"]
        say(again, "withdraw", label=again.stop["labels"][0]["id"])
        assert not again.stop["done"] and again.progress == {"count": 1, "done": 0}
        assert house.lab.labels(CAM)["labeller"].tolist() == ["jun"]
        again.close()

    @pytest.mark.parametrize(
        ("message", "why"),
        [
            ("right", "cannot be understood"),
            ({"action": "drop table", "stop": 0}, "cannot be understood: action"),
            ({"action": "watched"}, "cannot be understood: stop"),
            ({"action": "watched", "stop": 0, "by": "jun"}, "cannot be understood: by"),
            ({"action": "watched", "stop": -1}, "cannot be understood: stop"),
            ({"action": "watched", "stop": 7}, "no such stop"),
            ({"action": "go", "stop": 0, "to": 7}, "no such stop"),
            ({"action": "right", "stop": 0}, "No answer is chosen"),
            ({"action": "wrong", "stop": 0, "about": "event-77"}, "not given at this stop"),
            ({"action": "missed", "stop": 0, "kind": "fall", "severity": "danger"}, "not marked when"),
            ({"action": "missed", "stop": 0, "start_ms": ms(1), "severity": "danger"}, "Kind or severity is missing"),
            ({"action": "missed", "stop": 0, "start_ms": ms(1), "kind": "fall"}, "Kind or severity is missing"),
            ({"action": "missed", "stop": 0, "start_ms": ms(2), "end_ms": ms(1)}, "ends before it begins"),
            ({"action": "missed", "stop": 0, "start_ms": ms(-9), "end_ms": ms(1)}, "is outside"),
            ({"action": "missed", "stop": 0, "start_ms": ms(1), "end_ms": ms(700)}, "is outside"),
            ({"action": "missed", "stop": 0, "start_ms": float("nan")}, "cannot be understood: start_ms"),
            ({"action": "missed", "stop": 0, "start_ms": 1e300}, "cannot be understood: start_ms"),
            ({"action": "missed", "stop": 0, "kind": "x" * 65}, "cannot be understood: kind"),
            ({"action": "missed", "stop": 0, "severity": "dire"}, "cannot be understood: severity"),
        ],
    )
    def test_a_bad_message_is_refused_and_writes_nothing(self, widget: LabelWidget, message: Any, why: str) -> None:
        widget._handle_custom_msg(message, [])
        assert widget.told["bad"] and why in widget.told["text"]
        assert rows(widget) == []

    def test_when_it_cannot_be_kept_the_widget_says_so(
        self, house: Monitor, widget: LabelWidget, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any, **__: Any) -> int:
            raise StoreError("The disk is full. Delete something.")

        monkeypatch.setattr(house.lab, "label", full)
        say(widget, "right", about="event-1")
        assert widget.told["bad"] and widget.told["text"] == "The disk is full. Delete something."
        say(widget, "undo")
        assert "nothing to undo" in widget.told["text"], "what was not kept cannot be taken back"


class TestGoing:
    def test_watched_goes_on_to_what_is_open_and_comes_round(self, house: Monitor) -> None:
        widget = house.view.labeller(clips(house, 2, 3, 4), by="mia")
        for to in (1, 2):
            say(widget, "go", to=to)
        assert widget.stop["title"] == "4 s"
        say(widget, "watched")
        assert (widget.position, widget.progress) == (0, {"count": 3, "done": 1})
        say(widget, "watched")
        say(widget, "watched")
        assert widget.progress == {"count": 3, "done": 3}
        assert widget.told["text"] == "Kept. All 3 are labelled." and widget.position == 1
        starts, ends = widget.labels["start_utc"], widget.labels["end_utc"]
        assert sorted((ends - starts).dt.total_seconds()) == [2, 3, 4]
        say(widget, "undo")
        assert widget.progress["done"] == 2
        widget.close()

    def test_a_late_word_about_a_stop_that_was_left_moves_nothing(self, house: Monitor) -> None:
        widget = house.view.labeller(clips(house, 2, 3, 4), by="mia")
        say(widget, "go", to=2)
        widget._handle_custom_msg({"action": "watched", "stop": 0}, [])
        assert widget.position == 2
        assert widget.progress["done"] == 1
        widget.close()

    def test_position_may_be_set_and_stays_within(self, house: Monitor) -> None:
        widget = house.view.labeller(clips(house, 2, 3), by="mia")
        widget.position = 1
        assert widget.stop["title"] == "3 s"
        widget.position = 99
        assert widget.position == 1
        widget.close()

    def test_nothing_to_label_is_no_error(self, house: Monitor) -> None:
        widget = house.view.labeller([])
        assert widget.progress == {"count": 0, "done": 0}
        assert len(widget.labels) == 0
        say(widget, "watched")
        assert widget.told["bad"]
        widget.close()

    def test_two_labellers_agree_as_far_as_they_do(self, house: Monitor) -> None:
        for by, second in (("mia", 11), ("jun", 12)):
            widget = house.view.labeller([WINDOW], by=by)
            assert widget.stop["labels"] == [], "nobody sees what the other said"
            say(widget, "right", about="event-1")
            say(widget, "missed", kind="water", severity="danger", start_ms=ms(second), end_ms=ms(second + 2))
            say(widget, "watched")
            widget.close()
        found = house.lab.agreement("mia", "jun")
        assert (found.judged, found.same, found.paired, found.f1) == (1, 1, 1, 1.0)


class TestPictures:
    def test_those_of_the_next_stop_are_there_before_anybody_asks(self, house: Monitor) -> None:
        widget = house.view.labeller(clips(house, 2, 3), by="mia")
        shown(widget)
        first = widget.strip
        assert len(first["pictures"]) == 10, "as many as there are"
        assert first["pictures"][0]["jpeg"].startswith(b"\xff\xd8")
        assert first["pictures"][0]["time"] == "0:00.0"
        while widget._ahead.get(1) is None:
            pass
        say(widget, "go", to=1)
        assert widget.strip["number"] == 1, "in the same moment as the stop"
        widget.close()

    def test_a_look_shows_the_very_pictures_that_were_looked_at(self, house: Monitor) -> None:
        look(house, 2, "", AnswerStatus.UNAVAILABLE)
        widget = house.view.labeller((CAM, MORNING, MORNING + HOUR))
        shown(widget)
        assert [one["time"] for one in widget.strip["pictures"]] == ["08:00:02", "08:00:03", "08:00:04"]
        assert widget.strip["frame_s"] == pytest.approx(0.04, abs=0.01)
        assert widget.stop["source"].startswith(
            "api/live-monitoring/playback/camera-1.m3u8?start=2026-11-23T08%3A00%3A02"
        )
        widget.close()

    def test_footage_that_is_gone_is_said_and_cannot_have_been_watched(self, house: Monitor) -> None:
        gone = Stratum(CAM, Window(MORNING - HOUR), QUIET)
        widget = house.view.labeller([gone, WINDOW], by="mia")
        shown(widget)
        assert widget.strip["pictures"] == [] and "has no footage" in widget.strip["problem"]
        say(widget, "watched")
        assert widget.told["bad"] and "cannot have been watched" in widget.told["text"]
        assert rows(widget) == []
        say(widget, "go", to=1)
        shown(widget)
        assert len(widget.strip["pictures"]) == MOST_PICTURES, "of what is there, sixteen seconds of ten minutes"
        assert widget.strip["pictures"][-1]["time"] == "08:00:15"
        widget.close()

    def test_a_camera_that_was_removed_is_said(self, house: Monitor) -> None:
        (stop,) = stops_of(house, [WINDOW])
        widget = LabelWidget(house, (LabelStop("clip-0123456789abcdef", stop.start_utc, stop.end_utc, "gone"),), "mia")
        shown(widget)
        assert "does not have the clip" in widget.strip["problem"]
        widget.close()

    def test_who_hurries_past_leaves_no_work_behind(self) -> None:
        stops = tuple(LabelStop("c", MORNING, MORNING + HOUR, str(n)) for n in range(60))
        asked: set[str] = set()
        ready: list[int] = []
        go = threading.Event()

        def find(stop: LabelStop) -> Any:
            asked.add(stop.title)
            go.wait(PATIENCE_S)
            raise LabError("It is gone.")

        ahead = PicturesAhead(stops, lambda stop: read_strip(stop, find), ready.append, lambda stop: warm(stop, find))
        for number in range(60):
            assert ahead.show(number) is None
        go.set()
        while ahead.get(59) is None:
            pass
        assert ahead.get(59) == Strip((), "It is gone.")
        assert asked <= {"0", "1", "59"}, "what was begun, and what is shown"
        ahead.close()
        assert ahead.show(5) is None, "nothing is begun any more"


def test_words_and_numbers() -> None:
    assert word("  Possible Fall ") == "possible_fall"
    assert word("moving about") == "moving about", "the name of a family"
    assert word("") == ""
    assert next_open({0, 1}, 3, 1) == 2
    assert next_open({1, 2}, 3, 2) == 0
    assert next_open({0, 1, 2}, 3, 0) is None
    moments = tuple(MORNING + timedelta(seconds=n) for n in range(50))
    few = thinned(moments, MOST_PICTURES)
    assert (len(few), few[0], few[-1]) == (MOST_PICTURES, moments[0], moments[-1])
    assert thinned(moments[:3], MOST_PICTURES) == list(moments[:3])
    parts = [(moments[0], moments[2]), (moments[10], moments[12])]
    assert evenly(parts, 4) == [MORNING + timedelta(seconds=n) for n in (0.5, 1.5, 10.5, 11.5)]
    assert evenly([], 4) == []
