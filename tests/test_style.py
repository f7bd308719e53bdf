"""The linters of prose and commit subjects find what they must, and leave the rest alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts import commit_subjects, prose

LONG = "One " + "two " * 25 + "end."


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (LONG, 1),
        (f"# Title\n\n- an item\n- {LONG}", 4),
        (f"| setting | meaning |\n|---|---|\n| `a` | {LONG} |", 3),
        ("Fine. Who leaves a page leaves nothing behind.", 1),
        ("Of what it did not see\nit says so.", 1),
        ("A cap of 0 is no money.", 1),
        ("It was seen by nobody.", 1),
        ("```\ncode\n```\nWhat is kept belongs here.", 4),
        ("| `a.b` | What is left over |\n|---|---|\n| `a.c` | Who comes in first is seen |", 3),
    ],
)
def test_a_sentence_that_breaks_the_style_rule_is_found_with_its_line(text: str, line: int) -> None:
    assert [number for number, _ in prose.findings(text)] == [line]


def test_a_sentence_in_a_docstring_is_found_with_the_line_of_its_definition() -> None:
    code = f'"""Fine; `x` is None.\n\n::\n\n    {LONG}\n\nFine.\n"""\n\n\ndef f():\n    """It was seen by nobody."""\n'
    assert [number for number, _ in prose.docstring_findings(code)] == [11]


@pytest.mark.parametrize("folder", prose.CODE)
def test_docstrings_are_plain(folder: str) -> None:
    modules = [path for path in prose.modules() if path.is_relative_to(prose.ROOT / folder)]
    assert modules
    found = {path: list(prose.docstring_findings(path.read_text())) for path in modules}
    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    "text",
    [
        "One sentence of `code that has many words and counts as one word`. " * 5,
        f"```\n{LONG}\n```",
        f"{prose.OFF}\n{LONG}\n{prose.ON}",
        "What does it cost? It costs nothing.",
        "The camera is no longer watched.",
        "There is no camera here, and there are no users.",
        "| `a.b` | What was not seen |",
        "## What it sees",
        "[A link](https://example.org/one) to a page, e.g. this one.",
    ],
)
def test_plain_prose_code_and_bad_examples_pass(text: str) -> None:
    assert list(prose.findings(text)) == []


def test_the_readme_is_short() -> None:
    assert len((prose.ROOT / "README.md").read_text().splitlines()) <= 90


@pytest.mark.parametrize("page", prose.CLEAN)
def test_the_pages_that_are_clean_stay_clean(page: str) -> None:
    assert list(prose.findings((prose.ROOT / page).read_text())) == []


@pytest.mark.parametrize(
    "subject",
    ["stream: restart on backward timestamps", "vlm/local: pass what a watcher saw", "tests: need one camera only"],
)
def test_a_subject_of_area_and_imperative_passes(subject: str) -> None:
    assert commit_subjects.fault(subject) == ""


@pytest.mark.parametrize(
    "subject",
    [
        "A sum of nothing is not money",
        "stream: restarted",
        "stream: the restart",
        "stream: Restart",
        "api: " + "x" * 70,
    ],
)
def test_another_subject_is_refused(subject: str) -> None:
    assert commit_subjects.fault(subject)


def test_a_merge_needs_only_to_be_short() -> None:
    assert commit_subjects.fault("Merge branch 'detector'", merge=True) == ""
    assert commit_subjects.fault("Merge " + "x" * 80, merge=True)


def test_subjects_are_read_from_the_base_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*args: str) -> str:
        named = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        command = ["git", "-C", str(tmp_path), *named, *args]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    git("init", "--quiet")
    git("commit", "--quiet", "--allow-empty", "--message", "Old habits")
    base = git("rev-parse", "HEAD")
    git("commit", "--quiet", "--allow-empty", "--message", "docs: add a page")
    monkeypatch.setattr(commit_subjects, "ROOT", tmp_path)
    monkeypatch.setattr(commit_subjects, "BASE", base)
    assert commit_subjects.history() == [("docs: add a page", False)]
    monkeypatch.setattr(commit_subjects, "BASE", "0" * 40)
    assert commit_subjects.history() == [], "a shallow clone does not have the base"
    monkeypatch.setattr(commit_subjects, "ROOT", tmp_path / "none")
    assert commit_subjects.history() == [], "outside a clone"
