from pathlib import Path

import papermill
import pytest

from tests.conftest import make_video

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
