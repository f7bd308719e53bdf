"""The folder into which `make docs` builds the documentation site, and whether it was built.

Serving it does not belong here (web/server/documentation.py).
"""

from __future__ import annotations

from pathlib import Path

SITE = Path(__file__).parents[2] / "site"


def is_built(root: Path | str = SITE) -> bool:
    """Say whether the site is there: it is in wheels, and not in a fresh clone."""
    return Path(root, "index.html").is_file()
