import tomllib
from importlib.metadata import distributions
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


def test_conda_and_pip_users_get_the_same_environment() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pip = next(entry["pip"] for entry in conda if isinstance(entry, dict))
    assert pip == [*project["dependencies"], "--editable ."]
    assert f"python{project['requires-python']}" in conda
    assert "ffmpeg" in conda
    assert any(str(entry).startswith("nodejs") for entry in conda), "the player is built with npm"


def test_the_versions_of_set_up_and_ci_are_written_down() -> None:
    """`constraints.txt` has one version of all that is asked for, and one that is allowed."""
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    versions = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = map(Requirement, [*project["dependencies"], *project["optional-dependencies"]["dev"]])
    wrong = [str(one) for one in asked if versions.get(canonicalize_name(one.name), "") not in one.specifier]
    assert wrong == []


def test_each_written_version_can_be_had_on_the_oldest_python() -> None:
    """Debian 12 has Python 3.11.2, and some packages ask for a later 3.11."""
    names = [line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines() if line[0] != "#"]
    installed = {canonicalize_name(one.name): one.metadata["Requires-Python"] for one in distributions()}
    asked = {name: installed.get(canonicalize_name(name)) or "" for name in names}
    assert [name for name, versions in asked.items() if not SpecifierSet(versions).contains("3.11.2")] == []


def test_frameworks_that_are_reached_into_have_upper_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {one.name: one for one in map(Requirement, project["dependencies"])}
    for name in ("panel", "bokeh", "param", "panel-material-ui", "tornado"):
        assert any(part.operator == "<" for part in asked[name].specifier), name


def test_ci_runs_the_tests_on_every_python_and_with_the_bounds_of_dependencies() -> None:
    job = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]["test"]
    matrix = job["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13"]
    assert [one["dependencies"] for one in matrix["include"]] == ["lowest", "latest"]
    assert job["steps"][-1] == {"run": ".ci/run"}
    for form in (ROOT / ".github").rglob("*.yml"):
        assert yaml.safe_load(form.read_text()), form
