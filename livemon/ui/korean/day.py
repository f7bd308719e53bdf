"""Korean of the Day page, by the English."""

from __future__ import annotations

WORDS: dict[str, str] = {}
