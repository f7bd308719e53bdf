"""Messages: what is told by code and values, in any language that has a catalog."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from livemon.base.datatypes import Severity
from livemon.base.errors import LivemonError, StreamError, TooManyRequests, UnknownCamera
from livemon.base.messages import catalog
from livemon.base.messages.catalog import (
    ENGLISH,
    accepted_languages,
    chosen_language,
    day_text,
    duration_text,
    english_templates,
    hint,
    languages,
    number_text,
    text,
    whole_text,
)
from livemon.base.messages.message import Message, message, system_reason
from livemon.base.messages.recognise import recognised
from tests.catalogs import catalog_of

ROOT = Path(__file__).parents[2]
HANGUL = re.compile("[가-힣]")
SENTENCE_END = re.compile(r"(?<=[.?!])\s(?=[A-Z`])")
MOST_WORDS = 25


def test_the_catalogs_fit_the_source_and_are_compiled() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/messages.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_korean_text_is_korean() -> None:
    """What is not only places, names of programs and signs."""
    foreign = set()
    for code, english in english_templates():
        korean = catalog.template(code, "ko") or ""
        said = re.sub(r"\{[^{}]*\}|livemon|[A-Z]{2,}", "", english)
        if re.search("[a-z]{3}", said) and not HANGUL.search(korean) and not code.startswith(("date.", "cldr.")):
            foreign.add(code)
    assert foreign <= {"event.of_camera", "doctor.about_ffmpeg", "doctor.no_korean_font.hint"}


def test_no_sentence_is_long() -> None:
    long = {
        (code, sentence)
        for code, english in english_templates()
        for sentence in SENTENCE_END.split(english)
        if len(sentence.split()) > MOST_WORDS
    }
    assert long == set()


def test_an_error_says_what_is_wrong_and_what_to_do_in_any_language() -> None:
    error = UnknownCamera("porch", ["hall", "room"])
    assert error.message == "There is no camera 'porch'."
    assert (
        str(error)
        == "There is no camera 'porch'. There are: hall, room. Add one on the Cameras page, or in livemon.toml."
    )
    assert whole_text(error.said, "ko").startswith("'porch' 카메라가 없습니다. 있는 것: hall, room.")
    assert "There are: none." in str(UnknownCamera("porch", []))


def test_a_message_within_another_is_said_in_the_same_language() -> None:
    inner = StreamError("source.refused", host="door")
    outer = message("footage.not_readable", cause=inner.said)
    assert whole_text(outer) == (
        "Its footage cannot be read: door refuses connections. Check the address, and that the camera is on."
    )
    assert whole_text(outer, "ko") == (
        "녹화를 읽을 수 없습니다: door이(가) 연결을 거부합니다. 주소와 카메라가 켜져 있는지 확인하세요."
    )


def test_one_and_more_are_told_apart() -> None:
    assert text(message("day.n_incidents", n=1)) == "1 incident"
    assert text(message("day.n_incidents", n=2)) == "2 incidents"
    assert text(message("day.n_incidents", n=2), "ko") == "사고 2건"


def test_values_are_plain_data_and_survive_being_stored() -> None:
    at = datetime(2026, 11, 22, 14, tzinfo=UTC)
    said = message(
        "x.y", path=Path("/a"), severity=Severity.DANGER, at=at, parts=["a", Path("b")], cause=message("x.z", n=1)
    )
    assert said.values == {
        "path": "/a", "severity": "danger", "at": at, "parts": ("a", "b"), "cause": message("x.z", n=1)
    }  # fmt: skip
    assert Message.from_json(json.loads(json.dumps(said.to_json()))) == said
    assert message("x.y", share=float("nan")).to_json()["values"] == {"share": None}


def test_markup_and_braces_in_values_are_text_and_nothing_else() -> None:
    said = text(message("api.no_user", name="<b>{name}</b>{0}{__class__}"))
    assert said == "There is no user <b>{name}</b>{0}{__class__}.", "escaped once, by what shows it"


def test_nothing_but_values_can_be_reached_from_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    with catalog_of(monkeypatch, {"x.bad": "{name.__class__} {0} {name!r:>5}"}):
        assert text(message("x.bad", name="a")) == "x.bad (name=a)"


@pytest.mark.parametrize("broken", ["{camera", "{kamera}", "{camera:.2f}", "{}"])
def test_a_broken_text_falls_back_to_english(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with catalog_of(monkeypatch, {"camera.unknown": broken}, language="ko"):
        assert text(message("camera.unknown", camera="a"), "ko") == "There is no camera 'a'."


def test_a_code_without_a_text_is_told_with_its_values() -> None:
    assert text(message("no.such_code", a=1, b="c")) == "no.such_code (a=1, b=c)"
    assert str(LivemonError("Plain words.")) == "Plain words."


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (["ko"], "ko"),
        (["ko_KR.UTF-8"], "ko"),
        (["fr", "ko-KR"], "ko"),
        (["xx", "../../etc"], "en"),
        (["", "C.UTF-8", "POSIX"], "en"),
        ([], "en"),
    ],
)
def test_the_first_language_that_has_a_catalog_is_taken(wanted: list[str], chosen: str) -> None:
    assert chosen_language(wanted) == chosen


def test_browsers_weights_count() -> None:
    assert accepted_languages("de;q=0.3, ko;q=0.9, en, fr;q=0, *;q=x") == ["en", "ko", "de"]
    assert languages()[0] == ENGLISH


def test_a_refusal_of_the_system_has_words_or_its_own() -> None:
    assert whole_text(message("x", reason=system_reason(OSError(28, "No space left on device")))) == (
        "x (reason=No space left on device)"
    )
    said = message("upload.not_kept", reason=system_reason(OSError(28, "No space left on device")))
    assert text(said, "ko") == "동영상을 저장하지 못했습니다: 디스크에 공간이 없음."
    assert system_reason(OSError(95, "Operation not supported")) == "Operation not supported"


def test_dates_numbers_and_lengths_of_time_are_the_languages_own(monkeypatch: pytest.MonkeyPatch) -> None:
    day = date(2026, 11, 23)
    assert day_text(day, "date.long") == "Monday 23 November 2026"
    assert day_text(day, "date.long", "ko") == "2026년 11월 23일 월요일"
    assert day_text(day, "date.short") == "Mon 23 Nov"
    assert day_text(day, "date.short", "ko") == "11월 23일 (월)"
    assert number_text(1234.5, ",.1f") == "1,234.5"
    with catalog_of(monkeypatch, {"cldr.decimal": ",", "cldr.group": "."}, language="ko"):
        catalog._signs.cache_clear()
        assert number_text(1234.5, ",.1f", "ko") == "1.234,5"
    catalog._signs.cache_clear()
    assert duration_text(7800) == "2 h 10 min"
    assert duration_text(45, "ko") == "45초"


def test_a_wait_is_told_and_kept() -> None:
    error = TooManyRequests("access.too_often", wait=message("wait.minutes", n=2), wait_s=120.0)
    assert error.wait_s == 120
    assert error.hint == "Wait 2 minutes."
    assert hint(error.said, "ko") == "2분 기다리세요."


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("Camera is back", "카메라가 돌아왔습니다"),
        ("door: back; nothing was recorded for 1 min 5 s.", "door: 돌아왔습니다. 1분 5초 동안 녹화되지 않았습니다."),
        ("Something moved", "무언가 움직였습니다"),
        ("Nothing like it is known.", "Nothing like it is known."),
        ("No money for a call", text(Message("event.budget_spent"), "ko")),
        ("door sends something that is no video.", text(message("source.not_a_video", host="door"), "ko")),
    ],
)
def test_sentences_of_rows_of_before_are_recognised(english: str, korean: str) -> None:
    assert recognised(english, "ko") == korean
    assert recognised(english, "en") == english


def test_texts_and_dates_are_made_without_babel() -> None:
    told = (
        "import sys, livemon.base.errors, livemon.web.server.serve, livemon.cli.app; from datetime import date;"
        "from livemon.base.messages.catalog import day_text; str(livemon.base.errors.UnknownCamera('a', []));"
        "day_text(date(2026, 11, 23), 'date.long', 'ko'); print('babel' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "False"
