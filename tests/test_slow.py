"""What takes minutes: JupyterLab in a browser, and a wheel in an environment of its own."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from tests.conftest import make_video
from tests.jupyter import jupyterlab

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


@pytest.mark.browser
def test_the_player_plays_in_jupyterlab(tmp_path: Path) -> None:
    make_video(tmp_path / "videos" / "a.mp4", duration_s=20, size="320x240")
    parameters = f"camera_id = 'camera-1'\nvideos = '{tmp_path}/videos'\ndata_dir = '{tmp_path}/data'\nwatch_s = 5"
    notebook = nbformat.read(ROOT / "notebooks" / "01_watch.ipynb", 4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cells = [parameters if "parameters" in cell.metadata.get("tags", []) else cell.source for cell in code]
    (tmp_path / "notebooks").mkdir()
    with jupyterlab(tmp_path / "notebooks", *cells) as visit:
        visit.wait_for_state("live")
        before_s = visit.current_time_s()
        visit.page.wait_for_timeout(15_000)
        assert visit.current_time_s() > before_s
        assert len(visit.hosts - {""}) == 1, "everything comes from Jupyter itself"


def test_a_wheel_carries_the_built_player(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True)
    wheel = next(tmp_path.glob("livemon-*.whl"))
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in ("panel_player.bundle.js", "jupyter_player.bundle.js"):
        assert f"livemon/web/pages/parts/static/{needed}" in names
    assert "livemon/store/migrations/versions/0001_first_tables.py" in names
    assert "livemon/py.typed" in names
    assert {"livemon/detect/people/people.onnx", "livemon/detect/pets/pets.onnx"} <= names
    assert "livemon/reports/notebooks/daily_report.ipynb" in names
    assert "livemon/reports/render/style.css" in names
    assert not any("node_modules" in name for name in names)
    target = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)],
        check=True,
    )
    code = "import livemon.web.pages.parts.player as p; print(p.built_player('panel_player'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(target)},
        cwd=tmp_path,
    )
    assert str(target) in done.stdout
