"""A third language is one catalog: the pseudo-locale on all pages, which finds what is not translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.messages.message import message
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from tests.catalogs import outside, pseudo_locale
from tests.conftest import FAST
from tests.days import CAM, DAY, analysis, archive, at
from tests.web.test_browser import Visit, browser

__all__ = ["browser"]  # the fixture

WORD = re.compile("[A-Za-z\N{LATIN SMALL LETTER A WITH GRAVE}-\N{LATIN SMALL LETTER Y WITH DIAERESIS}]{3,}")
DATA = re.compile(
    # days and months of CLDR, which has no pseudo-locale; names of languages, models, files, programs and units
    r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\b|\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b"
    r"|\b(English|Korean|livemon|local|gemini[\w.-]*|look_en|study_en|sqlite|UTC|Seoul|Asia/Seoul|kitchen)\b"
    r"|\b(rtsp|test-pattern|camera-\d|livemon.toml|CSV|Python|panel|google-genai)\b|/[\w./-]+|[\w-]+\.(mp4|toml|db)\b"
    # what was made up for the test, and what models say
    r"|Playroom|Held the sofa and stood\.|Pulls up to stand|Playing with blocks"
)
FRAMEWORK = re.compile(
    "Toggle theme|display the password|Choose date.*|Day|Month|Year|description|[a-z]+(_[a-z]+)+"
    "|close|menu|download|tune|fullscreen|YYYY"
)
"""Texts and names of icons of panel-material-ui, which it has in English only."""
TEXTS = """() => {
  const found = [];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) { found.push(node.textContent); return; }
    if (node.nodeType !== Node.ELEMENT_NODE && node.nodeType !== Node.DOCUMENT_FRAGMENT_NODE) return;
    if (["STYLE", "SCRIPT", "NOSCRIPT", "PRE", "CODE"].includes(node.tagName)) return;
    if (node.getAttribute) for (const name of ["aria-label", "title", "placeholder", "alt"])
      if (node.getAttribute(name)) found.push(node.getAttribute(name));
    if (node.shadowRoot) walk(node.shadowRoot);
    for (const child of node.childNodes) walk(child);
  };
  walk(document.body);
  return found;
}"""


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, profile=FAST) as made:
        archive(made, at(9))
        analysis(made, at(9), score=40, summary="", incidents=[])
        said = (message("event.file_skipped", file="a.mp4"), message("video.empty_file", file="a.mp4"))
        seen = Observation(
            *("file_skipped", EventType.SYSTEM, Severity.WARNING, str(said[0]), str(said[1]), 1.0, at(9), at(9)),
            evidence_utcs=(),
            said=said,
        )
        writes.add_event(made.database, CAM, seen, at(9), model="livemon")
        yield made


def untranslated(page: Page) -> set[str]:
    return {
        text.strip()
        for text in page.evaluate(TEXTS)
        if WORD.search(DATA.sub("", outside(text))) and not FRAMEWORK.fullmatch(text.strip())
    }  # fmt: skip


@pytest.mark.browser
@pytest.mark.parametrize(
    "path", ["/", "/events?state=any", f"/day?date={DAY}", "/cameras", "/prompts", "/system", "/notifications"]
)  # fmt: skip
def test_no_page_has_an_untranslated_word(
    browser: Browser, monitor: Monitor, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pseudo_locale(tmp_path / "locale", monkeypatch) as language:
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        visit = Visit(page)
        separator = "&" if "?" in path else "?"
        page.goto(f"{monitor.serve().url}{path}{separator}lang={language}")
        page.get_by_text("\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}").first.wait_for()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.lang") == language
        assert untranslated(page) == set()
        assert visit.errors == []
        page.close()
