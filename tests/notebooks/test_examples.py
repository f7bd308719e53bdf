"""Runs what the docs show of parts of one's own, as a script: none of them closes its monitor."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["own_metric", "own_model", "own_scorer"])
def test_an_example_runs_and_ends_without_a_traceback(name: str, data_dir: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / f"{name}.py"), str(data_dir)],
        capture_output=True, text=True, timeout=1500, cwd=data_dir,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert {"own_metric": "f2", "own_model": "sofa-1", "own_scorer": "recall"}[name] in done.stdout


def test_every_example_is_tested_and_explained() -> None:
    text = (ROOT / "docs" / "lab.md").read_text()
    names = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))
    assert names == ["own_metric", "own_model", "own_scorer"]
    assert all(f"../examples/{name}.py" in text for name in names)
