"""The pages in Korean, by their English; a module for each group of pages. How they are looked up is language.py's."""

from __future__ import annotations

from collections.abc import Mapping

from livemon.web.i18n.ko import cameras, common, day, live, player, review, system

KOREAN: Mapping[str, str] = {
    **common.WORDS,
    **live.WORDS,
    **player.WORDS,
    **review.WORDS,
    **day.WORDS,
    **cameras.WORDS,
    **system.WORDS,
}
