"""Each notebook run from top to bottom, as "Run All" does, and the story that it tells."""

from pathlib import Path

import nbformat
import papermill
import pytest

from livemon.base.model_types import Purpose
from livemon.monitor.monitor import Monitor
from tests.conftest import make_video
from tests.reports.synthetic import LATER, Made, at, incident, marks

ROOT = Path(__file__).parents[2]
WIDGET = "application/vnd.jupyter.widget-view+json"


def run(name: str, folder: Path, **parameters: object) -> nbformat.NotebookNode:
    """Run a notebook; a cell that raises fails the test, and so does what is printed as a traceback."""
    given = {key: str(value) if isinstance(value, Path) else value for key, value in parameters.items()}
    done = papermill.execute_notebook(
        ROOT / "notebooks" / name, folder / name, parameters=given, kernel_name="python3", cwd=ROOT / "notebooks"
    )
    for trouble in ("Traceback", "cannot be read"):
        assert trouble not in shown_by(done)
    return done


def shown_by(done: nbformat.NotebookNode) -> str:
    return "\n".join(str(output) for cell in done.cells for output in cell.get("outputs", []))


def output_of(done: nbformat.NotebookNode, begins: str) -> str:
    """Return what the one cell that has this in it shows."""
    [cell] = [cell for cell in done.cells if cell.cell_type == "code" and begins in cell.source]
    return "\n".join(str(output) for output in cell.outputs)


def test_a_camera_is_watched_and_plays_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    make_video(tmp_path / "videos" / "a.mp4", duration_s=5, size="320x240")
    done = run("01_watch.ipynb", tmp_path, videos=tmp_path / "videos", data_dir=tmp_path / "data", watch_s=12)
    assert WIDGET in output_of(done, "view.player"), "the player is a widget"
    assert "http://127.0.0.1:" in output_of(done, "serve().url"), "the kernel serves the dashboard"
    assert "severity" in output_of(done, "monitor.events"), "the events are a table"
    code = "".join(cell.source for cell in done.cells if cell.cell_type == "code")
    assert "close()" not in code, "after Run All the picture still plays"
    assert "stop(" not in code


def test_what_was_recorded_is_studied_and_its_dangers_found(data_dir: Path, tmp_path: Path) -> None:
    done = run("06_analyze.ipynb", tmp_path, data_dir=data_dir)
    assert "1 windows of camera-1 to study" in shown_by(done)
    assert "1 studied, 0 failed, 0 wait." in shown_by(done)
    assert "child climbs on the sofa" in output_of(done, "analysis_result")
    assert WIDGET in output_of(done, "view.timeline")
    with Monitor(data_dir=data_dir, cameras={"camera-1": {"source": "test-pattern"}}, model="local") as monitor:
        [studied] = monitor.segment_analyses("camera-1").to_dict("records")
    assert studied["status"] == "completed"
    assert studied["incident_count"] > 0, "what the rendered days show"
    assert studied["safety_score"] < 100


def test_a_prompt_is_tuned_and_found_better(data_dir: Path, tmp_path: Path) -> None:
    done = run("02_tune_a_prompt.ipynb", tmp_path, data_dir=data_dir)
    assert "No key is set" in shown_by(done)
    assert "'done'" in output_of(done, "experiment.status")
    with Monitor(data_dir=data_dir, model="local") as monitor:
        number = int(monitor.lab.experiments()["id"].iloc[0])
    assert (data_dir / f"experiment_{number}.html").is_file()
    assert (data_dir / f"experiment_{number}" / "answers.parquet").is_file()
    said = output_of(done, ".sentence")
    assert "more of" in said
    assert "not enough labels to say" not in said, "the author's prompt is better beyond chance"
    assert "fewer false alerts" in said
    for plot in ("plot_tradeoff", "plot_cost", "plot_delay"):
        assert "image/png" in output_of(done, plot)
    assert "data:image/jpeg" in output_of(done, "side_by_side")
    assert "A fall off a sofa" in output_of(done, "prompt_diff")


def test_footage_is_labelled(data_dir: Path, tmp_path: Path) -> None:
    done = run("03_label.ipynb", tmp_path, data_dir=data_dir)
    assert WIDGET in output_of(done, "view.labeller")
    assert "ann and bob marked 1 and 1 events" in output_of(done, "lab.agreement")


def test_a_prompt_is_promoted_on_evidence_and_replay_finds_what_it_changed(data_dir: Path, tmp_path: Path) -> None:
    done = run("04_compare_and_promote.ipynb", tmp_path, data_dir=data_dir, watch_s=75, repeats=2)
    assert "Not enough labelled dangers" in output_of(done, "one_day = "), "the guard refuses one day"
    promoted = output_of(done, 'print(lab.promote(mine, "camera-1", experiment')
    assert "is live for camera-1: experiment" in promoted
    assert "force" not in promoted
    assert "image/png" in output_of(done, "plot_tradeoff")
    with Monitor(data_dir=data_dir, cameras={"camera-1": {"source": "test-pattern"}}, model="local") as monitor:
        history = monitor.prompts.history("camera-1", Purpose.LOOK)
    assert len(history) == 3, "begun with, promoted, rolled back"
    for compared in ("lab.replay", "seen_along"):
        said = output_of(done, compared)
        dangers = said.split("of dangers ")[1].split(";")[0]
        assert "0 new, 0 lost" not in dangers


def test_cadence_is_studied(data_dir: Path, tmp_path: Path) -> None:
    done = run("05_cadence_and_cost.ipynb", tmp_path, data_dir=data_dir, hours=0.2)
    assert "gated, 7 looks an hour (as set)" in shown_by(done)
    assert "4 frames every 90 s" in shown_by(done)
    assert "studies_usd" in shown_by(done)
    assert "image/png" in output_of(done, "plots.cadence(ways)")


def test_the_report_opened_by_hand_shows_the_same_sections(tmp_path: Path) -> None:
    made = Made(tmp_path)
    day = marks(at(0), at(24))
    made.archives(day)
    made.analyses(day, result={"incidents": [incident(at(9), "warning", "Climbed the shelf")]})
    made.database.close()
    parameters = {"data_dir": tmp_path, "timezone": "Asia/Seoul", "language": "ko", "now": LATER.isoformat()}
    done = run("daily_report.ipynb", tmp_path, **parameters)
    sections = [cell for cell in done.cells if "section" in cell.metadata.tags]
    shown = ["".join(cell.outputs[0].data["text/html"]) for cell in sections]
    assert len(shown) == 8
    assert "2026년 11월 22일 일요일" in shown[0], "yesterday, when no date is given"
    assert "<style>" in shown[0], "a notebook has no style sheet of ours"
    assert "Climbed the shelf" in shown[2]
    assert all("<svg" in shown[number] for number in (1, 5)), "the charts are drawn"
