"""Optimising: a prompt's instructions are edited from its failures, by gepa, and judged on days it never saw.

A third of the camera-days is held out before it begins; edits are proposed and chosen on the rest. Edits are proposed
by any function from text to text. Scoring is scoring/matching.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from livemon.base.errors import ConfigError, LabError
from livemon.lab.data.dataset import Dataset, Item
from livemon.lab.experiment import Experiment
from livemon.lab.experiments.arms import Arm, Arms
from livemon.lab.experiments.runner import Task, Tools, run
from livemon.lab.experiments.spend_cap import SpendCap
from livemon.lab.results.results import said_table
from livemon.lab.results.side_by_side import diff_html
from livemon.lab.scoring.arm_comparison import Comparison
from livemon.lab.scoring.match_rule import MatchRule
from livemon.lab.scoring.matching import Matched, Verdict, match
from livemon.store import lab as store
from livemon.store.lab import ExperimentStatus
from livemon.vlm.prompt import Prompt

INSTRUCTIONS = "instructions"
DANGER_WEIGHT = 2.0
"""A missed danger weighs as much as two false alerts."""

Reflect = Callable[[str], str]
"""Given what failed and the instructions, returns a text with better ones between ``` fences."""


@dataclass(frozen=True)
class Optimised:
    """Result of an optimisation.

    Attributes
    ----------
    prompt
        The best prompt found; the one that it began with when none was better.
    tried
        Number of edits tried.
    evidence
        The experiment that compares both on the footage held out; what promotion wants to see.
    comparison
        Its result: the one number that was not tuned on. None when the budget was spent before;
        ``evidence.run(cap_usd=...)`` makes up for it.
    stopped
        Why it ended early; empty when it did not.
    """

    before: Prompt
    prompt: Prompt
    tried: int
    spent_usd: float
    evidence: Experiment
    comparison: Comparison | None
    stopped: str = ""

    @property
    def sentence(self) -> str:
        """The conclusion, in plain words."""
        early = f" It ended early: {self.stopped}." if self.stopped else ""
        if self.prompt.version == self.before.version:
            edits = f"None of {self.tried} edits" if self.tried else "No edit was tried, so none"
            return f"{edits} was better on the footage to work on.{early}"
        if self.comparison is None:
            return (
                f"The best of {self.tried} edits is not judged on the footage held out: {self.evidence.status}.{early}"
            )
        return f"The best of {self.tried} edits, on footage that it never saw: {self.comparison.sentence}{early}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.sentence)}</p>{diff_html(self.before, self.prompt, ('before', 'after'))}"


@dataclass
class Adapter:
    """Adapter for gepa: the score of a candidate on some items, and its errors. Its methods block.

    gepa knows it by its methods (gepa.core.adapter.GEPAAdapter), so this module needs gepa only when it runs.
    """

    prompt: Prompt
    arms: Arms
    model: str
    rule: MatchRule
    tools: Tools
    spend_cap: SpendCap
    experiment_id: int
    stopped: str = ""
    tried: dict[str, Prompt] = field(default_factory=dict)
    propose_new_texts: None = None

    def evaluate(self, batch: Sequence[Item], candidate: Mapping[str, str], capture_traces: bool = False) -> Any:
        """Return a score from 0 to 1 for each item, and, when asked for, what went wrong with each."""
        from gepa.core.adapter import EvaluationBatch

        told, shares = self._judge(batch, candidate)
        return EvaluationBatch(outputs=told, scores=shares, trajectories=told if capture_traces else None)

    def make_reflective_dataset(
        self, candidate: Mapping[str, str], eval_batch: Any, components_to_update: Sequence[str]
    ) -> dict[str, list[dict[str, str]]]:
        """Return the feedback on each item for the proposer of an edit."""
        records = [
            {"Inputs": one["title"], "Generated Outputs": one["said"], "Feedback": one["feedback"]}
            for one in eval_batch.trajectories
        ]
        return dict.fromkeys(components_to_update, records)

    def asking(self, reflect: Reflect) -> Reflect:
        """Return `reflect`, whose failure ends it: gepa would only log it, and go on paying."""

        def asked(text: str) -> str:
            try:
                edited = reflect(text)
            except Exception as exc:
                self.stopped = f"`reflect` failed: {exc!r}"
                raise
            if not isinstance(edited, str):
                self.stopped = f"`reflect` returned {type(edited).__name__} and no text"
                raise TypeError(self.stopped)
            return edited

        return asked

    def candidate(self, texts: Mapping[str, str]) -> Prompt:
        """Return the prompt with these instructions; ConfigError when they cannot be any."""
        return self.prompt.changed(instructions=texts[INSTRUCTIONS])

    def _judge(self, batch: Sequence[Item], texts: Mapping[str, str]) -> tuple[list[dict[str, str]], list[float]]:
        try:
            arm = self.arms.make(self.candidate(texts), self.model)[0]
        except ConfigError as exc:
            told = [{"title": item.title, "said": "", "feedback": f"No prompt: {exc.message}"} for item in batch]
            return told, [0.0] * len(batch)
        self.tried[arm.version] = arm.terms.prompt
        items = list({item.id: item for item in batch}.values())  # gepa fills small batches up with the same
        if not self.stopped:
            tasks = [Task(arm, item) for item in items]
            _, self.stopped = run(self.tools, self.experiment_id, tasks, self.spend_cap)
        matched = self._matched(arm, items)
        return [feedback(matched, item) for item in batch], [share(matched, item) for item in batch]

    def _matched(self, arm: Arm, batch: Sequence[Item]) -> Matched:
        data = Dataset("batch", tuple(batch))
        answers = store.results(self.tools.database, self.experiment_id)
        own = answers[(answers["arm"] == arm.name) & answers["item"].isin([item.id for item in batch])]
        said = said_table(own, self.tools.settings.cooldown_s)
        return match(data.items_table(), data.truths_table(), said, data.ignored_table(), own, self.rule)


def share(matched: Matched, item: Item) -> float:
    """Return how right an item was: F1 of its events, dangers counted double; 1 when nothing was to be said or was."""
    truths = matched.outcomes[matched.outcomes["item"] == item.id].merge(matched.truths[["truth", "severity"]])
    weight = np.where(truths["severity"] == "danger", DANGER_WEIGHT, 1.0)
    is_found = truths["found"].to_numpy(bool)
    found, missed = float(weight[is_found].sum()), float(weight[~is_found].sum())
    false = int(_of(matched.said, item)["verdict"].eq(Verdict.FALSE.value).sum())
    failed = int((_of(matched.calls, item)["status"] != "ok").sum())
    all_of_it = 2 * found + missed + false + failed
    return 2 * found / all_of_it if all_of_it else 1.0


def feedback(matched: Matched, item: Item) -> dict[str, str]:
    """Return in words what was said about an item, and what was wrong with it; what an editor of prompts needs."""
    said, begin_s = _of(matched.said, item), item.start_utc.timestamp()
    outcomes = matched.outcomes[matched.outcomes["item"] == item.id].merge(matched.truths, on=["truth", "item"])
    notes = {truth.start_utc.timestamp(): truth.note for truth in item.truths}
    lines = [
        f"Missed: {row['severity']} {row['kind']} at {row['start_s'] - begin_s:.0f} s. {notes.get(row['start_s'], '')}"
        for row in outcomes[~outcomes["found"].astype(bool)].to_dict("records")
    ]
    false = said[said["verdict"] == Verdict.FALSE.value].to_dict("records")
    lines += [f"False alert: {row['severity']} {row['kind']} at {row['start_s'] - begin_s:.0f} s" for row in false]
    failed = _of(matched.calls, item)
    lines += [f"An answer was {status}." for status in failed.loc[failed["status"] != "ok", "status"]]
    words = "; ".join(f"{row['severity']} {row['kind']}: {row['title']}" for row in said.to_dict("records"))
    return {"title": item.title or item.id, "said": words or "nothing", "feedback": "\n".join(lines) or "All right."}


def optimise(
    dataset: Dataset,
    prompt: Prompt,
    arms: Arms,
    tools: Tools,
    compare_on: Callable[[Dataset, dict[str, Prompt]], Experiment],
    reflect: Reflect,
    *,
    model: str,
    cap_usd: float | None,
    budget: int,
    held_out: float,
    rule: MatchRule,
    seed: int,
) -> Optimised:
    """Edit a prompt; see `livemon.lab.lab.Lab.optimise`. Blocks for long."""
    try:
        import gepa
    except ImportError as exc:
        raise LabError("lab.gepa_missing") from exc
    work, rest = dataset.split(held_out)
    content = {"prompt": prompt.version, "dataset": dataset.version, "held_out": rest.version}
    name = f"edits of {prompt.version[:8]} on {dataset.name}"
    number = store.add_experiment(tools.database, name, "optimise", None, content, tools.clock.now(), "optimise")
    # A third is kept for the last comparison: what is chosen must be affordable to judge.
    whole = SpendCap.of(cap_usd, [name])
    spend_cap = SpendCap((whole.cap_usd or 0.0) * 2 / 3)
    adapter = Adapter(prompt, arms, model, rule, tools, spend_cap, number)
    found = gepa.optimize(
        seed_candidate={INSTRUCTIONS: prompt.instructions},
        trainset=list(work.items),
        valset=list(work.items),
        adapter=adapter,
        reflection_lm=adapter.asking(reflect),
        max_metric_calls=budget,
        stop_callbacks=lambda _state: bool(adapter.stopped),
        logger=_Silent(),
        seed=seed,
    )
    best = adapter.candidate(found.best_candidate)
    evidence = compare_on(
        rest, {"before": prompt, "after": best} if best.version != prompt.version else {"before": prompt}
    )
    comparison = None
    if best.version != prompt.version:
        evidence.run(max(0.0, (whole.cap_usd or 0.0) - spend_cap.spent_usd), progress=False)
    if evidence.status == ExperimentStatus.DONE:
        comparison = evidence.compare(evidence.arms[0].name, evidence.arms[-1].name)
    tried = len(adapter.tried) - 1
    return Optimised(prompt, best, tried, spend_cap.spent_usd, evidence, comparison, adapter.stopped)


class _Silent:
    """gepa prints what it does; here the result says it."""

    def log(self, message: str) -> None:
        """Say nothing."""


def _of(table: pd.DataFrame, item: Item) -> pd.DataFrame:
    return table[table["item"] == item.id]
