import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def test_conda_and_pip_users_get_the_same_environment() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pip = next(entry["pip"] for entry in conda if isinstance(entry, dict))
    assert pip == [*project["dependencies"], "--editable ."]
    assert f"python{project['requires-python']}" in conda
    assert "ffmpeg" in conda
    assert any(str(entry).startswith("nodejs") for entry in conda), "the player is built with npm"
