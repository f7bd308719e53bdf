"""What other parts of livemon say is Korean on Korean pages: every error that a page can show, with what is in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import livemon
from livemon.base import errors
from livemon.base.datatypes import Language
from livemon.store import retention
from livemon.vlm.local import words
from livemon.web.i18n import messages
from livemon.web.i18n.messages import SENTENCES, said_in, tr_event
from tests.web.test_i18n import HANGUL

ROOT = Path(livemon.__file__).parent
SHOWN = (
    "cameras/segment_analyzer",
    "jobs/backfill",
    "cameras/added",
    "monitor/erase",
    "jobs/report_requests",
    "inference/scene",
    "monitor/rate_limit",
    "monitor/uploads",
    "stream/live/hls",
    "stream/sources/allowed_hosts",
    "stream/sources/local",
    "stream/lock",
    "stream/sources/check",
    "stream/files/uploads",
    "stream/files/upload_place",
    "stream/sources/network",
    "stream/sources/video_queue",
    "store/session",
    "web/pages/cameras",
    "web/pages/parts/missed",
    "store/event_search",
    "store/search_words",
    "store/word_index",
)
"""The modules whose errors reach a page, as far as a page asks for what raises them."""

ELSEWHERE = {
    # of the API: a page asks for the confirmation by itself
    "GET .../reset/{0} says what would go, and gives a confirmation for five minutes.",
    # of notebooks and the command line
    "The time ends before it begins.",
    "Give an end that is later.",
    # unexpected, so nobody wrote a sentence: the name of a Python error and its words
    "{0}: {1}",
    # one of several that stand in UNREACHABLE; each has its Korean
    "{0} {1}.",
}
NAMES = {name for name, kind in vars(errors).items() if isinstance(kind, type)} | {"_stalled", "_set_state"}


def templates(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        places = iter(range(9))
        parts = (each.value if isinstance(each, ast.Constant) else f"{{{next(places)}}}" for each in node.values)
        yield "".join(map(str, parts))
    elif isinstance(node, ast.IfExp):
        yield from templates(node.body)
        yield from templates(node.orelse)


def raised() -> set[str]:
    """What the modules raise, {0} and so on for what changes."""
    found = set()
    for module in SHOWN:
        for node in ast.walk(ast.parse((ROOT / f"{module}.py").read_text())):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if name in NAMES:
                    found |= {one for argument in node.args for one in templates(argument)}
    return {one for one in found if " " in one}


def filled(template: str) -> str:
    return template.format(*(f"Value{place}" for place in range(9)))


def test_every_error_that_pages_show_has_its_korean() -> None:
    missing = {one for one in raised() - ELSEWHERE if not HANGUL.search(said_in(filled(one), Language.KOREAN))}
    assert missing == set()


def local_sentences() -> Iterator[str]:
    """What the local model says, with values in it."""
    for one in words.KINDS.values():
        yield from (one.title, one.description)
    yield from map(filled, words.DETAILS.values())
    yield filled(words.COUNT)


def test_what_the_local_model_and_the_disk_say_has_its_korean() -> None:
    for english in [*local_sentences(), *retention.SENTENCES.values()]:
        korean = said_in(english, Language.KOREAN)
        assert not re.search("[A-Za-z]{3}", re.sub(r"Value\d|min_free_gb|livemon doctor", "", korean)), korean


def test_a_sentence_keeps_its_values() -> None:
    for english in SENTENCES:
        korean = said_in(filled(english), Language.KOREAN)
        values = {f"Value{place}" for place in range(9) if f"{{{place}}}" in english}
        assert all(value in korean for value in values), english


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        (
            "rtsp://10.0.0.7/live does not answer. Check that the camera is on.",
            "rtsp://10.0.0.7/live이(가) 응답하지 않습니다. 카메라가 켜져 있는지 확인하세요.",
        ),
        (
            "door is there, but sends no picture: nothing came. Try again; if it stays so, look at the stream with"
            " another player.",
            "door에 연결되지만 화면이 오지 않습니다: 아무것도 오지 않음. 다시 해 보고, 그래도 같으면 다른 플레이어로"
            " 확인하세요.",
        ),
        (
            "$0.42 of the $0.80 of camera-1 today are spent; the camera looks half as often.",
            "camera-1 today $0.80 중 $0.42을(를) 썼습니다. 카메라는 절반만큼 살핍니다.",
        ),
        ("Nothing like it is known. Ask again.", "Nothing like it is known. Ask again."),
        (
            "The disk is full: no clip can be prepared. Somebody else's words",
            "디스크가 가득 차 영상을 준비할 수 없습니다. Somebody else's words",
        ),
    ],
)
def test_an_error_and_its_hint_are_found_each_by_itself(english: str, korean: str) -> None:
    assert said_in(english, Language.KOREAN) == korean
    assert said_in(english, Language.ENGLISH) == english


def test_what_a_language_model_says_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "language", lambda: Language.KOREAN)
    event = {"title": "The child does not answer.", "model": "gemini-3.5-flash-lite"}
    assert tr_event(event, "title") == "The child does not answer."
    assert tr_event({"title": "Something moved", "model": "local"}, "title") == "무언가 움직였습니다"
    assert tr_event({"title": "Camera is back", "model": "livemon"}, "title") == "카메라가 돌아왔습니다"
