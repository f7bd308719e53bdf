"""`livemon search`: events and windows with certain words, in sentences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from livemon.base.clock import Window
from livemon.base.datatypes import Severity
from livemon.base.settings.settings import load_settings
from livemon.cli.app import app
from livemon.store import analyses, word_index, work, writes
from livemon.store.session import Database
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.store.tables.search import WordIndexProgress
from tests.conftest import MORNING, seen

Search = Callable[..., Result]


@pytest.fixture
def search(tmp_path: Path) -> Search:
    """The command, in a folder of two cameras: one event each, and a window."""
    config = tmp_path / "livemon.toml"
    cameras = "".join(f'[cameras.{name}]\nsource = "test-pattern"\n' for name in ("camera-1", "hall"))
    config.write_text(f'data_dir = "{tmp_path / "data"}"\ntimezone = "Asia/Seoul"\n{cameras}')
    database = Database(load_settings(config).database)
    writes.add_missing_cameras(database, {"camera-1": "Playroom", "hall": "Hall"}, MORNING)
    for camera, title in (("camera-1", "계단에서 낙상"), ("hall", "낙상한 의자")):
        writes.add_event(database, camera, seen(0, severity=Severity.DANGER, title=title), MORNING, model="m")
    row = analyses.analysis_id(database, "camera-1", Window(MORNING))
    assert work.claim(database, SegmentAnalysis, row, "me", MORNING)
    assert work.complete(database, SegmentAnalysis, row, "me", MORNING, summary="낙상은 없었음", analysis_result={})
    database.close()
    return lambda *given: CliRunner().invoke(app, ["search", *given, "--config", str(config)])


def test_events_and_windows_are_listed_in_the_settings_time_zone(search: Search) -> None:
    done = search("낙상")
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "2026-11-23 17:00:00  hall  danger  낙상한 의자 (event 2)",
        "2026-11-23 17:00:00  camera-1  danger  계단에서 낙상 (event 1)",
        "2026-11-23 17:00:00  camera-1  window  낙상은 없었음",
    ]
    assert search("낙상", "--camera", "hall").output.splitlines() == done.output.splitlines()[:1]
    assert len(search("낙상", "--limit", "1").output.splitlines()) == 2, "one event, and one window"


def test_nothing_found_and_operators_are_said(search: Search) -> None:
    assert search("giraffe").output == "Nothing contains these words.\n"
    assert "all the words are looked for" in search('"낙상"').output


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((" ",), "' ' has no word to search for"),
        (("낙" * 1000,), "1,000 characters; at most 200 are allowed"),
        (("낙상", "--camera", "attic"), "attic"),
    ],
)
def test_what_cannot_be_looked_for_is_a_sentence(search: Search, given: tuple[str, ...], said: str) -> None:
    done = search(*given)
    assert done.exit_code == 1
    assert said in done.output and "Traceback" not in done.output


def test_a_search_that_is_not_complete_says_so(search: Search, tmp_path: Path) -> None:
    database = Database(load_settings(tmp_path / "livemon.toml").database)
    with database.writing() as session:
        named = sa.update(WordIndexProgress).where(WordIndexProgress.name == word_index.EVENTS)
        session.execute(named.values(below_id=1, first_below_id=2))
    database.close()
    assert search("낙상").output.splitlines()[-1].startswith("The search is not complete yet: 50 %")
