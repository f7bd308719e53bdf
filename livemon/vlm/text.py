"""Text for a model about a scene, in the prompt's language.

Words only: their place is defined by the template.

Everything from outside the code (names, notes, earlier words of a model) is cut short and kept on one line. It is data
for the model, and must not look like part of the instructions.
"""

from __future__ import annotations

import tomllib
from datetime import datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any

from livemon.base.model_types import Zone

STAGES_FILE = Path(__file__).with_name("prompts") / "stages.toml"
LONGEST_NOTE = 300

WORDS = {
    "en": {
        "months": "{} months old",
        "sheet": "{count} pictures on sheets of {columns} columns, numbered row by row.",
        "parts": "{count} pictures, each after its number and time.",
        "normal": "The one labelled 'normal' shows the place when all is well; it has no number.",
        "crops": "A 'crop' shows people of the picture of its number larger; boxes mean the whole picture.",
        "video": "A video of {duration}.",
    },
    "ko": {
        "months": "생후 {}개월",
        "sheet": "{columns}열로 모은 사진 {count}장에 줄 순서대로 번호가 찍혀 있습니다.",
        "parts": "번호와 시각이 앞에 붙은 사진 {count}장.",
        "normal": "'normal' 사진은 아무 일 없을 때의 모습이며 번호가 없습니다.",
        "crops": "'crop'은 같은 번호 사진 속 사람을 확대한 것이며, 좌표는 전체 사진 기준입니다.",
        "video": "길이 {duration}인 영상.",
    },
}

ANSWER_IN = {
    "en": {"en": "Answer in English.", "ko": "Answer in Korean."},
    "ko": {"en": "영어로 답하세요.", "ko": "한국어로 답하세요."},
}
"""Said when a prompt is written in another language than the camera's answers."""

SCHEMA_FOLLOWS = {
    "en": "Answer with one JSON object of this schema and nothing else:",
    "ko": "다음 스키마의 JSON 객체 하나로만 답하세요:",
}


def one_line(text: str, longest: int = LONGEST_NOTE) -> str:
    """Return text as data: no line breaks, no control characters, not endless."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


def clock_time(moment: datetime, zone: tzinfo) -> str:
    """Return ``14:03:22`` in the camera's zone."""
    return f"{moment.astimezone(zone):%H:%M:%S}"


def local_time(moment: datetime, zone: tzinfo) -> str:
    """Return ``2026-11-23 14:03 Mon`` in the camera's zone."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %a}"


def offset(duration_s: float) -> str:
    """Return ``MM:SS``; minutes may be more than 59."""
    minutes, seconds = divmod(round(duration_s), 60)
    return f"{minutes:02d}:{seconds:02d}"


def zones_text(zones: tuple[Zone, ...]) -> str:
    """Return the zones in a line; empty when there are none."""
    shown = [
        f"{one_line(zone.name, 40)} {list(zone.box)}" + (f" ({one_line(zone.note, 100)})" if zone.note else "")
        for zone in zones
    ]
    return "; ".join(shown)


def age_text(age_months: int | None, language: str) -> str:
    """Return the age in words; empty when it is not set."""
    return "" if age_months is None else WORDS[language]["months"].format(age_months)


def stage_text(age_months: int | None, language: str) -> str:
    """Return the usual abilities at an age, 0 to 71 months; empty outside, and when the age is not set."""
    if age_months is None:
        return ""
    for stage in _stages():
        first, last = stage["months"]
        if first <= age_months <= last:
            return str(stage[language])
    return ""


@lru_cache(maxsize=1)
def _stages() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads(STAGES_FILE.read_text(encoding="utf-8"))["stages"])
