"""Arms: the compared sides of an experiment, a prompt with a model each; made of names, prompts and models.

Prompts live in inference/prompts.py, models in vlm/provider.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from livemon.base.clock import WINDOW, Clock
from livemon.base.datatypes import Frame, LookReason
from livemon.base.errors import ConfigError, LabError
from livemon.base.model_types import Look, Purpose, Question, Scene, Study, Usage
from livemon.base.settings.settings import Settings
from livemon.detect.watch_factory import watchers
from livemon.inference.forecast import OUTPUT_TOKENS, STUDY_OUTPUT_TOKENS
from livemon.inference.pool import ModelPool
from livemon.inference.prompts import PromptRegistry, require_purpose
from livemon.vlm.catalog import Catalog
from livemon.vlm.prompt import Prompt, default_name
from livemon.vlm.provider import InputSpec, PromptTerms, VisionModel
from livemon.vlm.registry import MODELS, open_model

Prompts = str | Prompt | Iterable[str | Prompt] | Mapping[str, str | Prompt]
"""One or more, by name, by version or as they are; a mapping gives them names."""

Models = str | VisionModel | Iterable[str | VisionModel]
"""One or more, by name or as they are; the one that is set when empty."""

SHOWN_CHARS = 8
"""Of a version, where people read it."""

SEEDS = 2**31
"""Providers take seeds as 32-bit integers."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A prompt with a model. `prompt_name` is empty for a model that takes no prompt."""

    name: str
    prompt_name: str
    terms: PromptTerms
    model: VisionModel
    model_name: str

    @property
    def appetite(self) -> InputSpec:
        """Input format of the model."""
        return self.model.appetite(self.terms)

    @property
    def free(self) -> bool:
        """Whether it costs nothing; such a model takes no prompt, and may remember what it saw before."""
        return self.appetite.free

    @property
    def version(self) -> str:
        """Version of the prompt; empty for a model that takes none."""
        return "" if self.free else self.terms.prompt.version

    def terms_of(self, repeat: int) -> PromptTerms:
        """Return the terms of a repeat (0, 1, ...): a prompt with a seed is asked with seed + repeat.

        With one seed for all of them repeats would be copies. Without a seed the provider draws one for each call.
        """
        seed = self.terms.options.seed
        if seed is None or not repeat:
            return self.terms
        own = self.terms.options.model_copy(update={"seed": (seed + repeat) % SEEDS})
        return replace(self.terms, options=own)

    @property
    def content(self) -> dict[str, Any]:
        """The content that an experiment stores to rebuild the arm."""
        return {
            "name": self.name,
            "prompt": self.version or self.terms.prompt.version,
            "prompt_name": self.prompt_name,
            "model": self.model_name,
        }


class Arms:
    """Makes arms; opens models when they are asked for, and closes them in the end."""

    def __init__(self, settings: Settings, clock: Clock, pool: ModelPool, book: PromptRegistry) -> None:
        self._settings = settings
        self._clock = clock
        self._pool = pool
        self._book = book
        self._opened: dict[str, VisionModel] = {}
        self._own: dict[str, VisionModel] = {}

    def make(self, prompts: Prompts, models: Models) -> tuple[Arm, ...]:
        """Return every prompt with every model; a model that takes no prompt once.

        Parameters
        ----------
        models
            Providers, ``gemini``, or one's models, ``gemini:gemini-3.1-flash-lite``; empty for the one that is set; and
            models of your own, as they are.

        Raises
        ------
        UnknownPrompt, ConfigError, LabError
            When there is no such prompt or model, or prompts are for different purposes.
        """
        named = self._named(prompts)
        if len({prompt.purpose for prompt in named.values()}) > 1:
            raise LabError("lab.mixed_purposes")
        if not all(isinstance(name, str) and name.strip() for name in named):
            raise LabError("lab.prompt_without_name")
        several = [models] if isinstance(models, str) or not isinstance(models, Iterable) else list(models)
        wanted = [one if isinstance(one, str) else self.know(one) for one in several]
        if not wanted:
            raise LabError("lab.no_model_named")
        made: dict[str, Arm] = {}
        for model_name in wanted:
            for name, prompt in named.items():
                arm = self._arm(name, prompt, model_name)
                made.setdefault(arm.name, arm)
        return tuple(made.values())

    def look_cost(self, arm: Arm) -> Callable[[int], float]:
        """Return what tells the dollars of a look of so many frames; NaN when the price is not known."""
        now = self._clock.now()

        @cache
        def dollars(frames: int) -> float:
            width = arm.appetite.frame_width
            blank = np.zeros((width * 3 // 4, width, 3), np.uint8)
            shown = tuple(Frame("", now, blank) for _ in range(frames))
            look = Look("", LookReason.ASKED, shown, Scene(camera="Camera"))
            return 0.0 if arm.free else cost_of(arm, look, self._settings, self._clock)[0]

        return dollars

    def study_cost(self, arm: Arm) -> float:
        """Return the dollars of the study of one window in the tier that is set, of all frames that it may show.

        NaN: the price is not known.
        """
        if arm.free:
            return 0.0
        now, width = self._clock.now(), arm.appetite.frame_width
        blank = np.zeros((width * 3 // 4, width, 3), np.uint8)
        shown = tuple(Frame("", now, blank) for _ in range(arm.appetite.frames))
        study = Study("", now, WINDOW.total_seconds(), shown, scene=Scene(camera="Camera"))
        in_tier = replace(arm, terms=replace(arm.terms, tier=self._settings.study_tier))
        return cost_of(in_tier, study, self._settings, self._clock)[0]

    def know(self, model: VisionModel) -> str:
        """Take a model of your own; returns its name, which means it from then on.

        Raises
        ------
        LabError
            When it is not a model, or has the name of a shipped one.
        """
        if isinstance(model, type) or not isinstance(model, VisionModel):
            raise LabError("lab.not_a_model", model=repr(model))
        if model is not self._pool.main:
            if model.name in MODELS or ":" in model.name or not model.name.strip():
                raise LabError("lab.own_model_name_taken", name=repr(model.name), models=sorted(MODELS))
            self._own[model.name] = model
        return model.name

    @property
    def is_promptless(self) -> bool:
        """Whether the model that looks takes no prompt."""
        return self._pool.is_free(self._book.get(default_name(Purpose.LOOK, "en")))

    def one(self, prompt: Prompts, model: str, purpose: Purpose) -> Arm:
        """Return the arm of one prompt.

        Raises
        ------
        UnknownPrompt, ConfigError, LabError
            When there is no such prompt or model, there are several, or it is for another purpose.
        """
        named = self._named(prompt)
        if len(named) != 1:
            raise LabError("lab.one_prompt_only")
        for name, found in named.items():
            require_purpose(found, purpose, name)
        return self.make(prompt, model)[0]

    def live_model(self, prompt: Prompt) -> str:
        """Return the model that answers live under a prompt; empty when it takes no prompt."""
        appetite = self._pool.main.appetite(PromptTerms.of(prompt))
        return "" if appetite.free else appetite.model

    def again(self, content: Mapping[str, Any]) -> Arm:
        """Return the arm that an experiment kept.

        Raises
        ------
        UnknownPrompt, ConfigError, LabError
            When its prompt or model is not there any more.
        """
        provider = content["model"].partition(":")[0]
        if provider not in {*MODELS, self._pool.main.name, *self._own}:
            raise LabError("lab.own_model_unknown", provider=repr(provider))
        return self._arm(content["prompt_name"], self._book.get(content["prompt"]), content["model"])

    async def close(self) -> None:
        """Close the models that were opened here."""
        for model in self._opened.values():
            await model.close()
        self._opened.clear()

    def _named(self, prompts: Prompts) -> dict[str, Prompt]:
        """Return the prompts by name, in order; what has a name already is called by it."""
        if isinstance(prompts, Mapping):
            wanted = list(prompts.items())
        else:
            several = [prompts] if isinstance(prompts, str | Prompt) else list(prompts)
            wanted = [(self._book.name_of(one) if isinstance(one, Prompt) else one, one) for one in several]
        if not wanted:
            wanted = [(name := default_name(Purpose.LOOK, "en"), name)]
        return {name: self._book.get(one) if isinstance(one, str) else one for name, one in wanted}

    def _arm(self, prompt_name: str, prompt: Prompt, model_name: str) -> Arm:
        provider, _, which = (model_name or self._pool.main.name).partition(":")
        model = self._open(provider)
        terms = PromptTerms.of(prompt)
        if which:
            terms = PromptTerms(prompt, prompt.options.model_copy(update={"model": which}))
        appetite = model.appetite(terms)
        called = appetite.model
        if not appetite.free:
            self._book.keep(prompt, prompt_name)
            called = f"{prompt_name} ({prompt.version[:SHOWN_CHARS]}) on {appetite.model}"
        return Arm(called, "" if appetite.free else prompt_name, terms, model, model_name or provider)

    def _open(self, provider: str) -> VisionModel:
        if provider in self._own:
            return self._own[provider]
        if provider == self._pool.main.name and provider != "local":
            # Its limits on calls at once and a minute hold for the cameras and the lab together.
            return self._pool.main
        if provider not in self._opened:
            # A local model of our own: what the cameras' remembers of their scenes is not to be disturbed.
            opened = open_model(provider, self._settings, self._clock, watchers(self._settings))
            self._opened[provider] = self._pool.limit(opened)
        return self._opened[provider]


def cost_of(arm: Arm, question: Question, settings: Settings, clock: Clock) -> tuple[float, float]:
    """Return what a question usually costs, and at most; NaN when its price is not known. Blocks some milliseconds."""
    try:
        prepared = arm.model.prepare(question, arm.terms)
    except ConfigError:  # of a model without a price, for example; a run says what is wrong
        return math.nan, math.nan
    most = math.nan if prepared.bound_usd is None else prepared.bound_usd
    entry = Catalog.of(settings.prices).entry(prepared.model)
    price = entry.price(clock.now().date())
    if price is None or prepared.request is None:
        return most, most
    output = STUDY_OUTPUT_TOKENS if arm.terms.prompt.purpose is Purpose.STUDY else OUTPUT_TOKENS
    usage, factor = Usage(prepared.request.input_tokens(entry), output), entry.tier_factor(prepared.request.tier)
    return price.cost_usd(usage, factor), most
