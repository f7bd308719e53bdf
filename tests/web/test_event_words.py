"""What events say on pages: livemon's own words in the page's language, a model's as they are and marked."""

from __future__ import annotations

import pytest

from livemon.base.messages.message import message
from livemon.web.i18n import messages
from livemon.web.i18n.messages import event_html, foreign_language, tr_event


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
