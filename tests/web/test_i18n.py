"""The pages' language: which one, every word in it, and the pages in Korean."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from livemon.base.messages.catalog import template
from livemon.base.settings.settings import CameraSettings, Settings
from livemon.monitor.monitor import Monitor
from livemon.web.i18n.language import choose_language, tr
from livemon.web.server.login import PAGE, SPOKEN
from tests.conftest import FAST
from tests.days import CAM, DAY, analysis, archive, at, incident
from tests.web.test_browser import Visit, browser

__all__ = ["browser"]  # the fixture


def test_a_login_page_is_korean_for_a_korean_browser() -> None:
    words = {name: template(code, "ko") for name, code in SPOKEN.items()}
    html = PAGE.render(lang="ko", words=words, login_endpoint="/login")
    assert "비밀번호" in html
    assert '<html lang="ko">' in html


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "chosen"),
    [
        ("ko", "en", "en", "ko"),
        ("", "ko", "en-US,en;q=0.9", "ko"),
        ("", "", "fr-FR,fr;q=0.9,ko-KR;q=0.8,en;q=0.7", "ko"),
        ("xx", "", "", "en"),
        ("", "", "de", "en"),
    ],
)
def test_the_first_language_that_is_ours_is_taken(asked: str, kept: str, accepted: str, chosen: str) -> None:
    assert choose_language(asked, kept, accepted) == chosen


def test_outside_of_a_page_words_are_english() -> None:
    assert tr("page.seen_times", n=3) == "seen 3 times"


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
        ("/notifications", "누구에게 알리나요"),
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
