"""The pages' language: which one, every word in it, and the pages in Korean."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from playwright.sync_api import Browser, expect

from livemon.base.datatypes import Language
from livemon.base.settings.settings import CameraSettings, Settings
from livemon.monitor.monitor import Monitor
from livemon.web.i18n import language
from livemon.web.i18n.ko import KOREAN
from livemon.web.i18n.language import choose_language, tr
from livemon.web.pages.parts.costs import SKIPPED
from livemon.web.pages.parts.day_timeline import LOOKS, MARKS, STRIP_WORDS
from livemon.web.pages.parts.event_filters import PERIODS, SEVERITIES, STATES, TYPES
from livemon.web.pages.parts.event_queue import WORDS as QUEUE_WORDS
from livemon.web.pages.parts.player_text import PLAYER_WORDS
from livemon.web.pages.parts.upload_area import WORDS as UPLOAD_WORDS
from livemon.web.pages.parts.weeks import AREAS, METRICS
from livemon.web.pages.parts.window_view import NO_FOOTAGE, VIDEO_WORDS
from livemon.web.pages.parts.zone_editor import WORDS as ZONE_WORDS
from livemon.web.server.login import PAGE, SPOKEN
from tests.conftest import FAST
from tests.days import CAM, DAY, analysis, archive, at, incident
from tests.web.test_browser import Visit, browser

__all__ = ["browser"]  # the fixture

PAGES = Path(language.__file__).parents[1]
HANGUL = re.compile("[가-힣]")


WORDS = (
    *PLAYER_WORDS.values(),
    *SPOKEN,
    *STRIP_WORDS.values(),
    *VIDEO_WORDS.values(),
    *UPLOAD_WORDS.values(),
    *(word for words in ZONE_WORDS.values() for word in (words if isinstance(words, list) else [words])),
    *QUEUE_WORDS.values(),
    *STATES,
    *SEVERITIES,
    *TYPES,
    *PERIODS,
    *METRICS,
    *AREAS.values(),
    *NO_FOOTAGE.values(),
    *SKIPPED.values(),
    *LOOKS.values(),
    *MARKS.values(),
)
"""Words that stand in tables, and go through `tr` later."""


def spoken() -> Iterator[tuple[str, str]]:
    """Yield the words that stand in calls of `tr`, with their module."""
    for path in sorted(PAGES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("tr", "_head") and node.args:
                choices = [node.args[0]]
                if isinstance(choices[0], ast.IfExp):
                    choices = [choices[0].body, choices[0].orelse]
                for choice in choices:
                    if isinstance(choice, ast.Constant):
                        yield path.name, choice.value


def test_every_word_that_pages_say_has_its_korean() -> None:
    missing = {(module, words) for module, words in spoken() if words not in KOREAN}
    assert missing == set()
    assert {words for words in WORDS if words not in KOREAN} == set()


def test_korean_has_the_same_values_in_its_sentences() -> None:
    def values(words: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(words) if name is not None}

    assert {english for english, korean in KOREAN.items() if values(english) != values(korean)} == set()
    untranslated = {english for english, korean in KOREAN.items() if not HANGUL.search(korean)}
    assert untranslated <= {"livemon"}


def test_a_login_page_is_korean_for_a_korean_browser() -> None:
    html = PAGE.render(lang="ko", words={english: KOREAN[english] for english in SPOKEN}, login_endpoint="/login")
    assert "비밀번호" in html
    assert '<html lang="ko">' in html


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "chosen"),
    [
        ("ko", "en", "en", Language.KOREAN),
        ("", "ko", "en-US,en;q=0.9", Language.KOREAN),
        ("", "", "fr-FR,fr;q=0.9,ko-KR;q=0.8,en;q=0.7", Language.KOREAN),
        ("xx", "", "", Language.ENGLISH),
        ("", "", "de", Language.ENGLISH),
    ],
)
def test_the_first_language_that_is_ours_is_taken(asked: str, kept: str, accepted: str, chosen: Language) -> None:
    assert choose_language(asked, kept, accepted) is chosen


def test_outside_of_a_page_words_are_english() -> None:
    assert tr("seen {n} times", n=3) == "seen 3 times"


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, profile=FAST) as made:
        archive(made, at(9))
        analysis(made, at(9), score=40, incidents=[incident(at(9), "danger")])
        yield made


@pytest.mark.browser
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "카메라가 정지되어 아무것도 보지 않습니다."),
        ("/", "방송하지 않음"),
        ("/events", "검토할 것 없음"),
        (f"/day?date={DAY}", "2026년 11월 22일 일요일"),
        ("/cameras", "카메라 추가"),
        ("/prompts", "사용 중인 프롬프트"),
        ("/system", "오늘 쓴 돈"),
    ],
)
def test_a_korean_phone_gets_korean_pages(browser: Browser, monitor: Monitor, path: str, words: str) -> None:
    page = browser.new_page(locale="ko-KR", viewport={"width": 390, "height": 844}, is_mobile=True)
    visit = Visit(page)
    page.goto(monitor.serve().url + path)
    page.get_by_text(words).first.wait_for()
    expect(page.get_by_role("navigation", name="페이지").get_by_role("link", name="실시간")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "ko"
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert visit.errors == []
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_a_chosen_language_stays(browser: Browser, monitor: Monitor, width: int) -> None:
    context = browser.new_context(locale="en-US", viewport={"width": width, "height": 844}, is_mobile=width == 390)
    page = context.new_page()
    page.goto(f"{monitor.serve().url}/day?camera={CAM}&date={DAY}")
    page.get_by_role("link", name="한국어").click()
    page.get_by_text("2026년 11월 22일").first.wait_for()
    assert "date=2026-11-22" in page.url, "the rest of the address stays"
    page.goto(f"{monitor.serve().url}/events")
    page.get_by_text("검토할 것 없음").wait_for()
    page.get_by_role("link", name="English").click()
    page.get_by_text("Nothing to review").wait_for()
    context.close()


@pytest.mark.browser
def test_what_livemon_says_of_a_camera_is_korean_too(browser: Browser, settings: Settings) -> None:
    source = "rtsp://127.0.0.1:9/live"
    cameras = {"door": CameraSettings(source=source, name="현관")}
    with Monitor(settings.model_copy(update={"cameras": cameras}), profile=FAST) as monitor:
        monitor.start("door")
        page = browser.new_page(locale="ko-KR")
        page.goto(monitor.serve().url)
        refused = "rtsp://127.0.0.1이(가) 연결을 거부합니다. 주소와 카메라가 켜져 있는지 확인하세요."
        expect(page.get_by_text(refused).first).to_be_visible()
        page.close()
