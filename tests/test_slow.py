"""What takes minutes: JupyterLab in a browser, and a wheel in an environment of its own."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.request import urlopen

import nbformat
import pytest

from tests.conftest import make_video
from tests.jupyter import jupyterlab
from tests.ports import free_port
from tests.waiting import wait_until

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


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A wheel with the player, and with the documentation site as `make wheel` packs it."""
    subprocess.run([sys.executable, "-m", "mkdocs", "--quiet", "build", "--strict"], check=True, cwd=ROOT)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True)
    return next(tmp_path.glob("livemon-*.whl"))


def test_a_wheel_in_an_empty_environment_shows_the_demo(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    programs, constraints = tmp_path / "venv" / "bin", str(ROOT / "constraints.txt")
    command = [str(programs / "pip"), "install", "--quiet", "--constraint", constraints, str(wheel)]
    subprocess.run(command, check=True)
    (tmp_path / "home").mkdir()
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "LIVEMON_PORT": str(port)}
    with subprocess.Popen([programs / "livemon", "demo"], cwd=tmp_path / "home", env=environment) as demo:
        try:
            wait_until(lambda: "livemon" in page(port, "/"), timeout_s=600)
            wait_until(lambda: "#EXTINF" in page(port, "/api/live-monitoring/hls/camera-1/index.m3u8"), timeout_s=600)
            assert "Your first camera" in page(port, "/docs/tutorials/first-camera.html")
        finally:
            demo.terminate()
    assert demo.returncode == 0


def page(port: int, path: str) -> str:
    """What the server answers; empty until it does."""
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""
