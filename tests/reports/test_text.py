import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from livemon.base.datatypes import Language
from livemon.base.messages.catalog import english_templates, template
from livemon.reports.render.text import Words

SEOUL = ZoneInfo("Asia/Seoul")
NEW_YORK = ZoneInfo("America/New_York")
ENGLISH = Words(Language.ENGLISH, SEOUL)
KOREAN = Words(Language.KOREAN, SEOUL)


def test_korean_phrases_are_korean() -> None:
    foreign = {
        code
        for code, _ in english_templates()
        if code.startswith("day_report.")
        and re.search("[A-Za-z]", re.sub(r"\{[^{}]*\}|livemon", "", template(code, "ko") or code))
    }
    assert foreign == set()


def test_dates_and_times_are_written_as_people_do() -> None:
    sunday = date(2026, 11, 22)
    assert ENGLISH.day(sunday) == "Sunday, 22 November 2026"
    assert KOREAN.day(sunday) == "2026년 11월 22일 일요일"
    assert KOREAN.time(datetime(2026, 11, 22, 5, 2, 10, tzinfo=UTC)) == "14:02"
    assert ENGLISH.time_s(datetime(2026, 11, 22, 5, 2, 10, tzinfo=UTC)) == "14:02:10"


def test_the_last_midnight_of_a_day_is_24_oclock() -> None:
    start, end = datetime(2026, 11, 22, 14, 30, tzinfo=UTC), datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert ENGLISH.span(start, end, date(2026, 11, 22)) == "23:30\N{EN DASH}24:00"


def test_a_time_that_the_clocks_show_twice_says_which() -> None:
    words = Words(Language.ENGLISH, NEW_YORK)
    assert words.time(datetime(2026, 11, 1, 5, 30, tzinfo=UTC)) == "01:30 EDT"
    assert words.time(datetime(2026, 11, 1, 6, 30, tzinfo=UTC)) == "01:30 EST"
    assert words.time(datetime(2026, 11, 1, 7, 30, tzinfo=UTC)) == "02:30"
    assert words.time(datetime(2026, 3, 8, 7, 30, tzinfo=UTC)) == "03:30", "skipped hours are not shown at all"


@pytest.mark.parametrize(
    ("duration_s", "english", "korean"),
    [
        (0, "0 min", "0분"),
        (26, "26 s", "26초"),
        (59.7, "1 min", "1분"),
        (150, "2 min", "2분"),
        (3600, "1 h", "1시간"),
        (80_000, "22 h 13 min", "22시간 13분"),
    ],
)
def test_durations(duration_s: float, english: str, korean: str) -> None:
    assert ENGLISH.duration(duration_s) == english
    assert KOREAN.duration(duration_s) == korean


def test_all_and_nothing_are_said_of_all_and_nothing_only() -> None:
    assert [ENGLISH.share(part) for part in (0, 0.004, 0.5, 0.997, 1)] == ["0%", "<1%", "50%", ">99%", "100%"]


def test_one_and_more() -> None:
    assert ENGLISH.say("dangers", n=1) == "1 danger"
    assert ENGLISH.say("dangers", n=1200) == "1,200 dangers"
    assert KOREAN.say("dangers", n=1) == "위험 1건"


def test_an_unknown_score_is_never_a_number() -> None:
    assert ENGLISH.score(None) == ENGLISH.score(float("nan")) == "\N{EN DASH}"
    assert ENGLISH.score(99.6) == "100"
