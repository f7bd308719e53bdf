"""Lint of commit subjects: ``area: imperative``, at most 72 characters, for the commits after ``BASE``.

It stays quiet where the history cannot be read: without git, outside a clone, in a shallow clone. Merges need the
length only. The words of a body are not checked.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BASE = "d537109715cf6579aeded9e6630d0f571ec92426"
"""The last commit that is not checked. Older subjects follow other habits."""
MAX_CHARACTERS = 72
FORM = re.compile(r"[a-z][a-z0-9_/.-]*: (?P<verb>[a-z][a-z-]*)( |$)")
NOT_IMPERATIVE = re.compile(r"(?!(bring|embed|exceed|feed|need|proceed|seed|shed|speed|spread|string)$).*(ed|ing)$")
NOT_A_VERB = {"a", "an", "the", "all", "every", "how", "no", "that", "these", "this", "what", "when", "where", "who"}


def history() -> list[tuple[str, bool]]:
    """Return the subjects after the base and whether each is a merge; none where git does not know the base."""
    command = ["git", "-C", str(ROOT), "log", "--format=%P%x09%s", f"{BASE}..HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return []
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    return [(subject, " " in parents) for parents, _, subject in (line.partition("\t") for line in lines)]


def fault(subject: str, merge: bool = False) -> str:
    """Return what is wrong with a subject; empty when it is in order."""
    if len(subject) > MAX_CHARACTERS:
        return f"{len(subject)} characters, at most {MAX_CHARACTERS}"
    if merge:
        return ""
    form = FORM.match(subject)
    if not form:
        return "must be 'area: imperative', in lower case"
    if form["verb"] in NOT_A_VERB or NOT_IMPERATIVE.match(form["verb"]):
        return f"{form['verb']!r} is not an imperative"
    return ""


def main() -> int:
    """Check the history and return the exit code."""
    commits = history()
    found = [f"{problem}: {subject}" for subject, merge in commits if (problem := fault(subject, merge))]
    print("\n".join(found) or f"The subjects of {len(commits)} commits are in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
