"""A report in a language that is one catalog and no code: the pseudo-locale finds what is not translated."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from livemon.reports.render.summary import tell
from livemon.reports.render.text import Words
from tests.catalogs import outside, pseudo_locale
from tests.reports.synthetic import SEOUL, Made, at, incident, observation
from tests.reports.test_sections import DAY, made, page

__all__ = ["made"]  # the fixture

WORD = re.compile("[A-Za-z\N{LATIN SMALL LETTER A WITH GRAVE}-\N{LATIN SMALL LETTER Y WITH DIAERESIS}]{3,}")
DATA = re.compile(
    r"\b(Sunday|Monday|November|livemon|Asia/Seoul|Playroom|UTC)\b"  # names of CLDR, programs and zones
    r"|Walks alone|gemini[\w.-]+|Stands on the back of the sofa and reaches for the shelf\."
    r"|Takes six steps from the sofa to the mat without holding on\."
)


class Texts(HTMLParser):
    """Collects what people read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._quiet = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._quiet += tag in ("style", "script")
        self.found += [value for name, value in attrs if name in ("alt", "title", "aria-label") and value]

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.found.append(data)


def test_no_sentence_of_a_report_is_untranslated(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.archives(DAY[:100])
    made.archives([DAY[100]], gap=(at(16, 42), at(16, 45)))
    seen = {"incidents": [incident(at(9), "danger", "○○")], "development": [observation(at(9))], "activities": []}
    made.analyses(DAY[:90], result=seen)
    made.analyses(DAY[90:95], "failed", error="○○")
    made.events([{"start_utc": at(9), "event_type": "system", "severity": "warning", "title": "○○"}])
    made.calls([at(9), at(9, 1)])
    made.calls([at(9, 2)], cost_usd=None, status="failed")
    with pseudo_locale(tmp_path / "locale", monkeypatch) as language:
        words = Words(language, SEOUL)
        day = made.day()
        parser = Texts()
        parser.feed("".join(page(day, words).values()))
        told = [*parser.found, tell(day, words)]
    assert {text for text in told if WORD.search(DATA.sub("", outside(text)))} == set()
    assert len(told) > 100
