"""Hatch build hook: a wheel carries the built player, so build it, or stop with a sentence, before packing."""

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
        root = Path(self.root)
        if any((root / "livemon/ui/static").glob("*.bundle.js")):
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError("the player is not built and npm is missing: install Node.js 18+ or run `make player`")
        subprocess.run([npm, "ci"], cwd=root / "livemon/ui/js", check=True)
        subprocess.run([npm, "run", "build"], cwd=root / "livemon/ui/js", check=True)
