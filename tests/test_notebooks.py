from pathlib import Path

import papermill
import pytest

from livemon.clock import Window
from livemon.config import load_settings
from livemon.keeper import ArchiveKeeper
from livemon.scenes import render_clips, scene_clip
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
        ROOT / "notebooks" / "06_analyze.ipynb",
        tmp_path / "done.ipynb",
        parameters=parameters,
        kernel_name="python3",
        cwd=tmp_path,
    )
    shown = [str(output) for cell in done.cells for output in cell.get("outputs", [])]
    assert any("1 windows of camera-1 to study" in text for text in shown)
    assert any("1 studied, 0 failed, 0 wait." in text for text in shown)
    assert any("OpenCV" in text for text in shown), "the table shows what was seen"


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parts of the rendered scenes, with a fall and a climb in them."""
    folder = tmp_path_factory.mktemp("scenes")
    render_clips([scene_clip("03_fall", 2.0, 16.0), scene_clip("02_walk_and_climb", 3.0, 16.0)], folder)
    return folder


def in_the_lab(name: str, scenes: Path, tmp_path: Path, **parameters: object) -> str:
    """Run a notebook of the lab; returns all that it shows."""
    own = {"clips": str(scenes), "data_dir": str(tmp_path / "data"), **parameters}
    done = papermill.execute_notebook(
        ROOT / "notebooks" / name, tmp_path / name, parameters=own, kernel_name="python3", cwd=ROOT / "notebooks"
    )
    return "\n".join(str(output) for cell in done.cells for output in cell.get("outputs", []))


def test_a_prompt_is_tuned_in_a_notebook_without_a_key(scenes: Path, tmp_path: Path) -> None:
    shown = in_the_lab("02_tune_a_prompt.ipynb", scenes, tmp_path)
    assert "No key is set" in shown
    assert "'done'" in shown
    assert all(arm in shown for arm in ("without (", "mine (", ">local<"))
    assert "the footage is all of one camera-day" in shown or "not enough labels to say" in shown
    assert "A child who climbs on furniture is a warning" in shown
    assert "data:image/jpeg" in shown
    assert len(list((tmp_path / "data").glob("experiment_*.html"))) == 1
    assert (tmp_path / "data" / "experiment_1" / "answers.parquet").is_file()


def test_footage_is_labelled_in_a_notebook(scenes: Path, tmp_path: Path) -> None:
    shown = in_the_lab("03_label.ipynb", scenes, tmp_path)
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert "ann and bob" in shown or "they marked 1 and 1 events" in shown


def test_a_prompt_is_compared_and_promoted_in_a_notebook(scenes: Path, tmp_path: Path) -> None:
    shown = in_the_lab("04_compare_and_promote.ipynb", scenes, tmp_path, watch_s=25, repeats=2)
    assert "is live for camera-1: experiment 1 on dataset" in shown or "labelled danger" in shown
    assert "where this notebook begins" in shown
    assert shown.count("looks, warnings and dangers:") == 2


def test_cadence_is_studied_in_a_notebook(scenes: Path, tmp_path: Path) -> None:
    shown = in_the_lab("05_cadence_and_cost.ipynb", scenes, tmp_path, hours=0.2)
    assert "gated, 7 looks an hour (as set)" in shown
    assert "4 frames every 90 s" in shown
    assert "image/png" in shown


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
