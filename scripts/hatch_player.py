"""Hatch build hook: a wheel carries the built player and the notebook of the daily report, which lies outside livemon/.

The player is built before packing, or a sentence says what is missing.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PlayerBuildHook(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":  # `make setup` builds the player itself, after the Python packages
            return
        # Not by pyproject.toml: an editable install would get a second livemon folder with nothing but this in it.
        build_data["force_include"]["notebooks/daily_report.ipynb"] = "livemon/reports/notebooks/daily_report.ipynb"
        root = Path(self.root)
        if any((root / "livemon/web/pages/parts/static").glob("*.bundle.js")):
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError("the player is not built and npm is missing: install Node.js 18+ or run `make player`")
        subprocess.run([npm, "ci"], cwd=root / "livemon/web/js", check=True)
        subprocess.run([npm, "run", "build"], cwd=root / "livemon/web/js", check=True)
