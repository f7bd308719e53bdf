"""Families of event kinds with the same meaning: a fall is `fall`, `possible_fall` or `person_falls`.

Words only: families and how they are counted in a sentence. Matching of events by their times lives in
lab/scoring/assignment.py, the answers of a model in vlm/answers.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

WILDCARD = "missed"
"""A person marked that something was missed without saying what: it may be of any kind."""

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "fall": ("fall", "possible_fall", "lying_after_fall", "person_falls", "falls_off_furniture"),
    # Up or down: who climbs down was high up, and one alert covers both.
    "climbing": ("climbing", "child_climbs", "child_climbs_down", "person_climbs"),
    # Lying on purpose. Lying after a fall is the end of the fall: code that makes truths out of labels joins the two.
    "lying": ("lying", "sleeping", "person_lies"),
    "coming": ("coming", "person_came", "person_enters"),
    "leaving": ("leaving", "person_left", "person_leaves", "left_the_area"),
    "presence": ("presence", "person_present", "person_visible"),
    "playing": ("playing", "play", "child_plays", "person_plays"),
    "eating": ("eating", "person_eats"),
    "moving about": (
        "moving about",
        "gross_motor",
        "person_walks",
        "person_runs",
        "person_crawls",
        "person_exercises",
    ),
    "change of light": ("change of light", "lights_changed", "lighting_change"),
}
"""Names of families and the kinds in them, of models and of label files. Any other kind is a family of its own."""

UNSCORED = frozenset({"movement"})
"""Kinds that count neither for nor against: something moved, and nothing explains it. Labels name events."""

NOUNS: Mapping[str, tuple[str, str]] = {
    "fall": ("fall", "falls"),
    "climbing": ("climb", "climbs"),
    "coming": ("arrival", "arrivals"),
    "leaving": ("departure", "departures"),
    "change of light": ("change of light", "changes of light"),
}
"""One and many of a family, where English counts it; others are counted as events of it."""

_FAMILY_OF = {kind: name for name, kinds in FAMILIES.items() for kind in kinds}


def family(kind: str) -> str:
    """Return the name of a kind's family: the kind itself when it is in none. `missed` stays itself."""
    return _FAMILY_OF.get(kind, kind)


def families(kinds: pd.Series) -> pd.Series:
    """Return the family of each of many kinds (str), as str."""
    known = {str(kind): family(str(kind)) for kind in kinds.unique()}
    return kinds.map(known).astype("str")


def same(one: str, other: str) -> bool:
    """Return whether two kinds may be the same thing: of one family, or one of them is the wildcard."""
    return WILDCARD in (one, other) or family(one) == family(other)


def counted(number: int, name: str | None) -> str:
    """Return "41 falls", "1 fall", "3 events of playing"; "41 events" of no family and of the wildcard."""
    if name is None or name == WILDCARD:
        one, many = "event", "events"
    else:
        words = name.replace("_", " ")
        one, many = NOUNS.get(name, (f"event of {words}", f"events of {words}"))
    return f"{number:,} {one if number == 1 else many}"
