"""Runs the blocks of the documentation that are marked to be run, as a reader would who copies them into a file."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documented_code import scripts

SLOW = ("docs/tutorials/first-prompt.md:lab",)
"""Asks about every rendered day."""


def run(code: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr  # progress bars stand there, too
    return done.stdout


@pytest.mark.parametrize("name", sorted(set(scripts()) - set(SLOW)))
def test_a_block_of_the_documentation_runs(name: str, tmp_path: Path) -> None:
    assert run(scripts()[name], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_the_blocks_of_a_tutorial_run(name: str, rendered: Path, tmp_path: Path) -> None:
    shutil.copytree(rendered, tmp_path / "data" / "lab")
    assert "than shipped" in run(scripts()[name], tmp_path)
