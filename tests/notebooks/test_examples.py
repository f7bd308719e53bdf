"""Runs what the docs show of parts of one's own, as a script: none of them leaves a traceback behind."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAID = {
    "act_on_event": "warning: ",
    "dashboard": "2 players, ('hall', 'garden') EventsWidget",
    "own_detector": "person_present",
    "own_metric": "f2",
    "own_model": "sofa-1",
    "own_scorer": "recall",
    "prompt_in_ci": "changed (",
}
"""A part of what each example prints."""
WITH_FOOTAGE = {"own_metric", "own_model", "own_scorer", "prompt_in_ci"}


@pytest.mark.parametrize("name", sorted(SAID))
def test_an_example_runs_and_ends_without_a_traceback(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = request.getfixturevalue("data_dir") if name in WITH_FOOTAGE else tmp_path
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / f"{name}.py"), str(folder)],
        capture_output=True, text=True, timeout=1500, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    logged = "refuses connections" in done.stderr and "Traceback" not in done.stderr
    assert logged if name == "act_on_event" else done.stderr == ""
    assert SAID[name] in done.stdout


def test_every_example_is_tested_and_explained() -> None:
    text = "".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))
    names = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))
    assert names == sorted(SAID)
    assert [name for name in names if f"../examples/{name}.py" not in text] == []
