"""What a pretended model (testing/pretend.py) knows of a dataset, so that the lab can be tried without a key."""

from __future__ import annotations

from collections.abc import Mapping

from livemon.lab.dataset import Dataset, Truth
from livemon.lab.kinds import family
from livemon.testing.pretend import Known, Pretender

KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "fall": ("fall", ()),
    "climbing": ("climbing", ("climb", "furniture")),
    "lying": ("sleeping", ("lying", "lies", "sleep")),
    "coming": ("person_came", ("comes", "came", "enters")),
    "leaving": ("person_left", ("goes", "left", "leaves")),
    "playing": ("play", ("play",)),
}
"""By family of label: the kind that it answers, and words of which the instructions must have one for it to look."""


def pretender(dataset: Dataset, *, misses: float = 0.0, flips: float = 0.0, invents: float = 0.0) -> Pretender:
    """Return what answers looks at a dataset by its labels; see `livemon.testing.pretend.Pretender`.

    Kinds that no answer has a word for are not known to it.
    """
    known: dict[str, list[Known]] = {}
    for item in dataset.items:
        known[item.title or item.camera_id] = [_known(one) for one in item.truths if family(one.kind) in KINDS]
    return Pretender(known, misses=misses, flips=flips, invents=invents)


def _known(truth: Truth) -> Known:
    kind, asked_by = KINDS[family(truth.kind)]
    start, end = (
        at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6 for at in (truth.start_utc, truth.end_utc)
    )
    return Known(start, end, kind, truth.severity.value, truth.note or kind, asked_by)
