"""The local model on real footage. Needs TEST_FOOTAGE: a folder with `clips/` and `labels/`, never shipped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOOTAGE = os.environ.get("TEST_FOOTAGE", "")


@pytest.mark.slow
@pytest.mark.skipif(not FOOTAGE, reason="TEST_FOOTAGE is not set to a folder of labelled clips")
def test_precision_on_real_footage_stays_high(tmp_path: Path) -> None:
    script = Path(__file__).parents[2] / "benchmarks" / "local_model.py"
    report = tmp_path / "report.json"
    folders = ["--clips", f"{FOOTAGE}/clips", "--labels", f"{FOOTAGE}/labels"]
    subprocess.run([sys.executable, str(script), *folders, "--quiet", "--json", str(report)], check=True)
    for score in json.loads(report.read_text(encoding="utf-8"))["totals"]:
        said = score["true_positives"] + score["false_positives"]
        # With few observations one false alarm weighs much: the bound is on counts that mean something.
        if score["kind"].startswith("person") and said >= 5:
            assert score["true_positives"] / said >= 0.8, score
