"""What events say on pages: livemon's own words in the page's language, a model's as they are and marked."""

from __future__ import annotations

import pandas as pd
import pytest

from livemon.base.messages.message import message
from livemon.web.i18n import language, messages
from livemon.web.i18n.messages import event_html, foreign_language, tr_event
from livemon.web.pages.parts.event_detail import detected_words


def test_what_a_language_model_says_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "language", lambda: "ko")
    event = {"title": "The child does not answer.", "model": "gemini-3.5-flash-lite", "said": None}
    assert tr_event(event, "title") == "The child does not answer."
    assert tr_event({"title": "Something moved", "model": "local"}, "title") == "무언가 움직였습니다"
    assert tr_event({"title": "Camera is back", "model": "livemon"}, "title") == "카메라가 돌아왔습니다"


def test_what_livemon_says_is_said_by_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"title": message("event.file_skipped", file="a.mp4").to_json(), "description": {"code": 3}}
    event = {"title": "kept", "description": "kept, too", "model": "livemon", "said": said}
    assert tr_event(event, "title") == "a.mp4 is skipped"
    monkeypatch.setattr(messages, "language", lambda: "ko")
    assert tr_event(event, "title") == "a.mp4을(를) 건너뜁니다"
    assert tr_event(event | {"said": {"title": "no message"}}, "title") == "kept", "what cannot be read is no failure"


def test_a_models_words_are_marked_where_their_language_is_not_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    event = {"title": "A <b>child</b>", "description": "", "model": "gemini-3.5-flash-lite", "said": None}
    assert event_html(event, "title") == "A &lt;b&gt;child&lt;/b&gt;", "escaped once"
    monkeypatch.setattr(messages, "language", lambda: "ko")
    assert foreign_language(event) == "en"
    assert event_html(event, "title").startswith("<span lang='en'>A &lt;b&gt;child&lt;/b&gt;</span><sup")
    assert foreign_language(event | {"title": "아이가 넘어짐"}) == ""
    assert foreign_language(event | {"model": "livemon"}) == ""


@pytest.mark.parametrize(
    ("people", "pets", "zones", "english", "korean"),
    [
        (2, ["dog"], ["cot"], "Detector: 2 people, a dog; zone: cot", "감지기: 사람 2명, 개; 구역: cot"),
        (1, [], [], "Detector: 1 person", "감지기: 사람 1명"),
        (0, ["cat"], ["a", "b"], "Detector: no people, a cat; zones: a, b", "감지기: 사람 없음, 고양이; 구역: a, b"),
        (pd.NA, None, ["cot"], "Detector: people not known; zone: cot", "감지기: 사람 수 알 수 없음; 구역: cot"),
        (pd.NA, None, None, "", ""),
    ],
)
def test_what_the_detector_found_is_told_in_words_and_unknown_is_not_nobody(
    monkeypatch: pytest.MonkeyPatch, people: object, pets: object, zones: object, english: str, korean: str
) -> None:
    event = {"people": people, "pets": pets, "zones": zones}
    assert detected_words(event) == english
    monkeypatch.setattr(language, "language", lambda: "ko")
    assert detected_words(event) == korean
