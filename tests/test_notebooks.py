from pathlib import Path

import papermill
import pytest

from livemon.clock import Window
from livemon.config import load_settings
from livemon.keeper import ArchiveKeeper
from livemon.store import writes
from livemon.store.session import Database
from tests.conftest import MORNING, make_video
from tests.recording import record
from tests.reports.synthetic import LATER, Made, at, incident, marks

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["01_watch.ipynb"])
def test_a_notebook_runs_from_top_to_bottom(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    make_video(tmp_path / "videos" / "a.mp4", duration_s=5, size="320x240")
    parameters = {"videos": str(tmp_path / "videos"), "data_dir": str(tmp_path / "data"), "watch_s": 12}
    done = papermill.execute_notebook(
        ROOT / "notebooks" / name, tmp_path / name, parameters=parameters, kernel_name="python3", cwd=ROOT / "notebooks"
    )
    shown = [str(output) for cell in done.cells for output in cell.get("outputs", [])]
    assert any("application/vnd.jupyter.widget-view+json" in text for text in shown), "the player is a widget"
    assert any("http://127.0.0.1:" in text for text in shown), "the kernel serves the dashboard"
    assert any("severity" in text for text in shown), "the events are a table"


def test_the_notebook_of_the_past_studies_what_was_recorded(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path / "data")
    database = Database(settings.database)
    writes.upsert_camera(database, "camera-1", "Playroom", "", MORNING)
    segments = record(settings.camera_dir("camera-1") / "hls", MORNING)
    ArchiveKeeper("camera-1", settings, database).make(Window(MORNING), segments)
    database.close()
    parameters = {
        "data_dir": str(tmp_path / "data"),
        "since": "2026-11-23T08:00+00:00",
        "until": "2026-11-23T09:00+00:00",
    }
    done = papermill.execute_notebook(
        ROOT / "notebooks" / "02_analyze.ipynb",
        tmp_path / "done.ipynb",
        parameters=parameters,
        kernel_name="python3",
        cwd=tmp_path,
    )
    shown = [str(output) for cell in done.cells for output in cell.get("outputs", [])]
    assert any("1 windows of camera-1 to study" in text for text in shown)
    assert any("1 studied, 0 failed, 0 wait." in text for text in shown)
    assert any("OpenCV" in text for text in shown), "the table shows what was seen"


def test_the_report_opened_by_hand_shows_the_same_sections(tmp_path: Path) -> None:
    made = Made(tmp_path)
    day = marks(at(0), at(24))
    made.archives(day)
    made.analyses(day, result={"incidents": [incident(at(9), "warning", "Climbed the shelf")]})
    made.database.close()
    parameters = {"data_dir": str(tmp_path), "timezone": "Asia/Seoul", "language": "ko", "now": LATER.isoformat()}
    done = papermill.execute_notebook(
        ROOT / "notebooks" / "daily_report.ipynb",
        tmp_path / "ran.ipynb",
        parameters=parameters,
        kernel_name="python3",
        cwd=ROOT / "notebooks",
    )
    sections = [cell for cell in done.cells if "section" in cell.metadata.tags]
    shown = ["".join(cell.outputs[0].data["text/html"]) for cell in sections]
    assert len(shown) == 8
    assert "2026년 11월 22일 일요일" in shown[0], "yesterday, when no date is given"
    assert "<style>" in shown[0], "a notebook has no style sheet of ours"
    assert "Climbed the shelf" in shown[2]
    assert all("<svg" in shown[number] for number in (1, 5)), "the charts are drawn"
