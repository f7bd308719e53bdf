"""The code blocks of the documentation, and which of them are marked to be run.

A line `<!-- run -->` before a block of Python says that it runs by itself. Blocks of a page that are marked
`<!-- run: NAME -->` run together, in their order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^(?:<!-- (run)(?:: (\w+))? -->\n)?```(\w+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    text: str
    run: bool
    group: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(path: Path) -> list[Block]:
    """Return the blocks of a page."""
    text, page = path.read_text(), str(path.relative_to(ROOT))
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found[3], found[4], bool(found[1]), found[2] or "")
        for found in BLOCK.finditer(text)
    ]


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def scripts() -> dict[str, str]:
    """Return what is to be run, by its name; the blocks of a group are one script."""
    marked = [block for block in BLOCKS if block.run]
    found = {str(block): block.text for block in marked if not block.group}
    for (page, group), together in groupby((b for b in marked if b.group), lambda b: (b.page, b.group)):
        found[f"{page}:{group}"] = "".join(block.text for block in together)
    return found
