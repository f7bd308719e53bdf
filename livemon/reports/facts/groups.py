"""Incidents that are nearly the same as one group: twelve times on the sofa is one thing to know. Pure.

Incidents live in incidents.py; the look of a group in reports/render/seen.py; `Evidence` is gathered by
reports/render/evidence.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from livemon.base.datatypes import Severity
from livemon.reports.facts.incidents import meaning
from livemon.store.search_words import split_words

ALIKE = 0.6
"""Titles that share this part of their words say the same thing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Pictures and clips of an incident.

    Attributes
    ----------
    picture
        JPEG as a ``data:`` URI; empty when there is none.
    clip
        The clip's file relative to the page, as ``2026-11-22/140210.mp4``; empty when there is none.
    clip_s
        Its length, seconds.
    """

    picture: str = ""
    clip: str = ""
    clip_s: float = 0.0


@dataclass(frozen=True, slots=True)
class IncidentGroup:
    """Incidents of a day that are nearly the same, by their row labels in `Day.incidents`.

    Attributes
    ----------
    labels
        All of them, oldest first.
    gravest
        The one of the highest severity; of several the surest, then the first.
    """

    labels: tuple[int, ...]
    gravest: int

    @property
    def first(self) -> int:
        """The one that happened first."""
        return self.labels[0]

    @property
    def shown(self) -> tuple[int, ...]:
        """Those with a picture: the gravest, and the first where that is another."""
        return tuple(dict.fromkeys((self.gravest, self.first)))


def incident_groups(incidents: pd.DataFrame) -> list[IncidentGroup]:
    """Return the incidents in groups, the gravest group first, then the surest, then the first."""
    rows = {int(label): row for label, row in zip(incidents.index, incidents.to_dict("records"), strict=True)}
    found: list[tuple[str, set[str], list[int]]] = []
    for label, row in rows.items():
        kind, words = meaning(row["kind"]), set(split_words(row["title"]))
        same = next((labels for known, said, labels in found if known == kind and _alike(said, words)), None)
        if same is None:
            found.append((kind, words, [label]))
        else:
            same.append(label)

    def gravity(label: int) -> tuple[int, float, int]:
        row: dict[Any, Any] = rows[label]
        return -Severity.read(row["severity"]).rank, -row["confidence"], label

    groups = [IncidentGroup(tuple(labels), min(labels, key=gravity)) for *_, labels in found]
    return sorted(groups, key=lambda group: gravity(group.gravest))


def _alike(one: set[str], other: set[str]) -> bool:
    return one == other or len(one & other) >= ALIKE * len(one | other) > 0
