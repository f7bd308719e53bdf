"""Labelling, without a screen: stops, the choices of a person, and the resulting label. Pure.

Stops come from label_stops.py, their pictures from label_pictures.py, the widget itself lives in labeller.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal, get_args

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from livemon.base.datatypes import Severity
from livemon.base.errors import LabError
from livemon.base.event_families import FAMILIES, family
from livemon.lab.data.clips import PREFIX
from livemon.store.labels import LabelVerdict
from livemon.vlm.answers import ActivityKind, Area, SafetyKind
from livemon.web.pages.parts.day_text import local_time

KINDS: tuple[str, ...] = tuple(
    dict.fromkeys([*get_args(SafetyKind), *FAMILIES, *get_args(ActivityKind), *get_args(Area)])
)
"""Events to choose from, the risks first; anything else may be typed."""

SLACK = timedelta(seconds=1)
"""A player stops beside the ends of what it plays by less than this."""

MOST_MS = 4e12  # the year 2096

WHOLE = (LabelVerdict.WATCHED.value, LabelVerdict.UNSURE.value)
"""Verdicts that, given of all of a stop, leave nothing to do there."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that was said to have happened; `about` identifies it in labels, `who` said so."""

    about: str
    kind: str
    severity: Severity
    title: str
    text: str
    start_utc: datetime
    end_utc: datetime
    who: str


@dataclass(frozen=True, slots=True)
class LabelStop:
    """A stretch of footage to be labelled.

    Attributes
    ----------
    camera_id
        A camera's id, or a clip's.
    frames
        The times of the pictures that a model was shown; empty when none are special.
    scene
        A model's description of it; empty without one.
    """

    camera_id: str
    start_utc: datetime
    end_utc: datetime
    title: str
    frames: tuple[datetime, ...] = ()
    said: tuple[Mention, ...] = ()
    scene: str = ""

    @property
    def is_clip(self) -> bool:
        """Whether it is footage that was brought: its times say how far into it something is."""
        return self.camera_id.startswith(PREFIX)

    def spoken(self, moment: datetime, zone: tzinfo) -> str:
        """Return a moment as a person reads it beside the picture."""
        if not self.is_clip:
            return local_time(moment, zone, seconds=True)
        tenths = round((moment - self.start_utc).total_seconds() * 10)
        return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


class Wish(BaseModel):
    """A message of the browser: what to do, at which stop. Times are milliseconds since 1970."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    action: Literal["go", "watched", "right", "wrong", "unsure", "missed", "withdraw", "undo"]
    stop: int = Field(ge=0)
    to: int = Field(0, ge=0, description="go: which stop")
    label: int = Field(0, ge=0, description="withdraw: which label")
    about: str = Field("", max_length=64)
    kind: str = Field("", max_length=64)
    severity: Severity | None = None
    start_ms: float | None = Field(None, ge=0, le=MOST_MS)
    end_ms: float | None = Field(None, ge=0, le=MOST_MS)


@dataclass(frozen=True, slots=True)
class Given:
    """A label as `livemon.lab.datasets.Library.label` takes it."""

    camera_id: str
    start_utc: datetime
    end_utc: datetime
    verdict: LabelVerdict
    kind: str = ""
    severity: str = ""
    about: str = ""

    def withdrawn(self, label_id: int) -> Given:
        """Return the label that takes this one back."""
        return Given(self.camera_id, self.start_utc, self.end_utc, LabelVerdict.WITHDRAWN, about=f"label-{label_id}")


def parsed(message: Any) -> Wish:
    """Return a message as a wish.

    Raises
    ------
    LabError
        When it is invalid: a browser's message is checked as any other's.
    """
    try:
        return Wish.model_validate(message)
    except ValidationError as exc:
        names = ", ".join(sorted({".".join(str(part) for part in one["loc"]) or "it" for one in exc.errors()}))
        raise LabError("label.message_unclear", names=names[:200]) from exc


def label_of(wish: Wish, stop: LabelStop) -> Given:
    """Return the label that a wish means.

    Raises
    ------
    LabError
        When what it needs is not said, or is not of this stop.
    """
    verdict = LabelVerdict(wish.action)
    marked = _marked(wish, stop)
    said = _said(wish.about, stop)
    if verdict is LabelVerdict.WATCHED or (verdict is LabelVerdict.UNSURE and marked is None and said is None):
        return Given(stop.camera_id, stop.start_utc, stop.end_utc, verdict)
    if verdict is LabelVerdict.MISSED:
        if marked is None:
            raise LabError("label.no_time")
        if not wish.kind.strip() or wish.severity is None:
            raise LabError("label.no_kind")
        return Given(stop.camera_id, *marked, verdict, word(wish.kind), wish.severity.value)
    if verdict is LabelVerdict.UNSURE and marked is not None:
        return Given(stop.camera_id, *marked, verdict)
    if said is None:
        raise LabError("label.nothing_chosen")
    times = said.start_utc, said.end_utc
    if verdict is not LabelVerdict.RIGHT:
        return Given(stop.camera_id, *times, verdict, about=said.about)
    # It happened, but perhaps at another time, and is called or weighed otherwise: the label says how it was.
    grave = (wish.severity or said.severity).value
    return Given(stop.camera_id, *(marked or times), verdict, word(wish.kind) or word(said.kind), grave, said.about)


def word(text: str) -> str:
    """Return what a person typed for a kind as a machine word; names of families stay as they are."""
    plain = " ".join(text.lower().split())
    return plain if family(plain) != plain or plain in FAMILIES else plain.replace(" ", "_")


def own(said: pd.DataFrame, by: str, stop: LabelStop) -> pd.DataFrame:
    """Return the labels of one person that are about a stop's footage, of a table that holds more."""
    mine = said[(said["labeller"] == by) & (said["camera_id"] == stop.camera_id)]
    abouts = {one.about for one in stop.said}
    # A label that ends where the stop begins is about what came before.
    touches = (mine["end_utc"] > stop.start_utc) | (mine["start_utc"] >= stop.start_utc)
    return mine[(touches & (mine["start_utc"] < stop.end_utc)) | mine["about"].isin(abouts)]


def is_done(mine: pd.DataFrame, stop: LabelStop) -> bool:
    """Whether a person, of whom `mine` are the labels, said of all of a stop that it was watched, or cannot be told."""
    whole = mine["verdict"].isin(WHOLE) & (mine["about"] == "")
    return bool((whole & (mine["start_utc"] <= stop.start_utc) & (mine["end_utc"] >= stop.end_utc)).any())


def next_open(done: Iterable[int], count: int, here: int) -> int | None:
    """Return the next stop after `here` that is not done, from the beginning again after the last; None without one."""
    finished = set(done)
    return next((n for n in [*range(here + 1, count), *range(here + 1)] if n < count and n not in finished), None)


def evenly(parts: Sequence[tuple[datetime, datetime]], count: int) -> list[datetime]:
    """Return the middles of `count` equal shares of parts of time, as if nothing lay between the parts."""
    total_s = sum((end - start).total_seconds() for start, end in parts)
    wanted_s = [total_s * (n + 0.5) / count for n in range(count)]
    moments: list[datetime] = []
    before_s = 0.0
    for start, end in parts:
        until_s = before_s + (end - start).total_seconds()
        moments += [start + timedelta(seconds=at_s - before_s) for at_s in wanted_s if before_s <= at_s < until_s]
        before_s = until_s
    return moments


def thinned(moments: tuple[datetime, ...], most: int) -> list[datetime]:
    """Return at most `most` of many moments, the first and the last among them."""
    if len(moments) <= most:
        return list(moments)
    return [moments[round(n * (len(moments) - 1) / (most - 1))] for n in range(most)]


def milliseconds(moment: datetime) -> float:
    """Return milliseconds since 1970, as browsers count."""
    return moment.timestamp() * 1000


def plain_labels(mine: pd.DataFrame, stop: LabelStop, zone: tzinfo) -> list[dict[str, Any]]:
    """Return a person's labels of a stop for the screen, oldest first."""
    rows: list[dict[Any, Any]] = mine.sort_values("id").to_dict("records")
    return [
        {
            "id": int(row["id"]),
            "verdict": row["verdict"],
            "kind": row["kind"],
            "severity": row["severity"],
            "about": row["about"],
            "start_ms": milliseconds(row["start_utc"]),
            "end_ms": milliseconds(row["end_utc"]),
            "when": _span(stop, row["start_utc"], row["end_utc"], zone),
        }
        for row in rows
    ]


def plain_said(stop: LabelStop, zone: tzinfo) -> list[dict[str, Any]]:
    """Return what was said of a stop for the screen."""
    return [
        {
            "about": one.about,
            "kind": one.kind,
            "severity": one.severity.value,
            "title": one.title,
            "text": one.text,
            "who": one.who,
            "start_ms": milliseconds(one.start_utc),
            "end_ms": milliseconds(one.end_utc),
            "when": _span(stop, one.start_utc, one.end_utc, zone),
        }
        for one in stop.said
    ]


def _span(stop: LabelStop, start: datetime, end: datetime, zone: tzinfo) -> str:
    first, last = stop.spoken(start, zone), stop.spoken(end, zone)
    return first if first == last else f"{first}\N{EN DASH}{last}"


def _said(about: str, stop: LabelStop) -> Mention | None:
    if not about:
        return None
    found = next((one for one in stop.said if one.about == about), None)
    if found is None:
        raise LabError("label.not_said_here")
    return found


def _marked(wish: Wish, stop: LabelStop) -> tuple[datetime, datetime] | None:
    """Return the stretch that is marked; None when none is."""
    given = [one for one in (wish.start_ms, wish.end_ms) if one is not None]
    if not given:
        return None
    start, end = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (given[0], given[-1]))
    if end < start:
        raise LabError("label.ends_before_begin")
    if start < stop.start_utc - SLACK or end > stop.end_utc + SLACK:
        raise LabError("label.outside")
    return max(start, stop.start_utc), min(end, stop.end_utc)
