"""Korean of what all pages share, by the English."""

from __future__ import annotations

WORDS: dict[str, str] = {}
