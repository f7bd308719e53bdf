"""The changelog has the form of Keep a Changelog, and its newest version is that of the package."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import livemon

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CHANGELOG.md").read_text()
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_newest_version_is_that_of_the_package() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - ", TEXT, re.MULTILINE)
    assert livemon.__version__ == version == released[0]


def test_versions_have_dates_and_lines_have_kinds_and_areas() -> None:
    headings = re.findall(r"^## (.*)", TEXT, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    dates = [date.fromisoformat(heading.partition(" - ")[2]) for heading in headings[1:]]
    assert dates == sorted(dates, reverse=True)
    assert set(re.findall(r"^### (.*)", TEXT, re.MULTILINE)) <= KINDS
    assert [
        line for line in TEXT.splitlines() if line.startswith("- ") and not re.match(r"- \*\*.+?:\*\* ", line)
    ] == []
