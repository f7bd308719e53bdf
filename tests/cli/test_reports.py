"""`livemon analyze` and `livemon report` as a user runs them."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from livemon.archive.camera_archive import CameraArchive
from livemon.base.clock import SystemClock, Window
from livemon.base.errors import ReportError
from livemon.base.settings.settings import load_settings
from livemon.cli.app import app
from livemon.reports.making.reporter import DailyReporter, MadeReport
from livemon.store import analyses, writes
from livemon.store.session import Database
from tests.recording import record

CAM = "camera-1"
WINDOW_START = Window.containing(datetime(2026, 11, 22, 13, 20, tzinfo=UTC)).start_utc


class Shell:
    """Runs `livemon ...` over one camera with a minute of footage, in Seoul."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "livemon.toml"
        self.config.write_text(
            f'data_dir = "{folder / "data"}"\nmodel = "local"\ntimezone = "Asia/Seoul"\n'
            f'[cameras.{CAM}]\nsource = "test-pattern"\nname = "Playroom"\n'
        )
        self.settings = load_settings(self.config)

    def __call__(self, *arguments: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(app, [*arguments, "--config", str(self.config)], input=answer)

    def record(self) -> None:
        """Archive eight seconds."""
        database = Database(self.settings.database)
        writes.add_missing_cameras(database, {CAM: "Playroom"}, SystemClock().now())
        segments = record(self.settings.camera_dir(CAM) / "hls", WINDOW_START)
        CameraArchive(CAM, self.settings, database).make(Window(WINDOW_START), segments)
        database.close()

    def statuses(self) -> list[str]:
        database = Database(self.settings.database)
        found = analyses.segment_analyses(database, CAM)
        database.close()
        return list(found["status"])


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def reporter(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, date, str, str]]:
    """Instead of papermill; a report of the 13th cannot be made."""
    asked: list[tuple[str, date, str, str]] = []

    async def make(
        _self: DailyReporter, camera_id: str, day: date, *, timezone: str, language: str, on_progress: object
    ) -> MadeReport:
        asked.append((camera_id, day, timezone, language))
        if day.day == 13:
            raise ReportError("Cell 3 failed: NameError. The notebook is 2026-11-13.en.failed.ipynb.")
        on_progress(0.5, "cell 3 of 6")  # type: ignore[operator]
        html = Path(f"/reports/{day}.html")
        return MadeReport(camera_id, day, timezone, language, "", 0, html, None, html, no_pdf="Pango is missing.")

    monkeypatch.setattr(DailyReporter, "make", make)
    return asked


def said(done: Result) -> str:
    return " ".join(done.output.split())


def test_recorded_windows_are_studied_with_the_cost_said_first(shell: Shell) -> None:
    shell.record()
    done = shell("analyze", "--since", "2026-11-22T22:20", "--until", "2026-11-22T22:30")
    assert done.exit_code == 0, done.output
    assert said(done).startswith("1 windows of camera-1 to study (0 are done), by local, for nothing.")
    assert "1 windows were studied." in said(done)
    assert shell.statuses() == ["completed"]
    again = shell("analyze", "--since", "2026-11-22", "--until", "2026-11-23")
    assert said(again) == "0 windows of camera-1 to study (1 are done), by local, for nothing."


def test_footage_that_is_gone_is_said_and_the_exit_code_tells(shell: Shell) -> None:
    shell.record()
    for path in shell.settings.data_dir.rglob("*.mp4"):
        path.unlink()
    for path in shell.settings.data_dir.rglob("*.ts"):
        path.unlink()
    done = shell("analyze", "--since", "2026-11-22", "--until", "2026-11-23", "--camera", CAM)
    assert done.exit_code == 1
    assert "0 windows were studied. 1 were not studied: camera-1 has no picture" in said(done)
    assert shell.statuses() == ["failed"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--since", "0001-01-01"), "--since must be a time; got 0001-01-01."),
        (("--until", "9999-12-31T23:00-12:00"), "--until must be a time; got 9999-12-31T23:00-12:00."),
        (("--since", "yesterday"), "--since must be a time; got yesterday. Write it like 2026-11-22"),
        (("--since", "2026-11-23", "--until", "2026-11-22"), "The time ends before it begins."),
        (("--camera", "nobody"), "camera-1"),
        (("--prompt", "study_en"), "takes no prompt"),
    ],
)
def test_wrong_arguments_are_said(shell: Shell, arguments: tuple[str, ...], sentence: str) -> None:
    done = shell("analyze", *arguments)
    assert done.exit_code == 1
    assert sentence in said(done)


def test_a_paid_model_is_asked_only_after_a_yes(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "k")
    shell.config.write_text(shell.config.read_text().replace('"local"', '"gemini"') + '[gemini]\ntier = "paid"\n')
    shell.record()
    done = shell("analyze", "--since", "2026-11-22", "--until", "2026-11-23", answer="n\n")
    assert done.exit_code == 1
    assert "on gemini-3.5-flash-lite: $0.01 at most. Go on?" in said(done)
    assert shell.statuses() == []


def test_a_report_is_made_of_yesterday_when_no_day_is_given(
    shell: Shell, reporter: list[tuple[str, date, str, str]]
) -> None:
    today = SystemClock().now().astimezone(shell.settings.zone).date()
    done = shell("report")
    assert done.exit_code == 0, done.output
    assert reporter == [(CAM, today - timedelta(days=1), "", "")]
    assert f"/reports/{today - timedelta(days=1)}.html" in said(done)
    assert "no PDF: Pango is missing." in said(done)


def test_a_report_of_another_day_zone_and_language(shell: Shell, reporter: list[tuple[str, date, str, str]]) -> None:
    done = shell("report", "--date", "2026-11-20", "--language", "ko", "--timezone", "Europe/Berlin")
    assert done.exit_code == 0, done.output
    assert reporter == [(CAM, date(2026, 11, 20), "Europe/Berlin", "ko")]


def test_sigterm_stops_a_report_and_the_next_try_need_not_wait(
    shell: Shell, reporter: list[tuple[str, date, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = DailyReporter.make

    async def stopped(_self: DailyReporter, *_args: object, **_kwargs: object) -> MadeReport:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(60)
        raise AssertionError("it went on")

    monkeypatch.setattr(DailyReporter, "make", stopped)
    done = shell("report", "--date", "2026-11-20")
    assert done.exit_code == 1
    assert "Stopped; the previous report is still there." in said(done)
    monkeypatch.setattr(DailyReporter, "make", made)
    assert shell("report", "--date", "2026-11-20").exit_code == 0
    assert len(reporter) == 1


@pytest.mark.usefixtures("reporter")
def test_a_report_that_fails_is_a_sentence_and_an_exit_code(shell: Shell) -> None:
    done = shell("report", "--date", "2026-11-13")
    assert done.exit_code == 1
    assert "camera-1: Cell 3 failed: NameError. The notebook is 2026-11-13.en.failed.ipynb." in said(done)


@pytest.mark.usefixtures("reporter")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--date", "22.11.2026"), "--date must be a day; got 22.11.2026."),
        (("--date", "0001-01-01"), "0001-01-01 is out of range."),
        (("--date", "9999-12-31"), "9999-12-31 is out of range."),
        (("--timezone", "Mars/Olympus"), "'Mars/Olympus' is not an IANA time zone."),
        (("--language", "fr"), "There is no report in 'fr'. Write one of en, ko."),
        (("--camera", "nobody"), "camera-1"),
    ],
)
def test_a_wrong_day_zone_or_language_is_said(shell: Shell, arguments: tuple[str, ...], sentence: str) -> None:
    done = shell("report", *arguments)
    assert done.exit_code == 1
    assert sentence in said(done)


def test_a_window_that_is_going_on_is_not_studied(shell: Shell) -> None:
    """It has no archive yet."""
    done = shell("analyze")
    assert said(done) == "0 windows of camera-1 to study (0 are done), by local, for nothing."
