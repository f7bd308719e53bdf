"""The command line in the language of the environment; the pseudo-locale finds what it does not translate."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.catalogs import PSEUDO, add_pseudo_locale, outside

ROOT = Path(__file__).parents[2]
WORD = re.compile("[A-Za-z\N{LATIN SMALL LETTER A WITH GRAVE}-\N{LATIN SMALL LETTER Y WITH DIAERESIS}]{4,}")
DATA = re.compile(
    # names of commands, options, programs, files and settings; columns of tables, and days and models in them
    r"--?[\w-]+|/[\w./-]+|\b(livemon|ffmpeg|sqlite|camera-\d|nobody-\d|sudo|\w+_\w+|admin|viewer|doctor|rtsp)\b"
    r"|http://\S+|\b(local|still|usual|busy|model|looks|studies|spent|bytes|HTML)\b"
)
RUN = (
    "import sys; from pathlib import Path; from livemon.base.messages import catalog;"
    "catalog.LOCALE = Path(sys.argv.pop(1)); from livemon.cli.app import app; app()"
)


def run(folder: Path, *arguments: str, **environment: str) -> str:
    """Run a command in a folder; what it prints and says."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(folder / "locale"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "400", **environment},
    )
    return done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    add_pseudo_locale(tmp_path / "locale")
    (tmp_path / "livemon.toml").write_text('data_dir = "data"\n[cameras.camera-1]\nsource = "nowhere"\n')
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ("doctor",),
        ("check", "rtsp://127.0.0.1:9/live"),
        ("user", "list"),
        ("user", "remove", "nobody-1"),
        ("token", "list"),
        ("audit",),
        ("cost",),
        ("archive", "verify"),
        ("search", "xyz"),
        ("search", "???"),
        ("prompt", "use", "nobody-1", "--camera", "camera-1"),
        ("report", "--date", "22"),
    ],
)
def test_no_line_is_untranslated(folder: Path, arguments: tuple[str, ...]) -> None:
    said = run(folder, *arguments, LC_ALL=PSEUDO)
    lines = {line for line in said.splitlines() if WORD.search(DATA.sub("", outside(line)))}
    assert lines == set()
    assert "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}" in said


@pytest.mark.parametrize(
    ("environment", "begins"),
    [
        ({"LANG": "ko_KR.UTF-8"}, "livemon: nobody-1 사용자가 없습니다."),
        ({"LANG": "C.UTF-8", "LC_ALL": ""}, "livemon: There is no user nobody-1."),
        ({"LANGUAGE": "xx:ko", "LANG": "en_US.UTF-8"}, "livemon: nobody-1 사용자가 없습니다."),
        ({"LC_MESSAGES": "ko", "LC_ALL": "fr_FR.UTF-8"}, "livemon: nobody-1 사용자가 없습니다."),
    ],
)
def test_the_environment_says_which(folder: Path, environment: dict[str, str], begins: str) -> None:
    none = dict.fromkeys(("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"), "")
    said = run(folder, "user", "remove", "nobody-1", **(none | environment))
    assert said.startswith(begins)


def test_help_is_said_in_it_too(folder: Path) -> None:
    said = run(folder, "archive", "--help", LC_ALL="ko_KR.UTF-8")
    assert "녹화를 확인하고 다시 만들고 고정합니다." in said
    assert "오래되거나 디스크가 가득 차도 녹화를 지우지 않게 합니다." in said
