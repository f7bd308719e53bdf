"""ModelPool: the models that a monitor's cameras share: the main one, stand-ins, open circuit breakers.

The choice among them for a question is made in gateway.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from livemon.base.clock import Clock
from livemon.base.messages.message import Message, message
from livemon.base.model_types import Answer
from livemon.base.settings.settings import Settings
from livemon.detect.watch_factory import watchers
from livemon.inference.shared_rate import SharedRate
from livemon.store.session import Database
from livemon.vlm.circuit_breaker import Breaker
from livemon.vlm.prompt import Prompt
from livemon.vlm.provider import PromptTerms, VisionModel
from livemon.vlm.registry import open_model

FLEX_REST_S = 3600.0
"""After a study at flex that was late or refused, the next ones are asked at standard for so long."""

LOCAL = "local"
NONE = "none"


class ModelPool:
    """Opens the models of the settings; nothing is sent yet.

    Parameters
    ----------
    main
        A model to use instead of the settings'; for tests and for models of one's own.

    Attributes
    ----------
    main
        Model of live looks.
    fallback
        Stand-in when `main` cannot look; None without one.
    free
        Stand-in when the budget is spent; None without one.

    Raises
    ------
    ConfigError
        When a model is unknown, or its settings do not allow it to be used.
    """

    def __init__(self, settings: Settings, clock: Clock, main: VisionModel | None = None) -> None:
        self._clock = clock
        self._breakers: dict[str, Breaker] = {}
        self._flex_from_s = -math.inf
        self._rate: Callable[[str, int], SharedRate] | None = None
        name = settings.looking_model
        self.main = main or open_model(name, settings, clock, watchers(settings))
        self.fallback: VisionModel | None = None
        if settings.fallback not in (NONE, self.main.name):
            self.fallback = open_model(settings.fallback, settings, clock, watchers(settings))
        self.free = self._free(settings, clock)
        self.cheaper_model = {
            "gemini": settings.gemini.cheaper_model,
            "openai_compat": settings.openai_compat.cheaper_model,
        }.get(self.main.name, "")
        self.notice: Message | None = None
        if settings.model == "auto" and name == LOCAL and settings.gemini_api_key.get_secret_value():
            self.notice = message("model.local_though_key")

    def share_rate(self, database: Database) -> None:
        """Keep the requests a minute over all hosts of a database, and not for each."""
        self._rate = partial(SharedRate, database, self._clock)
        for model in (self.main, self.fallback):
            if model is not None:
                self.limit(model)

    def limit(self, model: VisionModel) -> VisionModel:
        """Let a model keep the rate of all hosts, where there are several; returns it."""
        if self._rate is not None:
            from livemon.vlm.hosted.hosted_model import PromptedModel  # loads what only models of other companies need

            if isinstance(model, PromptedModel):
                model.share_rate(self._rate)
        return model

    def is_free(self, prompt: Prompt) -> bool:
        """Whether looking under this prompt costs nothing."""
        return self.main.appetite(PromptTerms.of(prompt)).free

    def breaker(self, model: str) -> Breaker:
        """Return what tells whether a model, by its catalog name, is left alone."""
        return self._breakers.setdefault(model, Breaker(self._clock))

    def record(self, answer: Answer) -> None:
        """Take in what became of a call."""
        self.breaker(answer.model).record(answer)

    @property
    def flex_rests(self) -> bool:
        """Whether flex was late or refused lately."""
        return self._clock.monotonic_s() < self._flex_from_s

    def rest_flex(self) -> None:
        """Leave flex alone for a while."""
        self._flex_from_s = self._clock.monotonic_s() + FLEX_REST_S

    async def close(self) -> None:
        """Close every model."""
        for model in {id(one): one for one in (self.main, self.fallback, self.free) if one is not None}.values():
            await model.close()

    def _free(self, settings: Settings, clock: Clock) -> VisionModel | None:
        if settings.fallback == NONE:
            return None
        for model in (self.main, self.fallback):
            if model is not None and model.name == LOCAL:
                return model
        return open_model(LOCAL, settings, clock, watchers(settings))
