"""Lint of the prose in Markdown and docstrings: the part of CONTRIBUTING's style rule that a machine can hold.

``make check`` runs it over the pages in ``CLEAN`` and the modules of ``CODE``; with file names it checks those instead.
Add a page to ``CLEAN`` as soon as it is rewritten. Spelling belongs to codespell, texts of the program to
``scripts/messages.py``.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
CLEAN = (
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "benchmarks/README.md",
    "docs/access.md",
    "docs/adr/0001-elementary-stream-on-stdin.md",
    "docs/adr/0002-opencv-4-headless.md",
    "docs/adr/0003-engine-loop.md",
    "docs/adr/0004-own-playlist.md",
    "docs/adr/0005-archives-in-parts.md",
    "docs/adr/0006-looks-are-rationed.md",
    "docs/adr/0007-periods-are-scheduled.md",
    "docs/adr/0008-a-door-of-our-own.md",
    "docs/adr/0009-pages-are-built-beside-the-loop.md",
    "docs/adr/0010-the-lab-asks-as-a-camera-does.md",
    "docs/adr/0011-one-guard-in-front-of-every-route.md",
    "docs/adr/0012-still-windows-are-left-to-a-rule.md",
    "docs/adr/0013-fifteen-packages.md",
    "docs/adr/0014-a-learned-people-detector.md",
    "docs/adr/0015-messages-are-codes-until-the-edge.md",
    "docs/adr/0016-copies-are-sealed-in-chunks.md",
    "docs/adr/0017-camera-leases.md",
    "docs/analyses.md",
    "docs/api.md",
    "docs/architecture.md",
    "docs/cameras.md",
    "docs/containers.md",
    "docs/copies.md",
    "docs/costs.md",
    "docs/day.md",
    "docs/demo.md",
    "docs/events.md",
    "docs/footage.md",
    "docs/glossary.md",
    "docs/guide.md",
    "docs/hosts.md",
    "docs/lab.md",
    "docs/labelling.md",
    "docs/live.md",
    "docs/local-model.md",
    "docs/messages.md",
    "docs/metrics.md",
    "docs/models.md",
    "docs/notifications.md",
    "docs/prompts.md",
    "docs/push.md",
    "docs/release.md",
    "docs/reports.md",
    "docs/retention.md",
    "docs/settings.md",
    "docs/sources.md",
    "docs/testing.md",
    "docs/time.md",
    "docs/tutorials/first-camera.md",
    "docs/tutorials/first-prompt.md",
    "docs/tutorials/first-week.md",
    "docs/tutorials/server.md",
    "docs/uploads.md",
    "docs/zone-rules.md",
    "videos/README.md",
)
"""Pages that are free of findings and must stay so. The aim is every page."""
CODE = ("examples", "livemon", "scripts")
"""Folders with modules whose docstrings are free of findings and must stay so."""
MAX_WORDS = 25
OFF, ON = "<!-- prose: off -->", "<!-- prose: on -->"
"""Lines between these two are not checked: bad examples."""
SENTENCE_END = re.compile(r"(?<=[^\s.][.!?])(?<!e\.g\.)(?<!i\.e\.)[)\"*_]*\s+")
BLOCK_START = re.compile(r"^\s*([-*+]|\d+\.)\s+")
OPENING = re.compile(r"(Who|Whoever|Whom|Whose|What|Whatever|(Of|To|From|For|With|In) (what|which|whom|whose))\b")
FORBIDDEN = re.compile(
    r"\b(?i:(?<!there )(?:is|are|was|were) (?:no|(?-i:none))|nobody|somebody)\b(?i:(?! longer| more than))"
)
"""'There is no camera' is plain English; 'This is no camera' is not. In '`x` is None' a value of Python is meant."""
SECTION = re.compile(r"^.*\n-+$", re.MULTILINE)
"""A heading in a docstring, such as 'Parameters'."""
LITERAL = re.compile(r"::\n(?:\n|[ \t]+.*\n?)+")
"""An indented block in a docstring that a line with '::' begins: code, or a drawing."""
LABEL = re.compile(r"\W*(?:\w+\W+){0,3}\w+\W*")
"""Up to four words; without a stop at their end they are a heading or a field's label, such as 'What it cost'."""


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """Yield paragraphs, list items and table cells with the number of their first line."""
    start, parts, fenced, off = 0, list[str](), False, False
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        fence = line.lstrip().startswith("```")
        off = (off or line.strip() == OFF) and line.strip() != ON
        table = line.lstrip().startswith("|")
        breaks = fence or fenced or off or table or not line.strip() or line.startswith(("#", "<!--", "!["))
        if parts and (breaks or BLOCK_START.match(line)):
            yield start, " ".join(parts)
            parts = []
        if table and not fenced and not off:
            yield from ((number, cell) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|")))
        elif not breaks:
            start = start if parts else number
            parts.append(BLOCK_START.sub("", line, count=1).strip())
        fenced = fenced != fence


def plain(text: str) -> str:
    """Return a block without markup; inline code counts as one word."""
    text = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "code", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return text.replace("**", "").replace("*", "")


def findings(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line number and the fault of each sentence that breaks the style rule."""
    for number, block in blocks(text):
        for sentence in SENTENCE_END.split(plain(block).strip()):
            words = [word for word in sentence.split() if any(letter.isalnum() for letter in word)]
            if len(words) > MAX_WORDS:
                yield number, f"{len(words)} words, at most {MAX_WORDS}: {sentence}"
            label = LABEL.fullmatch(sentence) and not sentence.endswith((".", "!", ":"))
            if OPENING.match(sentence) and not sentence.endswith("?") and not label:
                yield number, f"opens with a {sentence.split()[0]!r} clause; put the subject first: {sentence}"
            for found in FORBIDDEN.finditer(sentence):
                yield number, f"{found[0]!r}; write 'not a' or name the person: {sentence}"


def docstring_findings(code: str) -> Iterator[tuple[int, str]]:
    """Yield the line number of a definition and the fault of each sentence in its docstring."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = LITERAL.sub("\n", SECTION.sub("", ast.get_docstring(node) or ""))
            yield from ((getattr(node, "lineno", 1), fault) for _, fault in findings(text))


def modules() -> list[Path]:
    """Return the modules whose docstrings are checked; migrations stay as they were applied."""
    found = {path for folder in CODE for path in (ROOT / folder).rglob("*.py") if path.parent.name != "versions"}
    return sorted(found)


def main() -> int:
    """Check pages and docstrings, and return the exit code."""
    files = [Path(name) for name in sys.argv[1:]] or [*(ROOT / name for name in CLEAN), *modules()]
    checks = ((file, docstring_findings if file.suffix == ".py" else findings) for file in files)
    found = [f"{file}:{number}: {fault}" for file, check in checks for number, fault in check(file.read_text())]
    print("\n".join(found) or f"The prose of {len(files)} pages and modules is in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
