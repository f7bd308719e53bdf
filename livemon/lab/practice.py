"""Labels of a dataset as a script for the stand-in model (sim/servers/scripted_answers.py): the lab without a key.

Its quality follows from the words of the instructions alone; `KINDS` and `MISTAKES` are all of its skill.
"""

from __future__ import annotations

from collections.abc import Mapping

from livemon.base.event_families import family
from livemon.lab.data.dataset import Dataset, Truth
from livemon.sim.scenes.lab_days import FALLS_OFF
from livemon.sim.servers.scripted_answers import Known, Mistake, Recognise, ScriptedAnswers

KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    FALLS_OFF: ("fall", ("furniture", "sofa")),
    "fall": ("fall", ()),
    "climbing": ("climbing", ("climb", "furniture")),
    "lying": ("sleeping", ("lying", "lies", "sleep")),
    "coming": ("person_came", ("comes", "came", "enters")),
    "leaving": ("person_left", ("goes", "left", "leaves")),
    "playing": ("play", ("play",)),
}
"""By kind of label, or its family: what it answers, and the words of which the instructions must have one."""

MISTAKES: Mapping[str, Mistake] = {
    "lying": Mistake("fall", "danger", "Somebody lies on the floor", ("sleep", "nap", "on purpose")),
}
"""By family: what it is taken for when the instructions do not have one of the words."""


def pretender(
    dataset: Dataset,
    *,
    misses: float = 0.0,
    flips: float = 0.0,
    invents: float = 0.0,
    recognise: Recognise | None = None,
) -> ScriptedAnswers:
    """Return what answers looks at a dataset by its labels; see `livemon.sim.servers.scripted_answers.ScriptedAnswers`.

    Kinds that no answer has a word for are not known to it.
    """
    known: dict[str, list[Known]] = {}
    for item in dataset.items:
        known[item.title or item.camera_id] = [_known(one) for one in item.truths if _named(one) in KINDS]
    return ScriptedAnswers(known, misses=misses, flips=flips, invents=invents, recognise=recognise)


def _named(truth: Truth) -> str:
    return truth.kind if truth.kind in KINDS else family(truth.kind)


def _known(truth: Truth) -> Known:
    kind, asked_by = KINDS[_named(truth)]
    start, end = (
        at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6 for at in (truth.start_utc, truth.end_utc)
    )
    mistake = MISTAKES.get(family(truth.kind))
    return Known(start, end, kind, truth.severity.value, truth.note or kind, asked_by, mistake)
