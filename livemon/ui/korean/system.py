"""Korean of the System page and costs, by the English."""

from __future__ import annotations

WORDS: dict[str, str] = {}
