"""Promotion with evidence: a prompt becomes live when an experiment says that it finds no fewer dangers.

Making it live, and going back, is prompt_book.py's; this decides whether it may, and writes down why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livemon.errors import LabError, NotPromoted
from livemon.lab.arms import Arm
from livemon.lab.compare import Comparison
from livemon.lab.experiment import Experiment
from livemon.lab.rule import MatchRule
from livemon.prompt_book import PromptBook
from livemon.store.lab import ExperimentStatus
from livemon.vlm.prompt import Prompt

ALREADY = "it was live already"
FORCE = "force=True makes it live all the same, and the history says so."


@dataclass(frozen=True, slots=True)
class Promoted:
    """What was made live, where, and on which evidence."""

    version: str
    cameras: tuple[str, ...]
    note: str

    def __str__(self) -> str:
        """Say it in a sentence."""
        return f"{self.version[:8]} is live for {', '.join(self.cameras)}: {self.note}"


def promote(
    book: PromptBook,
    name_or_version: str,
    cameras: Sequence[str],
    evidence: Experiment | None,
    *,
    by: str,
    force: bool,
    live_model: str,
    note: str = "",
) -> Promoted:
    """Make a prompt live for cameras, all or none of them; see `Lab.promote`."""
    prompt = book.get(name_or_version)
    said: dict[str, str] = {}
    for camera_id in cameras:
        try:
            said[camera_id] = evidence_for(book, prompt, camera_id, evidence, live_model)
        except LabError as exc:
            if not force:
                raise
            said[camera_id] = f"forced: {exc.message}"
    for camera_id in cameras:
        if said[camera_id] == ALREADY:
            continue
        words = ". ".join(part.rstrip(".") for part in (note, said[camera_id]) if part)
        book.promote(camera_id, name_or_version, by=by, note=words)
    return Promoted(prompt.version, tuple(cameras), "; ".join(dict.fromkeys(said.values())))


def evidence_for(book: PromptBook, prompt: Prompt, camera_id: str, evidence: Experiment | None, live_model: str) -> str:
    """Return, in a sentence, what speaks for a prompt instead of the one that is live for a camera.

    Parameters
    ----------
    live_model
        The model that looks; empty when it takes no prompt, and any will do.

    Raises
    ------
    NotPromoted
        When it finds fewer dangers, no dangers were labelled, or the evidence is not about these two prompts.
    """
    live = book.live(camera_id, prompt.purpose).prompt
    if live.version == prompt.version:
        return ALREADY
    if evidence is None:
        raise NotPromoted(f"There is no evidence for {prompt.version[:8]}.", f"Give an experiment as evidence. {FORCE}")
    if not evidence.status.startswith(ExperimentStatus.DONE):
        raise NotPromoted(f"The experiment {evidence.id} is not done: {evidence.status}.", f"Run it again. {FORCE}")
    pair = _arms(evidence.arms, live.version, prompt.version, live_model)
    if pair is None:
        on = f"on {live_model}, which looks" if live_model else "on one model"
        raise NotPromoted(
            f"The experiment {evidence.id} did not compare {prompt.version[:8]} with {live.version[:8]}, which is live "
            f"for {camera_id}, {on}.",
            f"Compare these two. {FORCE}",
        )
    comparison = evidence.compare(pair[0].name, pair[1].name)
    _guard(comparison, evidence)
    said = f"experiment {evidence.id} on dataset {evidence.dataset.version[:8]}: {comparison.sentence}"
    return said if evidence.rule == MatchRule() else f"{said} The rule was another one: {evidence.rule.sentence}"


def _guard(comparison: Comparison, evidence: Experiment) -> None:
    if not comparison.dangers:
        raise NotPromoted(
            f"No danger is labelled in the dataset of experiment {evidence.id}, so it says nothing of how many would "
            "be missed.",
            f"Add footage with dangers; rendered scenes have some. {FORCE}",
        )
    # Means over the repeats, which tell more than the majority does.
    found = evidence.scores().set_index("arm")["danger_recall"]
    before, after = found[comparison.a], found[comparison.b]
    if comparison.danger_recall_falls:
        raise NotPromoted(
            f"It finds fewer dangers than what is live: {after:.0%} of {comparison.dangers} instead of {before:.0%}.",
            FORCE,
        )
    if not after > 0:
        raise NotPromoted(f"It finds none of the {comparison.dangers} labelled dangers.", FORCE)


def _arms(arms: Sequence[Arm], live: str, other: str, model: str) -> tuple[Arm, Arm] | None:
    """Return the arms of two prompts on the same model; None when the experiment has none."""
    for one in arms:
        for two in arms:
            same = one.appetite.model == two.appetite.model and model in ("", two.appetite.model)
            if (one.version, two.version) == (live, other) and same:
                return one, two
    return None
