"""The documentation: the site builds without a warning and needs no other host, and what its code blocks name exists.

Blocks that are marked to be run are run by tests/notebooks/test_documentation_code.py.
"""

from __future__ import annotations

import ast
import html
import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer.main

import livemon
from livemon.base.settings.cameras import CameraSettings
from livemon.base.settings.settings import Settings
from livemon.cli.app import app
from livemon.store.tables.recordings import Base
from tests.documented_code import BLOCKS, Block

ROOT = Path(__file__).parents[1]
LOADS = re.compile(r"<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc=\"([^\"]*)|<link\b[^>]*\bhref=\"([^\"]*)")
PROMPT_KEYS = {"purpose", "language", "answer", "instructions", "template", "options"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; --strict fails on a broken link, an unknown anchor, and a page that is not in the navigation."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def pages(site: Path) -> dict[str, str]:
    return {str(path.relative_to(site)): path.read_text() for path in site.rglob("*.html")}


def plain(site: Path, page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", (site / page).read_text()))


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    found = pages(site)
    assert len(found) > 60
    loaded = {(page, one) for page, text in found.items() for pair in LOADS.findall(text) for one in pair if one}
    assert len(loaded) > 300
    assert [one for one in loaded if "//" in one[1] and not one[1].startswith("data:")] == []
    assert [page for page, text in found.items() if "mermaid" in text] == [], "Material loads it from a CDN"
    styles = [path.name for path in site.rglob("*.css") if re.search(r"(?:url|import)\W+https?:", path.read_text())]
    assert styles == []


def test_no_page_has_an_inline_script(site: Path) -> None:
    for page, text in pages(site).items():
        scripts = re.findall(r"<script\b([^>]*)>", text)
        assert scripts, page
        assert all("src=" in one or "application/json" in one for one in scripts), page
        for name in re.findall(r"<script src=\"([^\"]*)", text):
            assert (site / page).parent.joinpath(name).is_file(), f"{page}: {name}"


def test_the_search_knows_every_page(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text())
    known = {entry["location"].partition("#")[0] for entry in index["docs"]}
    assert set(pages(site)) - known <= {"index.html"}
    assert any("fall" in entry["text"] for entry in index["docs"])


def test_the_reference_is_made_of_the_code(site: Path) -> None:
    python = plain(site, "reference/python.html")
    assert [name for name in livemon.__all__ if f"livemon.{name}" not in python] == []
    assert "latency" in plain(site, "settings.html")
    for name in ("check_source", "with_scorer", "labeller", "from_scenes"):
        assert name in python
    command_line = plain(site, "reference/cli.html")
    assert [name for name in commands() if name not in command_line] == []
    assert "--password-stdin" in command_line
    tables = plain(site, "reference/tables.html")
    for table in Base.metadata.tables.values():
        assert table.name in tables
        assert [column.name for column in table.columns if column.name not in tables] == []


def commands() -> dict[str, set[str]]:
    """The options of every command, by its name."""
    found: dict[str, set[str]] = {}

    def walk(command: object, name: str) -> None:
        for child, below in getattr(command, "commands", {}).items():
            walk(below, f"{name} {child}".strip())
        if not hasattr(command, "commands"):
            params = command.params  # type: ignore[attr-defined]
            found[name] = {"--help", *(flag for one in params for flag in (*one.opts, *one.secondary_opts))}

    walk(typer.main.get_command(app), "")
    return found


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.language == "python"], ids=str)
def test_python_in_the_documentation_parses(block: Block) -> None:
    compile(block.text, str(block), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.language == "toml"], ids=str)
def test_settings_in_the_documentation_exist(block: Block) -> None:
    said = tomllib.loads(block.text)
    assert set(said) <= {*Settings.model_fields, *PROMPT_KEYS}
    for camera in said.get("cameras", {}).values():
        assert set(camera) <= set(CameraSettings.model_fields)
    for group in ("access", "analysis", "budget", "gemini", "notify", "oauth", "openai_compat", "report", "upload"):
        kind = Settings.model_fields[group].annotation
        assert set(said.get(group, {})) <= set(getattr(kind, "model_fields", {})), group


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.language in ("sh", "bash")], ids=str)
def test_commands_in_the_documentation_exist(block: Block) -> None:
    known = commands()
    for line in block.text.replace("\\\n", " ").splitlines():
        found = re.search(r"(?:^|\s|/|\()livemon (\w.*)", line.partition("  #")[0].rstrip(")"))
        if found is None:
            continue
        words = shlex.split(found[1].partition(";")[0], comments=True)
        name = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
        assert name in known, line
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert options <= known[name], line
