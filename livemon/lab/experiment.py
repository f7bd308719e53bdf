"""Experiment: prompts x models x dataset. It forecasts its cost, asks, can be stopped and goes on where it was.

Its results are read by results/results.py; asking about one item lives in experiments/ask_item.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from livemon.base.errors import LabError
from livemon.base.messages.message import system_reason
from livemon.lab.data.dataset import Dataset
from livemon.lab.experiments.arms import Arm, cost_of
from livemon.lab.experiments.ask_item import OF_THE_MODEL, plan
from livemon.lab.experiments.live_plan import show
from livemon.lab.experiments.runner import Task, Tools, progress_bar, run
from livemon.lab.experiments.spend_cap import SpendCap
from livemon.lab.extensions import Metric, Scorer
from livemon.lab.results.cases import cases
from livemon.lab.results.page import page_html
from livemon.lab.results.results import Results, arm_named
from livemon.lab.results.side_by_side import Html, cases_html, diff_html
from livemon.lab.scoring.match_rule import MatchRule
from livemon.lab.scoring.matching import Matched, match
from livemon.store import lab as store

if TYPE_CHECKING:
    from livemon.lab.results.plots import Chart

AT_ONCE = 2
"""Items under way at once. The provider's limits hold besides, and leave room for live cameras."""

FORECAST_COLUMNS = {
    "arm": "str",
    "questions": "int64",
    "known": "int64",
    "to_ask": "int64",
    "usd_each": "float64",
    "usd": "float64",
    "at_most_usd": "float64",
}

OnProgress = Callable[[int, int, str], None]
"""Called with items done, items in all, and what is being done."""


class Experiment(Results):
    """An experiment of the lab. Its results are read by the methods of `Results`.

    Made by ``monitor.lab.experiment(...)``; ``monitor.lab.open(id)`` gives it back after a restart.
    """

    def __init__(
        self, experiment_id: int, dataset: Dataset, arms: tuple[Arm, ...], tools: Tools, scorer: Scorer = match
    ) -> None:
        row = store.experiment(tools.database, experiment_id)
        assert row is not None, "an experiment is made of its row"
        rule = MatchRule.from_json(row["content"]["rule"])
        self.arms = arms
        self.repeats: int = row["content"]["repeats"]
        runs = [(arm.name, repeat) for arm in arms for repeat in range(self.repeats)]
        own = tools.database, tools.settings, tools.places
        super().__init__(experiment_id, row["name"], dataset, rule, runs, *own, scorer)
        self._tools = tools

    @property
    def status(self) -> str:
        """Its progress, in a word and, when it stopped, with the reason."""
        row = store.experiment(self._tools.database, self.id)
        if row is None:
            raise LabError("lab.experiment_deleted", id=self.id)
        return f"{row['status']}: {row['reason']}" if row["reason"] else str(row["status"])

    def forecast(self, *, progress: bool = True) -> pd.DataFrame:
        """Return what asking will cost, a row for each arm and one for all; the first time it decodes the footage.

        Returns
        -------
        DataFrame
            The columns are `FORECAST_COLUMNS`. ``known`` questions were asked before and cost nothing. ``usd_each`` is
            computed from the tokens of the first question and a usual answer; ``at_most_usd`` is the maximum of a call.
            NaN: the price is not known.
        """
        rows: list[dict[str, Any]] = []
        with progress_bar(len(self.arms) * len(self.dataset.items), "Planning", show=progress) as told:
            for arm in self.arms:
                rows.append(self._forecast(arm, told))
        table = pd.DataFrame(rows, columns=list(FORECAST_COLUMNS)).astype(FORECAST_COLUMNS)
        total = table.drop(columns=["arm", "usd_each"]).sum(skipna=False)
        table.loc[len(table)] = {"arm": "all", "usd_each": math.nan, **total.to_dict()}
        return table.astype(FORECAST_COLUMNS)

    def run(
        self,
        cap_usd: float | None = None,
        *,
        at_once: int = AT_ONCE,
        progress: bool = True,
        on_progress: OnProgress | None = None,
    ) -> Experiment:
        """Ask what was not asked yet; blocks until it is done or stopped, and returns itself.

        Interrupt it (the kernel's Stop button) and run it again: what is answered stays answered. It stops by itself
        when the cap is reached, or when the model does not answer.

        Parameters
        ----------
        cap_usd
            Spending cap of this run; needed unless all arms are free.
        at_once
            Items under way at once.

        Raises
        ------
        LabError
            When a paid arm has no cap, or something of its footage is gone.
        """
        spend_cap = SpendCap.of(cap_usd, [arm.name for arm in self.arms if not arm.free])
        if not isinstance(at_once, int) or at_once < 1:
            raise LabError("lab.wrong_at_once", at_once=repr(at_once))
        # Concurrent tasks are about different items, so that no footage is planned twice. All arms are asked about some
        # items before the next ones, so that a run which is stopped can be scored.
        items = self.dataset.items
        tasks = [
            Task(arm, item, repeat)
            for begin in range(0, len(items), at_once)
            for repeat in range(self.repeats)
            for arm in self.arms
            for item in items[begin : begin + at_once]
        ]
        with progress_bar(len(tasks), self.name, show=progress) as shown:

            def told(done: int, what: str) -> None:
                shown(done)
                if on_progress is not None:
                    on_progress(done, len(tasks), what)

            counts, _ = run(self._tools, self.id, tasks, spend_cap, at_once=at_once, told=told)
        if counts.left_out:
            code = "lab.items_left_out" if counts.items_done else "lab.nothing_shown"
            left_out = "; ".join(f"{title}: {why}" for title, why in counts.left_out.items())
            raise LabError(code, count=len(counts.left_out), items=left_out)
        return self

    def with_scorer(self, scorer: Scorer) -> Experiment:
        """Return this experiment judged by a scorer of your own: scores, comparisons, plots and pages follow it.

        Promotion takes the experiment itself only.
        """
        return Experiment(self.id, self.dataset, self.arms, self._tools, scorer)

    def scores(self, rule: MatchRule | None = None, *, metrics: Mapping[str, Metric] | None = None) -> pd.DataFrame:
        """Return a row for each arm, in the order in which they were given; see `Results.scores`."""
        return self._in_order(super().scores(rule, metrics=metrics), ["arm"])

    def plot_tradeoff(self, *arms: str, dangers: bool = False) -> Chart:
        """Return recall against false alerts with 95 % intervals, as a matplotlib figure.

        Parameters
        ----------
        arms
            Any part of a name that means one arm will do; all when none is given.
        dangers
            Recall of dangers instead of all events.
        """
        from livemon.lab.results import plots

        matched = self.matched()
        return plots.tradeoff(matched, self._named(matched, arms), dangers=dangers)

    def plot_delay(self, *arms: str) -> Chart:
        """Return how long after its start an event was told, as a matplotlib figure; arms as `plot_tradeoff`."""
        from livemon.lab.results import plots

        matched = self.matched()
        return plots.delay(matched, self._named(matched, arms))

    def plot_cost(self, *arms: str, dangers: bool = False) -> Chart:
        """Return recall against cost with the frontier, as a matplotlib figure; parameters as `plot_tradeoff`."""
        from livemon.lab.results import plots

        matched = self.matched()
        return plots.cost(matched, self._named(matched, arms), dangers=dangers)

    def slices(self, by: str, rule: MatchRule | None = None) -> pd.DataFrame:
        """Return the scores by `camera_id`, `night`, `stratum` or `family` of event, arms in their order."""
        return self._in_order(super().slices(by, rule), [by, "arm"])

    def _named(self, matched: Matched, arms: Sequence[str]) -> list[str]:
        return [arm_named(one, matched.arms) for one in arms] or [arm.name for arm in self.arms]

    def _in_order(self, table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
        order = {arm.name: number for number, arm in enumerate(self.arms)}

        def key(column: pd.Series) -> pd.Series:
            return column.map(order) if column.name == "arm" else column

        return table.sort_values(by, key=key, ignore_index=True)

    def side_by_side(self, *arms: str, most: int = 12) -> Html:
        """Return what these arms said of each event and alert, with pictures and labels, disagreements first.

        Parameters
        ----------
        arms
            Any part of a name that means one arm will do; all when none is given.
        most
            Number of cases.
        """
        matched = self.matched()
        return Html(cases_html(self, cases(matched, self._named(matched, arms)), most))

    def prompt_diff(self, a: str, b: str) -> Html:
        """Return the difference of two arms' prompts, word by word."""
        by_name = {arm.name: arm for arm in self.arms}
        one, two = (by_name[arm_named(name, by_name)] for name in (a, b))
        return Html(diff_html(one.terms.prompt, two.terms.prompt, (one.name, two.name)))

    def report(self, path: Path | str, most: int = 20) -> Path:
        """Write a page of all that came of it, one HTML file that fetches nothing; returns where.

        Raises
        ------
        LabError
            When nothing was asked yet, or the file cannot be written.
        """
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page_html(self, self.arms, self.status, most), encoding="utf-8")
        except OSError as exc:
            raise LabError("lab.file_not_written", path=path, reason=system_reason(exc)) from exc
        return path

    def _forecast(self, arm: Arm, told: Callable[[int], None]) -> dict[str, Any]:
        database = self._tools.database
        questions = known = 0
        each: tuple[float, float] | None = None
        for number, item in enumerate(self.dataset.items):
            place = self.place(item)
            planned = plan(arm, item, place, self._tools.settings)
            for repeat in range(self.repeats):
                wanted = store.AnswerKey(item.id, arm.version, arm.appetite.model, repeat)
                answered = store.answered(database, wanted, OF_THE_MODEL, self.id)
                questions, known = questions + len(planned), known + min(len(planned), len(answered))
            if each is None and planned and not arm.free:
                scene = place.notes.then(planned[0].utcs[-1])
                question = show(*(item, place, planned[0], arm.terms, scene, item.camera_id), crops=arm.appetite.crops)
                each = cost_of(arm, question, self._tools.settings, self._tools.clock)
            told(number)
        usd_each, most_each = (0.0, 0.0) if arm.free else each or (math.nan, math.nan)
        to_ask = questions - known
        sums = {"usd_each": usd_each, "usd": to_ask * usd_each, "at_most_usd": to_ask * most_each}
        return {"arm": arm.name, "questions": questions, "known": known, "to_ask": to_ask, **sums}
