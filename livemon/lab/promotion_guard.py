"""Promotion with evidence: a prompt becomes live when an experiment shows that it misses hardly more dangers.

The test is one of non-inferiority: the upper 95 % bound of the share of dangers that it loses must lie below a margin.
Equally good prompts pass once there are enough labels: 88 % with 60 dangers of 10 days, a tenth of which the two find
differently. Prompts that are worse by the margin pass at most once in 20 (tests/lab/test_slow_coverage.py).

Making it live, and going back, is inference/prompts.py's; this decides whether it may, and writes down why.

Source: G. Piaggio et al., Reporting of Noninferiority and Equivalence Randomized Trials, JAMA 308 (2012).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from livemon.base.errors import LabError, NotPromoted
from livemon.base.messages.message import message
from livemon.inference.prompts import PromptRegistry
from livemon.lab.experiment import Experiment
from livemon.lab.experiments.arms import Arm
from livemon.lab.scoring.arm_comparison import Comparison
from livemon.lab.scoring.match_rule import MatchRule
from livemon.lab.scoring.matching import match
from livemon.store.lab import ExperimentStatus
from livemon.vlm.prompt import Prompt

ALREADY = "it was live already"
MARGIN = 0.1
"""Share of the labelled dangers that a new prompt may lose: with 5 of 100 some hundred dangers have to be labelled."""
MOST_NEEDED = 10_000
Z_ONE_SIDED, Z_POWER = 1.644854, 0.841621
"""Of a 95 % bound, and of being below it four times in five."""
FORCE = "force=True makes it live all the same, and the history says so."


@dataclass(frozen=True, slots=True)
class Promoted:
    """A promotion: the prompt, its camera, and its evidence."""

    version: str
    cameras: tuple[str, ...]
    note: str

    def __str__(self) -> str:
        """Say it in a sentence."""
        return f"{self.version[:8]} is live for {', '.join(self.cameras)}: {self.note}"


def promote(
    book: PromptRegistry,
    name_or_version: str,
    cameras: Sequence[str],
    evidence: Experiment | None,
    *,
    by: str,
    force: bool,
    live_model: str,
    note: str = "",
    margin: float = MARGIN,
) -> Promoted:
    """Make a prompt live for cameras, all or none of them; see `Lab.promote`."""
    if not isinstance(margin, int | float) or not 0 < margin < 1:
        raise LabError("promote.wrong_margin", margin=repr(margin))
    prompt = book.get(name_or_version)
    said: dict[str, str] = {}
    for camera_id in cameras:
        try:
            said[camera_id] = evidence_for(book, prompt, camera_id, evidence, live_model, margin)
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


def evidence_for(
    book: PromptRegistry,
    prompt: Prompt,
    camera_id: str,
    evidence: Experiment | None,
    live_model: str,
    margin: float = MARGIN,
) -> str:
    """Return, in a sentence, what speaks for a prompt instead of the one that is live for a camera.

    Parameters
    ----------
    live_model
        The model that looks; empty when it takes no prompt, and any will do.
    margin
        Share of the labelled dangers that it may lose, 0 to 1.

    Raises
    ------
    NotPromoted
        When it may lose more dangers than the margin, too few are labelled to tell, or the evidence is not about these
        two prompts.
    """
    live = book.live(camera_id, prompt.purpose).prompt
    if live.version == prompt.version:
        return ALREADY
    if evidence is None:
        raise NotPromoted("promote.no_evidence", prompt=prompt.version[:8])
    if not evidence.status.startswith(ExperimentStatus.DONE):
        raise NotPromoted("promote.experiment_not_done", experiment=evidence.id, status=evidence.status)
    if evidence.scorer is not match:
        raise NotPromoted("promote.own_scorer", experiment=evidence.id)
    pair = _arms(evidence.arms, live.version, prompt.version, live_model)
    if pair is None:
        on = message("promote.on_live_model", model=live_model) if live_model else message("promote.on_one_model")
        raise NotPromoted(
            "promote.other_prompts",
            experiment=evidence.id,
            prompt=prompt.version[:8],
            live=live.version[:8],
            camera=camera_id,
            on=on,
        )
    comparison = evidence.compare(pair[0].name, pair[1].name)
    _guard(comparison, evidence.id, margin)
    most = max(0.0, comparison.danger_loss_bound)
    said = (
        f"experiment {evidence.id} on dataset {evidence.dataset.version[:8]}: {comparison.sentence} "
        f"{comparison.b} loses at most {most:.0%} of the dangers (95% bound; margin {margin:.0%})."
    )
    return said if evidence.rule == MatchRule() else f"{said} The rule was another one: {evidence.rule.sentence}"


def _guard(of: Comparison, experiment: int, margin: float) -> None:
    if not of.dangers:
        where = message("promote.in_watched_window" if of.judged_dangers else "promote.in_dataset")
        raise NotPromoted("promote.no_danger_labelled", where=where, experiment=experiment, arm=of.b, live=of.a)
    found = message(
        "promote.found", dangers=of.dangers, arm=of.b, finds=of.dangers_b, live=of.a, live_finds=of.dangers_a
    )
    if not of.dangers_b and of.danger_loss >= 0:
        raise NotPromoted("promote.finds_no_danger", dangers=of.dangers, found=found)
    if math.isnan(of.danger_loss_bound):
        raise NotPromoted("promote.one_camera_day", found=found)
    if of.danger_loss_bound <= margin:
        return
    if of.danger_loss >= margin:
        raise NotPromoted("promote.finds_fewer", found=found, margin=margin)
    more = needed(of, margin) - of.dangers
    raise NotPromoted(
        "promote.too_few_dangers",
        found=found,
        loss=of.danger_loss_bound,
        margin=margin,
        more=max(1, more),
        wider=2 * margin,
    )


def needed(of: Comparison, margin: float) -> int:
    """Return how many labelled dangers show an equally good prompt to be within the margin, four times in five.

    Dangers that only one prompt finds are taken to be as frequent as they were and evenly split, days to be as alike as
    events.
    """
    # Half a danger on each side: with none that differ, the next one may.
    frequent = (of.dangers_discordant + 1) / (of.dangers + 2)
    return min(MOST_NEEDED, math.ceil(((Z_ONE_SIDED + Z_POWER) / margin) ** 2 * frequent))


def _arms(arms: Sequence[Arm], live: str, other: str, model: str) -> tuple[Arm, Arm] | None:
    """Return the arms of two prompts on the same model; None when the experiment has none."""
    for one in arms:
        for two in arms:
            same = one.appetite.model == two.appetite.model and model in ("", two.appetite.model)
            if (one.version, two.version) == (live, other) and same:
                return one, two
    return None
