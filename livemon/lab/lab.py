"""Lab: a researcher's tools in a notebook, as methods of `monitor.lab`. Only wires the other modules."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from livemon.base.datatypes import Severity
from livemon.base.errors import LabError
from livemon.base.model_types import Purpose
from livemon.inference.forecast import USUAL_MOVING_WINDOWS, WINDOWS_A_DAY
from livemon.lab.cadence import Way, cadence
from livemon.lab.data.dataset import Dataset, Item
from livemon.lab.datasets import ME, severity_named
from livemon.lab.experiment import Experiment
from livemon.lab.experiments.arms import Models, Prompts
from livemon.lab.experiments.live_plan import Place
from livemon.lab.left_out import left_out
from livemon.lab.optimise import Optimised, Reflect, optimise
from livemon.lab.promotion import GoingLive
from livemon.lab.scoring.match_rule import MatchRule
from livemon.store import lab as store
from livemon.vlm.prompt import default_name
from livemon.vlm.provider import VisionModel

if TYPE_CHECKING:
    from livemon.vlm.prompt import Prompt


class Lab(GoingLive):
    """The lab of a monitor. Its methods block, and may be called from any thread but the engine's."""

    def experiment(
        self,
        dataset: Dataset,
        prompts: Prompts = (),
        models: Models = "",
        *,
        repeats: int = 1,
        rule: MatchRule | None = None,
        name: str = "",
        by: str = ME,
    ) -> Experiment:
        """Plan an experiment, every prompt with every model over a dataset; nothing is asked yet.

        Parameters
        ----------
        prompts
            Names, versions or prompts, one or more; a mapping gives them names. The shipped one when empty.
        models
            ``local``, ``gemini``, ``gemini:<one of its models>`` ...; the one that is set when empty. A model that
            takes no prompt is one arm. One of your own is given as it is (docs/lab.md).
        repeats
            Number of times that each question is asked: models answer differently when asked again, and this measures
            it. A prompt with a seed is asked with seed + 0, seed + 1 and so on. In comparisons an arm finds what more
            than half of its repeats find; a tie is not found.
        rule
            When what was said is what happened.

        Raises
        ------
        UnknownPrompt, ConfigError, LabError
            When there is no such prompt or model, or there is nothing to ask.
        """
        if not dataset.items or not isinstance(repeats, int) or repeats < 1:
            raise LabError("lab.nothing_to_ask")
        arms = self._arms.make(prompts, models)
        self.freeze(dataset)
        content = {
            "arms": [arm.content for arm in arms],
            "repeats": repeats,
            "rule": (rule or MatchRule()).to_json(),
        }
        name = name or f"{arms[0].name if len(arms) == 1 else f'{len(arms)} arms'} on {dataset.name}"
        number = store.add_experiment(
            self._database, name, "experiment", dataset.version, content, self._clock.now(), by
        )
        return Experiment(number, dataset, arms, self._tools)

    def cadence(
        self,
        dataset: Dataset,
        prompt: Prompts = (),
        model: str = "",
        *,
        ways: Sequence[Way] = (),
        least: str = Severity.WARNING,
        hours: float = 2.0,
    ) -> pd.DataFrame:
        """Return what ways of watching would have shown of a dataset's events, and what each costs a day.

        The studies of a usual day's windows are in the price.

        Parameters
        ----------
        prompt, model
            Prompt and model whose looks are priced; the shipped prompt and the model of the settings when empty.
        ways
            `livemon.lab.cadence.Way`; every 20, 45 and 120 s, and gated by motion, when empty.
        least
            Milder events do not count.
        hours
            Duration of the repeated footage.

        Raises
        ------
        UnknownPrompt, ConfigError, NoFootage
            When there is no such prompt or model, or the footage is gone.
        """
        if not dataset.items or not 0 < hours < math.inf:
            raise LabError("lab.nothing_to_watch")
        grave = severity_named(least)
        arm = self._arms.one(prompt or default_name(Purpose.LOOK, "en"), model, Purpose.LOOK)
        chosen = ways or Way.usual(self._settings, arm.appetite.frames)
        cost = self._arms.look_cost(arm)
        study = self._arms.one(default_name(Purpose.STUDY, "en"), model, Purpose.STUDY)
        studies = WINDOWS_A_DAY * USUAL_MOVING_WINDOWS if self._settings.analysis.enabled else 0
        studies_usd = studies * self._arms.study_cost(study) if studies else 0.0

        def place(item: Item) -> Place:
            return self.places.place(item.camera_id, item.start_utc, item.end_utc, item.title)

        return cadence(dataset, chosen, self._settings, place, cost, studies_usd=studies_usd, least=grave, hours=hours)

    def windows_left_out(self, dataset: Dataset) -> pd.DataFrame:
        """Return which windows of a dataset `studies_need_people` would leave out, and the labelled events in them.

        Returns
        -------
        DataFrame
            `livemon.lab.left_out.LEFT_OUT_COLUMNS`. It leaves out at least what the live rule does.
        """
        return left_out(self._database, dataset)

    def open(self, experiment_id: int, models: Iterable[VisionModel] = ()) -> Experiment:
        """Return an experiment that was planned before, as after a restart of the kernel.

        Parameters
        ----------
        models
            The models of your own that it asked.

        Raises
        ------
        LabError
            When there is none, it is a replay, or a model of your own is missing.
        """
        for model in models:
            self._arms.know(model)
        row = store.experiment(self._database, experiment_id)
        if row is None or row["kind"] != "experiment":
            raise LabError("lab.no_experiment", experiment_id=experiment_id)
        arms = tuple(self._arms.again(content) for content in row["content"]["arms"])
        return Experiment(experiment_id, self.dataset(row["dataset_version"]), arms, self._tools)

    def experiments(self) -> pd.DataFrame:
        """Return all experiments and replays, the newest first, with what each has cost."""
        return store.experiments(self._database)

    def optimise(
        self,
        dataset: Dataset,
        prompt: str | Prompt,
        reflect: Reflect,
        *,
        model: str = "",
        cap_usd: float | None = None,
        budget: int = 100,
        held_out: float = 0.3,
        rule: MatchRule | None = None,
        seed: int = 0,
    ) -> Optimised:
        """Let a prompt's instructions be edited from its failures, and judge the best on days that it never saw.

        Needs gepa: ``pip install 'livemon[optimize]'``. Nothing is made live.

        Parameters
        ----------
        reflect
            Proposes edits: a function from a text to a text, for example a language model's.
        cap_usd
            Spending cap of all asking together; needed. The cost of `reflect` is unknown here.
        budget
            Maximum number of judgements of items, over all edits.
        held_out
            Share of the camera-days that is held out.

        Raises
        ------
        LabError
            When gepa is missing, the footage is of one camera-day, or the model takes no prompt.
        """
        found = self._book.get(prompt) if isinstance(prompt, str) else prompt
        if not isinstance(budget, int) or budget < 1:
            raise LabError("lab.wrong_budget", budget=repr(budget))
        if self._arms.make(found, model)[0].free:
            raise LabError("lab.no_prompt_to_edit")

        def compare_on(rest: Dataset, prompts: dict[str, Prompt]) -> Experiment:
            return self.experiment(rest, prompts, model, rule=rule, name=f"edited prompt on {rest.name}")

        return optimise(
            dataset, found, self._arms, self._tools, compare_on, reflect, model=model, cap_usd=cap_usd, budget=budget,
            held_out=held_out, rule=rule or MatchRule(), seed=seed,
        )  # fmt: skip
