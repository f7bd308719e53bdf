"""Replay: another prompt asked about exactly the frames of past looks, and the resulting changes.

The same comparison serves a shadow, whose answers were given live. Rows of calls in, differences out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from livemon.base.clock import require_utc
from livemon.base.datatypes import Frame, Image, LookReason, Observation, Severity
from livemon.base.event_families import family
from livemon.base.model_types import AnswerStatus, Look
from livemon.vlm.answers import BadReply, LookAnswer, parse
from livemon.vlm.hosted.hosted_model import read
from livemon.vlm.prompt import Prompt
from livemon.vlm.provider import PromptTerms

CHANGE_COLUMNS = {
    "at_utc": "datetime64[us, UTC]",
    "change": "str",
    "kind": "str",
    "severity_live": "str",
    "severity": "str",
    "title_live": "str",
    "title": "str",
    "frames": "object",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """Observations of one prompt in one look, or None when its answer says nothing of the scene."""

    frames: tuple[datetime, ...]
    observations: tuple[Observation, ...] | None


def seen_by(prompt: Prompt, status: str, raw_text: str, frames: Iterable[Mapping[str, str]]) -> Seen:
    """Return what a kept call saw, read from its reply as it was then."""
    utcs = tuple(require_utc(datetime.fromisoformat(one["utc"])) for one in frames)
    if status != AnswerStatus.OK:
        return Seen(utcs, None)
    # The meaning of an answer needs the times of the frames, not their pictures.
    blank: Image = _BLANK
    look = Look("", LookReason.ASKED, tuple(Frame("", utc, blank) for utc in utcs))
    try:
        return Seen(utcs, tuple(read(raw_text, look, PromptTerms.of(prompt))["observations"]))
    except BadReply:
        return Seen(utcs, None)


def scene_in(prompt: Prompt, raw_text: str) -> str:
    """Return how a kept reply describes the scene; empty when it does not."""
    try:
        reply = parse(raw_text, prompt.schema_class)
    except BadReply:
        return ""
    return reply.scene.strip() if isinstance(reply, LookAnswer) else ""


def changes(pairs: Sequence[tuple[Seen, Seen]]) -> pd.DataFrame:
    """Return what another prompt changes: a row for each event, with the columns of `CHANGE_COLUMNS`.

    Parameters
    ----------
    pairs
        Of each look what was live, and what the other prompt saw.

    Returns
    -------
    DataFrame
        ``change`` is ``new`` (only the other saw it), ``lost`` (only the live one did), ``severity`` (both did, and
        differ in it) or ``same``. It is ``unknown`` when one of the two answers says nothing of the scene.
    """
    rows: list[dict[str, Any]] = []
    for live, other in pairs:
        at = live.frames[-1] if live.frames else other.frames[-1]
        frames = [utc.isoformat() for utc in live.frames]
        if live.observations is None or other.observations is None:
            rows.append(_row(at, "unknown", None, None, frames))
            continue
        left = list(other.observations)
        for one in live.observations:
            twin = _twin(one, left)
            if twin is None:
                rows.append(_row(at, "lost", one, None, frames))
                continue
            left.remove(twin)
            rows.append(_row(at, "same" if twin.severity is one.severity else "severity", one, twin, frames))
        rows += [_row(at, "new", None, one, frames) for one in left]
    return pd.DataFrame(rows, columns=list(CHANGE_COLUMNS)).astype(CHANGE_COLUMNS)


def in_words(table: pd.DataFrame, looks: int, live: str, other: str) -> str:
    """Return what changes in a sentence, with `other` instead of what was `live`; dangers by themselves.

    A danger is what one of the two called so.
    """
    ends = table["severity"], table["severity_live"]
    danger, warning = ((ends[0] == one.value) | (ends[1] == one.value) for one in (Severity.DANGER, Severity.WARNING))
    unknown = int((table["change"] == "unknown").sum())
    without = f" Of {unknown} looks one answer says nothing, so nothing is known of them." if unknown else ""
    return (
        f"{other} instead of {live} over {looks} looks: of dangers {_counted(table[danger])}; of warnings "
        f"{_counted(table[warning & ~danger])}.{without}"
    )


def _counted(table: pd.DataFrame) -> str:
    count = table["change"].value_counts()
    names = {"new": "new", "lost": "lost", "severity": "of other severity", "same": "the same"}
    return ", ".join(f"{int(count.get(change, 0))} {words}" for change, words in names.items())


def _twin(one: Observation, others: Sequence[Observation]) -> Observation | None:
    """Return what the other prompt says of the same thing: the same kind, else the same family of kinds."""
    same = [other for other in others if other.kind == one.kind]
    same = same or [other for other in others if family(other.kind) == family(one.kind)]
    return min(same, key=lambda other: abs((other.start_utc - one.start_utc).total_seconds()), default=None)


def _row(
    at: datetime, change: str, live: Observation | None, other: Observation | None, frames: list[str]
) -> dict[str, Any]:
    named = other or live
    return {
        "at_utc": at,
        "change": change,
        "kind": named.kind if named else "",
        "severity_live": live.severity.value if live else "",
        "severity": other.severity.value if other else "",
        "title_live": live.title if live else "",
        "title": other.title if other else "",
        "frames": frames,
    }


def _blank() -> Image:
    import numpy as np

    return np.zeros((1, 1, 3), np.uint8)


_BLANK = _blank()
